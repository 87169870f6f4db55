"""Documents and earlier conversations as tools: found by words, in both languages, and by nobody who may not read them."""

import pytest

from assistant.access import MAKER, Identity
from assistant.messages import Message
from assistant.searchtools import ConversationSearch, KnowledgeSearch
from knowledge.types import Hit, Passage
from personas.schema import Persona
from tools.base import ToolContext
from tools.runner import run

VISITOR = Identity("visitor-1", maker=False)
OTHER = Identity("visitor-2", maker=False)
SEARCHES = ("knowledge-search", "conversation-search")


def persona(studio, id, collections=()):
    document = Persona.model_validate(
        {
            "id": id,
            "title": {"en": "P", "zh": "人"},
            "instruction": {"en": "Be brief.", "zh": "简短。"},
            "tools": SEARCHES,
            "collections": collections,
            "published": True,
        }
    )
    studio.personas.save(MAKER.owner, document, 0)
    return id


def shelve(studio, tmp_path, collection, text, owner="maker"):
    studio.knowledge.ensure_collection(owner, collection, collection.title())
    file = tmp_path / f"{collection}-{owner}.txt"
    file.write_text(text)
    assert [outcome.state for outcome in studio.knowledge.add_files(owner, collection, [(file, file.name)])] == ["done"]


def say(studio, owner, *texts, hidden=False):
    kept = studio.conversations.create(owner, "gg", hidden=hidden)
    with studio.database.write() as connection:
        said = [Message(("user", "assistant")[number % 2], text) for number, text in enumerate(texts)]
        studio.conversations.append(connection, owner, kept.id, said)
    return kept.id


def search(studio, identity, name, query, persona_id="p", conversation=None, language="en"):
    agent = studio.agent(persona_id, identity, conversation=conversation)
    return run(agent.tools[name], {"query": query}, ToolContext(identity.owner, language))


def test_every_maker_has_both_and_they_stay_when_the_database_is_read_again(make_studio):
    studio = make_studio()
    assert {"search_knowledge", "search_conversations"} <= set(studio.tools.snapshot())
    studio.reread()
    assert set(SEARCHES) <= {tool.id for tool in studio.tools.list()}
    for id in SEARCHES:
        tool = studio.tools.get(id)
        assert (tool.risk, tool.sends) == ("reads", False)
        assert not tool.titles["zh"].isascii()
        assert not tool.about["zh"].isascii()
        assert tool.spec.parameters["additionalProperties"] is False


def test_a_persona_searches_its_collections_and_no_others(make_studio, tmp_path):
    studio = make_studio()
    shelve(studio, tmp_path, "public", "The marmalade recipe needs seven oranges.")
    shelve(studio, tmp_path, "private", "The marmalade safe opens with 7261.")
    persona(studio, "p", ("public",))
    for identity in (MAKER, VISITOR):
        output = search(studio, identity, "search_knowledge", "marmalade")
        assert "seven oranges" in output.text
        assert "7261" not in output.text
        assert {passage["collection"] for passage in output.data} == {"public"}


def test_where_a_persona_names_none_only_a_maker_searches_all(make_studio, tmp_path):
    studio = make_studio()
    shelve(studio, tmp_path, "private", "The marmalade safe opens with 7261.")
    persona(studio, "p")
    assert "7261" in search(studio, MAKER, "search_knowledge", "marmalade safe").text
    output = search(studio, VISITOR, "search_knowledge", "marmalade safe")
    assert (output.data, output.failed) == ([], False)
    assert output.text == "Nothing was found about 'marmalade safe'. Try other words."
    # Outside a persona, as in Try it, an owner searches what is their own.
    tool = studio.tools.get("knowledge-search")
    assert run(tool, {"query": "marmalade safe"}, ToolContext("visitor-1")).data == []
    assert "7261" in run(tool, {"query": "marmalade safe"}, ToolContext("maker")).text


