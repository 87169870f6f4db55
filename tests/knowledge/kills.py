"""kill -9 at random moments, round after round, by forking one process that has everything imported.

    python -m tests.knowledge.kills FOLDER [--rounds N] [--seed N] [--passages N] [--bare]

In each round a child adds and replaces (through the queue and directly), removes, deletes for good, brings back, cuts again and
re-indexes documents, with another embedder too, and says what it begins and what was acknowledged; it is killed at some moment,
and another child opens the folder and looks at everything.
The output is a JSON object of what was found. With --bare the same is done to a Chroma collection without Hearth.
"""

import argparse
import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb
from chromadb.config import Settings

from common.database import Database
from knowledge.base import Knowledge
from knowledge.catalogue import Catalogue
from knowledge.chunking import Chunking
from knowledge.types import Record
from retrieval.embedding import HashEmbedder

OWNER, PARTS = "maker", 6
_QUEUED, _DIRECT = 40, 20  # documents a round may have of each kind, before the oldest are removed
_LONGEST_S = 0.6  # that a round goes on after its first word
_SETTLE_EVERY = 10  # rounds, in which Chroma too is waited for and compared


def text(name: str, version: int) -> str:
    parts = (
        f"## Part {part}\n\n{name} edition {version} speaks of matter{name.removesuffix('.md')}x{part}. " + "It goes on. " * 8
        for part in range(PARTS)
    )
    return f"# {name}\n\n" + "\n\n".join(parts)


# ---- what may be there after a kill -----------------------------------------------------------------------------------


class Promises:
    """What the killed process had said: name -> the editions that may be there now, None for being away."""

    def __init__(self) -> None:
        self.may: dict[str, set[int | None]] = {}
        self.acknowledged = 0
        self.acts: dict[str, int] = {}  # on a whole collection, that were begun

    def hear(self, line: str) -> None:
        said, name, edition = json.loads(line)
        if said == "going":
            self.acts[name] = self.acts.get(name, 0) + 1
        elif said == "begin":
            self.may.setdefault(name, {None}).add(edition)
        else:
            self.may[name] = {edition}
            self.acknowledged += 1

    def found(self, there: dict[str, int]) -> list[str]:
        """What is not as it was promised; from now on what was found is what there is."""
        wrong = []
        for name in self.may.keys() | there.keys():
            is_there = there.get(name)
            if is_there not in self.may.get(name, {None}):
                wrong.append(f"{name}: edition {is_there}, promised {self.may.get(name)}")
            self.may[name] = {is_there}
        return wrong


# ---- with Hearth ------------------------------------------------------------------------------------------------------


def opened(folder: Path, other: bool = False) -> tuple[Knowledge, Database]:
    """With the embedder that its vectors come from, or with another one."""
    database = Database(folder / "hearth.db")
    made_by = {row.embedder for row in Catalogue(database).everything()}
    return Knowledge(database, folder, HashEmbedder(256 if ("hash-256" in made_by) != other else 384)), database


def prepare(folder: Path, passages: int) -> None:
    knowledge, database = opened(folder)
    knowledge.create_collection(OWNER, "Docs", "docs")
    records = [Record(f"Question {n}", f"Answer {n} tells of thing{n} and of thing{n * 7 % passages}.") for n in range(passages)]
    if records:
        knowledge.add_records(OWNER, "docs", records, "base")
    knowledge.settle()
    knowledge.close()
    database.close()


def work(folder: Path, seed: int, tell: Callable[[str, str, int | None], None]) -> None:
    """Change things until somebody kills this process."""
    chance = random.Random(seed)
    other = chance.random() < 0.2
    knowledge, _ = opened(folder, other)
    if other:  # before anything else: files that wait could not be added
        tell("going", "another embedder", None)
        knowledge.rebuild(OWNER)
        tell("going", "the other embedder in use", None)
    knowledge.start()
    files = folder.parent / "files"
    files.mkdir(exist_ok=True)
    removed: list[tuple[str, str, int]] = []
    queued: list[int] = []
    for step in range(1_000_000):
        stored = {document.name: document for document in knowledge.documents(OWNER, "docs") if document.name[0] == "d"}
        edition = seed * 1000 + step
        what = chance.random()
        if what < 0.35:
            # Every third one replaces a document that went the same way.
            name = f"q{chance.choice(queued) if queued and chance.random() < 0.33 else edition}.md"
            queued.append(int(name[1:-3]))
            path = files / name
            path.write_text(text(name, edition), "utf-8")
            tell("begin", name, edition)
            knowledge.intake.add(OWNER, "docs", [(path, name)])
            tell("done", name, edition)
        elif what < 0.70:
            name = f"d{chance.randrange(_DIRECT)}.md"
            path = files / name
            path.write_text(text(name, edition), "utf-8")
            tell("begin", name, edition)
            knowledge.add(OWNER, "docs", path, name)
            tell("done", name, edition)
        elif what < 0.74 and stored:
            name, document = chance.choice(sorted(stored.items()))
            tell("begin", name, None)
            knowledge.delete(OWNER, document.id)
            tell("done", name, None)
        elif what < 0.78:
            tell("going", "cut", None)
            knowledge.cutting.choose(OWNER, "docs", Chunking.parse(chance.choice(["passages", "heading", "fixed:64:8"])))
            knowledge.intake.ask(OWNER, "docs", "cut", "Docs")
        elif what < 0.79:
            tell("going", "forget", None)
            knowledge.forget()
        elif what < 0.91 and stored:
            name, document = chance.choice(sorted(stored.items()))
            was = edition_of(knowledge.text(OWNER, document.id))
            tell("begin", name, None)
            knowledge.remove(OWNER, document.id)
            tell("done", name, None)
            removed.append((name, document.id, was))
        elif what < 0.975 and removed:
            name, document, was = removed.pop()
            if name not in stored:
                tell("begin", name, was)
                knowledge.restore(OWNER, document)
                tell("done", name, was)
        elif what > 0.975:
            tell("going", "rebuild", None)
            knowledge.rebuild(OWNER)


