"""Ten thousand registered tools: opened soon, in little room, and an edit among them counts at once."""

import json
import time
import tracemalloc

import pytest
from sqlalchemy import insert

from common.database import Database
from common.documents import DOCUMENTS
from common.errors import DocumentMissing
from tests.timing import quickly
from tools.documents import ToolStore
from tools.registry import ToolRegistry, stored_registry
from tools.toolbox import Toolbox

MANY = 10_000


@pytest.fixture
def database(tmp_path, make_document):
    database = Database(tmp_path / "hearth.db")
    ToolStore(database)
    schemas = {name: {"type": "string", "description": f"What {name} is to be, in a few words."} for name in "abcde"}
    call = {"url": "https://api.example/pets", "arguments": {name: {"place": "query"} for name in schemas}}
    body = make_document(schemas, call, id="tool-id", name="tool_name").model_dump_json()
    rows = []
    for n in range(MANY):
        own = body.replace("tool-id", f"tool-{n}").replace("tool_name", f"tool_{n}")
        rows.append({"kind": "tool", "owner": "maker", "id": f"tool-{n}", "revision": 1, "body": own, "time": n})
    with database.write() as connection:
        connection.execute(insert(DOCUMENTS), rows)
    yield database
    database.close()


def test_ten_thousand_tools(database):
    store = ToolStore(database)
    registry = quickly(lambda: stored_registry(store, "maker"), 5)
    assert len(registry.list()) > MANY
    toolbox = Toolbox(database, registry, "maker")
    fields = json.loads(toolbox.get("tool-77").document.model_dump_json())

    def edit():
        revision = toolbox.get("tool-77").revision
        toolbox.save(fields | {"name": f"edited_{time.monotonic_ns()}"}, revision)
        return registry.snapshot()

    snapshot = quickly(edit, 0.25)
    assert toolbox.get("tool-77").document.name in snapshot
    assert quickly(lambda: toolbox.document("tool-5"), 0.1).name == "tool_5"


def test_the_room_that_many_tools_take(database):
    store = ToolStore(database)
    with database.write() as connection:
        connection.execute(DOCUMENTS.delete().where(DOCUMENTS.c.time >= MANY / 20))
    tracemalloc.start()
    registry = stored_registry(store, "maker")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(registry.list()) > MANY / 20
    assert peak * 20 < 150e6


def test_as_many_tools_as_there_are_can_be_off(tmp_path):
    database = Database(tmp_path / "hearth.db")
    ids = [f"{n}-{'x' * 58}" for n in range(MANY)]
    toolbox = Toolbox(database, ToolRegistry(), "maker")
    change = toolbox.switches.turn_all(ids, False)
    toolbox.switches.turn_all(ids[:2], True)
    again = ToolRegistry()
    toolbox = Toolbox(database, again, "maker")
    assert again.off == {*ids[2:]}
    toolbox.switches.turn_back(change)
    assert again.off == set()
    for _ in range(5):
        toolbox.switches.turn_all(ids[:1], False)
    with pytest.raises(DocumentMissing, match="Too many switches were changed since"):
        toolbox.switches.turn_back(change)
    database.close()
