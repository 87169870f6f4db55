"""Questions for the app's own tools: calculator, clock, dates and units, each answered from what the real tool gave.

Every call is run through the tool itself, at a moment of its own, and the answer quotes the tool's text. Forms that the tools do
not read ("12 squared") are written as they do ("12^2").
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from common.errors import HearthError
from evaluation.everyday import QUESTIONS
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.builtin.calculator import Calculator
from tools.builtin.clock import Clock
from tools.builtin.dates import Dates
from tools.builtin.units import Units
from tools.validation import check
from training.generate import values
from training.generate.ask import capital
from training.generate.builtin_forms import (
    CALCULATIONS,
    FESTIVALS,
    PERIOD_UNITS,
    PLACES,
    UNIT_PAIRS,
    UNKNOWN_UNITS,
    Calculation,
)

KEPT_FOR_TESTS = frozenset(question.text.casefold() for question in QUESTIONS)
"""Questions that are measured with; none is ever generated."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question, the call that was run for it, what the tool gave, and the answer in words."""

    question: str
    tool: ToolSpec
    arguments: Mapping[str, Any]
    output: ToolOutput
    answer: str


Maker = Callable[[random.Random, ToolContext], Answered]


class Questions:
    """Makes questions for the four tools, which it holds because units take a while to load."""

    def __init__(self) -> None:
        self._tools: Mapping[str, Tool] = {tool.spec.name: tool for tool in (Calculator(), Clock(), Dates(), Units())}
        self.specs: tuple[ToolSpec, ...] = tuple(tool.spec for tool in self._tools.values())

    def make(self, rng: random.Random, now: datetime) -> Answered:
        """One question asked at `now` (aware), whose call does what was asked, or now and then fails as the tool says."""
        makers: Sequence[Callable[[random.Random, ToolContext], tuple[str, str, dict[str, Any]]]]
        makers = (_calculation, _calculation, _calculation, _time, _time, _conversion_of_time, _until, _day, _later, _apart)
        makers = (*makers, _units, _units, _units, _units, _odd_units)
        while True:
            context = ToolContext(language="en", now=now)
            question, name, arguments = rng.choice(makers)(rng, context)
            output = called(self._tools[name], arguments, context)
            wanted = not output.failed or name == "convert_units"
            if wanted and question.casefold() not in KEPT_FOR_TESTS and len(output.text) < 260:
                spec = next(spec for spec in self.specs if spec.name == name)
                return Answered(question, spec, arguments, output, capital(_answer(name, arguments, output, rng)))


def called(tool: Tool, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    """What `tools.runner` gives for such a call, without a thread and a deadline, which these tools do not need."""
    try:
        return tool.call(check(tool.spec.name, tool.spec.parameters, arguments), context)
    except HearthError as error:
        return ToolOutput(error.sentence(context.language), failed=True)


def moment(rng: random.Random) -> datetime:
    """A time at which a conversation may be had."""
    return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randint(0, 60 * 24 * 1400))


_ASKED = (
    "What is {}?", "What is {}?", "What's {}?", "How much is {}?", "Calculate {}.", "Calculate {}", "Work out {}.",
    "Compute {}.",
    "{}", "{}?", "{} = ?", "Can you calculate {}?", "Tell me what {} is.", "I need to know {}.", "what is {}",
    "Please work out {}.",
    "Hey, what's {}?", "Could you tell me what {} is?", "What does {} come to?", "Quick one: {}?", "Help me calculate {}.",
)  # fmt: skip


def _calculation(rng: random.Random, context: ToolContext) -> tuple[str, str, dict[str, Any]]:
    form: Calculation = rng.choice(CALCULATIONS)
    said, expression = form(rng)
    question = said if said.endswith(("?", ".")) else capital(rng.choice(_ASKED).format(said))
    return question, "calculator", {"expression": expression}


