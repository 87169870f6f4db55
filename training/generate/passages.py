"""Conversations about passages: a question, one to three passages in view, and the sentence that answers it, or that none does.

The passages are invented, out of the texts in `topics/`: each is some of a topic's sentences with new names and numbers, and the
sentences that were left out give questions that the passage looks as if it could answer. An answer is the sentence as it stands
with the number of its passage: what a small model copies is right more often than what it words anew.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from assistant import prompt
from assistant.messages import Message
from assistant.models.base import GenerationOptions, ModelInfo, estimate_tokens
from common.yamltext import read_mapping
from knowledge.types import Hit, Passage
from personas.schema import Persona
from personas.store import SHIPPED, SIZE_LIMIT
from training.conversation import Conversation
from training.generate.passages_topics import Fact, Topic, shipped_topics, topics
from training.generate.passages_words import Words

PASSAGES = "generated/passages"
"""The source of the conversations in which a passage answers the question."""

NOT_THERE = "That is not in my documents."
"""The whole answer where no passage in view has it."""

_ABSENT = 0.15  # of the questions have no answer in view; to turn down is learnt sooner than to find
_SHIPPED = 0.08  # of the questions, and of the passages that stand beside, come from the documents of the app
_SEVERAL = 0.6  # of the conversations ask on about what is in view: many answers for the tokens of one passage
_AGAIN = 0.1  # bring new passages for a second question
_WORDS = (40, 160)  # of a passage
_BESIDE = (25, 80)  # of one that only stands beside it
_READER = ModelInfo("builtin", "", frozenset({"en"}), tools=True, grounding=True, context_tokens=4096)
_FIRST_DAY = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)
_BRIEF = "Use two or three short sentences."
_ROLES = (
    "You answer questions about documents. You answer only from the numbered passages.",
    "You are a helpful assistant for the staff. Answer from the passages and quote them.",
    "You are the archive's assistant. Say what the passages say, and nothing else.",
    "You are a patient teacher who explains with the words of the text.",
    "You are the front desk of a small museum. Be brief and exact.",
    "You help customers with manuals and rules. Keep numbers and names exactly as they are written.",
    "You are a research assistant. Every statement carries the number of its passage.",
    "You are Nel, a friendly reader. You read first, and then you answer in one sentence.",
)
_LEADS = ("According to the documents, ", "Please tell me: ", "One question: ", "I would like to know: ", "From the text: ")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A passage made of a topic: `facts` are in it, `missing` are not."""

    topic: Topic
    title: str
    facts: tuple[Fact, ...]
    missing: tuple[Fact, ...]

    @property
    def text(self) -> str:
        return " ".join(fact.text for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the passages in view and the answer; `absent` where none of them has it."""

    question: str
    view: tuple[Drawn, ...]
    answer: str
    absent: bool


def generate_passages(count: int, seed: int) -> list[Conversation]:
    """So many conversations, the same for the same seed."""
    dice = random.Random(seed)
    return [_conversation(dice) for _ in range(count)]


def draw(topic: Topic, dice: random.Random, without: int | None = None, words: tuple[int, int] = _WORDS) -> Drawn:
    """A passage of so many `words`; `without` is the place of a fact that it must not have."""
    made = Words(dice)
    title = made.fill(dice.choice(topic.titles))
    facts = [Fact(made.fill(fact.text), tuple(map(made.fill, fact.questions))) for fact in topic.facts]
    wanted = dice.randint(*words)
    places = [place for place in range(1, len(facts)) if place != without]
    dice.shuffle(places)
    kept = [0]
    for place in places:
        if sum(len(facts[place].text.split()) for place in kept) >= wanted:
            break
        kept.append(place)
    order = sorted(kept) if dice.random() < 0.7 else kept
    return Drawn(
        topic, title, tuple(facts[place] for place in order), tuple(facts[p] for p in range(len(facts)) if p not in kept)
    )


def ask(dice: random.Random, about: Drawn | None = None) -> Asked:
    """A question that one to three passages answer, or do not; `about` is a passage to stay with."""
    if dice.random() < _ABSENT:
        return _absent(dice, about)
    drawn = about or draw(_asked_about(dice), dice)
    fact = dice.choice([fact for fact in drawn.facts if fact.questions])
    question = dice.choice(fact.questions)
    beside = [_other(dice, drawn, question) for _ in range(dice.choices((0, 1, 2), (62, 26, 12))[0])]
    view = [*beside, drawn]
    dice.shuffle(view)
    return Asked(_voiced(question, dice), tuple(view), quoted(fact.text, view.index(drawn) + 1), False)


def _asked_about(dice: random.Random) -> Topic:
    if dice.random() < _SHIPPED:
        return dice.choice([topic for topic in shipped_topics() if topic.facts[0].questions])
    return dice.choice(topics())


def quoted(sentence: str, number: int) -> str:
    """The sentence with the number of its passage before the full stop."""
    return f"{sentence[:-1]} [{number}]." if sentence.endswith(".") else f"{sentence} [{number}]"


def _absent(dice: random.Random, about: Drawn | None) -> Asked:
    """A question whose answer was left out, or is about something else of the kind, or about something else altogether."""
    kind = dice.choices(("left out", "namesake", "elsewhere"), (30, 15, 55))[0]
    if about and about.missing and any(fact.questions for fact in about.missing):
        drawn, kind = about, "left out"
    else:
        topic = dice.choice(topics())
        asked_for = dice.choice([place for place, fact in enumerate(topic.facts) if place and fact.questions])
        drawn = draw(topic, dice, asked_for)
    question = dice.choice(dice.choice([fact for fact in drawn.missing if fact.questions]).questions)
    view = [drawn] if kind == "left out" else []
    if kind == "namesake":
        other = draw(drawn.topic, dice)
        view = [other if _names(question, other) else _elsewhere(dice, drawn, beside=False)]
    while len(view) < 1 or (len(view) < 3 and dice.random() < 0.3):
        view.append(_elsewhere(dice, drawn, beside=bool(view)))
    dice.shuffle(view)
    return Asked(_voiced(question, dice), tuple(view), NOT_THERE, True)


def _other(dice: random.Random, drawn: Drawn, question: str) -> Drawn:
    """A passage to stand beside: now and then of the same kind, where the question names what it is about."""
    if dice.random() < 0.3:
        other = draw(drawn.topic, dice, words=_BESIDE)
        if _names(question, other):
            return other
    return _elsewhere(dice, drawn)


def _elsewhere(dice: random.Random, drawn: Drawn, *, beside: bool = True) -> Drawn:
    """A passage about something else."""
    while (topic := dice.choice(shipped_topics() if dice.random() < _SHIPPED else topics())) is drawn.topic:
        pass
    return draw(topic, dice, words=_BESIDE if beside else _WORDS)


def _names(question: str, other: Drawn) -> bool:
    """Whether the question has a name that is nowhere in the other passage."""
    names = re.findall(r"(?<=\s)[A-Z][\w-]{3,}", question)
    return any(name not in other.text and name not in other.title for name in names)


def _voiced(question: str, dice: random.Random) -> str:
    """The question as people type it: mostly as it is, at times carelessly or with an opening."""
    way = dice.random()
    lower = question[0].lower() + question[1:]
    if way < 0.06:
        return lower.rstrip("?")
    if way < 0.12:
        return dice.choice(_LEADS) + lower
    return question


def _conversation(dice: random.Random) -> Conversation:
    first = ask(dice)
    day = _FIRST_DAY + timedelta(days=dice.randrange(1200))
    opening = _opening(dice)
    way = dice.random()
    if way < _SEVERAL:
        turns = _turn(first, day)
        for more in _more(dice, first, dice.randint(1, 4)):
            turns += [Message("user", more.question), Message("assistant", more.answer)]
        return _named([*opening, *turns], first, learnt=len(turns) // 2)
    if way >= _SEVERAL + _AGAIN:
        return _named([*opening, *_turn(first, day)], first)
    again = next((drawn for drawn in first.view if any(fact.questions for fact in drawn.facts)), None)
    second = ask(dice, again if dice.random() < 0.5 else None)
    if dice.random() < 0.5:  # as the app sends it: the passages of an earlier turn are gone
        earlier = [Message("user", first.question), Message("assistant", first.answer)]
        return _named([*opening, *earlier, *_turn(second, day)], second)
    return _named([*opening, *_turn(first, day), *_turn(second, day)], second, learnt=2)


def _more(dice: random.Random, first: Asked, count: int) -> list[Asked]:
    """Other questions under the same passages, each about one that is the only one of its kind in view."""
    kinds = [drawn.topic for drawn in first.view]
    alone = [(number, drawn) for number, drawn in enumerate(first.view, 1) if kinds.count(drawn.topic) == 1]
    answer = [(fact, quoted(fact.text, number)) for number, drawn in alone for fact in drawn.facts]
    nothing = [(fact, NOT_THERE) for _, drawn in alone for fact in drawn.missing]
    found: list[Asked] = []
    for _ in range(count):
        absent = dice.random() < _ABSENT
        choice = [
            (fact, said) for fact, said in (nothing if absent else answer) if fact.questions and (absent or said != first.answer)
        ]
        if absent and (not choice or dice.random() < 0.4):
            other = dice.choice([topic for topic in topics() if topic not in kinds])
            drawn = draw(other, dice, words=(0, 1))
            choice = [(fact, NOT_THERE) for fact in drawn.missing]
        if choice:
            fact, said = dice.choice(choice)
            found.append(Asked(_voiced(dice.choice(fact.questions), dice), first.view, said, absent))
    return found


def _named(messages: Sequence[Message], asked: Asked, learnt: int = 1) -> Conversation:
    """The last `learnt` answers are learnt."""
    spoken = [place for place, message in enumerate(messages) if message.role == "assistant"][-learnt:]
    weights = tuple(float(place in spoken) for place in range(len(messages)))
    return Conversation("generated/absent" if asked.absent else PASSAGES, tuple(messages), weights)


def _turn(asked: Asked, day: datetime) -> list[Message]:
    hits = tuple(Hit(_passage(number, drawn), 1.0) for number, drawn in enumerate(asked.view, 1))
    text = prompt.with_material(asked.question, prompt.Material(hits, day), "en")
    return [Message("user", text), Message("assistant", asked.answer)]


def _passage(number: int, drawn: Drawn) -> Passage:
    title, _, heading = drawn.title.partition(" > ")
    return Passage(number, "made", str(number), title, drawn.text, heading)


@cache
def _shipped() -> tuple[Persona, ...]:
    return tuple(
        Persona.model_validate(read_mapping(path.read_text("utf-8"), SIZE_LIMIT)) for path in sorted(SHIPPED.glob("*.yaml"))
    )


def _opening(dice: random.Random) -> list[Message]:
    """What stands before the first question: a persona's instruction as the app gives it, a short one, or nothing."""
    way = dice.random()
    if way < 0.1:
        return []
    if way < 0.3:
        return [Message("system", f"{dice.choice(_ROLES)} {_BRIEF}")]
    if way < 0.6:
        persona = next(persona for persona in _shipped() if persona.answers_only_from_documents)
    else:
        english = {"en": dice.choice(_ROLES)}
        persona = Persona.model_validate(
            {"id": "reader", "version": 1, "title": {"en": "Reader"}, "instruction": english, "collections": ["made"]}
        )
    options = GenerationOptions()
    built = prompt.build(persona, "en", [], "", prompt.Material((), _FIRST_DAY), _READER, options, estimate_tokens)
    return built[:-1]
