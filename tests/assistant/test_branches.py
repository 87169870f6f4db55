"""Versions of messages: nothing is lost, each branch keeps its own, and older data reads as one branch."""

import json
from dataclasses import replace

import pytest

from assistant.branches import ROOT, Placed, branch, followers, newest
from assistant.conversations import Conversations
from assistant.messages import Message
from assistant.runs import Runs
from common.database import Database
from common.errors import ConversationError
from tests.timing import quickly

# 0 - 1 - 2 - 3
#  \ 4    \ 5 - 6
PARENTS = {0: ROOT, 1: 0, 2: 1, 3: 2, 4: 0, 5: 1, 6: 5}


def test_a_branch_is_the_way_from_the_first_message():
    assert branch(PARENTS, 6) == [0, 1, 5, 6]
    assert branch(PARENTS, ROOT) == []


def test_versions_follow_the_same_message_oldest_first():
    assert followers(PARENTS) == {ROOT: (0,), 0: (1, 4), 1: (2, 5), 2: (3,), 5: (6,)}


def test_thousands_of_versions_take_no_time():
    """Anybody may import a file in which every message is a version of the first."""
    assert len(quickly(lambda: followers(dict.fromkeys(range(40_000), ROOT)), 1)[ROOT]) == 40_000


def test_the_newest_message_under_another_ends_a_branch():
    assert [newest(PARENTS, position) for position in PARENTS] == [6, 6, 3, 3, 4, 6, 6]


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "hearth.db")
    yield database
    database.close()


@pytest.fixture
def conversations(database):
    return Conversations(database)


def hang(database, conversations, conversation, role, text, under=None, run=None):
    with database.write() as connection:
        if under is not None:
            conversations.turn_to(connection, "maker", conversation, under)
        return conversations.append(connection, "maker", conversation, [Message(role, text)], under=under, run=run)


@pytest.fixture
def kept(database, conversations):
    """A question with two answers, the second of which was asked about, that question being edited once."""
    key = conversations.create("maker", "gg").id
    for role, text, under, run in [
        ("user", "q", None, None),
        ("assistant", "a", None, "r1"),
        ("assistant", "better a", 0, "r2"),
        ("user", "and then", None, None),
        ("assistant", "then b", None, "r3"),
        ("user", "and then what", 2, None),
    ]:
        hang(database, conversations, key, role, text, under, run)
    return key


def shown(conversations, kept):
    return [placed.message.text for placed in conversations.path("maker", kept)]


def test_the_path_says_where_each_message_stands(conversations, kept):
    assert conversations.path("maker", kept) == [
        Placed(0, Message("user", "q"), None, (0,)),
        Placed(2, Message("assistant", "better a"), "r2", (1, 2)),
        Placed(5, Message("user", "and then what"), None, (3, 5)),
    ]
    assert [message.text for message in conversations.messages("maker", kept)] == shown(conversations, kept)


def test_choosing_shows_the_newest_end_of_that_branch(conversations, kept):
    conversations.choose("maker", kept, 3)
    assert shown(conversations, kept) == ["q", "better a", "and then", "then b"]
    conversations.choose("maker", kept, 1)
    assert shown(conversations, kept) == ["q", "a"]
    conversations.choose("maker", kept, 2)
    assert shown(conversations, kept) == ["q", "better a", "and then what"]
    conversations.choose("maker", kept, 0)
    assert shown(conversations, kept) == ["q", "better a", "and then what"]


def test_the_path_to_a_message_is_its_own_branch_up_to_there(conversations, kept):
    assert [placed.position for placed in conversations.path("maker", kept, 4)] == [0, 2, 3, 4]
    assert [placed.position for placed in conversations.path("maker", kept, 1)] == [0, 1]


@pytest.mark.parametrize("position", [-1, 6, 99])
def test_a_message_that_is_not_there_is_refused(conversations, kept, position):
    for act in (conversations.choose, conversations.path):
        with pytest.raises(ConversationError, match=str(position)):
            act("maker", kept, position)
    assert shown(conversations, kept) == ["q", "better a", "and then what"]


def test_what_is_added_to_a_branch_out_of_view_leaves_the_view(database, conversations, kept):
    conversations.choose("maker", kept, 1)
    with database.write() as connection:
        conversations.append(connection, "maker", kept, [Message("assistant", "late")], under=5, run="r4")
    assert shown(conversations, kept) == ["q", "a"]
    assert conversations.path("maker", kept, 6)[-1].run == "r4"


