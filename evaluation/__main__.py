"""The command line of evaluation: run a task on a data set and write its result as JSON.

python -m evaluation run TASK --data PATH [--model NAME] [--embedder NAME] [--limit N] [--seed S] --out FILE.json
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from common.errors import HearthError
from evaluation.task import Options, Task
from evaluation.tasks import retrieval

TASKS: dict[str, Task] = {"retrieval": retrieval.run}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 done, 1 an expected failure, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ.setdefault(name, "1")
    try:
        wanted = Options(options.data, options.model, options.embedder, options.limit, options.seed)
        result = TASKS[options.task](wanted).to_dict()
    except HearthError as error:
        print(error, file=sys.stderr)
        return 1
    options.out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description="Measure Hearth on a data set.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a task")
    run.add_argument("task", choices=sorted(TASKS))
    run.add_argument("--data", type=Path, required=True, metavar="PATH", help="the folder of the data set")
    run.add_argument("--model", default="builtin", metavar="NAME")
    run.add_argument("--embedder", default="builtin", metavar="NAME")
    run.add_argument("--limit", type=int, metavar="N", help="take N samples at random")
    run.add_argument("--seed", type=int, default=0, metavar="S")
    run.add_argument("--out", type=Path, required=True, metavar="FILE.json")
    return parser


if __name__ == "__main__":
    sys.exit(main())