def edition_of(whole: str) -> int:
    return int(whole.split(" edition ")[1].split()[0])


def inspect(folder: Path, settle: bool) -> dict[str, Any]:
    """Open what a kill left, wait until the queue is empty, and look at everything."""
    started = time.perf_counter()
    knowledge, database = opened(folder)
    knowledge.search(OWNER, "Answer 1 tells of thing1", ["docs"])
    seconds = time.perf_counter() - started
    knowledge.start()
    problems = [] if knowledge.intake.settled(120) else ["the queue did not end"]
    problems += [f"job {job.name}: {job.english}" for job, _ in knowledge.intake.jobs(OWNER, "docs") if job.state == "failed"]
    there = {}
    for document in knowledge.documents(OWNER, "docs"):
        passages = knowledge.passages(OWNER, document.id)
        whole = knowledge.text(OWNER, document.id)
        if len(passages) != document.passages or any(whole[each.start : each.end] != each.text for each in passages):
            problems.append(f"half of {document.name}")
        if document.name == "base":
            continue
        edition = there[document.name] = edition_of(whole)
        matters = [f"matter{document.name.removesuffix('.md')}x{part}." for part in range(PARTS)]
        if whole != text(document.name, edition) or not all(any(each in one.text for one in passages) for each in matters):
            problems.append(f"{document.name} is not what was given")
        hit = knowledge.search(OWNER, f"matter{document.name.removesuffix('.md')}x3", ["docs"], limit=1)
        if not hit or hit[0].passage.document != document.id:
            problems.append(f"{document.name} is not found")
    (row,) = knowledge.index._truth.everything()
    if settle and not knowledge.settle():
        problems.append("Chroma is not up to date")
    for query in [f"thing{number} edition" for number in range(0, 50, 7)]:
        vector = knowledge.embedder.embed([query], "query")[0]
        scores = [
            [round(score, 4) for _, score in search(row, vector, 5)] for search in (knowledge.index.search, knowledge.index.exact)
        ]
        if scores[0] != scores[1]:
            problems.append(f"search differs from exact search: {scores}")
    problems += [english for english, _ in knowledge.check().problems]
    taken_away = [each for each in knowledge.documents(OWNER, "docs") if each.name[0] == "q"][
        : max(0, len(there) - _QUEUED - _DIRECT)
    ]
    for document in taken_away:
        knowledge.remove(OWNER, document.id)
    knowledge.intake.dismiss(OWNER, "docs")
    knowledge.close()
    database.close()
    return {"there": there, "problems": problems, "seconds": seconds, "taken away": [each.name for each in taken_away]}


# ---- with Chroma alone ------------------------------------------------------------------------------------------------


def bare(folder: Path) -> Any:
    client = chromadb.PersistentClient(str(folder / "chroma"), Settings(anonymized_telemetry=False))
    return client.get_or_create_collection("docs", embedding_function=None, configuration={"hnsw": {"space": "cosine"}})


def prepare_bare(folder: Path, passages: int) -> None:
    collection = bare(folder)
    texts = [f"Answer {n} tells of thing{n} and of thing{n * 7 % passages}." for n in range(passages)]
    for start in range(0, passages, 1000):
        some = texts[start : start + 1000]
        ids = [f"base-{start + place}" for place in range(len(some))]
        collection.add(ids=ids, embeddings=list(HashEmbedder().embed(some, "passage")), documents=some)


