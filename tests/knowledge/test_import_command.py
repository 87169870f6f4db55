"""The command line's imports of corpora, and searches that are narrowed."""

import gzip
import json
import sys

import pytest

from knowledge.corpora import parts
from tests.knowledge.test_command import run  # noqa: F401 - a fixture
from tests.knowledge.test_corpora import DIALOGUE, lines, many, table
from tests.knowledge.test_efaqa import record


def test_counselling_records_are_imported_with_their_bad_lines_named(run, files):  # noqa: F811
    path = files.write("corpus.utf8.gz", gzip.compress(lines(record(), "{", record(title="压力好大", label={"s1": "1.7"}))))
    status, printed, errors = run("import", "efaqa", str(path), "--collection", "efaqa", "--title", "语料", "--json")
    assert status == 0
    (outcome,) = map(json.loads, printed)
    assert (outcome["name"], outcome["state"], outcome["passages"]) == ("corpus.utf8.gz", "done", 2)
    assert outcome["left_out"][0]["line"] == 2
    assert "line 2 left out: it is not a JSON object" in errors
    again = run("import", "efaqa", str(path), "--collection", "efaqa")
    assert again[0] == 0
    assert again[1][0].startswith("unchanged corpus.utf8.gz  2 passages")

    def headings(*arguments):
        return [json.loads(line)["passage"]["heading"] for line in run("search", "睡不着 压力", "--json", *arguments)[1]]

    assert set(headings()) == {"睡不着怎么办", "压力好大"}
    assert headings("--label", "s1=1.7") == ["压力好大"]
    assert set(headings("--label", "s1=1.7", "--label", "s1=1.6")) == {"睡不着怎么办", "压力好大"}
    assert headings("--label", "s1=1.7", "--label", "s3=3.6") == []
    assert headings("--after", "2000-01-01", "--before", "2001-01-01") == []
    (document,) = [json.loads(line)["id"] for line in run("list", "--collection", "efaqa", "--json")[1]]
    assert len(headings("--document", document, "--after", "2000-01-01")) == 2


def test_questions_and_dialogues_are_imported(run, files):  # noqa: F811
    rows = (("q", "a"), ("How many days of leave?", "Fifteen."), ("Who?", ""))
    status, printed, errors = run(
        "import", "qa", str(files.write("faq.txt", table(*rows))), "--collection", "c", "--name", "Questions"
    )
    assert (status, printed[0].split("  (")[0]) == (0, "done      Questions  1 passages")
    assert "line 3 left out: it has no answer ('a')" in errors
    assert run("import", "dialogues", str(files.write("talk.jsonl", lines(DIALOGUE))), "--collection", "c")[0] == 0
    assert "焦虑" in run("search", "焦虑", "--collection", "c")[1][1]


def test_a_large_file_is_imported_in_parts(run, files, monkeypatch):  # noqa: F811
    monkeypatch.setattr(parts, "RECORDS", 40)
    path = files.write("big.jsonl", lines(*many(50)))
    status, printed, _ = run("import", "qa", str(path), "--collection", "c")
    assert status == 0
    assert [line.split("  (")[0] for line in printed] == [
        "done      big.jsonl/part 001.jsonl  40 passages",
        "done      big.jsonl/part 002.jsonl  10 passages",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("efaqa", "installed"), "EFAQA_DL_LICENSE|not installed"),
        (("efaqa", "nowhere.jsonl"), "cannot be opened"),
        (("dialogues", "{faq}"), "holds no record with a list of messages"),
        (("qa", "{cut}"), "cannot be opened"),
    ],
)
def test_what_cannot_be_imported_is_said_and_makes_no_collection(run, files, arguments, said, monkeypatch):  # noqa: F811
    monkeypatch.delitem(sys.modules, "efaqa_corpus_zh", raising=False)
    named = {"faq": files.write("faq.csv", table(("q", "a"), ("b", "c"))), "cut": files.write("cut.gz", b"\x1f\x8b\x08\x00")}
    status, printed, errors = run("import", *(each.format(**named) for each in arguments), "--collection", "c")
    assert (status, printed) == (1, [])
    assert any(each in errors for each in said.split("|"))
    assert run("list")[1] == []


def test_a_malformed_filter_is_wrong_usage(run):  # noqa: F811
    for arguments in (("--label", "s1"), ("--label", "=x"), ("--after", "yesterday")):
        with pytest.raises(SystemExit) as ended:
            run("search", "x", *arguments)
        assert ended.value.code == 2
