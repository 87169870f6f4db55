"""Ways to cut documents: each in both languages, looked at before it is chosen, and done again for what is there."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.database import Database
from common.errors import ChunkingInvalid
from knowledge.base import Knowledge
from knowledge.chunking import METHODS, Chunking, chunks, token_estimate
from knowledge.loading.plain import read_markdown
from knowledge.types import Outcome
from retrieval.embedding import HashEmbedder, load_embedder

ENGLISH = "The shop opens at ten. It closes at seven, except on Sunday. Ask the leader of the shift about keys! "
CHINESE = "书店周一到周五十点开门。星期天十一点开门，五点关门！钥匙在值班组长那里；有问题就问他？"
MANUAL = "\n\n".join(f"# Part {n}\n\n{ENGLISH * 3}\n\n## 第 {n} 节\n\n{CHINESE * 3}" for n in range(6))


def cut(text, *how):
    document = read_markdown(text)
    found = chunks(document, Chunking(*how))
    assert all(document.text[each.start : each.end] == each.text == each.text.strip() for each in found)
    return found


def letters(text):
    return "".join(text.split())


@pytest.mark.parametrize("how", [("passages", 60), ("heading", 60), ("fixed", 60), ("pairs", 60), ("whole", 60)])
def test_no_way_of_cutting_loses_text_or_passes_its_limit(how):
    found = cut(MANUAL, *how)
    for sentence in ("Ask the leader of the shift about keys!", "钥匙在值班组长那里"):
        held = sum(letters(each.text).count(letters(sentence)) for each in found)
        assert held == 18 or how[0] == "fixed"
    assert sum(len(letters(each.text)) for each in found) >= len(letters((ENGLISH + CHINESE) * 18))
    if how[0] != "whole":
        assert max(token_estimate(each.text) for each in found) <= 60


@given(
    st.text(alphabet="ab 。.?！\n#|问答:QA：-", max_size=400),
    st.sampled_from(METHODS),
    st.integers(32, 80),
    st.floats(0, 0.5),
)
def test_any_text_is_cut_in_order_and_loses_nothing(text, method, size, share):
    document = read_markdown(text)
    found = chunks(document, Chunking(method, size, int(size * share)))
    assert all(document.text[each.start : each.end] == each.text == each.text.strip() != "" for each in found)
    assert [each.end for each in found] == sorted({each.end for each in found})
    covered = set()
    for each in found:
        covered.update(range(each.start, each.end))
    if method in ("passages", "heading", "fixed"):
        of_sections = {place for section in document.sections for place in range(section.start, section.end)}
        assert all(document.text[place].isspace() for place in of_sections - covered)


def test_a_heading_is_one_passage_however_many_paragraphs_stand_under_it():
    found = cut(MANUAL.replace(". It", ".\n\nIt"), "heading", 400)
    assert [each.heading for each in found[:3]] == ["Part 0", "Part 0 > 第 0 节", "Part 1"]
    assert len(found) == 12
    assert len(cut(MANUAL, "heading", 40)) > 24


def test_a_document_is_one_passage_until_it_is_too_long_for_any():
    (only,) = cut(MANUAL, "whole")
    assert only.text.startswith("The shop")
    assert only.text.endswith("有问题就问他？")
    assert 2 <= len(cut(MANUAL * 3, "whole")) <= 4


@pytest.mark.parametrize("sentence", [ENGLISH, CHINESE])
def test_neighbours_share_whole_sentences(sentence):
    apart, sharing = cut(sentence * 20, "passages", 60), cut(sentence * 20, "passages", 60, 20)
    assert len(sharing) > len(apart)
    for before, after in itertools.pairwise(sharing):
        shared = read_markdown(sentence * 20).text[after.start : before.end]
        assert after.start < before.end
        assert 0 < token_estimate(shared) <= 20
        assert shared.rstrip()[-1] in ".!?。！？；"
    assert all(after.start >= before.end for before, after in itertools.pairwise(apart))


def test_windows_are_full_and_share_what_was_asked_for():
    found = cut("one two three four five six seven eight nine ten " * 30, "fixed", 100, 25)
    assert [token_estimate(each.text) for each in found[:-1]] == [100] * (len(found) - 1)
    assert found[1].start == found[0].text.rfind("six") + found[0].start or found[1].start < found[0].end
    assert (
        token_estimate(
            read_markdown("one two three four five six seven eight nine ten " * 30).text[found[1].start : found[0].end]
        )
        == 25
    )


PAIRS = {
    "en": (
        "# FAQ\n\nRead this first.\n\nQ: How long is the leave?\nA: 25 days a year.\nMore after ten years.\n\n"
        "Q2. May it be moved?\n\nA2. Yes, to March.\n",
        [
            ("", "Read this first."),
            ("How long is the leave?", "25 days a year.\nMore after ten years."),
            ("May it be moved?", "Yes, to March."),
        ],
    ),
    "zh": (
        "# 常见问题\n\n问：年假有几天？\n答：一年二十五天。\n\n问题2：可以顺延吗？\n答：可以，到三月。\n",
        [("年假有几天？", "一年二十五天。"), ("可以顺延吗？", "可以，到三月。")],
    ),
}


@pytest.mark.parametrize("language", PAIRS)
def test_a_question_heads_its_answer(language):
    text, wanted = PAIRS[language]
    assert [(each.heading.partition(" > ")[2], each.text) for each in cut(text, "pairs")] == wanted


def test_a_row_of_a_table_is_a_passage_under_its_first_cell():
    found = cut("# Prices\n\n| Item | Price |\n| --- | --- |\n| Tea | 3 |\n| 咖啡 | 4 |\n\nAll with tax.", "pairs")
    assert [(each.heading, each.text) for each in found] == [
        ("Prices > Tea", "| Tea | 3 |"),
        ("Prices > 咖啡", "| 咖啡 | 4 |"),
        ("Prices", "All with tax."),
    ]


@pytest.mark.parametrize(
    "written", ["heap", "passages:8", "passages:5000", "fixed:100:60", "fixed:many", "fixed:1:2:3", "fixed:-9"]
)
def test_what_cannot_be_is_refused_in_one_sentence(written):
    with pytest.raises(ChunkingInvalid) as refused:
        Chunking.parse(written)
    assert refused.value.english.count(". ") == 1
    assert "。" in refused.value.chinese


def test_what_is_chosen_is_read_back():
    for each in (Chunking(), Chunking("heading", 400), Chunking("fixed", 100, 50)):
        assert Chunking.parse(str(each)) == each
    assert str(Chunking()) == ""
    assert Chunking.parse("fixed:100:50") == Chunking("fixed", 100, 50)


def test_the_embedder_counts_where_a_size_was_chosen():
    embedder = load_embedder("builtin")
    text = "antidisestablishmentarianism hydrochlorofluorocarbons 图书馆 " * 40
    found = chunks(read_markdown(text), Chunking("fixed", 64), embedder.count_tokens)
    sizes = [embedder.count_tokens(each.text) for each in found]
    assert max(sizes) <= 64
    assert min(sizes[:-1]) > 40


@pytest.fixture
def knowledge(tmp_path):
    made = Knowledge(Database(tmp_path / "hearth.db"), tmp_path, HashEmbedder())
    yield made
    made.close()


@pytest.fixture
def manual(knowledge, tmp_path):
    path = tmp_path / "manual.md"
    path.write_text(MANUAL, "utf-8")
    knowledge.create_collection("maker", "Shop", "shop")
    return knowledge.add("maker", "shop", path).document


def texts(knowledge, document):
    return [passage.text for passage in knowledge.passages("maker", document)]


def again(knowledge):
    return list(knowledge.cutting("maker", "shop"))


def test_documents_are_cut_as_their_collection_says(knowledge, tmp_path, manual):
    usual = texts(knowledge, manual)
    wanted = Chunking("fixed", 50)
    preview = knowledge.cutting.preview("maker", manual, wanted)
    previewed, whole = preview.chunks, preview.whole
    knowledge.cutting.choose("maker", "shop", wanted)
    assert texts(knowledge, manual) == usual
    assert knowledge.cutting.otherwise("maker", "shop") == 1
    assert again(knowledge)[-1].passages == len(previewed)
    assert whole
    assert texts(knowledge, manual) == [each.text for each in previewed] != usual
    assert [each.page for each in knowledge.passages("maker", manual)] == [0] * len(previewed)
    assert knowledge.cutting.otherwise("maker", "shop") == 0
    assert knowledge.check().problems == ()
    (hit,) = knowledge.search("maker", "钥匙在值班组长那里", ["shop"], 1)
    assert "钥匙" in hit.passage.text
    other = tmp_path / "other.md"
    other.write_text(MANUAL.replace("shop", "shed"), "utf-8")
    assert knowledge.add("maker", "shop", other).passages == len(previewed)
    knowledge.cutting.choose("maker", "shop", Chunking())
    again(knowledge)
    assert texts(knowledge, manual) == usual


def test_headings_that_a_way_of_cutting_does_not_need_come_back(knowledge, manual):
    before = [(each.heading, each.page, each.text) for each in knowledge.passages("maker", manual)]
    for way in (Chunking("whole"), Chunking()):
        knowledge.cutting.choose("maker", "shop", way)
        again(knowledge)
    assert [(each.heading, each.page, each.text) for each in knowledge.passages("maker", manual)] == before


def test_a_document_of_an_older_version_is_cut_by_what_its_passages_tell(knowledge, tmp_path, manual):
    with knowledge._catalogue._database.write() as connection:
        connection.exec_driver_sql("UPDATE knowledge_documents SET sections = NULL")
    knowledge.cutting.choose("maker", "shop", Chunking("heading", 400))
    again(knowledge)
    assert [each.heading for each in knowledge.passages("maker", manual)[1:4]] == ["第 0 节", "Part 1", "Part 1 > 第 1 节"]


def test_what_dies_in_the_middle_goes_on_where_it_was(knowledge, tmp_path, manual):
    for number in range(4):
        path = tmp_path / f"{number}.md"
        path.write_text(f"# {number}\n\n{ENGLISH * (5 + number)}", "utf-8")
        knowledge.add("maker", "shop", path)
    knowledge.cutting.choose("maker", "shop", Chunking("fixed", 40))
    events = knowledge.cutting("maker", "shop")
    next(events), next(events), next(events)
    events.close()
    assert knowledge.cutting.otherwise("maker", "shop") == 3
    assert knowledge.check().problems == ()
    again(knowledge)
    assert knowledge.cutting.otherwise("maker", "shop") == 0
    assert knowledge.check().problems == ()


def test_another_choice_meanwhile_is_what_counts(knowledge, manual):
    knowledge.cutting.choose("maker", "shop", Chunking("fixed", 40))
    events = knowledge.cutting("maker", "shop")
    next(events)
    knowledge.cutting.choose("maker", "shop", Chunking("heading", 400))
    list(events)
    assert len(knowledge.passages("maker", manual)) == 12


def test_the_queue_cuts_again(knowledge, manual):
    knowledge.cutting.choose("maker", "shop", Chunking("whole"))
    knowledge.intake.ask("maker", "shop", "cut", "Shop")
    assert knowledge.intake.settled(30)
    ((job, _),) = knowledge.intake.jobs("maker", "shop")
    assert (job.state, job.passages) == ("done", 1)


def test_a_document_that_is_removed_meanwhile_does_not_end_the_cutting(knowledge, files):
    knowledge.create_collection("maker", "Shop", "shop")
    for number in range(3):
        knowledge.add("maker", "shop", files.write(f"{number}.md", f"# {number}\n\n" + "One sentence follows another. " * 40))
    knowledge.cutting.choose("maker", "shop", Chunking.parse("fixed:64"))
    going = knowledge.cutting("maker", "shop")
    next(going)
    for document in knowledge.documents("maker", "shop")[:2]:
        knowledge.remove("maker", document.id)
    assert [event.state for event in going if isinstance(event, Outcome)] == ["done"]
    assert knowledge.check().problems == ()
