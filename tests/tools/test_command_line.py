"""`python -m tools`: what it prints and its exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.__main__ import main
from tools.registry import default_registry


@pytest.fixture(autouse=True)
def _no_data_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_list_shows_every_tool(capsys):
    assert main(["list"]) == 0
    assert capsys.readouterr().out.split("\n")[0] == "clock           Clock"
    assert main(["list", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ids = [line["id"] for line in lines]
    shipped = [tool.id for tool in default_registry().list()]
    assert ids[: len(shipped)] == shipped
    assert {"web-search", "weather", "model-search"} < set(ids)
    assert lines[1]["parameters"]["required"] == ["expression"]


def test_search_shows_the_best_first(capsys):
    assert main(["search", "公里换算成英里", "--limit", "2", "--language", "zh"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].split()[1:] == ["units", "单位换算"]
    assert main(["search", "time zone", "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["id"], 0 < first["score"] <= 1) == ("clock", True)


def test_call_prints_the_answer(capsys):
    assert main(["call", "calculator", '{"expression": "0.1+0.2"}']) == 0
    assert capsys.readouterr().out == "0.1+0.2 = 0.3\n"
    assert main(["call", "calculator", '{"expression": "0.1+0.2"}', "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"]["result"] == "0.3"
    assert main(["call", "clock"]) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["call", "fly"], "There is no tool 'fly'"),
        (["call", "calculator", "{not json"], "not JSON"),
        (["call", "calculator", "[1]"], "must be an object"),
        (["call", "calculator", "{}"], "expression is missing"),
        (["call", "calculator", '{"expression": "1/0"}', "--language", "zh"], "不能除以零"),
    ],
)
def test_an_expected_failure_is_one_sentence_and_status_1(arguments, told, capsys):
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert told in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["fly"], ["call"], ["search"], ["search", "x", "--limit", "0"], ["list", "extra"]])
def test_wrong_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_it_runs_as_a_module(tmp_path):
    root = Path(__file__).resolve().parents[2]
    command = [
        sys.executable,
        "-m",
        "tools",
        "call",
        "units",
        '{"value": 1, "from_unit": "斤", "to_unit": "g"}',
        "--language",
        "zh",
        "--data",
        str(tmp_path / "none"),
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1 斤 = 500 g\n")
