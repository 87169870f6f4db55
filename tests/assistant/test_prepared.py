"""What a small model is not to retell: several values that a tool gave are shown as they are."""

import json
from dataclasses import replace

from assistant.agent import Agent, Limits
from assistant.models.scripted import ScriptedModel
from tests.assistant.turns import CAPABLE, WEAK, call, hit, persona, turn
from tools.base import Tool
from tools.registry import ToolRegistry

SMALL = replace(WEAK, tools=True, grounding=True, excerpt_tokens=12)
RENEWED = {"code": "200", "data": {"id": "i-1", "until": "2027-02-23", "paid": True}, "warnings": []}


def asked(script, gives, *, info=SMALL, hits=(), limits=None, **changes):
    """An agent whose tool `renew` gives these texts, one after the other."""
    answers = iter(gives)

    def renew(instance: str) -> str:
        """Renew an instance."""
        return next(answers)

    snapshot = ToolRegistry([Tool.from_function(renew, risk="reads")]).snapshot()
    model = ScriptedModel(script, info)
    return Agent(persona(**changes), model, snapshot, lambda query, limit: list(hits)[:limit], limits=limits or Limits())


def answer(agent, message="renew i-1"):
    return turn(agent, message)[-1].new_messages[-1].text


def test_several_values_are_shown_as_they_came():
    script = [[call("renew", instance="i-1")], "That is done; its number is 200."]
    assert answer(asked(script, [json.dumps(RENEWED)])) == (
        "Renew (instance: i-1) answered:\n\n"
        "- code: 200\n- data:\n    - id: i-1\n    - until: 2027-02-23\n    - paid: true\n- warnings: []"
    )


def test_in_chinese_too():
    info = replace(SMALL, languages=frozenset({"en", "zh"}))
    script = [[call("renew", instance="i-1")], "好了。"]
    assert answer(asked(script, ['["甲", "乙"]'], info=info), "续费 i-1") == "Renew (instance: i-1)的回答：\n\n- 1: 甲\n- 2: 乙"


def test_one_value_or_words_are_retold():
    for gave in ("renewed until May", '{"state": "renewed"}', "409.5", "[]", '{"cut": "off', "{}"):
        assert answer(asked([[call("renew", instance="i-1")], "It is renewed."], [gave])) == "It is renewed."


def test_a_model_that_reads_well_retells_everything():
    script = [[call("renew", instance="i-1")], "Renewed until February."]
    assert answer(asked(script, [json.dumps(RENEWED)], info=CAPABLE)) == "Renewed until February."


def test_the_model_may_go_on_calling():
    script = [[call("renew", instance="i-1")], [call("renew", instance="i-2")], "Both are renewed."]
    assert answer(asked(script, ['{"a": 1, "b": 2}', "done"])) == "Both are renewed."


def test_with_passages_beside_them_the_values_are_still_the_answer():
    script = [[call("renew", instance="i-1")], "Leave is 12 days [1]."]
    shown = answer(asked(script, ['{"a": 1, "b": 2}'], hits=[hit()], answers_only_from_documents=True))
    assert shown == "Renew (instance: i-1) answered:\n\n- a: 1\n- b: 2"


def test_the_last_step_is_not_spent_on_words():
    agent = asked([[call("renew", instance="i-1")]], ['{"a": 1, "b": 2}'], limits=Limits(steps=1))
    assert answer(agent).endswith("- a: 1\n- b: 2")


def test_much_is_cut():
    many, more = json.dumps(["x" * 30] * 60), json.dumps(["x" * 500] * 100)
    shown = answer(asked([[call("renew", instance="i-1")], "Many."], [many]))
    assert shown.endswith("- … and more")
    assert len(shown) < 6000
    shown = answer(asked([[call("renew", instance="i-1")], "Many."], [more]))
    assert shown.startswith('Renew (instance: i-1) answered:\n\n- ["xxx')
    assert len(shown) < 600
