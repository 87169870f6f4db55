"""Everything about knowledge that has a limit: how fast documents go in and are found, what that takes, and whether chats stall.

`python -m bench.knowledge [PART ...]` measures one part or several alone; without a name, what `make bench` measures. A folder
with text makes the documents real ones; one to keep things in saves the minutes of filling and embedding the next time.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import encoders, ingestion, searching, underload
from bench.report import Line, show

_QUICK = 10_000  # passages that `make bench` searches; filling a collection with 100,000 takes minutes

Part = Callable[[argparse.Namespace], list[Line]]

PARTS: dict[str, tuple[str, Part]] = {
    "ingestion": (
        "documents through the queue, against the bare encoder and the naive way",
        lambda given: ingestion.measure(
            given.text, given.turns or ingestion.TURNS, given.size or ingestion.DOCUMENTS, given.embedder
        ),
    ),
    "search": (
        "time and memory of searches among 100,000 passages",
        lambda given: searching.speed(given.text, given.cache, given.size or searching.PASSAGES),
    ),
    "reading": (
        "what it takes to read the first passages word by word",
        lambda given: searching.reading(given.text),
    ),
    "recall": (
        "what Chroma finds of 20,000 real vectors",
        lambda given: searching.recall(given.text, given.cache, given.size or searching.REAL),
    ),
    "load": (
        "the first word of an answer while documents are taken in",
        lambda given: underload.measure(given.text, given.turns or underload.ROUNDS, given.persona),
    ),
    "encoders": (
        "the other ways to run the encoder: speed, and nearness to float32",
        lambda given: encoders.measure(given.text, given.turns or encoders.TURNS),
    ),
}


def measure() -> list[Line]:
    """What fits into a run of all benches: ingestion, and a search of 10,000 passages."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    return [*ingestion.measure(), *searching.speed(passages=_QUICK)]


def main(arguments: Sequence[str]) -> int:
    """Returns 1 when a figure misses its limit."""
    parser = argparse.ArgumentParser(prog="python -m bench.knowledge", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="; ".join(f"{name}: {each}" for name, (each, _) in PARTS.items())
    )
    parser.add_argument("--text", type=Path, help="a folder with .md, .txt, .rst or .jsonl files (default: the shipped guide)")
    parser.add_argument("--cache", type=Path, help="a folder that keeps what takes long to make")
    parser.add_argument("--size", type=int, help="documents a turn, or passages; smaller while you work on it")
    parser.add_argument("--turns", type=int, help="how often both sides take their turn")
    parser.add_argument("--embedder", default="builtin", help="the app's, for ingestion (default builtin)")
    parser.add_argument("--persona", default="gg", help="who answers under load (default gg)")
    given = parser.parse_args(arguments)
    if unknown := set(given.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if not given.parts:
        return show(measure())
    return max([show(PARTS[part][1](given)) for part in given.parts])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
