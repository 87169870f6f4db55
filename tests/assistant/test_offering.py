"""The few tools that a model is shown in a turn: those that fit, and before them those that are always offered."""

from dataclasses import replace

import pytest

from assistant.access import MAKER
from assistant.agent import Agent, Limits
from assistant.events import ToolsFound
from assistant.models.scripted import ScriptedModel
from common.egress import Egress
from tests.assistant.turns import CAPABLE, call, persona, turn
from tools.builtin.clock import Clock
from tools.builtin.network.hubs import ModelSearch
from tools.finding import ToolFinder
from tools.registry import default_registry

SMALL = replace(CAPABLE, grounding=False)
MESSAGES = ["What time is it in Tokyo?", "今天星期几？", "Tell me a joke.", "calculate 3 + 4, then a random number"]


@pytest.fixture
def registry():
    return default_registry([ModelSearch(Egress())])


def offered(registry, message, info=CAPABLE, ids=None):
    model = ScriptedModel(["Hello."], info)
    agent = Agent(persona(collections=[], tools=[]), model, registry.snapshot(ids), lambda query, limit: [])
    (found,) = (event for event in turn(agent, message) if isinstance(event, ToolsFound))
    assert [name for name, _ in found.tools] == [spec.name for spec in model.requests[0].tools]
    return found


@pytest.mark.parametrize("info", [CAPABLE, SMALL], ids=["capable", "small"])
@pytest.mark.parametrize("message", MESSAGES)
def test_where_none_is_always_offered_those_that_fit_are_as_they_were(registry, message, info):
    fit = [tool for tool in registry.snapshot().values() if info is CAPABLE or tool.for_small_models]
    best = [(tool.spec.name, score) for tool, score in ToolFinder().index(fit).search(message, 10)]
    assert offered(registry, message, info) == ToolsFound(tuple(best[:5]), tuple(best[5:]))


@pytest.mark.parametrize("info", [CAPABLE, SMALL], ids=["capable", "small"])
@pytest.mark.parametrize("message", MESSAGES)
def test_those_always_offered_take_their_places_among_the_few(registry, message, info):
    before = offered(registry, message, info)
    registry.offer_always(["qr-code", "encoding"])
    found = offered(registry, message, info)
    names = {registry.get(id).spec.name for id in ("qr-code", "encoding")}
    assert len(found.tools) == 5
    assert {*found.always} == names == {name for name, _ in found.tools[:2]}
    others = [name for name, _ in before.tools if name not in names]
    assert [name for name, _ in found.tools[2:]] == others[:3], "the places that are left go to those that fit best"


def test_a_persona_without_it_does_not_get_it(registry):
    registry.offer_always(["qr-code"])
    found = offered(registry, "a QR code of my address", ids=["clock", "dates"])
    assert ({name for name, _ in found.tools}, found.always) == ({"clock", "dates"}, ())


def test_a_small_model_is_not_given_one_that_is_not_for_it(registry):
    registry.offer_always(["model-search"])
    name = registry.get("model-search").spec.name
    assert name in dict(offered(registry, "Tell me a joke.").tools)
    assert name not in dict(offered(registry, "Tell me a joke.", SMALL).tools)


def test_it_counts_from_the_next_turn(registry):
    def switched(messages, tools):
        registry.offer_always(["qr-code"])
        return [call(Clock.spec.name)]

    model = ScriptedModel([switched, "It is nine."], CAPABLE)
    asked = Agent(persona(), model, registry.snapshot(), lambda query, limit: [], limits=Limits(offered_tools=2))
    turn(asked, "What time is it?")
    first, second = model.requests
    assert first.tools == second.tools
    assert registry.get("qr-code").spec not in second.tools
    model = ScriptedModel(["Nine."], CAPABLE)
    turn(replace(asked, model=model, tools=registry.snapshot()), "What time is it?")
    assert registry.get("qr-code").spec in model.requests[0].tools


def test_a_studio_offers_it_in_the_turns_of_its_personas(make_studio):
    studio = make_studio()
    studio.toolbox.switches.offer_always("dates", True)
    wanted = next(each for each in studio.personas_for(MAKER) if "dates" in each.tools)
    agent = studio.agent(wanted.id)
    assert agent.tools.always == {studio.tools.get("dates").spec.name}
    assert [tool.id for tool, _ in agent.tools.find("What time is it?", 1)] == ["dates"]
