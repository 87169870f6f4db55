"""Runs outlive their readers: nothing is lost or repeated by a reload, a second tab, a crash or a full disk."""

import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from assistant.conversations import Conversations
from assistant.events import MessageCompleted, StepFinished, TextDelta, ThinkingDelta, TurnFinished
from assistant.messages import Message, ToolCall, ToolResult, Usage
from assistant.runs import Runs
from common.database import Database
from common.errors import ConversationMissing, StorageFailed, TurnRunning
from tests.timing import wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def house(tmp_path):
    database = Database(tmp_path / "hearth.db")
    conversations = Conversations(database)
    runs = Runs(database, conversations)
    yield database, conversations, runs
    runs.close()
    database.close()


def answer(*words, gate=None):
    """A turn that says the words; `gate` holds it before the last one."""

    def work(cancel):
        for index, word in enumerate(words):
            if gate is not None and index == len(words) - 1:
                gate.wait(10)
            if cancel.is_set():
                yield TurnFinished("cancelled")
                return
            yield TextDelta(word)
        message = Message("assistant", "".join(words))
        yield MessageCompleted(message)
        yield TurnFinished("answered", (message,))

    return work


def read(runs, owner, run, from_event=0):
    return [item for item in runs.subscribe(owner, run, from_event) if item is not None]


def text_of(items):
    return "".join(event.text for _, event in items if isinstance(event, TextDelta))


