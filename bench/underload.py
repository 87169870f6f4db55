"""How long somebody waits for an answer's first word while documents are taken in, against the same with nothing else to do.

Both are measured on one app in turns: a few questions, then an upload and as many questions while it is under way, and so on. The
built-in model answers, or one that is named; each question is new, after the same instruction, which the model has read before.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from assistant.access import MAKER
from assistant.events import TextDelta
from assistant.settings import Settings
from assistant.studio import Studio, build_studio
from bench.ingestion import written
from bench.report import Line
from bench.texts import paragraphs

ROUNDS = 4
QUESTIONS = 5  # of a round, on either side
LIMIT = 1.5

_DOCUMENTS = 60  # of an upload, so many that they outlast the questions
_PAUSE_S = 1.0  # between two questions, in which an upload comes to speed again
_LANGUAGE = "en"
_SUBJECTS = ("rivers", "bread", "bicycles", "clouds", "chess", "tea", "bridges", "violins", "maps", "honey", "clocks", "paper")


def measure(
    text: Path | None = None, rounds: int = ROUNDS, persona: str = "gg", model: str = "builtin", questions: int = QUESTIONS
) -> list[Line]:
    """Ask in turns with and without an upload. Raises `RuntimeError` where an answer fails, or an upload ends too soon."""
    idle: list[float] = []
    loaded: list[float] = []
    known = paragraphs(text, english=True)
    writer = random.Random(13)
    with tempfile.TemporaryDirectory() as folder:
        studio = build_studio(Settings(data=Path(folder) / "data", model=model, offline=True))
        try:
            studio.models.wait()
            knowledge = studio.knowledge
            knowledge.create_collection(MAKER.owner, "Upload", "upload")
            first_words(studio, persona, writer, 2)
            for _ in range(rounds):
                idle += first_words(studio, persona, writer, questions)
                paths = written(Path(folder), known, writer, _DOCUMENTS)
                knowledge.intake.add(MAKER.owner, "upload", [(path, path.name) for path in paths])
                time.sleep(2 * _PAUSE_S)
                loaded += first_words(studio, persona, writer, questions)
                if knowledge.intake.settled(0):
                    raise RuntimeError("the upload ended before the questions did; it has to be longer")
                knowledge.intake.cancel(MAKER.owner, "upload")
                knowledge.intake.settled(60)
        finally:
            studio.close()
    ratio = statistics.median(loaded) / statistics.median(idle)
    return [
        Line("first word, nothing else to do, p50", statistics.median(idle), "s"),
        Line("first word, while documents are taken in, p50", statistics.median(loaded), "s"),
        Line("  against each other", ratio, "x", at_most=LIMIT),
        Line("  the slowest of each against each other", max(loaded) / max(idle), "x"),
    ]


def first_words(studio: Studio, persona: str, writer: random.Random, questions: int, pause_s: float = _PAUSE_S) -> list[float]:
    """The seconds to the first word of so many new questions, each in a conversation of its own."""
    spent = []
    for _ in range(questions):
        time.sleep(pause_s * (0.5 + writer.random()))
        conversation = studio.conversations.create(MAKER.owner, persona).id
        started = time.perf_counter()
        run = studio.start_turn(MAKER, conversation, _question(writer, _SUBJECTS), _LANGUAGE)
        first = None
        for item in studio.runs.subscribe(MAKER.owner, run):
            if item is not None and isinstance(item[1], TextDelta):
                first = time.perf_counter() - started
                break
        studio.runs.cancel(MAKER.owner, run)
        for _item in studio.runs.subscribe(MAKER.owner, run):
            pass
        if first is None:
            raise RuntimeError("there was no answer")
        spent.append(first)
    return spent


def _question(writer: random.Random, subjects: Sequence[str]) -> str:
    one, other = writer.sample(subjects, 2)
    return f"Tell me in a few words what you like about {one} and {other}, for the {writer.randrange(10_000)}th time."
