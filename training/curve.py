"""The loss of a run as a picture."""

import json
import os
from pathlib import Path

_WINDOW = 20


def draw_curve(progress: Path, picture: Path) -> None:
    """Draw the nats a learnt token over the steps of `progress.jsonl`, and their mean over 20 steps, as PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    losses = [json.loads(line)["plain_loss"] for line in progress.read_text("utf-8").splitlines()]
    steps = range(1, len(losses) + 1)
    means = [sum(losses[max(0, at - _WINDOW) : at]) / len(losses[max(0, at - _WINDOW) : at]) for at in steps]
    figure, axes = pyplot.subplots(figsize=(7, 3.5), dpi=110)
    axes.plot(steps, losses, color="#c9c4bc", linewidth=0.8, label="step")
    axes.plot(steps, means, color="#b4552d", linewidth=1.6, label=f"mean of {_WINDOW}")
    axes.set(xlabel="step", ylabel="nats a learnt token")
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.tight_layout()
    # Whole or not at all: that there is a picture says that the run is whole.
    beside = picture.with_suffix(".unfinished")
    figure.savefig(beside, format="png")
    pyplot.close(figure)
    os.replace(beside, picture)
