"""The command line of knowledge: add, list, search, remove, rebuild and check, on the data folder that the app uses.

    python -m knowledge add PATH... --collection ID | list | search | remove | rebuild | check   [--data DIR] [--json]

Exit status 0 done, 1 an expected failure (one sentence on standard error), 2 wrong usage.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from common.database import opened
from common.errors import HearthError, ModelMissing
from knowledge.base import Knowledge
from knowledge.loading.refusals import unopenable
from knowledge.types import Hit, Outcome
from retrieval.embedding import default_embedder, load_embedder
from retrieval.reranking import Reranker, load_reranker

OWNER = "maker"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Nothing may be looked up on a hub, and no progress bar belongs into what others read.
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ.setdefault(name, "1")
    try:
        return _run(options)
    except HearthError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was added so far is kept.", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    with opened(options.data) as database:
        embedder = (lambda: load_embedder(options.embedder)) if options.embedder else default_embedder
        knowledge = Knowledge(database, database.path.parent, embedder, _reranker(options))
        try:
            status: int = options.command(knowledge, options)
            return status
        finally:
            knowledge.close()


def _reranker(options: argparse.Namespace) -> Reranker | None:
    """The reranker that was named; where it cannot be loaded, search goes on without it."""
    name: str = getattr(options, "reranker", None) or ""
    try:
        return load_reranker(name) if name else None
    except ModelMissing as error:
        print(error, file=sys.stderr)
        return None


def _add(knowledge: Knowledge, options: argparse.Namespace) -> int:
    knowledge.ensure_collection(OWNER, options.collection, options.title or options.collection)
    missing = [path for path in options.paths if not path.exists()]
    failed = bool(missing)
    for outcome in chain(knowledge.add_files(OWNER, options.collection, _files(options.paths)), map(_absent, missing)):
        failed = failed or outcome.state == "failed"
        if options.json:
            _print_json(outcome.to_dict())
        else:
            said = f"{outcome.passages} passages" if outcome.state == "done" else outcome.reason
            print(f"{outcome.state:9} {outcome.path}  {said}  ({outcome.seconds:.1f} s)", flush=True)
    knowledge.settle()
    return 1 if failed else 0


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Each file and its name; a file of a folder is named by its place there, so that two of one name both stay."""
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                place = found.relative_to(path)
                if found.is_file() and not any(part.startswith(".") for part in place.parts):
                    yield found, place.as_posix()
        elif path.exists():
            yield path, path.name


def _absent(path: Path) -> Outcome:
    error = unopenable(str(path), "No such file or directory")
    return Outcome(str(path), path.name, "failed", 0, error.english, error.chinese)


def _list(knowledge: Knowledge, options: argparse.Namespace) -> int:
    if options.collection:
        for document in knowledge.documents(OWNER, options.collection):
            if options.json:
                _print_json(asdict(document))
            else:
                print(f"{document.id}  {document.passages:6} passages  {document.name}  {document.title}")
        return 0
    for collection in knowledge.collections(OWNER):
        if options.json:
            _print_json(asdict(collection))
        else:
            print(f"{collection.id}  {collection.documents} documents  {collection.passages} passages  {collection.title}")
    return 0


def _search(knowledge: Knowledge, options: argparse.Namespace) -> int:
    collections = options.collection or [collection.id for collection in knowledge.collections(OWNER)]
    for number, hit in enumerate(knowledge.search(OWNER, options.query, collections, options.limit), 1):
        if options.json:
            _print_json(hit.to_dict())
        else:
            print(f"[{number}] {hit.score:.2f}  {_place(hit)}\n    {' '.join(hit.passage.text.split())[:200]}")
    return 0


def _place(hit: Hit) -> str:
    passage = hit.passage
    place = " > ".join(part for part in (passage.title, passage.heading) if part)
    return f"{place}, page {passage.page}" if passage.page else place


def _remove(knowledge: Knowledge, options: argparse.Namespace) -> int:
    if options.document:
        knowledge.remove(OWNER, options.document)
    else:
        knowledge.delete_collection(OWNER, options.collection)
    return 0


def _rebuild(knowledge: Knowledge, options: argparse.Namespace) -> int:
    knowledge.rebuild(OWNER)
    knowledge.settle()
    return _check(knowledge, options)


def _check(knowledge: Knowledge, options: argparse.Namespace) -> int:
    report = knowledge.check()
    if options.json:
        _print_json(asdict(report))
    else:
        print(
            f"{report.collections} collections, {report.documents} documents, {report.passages} passages; search: {report.index}"
        )
    for english, _ in report.problems:
        print(english, file=sys.stderr)
    return 1 if report.problems else 0


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m knowledge", description="Collections of documents that Hearth answers from.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, default=Path("data"), help="the data folder (default: data)")
    common.add_argument("--json", action="store_true", help="one object a line")
    common.add_argument("--embedder", help="builtin, hash, path:DIR or hf:ORG/NAME (default: the built-in one)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add = commands.add_parser("add", parents=[common], help="add files and folders to a collection")
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    add.add_argument("--collection", required=True, metavar="ID", help="made if it is not there")
    add.add_argument("--title", help="the title of a collection that is made")
    add.set_defaults(command=_add)

    listing = commands.add_parser("list", parents=[common], help="list collections, or the documents of one")
    listing.add_argument("--collection", metavar="ID")
    listing.set_defaults(command=_list)

    search = commands.add_parser("search", parents=[common], help="find passages")
    search.add_argument("query")
    search.add_argument("--collection", action="append", metavar="ID", help="may be given again; all of them without it")
    search.add_argument("--limit", type=int, default=6)
    search.add_argument(
        "--reranker", help="path:DIR or hf:ORG/NAME of the local cache: reads the best hits again (default: none)"
    )
    search.set_defaults(command=_search)

    remove = commands.add_parser("remove", parents=[common], help="remove a document, or a whole collection")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("--document", metavar="ID")
    which.add_argument("--collection", metavar="ID")
    remove.set_defaults(command=_remove)

    rebuild = commands.add_parser("rebuild", parents=[common], help="make vectors and indexes anew")
    rebuild.set_defaults(command=_rebuild)

    check = commands.add_parser("check", parents=[common], help="compare what is stored with what should be")
    check.set_defaults(command=_check)
    return parser


if __name__ == "__main__":
    sys.exit(main())