def _time(rng: random.Random, context: ToolContext) -> tuple[str, str, dict[str, Any]]:
    place = rng.choice(PLACES)
    forms = (
        f"What time is it in {place}?", f"What's the time in {place}?", f"What time is it now in {place}?", f"time in {place}",
        f"Tell me the time in {place}.", f"Do you know what time it is in {place}?", f"What is the current time in {place}?",
        f"How late is it in {place}?", f"Is it already morning in {place}? What's the time there?", f"{place} time?",
        f"I want to call a friend in {place}. What time is it there?", f"Could you check the local time in {place}?",
        f"What day and time is it in {place} right now?", f"Current time in {place} please",
        f"What's the time over in {place}?",
        f"Can you tell me what the clock says in {place}?", f"What time do they have in {place} now?",
    )  # fmt: skip
    if rng.random() < 0.08:
        return rng.choice(("What time is it?", "What's the time?", "Can you tell me the time?", "time now?")), "clock", {}
    return rng.choice(forms), "clock", {"place": place}


def _conversion_of_time(rng: random.Random, context: ToolContext) -> tuple[str, str, dict[str, Any]]:
    there, here = rng.sample(PLACES, 2)
    hour, minute = rng.randint(0, 23), rng.choice((0, 0, 15, 30, 45))
    twelve = f"{hour % 12 or 12}{f':{minute:02}' if minute else ''} {'am' if hour < 12 else 'pm'}"
    time = rng.choice((f"{hour:02}:{minute:02}", twelve))
    if rng.random() < 0.2:
        forms: tuple[str, ...] = (f"When it is {time} here, what time is it in {there}?", f"What is {time} my time in {there}?")
        return rng.choice(forms), "clock", {"place": there, "time": time}
    forms = (
        f"When it is {time} in {here}, what time is it in {there}?", f"If it's {time} in {here}, what time is it in {there}?",
        f"What is {time} in {here} in {there} time?", f"{time} in {here} is what time in {there}?",
        f"Convert {time} {here} time to {there} time.", f"My meeting is at {time} in {here}. When is that in {there}?",
        f"A call starts at {time} {here} time. What time is that in {there}?",
        f"What time is it in {there} at {time} in {here}?",
    )  # fmt: skip
    return rng.choice(forms), "clock", {"place": there, "time": time, "from_place": here}


def _named_day(rng: random.Random, context: ToolContext, ahead: bool) -> tuple[str, str]:
    """A day as people say it, and as the tool is asked for it."""
    if rng.random() < 0.5:
        festival = rng.choice(FESTIVALS)
        if rng.random() < 0.3:
            year = context.now.year + rng.randint(1, 4)
            return f"{festival} {year}", f"{festival.removeprefix('the ')} {year}"
        return festival, festival.removeprefix("the ")
    days = rng.randint(3, 900) if ahead else rng.randint(-20000, 3000)
    value = values.dated(rng, context.now.date() + timedelta(days=days))
    return value.said, str(value.value)


def _until(rng: random.Random, context: ToolContext) -> tuple[str, str, dict[str, Any]]:
    said, day = _named_day(rng, context, ahead=True)
    forms = (
        f"How many days until {said}?", f"How many days are left until {said}?", f"How long until {said}?",
        f"days until {said}",
        f"How many days is it until {said}?", f"How far away is {said}?", f"How many more days until {said}?",
        f"Count the days to {said}.",
        f"How many days from today to {said}?", f"Can you tell me how long it is to {said}?",
        f"I'm looking forward to {said}. How many days left?",
        f"How many days do I have until {said}?", f"Days left before {said}?", f"How many sleeps until {said}?",
    )  # fmt: skip
    return rng.choice(forms), "dates", {"date": "today", "until": day}


def _day(rng: random.Random, context: ToolContext) -> tuple[str, str, dict[str, Any]]:
    if rng.random() < 0.15:
        forms: tuple[str, ...] = (
            "What day is it today?",
            "What's today's date?",
            "What is the date today?",
            "What weekday is it?",
            "today's date?",
        )
        return rng.choice(forms), "dates", {"date": "today"}
    said, day = _named_day(rng, context, ahead=False)
    forms = (
        f"What day of the week is {said}?", f"Which weekday is {said}?", f"What day was or will be {said}?",
        f"On what day does {said} fall?",
        f"What weekday does {said} fall on?", f"Tell me the day of the week of {said}.", f"weekday of {said}",
        f"Is {said} a Sunday?",
    )  # fmt: skip
    if not any(letter.isdigit() for letter in said):
        forms = (*forms, f"When is {said}?", f"When is {said} this time?", f"What date is {said}?", f"On which date is {said}?")
    return rng.choice(forms), "dates", {"date": day}


