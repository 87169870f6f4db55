"""Tools made, changed, taken away and brought back by many at once, on a full disk and by a process that is killed.

Whatever happens, the registry and the database hold the same tools at the end, and what was acknowledged is there.
"""

import contextlib
import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from common.database import Database, opened
from common.errors import DocumentInvalid, HearthError, StorageFailed, ToolError
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.bundle import write_bundle
from tools.documents import ToolStore
from tools.importing import read_tools
from tools.registry import stored_registry
from tools.toolbox import Toolbox

OWNER = "maker"


class _Filling(Database):
    """A database whose disk is full after so many more writes."""

    room = 1_000_000

    @contextlib.contextmanager
    def write(self):
        if self.room <= 0:
            raise StorageFailed("The disk is full.", "磁盘已满。")
        self.room -= 1
        with super().write() as connection:
            yield connection


@pytest.fixture
def database(tmp_path):
    database = _Filling(tmp_path / "hearth.db")
    yield database
    database.close()


@pytest.fixture
def toolbox(database):
    registry = stored_registry(ToolStore(database), OWNER)
    return Toolbox(database, registry, OWNER)


def held(registry):
    """What a registry says of each registered tool."""
    return {tool.id: (tool.spec.name, tool.origin, tool._granted) for tool in registry.list() if tool.kind in ("http", "openapi")}


def agree(toolbox, database):
    """The registry is what a restart would make of the database."""
    again = stored_registry(ToolStore(database), OWNER)
    assert held(toolbox._registry) == held(again)
    restarted = Toolbox(database, again, OWNER)
    assert restarted._registry.off == toolbox._registry.off


class _Named(Tool):
    """A tool of another room, such as an MCP server's, that takes a name."""

    def __init__(self, id, name):
        self.id = id
        self.spec = ToolSpec(name, "Takes a name.", {"type": "object", "properties": {}})

    def call(self, arguments, context: ToolContext):
        return ToolOutput("")


def test_many_hands_leave_registry_and_database_alike(toolbox, database, make_document):
    ids = [f"pets-{n}" for n in range(6)]
    for id in ids:
        toolbox.save(make_document(id=id, name=id.replace("-", "_")).model_dump(mode="json"), 0)
    exported = read_tools(toolbox.export())
    unexpected = []

    def hand(seed):
        chance = random.Random(seed)
        for _ in range(20):
            id = chance.choice(ids)
            try:
                match chance.randrange(9):
                    case 0 | 1:
                        stored = toolbox.get(id)
                        fields = stored.document.model_dump(mode="json") | {"name": chance.choice(["cat", "dog", "cow", "hen"])}
                        toolbox.save(fields, stored.revision, amends=chance.random() < 0.5)
                    case 2:
                        toolbox.delete(id)
                    case 3:
                        toolbox.restore(id)
                    case 4:
                        toolbox.switches.turn(id, chance.random() < 0.5)
                    case 5:
                        toolbox.take(exported, {id})
                    case 6:
                        toolbox.grant(id, "api.example:443")
                    case 7:
                        toolbox.delete(toolbox.duplicate(id).document.id)
                    case 8:
                        toolbox._registry.snapshot().find("find a pet", 3)
                        toolbox.export()
            except HearthError:
                pass  # somebody was first
            except BaseException as error:  # noqa: BLE001 told by the test, below
                unexpected.append(error)
                return

    def neighbour():
        """Takes names as an MCP server does, when it is connected."""
        for turn in range(200):
            with toolbox._registry.editing, contextlib.suppress(ToolError):
                toolbox._registry.register(_Named("mcp-tool", ["cat", "dog", "cow", "hen"][turn % 4]))
            toolbox._registry.unregister("mcp-tool")

    hands = [threading.Thread(target=hand, args=(seed,)) for seed in range(4)] + [threading.Thread(target=neighbour)]
    for each in hands:
        each.start()
    for each in hands:
        each.join(60)
    assert not unexpected
    assert not any(each.is_alive() for each in hands)
    agree(toolbox, database)


def test_a_name_that_is_free_is_still_free_when_the_tool_is_stored(toolbox, database, make_document):
    """An MCP server that is connected meanwhile waits; else a tool would be stored that no registry takes."""
    begun, tried = threading.Event(), threading.Event()

    class Slow(ToolStore):
        def save(self, *given, **more):
            begun.set()
            tried.wait(0.3)
            return super().save(*given, **more)

    def connect():
        begun.wait(5)
        with toolbox._registry.editing, contextlib.suppress(ToolError):
            toolbox._registry.register(_Named("mcp-tool", "pets"))
        tried.set()

    toolbox._store = Slow(database)
    other = threading.Thread(target=connect)
    other.start()
    toolbox.save(make_document().model_dump(mode="json"), 0)
    other.join(5)
    assert "mcp-tool" not in {tool.id for tool in toolbox._registry.list()}
    agree(toolbox, database)


