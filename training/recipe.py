"""What a run is made of: the recipe, as it is written into the run's folder, so that the run can be repeated."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to tune.

    A step is one row of at most `row_tokens` tokens, samples packed behind one another; the learning rate rises over the first
    `warmup` of the steps and falls as a cosine to a tenth. `rank`, `alpha` and `dropout` are LoRA's (Hu et al. 2021), over all
    linear layers; full tuning has none of them. The result is the mean of the weights after each step of the last `averaged` of
    them (Polyak and Juditsky 1992): a step sees few samples, and their noise goes with the mean.
    """

    name: str
    method: Literal["lora", "full"] = "lora"
    scheme: str = "weighted"  # see training.weighting.SCHEMES
    learning_rate: float = 1e-3
    warmup: float = 0.05
    epochs: float = 1.0
    tokens: int = 0  # the run ends where so many tokens were read; 0 for no bound
    row_tokens: int = 2048
    longest: int = 1024  # tokens of one sample
    rank: int = 32
    alpha: int = 64
    dropout: float = 0.0
    weight_decay: float = 0.0
    clip: float = 1.0
    averaged: float = 0.25
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
