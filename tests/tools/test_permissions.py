"""Standing permissions: whose they are, for which tool as it was, and that no backup brings one."""

import pytest

from common.database import Database
from tools.base import Tool
from tools.http import HttpTool
from tools.permissions import Permissions, digest


def tool(risk="writes", **attributes):
    def save(text: str) -> str:
        """Save a text."""
        return text

    made = Tool.from_function(save, risk=risk)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "hearth.db")
    yield opened
    opened.close()


def test_a_permission_is_for_one_owner_one_persona_and_one_tool(database):
    ours, theirs = Permissions(database, "maker"), Permissions(database, "visitor-1")
    ours.give("gg", tool())
    ours.give("gg", tool())
    assert ours.given("gg", tool())
    assert not ours.given("librarian", tool())
    assert not ours.given("gg", tool(id="other"))
    assert not theirs.given("gg", tool())
    assert ours.of(tool()) == ["gg"]
    ours.give("librarian", tool())
    theirs.withdraw("gg")
    theirs.withdraw_all()
    ours.withdraw("gg", "other")
    assert ours.of(tool()) == ["gg", "librarian"]
    ours.withdraw("gg", "save")
    assert ours.of(tool()) == ["librarian"]
    ours.withdraw("librarian")
    assert ours.of(tool()) == []


@pytest.mark.parametrize("changed", [{"risk": "spends"}, {"sends": True}, {"origin": "https://elsewhere.example"}])
def test_a_tool_that_is_another_one_now_has_no_permission(database, changed):
    permissions = Permissions(database, "maker")
    permissions.give("gg", tool())
    assert not permissions.given("gg", tool(**changed))
    assert permissions.of(tool(**changed)) == []


def test_a_registered_tool_is_another_one_as_soon_as_its_document_changes(make_document):
    document = make_document()
    moved = document.model_copy(update={"call": document.call.model_copy(update={"url": "https://elsewhere.example/pets/{id}"})})
    assert digest(HttpTool(document, None)) == digest(HttpTool(document.model_copy(), None))
    assert digest(HttpTool(document, None)) != digest(HttpTool(moved, None))


def test_no_backup_holds_one(database, tmp_path):
    Permissions(database, "maker").give("gg", tool())
    assert "tool_permissions" not in database.save_copy(tmp_path / "copy.db")
