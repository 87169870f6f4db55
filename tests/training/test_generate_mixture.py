"""The whole mixture: the same for the same seed, every call valid, nothing learnt but what the assistant says."""

from itertools import pairwise

import pytest

from tools.base import ToolSpec
from tools.validation import check
from training.conversation import Conversation
from training.generate.mixture import SHARES, generate

COUNT = 400


def _tools() -> list[ToolSpec]:
    made = []
    for thing in ("bird", "ship", "castle", "recipe", "glacier", "poem", "bridge", "violin"):
        properties = {
            f"{thing}_id": {"type": "string", "description": f"The ID of the {thing}"},
            "country": {"type": "string", "description": f"The country of the {thing} (e.g., Norway, Chile)"},
            "year": {"type": "integer", "description": "The year of interest"},
        }
        schema = {"type": "object", "properties": properties, "required": [f"{thing}_id"]}
        made.append(ToolSpec(f"get{thing.capitalize()}History", f"Retrieve the history of a {thing}", schema))
    return made


@pytest.fixture(scope="module")
def made() -> list[Conversation]:
    return generate(COUNT, 5, _tools())


def test_the_same_seed_gives_the_same_conversations(made: list[Conversation]) -> None:
    assert generate(40, 5, _tools()) == generate(40, 5, _tools())
    assert generate(40, 6, _tools()) != generate(40, 5, _tools())


def test_every_call_names_a_tool_in_view_and_matches_its_schema(made: list[Conversation]) -> None:
    for conversation in made:
        specs = {tool.name: tool for tool in conversation.tools}
        assert len(specs) == len(conversation.tools) <= 6
        for message in conversation.messages:
            for call in message.calls:
                assert check(call.name, specs[call.name].parameters, call.arguments) == dict(call.arguments)


def test_the_kinds_have_their_shares(made: list[Conversation]) -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    for kind, share in SHARES.items():
        found = sum(conversation.source == f"generated/{kind}" for conversation in made) / COUNT
        assert found == pytest.approx(share, abs=0.07)


def test_every_result_answers_a_call(made: list[Conversation]) -> None:
    for conversation in made:
        called = {call.id for message in conversation.messages for call in message.calls}
        answered = [message.result.call_id for message in conversation.messages if message.result]
        assert set(answered) <= called
        assert len(set(answered)) == len(answered)


def test_without_negatives_every_request_is_answered_with_a_call() -> None:
    for conversation in generate(150, 5, _tools(), negatives=False):
        assert conversation.source != "generated/refusals"
        said = [message for message in conversation.messages if message.role != "system"]
        for message, reply in pairwise(said):
            assert message.role != "user" or reply.calls
