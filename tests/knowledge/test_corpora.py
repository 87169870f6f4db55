"""Files of records: counselling, questions with answers and dialogues, in their forms, encodings and sizes."""

import csv
import gzip
import io
import json
import sys
import tracemalloc

import pytest

from common.errors import ArchiveFile, UnreadableFile
from knowledge.corpora import parts
from knowledge.corpora.forms import corpus, few_valued
from knowledge.corpora.installed import installed_efaqa
from knowledge.loading.loader import Loader
from knowledge.types import Filter
from tests.knowledge.test_efaqa import record


@pytest.fixture(scope="module")
def loader():
    loader = Loader()
    yield loader
    loader.close()


def lines(*values) -> bytes:
    return "\n".join(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in values).encode()


def table(*rows, separator=",", encoding="utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode(encoding)


def taken(document):
    """(heading, text, labels) of each passage."""
    return [(each.heading, document.text[each.start : each.end], dict(each.labels)) for each in document.sections]


def loaded(loader, files, name, data):
    return loader.load(files.write(name, data), name)


DIALOGUE = {
    "file": "data/1.json",
    "messages": [
        {"role": "client", "content": "我最近很焦虑，怎么办？"},
        {"role": "counselor", "content": "你好，能说说是什么让你焦虑吗？"},
        {"role": "client", "content": "工作太多了。"},
        {"role": "counselor", "content": "先列一张清单。"},
    ],
}


# what is found in the forms


@pytest.mark.parametrize("packed", [False, True])
def test_the_counselling_corpus_has_labels_and_names_its_bad_lines(loader, files, packed):
    data = lines(record(), "{", record(title="压力大", label={"s1": "1.7"}), record(label={"s1": "9"}))
    name = "efaqa-corpus-zh.utf8.gz" if packed else "efaqa-corpus-zh.utf8"
    document = loaded(loader, files, name, gzip.compress(data) if packed else data)
    assert document.form == "records"
    assert taken(document) == [
        ("睡不着怎么办", "多久了？\n先固定起床时间。", {"s1": "1.6", "s2": "2.7", "s3": "3.6"}),
        ("压力大", "多久了？\n先固定起床时间。", {"s1": "1.7"}),
    ]
    assert [each.line for each in document.left_out] == [2, 4]
    assert "压力大" in document.text


def test_a_truncated_gzip_gives_what_is_before_the_damage(loader, files):
    whole = gzip.compress(lines(*(record(title=f"问题 {number} {hash(str(number))}") for number in range(200))))
    document = loaded(loader, files, "half.jsonl.gz", whole[: len(whole) // 2])
    assert 0 < len(document.sections) < 200
    (damage,) = document.left_out
    assert damage.line == len(document.sections) + 1
    assert "damaged" in damage.english
    with pytest.raises(UnreadableFile, match="gzip"):
        loaded(loader, files, "notes.gz", gzip.compress(b"just some notes"))
    with pytest.raises(UnreadableFile):
        loaded(loader, files, "stub.jsonl.gz", whole[:20])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_chinese_table_of_questions(loader, files, encoding):
    rows = [
        ("年假有几天？", "每年十五天。", "人事"),
        ("怎么报销？", "填写报销单，交给财务。", "财务"),
        ("加班有补贴吗？", "有。", "人事"),
    ]
    data = table(("问题", "答案", "类别"), *rows, encoding=encoding)
    document = loaded(loader, files, "faq.csv", data)
    assert document.form == "records"
    assert taken(document) == [(question, answer, {"类别": kind}) for question, answer, kind in rows]


def test_an_english_table_of_questions_and_what_is_wrong_in_it(loader, files):
    rows = [
        ("id", "Question", "Answer", "team", "note"),
        ("1", "How many days?", "Fifteen,\nor more.", "HR", "since 2019, by agreement"),
        ("2", "Who pays?", "", "HR", ""),
        ("3", "Who?", "The desk", "IT", "", "too much"),
        ("4", "When?", "On Monday", "IT", ""),
        ("5", "Where?", "Here", "HR", ""),
    ]
    for name, separator in (("faq.tsv", "\t"), ("faq.csv", ";")):
        document = loaded(loader, files, name, table(*rows, separator=separator))
        assert taken(document)[:2] == [
            ("How many days?", "Fifteen,\nor more.\nid: 1\nnote: since 2019, by agreement", {"team": "HR"}),
            ("When?", "On Monday\nid: 4", {"team": "IT"}),
        ]
        # The second row ends on line 3, since one of its cells has two lines.
        assert [each.line for each in document.left_out] == [4, 5]
        assert "no answer" in document.left_out[0].english
        assert all(each.chinese for each in document.left_out)


@pytest.mark.parametrize(
    "value",
    [
        {"question": "Two and two?", "answer": "Four"},
        {"q": "Two and two?", "a": ["Four"]},
        {"prompt": "Two and two?", "response": "Four"},
        {"instruction": "Two and", "input": "two?", "output": "Four"},
        {"Query": "Two and two?", "Reply": "Four"},
        {"问题": "Two and two?", "回答": "Four"},
    ],
)
def test_the_names_of_questions_and_answers(loader, files, value):
    assert taken(loaded(loader, files, "qa.jsonl", lines(value)))[0][:2] == ("Two and two?", "Four")
    assert taken(loaded(loader, files, "qa.json", json.dumps([value] * 3, indent=2).encode()))[2][:2] == ("Two and two?", "Four")


def test_a_long_question_stands_in_the_text_too(loader, files):
    question = "Consider this. " * 60
    ((heading, text, _),) = taken(loaded(loader, files, "qa.jsonl", lines({"prompt": question, "response": "Done."})))
    assert len(heading) <= 300
    assert text == f"{question.strip()}\nDone."


@pytest.mark.parametrize(
    "value",
    [
        DIALOGUE,
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello there"}]},
        {"dialog": ["Hi", "Hello there", "How are you?", "Well."]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, {"role": "assistant", "content": "Hello"}]},
        [{"speaker": "seeker", "content": "Hi"}, {"speaker": "supporter", "content": "Hello there"}],
    ],
)
def test_the_shapes_of_dialogues(loader, files, value):
    document = loaded(loader, files, "talk.jsonl", lines(value, value))
    assert document.form == "passages"
    assert len(document.sections) == 2
    heading, text, _ = taken(document)[0]
    first, second = text.split("\n")[:2]
    assert first.removeprefix("Q: ").removeprefix("问：") == heading
    assert second.startswith(("A: ", "答："))


def test_a_long_dialogue_is_cut_between_its_messages_with_answers_beside_their_questions(loader, files):
    turns = [
        {"role": role, "content": f"{word} {number}. " + "words " * 40}
        for number in range(12)
        for role, word in (("user", "Question"), ("assistant", "Answer"))
    ]
    found = taken(loaded(loader, files, "talk.jsonl", lines({"messages": [{"role": "system", "content": "Be kind."}, *turns]})))
    assert len(found) > 3
    assert {heading for heading, _, _ in found} == {" ".join(turns[0]["content"].split())[:300]}
    assert all(text.startswith("Q: Question") and text.split("\n")[-1].startswith("A: Answer") for _, text, _ in found)
    assert "Be kind" not in str(found)


def test_what_a_dialogue_says_of_itself_becomes_labels(loader, files):
    said = [{**DIALOGUE, "emotion": emotion, "id": number} for number, emotion in enumerate(["焦虑", "悲伤", "焦虑", "悲伤"])]
    found = taken(loaded(loader, files, "talk.jsonl", lines(*said, {"messages": [{"role": "client", "content": "在吗"}]})))
    assert [labels for *_, labels in found] == [{"emotion": "焦虑"}, {"emotion": "悲伤"}] * 2


def test_what_is_no_corpus_is_read_as_before(loader, files):
    for name, data in (
        ("prices.csv", table(("item", "price"), ("bread", "3"), ("milk", "2"))),
        ("log.jsonl", lines({"level": "info", "message": "started"}, {"level": "warn", "message": "slow"})),
        ("one.json", b'{"messages": {"hello": "Hello", "bye": "Bye"}}'),
        ("prose.txt", b"[1] The first note.\nquestion, answer"),
    ):
        assert loaded(loader, files, name, data).form == "document"


def test_a_corpus_of_nothing_but_bad_records_says_why(loader, files):
    with pytest.raises(UnreadableFile, match=r"None of the 2 records.*Line 2: it has no answer"):
        loaded(loader, files, "qa.csv", table(("question", "answer"), ("Why?", ""), ("How?", "")))
    with pytest.raises(UnreadableFile, match="no text"):
        loaded(loader, files, "qa.csv", table(("question", "answer")))


# large ones


def many(count, bad=()):
    return [{"question": f"Question {n}?", "answer": f"Answer {n}."} if n not in bad else "oops" for n in range(count)]


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(parts, "RECORDS", 40)


def test_parts_are_corpora_with_the_lines_of_the_whole(files, tmp_path, small_parts):
    rows = [("question", "answer")] + [(f"Question\n{n}?", f"Answer {n}." if n != 90 else "") for n in range(100)]
    made = {
        "big.jsonl": lines(*many(50), "", *many(60, bad=(45,))),
        "big.json": json.dumps(many(110)).encode(),
        "big.csv": table(*rows),
    }
    for name, data in made.items():
        whole = corpus(files.write(name, data), name)
        expected = [(taken(each), each.left_out) for each in parts.documents(whole)]
        assert len(expected) == 3
        sizes, damage = parts.parts(whole)
        assert (len(sizes), damage) == (3, None)
        for place, document in enumerate(expected):
            called = parts.part_name(whole, place)
            parts.write_part(whole, place, tmp_path / called)
            part = corpus(tmp_path / called, called)
            assert (taken(parts.whole(part)), parts.whole(part).left_out) == document, (name, place)


def test_a_large_corpus_is_read_within_little_memory(files, monkeypatch):
    monkeypatch.setattr(parts, "CHARACTERS", 400_000)
    said = "word " * 400
    with (files.folder / "huge.jsonl").open("w") as file:
        file.writelines(
            json.dumps({"question": f"Question {n}?", "answer": said, "kind": f"k{n % 3}"}) + "\n" for n in range(2000)
        )
    whole = corpus(files.folder / "huge.jsonl", "huge.jsonl")
    assert few_valued(whole) == {"kind"}
    tracemalloc.start()
    counted = [len(each.sections) for each in parts.documents(whole)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(counted) == 2000
    assert len(counted) > 3
    assert peak < 3_000_000  # of a file of 4 MB


def test_a_large_corpus_that_is_dropped_goes_in_part_by_part(knowledge, files):
    count = parts.RECORDS + 300
    path = files.write("big.jsonl", lines(*many(count, bad=(7, count - 2))))
    with pytest.raises(ArchiveFile):
        knowledge._loader.load(path, "big.jsonl")
    knowledge.intake.add("maker", "docs", [(path, "big.jsonl")])
    assert knowledge.intake.settled(60)
    jobs = {job.name: job for job, _ in knowledge.intake.jobs("maker", "docs")}
    assert {name: job.passages for name, job in jobs.items()} == {
        "big.jsonl": 0,
        "big.jsonl/part 001.jsonl": parts.RECORDS - 1,
        "big.jsonl/part 002.jsonl": 299,
    }
    assert [each.line for each in jobs["big.jsonl/part 002.jsonl"].left_out] == [count - 1]
    (hit,) = knowledge.search("maker", f"Question {count - 1}", ["docs"], 1)
    assert hit.passage.text == f"Answer {count - 1}."


def test_a_large_corpus_that_is_added_has_one_outcome(knowledge, files, small_parts):
    path = files.write("big.jsonl", lines(*many(100, bad=(3, 70))))
    # The child that reads has the usual size of parts, so it is this import that cuts.
    found = list(knowledge.import_corpus("maker", "docs", corpus(path, path.name), "big.jsonl"))
    assert [each.state for each in found if hasattr(each, "state")] == ["done"] * 3
    big = files.write("bigger.jsonl", lines(*many(2500, bad=(3, 70))))
    outcome = knowledge.add("maker", "docs", big)
    assert (outcome.state, outcome.passages) == ("done", 2498)
    assert [each.line for each in outcome.left_out] == [4, 71]
    assert knowledge.add("maker", "docs", big).state == "unchanged"


def test_an_import_that_was_cut_short_goes_on_where_it_was(open_knowledge, files, small_parts):
    from retrieval.embedding import HashEmbedder

    class Counting(HashEmbedder):
        seen = 0

        def embed(self, texts, kind):
            Counting.seen += len(texts)
            return super().embed(texts, kind)

    path = files.write("big.jsonl", lines(*many(100, bad=(3,))))
    knowledge = open_knowledge(Counting())
    knowledge.create_collection("maker", "Documents", "docs")
    events = knowledge.import_corpus("maker", "docs", corpus(path, path.name), "big.jsonl")
    next(each for each in events if hasattr(each, "state"))
    events.close()
    open_knowledge.close()
    assert Counting.seen == 39
    knowledge = open_knowledge(Counting())
    outcomes = [e for e in knowledge.import_corpus("maker", "docs", corpus(path, path.name), "big.jsonl") if hasattr(e, "state")]
    assert [(each.state, each.passages) for each in outcomes] == [("unchanged", 39), ("done", 40), ("done", 20)]
    assert [each.line for each in outcomes[0].left_out] == [4]
    assert Counting.seen == 99
    assert knowledge.check().problems == ()


def test_the_installed_corpus_is_found_without_being_imported(tmp_path, monkeypatch):
    with pytest.raises(UnreadableFile, match="not installed"):
        installed_efaqa()
    package = tmp_path / "efaqa_corpus_zh"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('it was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UnreadableFile, match="EFAQA_DL_LICENSE"):
        installed_efaqa()
    data = package / "data" / "efaqa-corpus-zh.utf8.gz"
    data.write_bytes(gzip.compress(lines(record())))
    assert installed_efaqa() == data
    assert "efaqa_corpus_zh" not in sys.modules
    assert corpus(data, data.name, "efaqa").form == "efaqa"


def test_labels_of_files_narrow_a_search(knowledge, files):
    knowledge.add("maker", "docs", files.write("c.jsonl", lines(record(), record(title="睡不着", label={"s1": "1.7"}))))
    found = knowledge.search("maker", "睡不着怎么办", ["docs"], filter=Filter(labels={"s1": ["1.7"]}))
    assert [hit.passage.heading for hit in found] == ["睡不着"]


def test_halves_of_letters_and_controls_harm_nothing(knowledge, files, tmp_path, small_parts):
    value = {
        "question\ud800": "x",
        "question": "Why\ud800 \x00so?",
        "answer": "It\udcff is.",
        "kind": "a\ud800b",
        "t\x07ype": "z",
    }
    for name, data in {"a.jsonl": lines(*map(json.dumps, [value] * 50)), "a.json": json.dumps([value] * 50).encode()}.items():
        path = files.write(name, data)
        outcomes = [e for e in knowledge.import_corpus("maker", "docs", corpus(path, name), name) if hasattr(e, "state")]
        assert [(each.state, each.passages) for each in outcomes] in (
            [("done", 40), ("done", 10)],
            [("unchanged", 40), ("unchanged", 10)],
        )
        parts.write_part(corpus(path, name), 1, tmp_path / f"part-{name}")
        assert len(parts.whole(corpus(tmp_path / f"part-{name}", "part.jsonl")).sections) == 10
    assert knowledge.labels("maker", "docs") == {"kind": {"ab": 50}, "question": {"x": 50}, "type": {"z": 50}}
