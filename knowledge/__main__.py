"""The command line of knowledge: add, import, cut, list, search, remove, rebuild and check, on the data folder that the app uses.

    python -m knowledge add PATH-OR-ADDRESS... --collection ID | import efaqa|qa|dialogues PATH --collection ID
                        | cut | list | search | remove | rebuild | check   [--data DIR] [--json]

Exit status 0 done, 1 an expected failure (one sentence on standard error), 2 wrong usage.
"""

import argparse
import json
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from common.database import opened
from common.egress import Egress
from common.errors import HearthError, ModelMissing
from knowledge.base import Knowledge
from knowledge.chunking import METHODS, Chunking
from knowledge.corpora.forms import Corpus, Form, corpus
from knowledge.corpora.installed import installed_efaqa
from knowledge.loading.refusals import no_corpus, unopenable
from knowledge.loading.web import is_address
from knowledge.parcel import SUFFIX
from knowledge.types import Filter, Hit, Outcome, Progress
from retrieval.embedding import default_embedder, load_embedder
from retrieval.reranking import Reranker, load_reranker

OWNER = "maker"

_HOW = f"METHOD[:SIZE[:OVERLAP]], METHOD one of {', '.join(METHODS)}, sizes in tokens"


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
        knowledge = Knowledge(database, database.path.parent, embedder, _reranker(options), egress=Egress())
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
    if options.chunking:
        knowledge.cutting.choose(OWNER, options.collection, Chunking.parse(options.chunking))
    pages = [given for given in options.paths if is_address(given)]
    paths = [Path(given) for given in options.paths if not is_address(given)]
    missing = [path for path in paths if not path.exists()]
    failed = False
    added = knowledge.add_files(OWNER, options.collection, _files(paths))
    fetched = (each for page in pages for each in knowledge.add_page(OWNER, options.collection, page))
    for outcome in chain(added, fetched, map(_absent, missing)):
        failed = failed or outcome.state == "failed"
        if options.json:
            _print_json(outcome.to_dict())
        else:
            said = f"{outcome.passages} passages" if outcome.state == "done" else outcome.reason
            print(f"{outcome.state:9} {outcome.path}  {said}  ({outcome.seconds:.1f} s)", flush=True)
    knowledge.settle()
    return 1 if failed else 0


def _import(knowledge: Knowledge, options: argparse.Namespace) -> int:
    path = installed_efaqa() if options.form == "efaqa" and options.path == "installed" else Path(options.path)
    found = _corpus(path, options.form)
    knowledge.ensure_collection(OWNER, options.collection, options.title or options.collection)
    states = set()
    shown = sys.stderr.isatty()
    for event in knowledge.import_corpus(OWNER, options.collection, found, options.name or path.name):
        if isinstance(event, Progress):
            if shown:
                print(f"\r{event.name}  {event.done}/{event.total} ", end="", file=sys.stderr, flush=True)
            continue
        states.add(event.state)
        for left in event.left_out:
            print(f"{chr(13) if shown else ''}line {left.line} left out: {left.english}", file=sys.stderr)
        if options.json:
            _print_json(event.to_dict())
        else:
            said = event.reason if event.state == "failed" else f"{event.passages} passages"
            print(f"{event.state:9} {event.name}  {said}  ({event.seconds:.1f} s)", flush=True)
    knowledge.settle()
    return 0 if states & {"done", "unchanged"} else 1


def _corpus(path: Path, form: Form) -> Corpus:
    try:
        found = corpus(path, path.name, form)
    except (OSError, EOFError, zlib.error) as error:
        raise unopenable(str(path), getattr(error, "strerror", None) or str(error)) from error
    if found is None:
        raise no_corpus(str(path), form)
    return found


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


