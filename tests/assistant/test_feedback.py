"""Opinions on answers: one a run, its owner's alone, exported with what was said and gone when the conversation is."""

import json

import pytest

from assistant.__main__ import main
from assistant.conversations import Conversations
from assistant.events import MessageCompleted, TurnFinished
from assistant.feedback import Feedback, Opinion
from assistant.messages import Message
from assistant.runs import Runs
from common.database import Database
from common.errors import ConversationError, ConversationMissing


@pytest.fixture
def house(tmp_path):
    database = Database(tmp_path / "hearth.db")
    conversations = Conversations(database)
    runs = Runs(database, conversations)
    yield conversations, runs, Feedback(database, conversations, runs)
    runs.close()
    database.close()


def answer(runs, owner, conversation, text, said=None, under=None):
    """Run a turn that says `text` (nothing: it fails); returns its run."""
    message = Message("assistant", text)

    def work(cancel):
        if not text:
            yield TurnFinished("failed")
            return
        yield MessageCompleted(message)
        yield TurnFinished("answered", (message,))

    run = runs.start(owner, conversation, work, said=Message("user", said) if said else None, under=under)
    assert [item for item in runs.subscribe(owner, run) if item][-1][1].reason
    return run


def test_a_later_opinion_replaces_an_earlier_one_and_can_be_taken_back(house):
    conversations, runs, feedback = house
    kept = conversations.create("maker", "gg").id
    run = answer(runs, "maker", kept, "hello", "hi")
    feedback.give("maker", run, 1)
    feedback.give("maker", run, -1, "  too short ")
    assert feedback.of("maker", kept) == {run: Opinion(-1, "too short")}
    feedback.give("maker", run, 1, consent=True)
    assert feedback.of("maker", kept) == {run: Opinion(1, consent=True)}
    feedback.take_back("maker", run)
    assert feedback.of("maker", kept) == {}


def test_a_reason_has_a_limit(house):
    conversations, runs, feedback = house
    run = answer(runs, "maker", conversations.create("maker", "gg").id, "hello", "hi")
    feedback.give("maker", run, -1, "长" * 1000)
    with pytest.raises(ConversationError, match="1,001") as refused:
        feedback.give("maker", run, -1, "长" * 1001)
    assert "1,000" in refused.value.chinese


def test_nobody_judges_or_sees_the_answers_of_another(house):
    conversations, runs, feedback = house
    kept = conversations.create("visitor-a", "gg").id
    run = answer(runs, "visitor-a", kept, "hello", "hi")
    feedback.give("visitor-a", run, 1)
    with pytest.raises(ConversationMissing):
        feedback.give("visitor-b", run, -1)
    feedback.take_back("visitor-b", run)
    feedback.delete_all("visitor-b")
    assert feedback.of("visitor-b", kept) == {}
    assert feedback.of("visitor-a", kept) == {run: Opinion(1)}


def test_an_export_holds_the_branch_that_was_judged(house, tmp_path, capsys):
    conversations, runs, feedback = house
    kept = conversations.create("visitor-a", "gg").id
    answer(runs, "visitor-a", kept, "a1", "q1")
    first = answer(runs, "visitor-a", kept, "a2", "q2")
    second = answer(runs, "visitor-a", kept, "better a2", under=2)
    failed = answer(runs, "visitor-a", kept, "", under=2)
    feedback.give("visitor-a", second, 1, consent=True)
    feedback.give("visitor-a", first, -1, "wrong")
    feedback.give("visitor-a", failed, -1)
    assert main(["feedback", "--data", str(tmp_path), "--out", str(tmp_path / "out.jsonl")]) == 0
    assert "2 opinions" in capsys.readouterr().out
    better, worse = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert [message["text"] for message in better["messages"]] == ["q1", "a1", "q2"]
    assert [message["text"] for message in better["answer"]] == ["better a2"]
    assert (worse["verdict"], worse["reason"], worse["by"], worse["persona"]) == (-1, "wrong", "visitor", "gg")
    assert [message["text"] for message in worse["answer"]] == ["a2"]
    assert (better["consent"], worse["consent"]) == (True, False)
    assert "visitor-a" not in json.dumps([better, worse])


def test_an_export_that_cannot_be_made_says_so(tmp_path, capsys):
    assert main(["feedback", "--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 1
    assert "--data" in capsys.readouterr().err
    assert main(["feedback", "--data", str(tmp_path), "--out", str(tmp_path)]) == 1
    assert "--out" in capsys.readouterr().err


def test_what_is_deleted_takes_its_opinions_along(house):
    conversations, runs, feedback = house
    kept = conversations.create("maker", "gg").id
    feedback.give("maker", answer(runs, "maker", kept, "hello", "hi"), 1)
    conversations.delete("maker", kept)
    assert list(feedback.all()) == []
    conversations.restore("maker", kept)
    assert len(list(feedback.all())) == 1
    conversations.delete_all("maker")
    again = Feedback(feedback._database, conversations, runs)
    assert again.of("maker", kept) == {}
