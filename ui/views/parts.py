"""What the workshop pages are made of: the frame of a page, a list beside an open thing, fields, and notes.

Pure functions like those of `ui.render`, with the same rule: text from outside goes through `Markup.format` and nothing else.
What the attributes make the page's script do is said in `ui/static/page.js`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from markupsafe import Markup

from ui.render import Manner, plain

EMPTY = Markup("")

Option = tuple[str, str]
"""A value and the words it is chosen by."""


def page(title: str, lead: str, body: Markup, *, tools: Markup = EMPTY, note: Markup = EMPTY) -> Markup:
    """A workshop page; `tools` are its own buttons, beside the title, `note` is what the last act has to say."""
    return Markup(
        '<div class="shop"><header class="shop-head"><div><h1>{}</h1><p>{}</p></div><div class="row">{}</div></header>'
        '<div class="outcome-place" aria-live="polite">{}</div>{}</div>'
    ).format(title, lead, tools, note, body)


def split(
    manner: Manner,
    label: str,
    items: Markup,
    opened: Markup,
    *,
    search: str = "",
    tools: Markup = EMPTY,
    back: str = "",
    above: Markup = EMPTY,
    below: Markup = EMPTY,
    searched: str | None = None,
) -> Markup:
    """A list on the left, the open thing on the right.

    `search` are the words of a field that filters the list as one types ("" for none); with `searched`, what was typed so far,
    the list holds only some of the things there are, and the act "find" searches them all. `above` stands over it, `below` under
    it and `tools` under the list. On a narrow screen only one of the two is in view: the open thing where `back` names the page
    of its list.
    """
    finder = EMPTY
    if search:
        how = Markup("data-filter") if searched is None else Markup('data-find value="{}"').format(searched)
        finder = Markup('<input type="search" {1} placeholder="{0}" aria-label="{0}">').format(search, how)
    home = EMPTY
    if back:
        home = Markup('<a class="back" href="?at={0}" data-do="thing" data-thing="" data-page="{0}">← {1}</a>').format(
            back, manner.say("to_the_list")
        )
    return Markup(
        '<div class="split{}"><nav class="pick" aria-label="{}">{}{}{}<div class="items">{}</div>{}</nav>'
        '<div class="open-thing">{}{}</div></div>'
    ).format(" opened" if back else "", label, above, finder, below, items, tools, home, opened)


def group(title: str, items: Markup) -> Markup:
    """Items of a list under a heading."""
    return Markup("<section><h3>{}</h3>{}</section>").format(title, items)


def item(at: str, id: str, title: str, sub: str = "", *, current: bool = False, mark: Markup = EMPTY) -> Markup:
    """A thing in the list of page `at`; `mark` stands before its title, `sub` under it."""
    return Markup(
        '<a href="?at={0}&amp;id={1}" data-do="thing" data-page="{0}" data-thing="{1}" data-key="item-{1}" {2}>{3}'
        "<span><bdi>{4}</bdi>{5}</span></a>"
    ).format(
        at,
        id,
        Markup('aria-current="true"') if current else EMPTY,
        mark,
        plain(title),
        Markup("<small>{}</small>").format(sub) if sub else EMPTY,
    )


def field(label: str, control: Markup, *, hint: str = "", problem: str = "") -> Markup:
    """A control with its name above it; `hint` says what it is for, `problem` what is wrong with it."""
    return Markup('<label class="field{}"><span>{}</span>{}{}{}</label>').format(
        " wrong" if problem else "",
        label,
        control,
        Markup("<small>{}</small>").format(hint) if hint else EMPTY,
        Markup('<em role="alert">{}</em>').format(problem) if problem else EMPTY,
    )


def fields(legend: str, controls: Markup, *, hint: str = "", problem: str = "") -> Markup:
    """Several controls that are one thing, such as a text in both languages or picks."""
    return Markup('<fieldset class="field{}"><legend>{}</legend>{}{}{}</fieldset>').format(
        " wrong" if problem else "",
        legend,
        Markup("<small>{}</small>").format(hint) if hint else EMPTY,
        controls,
        Markup('<em role="alert">{}</em>').format(problem) if problem else EMPTY,
    )


def line(
    name: str, value: str, *, label: str = "", hint: str = "", limit: int = 400, kind: Literal["text", "password", "url"] = "text"
) -> Markup:
    """A line of text; `label` names one that stands in no `field`, `hint` shows while it is empty."""
    return Markup('<input type="{}" name="{}" value="{}" maxlength="{}" placeholder="{}" {} autocomplete="off">').format(
        kind, name, value, limit, hint, _labelled(label)
    )


def area(name: str, value: str, *, rows: int = 3, label: str = "", hint: str = "", limit: int = 20_000) -> Markup:
    """A text of several lines; it grows with what is typed."""
    return Markup('<textarea name="{}" rows="{}" maxlength="{}" placeholder="{}" {} data-grow>{}</textarea>').format(
        name, rows, limit, hint, _labelled(label), "\n" + value if value.startswith("\n") else value
    )


def both(
    manner: Manner, name: str, english: str, chinese: str, *, rows: int = 0, limit: int = 20_000, problem: str = ""
) -> Markup:
    """A text in both languages side by side, the reader's own first: lines, or areas of `rows` rows."""

    def control(language: str, value: str) -> Markup:
        full = f"{name}.{language}"
        words = manner.say(f"in_{language}")
        return Markup('<div lang="{0}" data-key="{0}"><small aria-hidden="true">{1}</small>{2}</div>').format(
            language,
            words,
            area(full, value, rows=rows, label=words, limit=limit) if rows else line(full, value, label=words, limit=limit),
        )

    ordered = [control("en", english), control("zh", chinese)]
    if manner.language == "zh":
        ordered.reverse()
    told = Markup('<em role="alert">{}</em>').format(problem) if problem else EMPTY
    return Markup('<div class="both">{}</div>{}').format(Markup("").join(ordered), told)