def put(collection: Any, name: str, edition: int) -> None:
    """As programs over bare Chroma replace a document: its old passages are deleted, then the new ones added."""
    parts = text(name, edition).split("\n\n")[2::2]
    collection.delete(where={"name": name})
    vectors = list(HashEmbedder().embed(parts, "passage"))
    ids = [f"{name}-{place}" for place in range(len(parts))]
    collection.add(ids=ids, embeddings=vectors, documents=parts, metadatas=[{"name": name, "edition": edition}] * len(parts))


def work_bare(folder: Path, seed: int, tell: Callable[[str, str, int | None], None]) -> None:
    chance = random.Random(seed)
    collection = bare(folder)
    for step in range(1_000_000):
        edition = seed * 1000 + step
        name = f"d{chance.randrange(_DIRECT)}"
        if chance.random() < 0.8:
            tell("begin", name, edition)
            put(collection, name, edition)
            tell("done", name, edition)
        else:
            tell("begin", name, None)
            collection.delete(where={"name": name})
            tell("done", name, None)


def inspect_bare(folder: Path, settle: bool) -> dict[str, Any]:
    del settle
    started = time.perf_counter()
    collection = bare(folder)
    query = HashEmbedder().embed(["Answer 1 tells of thing1"], "query")
    collection.query(query_embeddings=query, n_results=1)
    seconds = time.perf_counter() - started
    problems, there = [], {}
    for name in [f"d{number}" for number in range(_DIRECT)]:
        found = collection.get(where={"name": name})["metadatas"]
        editions = {each["edition"] for each in found}
        if found and (len(found) != PARTS or len(editions) != 1):
            problems.append(f"half of {name}")
        if found:
            there[name] = max(editions)
    return {"there": there, "problems": problems, "seconds": seconds}


# ---- rounds -----------------------------------------------------------------------------------------------------------


def forked(job: Callable[[int], None]) -> tuple[int, int]:
    """Run `job` in a child, which is given the end of a pipe to write to; returns the child and the end to read from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    try:
        job(writing)
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 - a child that fails must not run the parent's code
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(1)


def heard(reading: int, chance: random.Random) -> bytes:
    """What a child says until some moment after its first word."""
    said, until = b"", 0.0
    while not until or time.monotonic() < until:
        ready, _, _ = select.select([reading], [], [], max(until - time.monotonic(), 0.0) if until else None)
        piece = os.read(reading, 1 << 16) if ready else b""
        if ready and not piece:
            break
        said += piece
        until = until or time.monotonic() + chance.uniform(0.0, _LONGEST_S)
    return said


def lines(reading: int, begun: bytes = b"") -> list[str]:
    """The whole lines of what a child says to its end, after what it has begun to say."""
    with os.fdopen(reading, "rb") as pipe:
        whole, _, _ = (begun + pipe.read()).rpartition(b"\n")
    return whole.decode().splitlines()


def one_round(
    folder: Path, seed: int, bare_chroma: bool, settle: bool, promises: Promises, chance: random.Random
) -> dict[str, Any]:
    def change(writing: int) -> None:
        def tell(said: str, name: str, edition: int | None) -> None:
            os.write(writing, (json.dumps([said, name, edition]) + "\n").encode())

        (work_bare if bare_chroma else work)(folder, seed, tell)

    def look(writing: int) -> None:
        os.write(writing, (json.dumps((inspect_bare if bare_chroma else inspect)(folder, settle)) + "\n").encode())

    child, reading = forked(change)
    said = heard(reading, chance)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for line in lines(reading, said):
        promises.hear(line)
    child, reading = forked(look)
    found = [json.loads(line) for line in lines(reading)]
    _, status = os.waitpid(child, 0)
    if not found or status:
        return {"problems": ["cannot be opened"], "seconds": 0.0, "there": None}
    return found[0]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--bare", action="store_true")
    options = parser.parse_args(arguments)
    folder = options.folder / "data"
    folder.mkdir(parents=True)
    child, reading = forked(lambda _: (prepare_bare if options.bare else prepare)(folder, options.passages))
    os.close(reading)
    assert os.waitpid(child, 0)[1] == 0
    promises, chance = Promises(), random.Random(options.seed)
    lost: list[str] = []
    problems: list[str] = []
    slowest = 0.0
    unopenable = 0
    for number in range(options.rounds):
        settle = number % _SETTLE_EVERY == _SETTLE_EVERY - 1
        found = one_round(folder, options.seed * 100_000 + number, options.bare, settle, promises, chance)
        slowest = max(slowest, found["seconds"])
        problems += [f"round {number}: {each}" for each in found["problems"]]
        if found["there"] is None:
            unopenable += 1
            break
        lost += [f"round {number}: {each}" for each in promises.found(found["there"])]
        promises.may |= {name: {None} for name in found.get("taken away", ())}
    found = {"rounds": options.rounds, "acknowledged": promises.acknowledged, "lost": lost, "problems": problems}
    found["acts"] = promises.acts
    found |= {"unopenable": unopenable, "slowest_opening_s": round(slowest, 2)}
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
