"""Measuring retrieval: the reader, the metrics by hand, and the command on a small set of our own."""

import json
import math

import pytest

from common.errors import HearthError
from evaluation.__main__ import main
from evaluation.metrics import complete_at, ndcg_at, percent, recall_at
from evaluation.readers.beir import read_beir
from evaluation.task import Options
from evaluation.tasks import retrieval
from retrieval.reranking import OverlapReranker


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "small"
    (folder / "qrels").mkdir(parents=True)
    corpus = [
        {"_id": "tea", "title": "Tea", "text": "Green tea is brewed at eighty degrees."},
        {"_id": "bread", "title": "Bread_rolls", "text": "Rolls are baked for twenty minutes."},
        {
            "_id": "tool",
            "title": "getWeather",
            "text": "Weather of a city",
            "field": "Nature",
            "parameters": {"city": "its name"},
        },
    ]
    queries = [
        {"_id": "q1", "text": "How hot is green tea brewed?"},
        {"_id": "q2", "text": "For how long are rolls baked?"},
        {"_id": "q3", "text": "weather in a city"},
        {"_id": "q4", "text": "nobody judged this"},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)), encoding="utf-8")
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), encoding="utf-8")
    rows = ["query-id\tcorpus-id\tscore", "q1\ttea\t1", "q2\tbread\t1", "q3\ttool\t2", "q3\ttea\t0"]
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_the_reader_keeps_what_is_judged(folder):
    data = read_beir(folder)
    assert data.queries.keys() == {"q1", "q2", "q3"}
    assert data.relevant["q3"] == {"tool": 2}
    assert data.corpus[2].fields["parameters"] == {"city": "its name"}


def test_a_folder_that_is_no_set(tmp_path):
    with pytest.raises(HearthError) as caught:
        read_beir(tmp_path)
    assert "BEIR" in str(caught.value)


def test_metrics():
    relevant = {"a": 1, "b": 1}
    assert recall_at(1, ["a", "x", "b"], relevant) == 0.5
    assert recall_at(3, ["a", "x", "b"], relevant) == 1.0
    best = 1 + 1 / math.log2(3)
    assert ndcg_at(10, ["a", "x", "b"], relevant) == pytest.approx((1 + 1 / math.log2(4)) / best)
    assert ndcg_at(10, ["x"], relevant) == 0.0
    assert percent([1, 0, 0.5]) == 50.0
    assert percent([]) == 0.0
    assert complete_at(2, ["a", "x", "b"], relevant) == 0.0, "a part of it is not all of it"
    assert complete_at(3, ["a", "x", "b"], relevant) == 1.0


def test_the_command_writes_a_result(folder, tmp_path, capsys):
    out = tmp_path / "result.json"
    arguments = ["run", "retrieval", "--data", str(folder), "--embedder", "hash", "--out", str(out)]
    assert main(arguments) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result == json.loads(capsys.readouterr().out)
    assert result["task"] == "retrieval"
    assert result["n"] == 3
    assert result["primary_metric"] == "R@1"
    assert result["greater_is_better"] is True
    assert result["metrics"]["R@1"] == 100.0
    assert result["metrics"]["lexical R@1"] == 100.0
    assert {"model", "seconds", "settings", "commit"} <= result.keys()


def test_a_reranker_is_named_in_the_result_and_must_be_there(folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "result.json"
    arguments = ["run", "retrieval", "--data", str(folder), "--embedder", "hash", "--out", str(out), "--reranker", "path:/x"]
    assert main(arguments) == 1
    assert "There is no reranker in '/x'" in capsys.readouterr().err
    monkeypatch.setattr(retrieval, "load_reranker", lambda name: OverlapReranker())
    assert main(arguments) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["settings"]["reranker"] == "path:/x"


def test_a_limit_takes_a_sample_by_its_seed(folder, tmp_path):
    out = tmp_path / "result.json"
    arguments = [
        "run",
        "retrieval",
        "--data",
        str(folder),
        "--embedder",
        "hash",
        "--limit",
        "2",
        "--seed",
        "3",
        "--out",
        str(out),
    ]
    assert main(arguments) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["n"] == 2


def test_data_that_is_not_there_is_status_1(tmp_path, capsys):
    assert main(["run", "retrieval", "--data", str(tmp_path), "--embedder", "hash", "--out", str(tmp_path / "x.json")]) == 1
    assert "BEIR" in capsys.readouterr().err


def test_tools_are_found_as_the_app_finds_them(tmp_path):
    (tmp_path / "qrels").mkdir()
    corpus = [
        {"_id": "t1", "title": "getWeather", "text": "Weather of a city", "field": "Nature", "parameters": {"city": "its name"}},
        {"_id": "t2", "title": "sendMail", "text": "Sends a letter", "field": "Office", "parameters": {"to": "who gets it"}},
        *({"_id": f"o{number}", "title": f"other{number}", "text": "Nothing of use"} for number in range(12)),
    ]
    queries = [
        {"_id": "q1", "text": "What is the weather, and then send a letter"},
        {"_id": "q2", "text": "the weather in my city"},
        {"_id": "q3", "text": "which letter gets there"},
    ]
    rows = ["query-id\tcorpus-id\tscore", "q1\tt1\t1", "q1\to11\t1", "q2\tt1\t1", "q3\tt2\t1"]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)), encoding="utf-8")
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), encoding="utf-8")
    (tmp_path / "qrels" / "test.tsv").write_text("\n".join(rows), encoding="utf-8")
    result = retrieval.run(Options(tmp_path, embedder="hash", kind="tools"))
    assert result.primary_metric == "C@5"
    assert result.settings["tools"] == 14
    # Two of three requests are served whole; of the first one's two tools one is found, the other is the last of those that
    # have no word of it.
    assert (result.metrics["R@3"], result.metrics["C@3"], result.metrics["C@10"]) == (83.33, 66.67, 66.67)
    assert "noticed" not in result.metrics
    assert {"lexical C@5", "dense C@5"} <= result.metrics.keys()


def test_another_kind_is_refused(folder, tmp_path, capsys):
    out = str(tmp_path / "x.json")
    assert main(["run", "retrieval", "--data", str(folder), "--embedder", "hash", "--kind", "songs", "--out", out]) == 1
    assert "--kind tools" in capsys.readouterr().err