def _later(rng: random.Random, context: ToolContext) -> tuple[str, str, dict[str, Any]]:
    unit = rng.choice(("days", "weeks", "months", "years", "days"))
    amount = rng.randint(2, PERIOD_UNITS[unit])
    forms: tuple[str, ...]
    if rng.random() < 0.3:
        forms = (
            f"What date was {amount} {unit} ago?",
            f"What was the date {amount} {unit} ago?",
            f"Which day was it {amount} {unit} ago?",
        )
        return rng.choice(forms), "dates", {"date": "today", "offset": f"{amount} {unit} ago"}
    if rng.random() < 0.5:
        forms = (
            f"What date is it in {amount} {unit}?", f"What is the date {amount} {unit} from now?",
            f"Which day is {amount} {unit} from today?",
            f"What day will it be in {amount} {unit}?", f"date in {amount} {unit}",
            f"If I count {amount} {unit} from today, which date do I get?",
        )  # fmt: skip
        return rng.choice(forms), "dates", {"date": "today", "offset": f"{amount} {unit}"}
    value = values.dated(rng, context.now.date() + timedelta(days=rng.randint(-2000, 2000)))
    forms = (
        f"What date is {amount} {unit} after {value.said}?", f"Add {amount} {unit} to {value.said}.",
        f"What is {value.said} plus {amount} {unit}?",
        f"A contract starts on {value.said} and runs for {amount} {unit}. When does it end?",
        f"Which day is {amount} {unit} after {value.said}?",
    )  # fmt: skip
    return rng.choice(forms), "dates", {"date": value.value, "offset": f"{amount} {unit}"}


def _apart(rng: random.Random, context: ToolContext) -> tuple[str, str, dict[str, Any]]:
    start = context.now.date() - timedelta(days=rng.randint(0, 9000))
    forms: tuple[str, ...]
    first = values.dated(rng, start)
    last = values.dated(rng, start + timedelta(days=rng.randint(2, 6000)))
    if rng.random() < 0.25:
        forms = (
            f"How many days have passed since {first.said}?",
            f"How long ago was {first.said}?",
            f"How many days ago was {first.said}?",
        )
        return rng.choice(forms), "dates", {"date": first.value, "until": "today"}
    forms = (
        f"How many days are there between {first.said} and {last.said}?", f"How many days from {first.said} to {last.said}?",
        f"How long is it from {first.said} to {last.said}?", f"Count the days between {first.said} and {last.said}.",
        f"Days between {first.said} and {last.said}?", f"A trip lasts from {first.said} to {last.said}. How many days is that?",
    )  # fmt: skip
    return rng.choice(forms), "dates", {"date": first.value, "until": last.value}


_CONVERTED = (
    "{v} {a} in {b}", "{v} {a} to {b}", "How much is {v} {a} in {b}?", "Convert {v} {a} to {b}.", "What is {v} {a} in {b}?",
    "How many {b} is {v} {a}?", "How many {b} are {v} {a}?", "What's {v} {a} in {b}?", "Can you convert {v} {a} into {b}?",
    "Please turn {v} {a} into {b}.", "I need {v} {a} in {b}.", "Tell me how many {b} there are in {v} {a}.", "{v} {a} = ? {b}",
    "My recipe says {v} {a}. What is that in {b}?", "convert {v} {a} to {b}", "{v} {a} in {b} please",
    "Express {v} {a} in {b}.",
    "It says {v} {a} here. How much is that in {b}?", "Could you tell me what {v} {a} are in {b}?",
)  # fmt: skip


def _units(rng: random.Random, context: ToolContext) -> tuple[str, str, dict[str, Any]]:
    group = rng.choice(UNIT_PAIRS)
    first, last = rng.sample(group, 2)
    return _converted(rng, rng.choice(first), rng.choice(last))


def _odd_units(rng: random.Random, context: ToolContext) -> tuple[str, str, dict[str, Any]]:
    """A conversion that the tool refuses: between things that do not measure the same, or from a unit that it does not know."""
    group, other = rng.sample(UNIT_PAIRS, 2)
    first = rng.choice(rng.choice(group))
    return _converted(rng, first if rng.random() < 0.6 else rng.choice(UNKNOWN_UNITS), rng.choice(rng.choice(other)))