def test_a_turn_is_read_live_and_again_from_the_database(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    run = runs.start("maker", kept.id, answer("one ", "two ", "three"), said=Message("user", "count"))
    live = read(runs, "maker", run)
    assert text_of(live) == "one two three"
    assert isinstance(live[-1][1], TurnFinished)
    assert [position for position, _ in live] == list(range(len(live)))
    wait_until(lambda: runs.active("maker", kept.id) is None)
    assert read(runs, "maker", run) == live
    assert [message.text for message in conversations.messages("maker", kept.id)] == ["count", "one two three"]
    assert runs.last("maker", kept.id) == run


def test_a_second_reader_joins_in_the_middle_and_misses_nothing(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    gate = threading.Event()
    run = runs.start("maker", kept.id, answer(*"abcdef", gate=gate), said=Message("user", "spell"))
    reader = runs.subscribe("maker", run)
    first = next(item for item in reader if item is not None)
    late = []
    second = threading.Thread(target=lambda: late.extend(read(runs, "maker", run, first[0] + 1)))
    second.start()
    gate.set()
    rest = [item for item in reader if item is not None]
    second.join(10)
    assert text_of([first, *rest]) == "abcdef"
    assert late == rest


def test_a_reader_is_given_pauses_while_nothing_comes(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    gate = threading.Event()
    run = runs.start("maker", kept.id, answer("a", "b", gate=gate))
    reader = runs.subscribe("maker", run, pause_s=0.01)
    first = next(item for item in reader if item is not None)
    assert next(reader) is None
    gate.set()
    assert text_of([first, *(item for item in reader if item is not None)]) == "ab"


def test_what_the_user_said_is_kept_before_anything_is_answered(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    gate = threading.Event()
    runs.start("maker", kept.id, answer("x", gate=gate), said=Message("user", "keep me"))
    assert [message.text for message in conversations.messages("maker", kept.id)] == ["keep me"]
    gate.set()


def test_one_conversation_answers_one_thing_at_a_time(house):
    _, conversations, runs = house
    kept, other = conversations.create("maker", "gg"), conversations.create("maker", "gg")
    gate = threading.Event()
    run = runs.start("maker", kept.id, answer("x", gate=gate), said=Message("user", "1"))
    with pytest.raises(TurnRunning):
        runs.start("maker", kept.id, answer("y"), said=Message("user", "2"))
    runs.start("maker", other.id, answer("z"), said=Message("user", "3"))
    assert runs.active("maker", kept.id) == run
    gate.set()
    read(runs, "maker", run)
    assert [message.text for message in conversations.messages("maker", kept.id)] == ["1", "x"]


def test_stop_reaches_the_turn(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    gate = threading.Event()
    run = runs.start("maker", kept.id, answer("x", "y", gate=gate))
    runs.cancel("visitor-a", run)
    runs.cancel("maker", run)
    gate.set()
    assert read(runs, "maker", run)[-1][1].reason == "cancelled"


def test_another_owner_sees_no_run(house):
    _, conversations, runs = house
    kept = conversations.create("visitor-a", "gg")
    gate = threading.Event()
    run = runs.start("visitor-a", kept.id, answer("x", gate=gate))
    assert runs.active("visitor-b", kept.id) is None
    assert runs.last("visitor-b", kept.id) is None
    with pytest.raises(ConversationMissing):
        list(runs.subscribe("visitor-b", run))
    gate.set()
    read(runs, "visitor-a", run)
    wait_until(lambda: runs.active("visitor-a", kept.id) is None)
    with pytest.raises(ConversationMissing):
        list(runs.subscribe("visitor-b", run))
    with pytest.raises(ConversationMissing):
        runs.start("visitor-b", kept.id, answer("x"), said=Message("user", "in"))
    runs.delete_all("visitor-b")
    assert read(runs, "visitor-a", run)


def test_answering_again_hangs_under_the_same_message(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    read(runs, "maker", runs.start("maker", kept.id, answer("old"), said=Message("user", "q")))
    wait_until(lambda: runs.active("maker", kept.id) is None)
    read(runs, "maker", runs.start("maker", kept.id, answer("new"), under=0))
    assert [message.text for message in conversations.messages("maker", kept.id)] == ["q", "new"]


def test_an_answer_that_was_asked_for_again_and_did_not_come_leaves_the_one_there_was(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    read(runs, "maker", runs.start("maker", kept.id, answer("old"), said=Message("user", "q")))

    def fail(cancel):
        yield TurnFinished("failed")

    failed = runs.start("maker", kept.id, fail, under=0)
    read(runs, "maker", failed)
    assert [message.text for message in conversations.messages("maker", kept.id)] == ["q", "old"]
    assert runs.last("maker", kept.id, under=[0, 1]) == failed
    assert runs.last("maker", kept.id, under=[1]) is None


def test_while_it_answers_a_conversation_shows_no_other_branch(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    read(runs, "maker", runs.start("maker", kept.id, answer("old"), said=Message("user", "q")))
    gate = threading.Event()
    run = runs.start("maker", kept.id, answer("new", gate=gate), under=0)
    for act in (lambda: runs.choose("maker", kept.id, 1), lambda: runs.clear("maker", kept.id)):
        with pytest.raises(TurnRunning):
            act()
    gate.set()
    read(runs, "maker", run)
    runs.choose("maker", kept.id, 1)
    assert [placed.message.text for placed in conversations.path("maker", kept.id)] == ["q", "old"]
    assert conversations.path("maker", kept.id, 2)[-1].run == run


def test_whoever_followed_a_turn_that_could_not_begin_sees_it_end(house, monkeypatch):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    seen = []

    def followed_meanwhile(*_, **__):
        run = runs.active("maker", kept.id)
        follower = threading.Thread(target=lambda: seen.extend(read(runs, "maker", run)), daemon=True)
        live = runs._live[run]
        follower.start()
        wait_until(lambda: live.changed._waiters)
        followers.append(follower)
        raise StorageFailed("full", "满")

    followers = []
    monkeypatch.setattr(conversations, "append", followed_meanwhile)
    with pytest.raises(StorageFailed):
        runs.start("maker", kept.id, answer("never"), said=Message("user", "q"))
    followers[0].join(20)
    assert not followers[0].is_alive()
    assert seen == []


def test_starting_over_leaves_no_message_and_no_run(house):
    _, conversations, runs = house
    kept = conversations.test_of("maker", "gg")
    run = runs.start("maker", kept.id, answer("old"), said=Message("user", "q"))
    read(runs, "maker", run)
    with pytest.raises(ConversationMissing):
        runs.clear("visitor-a", kept.id)
    runs.clear("maker", kept.id)
    assert conversations.path("maker", kept.id) == []
    assert (conversations.test_of("maker", "gg").id, conversations.get("maker", kept.id).title) == (kept.id, "")
    assert runs.last("maker", kept.id) is None
    wait_until(lambda: run not in runs._live)
    with pytest.raises(ConversationMissing):
        read(runs, "maker", run)
    read(runs, "maker", runs.start("maker", kept.id, answer("new"), said=Message("user", "q")))
    assert [placed.position for placed in conversations.path("maker", kept.id)] == [0, 1]


def test_turns_wait_in_line_and_know_how_many_come_before(tmp_path):
    database = Database(tmp_path / "hearth.db")
    conversations = Conversations(database)
    runs = Runs(database, conversations, at_once=1)
    gates = [threading.Event() for _ in range(4)]
    order = []

    def turn(number):
        def work(cancel):
            order.append(number)
            yield from answer(str(number), gate=gates[number])(cancel)

        return work

    keys = [conversations.create("maker", "gg").id for _ in gates]
    started = [runs.start("maker", key, turn(number), said=Message("user", "q")) for number, key in enumerate(keys)]
    wait_until(lambda: order == [0])
    assert [runs.ahead(run) for run in started] == [0, 1, 2, 3]
    runs.cancel("maker", started[2])
    assert read(runs, "maker", started[2])[-1][1].reason == "cancelled"
    assert [runs.ahead(run) for run in started] == [0, 1, 0, 2]
    gates[0].set()
    wait_until(lambda: order == [0, 1])
    assert [runs.ahead(run) for run in started] == [0, 0, 0, 1]
    gates[1].set()
    gates[3].set()
    read(runs, "maker", started[3])
    assert order == [0, 1, 3]
    assert [message.text for message in conversations.messages("maker", keys[2])] == ["q"]
    runs.close()
    database.close()


def thinking(*prompts):
    """A turn of a step for each prompt: what it shares with the one before, and what is new."""

    def work(cancel):
        for number, (shared, added) in enumerate(prompts, 1):
            yield StepFinished(number, 0.5, Usage(1, 2, 3), added, shared)
        message = Message("assistant", "done")
        yield MessageCompleted(message)
        yield TurnFinished("answered", (message,))

    return work


def test_prompts_are_kept_for_whom_they_are_for_and_never_among_the_events(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    run = runs.start("maker", kept.id, thinking((0, "secret"), (6, " more"), (4, "...")), keep_prompts=True)
    live = read(runs, "maker", run)
    assert [event for _, event in live[:3]] == [StepFinished(number, 0.5, Usage(1, 2, 3)) for number in (1, 2, 3)]
    wait_until(lambda: run not in runs._live)
    assert read(runs, "maker", run) == live
    assert [runs.prompt("maker", run, step).text for step in (1, 2, 3)] == ["secret", "secret more", "secr..."]
    assert runs.prompt("maker", run, 2).added == " more"
    assert runs.prompt("maker", run, 4) is None
    with pytest.raises(ConversationMissing):
        runs.prompt("visitor-a", run, 1)
    unkept = runs.start("maker", kept.id, thinking((0, "secret")))
    read(runs, "maker", unkept)
    assert runs.prompt("maker", unkept, 1) is None


def test_prompts_of_the_newest_runs_alone_are_kept(house):
    _, conversations, runs = house
    kept, other = conversations.create("maker", "gg"), conversations.create("maker", "gg")
    first = runs.start("maker", other.id, thinking((0, "other")), keep_prompts=True)
    read(runs, "maker", first)
    done = []
    for number in range(22):
        done.append(runs.start("maker", kept.id, thinking((0, f"prompt {number}")), keep_prompts=True))
        read(runs, "maker", done[-1])
    assert [runs.prompt("maker", run, 1) is not None for run in done] == [False] * 2 + [True] * 20
    assert runs.prompt("maker", first, 1).text == "other"


def test_runs_of_a_conversation_that_is_gone_go_at_the_next_start(house):
    database, conversations, runs = house
    kept, other = conversations.create("maker", "gg"), conversations.create("maker", "gg")
    gone = runs.start("maker", kept.id, thinking((0, "p")), keep_prompts=True)
    there = runs.start("maker", other.id, thinking((0, "p")), keep_prompts=True)
    for run in (gone, there):
        read(runs, "maker", run)
    conversations.delete("maker", kept.id)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE conversations SET deleted = deleted - 90000")
    again = Runs(database, Conversations(database))
    assert again.prompt("maker", there, 1).text == "p"
    with pytest.raises(ConversationMissing):
        again.conversation("maker", gone)
    with database.read() as connection:
        for table in ("run_events", "run_prompts"):
            assert connection.exec_driver_sql(f"SELECT DISTINCT run FROM {table}").scalars().all() == [there]


def test_a_bug_is_logged_and_ends_as_failed_with_the_text_so_far(house, caplog):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")

    def work(cancel):
        yield ThinkingDelta("hm")
        yield TextDelta("half an ")
        yield TextDelta("answer")
        raise ZeroDivisionError("a bug")

    end = read(runs, "maker", runs.start("maker", kept.id, work, said=Message("user", "q")))[-1][1]
    assert end.reason == "failed"
    assert "log" in end.error["en"]
    assert "ZeroDivisionError" in caplog.text
    last = conversations.messages("maker", kept.id)[-1]
    assert last == Message("assistant", "half an answer", "hm", interrupted=True, tainted=True)


def test_what_cannot_be_recorded_ends_the_turn_for_whoever_follows_it(house, caplog):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    end = read(runs, "maker", runs.start("maker", kept.id, answer("good ", "half \ud83d"), said=Message("user", "q")))[-1][1]
    assert (end.reason, "log" in end.error["en"]) == ("failed", True)
    assert "UnicodeEncodeError" in caplog.text
    assert conversations.messages("maker", kept.id)[-1] == Message("assistant", "good ", interrupted=True, tainted=True)
    read(runs, "maker", runs.start("maker", kept.id, answer("next"), said=Message("user", "q")))
    assert conversations.messages("maker", kept.id)[-1].text == "next"


def test_a_conversation_deleted_while_it_answers_ends_quietly(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    gate = threading.Event()
    run = runs.start("maker", kept.id, answer("x", gate=gate), said=Message("user", "q"))
    conversations.delete("maker", kept.id)
    gate.set()
    assert read(runs, "maker", run)[-1][1].reason == "answered"


def test_nothing_is_kept_of_a_turn_whose_owner_deleted_everything_meanwhile(house):
    database, conversations, runs = house
    kept = conversations.create("maker", "gg")
    gate = threading.Event()
    run = runs.start("maker", kept.id, answer("a secret ", "and more", gate=gate), said=Message("user", "q"))
    next(item for item in runs.subscribe("maker", run) if item is not None)
    following = runs.subscribe("maker", run)
    next(following)
    runs.delete_all("maker")
    conversations.delete_all("maker")
    gate.set()
    assert [item for item in following if item is not None][-1][1].reason == "answered"
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM run_events").scalar() == 0


def test_a_full_disk_is_told_to_the_reader_and_the_next_turn_works(house):
    database, conversations, runs = house
    kept = conversations.create("maker", "gg")
    gate = threading.Event()
    run = runs.start("maker", kept.id, answer("x" * 40_000, "y" * 400_000, gate=gate), said=Message("user", "q"))
    next(item for item in runs.subscribe("maker", run) if item is not None)
    limit_pages(database, 0)
    gate.set()
    end = read(runs, "maker", run)[-1][1]
    assert end.reason == "failed"
    assert "disk space" in end.error["en"]
    wait_until(lambda: runs.active("maker", kept.id) is None)
    assert (
        runs.unsaved("maker", kept.id)
        == end.new_messages
        == (Message("assistant", "x" * 40_000, interrupted=True, tainted=True),)
    )
    assert runs.unsaved("visitor-1", kept.id) == ()
    assert read(runs, "maker", run)[-1][1] == end  # whoever comes later sees it, too
    with pytest.raises(StorageFailed):
        runs.start("maker", kept.id, answer("z"), said=Message("user", "w" * 400_000))
    assert runs.active("maker", kept.id) is None
    limit_pages(database, 1_000_000)
    assert text_of(read(runs, "maker", runs.start("maker", kept.id, answer("z"), said=Message("user", "r")))) == "z"
    assert [message.text for message in conversations.messages("maker", kept.id)] == ["q", "x" * 40_000, "r", "z"]
    assert runs.unsaved("maker", kept.id) == ()
    assert read(Runs(database, conversations), "maker", run)[-1][1] == end


def limit_pages(database, more):
    """Make the database file as full as if the disk were: at most `more` pages beyond those it has, on every connection."""
    from sqlalchemy import event

    def limit(connection, _record=None):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + more}")

    database._engine.dispose()
    event.listen(database._engine, "connect", limit)


CRASH = """
    import os, sys, threading
    from pathlib import Path
    from assistant.conversations import Conversations
    from assistant.events import MessageCompleted, TextDelta, ToolStarted
    from assistant.messages import Message, ToolCall
    from assistant.runs import Runs
    from common.database import Database

    database = Database(Path(sys.argv[1]))
    conversations = Conversations(database)
    runs = Runs(database, conversations)
    kept = conversations.create("maker", "gg")
    call = ToolCall("c1", "clock", {})

    def work(cancel):
        yield TextDelta("let me look")
        yield MessageCompleted(Message("assistant", "let me look", calls=(call,)))
        yield ToolStarted(call)
        for word in "the answer begins".split(" "):
            yield TextDelta(word + " ")
        yield ToolStarted(call)  # everything before this is on disk now
        print(kept.id, flush=True)
        threading.Event().wait(60)

    runs.start("maker", kept.id, work, said=Message("user", "q"))
    threading.Event().wait(60)
"""


def test_a_killed_process_leaves_what_was_written_as_an_interrupted_answer(tmp_path):
    path = tmp_path / "hearth.db"
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CRASH), str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    kept = child.stdout.readline().strip()
    child.kill()
    child.communicate()
    database = Database(path)
    conversations = Conversations(database)
    runs = Runs(database, conversations)
    messages = list(conversations.messages("maker", kept))
    assert [(message.role, message.text) for message in messages] == [
        ("user", "q"),
        ("assistant", "let me look"),
        ("assistant", "the answer begins "),
    ]
    assert messages[-1].interrupted
    assert messages[1].calls == ()
    end = read(runs, "maker", runs.last("maker", kept))[-1][1]
    assert end.reason == "failed"
    assert "kept" in end.error["en"]
    Runs(database, conversations)
    assert len(conversations.messages("maker", kept)) == 3
    database.close()


def test_what_a_crash_cut_short_goes_where_its_turn_began(house):
    database, conversations, runs = house
    kept = conversations.create("maker", "gg")
    read(runs, "maker", runs.start("maker", kept.id, answer("a"), said=Message("user", "q")))
    read(runs, "maker", runs.start("maker", kept.id, answer("b"), said=Message("user", "r")))
    with database.write() as connection:
        connection.exec_driver_sql(f"INSERT INTO runs VALUES ('cut', 'maker', '{kept.id}', NULL, 9e9, 0)")
        connection.exec_driver_sql("""INSERT INTO run_events VALUES ('cut', 0, '{"type": "TextDelta", "text": "half"}')""")
    Runs(database, conversations)
    assert [message.text for message in conversations.messages("maker", kept.id)] == ["q", "a", "r", "b"]
    half = conversations.path("maker", kept.id, 4)[-1]
    assert (half.message, half.run) == (Message("assistant", "half", interrupted=True, tainted=True), "cut")
    assert half.versions == (1, 4)


def test_a_call_that_has_its_result_is_kept(house):
    _, conversations, runs = house
    kept = conversations.create("maker", "gg")
    call = ToolCall("c1", "clock", {})

    def work(cancel):
        yield MessageCompleted(Message("assistant", "", calls=(call,)))
        yield MessageCompleted(Message("tool", "9", result=ToolResult("c1", "clock", "9")))
        raise ValueError("later")

    read(runs, "maker", runs.start("maker", kept.id, work))
    assert conversations.messages("maker", kept.id)[0].calls == (call,)
