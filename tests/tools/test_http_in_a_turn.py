"""Registered tools in a turn: one that reads is called, one that writes waits for a person; and a studio with stored ones."""

import json
import shutil

import pytest

from assistant.access import MAKER, Identity
from assistant.agent import Agent
from assistant.consent import Decision
from assistant.events import ToolFinished
from assistant.messages import Message, ToolCall
from assistant.models.base import CallChunk
from assistant.models.scripted import ScriptedModel
from common.database import Database, DataFolder
from common.egress import Egress
from common.errors import PersonaError
from personas.schema import Persona
from tools.documents import ToolStore
from tools.http import HttpTool
from tools.registry import ToolRegistry, default_registry, stored_registry

PERSONA = Persona.model_validate({"id": "p", "title": {"en": "P", "zh": "甲"}, "tools": ["renew", "look"]})
RENEW = {"instance": {"type": "string"}, "months": {"type": "integer"}}


@pytest.fixture
def registry(service, make_document):
    """`renewInstance` writes and `look` reads, both at the service."""
    fields = {name: {"place": "field"} for name in RENEW}
    post = {"method": "POST", "url": f"{service.url}/renew", "arguments": fields}
    renew = make_document(RENEW, post, id="renew", name="renewInstance", risk="writes")
    look = make_document({"id": {"type": "string"}}, {"url": f"{service.url}/instances/{{id}}"}, id="look", name="look")
    return ToolRegistry([HttpTool(document, Egress(), service.granted) for document in (renew, look)])


@pytest.fixture
def answering(registry):
    def make(*script):
        return Agent(PERSONA, ScriptedModel(script), registry.snapshot(), lambda query, limit: [])

    return make


def call(name, **arguments):
    return [CallChunk(ToolCall("c1", name, arguments))]


def test_a_tool_that_reads_is_called_at_once(service, answering):
    service.answers["/instances/i-1"] = (200, "application/json", b'{"months": 3}')
    events = list(answering(call("look", id="i-1"), "Three months are left.").run("Look up i-1"))
    assert events[-1].reason == "answered"
    [finished] = [event for event in events if isinstance(event, ToolFinished)]
    assert (finished.result.text, finished.result.failed) == ('{"months": 3}', False)


def test_a_tool_that_writes_waits_for_a_person_and_is_called_once(service, answering):
    asked = list(answering(call("renewInstance", instance="i-1", months=3)).run("Renew i-1 for 3 months"))
    assert asked[-1].reason == "approval"
    assert service.requests == []
    history = [*asked[-1].new_messages]
    done = list(answering("Renewed.").run("", [_user("Renew i-1 for 3 months"), *history], decisions={"c1": Decision(True)}))
    assert done[-1].reason == "answered"
    [(method, path, _, body)] = service.requests
    assert (method, path, json.loads(body)) == ("POST", "/renew", {"instance": "i-1", "months": 3})


def test_a_refused_call_is_not_made(service, answering):
    asked = list(answering(call("renewInstance", instance="i-1", months=3)).run("Renew i-1"))
    done = list(
        answering("As you wish.").run("", [_user("Renew i-1"), *asked[-1].new_messages], decisions={"c1": Decision(False)})
    )
    assert done[-1].reason == "answered"
    assert [event.result.failed for event in done if isinstance(event, ToolFinished)] == [True]
    assert service.requests == []


def test_a_failure_is_something_the_model_reads(service, answering):
    service.answers["/instances/i-9"] = (404, "application/json", b'{"error": "no such instance"}')
    agent = answering(call("look", id="i-9"), "There is none.")
    assert list(agent.run("Look up i-9"))[-1].reason == "answered"
    assert "no such instance" in agent.model.requests[1].messages[-1].text


def _user(text):
    return Message("user", text)


def test_a_registry_of_stored_tools(store, make_document, caplog):
    for document in (
        make_document(),
        make_document(id="calculator"),
        make_document(id="other", name="clock"),
        make_document(id="twin"),
    ):
        store.save("maker", document, 0)
    registry = stored_registry(store, "maker")
    shipped = [tool.id for tool in default_registry().list()]
    assert [tool.id for tool in registry.list()] == [*shipped, "pets"]
    assert registry.get("calculator").spec.name == "calculator"
    assert {record.args[0] for record in caplog.records} == {"calculator", "other", "twin"}
    assert [tool.id for tool in stored_registry(store, "visitor").list()] == shipped


def test_a_studio_has_the_makers_tools_and_personas_may_name_them(make_studio, tmp_path, begun, make_document):
    data = tmp_path / "data"
    shutil.copytree(begun, data)
    folder = DataFolder(data)
    database = Database(folder.path / "hearth.db")
    ToolStore(database).save("maker", make_document(), 0)
    ToolStore(database).save("visitor-1", make_document(id="theirs", name="theirs"), 0)
    database.close()
    folder.close()
    studio = make_studio(data=data)
    studio.personas.save("maker", PERSONA.model_copy(update={"tools": ("pets",)}), 0)
    assert list(studio.agent("p").tools) == ["pets"]
    studio.personas.save("maker", PERSONA.model_copy(update={"tools": ("theirs",)}), 1)
    with pytest.raises(PersonaError, match="theirs"):
        studio.agent("p", MAKER)
    with pytest.raises(PersonaError):
        studio.agent("p", Identity("visitor-1", maker=False))
