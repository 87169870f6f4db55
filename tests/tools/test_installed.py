"""Tools of installed packages: taken by their entry points, and left out where they cannot be."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint

from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.installed import GROUP, installed_tools
from tools.registry import default_registry
from tools.runner import run


class Dice(Tool):
    """A tool as somebody else would write it."""

    id = "dice"
    titles: Mapping[str, str] = {"en": "Dice", "zh": "骰子"}
    spec = ToolSpec(
        "roll_dice", "Rolls a die of so many sides.", {"type": "object", "properties": {"sides": {"type": "integer"}}}
    )

    def call(self, arguments, context):
        return ToolOutput(f"1 of {arguments.get('sides', 6)}")


class Clock(Dice):
    id = "clock"


class Broken:
    def __init__(self):
        raise RuntimeError("no")


def point(name):
    return EntryPoint(name, f"{__name__}:{name}", GROUP)


def test_a_tool_of_a_package_is_called_like_any_other():
    (dice,) = installed_tools([point("Dice")])
    registry = default_registry()
    registry.add([dice])
    assert run(registry.get("dice"), {"sides": 4}, ToolContext()).text == "1 of 4"


def test_what_cannot_be_used_is_left_out_and_told(caplog):
    found = installed_tools(
        [point("Broken"), point("missing"), point("ToolOutput"), EntryPoint("x", "no.such.module:y", GROUP), point("Dice")]
    )
    assert [tool.id for tool in found] == ["dice"]
    assert caplog.text.count("cannot be used") == 4


def test_nothing_takes_the_place_of_what_is_there(caplog):
    registry = default_registry()
    before = registry.get("clock")
    registry.add(installed_tools([point("Clock")]))
    assert registry.get("clock") is before
    assert "'clock'" in caplog.text


def test_there_may_be_none():
    assert all(isinstance(tool, Tool) for tool in installed_tools())
