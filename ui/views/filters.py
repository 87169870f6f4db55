"""What a search in a collection is narrowed to, as HTML: labels as chips with their counts, a document, and when it was added.

Also the labels of a passage, and the lines of a file that could not be taken.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from markupsafe import Markup

from knowledge.corpora.efaqa import label_words
from knowledge.loading.document import LeftOut
from knowledge.types import Filter
from ui.render import Manner, plain
from ui.views import parts

_VALUES = 24  # of a name that are shown; those that are chosen are shown besides
DOCUMENTS = 200
"""Documents that can be chosen from; more are found by their names in the list."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What can be chosen (labels with counts; documents as id and title), and what is: labels, a document, ISO dates."""

    labels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    documents: Sequence[Pair] = ()
    chosen: Sequence[Pair] = ()
    document: str = ""
    after: str = ""
    before: str = ""

    @property
    def count(self) -> int:
        """How many things it is narrowed by."""
        return len(self.chosen) + sum(1 for each in (self.document, self.after, self.before) if each)

    @property
    def filter(self) -> Filter:
        """The same for a search; both days are within."""
        labels: dict[str, list[str]] = {}
        for name, value in self.chosen:
            labels.setdefault(name, []).append(value)
        return Filter((self.document,) if self.document else (), labels, _start(self.after), _start(self.before, 1))


def chosen(fields: Mapping[str, Sequence[str]]) -> Narrowing:
    """What a form of `filters_html` says; what is no label or no date is left out."""
    labels = [pair for word in fields.get("label", ()) if (pair := _pair(word))]
    return Narrowing(
        chosen=labels,
        document=next(iter(fields.get("document", ())), "")[:64],
        after=_day(next(iter(fields.get("after", ())), "")),
        before=_day(next(iter(fields.get("before", ())), "")),
    )


def filters_html(narrowing: Narrowing, collection: str, words: str, manner: Manner) -> Markup:
    """The part of a search's form that narrows it; nothing where there is nothing to choose from."""
    if not narrowing.labels and len(narrowing.documents) < 2 and not narrowing.count:
        return parts.EMPTY
    groups = parts.EMPTY.join(_group(name, values, narrowing.chosen, manner) for name, values in narrowing.labels.items())
    options = [("", manner.say("filter_any_document")), *narrowing.documents]
    document = parts.EMPTY
    if len(narrowing.documents) > 1 or narrowing.document:
        document = parts.field(
            manner.say("filter_document"),
            parts.choice("document", options, narrowing.document, label=manner.say("filter_document")),
        )
    dates = Markup('<div class="dates">{}{}</div>').format(
        *(
            parts.field(manner.say(key), Markup('<input type="date" name="{}" value="{}">').format(name, value))
            for key, name, value in (
                ("filter_after", "after", narrowing.after),
                ("filter_before", "before", narrowing.before),
            )
        )
    )
    clear = parts.EMPTY
    if narrowing.count:
        clear = Markup(
            '<button type="button" class="quiet" data-do="workshop" data-action="search" data-collection="{}" data-words="{}">{}'
            "</button>"
        ).format(collection, words, manner.say("filter_clear"))
    # What is ticked stays through a repaint, so what the server knows better needs a key of its own.
    state = repr((narrowing.chosen, narrowing.document, narrowing.after, narrowing.before))
    said = manner.say("filter_on", n=narrowing.count) if narrowing.count else manner.say("filter")
    return Markup(
        '<details class="filters" data-key="filters-{}"><summary>{}</summary><div data-key="{}">{}<div class="filters-more">{}{}'
        "</div>{}</div></details>"
    ).format(collection, said, state, groups, document, dates, clear)


def kept_html(narrowing: Narrowing) -> Markup:
    """The same fields, not shown, for another form that asks within what a search was narrowed to."""
    fields = [("label", json.dumps(pair, ensure_ascii=False)) for pair in narrowing.chosen]
    fields += [("document", narrowing.document), ("after", narrowing.after), ("before", narrowing.before)]
    return parts.EMPTY.join(
        Markup('<input type="hidden" name="{}" value="{}">').format(name, value) for name, value in fields if value
    )


def labels_html(labels: Sequence[Pair], manner: Manner) -> Markup:
    """The labels of a passage."""
    if not labels:
        return parts.EMPTY
    shown = parts.EMPTY.join(
        Markup('<li><span class="badge"><small>{}</small> <bdi>{}</bdi></span></li>').format(
            *map(plain, label_words(name, value, manner.language))
        )
        for name, value in labels
    )
    return Markup('<ul class="labels" aria-label="{}">{}</ul>').format(manner.say("labels"), shown)


def left_out_html(left_out: Sequence[LeftOut], manner: Manner) -> Markup:
    """The lines of a file that could not be taken, each with the reason."""
    if not left_out:
        return parts.EMPTY
    rows = parts.EMPTY.join(
        Markup("<li><b>{}</b> {}</li>").format(f"{each.line:,}", each.chinese if manner.language == "zh" else each.english)
        for each in left_out
    )
    return Markup('<details class="left-out"><summary>{}</summary><ol>{}</ol></details>').format(
        manner.say("left_out_lines", n=len(left_out)), rows
    )


def _group(name: str, values: Mapping[str, int], chosen: Sequence[Pair], manner: Manner) -> Markup:
    shown = [value for place, value in enumerate(values) if place < _VALUES or (name, value) in chosen]
    shown += [value for called, value in chosen if called == name and value not in values]
    more = len(values) - len([value for value in shown if value in values])
    title = label_words(name, next(iter(values), ""), manner.language)[0]
    chips = parts.EMPTY.join(
        Markup(
            '<label class="filter-chip"><input type="checkbox" name="label" value="{}"{}><span><bdi>{}</bdi> <small>{}</small>'
            "</span></label>"
        ).format(
            json.dumps([name, value], ensure_ascii=False),
            Markup(" checked") if (name, value) in chosen else parts.EMPTY,
            plain(label_words(name, value, manner.language)[1]),
            f"{values.get(value, 0):,}",
        )
        for value in shown
    )
    left = Markup("<small>{}</small>").format(manner.say("filter_more", n=f"{more:,}")) if more > 0 else parts.EMPTY
    return Markup("<fieldset><legend><bdi>{}</bdi></legend>{}{}</fieldset>").format(plain(title), chips, left)


def _pair(word: str) -> Pair | None:
    try:
        name, value = json.loads(word)
    except (ValueError, TypeError, RecursionError):
        return None
    return (name, value) if isinstance(name, str) and isinstance(value, str) else None


def _day(word: str) -> str:
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError:
        return ""


def _start(day: str, later: int = 0) -> float | None:
    """When a day begins here, or so many days after it, in seconds since 1970."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=later), time()).timestamp()
    except (OverflowError, ValueError, OSError):
        return None
