"""The registry: ids, names, snapshots that do not change, and the tools that ship."""

import threading
from types import MappingProxyType

import pytest
from jsonschema import Draft202012Validator

from common.errors import DocumentMissing, NameInvalid, ToolError
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.finding import ToolIndex
from tools.registry import ToolRegistry, default_registry


class Named(Tool):
    titles = MappingProxyType({"en": "Named", "zh": "有名"})

    def __init__(self, id, name=None, description="d"):
        self.id = id
        self.spec = ToolSpec(name or id, description, {"type": "object"})

    def call(self, arguments, context):
        return ToolOutput(self.spec.description)


def test_tools_are_found_by_id_and_listed_in_order():
    a, b = Named("a"), Named("b")
    registry = ToolRegistry([b, a])
    assert registry.get("a") is a
    assert list(registry.list()) == [b, a]


def test_an_unknown_id_is_named_in_both_languages():
    for ask in (lambda registry: registry.get("fly"), lambda registry: registry.snapshot(["fly"])):
        with pytest.raises(DocumentMissing) as caught:
            ask(ToolRegistry())
        assert "'fly'" in caught.value.english
        assert "'fly'" in caught.value.chinese


def test_a_snapshot_keeps_what_it_began_with():
    registry = ToolRegistry([Named("a", description="old")])
    before = registry.snapshot()
    registry.register(Named("a", description="new"))
    registry.register(Named("b"))
    assert [before["a"].spec.description, list(before)] == ["old", ["a"]]
    after = registry.snapshot()
    assert [after["a"].spec.description, list(after)] == ["new", ["a", "b"]]


def test_a_snapshot_is_by_the_name_the_model_sees_and_cannot_be_changed():
    snapshot = ToolRegistry([Named("a", "first_name"), Named("b")]).snapshot(["b", "a"])
    assert list(snapshot) == ["b", "first_name"]
    assert ("a" in snapshot, len(snapshot)) == (False, 2)
    with pytest.raises(TypeError):
        snapshot["c"] = Named("c")
    assert len(ToolRegistry([Named("a")]).snapshot([])) == 0


def test_a_snapshot_may_hold_all_others_behind_those_that_are_named():
    registry = ToolRegistry([Named("a"), Named("b"), Named("c"), Named("d")])
    registry.turn_off(["b"])
    assert list(registry.snapshot(["c"], others=True)) == ["c", "a", "d"]
    with pytest.raises(DocumentMissing):
        registry.snapshot(["fly"], others=True)


def test_tools_that_are_others_in_each_turn_are_found_without_another_index(monkeypatch):
    registry = ToolRegistry([Named("a", description="feeds cats"), Named("b", description="walks dogs")])
    made = []
    monkeypatch.setattr("tools.finding.ToolIndex", lambda *given: made.append(ToolIndex(*given)) or made[-1])
    for _ in range(3):
        fitted = Named("a", description="feeds cats")
        snapshot = registry.snapshot().changed(lambda tool, fitted=fitted: fitted if tool.id == "a" else tool)
        assert snapshot.find("who feeds cats", 1)[0][0] is fitted
        assert snapshot.only(lambda tool: tool.id == "b").find("who feeds cats", 1)[0][0].id == "b"
    assert len(made) == 2


def test_two_tools_cannot_share_a_name_and_a_renamed_one_frees_its_own():
    registry = ToolRegistry([Named("a", "ask")])
    with pytest.raises(ToolError, match="'ask'"):
        registry.register(Named("b", "ask"))
    registry.register(Named("a", "other"))
    registry.register(Named("b", "ask"))
    assert set(registry.snapshot()) == {"other", "ask"}


def test_a_bad_id_is_refused():
    with pytest.raises(NameInvalid):
        ToolRegistry([Named("Bad Id")])


def test_registries_know_nothing_of_each_other():
    one, other = default_registry(), default_registry()
    one.register(Named("mine"))
    assert "mine" not in {tool.id for tool in other.list()}


def test_threads_may_register_while_others_take_snapshots():
    registry = ToolRegistry([Named("start")])
    failures = []

    def work(first):
        try:
            for number in range(first, first + 200):
                registry.register(Named(f"t{number}"))
                assert f"t{number}" in registry.snapshot()
        except AssertionError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(registry.list()) == 601


@pytest.mark.parametrize("tool", default_registry().list(), ids=lambda tool: tool.id)
def test_every_tool_that_ships_has_titles_a_description_and_a_tight_schema(tool):
    assert tool.titles["en"].isascii()
    assert not tool.titles["zh"].isascii()
    assert tool.about["en"].isascii()
    assert not tool.about["zh"].isascii()
    assert 40 < len(tool.spec.description) < 500
    Draft202012Validator.check_schema(tool.spec.parameters)
    assert tool.spec.parameters["additionalProperties"] is False
    assert len(tool.spec.parameters["properties"]) <= 5
    assert tool.risk == "reads"
    assert ToolContext().now.tzinfo is not None


def test_the_tools_that_ship():
    assert [tool.id for tool in default_registry().list()] == [
        "clock",
        "calculator",
        "units",
        "dates",
        "text-statistics",
        "data-query",
        "chart",
        "random",
        "encoding",
        "qr-code",
        "python",
    ]