@pytest.mark.parametrize("room", [0, 1, 2])
@pytest.mark.parametrize("act", ["save", "delete", "restore", "take", "switch", "go_back"])
def test_a_disk_that_fills_up_leaves_both_alike(toolbox, database, make_document, act, room):
    document = make_document()
    first = toolbox.save(document.model_dump(mode="json"), 0)
    second = toolbox.save(document.model_dump(mode="json") | {"risk": "writes"}, first.revision)
    toolbox.grant("pets", "api.example:443")
    found = read_tools(write_bundle([make_document(id=f"new-{n}", name=f"new_{n}") for n in range(3)]))
    if act == "restore":
        toolbox.delete("pets")
    database.room = room
    with contextlib.suppress(StorageFailed):
        match act:
            case "save":
                toolbox.save(document.model_dump(mode="json"), second.revision)
            case "delete":
                toolbox.delete("pets")
            case "restore":
                toolbox.restore("pets")
            case "take":
                toolbox.take(found)
            case "switch":
                toolbox.switches.turn("pets", False)
            case "go_back":
                toolbox.go_back("pets", first.revision, second.revision)
    database.room = 1_000_000
    ids, kept = set(held(toolbox._registry)), ToolStore(database).ids(OWNER)
    assert ids == set(kept)
    again = held(stored_registry(ToolStore(database), OWNER))
    assert {id: told[:2] for id, told in held(toolbox._registry).items()} == {id: told[:2] for id, told in again.items()}


def test_a_grant_that_cannot_be_read_keeps_no_edit_from_counting(toolbox, database, make_document):
    stored = toolbox.save(make_document().model_dump(mode="json"), 0)
    toolbox.grant("pets", "api.example:443")
    with sqlite3.connect(database.path) as connection:
        connection.execute("UPDATE documents SET body = '{' WHERE kind = 'tool-grants'")
    toolbox.save(stored.document.model_dump(mode="json") | {"name": "animals"}, stored.revision)
    assert toolbox._registry.get("pets").spec.name == "animals"
    agree(toolbox, database)


def test_thousands_may_be_off(toolbox):
    ids = [f"{'a-long-name-of-a-tool-of-some-service'}-{n}" for n in range(1500)]
    for id in ids:
        toolbox._registry.register(_Named(id, id.replace("-", "_")))
    toolbox.switches.turn_all(ids[:-1], False)
    toolbox.switches.turn(ids[-1], False)
    assert toolbox._registry.off == set(ids)


def test_too_many_that_are_off_is_a_sentence(toolbox):
    ids = [f"t-{n}" for n in range(20_000)]
    toolbox.switches.turn_all(ids, False)
    with pytest.raises(DocumentInvalid):
        toolbox.switches.turn("clock", False)


def test_a_locked_database_is_a_sentence(toolbox, database, make_document):
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")  # of the one connection that the pool has ready
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StorageFailed, match="locked"):
            toolbox.save(make_document().model_dump(mode="json"), 0)
    finally:
        other.execute("ROLLBACK")
        other.close()
    agree(toolbox, database)


# A process of its own: it says what it was told is kept, and is killed while it goes on.
BUSY = """
import json, sys
from pathlib import Path
from common.database import opened
from tools.documents import ToolStore
from tools.registry import stored_registry
from tools.toolbox import Toolbox

with opened(Path(sys.argv[1])) as database:
    toolbox = Toolbox(database, stored_registry(ToolStore(database), "maker"), "maker")
    def told(*words):
        print(json.dumps(words), flush=True)
    number = 0
    while True:
        number += 1
        id = f"pets-{number % 7}"
        fields = json.loads(sys.argv[2]) | {"id": id, "name": id.replace("-", "_"), "description": {"en": f"Edit {number}."}}
        held = toolbox.document(id)
        stored = toolbox.save(fields, toolbox.get(id).revision if held else 0)
        told("saved", id, number)
        if number % 5 == 0:
            toolbox.delete(id)
            told("deleted", id, number)
            if number % 2:
                toolbox.restore(id)
                told("saved", id, number)
        if number % 3 == 0:
            toolbox.switches.turn("clock", number % 2 == 0)
"""


@pytest.mark.parametrize("lines", [3, 40])
def test_what_was_acknowledged_survives_a_kill(tmp_path, make_document, lines):
    command = [sys.executable, "-c", BUSY, str(tmp_path), json.dumps(make_document().model_dump(mode="json"))]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        said = [json.loads(process.stdout.readline()) for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += [json.loads(line) for line in process.stdout if line.endswith("\n")]
    state = {id: (act, number) for act, id, number in said}
    last = said[-1][2]
    with opened(tmp_path) as database:
        registry = stored_registry(ToolStore(database), OWNER)
        toolbox = Toolbox(database, registry, OWNER)
        assert set(held(registry)) == set(ToolStore(database).ids(OWNER))
        for id, (act, number) in state.items():
            if id in (said[-1][1], f"pets-{(last + 1) % 7}"):
                continue  # the one that was under way: whole as it was or whole as it became
            document = toolbox.document(id)
            assert (document is not None) == (act == "saved")
            if document:
                assert document.description.en == f"Edit {number}."
        for document in toolbox.documents():
            assert document.description.en.startswith("Edit ")
