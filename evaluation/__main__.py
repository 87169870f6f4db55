"""The command line of evaluation: run a task on a data set and write its result as JSON, or make a page of results.

    python -m evaluation run TASK --data PATH [--model NAME] [--embedder NAME] [--limit N] [--seed S] [--home DIR]
        [--split NAMES] [--kind KIND] [--reranker NAME] [--together N] [--max-tokens N] --out FILE.json
    python -m evaluation report RESULTS_DIR --out FILE.md

The result goes to FILE.json and to standard output; the replies, a JSON object a line, to FILE.replies.jsonl. While it runs,
standard error gets a JSON object a line: {"done", "total", "seconds_left", "metrics"}; lines there that are no JSON are the
sentence of a failure, in English and in Chinese. Replies wait in FILE.json.partial until all are there, and a run that was broken
off goes on from them when it is started again with the same settings.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.models.base import ChatModel
from assistant.models.threads import share_processor
from common.errors import HearthError
from evaluation import runner
from evaluation.kept import write_text
from evaluation.report import write_report
from evaluation.task import Options, Result, Task, commit
from evaluation.tasks import apibank, bfcl, hallucination, msagent, passages, retrieval, sealtools, umi_static

Load = Callable[[str, Path, str | None], ChatModel]
"""Loads a model: its name, the app's data folder, the key of its server."""

# A task is a line here and a file in tasks/.
TASKS: dict[str, Task] = {
    "apibank": apibank.prepare,
    "bfcl": bfcl.prepare,
    "hallucination": hallucination.prepare,
    "msagent": msagent.prepare,
    "passages": passages.prepare,
    "retrieval": retrieval.run,
    "umi-static": umi_static.prepare,
    "sealtools": sealtools.prepare,
}


def main(arguments: Sequence[str] | None = None, *, load: Load = runner.load_model) -> int:
    """Exit status 0 done, 1 an expected failure, 2 wrong usage; `load` replaces how a model is loaded by its name."""
    given = _parser().parse_args(arguments)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ.setdefault(name, "1")
    share_processor()
    try:
        status: int = given.command(given, load)
    except HearthError as error:
        print(error, file=sys.stderr)
        print(error.chinese, file=sys.stderr)
        return 1
    return status


def _run(given: argparse.Namespace, load: Load) -> int:
    options = Options(
        data=given.data,
        model=given.model,
        embedder=given.embedder,
        limit=given.limit,
        seed=given.seed,
        home=given.home,
        split=given.split,
        kind=given.kind,
        together=given.together,
        max_tokens=given.max_tokens,
        reranker=given.reranker,
    )
    began_at = commit()  # a run may take hours, and the tree may go on meanwhile
    made = TASKS[given.task](options)
    if not isinstance(made, Result):
        key = os.environ.get("HEARTH_MODEL_KEY") or None
        made = runner.examine(made, options, given.out, lambda: load(options.model, options.home, key), _say, began_at)
    result = made.to_dict(began_at)
    write_text(given.out, json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    print(json.dumps(result, ensure_ascii=False))
    return 0


def _report(given: argparse.Namespace, _: Load) -> int:
    count = write_report(given.results, given.out)
    print(f"{count} results written to {given.out}")
    return 0


def _say(progress: Mapping[str, Any]) -> None:
    print(json.dumps(progress, ensure_ascii=False), file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description="Measure Hearth on a data set.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a task")
    run.set_defaults(command=_run)
    run.add_argument("task", choices=sorted(TASKS))
    run.add_argument("--data", type=Path, required=True, metavar="PATH", help="the folder of the data set")
    run.add_argument("--model", default="builtin", metavar="NAME")
    run.add_argument("--embedder", default="builtin", metavar="NAME")
    run.add_argument("--reranker", default="", metavar="NAME", help="path:DIR or hf:ORG/NAME of the local cache (default: none)")
    run.add_argument("--limit", type=_count, metavar="N", help="take N samples at random, of each group where there are groups")
    run.add_argument("--seed", type=int, default=0, metavar="S")
    run.add_argument("--home", type=Path, default=Path("data"), metavar="DIR", help="the app's data folder")
    run.add_argument("--split", default="", metavar="NAMES", help="the parts of the data set, with commas between them")
    run.add_argument("--kind", default="", metavar="KIND", help="the variant of the task, where it has several")
    run.add_argument("--together", type=_count, default=8, metavar="N", help="ask so many at one time (default 8)")
    run.add_argument("--max-tokens", type=_count, default=512, metavar="N", help="the longest reply (default 512)")
    run.add_argument("--out", type=Path, required=True, metavar="FILE.json")
    report = commands.add_parser("report", help="write tables and plots of results")
    report.set_defaults(command=_report)
    report.add_argument("results", type=Path, metavar="RESULTS_DIR", help="the folder of result files")
    report.add_argument("--out", type=Path, required=True, metavar="FILE.md", help="the page; what people wrote in it stays")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