def _cut(knowledge: Knowledge, options: argparse.Namespace) -> int:
    chunking = Chunking.parse(options.chunking)
    if options.preview:
        preview = knowledge.cutting.preview(OWNER, options.preview, chunking)
        for chunk in preview.chunks:
            if options.json:
                _print_json(asdict(chunk))
            else:
                print(f"--- {chunk.heading or '-'}  {chunk.start}-{chunk.end}\n{chunk.text}")
        if not preview.whole:
            print("Only the beginning of the document is shown.", file=sys.stderr)
        return 0
    knowledge.cutting.choose(OWNER, options.collection, chunking)
    for event in knowledge.cutting(OWNER, options.collection):
        if isinstance(event, Outcome):
            if options.json:
                _print_json(event.to_dict())
            else:
                print(f"{event.state:9} {event.passages} new passages")
    knowledge.settle()
    return 0


def _search(knowledge: Knowledge, options: argparse.Namespace) -> int:
    collections = options.collection or [collection.id for collection in knowledge.collections(OWNER)]
    wanted = Filter(tuple(options.document), _labels(options.label), _day(options.after), _day(options.before))
    for number, hit in enumerate(knowledge.search(OWNER, options.query, collections, options.limit, filter=wanted), 1):
        if options.json:
            _print_json(hit.to_dict())
        else:
            print(f"[{number}] {hit.score:.2f}  {_place(hit)}\n    {' '.join(hit.passage.text.split())[:200]}")
    return 0


def _labels(given: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in given:
        found.setdefault(name, []).append(value)
    return found


def _label(word: str) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"{word!r} is not NAME=VALUE")
    return name, value