def choice(name: str, options: Iterable[Option], value: str, *, label: str = "") -> Markup:
    """One of several."""
    listed = EMPTY.join(
        Markup('<option value="{}"{}>{}</option>').format(key, Markup(" selected") if key == value else EMPTY, plain(words))
        for key, words in options
    )
    return Markup('<select name="{}" {}>{}</select>').format(name, _labelled(label), listed)


def switch(name: str, on: bool, label: str, *, hint: str = "", attributes: Markup = EMPTY) -> Markup:
    """A yes or no; in a form its value is "on" or it is not there."""
    return Markup('<label class="switch"><input type="checkbox" role="switch" name="{}"{} {}><span>{}{}</span></label>').format(
        name,
        Markup(" checked") if on else EMPTY,
        attributes,
        label,
        Markup("<small>{}</small>").format(hint) if hint else EMPTY,
    )


def number(name: str, value: float, low: float, high: float, step: float, *, label: str = "") -> Markup:
    """A number in [low, high], with a slider that shows it."""
    return Markup(
        '<span class="slide"><input type="range" name="{}" value="{:g}" min="{:g}" max="{:g}" step="{:g}" {}>'
        "<output>{:g}</output></span>"
    ).format(name, value, low, high, step, _labelled(label), value)


def picks(name: str, options: Iterable[tuple[str, str, str]], chosen: Sequence[str]) -> Markup:
    """Several of many: (value, title, what it is); in a form each chosen value comes under `name`."""
    listed = EMPTY.join(
        Markup(
            '<label class="pick-one"><input type="checkbox" name="{}" value="{}"{}><span><bdi>{}</bdi>{}</span></label>'
        ).format(
            name,
            value,
            Markup(" checked") if value in chosen else EMPTY,
            plain(title),
            Markup("<small>{}</small>").format(about) if about else EMPTY,
        )
        for value, title, about in options
    )
    return Markup('<div class="picks">{}</div>').format(listed)


def button(words: str, action: str, *, main: bool = False, quiet: bool = False, icon: str = "", **data: str) -> Markup:
    """A button whose press reaches the page's `act`, with `data` beside it; an `icon` of `ui.theme` shows instead of words."""
    kind = " ".join(name for name, yes in (("main", main), ("quiet", quiet), (f"icon i-{icon}", icon)) if yes)
    return _pressed(words, action, data, kind)


def form(action: str, body: Markup, *, autosave: bool = False, key: str = "", **data: str) -> Markup:
    """Fields that are sent together: on submit, or with `autosave` a moment after each change.

    What is typed stays through repaints; a new `key` replaces it by what the server has.
    """
    return Markup('<form class="form" data-do="workshop" data-action="{}" data-key="{}" {} {}>{}</form>').format(
        action, key or action, _data(data), Markup("data-autosave") if autosave else EMPTY, body
    )


def submit(words: str, *, main: bool = True) -> Markup:
    return Markup('<button type="submit" class="{}">{}</button>').format("main" if main else "", words)


def drop(manner: Manner, place: str, words: str, kinds: str, accept: str = "", **data: str) -> Markup:
    """A place to drop files, or to press and choose them; they reach the page's `files` with `place` and `data`."""
    return Markup(
        '<div data-drop data-place="{0}" {1}><button type="button" class="drop" data-do="choose-files" data-place="{0}" '
        'data-accept="{2}" {1}><strong>{3}</strong><small>{4}</small></button></div>'
    ).format(place, _data(data), accept, words, kinds)


