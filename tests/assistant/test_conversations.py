"""Conversations belong to one owner, are found again, and survive export and import."""

import json

import pytest

import assistant.conversations
from assistant.conversations import Conversations, automatic_title
from assistant.messages import Message, ToolCall, ToolResult
from common.database import Database
from common.errors import ConversationError, ConversationMissing


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "hearth.db")
    yield database
    database.close()


@pytest.fixture
def conversations(database):
    return Conversations(database)


def say(database, conversations, owner, conversation, *messages):
    with database.write() as connection:
        conversations.append(connection, owner, conversation, messages)


def test_messages_come_back_in_order(database, conversations):
    kept = conversations.create("maker", "gg")
    first = [Message("user", "在吗"), Message("assistant", "在的。")]
    call = ToolCall("c1", "clock", {"zone": "UTC"})
    second = [
        Message("user", "几点"),
        Message("assistant", "", calls=(call,)),
        Message("tool", "9", result=ToolResult("c1", "clock", "9")),
    ]
    say(database, conversations, "maker", kept.id, *first)
    say(database, conversations, "maker", kept.id, *second)
    assert list(conversations.messages("maker", kept.id)) == first + second


def test_a_conversation_that_is_started_over_while_it_is_read_is_read_as_it_was(database, conversations, monkeypatch):
    kept = conversations.create("maker", "gg")
    said = [Message("user", "在吗"), Message("assistant", "在的。")]
    say(database, conversations, "maker", kept.id, *said)
    find_head = assistant.conversations._head

    def started_over_after(reader, *asked):
        head = find_head(reader, *asked)
        monkeypatch.undo()
        with database.write() as connection:
            conversations.clear(connection, "maker", kept.id)
        return head

    monkeypatch.setattr(assistant.conversations, "_head", started_over_after)
    assert list(conversations.messages("maker", kept.id)) == said
    assert conversations.messages("maker", kept.id) == []


def test_the_first_message_gives_the_title_and_later_ones_do_not(database, conversations):
    kept = conversations.create("maker", "gg")
    say(database, conversations, "maker", kept.id, Message("user", "最近总是睡不好\n怎么办"))
    say(database, conversations, "maker", kept.id, Message("user", "还有别的"))
    assert conversations.get("maker", kept.id).title == "最近总是睡不好"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("hello", "hello"),
        ("\n\n  spaced   out  ", "spaced out"),
        ("a question about the opening hours of the shop", "a question about the opening…"),
        ("这是一个非常非常长的问题" * 5, "这是一个非常非常长的问题" * 2 + "这是一个…"),
    ],
)
def test_automatic_titles(text, title):
    assert automatic_title(text) == title


def test_the_newest_conversation_is_listed_first(database, conversations):
    older, newer = conversations.create("maker", "gg"), conversations.create("maker", "librarian")
    say(database, conversations, "maker", older.id, Message("user", "again"))
    assert [found.id for found in conversations.list("maker")] == [older.id, newer.id]


def test_search_finds_titles_and_words_but_not_tool_output(database, conversations):
    kept = conversations.create("maker", "gg")
    say(database, conversations, "maker", kept.id, Message("user", "失眠 100%"), Message("tool", "secret_result"))
    assert conversations.list("maker", "失眠")[0].id == kept.id
    assert conversations.list("maker", "100%")[0].id == kept.id
    assert conversations.list("maker", "1000") == []
    assert conversations.list("maker", "secret_result") == []


def test_rename_says_what_a_title_may_be(conversations):
    kept = conversations.create("maker", "gg")
    assert conversations.rename("maker", kept.id, "  夜里 ").title == "夜里"
    for bad in ("", "   ", "x" * 121):
        with pytest.raises(ConversationError, match="1 to 120 characters"):
            conversations.rename("maker", kept.id, bad)
    assert conversations.get("maker", kept.id).title == "夜里"


def test_delete_can_be_undone_and_delete_all_cannot(database, conversations):
    kept = conversations.create("maker", "gg")
    say(database, conversations, "maker", kept.id, Message("user", "hello"))
    conversations.delete("maker", kept.id)
    assert conversations.list("maker") == []
    with pytest.raises(ConversationMissing):
        conversations.messages("maker", kept.id)
    assert conversations.restore("maker", kept.id).id == kept.id
    assert conversations.messages("maker", kept.id)[0].text == "hello"
    assert conversations.delete_all("maker") == 1
    with pytest.raises(ConversationMissing):
        conversations.restore("maker", kept.id)


def test_what_was_deleted_long_ago_is_gone_after_a_start(database, conversations):
    kept = conversations.create("maker", "gg")
    conversations.delete("maker", kept.id)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE conversations SET deleted = deleted - 90000")
    Conversations(database)
    with pytest.raises(ConversationMissing):
        conversations.restore("maker", kept.id)


OTHER = {
    "get": lambda store, id: store.get("visitor-b", id),
    "choose": lambda store, id: store.choose("visitor-b", id, 0),
    "path": lambda store, id: store.path("visitor-b", id, 0),
    "messages": lambda store, id: store.messages("visitor-b", id),
    "rename": lambda store, id: store.rename("visitor-b", id, "mine"),
    "delete": lambda store, id: store.delete("visitor-b", id),
    "restore": lambda store, id: store.restore("visitor-b", id),
    "export_json": lambda store, id: store.export_json("visitor-b", id),
    "export_markdown": lambda store, id: store.export_markdown("visitor-b", id),
}


@pytest.mark.parametrize("act", OTHER)
def test_another_owner_reaches_nothing(database, conversations, act):
    kept = conversations.create("visitor-a", "gg", "private")
    with pytest.raises(ConversationMissing):
        OTHER[act](conversations, kept.id)
    with pytest.raises(ConversationMissing), database.write() as connection:
        conversations.append(connection, "visitor-b", kept.id, [])
    assert conversations.list("visitor-b") == []
    assert conversations.delete_all("visitor-b") == 0
    assert conversations.get("visitor-a", kept.id).title == "private"


def test_an_export_is_plain_json(database, conversations):
    kept = conversations.create("maker", "gg")
    say(database, conversations, "maker", kept.id, Message("user", "hi"))
    document = json.loads(conversations.export_json("maker", kept.id))
    assert document["messages"][0]["text"] == "hi"
