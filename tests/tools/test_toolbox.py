"""Switching tools off, and taking registered ones away and back."""

import threading

import pytest

from common.database import Database
from common.errors import DocumentMissing, ToolError
from tools.documents import ToolStore
from tools.registry import stored_registry
from tools.toolbox import Toolbox
from tools.validation import problems


@pytest.fixture
def open_toolbox(tmp_path):
    """A toolbox with its registry on the test's database; what was open is closed, as at a restart."""
    opened = []

    def make(*documents):
        for database in opened:
            database.close()
        opened.append(Database(tmp_path / "hearth.db"))
        store = ToolStore(opened[-1])
        for document in documents:
            store.save("maker", document, 0)
        registry = stored_registry(store, "maker")
        return Toolbox(opened[-1], registry, "maker"), registry

    yield make
    for database in opened:
        database.close()


def test_a_tool_that_is_off_is_given_to_no_turn_and_stays_off(open_toolbox):
    toolbox, registry = open_toolbox()
    before = registry.snapshot(["clock", "calculator"])
    clock = registry.get("clock").spec.name
    toolbox.switch("clock", False)
    toolbox.switch("clock", False)
    assert registry.off == {"clock"}
    assert clock in before
    for snapshot in (registry.snapshot(["clock", "calculator"]), registry.snapshot()):
        assert clock not in snapshot
        assert registry.get("calculator").spec.name in snapshot
    assert "clock" in {tool.id for tool in registry.list()}
    again, registry = open_toolbox()
    assert clock not in registry.snapshot()
    again.switch("clock", True)
    assert registry.off == set()
    assert clock in registry.snapshot(["clock"])
    with pytest.raises(DocumentMissing):
        again.switch("no-such-tool", False)


def test_switches_that_are_turned_at_the_same_time_all_count(open_toolbox, monkeypatch):
    toolbox, registry = open_toolbox()
    turn_off, others = registry.turn_off, iter(["calculator"])
    threads = []

    def overtaken(off):
        for other in others:
            threads.append(threading.Thread(target=toolbox.switch, args=(other, False)))
            threads[-1].start()
            threads[-1].join(0.5)
        turn_off(off)

    monkeypatch.setattr(registry, "turn_off", overtaken)
    toolbox.switch("clock", False)
    threads[0].join()
    assert registry.off == {"clock", "calculator"} == set(toolbox._stored()[0].off)


def test_a_registered_tool_goes_and_comes_back(open_toolbox, make_document):
    toolbox, registry = open_toolbox(make_document())
    assert toolbox.document("pets") == make_document()
    toolbox.delete("pets")
    assert toolbox.document("pets") is None
    for gone in (lambda: registry.get("pets"), lambda: toolbox.delete("pets")):
        with pytest.raises(DocumentMissing):
            gone()
    toolbox, registry = open_toolbox()
    assert "pets" not in {tool.id for tool in registry.list()}
    toolbox.restore("pets")
    assert registry.get("pets").spec.description == "Finds a pet."
    assert [each.id for each in toolbox.documents()] == ["pets"]
    with pytest.raises(DocumentMissing):
        toolbox.restore("pets")


def test_a_tool_that_comes_with_hearth_is_not_deleted(open_toolbox):
    toolbox, registry = open_toolbox()
    with pytest.raises(ToolError, match="Switch it off") as refused:
        toolbox.delete("clock")
    assert "关掉" in refused.value.chinese
    assert registry.get("clock")


def test_a_tool_whose_name_was_taken_meanwhile_does_not_come_back(open_toolbox, make_document):
    toolbox, _ = open_toolbox(make_document())
    toolbox.delete("pets")
    other, _ = open_toolbox(make_document(id="others"))
    with pytest.raises(ToolError):
        other.restore("pets")
    assert [each.id for each in other.documents()] == ["others"]


def test_what_is_wrong_is_said_at_its_argument():
    schema = {
        "type": "object",
        "properties": {"days": {"type": "integer", "minimum": 1}, "unit": {"enum": ["km", "mile"]}, "deep": {"type": "object"}},
        "required": ["days", "unit"],
        "additionalProperties": False,
    }
    found = problems(schema, {"days": 0, "more": 1})
    assert set(found) == {"days", "unit", ""}
    assert found["days"] == ("days must be at least 1.", "days 不能小于 1。")
    assert found["unit"] == ("unit is missing.", "缺少 unit。")
    assert "more" in found[""][0]
    assert problems(schema, {"days": 2, "unit": "km"}) == {}
