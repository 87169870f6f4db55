"""Answers from passages, judged by hand-made replies: what counts as an answer, as turning down, as a quotation."""

import json

import pytest

from common.errors import HearthError
from evaluation.task import Judged, Options, Reply
from evaluation.tasks import passages

MILL = "The mill was rebuilt in 1784 by Anna Kerr, and it ground 40 sacks a day."
POND = "The pond behind the mill froze in January, so that no wheel turned."
FERRY = "A ferry crosses the lake every hour."


@pytest.fixture
def folder(tmp_path):
    """Two articles, one of them of two passages, and a question about each passage; the third has no answer on file."""
    corpus = [("p0", "Mill", MILL), ("p1", "Mill", POND), ("p2", "Ferry", FERRY)]
    lines = [{"_id": key, "title": title, "text": text} for key, title, text in corpus]
    queries = [("q0", "Who rebuilt the mill?"), ("q1", "When did the pond freeze?"), ("q2", "How often does the ferry go?")]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    asked = [{"_id": key, "text": text} for key, text in queries]
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    (tmp_path / "qrels").mkdir()
    rows = "".join(f"q{number}\tp{number}\t1\n" for number in range(3))
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows, encoding="utf-8")
    answers = [{"_id": "q0", "answers": ["Anna Kerr"]}, {"_id": "q1", "answers": ["in January", "January"]}]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)), encoding="utf-8")
    return tmp_path


def test_each_question_is_asked_under_the_right_and_under_other_passages(folder):
    cases = {case.id: case for case in passages.prepare(Options(folder)).cases}
    assert sorted(cases) == [f"q{number} {kind}" for number in (0, 1) for kind in ("among", "near", "right", "wrong")]
    assert MILL in cases["q0 right"].messages[-1].text
    assert cases["q0 right"].messages[-1].text.endswith("Who rebuilt the mill?")
    assert POND in cases["q0 near"].messages[-1].text
    assert MILL not in cases["q0 near"].messages[-1].text
    assert all(text in cases["q0 among"].messages[-1].text for text in (MILL, "[1]", "[2]"))
    assert {case.group for case in passages.prepare(Options(folder, split="right,near")).cases} == {"right", "near"}


def test_a_passage_that_holds_the_answer_is_never_the_wrong_one(folder):
    (folder / "answers.jsonl").write_text('{"_id": "q0", "answers": ["the mill"]}', encoding="utf-8")
    question = passages.read_questions(folder)
    assert passages.distractors([*question, passages.Question("x", "?", passages.Entry("p1", "Mill", POND))], 0)["q0"] == {}


def test_figures_by_hand(folder):
    exam = passages.prepare(Options(folder))
    said = {
        "q0 right": "It was rebuilt in 1784 by anna  kerr [1].",  # answered, quoted, cited
        "q1 right": "The pond behind the mill froze in winter.",  # a quotation without the answer, not cited
        "q0 among": "Anna Kerr.",
        "q1 among": "That is not in my documents.",
        "q0 wrong": "That is not in my documents.",
        "q1 wrong": "In March [1].",
        "q0 near": "The passages do not mention who it was.",
        "q1 near": "I don't know.",
    }
    judged = [Judged(case, Reply(said[case.id]), exam.judge(case, Reply(said[case.id]))) for case in exam.cases]
    marks = {one.case.id: (one.mark.right, one.mark.failure) for one in judged}
    assert marks["q0 right"] == (True, "")
    assert marks["q1 right"] == (False, "wrong sentence")
    assert marks["q1 among"] == (False, "turned down")
    assert marks["q1 wrong"] == (False, "answered without a passage")
    assert exam.metrics(judged) == {
        "right": 50.0,
        "among": 50.0,
        "wrong turned down": 50.0,
        "near turned down": 100.0,
        "right turned down": 0.0,
        "quoted": 100.0,
        "cited": 50.0,
        "cited among": 0.0,
    }


def test_floors_say_what_no_reading_reaches(folder):
    exam = passages.prepare(Options(folder))
    figures = {
        name: exam.metrics([Judged(case, floor(case), exam.judge(case, floor(case))) for case in exam.cases])
        for name, floor in exam.floors.items()
    }
    assert figures["turn everything down"]["right"] == 0.0
    assert figures["turn everything down"]["wrong turned down"] == 100.0
    assert figures["recite the first passage"]["right"] == 100.0
    assert figures["recite the first passage"]["wrong turned down"] == 0.0