def _date(word: str) -> datetime:
    try:
        return datetime.fromisoformat(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{word!r} is not a date like 2026-11-23") from None


def _day(day: datetime | None) -> float | None:
    return None if day is None else day.timestamp()


def _place(hit: Hit) -> str:
    passage = hit.passage
    place = " > ".join(part for part in (passage.title, passage.heading) if part)
    return f"{place}, page {passage.page}" if passage.page else place


def _remove(knowledge: Knowledge, options: argparse.Namespace) -> int:
    if options.document and not options.for_good:
        knowledge.remove(OWNER, options.document)
        return 0
    if options.document:
        knowledge.delete(OWNER, options.document)
    else:
        knowledge.delete_collection(OWNER, options.collection)
    knowledge.forget()
    return 0


def _move(knowledge: Knowledge, options: argparse.Namespace) -> int:
    before = knowledge.moving.move(OWNER, options.document, options.collection)
    print(f"moved from {before} to {options.collection}")
    knowledge.settle()
    return 0


def _rename(knowledge: Knowledge, options: argparse.Namespace) -> int:
    before = knowledge.moving.rename(OWNER, options.document, options.title)
    print(f"renamed, was: {before}")
    knowledge.settle()
    return 0


def _export(knowledge: Knowledge, options: argparse.Namespace) -> int:
    manifest = knowledge.exporting(OWNER, options.collection, options.file)
    print(f"{options.file}  {manifest.documents} documents, {manifest.passages} passages")
    return 0


def _load(knowledge: Knowledge, options: argparse.Namespace) -> int:
    for event in knowledge.importing(OWNER, options.file, options.title or ""):
        if isinstance(event, Progress):
            if sys.stderr.isatty():
                print(f"\r{event.name}  {event.done}/{event.total} ", end="", file=sys.stderr, flush=True)
        elif options.json:
            _print_json(asdict(event))
        else:
            print(f"{event.id}  {event.documents} documents  {event.passages} passages  {event.title}")
            if event.id in knowledge.strangers(OWNER):
                print(f"Its vectors are of {event.embedder!r}, which is not in use: re-index it (rebuild).", file=sys.stderr)
    knowledge.settle()
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

    add = commands.add_parser("add", parents=[common], help="add files, folders and pages of the web to a collection")
    add.add_argument("paths", nargs="+", metavar="PATH", help="a file, a ZIP, a folder, or the https://… address of a page")
    add.add_argument("--collection", required=True, metavar="ID", help="made if it is not there")
    add.add_argument("--title", help="the title of a collection that is made")
    add.add_argument("--chunking", metavar="HOW", help=f"how it is cut from now on: {_HOW}")
    add.set_defaults(command=_add)

    cut = commands.add_parser("cut", parents=[common], help="cut the documents of a collection in another way")
    what = cut.add_mutually_exclusive_group(required=True)
    what.add_argument("--collection", metavar="ID")
    what.add_argument("--preview", metavar="DOCUMENT", help="only show how a document would be cut")
    cut.add_argument("--chunking", metavar="HOW", required=True, help=_HOW)
    cut.set_defaults(command=_cut)

    records = commands.add_parser("import", parents=[common], help="add a corpus: counselling records, questions, dialogues")
    records.add_argument("form", choices=["efaqa", "qa", "dialogues"])
    records.add_argument("path", metavar="PATH", help="a file, plain or gzip; `installed` for efaqa: that of efaqa_corpus_zh")
    records.add_argument("--collection", required=True, metavar="ID", help="made if it is not there")
    records.add_argument("--title", help="the title of a collection that is made")
    records.add_argument("--name", help="what the document is called (default: the file's name)")
    records.set_defaults(command=_import)

    listing = commands.add_parser("list", parents=[common], help="list collections, or the documents of one")
    listing.add_argument("--collection", metavar="ID")
    listing.set_defaults(command=_list)

    search = commands.add_parser("search", parents=[common], help="find passages")
    search.add_argument("query")
    search.add_argument("--collection", action="append", metavar="ID", help="may be given again; all of them without it")
    search.add_argument("--limit", type=int, default=6)
    search.add_argument("--label", action="append", type=_label, default=[], metavar="NAME=VALUE", help="may be given again")
    search.add_argument("--document", action="append", default=[], metavar="ID", help="only in this one; may be given again")
    search.add_argument("--after", type=_date, metavar="DATE", help="only in documents added then or later")
    search.add_argument("--before", type=_date, metavar="DATE", help="only in documents added before")
    search.add_argument(
        "--reranker", help="path:DIR or hf:ORG/NAME of the local cache: reads the best hits again (default: none)"
    )
    search.set_defaults(command=_search)

    remove = commands.add_parser("remove", parents=[common], help="remove a document, or a whole collection")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("--document", metavar="ID")
    which.add_argument("--collection", metavar="ID")
    remove.add_argument("--for-good", action="store_true", help="a document too cannot be brought back, and leaves no trace")
    remove.set_defaults(command=_remove)

    move = commands.add_parser("move", parents=[common], help="move a document to another collection")
    move.add_argument("document", metavar="DOCUMENT", help="its id, as `list` says")
    move.add_argument("--collection", required=True, metavar="ID", help="the other collection, which must be there")
    move.set_defaults(command=_move)

    rename = commands.add_parser("rename", parents=[common], help="give a document another title")
    rename.add_argument("document", metavar="DOCUMENT", help="its id, as `list` says")
    rename.add_argument("title")
    rename.set_defaults(command=_rename)

    export = commands.add_parser("export", parents=[common], help="write a collection to one file")
    export.add_argument("file", type=Path, metavar="FILE", help=f"as in papers{SUFFIX}")
    export.add_argument("--collection", required=True, metavar="ID")
    export.set_defaults(command=_export)

    load = commands.add_parser("load", parents=[common], help="make a collection of a file that `export` wrote")
    load.add_argument("file", type=Path, metavar="FILE")
    load.add_argument("--title", help="what the collection is called (default: as it was)")
    load.set_defaults(command=_load)

    rebuild = commands.add_parser("rebuild", parents=[common], help="make vectors and indexes anew")
    rebuild.set_defaults(command=_rebuild)

    check = commands.add_parser("check", parents=[common], help="compare what is stored with what should be")
    check.set_defaults(command=_check)
    return parser


if __name__ == "__main__":
    sys.exit(main())
