"""Rows that nobody here wrote, out of a stranger's backup or a damaged file: Hearth starts and says what it leaves out."""

import json

import pytest

from assistant.access import MAKER
from common.errors import ConversationError

DOCUMENT = "INSERT INTO documents (kind, owner, id, revision, body, time, draft) VALUES (?, 'maker', ?, 1, ?, ?, 0)"
DEEP = "[" * 100_000
SERVER = json.dumps({"id": "x", "title": "t", "address": "http://a.example/v1", "model": "m"})


def download(**fields):
    return DOCUMENT, ("download", "x", json.dumps({"id": "x", "name": "hf:a/b", "revision": "c0ffee", **fields}), 1.0)


UNREADABLE = {
    "a download of nothing": download(name="zz:1"),
    "a download of a server's": download(name="openai:http://a.example/v1#m", files=[{"path": "a", "size": 1}]),
    "a download out of its folder": download(files=[{"path": "../../.bashrc", "size": 1}]),
    "a download onto its folder": download(files=[{"path": "..", "size": 1}]),
    "a revision out of its folder": download(revision="../../..", files=[{"path": "config.json", "size": 1}]),
    "a name out of its folder": download(name="ms:a/b@../../.."),
    "a name of all folders": download(name="ms:./."),
    "a time that is none": (DOCUMENT, ("server", "x", SERVER, 1e300)),
    "a document without an end": (DOCUMENT, ("server", "x", DEEP, 1.0)),
    "a tool without an end": (DOCUMENT, ("tool", "x", DEEP, 1.0)),
    "preferences without an end": (DOCUMENT, ("preferences", "preferences", DEEP, 1.0)),
    "switches of a newer Hearth": (DOCUMENT, ("tool-switches", "switches", '{"id": "switches", "new": 1}', 1.0)),
}


def put(studio, *statements) -> None:
    with studio.database.write() as connection:
        for statement, row in statements:
            connection.exec_driver_sql(statement, row)


def test_documents_that_cannot_be_read_are_left_out_at_the_start(make_studio):
    for statement in UNREADABLE.values():
        studio = make_studio()
        put(studio, statement)
        studio.close()
        studio = make_studio()
        assert not studio.downloads.list()
        assert not studio.servers.list()
        assert studio.preferences.current().persona == ""
        assert studio.tools.off == set()
        put(studio, ("DELETE FROM documents", ()))
        studio.close()


def test_a_run_that_cannot_be_read_does_not_keep_hearth_from_starting(make_studio):
    studio = make_studio()
    kept = studio.conversations.create(MAKER.owner, "gg").id
    run = "INSERT INTO runs (id, owner, conversation, started) VALUES (?, 'maker', ?, 1)"
    event = "INSERT INTO run_events (run, position, body) VALUES (?, ?, ?)"
    put(studio, (run, ("a", kept)), (event, ("a", 0, "no JSON")), (run, ("b", kept)), (event, ("b", 1, '{"type": "odd"}')))
    studio.close()
    studio = make_studio()
    assert studio.runs.last(MAKER.owner, kept) is None
    assert studio.conversations.messages(MAKER.owner, kept) == []


def test_messages_that_follow_each_other_in_a_ring_are_shown_as_a_line(make_studio):
    studio = make_studio(["Yes."])
    kept = studio.conversations.create(MAKER.owner, "gg").id
    assert [*studio.runs.subscribe(MAKER.owner, studio.start_turn(MAKER, kept, "Well?", "en"))]
    put(studio, ("UPDATE messages SET parent = 1 - position WHERE conversation = ?", (kept,)))
    assert [placed.position for placed in studio.conversations.path(MAKER.owner, kept)] == [0, 1]
    put(studio, ("UPDATE messages SET parent = -7 WHERE conversation = ?", (kept,)))
    assert [placed.position for placed in studio.conversations.path(MAKER.owner, kept)] == [0, 1]
    assert studio.conversations.path(MAKER.owner, kept, 0)[0].versions == (0,)


def test_what_was_read_before_a_restore_does_not_break_a_conversation(make_studio):
    """A turn may have waited for the restore, and know places that are not there any more."""
    studio = make_studio(["Yes."])
    kept = studio.conversations.create(MAKER.owner, "gg").id
    assert [*studio.runs.subscribe(MAKER.owner, studio.start_turn(MAKER, kept, "Well?", "en"))]
    with pytest.raises(ConversationError, match="no message at place 99"):
        studio.runs.start(MAKER.owner, kept, lambda cancel: iter(()), under=99)
    put(studio, ("UPDATE conversations SET head = 99 WHERE id = ?", (kept,)))
    assert [placed.position for placed in studio.conversations.path(MAKER.owner, kept)] == [0, 1]