def _converted(rng: random.Random, first: str, last: str) -> tuple[str, str, dict[str, Any]]:
    value = values.decimal(rng, 1, 300) if rng.random() < 0.6 else values.integer(rng, 1, 9000)
    question = capital(rng.choice(_CONVERTED).format(v=value.said, a=first, b=last))
    return question, "convert_units", {"value": value.value, "from_unit": first, "to_unit": last}


def _answer(name: str, arguments: Mapping[str, Any], output: ToolOutput, rng: random.Random) -> str:
    """The answer in words, with the numbers as the tool wrote them."""
    if output.failed:
        reason = output.text.split(". ")[0].split(" Did you mean")[0].rstrip(".")
        return rng.choice((f"I can't convert that: {reason}.", f"That does not work: {reason}.", f"Sorry, {reason}."))
    if name == "calculator":
        return _of_calculation(output, rng)
    if name == "convert_units":
        said, _, result = output.text.partition(" = ")
        forms = (
            f"{said} is {result}.",
            f"{said} is {result}.",
            f"That is {result}.",
            f"{said} = {result}.",
            f"It is {result}.",
            f"{said} equals {result}.",
        )
        return rng.choice(forms).replace(". =", " =")
    return _of_clock(arguments, output, rng) if name == "clock" else _of_dates(arguments, output, rng)


def _of_calculation(output: ToolOutput, rng: random.Random) -> str:
    said, sign, result = re.split(r" (=|≈) ", output.text, maxsplit=1)
    result = re.sub(r" \(exactly .*\)$", "", result)
    about = "about " if sign == "≈" else ""
    forms = (
        f"{said} is {about}{result}.",
        f"{said} = {result}.",
        f"It is {about}{result}.",
        f"The result is {about}{result}.",
        f"That makes {about}{result}.",
    )
    return rng.choice(forms if sign == "=" else (forms[0], *forms[2:]))


def _of_clock(arguments: Mapping[str, Any], output: ToolOutput, rng: random.Random) -> str:
    found = re.findall(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d) \((\w+),", output.text)
    day, time, weekday = found[-1]
    place = arguments.get("place", "")
    if "time" in arguments:
        source = f" in {arguments['from_place']}" if "from_place" in arguments else " your time"
        given = arguments["time"]
        forms = [
            f"{given}{source} is {time} in {place}.",
            f"It is {time} in {place} then.",
            f"That is {time} in {place} ({weekday}).",
        ]
        if day != found[0][0]:
            forms = [f"{given}{source} is {time} in {place}, on {weekday}.", f"That is {time} in {place}, on {weekday}, {day}."]
        return rng.choice(forms)
    where = f" in {place}" if place else ""
    return rng.choice(
        (
            f"It is {time}{where}.",
            f"It is {time}{where}, {weekday}, {day}.",
            f"It is {weekday}, {day}, {time}{where}.",
            f"The time{where} is {time}.",
        )
    )


def _of_dates(arguments: Mapping[str, Any], output: ToolOutput, rng: random.Random) -> str:
    days = re.findall(r"(\d{4}-\d\d-\d\d) \((\w+)\)", output.text)
    if arguments.keys() == {"date"}:
        (day, weekday), name = days[0], arguments["date"]
        if name == "today":
            return rng.choice((f"Today is {weekday}, {day}.", f"It is {weekday}, {day}."))
        forms = [f"{day} is a {weekday}.", f"That is {weekday}, {day}."]
        return rng.choice(forms if name[0].isdigit() else [*forms, f"{name} is on {weekday}, {day}."])
    if "offset" in arguments:
        day, weekday = days[-1]
        return rng.choice((f"That is {weekday}, {day}.", f"It is {day}, a {weekday}.", f"{day} ({weekday})."))
    count = re.search(r": (-?\d+) days", output.text)
    number = count[1] if count else "0"
    unit = "day" if number in ("1", "-1") else "days"
    if arguments["date"] == "today":
        until = arguments["until"]
        return rng.choice(
            (
                f"{number} {unit}.",
                f"There are {number} {unit} until {until}.",
                f"It is {number} {unit} until {until}.",
                f"{number} {unit} are left.",
            )
        ).replace("There are 1 day ", "There is 1 day ")
    return rng.choice((f"{number} {unit}.", f"It is {number} {unit}.", f"That makes {number} {unit}."))