def tabs(id: str, shown: Sequence[tuple[str, str, Markup]]) -> Markup:
    """One of several bodies at a time, (key, words, body); which one is in view is the page's own and outlives repaints."""
    heads = EMPTY.join(
        Markup(
            '<button type="button" role="tab" id="{0}-tab-{1}" aria-controls="{0}-{1}" data-do="section" '
            'data-section="{1}">{2}</button>'
        ).format(id, key, words)
        for key, words, _ in shown
    )
    bodies = EMPTY.join(
        Markup('<div role="tabpanel" id="{0}-{1}" aria-labelledby="{0}-tab-{1}" data-in="{1}">{2}</div>').format(id, key, body)
        for key, _, body in shown
    )
    return Markup('<div class="tabs" data-tabs="{}"><div role="tablist">{}</div>{}</div>').format(id, heads, bodies)


def facts(rows: Iterable[tuple[str, str | Markup]]) -> Markup:
    """Names and values in two columns."""
    return Markup('<dl class="facts">{}</dl>').format(
        EMPTY.join(Markup("<dt>{}</dt><dd>{}</dd>").format(name, value) for name, value in rows)
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str | Markup]]) -> Markup:
    """Rows under headings; a long one scrolls inside itself."""
    return Markup('<div class="table" tabindex="0"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>').format(
        EMPTY.join(Markup("<th>{}</th>").format(name) for name in head),
        EMPTY.join(Markup("<tr>{}</tr>").format(EMPTY.join(Markup("<td>{}</td>").format(cell) for cell in row)) for row in rows),
    )


def bar(fraction: float, words: str) -> Markup:
    """How far something is: `fraction` in [0, 1]."""
    percent = round(100 * min(max(fraction, 0.0), 1.0))
    return Markup(
        '<div class="progress"><progress max="100" value="{}" aria-label="{}"></progress><small>{}</small></div>'
    ).format(percent, words, words)


def note(sentence: str, kind: Literal["", "good", "bad"] = "") -> Markup:
    """A sentence about what was just done, or could not be."""
    role = "alert" if kind == "bad" else "status"
    refused = Markup(" data-refused") if kind == "bad" else EMPTY
    return Markup('<p class="note {}" role="{}"{}>{}</p>').format(kind, role, refused, sentence)


def conflict(manner: Manner, told: str, mine: str, theirs: str, prefix: str = "") -> Markup:
    """Somebody saved a form's document first: the sentence about it, and both ways out, the acts `mine` and `theirs`."""
    return Markup('<div class="note bad" role="alert" data-refused><p>{}</p><div class="row">{}{}</div></div>').format(
        manner.say(told),
        button(manner.say(mine), f"{prefix}mine", with_form=""),
        button(manner.say(theirs), f"{prefix}theirs", with_form=""),
    )


def undo(manner: Manner, sentence: str, action: str, final: str = "", **data: str) -> Markup:
    """What was just done, and the way back; with the act `final` also how to leave no way back."""
    back = _pressed(manner.say("undo"), action, data, "")
    end = Markup(" {}").format(_pressed(manner.say("for_good"), final, data, "quiet")) if final else EMPTY
    return Markup('<p class="note" role="status">{} {}{}</p>').format(sentence, back, end)


def empty(sentence: str, extra: Markup = EMPTY) -> Markup:
    """What stands where nothing is yet: what it is for, and the first step."""
    return Markup('<div class="nothing"><p>{}</p>{}</div>').format(sentence, extra)


def file(name: str, content: str) -> Markup:
    """A text for the page's part "download", which hands it to the browser as a file."""
    return Markup('<pre data-name="{}">{}</pre>').format(name, "\n" + content if content.startswith("\n") else content)


def badge(words: str, kind: Literal["", "good", "bad"] = "") -> Markup:
    return Markup('<span class="badge {}">{}</span>').format(kind, words)


def dot(kind: str) -> Markup:
    """A mark before a title: "good" is well, "bad" is not, "now" is in use, "half" is on its way, "add" begins something new."""
    return Markup('<i class="dot {}" aria-hidden="true"></i>').format(kind)


def duration(seconds: float, manner: Manner) -> str:
    """A time in the words that suit its length."""
    if seconds < 90:
        return manner.say("models_seconds", count=round(seconds))
    if seconds < 5400:
        return manner.say("models_minutes", count=round(seconds / 60))
    return manner.say("models_hours", count=f"{seconds / 3600:.1f}")


def _pressed(words: str, action: str, data: Mapping[str, str], kind: str) -> Markup:
    icon = "icon" in kind
    return Markup('<button type="button" class="{}" data-do="workshop" data-action="{}" {} {}>{}</button>').format(
        kind,
        action,
        _data(data),
        Markup('title="{0}" aria-label="{0}"').format(words) if icon else EMPTY,
        "" if icon else words,
    )


def _labelled(label: str) -> Markup:
    return Markup('aria-label="{}"').format(label) if label else EMPTY


def _data(data: Mapping[str, str]) -> Markup:
    return Markup(" ").join(Markup('data-{}="{}"').format(name.replace("_", "-"), value) for name, value in data.items())
