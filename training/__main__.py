"""The command line of training: run a recipe and write what it tuned into a folder; average runs; compare the talk.

python -m training run RECIPE --data PATH [--more READER=PATH ...] [--base NAME] [--out DIR] [--home DIR] [--seed S]
python -m training average ADAPTER ADAPTER ... --out DIR [--rank N] [--home DIR]
python -m training compare ADAPTER [--home DIR]

Without --out a run begins in a new folder where the app's Train page lists it, HOME/training/RECIPE-YYYYMMDD-HHMMSS, and the
first line says which; with the --out of a run that was stopped or killed, it goes on. --more adds other conversations to the
recipe's: those that people liked in the app (feedback=FILE, from `python -m assistant feedback`), or public data (agentflan,
apibank, msagent, toolalpaca, toolbench, umi).
"""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from common.errors import HearthError
from training.averaging import average
from training.card import compare
from training.readers.named import READERS
from training.run import RECIPES, run
from training.train import Progress


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 done, 1 an expected failure, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    # Read when torch and transformers are imported; the last one has torch use huge pages, which large tensors touch faster.
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS", "THP_MEM_ALLOC_ENABLE"):
        os.environ.setdefault(name, "1")
    try:
        options.command(options)
    except HearthError as error:
        print(error, file=sys.stderr)
        print(error.chinese, file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    folder: Path | None = options.out
    if folder is None:
        folder = options.home / "training" / f"{options.recipe}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        print(json.dumps({"out": str(folder)}, ensure_ascii=False), flush=True)
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        place = run(
            options.recipe, options.data, options.base, folder, options.home, options.seed,
            more=options.more, told=_tell, stop=stop,
        )  # fmt: skip
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    print(json.dumps({"done": str(place)}), flush=True)


def _average(options: argparse.Namespace) -> None:
    print(json.dumps({"done": str(average(options.adapters, options.out, options.home, options.rank))}))


def _compare(options: argparse.Namespace) -> None:
    print(compare(options.adapter, options.home).to_markdown())


def _tell(progress: Progress) -> None:
    print(json.dumps(progress.to_dict()), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Tune a model by a recipe.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a recipe; a run that was killed goes on where it was")
    run.set_defaults(command=_run)
    run.add_argument("recipe", choices=sorted(RECIPES))
    run.add_argument("--data", type=Path, required=True, metavar="PATH", help="the folder of public data")
    run.add_argument(
        "--more", action="append", default=[], metavar="READER=PATH",
        help=f"further conversations, may be repeated; READER is one of {', '.join(READERS)}",
    )  # fmt: skip
    run.add_argument("--base", default="builtin", metavar="NAME", help="the model to tune")
    run.add_argument("--out", type=Path, metavar="DIR", help="the folder of the run (default: a new one in HOME/training)")
    run.add_argument("--seed", type=int, default=0, metavar="S")
    averaged = commands.add_parser("average", help="the mean of several runs as one adapter")
    averaged.set_defaults(command=_average)
    averaged.add_argument("adapters", type=Path, nargs="+", metavar="ADAPTER", help="the folders of the adapters, of one base")
    averaged.add_argument("--out", type=Path, required=True, metavar="DIR", help="the new folder of the mean")
    averaged.add_argument("--rank", type=int, default=40, metavar="N", help="the rank of the mean (default: 40)")
    compared = commands.add_parser("compare", help="the built-in model's talk without and with an adapter, as Markdown")
    compared.set_defaults(command=_compare)
    compared.add_argument("adapter", type=Path, metavar="ADAPTER", help="the folder of the adapter")
    for each in (run, averaged, compared):
        each.add_argument("--home", type=Path, default=Path("data"), metavar="DIR", help="the app's data folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