def test_floors_are_over_whole_passages_whatever_a_model_reads_of_them(folder):
    lines = [json.loads(line) for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines()]
    end = "It was in January, a month of which the people of the valley talked for years."
    lines[1]["text"] = f"The pond could freeze. {'Nobody was there to see it and nobody wrote it down. ' * 6}{end}"
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    exam = passages.prepare(Options(folder, split="right"))
    assert exam.settings["excerpt_tokens"] == 60
    assert "January" not in exam.cases[1].messages[-1].text
    assert exam.floors["recite the first passage"](exam.cases[1]).text.endswith(f"{end} [1]")


@pytest.mark.parametrize(
    ("reply", "answer", "held"),
    [
        ("It has 40 sacks [1].", "40", True),
        ("It has 140 sacks [1].", "40", False),
        ("It cost [40] crowns.", "40", False),  # the number of a passage is no answer
        ("The 1950–1960 plan", "1950-1960", True),
        ("", "40", False),
    ],
)
def test_an_answer_is_held_as_whole_words(reply, answer, held):
    assert passages.holds(reply, [answer]) is held


@pytest.mark.parametrize("reply", ["The text doesn’t say.", "There is no information about it.", "I cannot find that."])
def test_turning_down_in_other_words(reply):
    assert passages.turns_down(reply)


def test_a_statement_with_not_in_it_is_no_turning_down():
    assert not passages.turns_down("The wheel did not turn in winter [1].")
    assert not passages.turns_down(MILL)


def test_a_squad_file_is_read_and_what_has_no_answer_left_out(tmp_path):
    asked = [
        {"id": "a", "question": "Who rebuilt it? ", "answers": [{"text": "Anna Kerr"}, {"text": "Anna Kerr"}]},
        {"id": "b", "question": "Why?", "answers": []},
    ]
    path = tmp_path / "squad.json"
    article = {"title": "Old_Mill", "paragraphs": [{"context": MILL, "qas": asked}]}
    path.write_text(json.dumps({"data": [article]}), encoding="utf-8")
    (question,) = passages.read_questions(path)
    assert (question.text, question.answers, question.passage.text) == ("Who rebuilt it?", ("Anna Kerr",), MILL)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(HearthError, match="squad"):
        passages.read_questions(path)


def test_where_the_answers_are_not_there_the_marks_point_them_out(folder, tmp_path):
    (folder / "answers.jsonl").unlink()
    mark = {"_id": "q0", "passage": "p0", "length": len(MILL), "start": MILL.index("Anna"), "end": MILL.index(", and")}
    marks = tmp_path / "marks.jsonl"
    marks.write_text(json.dumps(mark) + "\n", encoding="utf-8")
    (question,) = passages.read_questions(folder, marks)
    assert (question.id, question.answers) == ("q0", ("Anna Kerr",))
    exam = passages.prepare(Options(folder), marks)
    assert (exam.primary_metric, exam.settings["answers"], exam.settings["questions_marked_by_hand"]) == ("right", True, 1)
    for other in ({"_id": "q9"}, {"passage": "p1"}, {"passage": "p9"}, {"length": 4}):
        marks.write_text(json.dumps(mark | other) + "\n", encoding="utf-8")
        assert [one.answers for one in passages.read_questions(folder, marks)] == [(), (), ()], "these are other passages"
    (folder / "answers.jsonl").write_text('{"_id": "q1", "answers": ["January"]}', encoding="utf-8")
    marks.write_text(json.dumps(mark) + "\n", encoding="utf-8")
    assert [one.id for one in passages.read_questions(folder, marks)] == ["q1"], "the answers of the folder go first"
    assert "questions_marked_by_hand" not in passages.prepare(Options(folder), marks).settings


def test_the_marks_that_are_shipped_hold_no_text():
    lines = [json.loads(line) for line in passages.MARKS.read_text("utf-8").splitlines()]
    assert len({line["_id"] for line in lines}) == 60
    assert all(line.keys() == {"_id", "passage", "length", "start", "end"} for line in lines)
    assert all(0 <= line["start"] < line["end"] <= line["length"] for line in lines)


def test_without_answers_only_quoting_and_turning_down_are_measured(folder):
    (folder / "answers.jsonl").unlink()
    exam = passages.prepare(Options(folder))
    assert exam.primary_metric == "wrong turned down"
    judged = [Judged(case, Reply(MILL), exam.judge(case, Reply(MILL))) for case in exam.cases]
    assert "right" not in exam.metrics(judged)
    assert exam.metrics(judged)["quoted"] == pytest.approx(100 / 3, abs=0.01)
