"""How often an answer from passages is right, and how often a question is turned down that they do not answer.

The data set is a folder in the BEIR form with the answers beside it, in `answers.jsonl` (`{"_id", "answers": [text, ...]}`), or a
SQuAD file (its JSON form, 1.1 or 2.0). XQuAD in English in the BEIR form has no answers: of those passages `passages_marks.jsonl`
says where the answers of 60 questions stand, drawn at random and marked by hand; then these 60 are asked. Where answers are not
known at all, only the turning down, and whether an answer quotes, can be measured.

Each question is asked under the right passage, under a wrong one ("wrong" of another article, "near" of the same), and under
both ("among"), by the shipped persona that answers only from documents. A small model reads of each passage what the app gives
it, the sentences that have most to do with the question; the setting `excerpt_tokens` says how much that is.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from assistant import prompt
from assistant.messages import Message
from assistant.models import catalogue
from assistant.models.base import GenerationOptions, ModelInfo, estimate_tokens
from common.errors import HearthError
from common.yamltext import read_mapping
from evaluation.metrics import percent
from evaluation.readers.beir import Entry, RetrievalSet, read_beir
from evaluation.task import Case, Exam, Judged, Mark, Options, Reply
from knowledge.types import Hit, Passage
from personas.schema import Persona
from personas.store import SHIPPED, SIZE_LIMIT

MARKS = Path(__file__).with_name("passages_marks.jsonl")
"""A JSON object a line: question, passage, the passage's length, and where in it the answer begins and ends, in characters."""

_ANSWERS = "answers.jsonl"
_DATE = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
_WINDOW = 1 << 16  # tokens: a prompt that is too long for a model counts as its failure
_RUN = 5  # words in a row make a quotation
_TURNED_DOWN = "That is not in my documents."