def test_search_finds_what_was_said_on_every_branch(conversations, kept):
    conversations.choose("maker", kept, 1)
    for words in ("then b", "then what", "better"):
        assert [found.id for found in conversations.list("maker", words)] == [kept]


def test_an_export_brings_every_branch_back(conversations, kept):
    conversations.choose("maker", kept, 4)
    copy = conversations.import_file("visitor-a", conversations.export_json("maker", kept)).id
    assert [message.text for message in conversations.messages("visitor-a", copy)] == shown(conversations, kept)
    assert [placed.versions for placed in conversations.path("visitor-a", copy)] == [(0,), (1, 2), (3, 5), (4,)]
    conversations.choose("visitor-a", copy, 1)
    assert [message.text for message in conversations.messages("visitor-a", copy)] == ["q", "a"]
    assert "then what" not in conversations.export_markdown("maker", kept)


def test_an_export_of_an_older_version_is_one_branch(conversations):
    said = [Message("user", "q"), Message("assistant", "a"), Message("user", "r")]
    document = {"hearth_conversation": 1, "persona": "gg", "title": "t", "messages": [message.to_dict() for message in said]}
    copy = conversations.import_file("maker", json.dumps(document)).id
    # What comes from a file is nobody's word here.
    assert conversations.messages("maker", copy) == [replace(message, tainted=True) for message in said]
    assert [placed.versions for placed in conversations.path("maker", copy)] == [(0,), (1,), (2,)]


OLD = """
CREATE TABLE conversations (id VARCHAR PRIMARY KEY, owner VARCHAR NOT NULL, persona VARCHAR NOT NULL, title VARCHAR NOT NULL,
  created FLOAT NOT NULL, updated FLOAT NOT NULL, deleted FLOAT);
CREATE TABLE messages (conversation VARCHAR, position INTEGER, role VARCHAR NOT NULL, text TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (conversation, position));
CREATE TABLE runs (id VARCHAR PRIMARY KEY, owner VARCHAR NOT NULL, conversation VARCHAR NOT NULL, reason VARCHAR, started FLOAT);
CREATE TABLE run_events (run VARCHAR, position INTEGER, body TEXT NOT NULL, PRIMARY KEY (run, position));
INSERT INTO conversations VALUES ('c', 'maker', 'gg', 'Old', 1, 1, NULL);
INSERT INTO messages VALUES ('c', 0, 'user', 'q', '{"role": "user", "text": "q"}');
INSERT INTO messages VALUES ('c', 1, 'assistant', 'a', '{"role": "assistant", "text": "a"}');
INSERT INTO messages VALUES ('c', 2, 'user', 'r', '{"role": "user", "text": "r"}');
INSERT INTO runs VALUES ('done', 'maker', 'c', 'answered', 1);
INSERT INTO run_events VALUES ('done', 0, '{"type": "TextDelta", "text": "a"}');
INSERT INTO runs VALUES ('cut', 'maker', 'c', NULL, 2);
INSERT INTO run_events VALUES ('cut', 0, '{"type": "TextDelta", "text": "b begins"}');
"""


def test_data_of_an_older_version_is_one_branch_that_grows_new_ones(database):
    with database.write() as connection:
        for statement in OLD.split(";")[:-1]:
            connection.exec_driver_sql(statement)
    conversations = Conversations(database)
    runs = Runs(database, conversations)
    assert shown(conversations, "c") == ["q", "a", "r", "b begins"]
    assert [found.id for found in conversations.list("maker")] == ["c"]
    assert runs.last("maker", "c", under=[2, 3]) == "cut"
    hang(database, conversations, "c", "assistant", "another b", 2)
    hang(database, conversations, "c", "user", "another q", ROOT)
    assert shown(conversations, "c") == ["another q"]
    conversations.choose("maker", "c", 3)
    assert shown(conversations, "c") == ["q", "a", "r", "b begins"]
    assert [placed.versions for placed in conversations.path("maker", "c")] == [(0, 5), (1,), (2,), (3, 4)]
    runs.close()


def test_a_persona_is_tried_out_in_one_conversation_that_nobody_lists(database, conversations):
    test = conversations.test_of("maker", "gg")
    assert test.hidden
    assert conversations.test_of("maker", "gg") == test == conversations.get("maker", test.id)
    assert conversations.test_of("maker", "librarian").id != test.id
    assert conversations.test_of("visitor-a", "gg").id != test.id
    hang(database, conversations, test.id, "user", "try")
    assert conversations.list("maker") == conversations.list("maker", "try") == []
    conversations.delete("maker", test.id)
    assert conversations.test_of("maker", "gg").id != test.id
