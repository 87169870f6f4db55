"""Deleting one's own: all of it, for good, and nothing of anybody else's."""

import pytest
from sqlalchemy import select

from assistant.access import MAKER, Identity
from assistant.deletion import delete_made, delete_talk, held
from common.database import metadata
from common.secrets import Secrets
from tests.assistant.test_backup import state, tool
from tools.documents import ToolStore

VISITOR = Identity("visitor-1", maker=False)
OTHER = Identity("visitor-2", maker=False)


def rows_of(studio, owner):
    """Table -> rows of an owner, of every table that has owners."""
    found = {}
    with studio.database.read() as connection:
        there = {name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
        for table in metadata.sorted_tables:
            if table.name in there and "owner" in table.columns:
                rows = connection.execute(select(table).where(table.c.owner == owner)).all()
                found |= {table.name: len(rows)} if rows else {}
    return found


def talk(studio, identity, tmp_path):
    """A conversation with an answer, an opinion on it and an attachment."""
    conversation = studio.conversations.create(identity.owner, "gg")
    run = studio.start_turn(identity, conversation.id, "Hello, secret-word", "en")
    assert [*studio.runs.subscribe(identity.owner, run)]
    studio.feedback.give(identity.owner, run, 1, "kind")
    attached = studio.knowledge.hide_collection(identity.owner, f"talk-{conversation.id[:20]}", "Attached")
    (tmp_path / "note.md").write_text("A note.\n", "utf-8")
    studio.knowledge.add(identity.owner, attached.id, tmp_path / "note.md")
    return conversation


@pytest.fixture
def studio(make_studio):
    return make_studio(["Hello."] * 3)


def test_a_visitor_leaves_nothing_and_others_keep_everything(studio, tmp_path):
    talk(studio, VISITOR, tmp_path)
    talk(studio, OTHER, tmp_path)
    talk(studio, MAKER, tmp_path)
    others = (rows_of(studio, OTHER.owner), rows_of(studio, MAKER.owner))
    assert held(studio, VISITOR.owner).conversations == held(studio, VISITOR.owner).attachments == 1
    assert held(studio, VISITOR.owner).talk
    delete_talk(studio, VISITOR.owner)
    assert rows_of(studio, VISITOR.owner) == {}
    assert (rows_of(studio, OTHER.owner), rows_of(studio, MAKER.owner)) == others
    assert not held(studio, VISITOR.owner).talk
    kept = state(studio)
    assert len({dict(row)["conversation"] for row in kept["messages"]}) == 2
    assert len({dict(row)["run"] for row in kept["run_events"]}) == 2


def test_what_was_deleted_is_not_left_in_the_file(studio, tmp_path):
    talk(studio, VISITOR, tmp_path)
    delete_talk(studio, VISITOR.owner)
    with studio.database.read() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"secret-word" not in studio.database.path.read_bytes()


def test_a_maker_may_keep_what_they_made(studio, tmp_path):
    studio.preferences.change(region="SG")
    studio.knowledge.create_collection(MAKER.owner, "Lamps", "lamps")
    talk(studio, MAKER, tmp_path)
    delete_talk(studio, MAKER.owner)
    assert studio.region == "SG"
    assert "lamps" in {collection.id for collection in studio.knowledge.collections(MAKER.owner)}
    assert studio.conversations.list(MAKER.owner) == []


def test_or_go_back_to_what_was_shipped(studio, tmp_path):
    shipped = {collection.id: collection.documents for collection in studio.knowledge.collections(MAKER.owner)}
    tools = [tool.id for tool in studio.tools.list()]
    talk(studio, OTHER, tmp_path)
    talk(studio, MAKER, tmp_path)
    studio.preferences.change(region="SG", model="builtin")
    gg = studio.persona(MAKER, "gg")
    studio.personas.save(MAKER.owner, gg.model_copy(update={"id": "my-own"}), 0)
    studio.personas.save(MAKER.owner, gg.model_copy(update={"title": gg.title.model_copy(update={"en": "Changed"})}), 0)
    ToolStore(studio.database).save(MAKER.owner, tool("renew"), 0)
    studio.servers.add("A", "https://a.example/v1", "m", False, "my-key")
    secrets = Secrets(studio.folder.path)
    secrets.put("renewals", "its-key", ["https://api.example"])
    secrets.put("weather", "another-key")
    assert len(secrets.names()) == 3
    studio.reread()
    assert "renew" in {tool.id for tool in studio.tools.list()}
    studio.knowledge.create_collection(MAKER.owner, "Lamps", "lamps")
    for name in ("lamps", next(iter(shipped))):
        (tmp_path / "lamp.md").write_text(f"A lamp for {name}.\n", "utf-8")
        studio.knowledge.add(MAKER.owner, name, tmp_path / "lamp.md")
    before = held(studio, MAKER.owner)
    assert (before.personas, before.collections, before.documents, before.tools) == (2, 1, 2, 1)
    assert before.made
    delete_made(studio, MAKER.owner)
    after = held(studio, MAKER.owner)
    assert not after.talk
    assert not after.made
    assert set(rows_of(studio, MAKER.owner)) == {"collections", "shipped_documents"}
    assert {collection.id: collection.documents for collection in studio.knowledge.collections(MAKER.owner)} == shipped
    assert [tool.id for tool in studio.tools.list()] == tools
    assert studio.persona(MAKER, "gg").title == gg.title
    assert (studio.region, studio.preferences.current().model) == ("CN", "")
    assert secrets.names() == []
    assert "sealed" not in (studio.folder.path / "secrets.json").read_text("utf-8")
    assert set(rows_of(studio, OTHER.owner)) == {"collections", "conversations", "feedback", "runs"}
