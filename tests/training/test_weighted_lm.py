"""The comparison of Weighted LM: that its arms differ in what they should differ in, and in nothing else."""

from collections import Counter
from itertools import pairwise

import pytest

from assistant.models import builtin
from tests.assistant.models.tiny import make_tokenizer
from training.encoding import Encoder, encode_all
from training.recipes import weighted_lm
from training.run import RECIPES

COUNTS = {"sealtools": 7, "tools": 36, "talk": 36}
ARMS = ("wlm-plain", "wlm-weighted", "wlm-negatives")


@pytest.fixture
def arms(data):
    """The conversations of each arm."""
    return {name: RECIPES[name][1](data, 3, counts=COUNTS) for name in ARMS}


def test_plain_and_weighted_read_the_same_and_weigh_it_differently(arms):
    assert arms["wlm-plain"] == arms["wlm-weighted"]
    tokenizer = make_tokenizer()
    tokenizer.chat_template = builtin.chat_template()
    plain, weighted = (encode_all(Encoder(tokenizer, RECIPES[name][0].scheme), arms[name]) for name in ARMS[:2])
    assert [sample.ids for sample in plain] == [sample.ids for sample in weighted]
    pairs = Counter(pair for one, two in zip(plain, weighted, strict=True) for pair in zip(one.weights, two.weights, strict=True))
    assert pairs.keys() == {(0.0, 0.0), (1.0, 1.0), (1.0, 2.0)}
    learnt = pairs[1.0, 1.0] + pairs[1.0, 2.0]
    assert pairs[1.0, 1.0] > 0.25 * learnt, "words"
    assert pairs[1.0, 2.0] > 0.25 * learnt, "calls"


def test_the_arms_are_of_one_length():
    plain, weighted, negatives = (RECIPES[name][0].to_dict() for name in ARMS)
    assert {name for name in plain if plain[name] != weighted[name]} == {"name", "scheme"}
    assert {name for name in plain if weighted[name] != negatives[name]} == {"name"}
    assert plain["tokens"] == 120_000


def test_requests_calls_results_answers_and_talk_are_all_there(arms):
    roles = Counter()
    for one in arms["wlm-plain"]:
        for message in one.messages:
            roles[f"{message.role} calls {min(len(message.calls), 2)}" if message.role == "assistant" else message.role] += 1
    assert min(roles["assistant calls 0"], roles["assistant calls 1"], roles["assistant calls 2"], roles["tool"]) > 5


def test_only_negatives_has_refusals(arms):
    for one in arms["wlm-plain"]:
        said = [message for message in one.messages if message.role != "system"]
        if one.source == "generated/talk":
            assert not one.tools
        else:
            assert all(reply.calls for message, reply in pairwise(said) if message.role == "user")
    sources = Counter(one.source for one in arms["wlm-negatives"])
    added = {name: count for name, count in sources.items() if name.startswith("negative/")}
    assert len(added) == 3
    assert sum(added.values()) / sources.total() == pytest.approx(weighted_lm.NEGATIVES, abs=0.01)
    assert all(one in arms["wlm-negatives"] for one in arms["wlm-plain"])
