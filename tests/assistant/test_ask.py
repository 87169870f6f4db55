"""One turn from the command line, with the real built-in model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.__main__ import _print
from assistant.events import TurnFinished
from assistant.messages import Usage

ROOT = Path(__file__).resolve().parents[2]


def ask(data, *arguments, model=("--model", "builtin"), **environment):
    command = [sys.executable, "-m", "assistant", "ask", "--offline", *model, "--data", str(data), *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=180, check=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory, unpacked):
    return unpacked(tmp_path_factory.mktemp("ask") / "data")


@pytest.mark.model
def test_a_question_in_chinese_is_answered_by_quotation(data):
    done = ask(data, "--persona", "librarian", "--json", "年假有几天？")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["type"] == "TurnFinished"
    answer = events[-1]["new_messages"][0]
    assert "[1]" in answer["text"]
    assert "年假" in answer["sources"][0]["passage"]["text"]


@pytest.mark.model
def test_what_no_english_record_answers_is_written_by_the_model(data):
    done = ask(data, "--persona", "gg", "--json", "Please describe a red apple.")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(event["type"] == "TextDelta" for event in events) > 3
    assert events[-1]["usage"]["completion_tokens"] > 3
    (step,) = (event for event in events if event["type"] == "StepFinished")
    assert step["usage"] == events[-1]["usage"]
    assert step["prompt"].endswith("Please describe a red apple.<|im_end|>\n<|im_start|>assistant\n")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--persona", "nobody", "hi"], 1, "'nobody'"),
        (["--persona", "librarian", "--collection", "atlantis", "hi"], 1, "'atlantis'"),
        (["--no-such-option", "hi"], 2, "usage:"),
        ([], 2, "usage:"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_a_status(data, arguments, status, said):
    done = ask(data, *arguments)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_environment_names_the_model(data):
    done = ask(data, "--persona", "model-guide", "hi", model=(), HEARTH_MODEL="nonsense")
    assert done.returncode == 1
    assert "'nonsense' is not understood" in done.stderr


def test_a_call_that_needs_a_click_is_said(capsys):
    assert _print(TurnFinished("approval", (), Usage(), {}), as_json=False) == 1
    assert "needs your click" in capsys.readouterr().err
