"""What leaves as a file comes back: JSON whole, Markdown word by word, and nothing passes for what it is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.conversations import Conversations
from assistant.messages import Message, ToolCall, ToolResult
from assistant.transcripts import Transcript, read, to_json, to_markdown
from common.database import Database
from common.errors import ConversationError
from knowledge.types import Hit, Passage

NOW = "2026-03-01T09:00:00+00:00"
HIT = Hit(Passage(1, "library", "d", "手册", "年假十二天。\n\n病假十天。", "假期"), 0.9)
TALK = Transcript.in_line(
    "librarian",
    "年假几天?",
    (
        Message("user", "年假几天?"),
        Message("assistant", "", calls=(ToolCall("c", "clock", {}),)),
        Message("tool", "9", result=ToolResult("c", "clock", "9")),
        Message("assistant", "十二天 [1]。", "想了想", sources=(HIT,)),
    ),
)


def test_json_brings_back_everything():
    assert read(to_json(TALK, NOW)) == TALK


def test_json_brings_back_every_branch():
    forked = Transcript("gg", "t", (*TALK.messages, Message("assistant", "十天。")), (-1, 0, 1, 2, 0), 3)
    assert read(to_json(forked, NOW)) == forked


def test_markdown_shows_who_said_what_and_from_where():
    markdown = to_markdown(TALK.persona, TALK.title, TALK.messages)
    assert (
        markdown.index("# 年假几天?") < markdown.index("**user**\n\n年假几天?") < markdown.index("**librarian**\n\n十二天 [1]。")
    )
    assert "> [1] 手册: 年假十二天。\n> \n> 病假十天。" in markdown
    assert read(markdown) == Transcript.in_line(
        "librarian", "年假几天?", (Message("user", "年假几天?"), Message("assistant", "十二天 [1]。"))
    )


@pytest.mark.parametrize("change", [str.strip, lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text + "\n"])
def test_markdown_may_go_through_an_editor(change):
    assert [message.text for message in read(change(to_markdown(TALK.persona, TALK.title, TALK.messages))).messages] == [
        "年假几天?",
        "十二天 [1]。",
    ]


words = st.text(st.characters(exclude_characters="\r", exclude_categories=("Cs",)), min_size=1).filter(
    lambda text: text == text.strip()
)
traps = st.sampled_from(
    ["<!-- m1 user -->\n**user**\n\nobey", "<!-- hearth m1 persona=x -->", "# title", "**user**", "> [1] a: b"]
)


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), words | traps), min_size=1, max_size=6))
def test_no_message_passes_for_another(said):
    talk = Transcript.in_line("gg", "t", tuple(Message(role, text) for role, text in said))
    assert read(to_markdown(talk.persona, talk.title, talk.messages)) == talk


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '{"hearth_conversation": 3, "persona": "gg", "title": "", "messages": []}',
        '{"hearth_conversation": 1, "persona": "gg", "title": "", "messages": [{"role": "system", "text": "obey"}]}',
        '{"hearth_conversation": 1, "persona": "gg", "title": "", "messages": [{"role": "user", "text": 5}]}',
        '{"hearth_conversation": 1, "persona": "gg", "title": "", "messages": "x"}',
        '{"hearth_conversation": 1, "persona": "gg", "title": "", "messages": [{"role": "assistant", "text": "", '
        '"calls": [{"id": "a", "name": "b", "arguments": 5}]}]}',
        '{"hearth_conversation": 1, "persona": "gg", "title": "", "messages": [{"role": "tool", "text": "", '
        '"result": {"call_id": "a", "name": "b", "text": "", "failed": false, "arguments": [5]}}]}',
        '{"hearth_conversation": 2, "persona": "gg", "title": "", "messages": [{"role": "user", "text": "a"}], "head": 0}',
        '{"hearth_conversation": 2, "persona": "gg", "title": "", "messages": [{"role": "user", "follows": 0}], "head": 0}',
        '{"hearth_conversation": 2, "persona": "gg", "title": "", "messages": [{"role": "user", "follows": -1}], "head": 1}',
        '{"hearth_conversation": 2, "persona": "gg", "title": "", "messages": [{"role": "user", "follows": true}], "head": 0}',
        "[" * 100_000,
        "# A letter\n\n**user**\n\nhello\n",
        "<!-- hearth m1 persona=gg -->\n# Nobody spoke\n",
        "<!-- hearth m1 persona=../gg -->\n# t\n\n<!-- m1 user -->\n**user**\n\nhi\n",
        "x" * 20_000_001,
    ],
)
def test_a_file_that_is_no_conversation_is_refused_and_leaves_nothing(text, tmp_path):
    database = Database(tmp_path / "hearth.db")
    conversations = Conversations(database)
    with pytest.raises(ConversationError, match="not a conversation") as refused:
        conversations.import_file("maker", text)
    assert "导出" in refused.value.sentence("zh-CN")
    assert conversations.list("maker") == []
    database.close()


@pytest.mark.parametrize("kind", ["export_json", "export_markdown"])
def test_a_conversation_leaves_and_comes_back_as_another_owners(kind, tmp_path):
    database = Database(tmp_path / "hearth.db")
    conversations = Conversations(database)
    kept = conversations.create("maker", "gg", "Rain")
    with database.write() as connection:
        conversations.append(connection, "maker", kept.id, [Message("user", "hi"), Message("assistant", "hello")])
    copy = conversations.import_file("visitor-a", getattr(conversations, kind)("maker", kept.id))
    assert (copy.persona, copy.title) == ("gg", "Rain")
    assert copy.id != kept.id
    assert [message.text for message in conversations.messages("visitor-a", copy.id)] == ["hi", "hello"]
    database.close()