_NOT_THERE = re.compile(
    r"not in (?:my|the|these|any|either) (?:\w+ )?(?:document|passage|text)"
    r"|(?:do|does|did|is|are|was|were)(?: not|n't) (?:\w+ ){0,4}?"
    r"(?:say|state|mention|contain|hold|provide|include|specif|given|answer|cover|tell|name|discuss|address|refer)"
    r"|no (?:\w+ )?(?:information|mention|answer)"
    r"|not (?:\w+ )?(?:mentioned|stated|given|specified|provided|included|found|covered)"
    r"|(?:cannot|can't|could not|couldn't|unable to) (?:\w+ )?(?:find|answer|say|tell|determine)"
    r"|(?:don't|do not) (?:\w+ )?(?:know|have)|not sure",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the passage that answers it; `answers` are the wordings that count, none where they are not known."""

    id: str
    text: str
    passage: Entry
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gold:
    """What a reply is judged by; `text` is that of the right passage, `number` its place among those in view, 0 for none.

    `first` is the whole text of the first passage in view, for the floors.
    """

    answers: tuple[str, ...]
    text: str
    number: int
    first: str


def prepare(options: Options, marks: Path = MARKS) -> Exam:
    """`split` may name some of the kinds, with commas between. Raises `HearthError` for data that cannot be read."""
    questions = read_questions(options.data, marks)
    others = distractors(questions, options.seed)
    kinds = options.split.split(",") if options.split else ["right", "among", "wrong", "near"]
    persona = _librarian()
    reader = _reader(options.model)
    cases = [
        case for question in questions for case in _cases(question, others[question.id], persona, reader) if case.group in kinds
    ]
    answered = any(question.answers for question in questions)
    return Exam(
        task="passages",
        cases=cases,
        judge=judge,
        metrics=metrics,
        primary_metric="right" if answered and "right" in kinds else "wrong turned down",
        floors={
            "turn everything down": lambda case: Reply(_TURNED_DOWN),
            "recite the first passage": lambda case: Reply(f"{case.gold.first} [1]"),
        },
        settings={"persona": persona.id, "kinds": kinds, "answers": answered}
        | ({"excerpt_tokens": reader.excerpt_tokens} if reader.excerpt_tokens else {})
        | ({"questions_marked_by_hand": len(questions)} if answered and not _has_answers(options.data) else {}),
    )


def read_questions(data: Path, marks: Path = MARKS) -> list[Question]:
    """The questions in the order of their ids. Raises `HearthError` where the data cannot be read."""
    questions = list(_squad(data)) if data.is_file() else list(_beir(data, marks))
    return sorted(questions, key=lambda question: question.id)


def judge(case: Case, reply: Reply) -> Mark:
    """Right is an answer with the gold text in it, or, where no passage has one, a reply that says so."""
    gold: Gold = case.gold
    down = turns_down(reply.text)
    figures = {"down": float(down)}
    if gold.number:
        figures["cited"] = float(f"[{gold.number}]" in reply.text)
        figures["quoted"] = float(quotes(reply.text, gold.text))
        if gold.answers:
            figures["answered"] = float(holds(reply.text, gold.answers))
    if reply.missing:
        return Mark(False, reply.missing, figures)
    if not gold.number:
        return Mark(down, "" if down else "answered without a passage", figures)
    right = bool(figures.get("answered", figures["quoted"]))
    return Mark(
        right, "" if right else "turned down" if down else "wrong sentence" if figures["quoted"] else "not quoted", figures
    )


def metrics(judged: Sequence[Judged]) -> dict[str, float]:
    """In percent; "right" and "among" are answers that hold the gold text."""
    found: dict[str, float] = {}
    for kind, figure, name in (
        ("right", "answered", "right"),
        ("among", "answered", "among"),
        ("wrong", "down", "wrong turned down"),
        ("near", "down", "near turned down"),
        ("right", "down", "right turned down"),
        ("right", "quoted", "quoted"),
        ("right", "cited", "cited"),
        ("among", "cited", "cited among"),
    ):
        values = [one.mark.figures[figure] for one in judged if one.case.group == kind and figure in one.mark.figures]
        if values:
            found[name] = percent(values)
    return found


def holds(reply: str, answers: Sequence[str]) -> bool:
    """Whether the reply has one of the answers in it, whatever the case and the white space; whole words only."""
    said = _plain(reply)
    return any(re.search(rf"(?<!\w){re.escape(_plain(answer))}(?!\w)", said) for answer in answers)


def turns_down(reply: str) -> bool:
    """Whether the reply says that the passages do not have the answer."""
    return bool(_NOT_THERE.search(reply.replace("’", "'")))


def quotes(reply: str, passage: str) -> bool:
    """Whether the reply has a run of words from the passage."""
    said, there = (re.findall(r"\w+", text.lower()) for text in (reply, passage))
    runs = {tuple(there[start : start + _RUN]) for start in range(len(there) - _RUN + 1)}
    return any(tuple(said[start : start + _RUN]) in runs for start in range(len(said) - _RUN + 1))


def distractors(questions: Sequence[Question], seed: int) -> dict[str, dict[str, Entry]]:
    """For each question a passage of another article ("wrong") and, where there is one, another of the same ("near").

    Neither holds one of the answers.
    """
    passages = list({question.passage.id: question.passage for question in questions}.values())
    chosen: dict[str, dict[str, Entry]] = {}
    for question in questions:
        order = random.Random(f"{seed} {question.id}").sample(passages, len(passages))
        fit = [entry for entry in order if entry.id != question.passage.id and not holds(entry.text, question.answers)]
        near = [entry for entry in fit if entry.title == question.passage.title]
        wrong = [entry for entry in fit if entry.title != question.passage.title] or fit
        chosen[question.id] = {kind: found[0] for kind, found in (("wrong", wrong), ("near", near)) if found}
    return chosen


def _reader(model: str) -> ModelInfo:
    """What the app knows of the model, but for this: every model is asked as one that may answer."""
    info = catalogue.resolve(model, offline=True).info
    return replace(info, grounding=True, context_tokens=_WINDOW)


def _cases(question: Question, beside: dict[str, Entry], persona: Persona, reader: ModelInfo) -> Iterator[Case]:
    views = {"right": [question.passage], **{kind: [entry] for kind, entry in beside.items()}}
    if "wrong" in beside:
        both = [beside["wrong"], question.passage]
        views["among"] = both if random.Random(question.id).random() < 0.5 else both[::-1]
    for kind, view in views.items():
        number = view.index(question.passage) + 1 if question.passage in view else 0
        gold = Gold(question.answers, question.passage.text, number, view[0].text)
        yield Case(f"{question.id} {kind}", _asked(question.text, view, persona, reader), gold=gold, group=kind)


def _asked(question: str, view: Sequence[Entry], persona: Persona, reader: ModelInfo) -> tuple[Message, ...]:
    hits = tuple(Hit(_passage(number, entry), 1.0) for number, entry in enumerate(view, 1))
    material = prompt.Material(hits, _DATE)
    return tuple(prompt.build(persona, "en", [], question, material, reader, GenerationOptions(), estimate_tokens))


def _librarian() -> Persona:
    shipped = (
        Persona.model_validate(read_mapping(path.read_text("utf-8"), SIZE_LIMIT)) for path in sorted(SHIPPED.glob("*.yaml"))
    )
    return next(persona for persona in shipped if persona.answers_only_from_documents)


def _has_answers(data: Path) -> bool:
    return data.is_file() or (data / _ANSWERS).exists()


def _beir(folder: Path, marks: Path) -> Iterator[Question]:
    data = read_beir(folder)
    entries = {entry.id: entry for entry in data.corpus}
    answers = _written(folder / _ANSWERS) if _has_answers(folder) else _marked(data, entries, marks)
    for id, text in data.queries.items():
        if answers is None or id in answers:
            best = max(data.relevant[id], key=lambda document: data.relevant[id][document])
            yield Question(id, text.strip(), entries[best], answers[id] if answers else ())


def _written(path: Path) -> dict[str, tuple[str, ...]]:
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        return {line["_id"]: tuple(line["answers"]) for line in lines}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from error


def _marked(data: RetrievalSet, entries: Mapping[str, Entry], marks: Path) -> dict[str, tuple[str, ...]] | None:
    """The answers where the marks say that they stand; None where these are not the passages that were marked."""
    answers: dict[str, tuple[str, ...]] = {}
    for mark in map(json.loads, marks.read_text("utf-8").splitlines()):
        id, entry = mark["_id"], entries.get(mark["passage"])
        if entry is None or len(entry.text) != mark["length"] or id not in data.queries or entry.id not in data.relevant[id]:
            return None
        answers[id] = (entry.text[mark["start"] : mark["end"]],)
    return answers


def _squad(path: Path) -> Iterator[Question]:
    """Questions that have an answer; those of SQuAD 2.0 that have none are left out."""
    try:
        articles = json.loads(path.read_text("utf-8"))["data"]
        for place, article in enumerate(articles):
            for number, paragraph in enumerate(article["paragraphs"]):
                entry = Entry(f"{place}-{number}", article.get("title", ""), paragraph["context"])
                for asked in paragraph["qas"]:
                    answers = tuple(dict.fromkeys(answer["text"] for answer in asked["answers"]))
                    if answers:
                        yield Question(str(asked["id"]), asked["question"].strip(), entry, answers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> HearthError:
    return HearthError(
        f"{str(path)!r} cannot be read as questions with answers ({type(error).__name__}: {error}).",
        f"{str(path)!r} 无法作为带答案的问题读取（{type(error).__name__}：{error}）。",
    )


def _passage(number: int, entry: Entry) -> Passage:
    return Passage(number, "set", entry.id, entry.title.replace("_", " "), entry.text)


def _plain(text: str) -> str:
    without = re.sub(r"\[\d+\]", " ", text.lower().replace("–", "-").replace("’", "'"))
    return " ".join(without.split()).strip(" .,;:\"'")
