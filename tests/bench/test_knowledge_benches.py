"""The benches of knowledge work, at sizes of a few seconds; what they measure is looked at elsewhere."""

import random

import pytest

from bench import ingestion, knowledge, searching, underload
from bench.texts import paragraphs, recombined, sentence, write_markdown, write_pdf
from knowledge.loading.pdf import read_pdf


def test_paragraphs_come_from_every_kind_of_file_once(tmp_path):
    long = [f"Paragraph {n} tells of a river and of the bridge over it. " * 6 for n in range(12)]
    (tmp_path / "one.md").write_text("# Title\n\n" + "\n\n".join(long[:6]), encoding="utf-8")
    (tmp_path / "two.jsonl").write_text("\n".join(f'{{"text": "{text}"}}' for text in long[5:]), encoding="utf-8")
    (tmp_path / "zh.txt").write_text("河上有一座桥，桥下有水。" * 20, encoding="utf-8")
    (tmp_path / "skipped.py").write_text("\n\n".join(long), encoding="utf-8")
    assert len(paragraphs(tmp_path)) == 13
    assert len(paragraphs(tmp_path, english=True)) == 12
    with pytest.raises(ValueError, match="only 0 paragraphs"):
        paragraphs(tmp_path / "nowhere")


def test_what_is_shipped_is_enough_to_begin_with():
    known = paragraphs(english=True)
    writer = random.Random(1)
    made = {recombined(known, writer) for _ in range(50)}
    assert len(made) > 45
    assert not made & set(known)


def test_documents_that_are_made_can_be_read(tmp_path):
    writer = random.Random(3)
    texts = [f"(Signs) and a \\ stand here. {' '.join(sentence(writer) for _ in range(4))}" for _ in range(40)]
    document = read_pdf(write_pdf(tmp_path / "made.pdf", texts), "made.pdf", lambda *_: None)
    read = " ".join(document.text.split())
    assert len({section.page for section in document.sections}) > 2
    assert all(text in read for text in texts)
    assert write_markdown(tmp_path / "made.md", texts).read_text("utf-8").count("\n## ") == 14


def test_searches_are_measured_and_a_collection_is_filled_once(tmp_path):
    lines = {line.name.strip(): line for line in searching.speed(cache=tmp_path, passages=60, queries=5)}
    assert lines["search p95 among 60, beside the embedding"].value > 0
    assert "while it was filled" in lines
    again = {line.name.strip(): line for line in searching.speed(cache=tmp_path, passages=60, queries=5)}
    assert "while it was filled" not in again


def test_vectors_that_are_made_lie_around_centres():
    embedder = searching.ClusteredEmbedder(64)
    texts = [f"text {n}" for n in range(900)]
    vectors = embedder.embed(texts, "passage")
    assert (vectors == embedder.embed(texts, "query")).all()
    near = (vectors @ vectors.T - 2 * (vectors[:, :1] == vectors[:, :1].T)).max(axis=1)
    assert (near > 0.4).mean() > 0.8  # nearly every one has a neighbour of its centre
    assert embedder.seconds > 0


def test_answers_are_timed(make_studio):
    studio = make_studio(["Rivers are wet. ", "Bread is warm. "])
    spent = underload.first_words(studio, "gg", random.Random(2), 2, pause_s=0.0)
    assert len(spent) == 2
    assert all(0 < each < 60 for each in spent)


@pytest.mark.model
def test_ingestion_is_measured_against_both_others():
    pytest.importorskip("pdfminer")
    lines = [line.name.strip() for line in ingestion.measure(turns=1, documents=2)]
    assert "against the bare encoder on the same passages" in lines
    assert "against pdfminer and Chroma one by one" in lines


def test_an_unknown_part_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        knowledge.main(["nonsense"])
    assert ended.value.code == 2
    assert "ingestion, search, reading, recall, load, encoders" in capsys.readouterr().err
