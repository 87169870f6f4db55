"""What Weighted LM does, which its paper does not measure: the same conversations, as many tokens, three ways of tuning.

The conversations are as the paper's in little: requests that are answered with calls, calls whose results come and are told in
words, and ordinary talk, so that there is something for a call to weigh more than. Nothing in them is refused. "plain" learns
every token of a reply alike, "weighted" counts calls twice, and "negatives" counts calls twice and gives a part of the
conversations to Agent-FLAN's negative samples.
"""

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from training.conversation import Conversation
from training.generate.mixture import generate
from training.generate.talk import REPLIES, generate_talk
from training.negatives import with_negatives
from training.readers.sealtools import sealtools, unseen_tools
from training.recipe import Recipe
from training.recipes.builtin import SPLITS

_TOKENS = 120_000
NEGATIVES = 0.15

PLAIN = Recipe(name="wlm-plain", scheme="plain", tokens=_TOKENS)
WEIGHTED = replace(PLAIN, name="wlm-weighted", scheme="weighted")
WITH_NEGATIVES = replace(WEIGHTED, name="wlm-negatives")

COUNTS: Mapping[str, int] = {"sealtools": 120, "tools": 240, "talk": 240}
"""How many conversations of each kind there are: requests of Seal-Tools, requests that are made up, and talk."""


def conversations(data: Path, seed: int = 0, *, negatives: float = 0.0, counts: Mapping[str, int] = COUNTS) -> list[Conversation]:
    """What is trained on, in no order; the share `negatives` of it is negative samples.

    Raises `HearthError` where `data` has no Seal-Tools.
    """
    folder = data / "sealtools"
    asked = sealtools(folder, SPLITS, seed=seed, distractors=(0, 3), negatives=0.0)[: counts["sealtools"]]
    made = generate(counts["tools"], seed, unseen_tools(folder), negatives=False)
    talked = generate_talk(None, counts["talk"], seed, REPLIES)
    everything = [*asked, *made, *talked]
    random.Random(seed).shuffle(everything)
    return with_negatives(everything, negatives, seed) if negatives else everything
