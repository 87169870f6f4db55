"""The forms of a corpus: counselling records (efaqa), questions with answers, dialogues; and the records that values become.

A form is told by what the first values hold. What a record says beside its question and answer becomes labels where the whole
file says few different things under that name; else it stands in the text, so that nothing is lost.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from knowledge.chunking import LIMIT, token_estimate
from knowledge.corpora import efaqa
from knowledge.corpora.lines import Source, Unfit, Value, sources, values
from knowledge.loading.document import LeftOut, worded
from knowledge.types import Record

Form = Literal["efaqa", "qa", "dialogues"]

_QUESTIONS = (
    "question", "questions", "q", "query", "prompt", "instruction", "ask", "问题", "提问", "问", "题目", "問題", "提問",
)  # fmt: skip
_ANSWERS = (
    "answer", "answers", "a", "response", "reply", "output", "completion", "best_answer",
    "答案", "回答", "答", "回复", "答复", "回覆",
)  # fmt: skip
_INPUT = "input"  # what an instruction is about, as Alpaca writes it
_TURNS = ("messages", "conversations", "conversation", "dialogue", "dialog", "dialogues", "turns", "chats", "utterances", "对话")
_SENDERS = ("role", "from", "sender", "speaker", "author")
_WORDS = ("content", "value", "text", "utterance", "message")
_ASKING = frozenset(
    ("user", "human", "client", "owner", "seeker", "usr", "patient", "customer", "visitor", "question", "来访者", "用户", "患者")
)
_SILENT = frozenset(("system", "tool", "function", "developer"))
_TITLES = ("title", "topic", "situation", "subject", "标题", "主题")
_NESTED = ("label", "labels", "meta", "metadata", "tags")

_LOOKED_AT = 20  # values from which the form is told
_FEW = 50  # different values of one name, up to which they are labels
_SHORT = 60  # characters of such a value
_NAMED_AS_LABEL = frozenset(
    ("category", "categories", "label", "labels", "tag", "tags", "topic", "type", "source", "language", "lang", "difficulty",
     "level", "department", "类别", "分类", "类型", "标签", "来源", "主题", "语言", "科室", "部门")
)  # fmt: skip
_NEVER_LABELS = frozenset(
    ("id", "uid", "uuid", "md5", "hash", "index", "file", "path", "url", "link", "time", "date", "编号", "序号")
)
_HEADING = 300  # characters of a question that head its passage; a longer one stands in the text too


@dataclass(frozen=True, slots=True)
class Corpus:
    """A file whose values are records of a form; in `asked` and `answered` those of questions with answers say them."""

    source: Source
    form: Form
    asked: str = ""
    answered: str = ""

    @property
    def sections(self) -> str:
        """The form of the document that its records make: in a dialogue no stretch weighs more than another."""
        return "passages" if self.form == "dialogues" else "records"


def corpus(path: Path, name: str, form: Form | None = None) -> Corpus | None:
    """The corpus that a file called `name` is, None where it is none: most of its first values are records of one form.

    With `form` it is taken for that if any of them is one. Raises `OSError`, and those of gzip and zlib.
    """
    bare = name.lower().removesuffix(".gz")
    for source in sources(path, form is not None or bare.endswith((".csv", ".tsv"))):
        if source.layout == "table":
            columns = _columns(source.names)
            if columns and form in (None, "qa"):
                return Corpus(source, "qa", *columns)
            continue
        first = [value for _, value in islice(values(source), _LOOKED_AT)]
        found = [each for each in map(_form, first) if form in (None, each)]
        best, count = Counter(found).most_common(1)[0] if found else ("", 0)
        if best and (form or count * 2 > len(first)):
            columns = next((pair for value in first if isinstance(value, dict) and (pair := _columns(tuple(value)))), ("", ""))
            return Corpus(source, best, *(columns if best == "qa" else ("", "")))  # type: ignore[arg-type]
    return None


def few_valued(corpus: Corpus) -> frozenset[str]:
    """The names under which the whole file says few different things, so that they are labels."""
    if corpus.form == "efaqa":
        return frozenset()
    seen: dict[str, Counter[str]] = {}
    out: set[str] = set()
    for _, value in values(corpus.source):
        for name, said in _others(value, corpus) if isinstance(value, dict) else ():
            if name in out:
                continue
            counted = seen.setdefault(name, Counter())
            counted[said] += 1
            if len(counted) > _FEW or len(said) > _SHORT or "\n" in said:
                out.add(name)
                del seen[name]
    return frozenset(
        name
        for name, counted in seen.items()
        if name.lower() in _NAMED_AS_LABEL or (name.lower() not in _NEVER_LABELS and 2 * len(counted) <= counted.total())
    )


def records(corpus: Corpus, number: int, value: Value | LeftOut, labelled: frozenset[str]) -> list[Record] | LeftOut:
    """The passages that a value makes, or why it makes none; `labelled` are the names that are labels."""
    if isinstance(value, LeftOut):
        return value
    try:
        if corpus.form == "efaqa":
            return [efaqa.record(value)]
        if corpus.form == "qa":
            return [_answered(value, corpus, labelled)]
        return _spoken(value, corpus, labelled)
    except Unfit as reason:
        return LeftOut(number, reason.english, reason.chinese)


# what a value is


def _form(value: Value | LeftOut) -> Form | None:
    if isinstance(value, dict):
        chats = value.get("chats")
        if isinstance(chats, list) and any(isinstance(each, dict) and "sender" in each for each in chats):
            return "efaqa"
        turns = _turns(value)
        if turns is not None and any(_turn(turn, place) for place, turn in enumerate(turns)):
            return "dialogues"
        return "qa" if _columns(tuple(value)) else None
    if isinstance(value, list) and any(_turn(turn, 0) for turn in value if isinstance(turn, dict)):
        return "dialogues"
    return None


def _columns(names: Sequence[str]) -> tuple[str, str] | None:
    """The names under which a question and its answer stand."""
    plain = {str(name).strip().lower(): str(name) for name in reversed(names)}
    question = next((plain[name] for name in _QUESTIONS if name in plain), None)
    answer = next((plain[name] for name in _ANSWERS if name in plain), None)
    return (question, answer) if question and answer else None


def _others(value: Mapping[str, Any], corpus: Corpus) -> Iterator[tuple[str, str]]:
    """What a record says beside its question and answer, or its dialogue: short texts, numbers and lists of such."""
    used = {corpus.asked, corpus.answered, _INPUT if corpus.form == "qa" else "", *(_TURNS if corpus.form == "dialogues" else ())}
    for name, each in value.items():
        if name in used or not name:
            continue
        inner = each.items() if isinstance(each, dict) and name in _NESTED else [(name, each)]
        for called, said in inner:
            for one in said if isinstance(said, list) else [said]:
                if isinstance(one, bool | int | float):
                    one = str(one).lower() if isinstance(one, bool) else str(one)
                if isinstance(one, str) and one.strip():
                    yield " ".join(str(called).split()), one.strip()


# what a value becomes


def _answered(value: Value, corpus: Corpus, labelled: frozenset[str]) -> Record:
    if not isinstance(value, dict):
        raise Unfit("it is not a JSON object", "不是 JSON 对象")
    question, answer = _said(value.get(corpus.asked)), _said(value.get(corpus.answered))
    given = _said(value.get(_INPUT))
    if not question:
        raise Unfit(f"it has no question ({corpus.asked!r})", f"缺少问题（{corpus.asked!r}）")
    if not answer:
        raise Unfit(f"it has no answer ({corpus.answered!r})", f"缺少答案（{corpus.answered!r}）")
    labels = tuple(pair for pair in _others(value, corpus) if pair[0] in labelled)
    more = [f"{name}: {said}" for name, said in _others(value, corpus) if name not in labelled]
    heading = " ".join(f"{question} {given}".split())
    parts = [answer, *more]
    if len(heading) > _HEADING or "\n" in given:
        parts = [part for part in (question, given) if part] + parts
        heading = heading[:_HEADING]
    return Record(heading, "\n".join(parts), labels=labels)


def _spoken(value: Value, corpus: Corpus, labelled: frozenset[str]) -> list[Record]:
    """A dialogue in stretches that an embedder can read as a whole, each under what it began with."""
    turns = _turns(value) if isinstance(value, dict) else value
    if not isinstance(turns, list):
        raise Unfit("it has no list of messages", "没有消息列表")
    said = [found for place, turn in enumerate(turns) if (found := _turn(turn, place))]
    if len(said) < 2 or all(asking for asking, _ in said):
        raise Unfit("nobody replies in it", "其中没有人回复")
    labels: tuple[tuple[str, str], ...] = ()
    heading = next((text for asking, text in said if asking), said[0][1])
    if isinstance(value, dict):
        labels = tuple(pair for pair in _others(value, corpus) if pair[0] in labelled)
        heading = next((title for name in _TITLES if (title := _said(value.get(name)))), heading)
    heading = " ".join(heading.split())[:_HEADING]
    lines = [worded(text, "Q: ", "问：") + text if asking else worded(text, "A: ", "答：") + text for asking, text in said]
    return [Record(heading, text, labels=labels) for text in _stretches(lines, [asking for asking, _ in said])]


def _stretches(lines: Sequence[str], asking: Sequence[bool]) -> Iterator[str]:
    """The lines together, as many as fit; a stretch begins with what somebody asks where that can be."""
    taken: list[str] = []
    size = 0
    for place, line in enumerate(lines):
        more = token_estimate(line)
        # A question goes with its answer: where both do not fit, the stretch ends before the question.
        coming = token_estimate(lines[place + 1]) if asking[place] and place + 1 < len(lines) else 0
        if taken and size + more + coming > LIMIT:
            yield "\n".join(taken)
            taken, size = [], 0
        taken.append(line)
        size += more
    yield "\n".join(taken)


def _turns(value: Mapping[str, Any]) -> list[Any] | None:
    return next((turns for name in _TURNS if isinstance(turns := value.get(name), list)), None)


def _turn(turn: Any, place: int) -> tuple[bool, str] | None:
    """(whether it asks, what it says) of a message; bare texts take turns. None for what nobody says."""
    if isinstance(turn, str):
        return (place % 2 == 0, turn.strip()) if turn.strip() else None
    if not isinstance(turn, dict):
        return None
    sender = next((turn[name] for name in _SENDERS if isinstance(turn.get(name), str)), None)
    text = next((said for name in _WORDS if (said := _said(turn.get(name)))), "")
    if sender is None or not text or sender.lower() in _SILENT:
        return None
    return sender.lower() in _ASKING, text


def _said(value: Any) -> str:
    """A text, or the texts of a list, as chat models' messages hold them."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, list):
        parts = (each.get("text", "") if isinstance(each, dict) else each for each in value)
        return "\n".join(part.strip() for part in parts if isinstance(part, str) and part.strip())
    return ""
