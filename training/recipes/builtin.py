"""The adapter of the built-in model: calls of tools it has never seen, answers from passages, and no worse talk than before.

Of the data folder Seal-Tools is read ("sealtools"): its requests of the splits `dev` and `test_in_domain`, and its tools as far
as none of their fields has a tool of `test_out_domain`, on which the result is measured. The rest is made up by
`training.generate`.
"""

import random
from pathlib import Path

from training.conversation import Conversation
from training.generate.mixture import generate
from training.generate.passages import generate_passages
from training.generate.talk import REPLIES, generate_talk
from training.readers.sealtools import sealtools, unseen_tools
from training.recipe import Recipe

RECIPE = Recipe(name="builtin")

SPLITS = ("dev", "test_in_domain")
COUNTS = {"tools": 1700, "passages": 640, "talk": 190}
"""How many conversations of each kind are made up; Seal-Tools gives about 1,400 more, and the talk is had twice, once more with
other tools in view."""


def conversations(data: Path, seed: int = 0) -> list[Conversation]:
    """What the adapter is trained on, in no order. Raises `HearthError` where `data` has no Seal-Tools."""
    folder = data / "sealtools"
    tools = unseen_tools(folder)
    asked = sealtools(folder, SPLITS, seed=seed, distractors=(0, 3), negatives=0.1, stated_only=True)
    made = generate(COUNTS["tools"], seed, tools)
    quoted = generate_passages(COUNTS["passages"], seed)
    talked = [one for again in (0, 1) for one in generate_talk(None, COUNTS["talk"], seed + again, REPLIES, tools=tools)]
    everything = [*asked, *made, *quoted, *talked]
    random.Random(seed).shuffle(everything)
    return everything