def test_what_is_attached_is_searched_in_its_own_conversation_alone(make_studio, tmp_path):
    studio = make_studio()
    persona(studio, "p", ("library",))
    kept = studio.conversations.create(VISITOR.owner, "p").id
    file = tmp_path / "note.txt"
    file.write_text("The zeppelin leaves at noon.")
    assert [each.state for each in studio.attachments.add(VISITOR.owner, kept, [(file, "note.txt")])] == ["done"]
    assert "noon" in search(studio, VISITOR, "search_knowledge", "zeppelin", conversation=kept).text
    elsewhere = studio.conversations.create(VISITOR.owner, "p").id
    assert "noon" not in search(studio, VISITOR, "search_knowledge", "zeppelin", conversation=elsewhere).text


def test_nobody_finds_what_another_said(make_studio):
    studio = make_studio()
    persona(studio, "p")
    say(studio, "maker", "The maker plans a trip to Kyoto.", "Lovely.")
    mine = say(studio, VISITOR.owner, "I want a trip to Kyoto in spring.", "Kyoto in spring is full of blossom.")
    output = search(studio, VISITOR, "search_conversations", "trip Kyoto")
    assert {one["conversation"] for one in output.data} == {mine}
    assert "maker" not in output.text
    assert search(studio, OTHER, "search_conversations", "trip Kyoto").data == []
    assert "maker plans" in search(studio, MAKER, "search_conversations", "Kyoto").text


def test_the_conversation_at_hand_hidden_ones_and_deleted_ones_are_left_out(make_studio):
    studio = make_studio()
    persona(studio, "p")
    here, there, gone = (say(studio, "maker", f"The secret word is walnut {number}.") for number in range(3))
    say(studio, "maker", "A walnut in a trial.", hidden=True)
    studio.conversations.delete("maker", gone)
    output = search(studio, MAKER, "search_conversations", "walnut", conversation=here)
    assert [one["conversation"] for one in output.data] == [there]


def test_what_fits_best_comes_first_and_the_words_are_shown_in_their_place(make_studio):
    studio = make_studio()
    persona(studio, "p")
    wanted = say(studio, "maker", "x " * 400 + "my budget for the Kyoto trip is 900 euros" + " y" * 400, "Noted.")
    say(studio, "maker", "what is the weather", "The trip of the weather balloon.")
    output = search(studio, MAKER, "search_conversations", "What was the budget of my Kyoto trip?")
    assert output.data[0]["conversation"] == wanted
    assert "Kyoto trip is 900 euros" in output.data[0]["text"]
    assert len(output.data[0]["text"]) < 310
    assert "user: …" in output.text


@pytest.mark.parametrize("query", ["上次说的京都旅行预算", "京都", "預算 京都"])
def test_chinese_is_found_by_its_characters(make_studio, query):
    studio = make_studio()
    persona(studio, "p")
    wanted = say(studio, "maker", "京都旅行的预算是六千元。", "好的，记下了。")
    say(studio, "maker", "今天天气不错。")
    output = search(studio, MAKER, "search_conversations", query, language="zh")
    assert output.data[0]["conversation"] == wanted
    assert "用户：京都旅行的预算是六千元。" in output.text


@pytest.mark.parametrize("query", ["%", "_", "?!", "\\", "' OR 1=1 --", "🙂", "\ud800", "x" * 200])
def test_signs_find_nothing_and_break_nothing(make_studio, query):
    studio = make_studio()
    persona(studio, "p")
    say(studio, "maker", "Plain words.")
    output = search(studio, MAKER, "search_conversations", query)
    assert (output.data, output.failed) == ([], False)
    assert not search(studio, MAKER, "search_knowledge", query).failed


def test_long_passages_all_reach_the_model():
    passages = [Hit(Passage(number, "c", "d", f"Title {number}", "w" * 3000, "Heading", 2), 1.0) for number in range(5)]
    output = run(KnowledgeSearch(lambda owner, query, limit: passages[:limit]), {"query": "w"}, ToolContext())
    assert "Title 4 > Heading, page 2:" in output.text
    assert "Cut" not in output.text


def test_the_owner_comes_from_the_call():
    asked = []
    tool = ConversationSearch(lambda owner, words, limit: asked.append((owner, words)) or [])
    run(tool, {"query": "A b"}, ToolContext("visitor-9", "zh"))
    assert asked == [("visitor-9", ["a", "b"])]
