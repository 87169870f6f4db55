"""The panel beside a conversation as HTML: the sources of an answer, and for makers the steps it took.

Pure functions like those of `ui.render`, with the same rule: text from outside goes through `Markup.format` and nothing else.
"""

from collections.abc import Sequence

from markupsafe import Markup

from assistant.events import StepFinished
from assistant.runlog import StepPrompt
from knowledge.types import Hit, Passage
from ui.render import Manner, plain
from ui.view import Card, View

_AROUND = 6_000  # characters of a document shown before and after a passage


def sources_html(view: View | None, hits: Sequence[Hit], manner: Manner, run: str = "") -> Markup:
    """The right panel: the sources of an answer, and for makers the steps of its `run`."""
    cards = Markup("").join(_source_card(number, hit, manner) for number, hit in enumerate(hits, 1))
    sources = cards or Markup('<p class="empty">{}</p>').format(manner.say("no_sources"))
    steps = steps_html(view, manner, run) if manner.maker else Markup("")
    tabs = Markup('<button type="button" data-do="tab" data-tab="sources">{}</button>').format(manner.say("sources"))
    if manner.maker:
        tabs += Markup('<button type="button" data-do="tab" data-tab="steps">{}</button>').format(manner.say("steps"))
    return Markup(
        '<div class="panel-head">{}<button type="button" class="icon i-close" data-do="panel-close" '
        'title="{}" aria-label="{}"></button></div>'
        '<div class="pane sources" tabindex="0" {}>{}</div><div class="pane steps" tabindex="0">{}</div>'
    ).format(tabs, manner.say("close"), manner.say("close"), Markup("data-auto") if hits else Markup(""), sources, steps)


def _source_card(number: int, hit: Hit, manner: Manner) -> Markup:
    return Markup(
        '<article class="source" data-key="s{n}"><h4><b>{n}</b> <bdi>{title}</bdi></h4>{place}'
        '<blockquote dir="auto">{words}</blockquote>'
        '<button type="button" data-do="cite" data-passage="{id}">{open}</button></article>'
    ).format(
        n=number,
        title=plain(hit.passage.title),
        place=place_html(hit.passage, manner),
        words=hit.passage.text,
        id=hit.passage.id,
        open=manner.say("open_document"),
    )


def place_html(passage: Passage, manner: Manner) -> Markup:
    parts = [plain(passage.heading)] if passage.heading else []
    if passage.page:
        parts.append(manner.say("page_n", n=passage.page))
    return Markup('<p class="where"><bdi>{}</bdi></p>').format(" · ".join(parts)) if parts else Markup("")


def steps_html(view: View | None, manner: Manner, run: str = "") -> Markup:
    """What happened in a turn, for a maker."""
    if view is None:
        return Markup('<p class="empty">{}</p>').format(manner.say("no_steps"))
    parts = []
    if view.tools:
        why = {name: f" · {manner.say('tools_seen_always')}" for name in view.always}
        seen = [(manner.tool(name) + why.get(name, ""), score) for name, score in view.tools]
        parts.append(_scores(manner.say("tools_seen"), seen))
    if view.other_tools:
        parts.append(_scores(manner.say("tools_passed"), [(manner.tool(name), score) for name, score in view.other_tools]))
    if view.query:
        parts.append(Markup('<h4>{}</h4><p class="searched" dir="auto">{}</p>').format(manner.say("searched_for"), view.query))
    if view.hits:
        parts.append(_scores(manner.say("passages_found"), [(hit.passage.title, hit.score) for hit in view.hits]))
    calls = [piece for piece in view.pieces if isinstance(piece, Card)]
    if calls:
        listed = [(manner.tool(card.call.name), card.seconds or 0.0) for card in calls]
        parts.append(_scores(manner.say("calls_made"), listed, unit=" s"))
    if view.steps:
        parts.append(_steps_table(view.steps, run, manner))
    if view.finished is not None:
        parts.append(_figures(view, manner))
    return Markup("").join(parts)


def _steps_table(steps: Sequence[StepFinished], run: str, manner: Manner) -> Markup:
    """What each call of the model read and wrote, and the way to the prompt it was given."""
    head = Markup("").join(
        Markup("<th>{}</th>").format(manner.say(key)) for key in ("step", "read", "cached", "written", "seconds")
    )
    rows = Markup("").join(
        Markup(
            '<tr><td>{0}</td><td>{1}</td><td>{2}</td><td>{3}</td><td>{4:.1f}</td></tr><tr><td colspan="5">'
            '<button type="button" data-do="steps" data-run="{5}" data-step="{0}">{6}</button></td></tr>'
        ).format(
            step.number,
            step.usage.prompt_tokens,
            step.usage.cached_tokens,
            step.usage.completion_tokens,
            step.seconds,
            run,
            manner.say("exact_prompt"),
        )
        for step in steps
    )
    return Markup('<h4>{}</h4><table class="counts"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(
        manner.say("model_calls"), head, rows
    )


def prompt_html(step: int, prompt: StepPrompt | None, manner: Manner) -> Markup:
    """What the model was given in a step; what the step before did not have yet is marked."""
    if prompt is None:
        body = Markup('<p class="empty">{}</p>').format(manner.say("no_prompt"))
    else:
        new = Markup("<mark>{}</mark>").format(prompt.added) if prompt.shared else Markup("{}").format(prompt.added)
        body = Markup('<div class="pre" dir="auto">{}{}</div>').format(prompt.shared, new)
    return Markup('{}<div class="pane document prompt" tabindex="0" data-show><h4>{}</h4>{}</div>').format(
        _back_head(manner), manner.say("prompt_of_step", n=step), body
    )


def _back_head(manner: Manner) -> Markup:
    return Markup(
        '<div class="panel-head"><button type="button" class="quiet" data-do="panel-back">← {0}</button>'
        '<button type="button" class="icon i-close" data-do="panel-close" title="{1}" aria-label="{1}"></button></div>'
    ).format(manner.say("back"), manner.say("close"))


def _scores(title: str, rows: Sequence[tuple[str, float]], unit: str = "") -> Markup:
    body = Markup("").join(
        Markup("<tr><td><bdi>{}</bdi></td><td>{:.2f}{}</td></tr>").format(plain(name), score, unit) for name, score in rows
    )
    return Markup("<h4>{}</h4><table>{}</table>").format(title, body)


def _figures(view: View, manner: Manner) -> Markup:
    assert view.finished is not None
    timings, usage = view.finished.timings, view.finished.usage
    lines = []
    if "first_text" in timings:
        lines.append(manner.say("first_text", seconds=f"{timings['first_text']:.2f}"))
    if "total" in timings:
        lines.append(manner.say("total_time", seconds=f"{timings['total']:.2f}"))
    if usage.prompt_tokens:
        lines.append(manner.say("tokens", read=usage.prompt_tokens, cached=usage.cached_tokens, written=usage.completion_tokens))
    return Markup('<ul class="figures">{}</ul>').format(Markup("").join(Markup("<li>{}</li>").format(line) for line in lines))


def document_html(passage: Passage, whole: str, manner: Manner, *, link: bool = False) -> Markup:
    """A passage within the text of its document, marked, with what stands around it; with `link` the way to all of it."""
    start, end = max(0, passage.start - _AROUND), min(len(whole), passage.end + _AROUND)
    cut = Markup('<p class="empty">{}</p>').format(manner.say("cut")) if start > 0 or end < len(whole) else Markup("")
    way = Markup("")
    if link:
        way = Markup(
            '<a class="button" href="?at=knowledge&amp;id={0}" data-do="thing" data-page="knowledge" data-thing="{0}">{1}</a>'
        ).format(f"{passage.collection}/{passage.document}/{passage.id}", manner.say("source_whole"))
    return Markup(
        '{}<div class="pane document" tabindex="0" data-show><h4><bdi>{}</bdi></h4>{}{}{}'
        '<div class="pre around" dir="auto">{}<mark>{}</mark>{}</div></div>'
    ).format(
        _back_head(manner),
        plain(passage.title),
        place_html(passage, manner),
        way,
        cut,
        whole[start : passage.start],
        whole[passage.start : passage.end],
        whole[passage.end : end],
    )


def gone_html(passage: Passage, sentence: str, manner: Manner) -> Markup:
    """A passage whose document is gone, as the conversation kept it; `sentence` says what became of it."""
    return Markup(
        '{}<div class="pane document" tabindex="0" data-show><h4><bdi>{}</bdi></h4>{}<p class="note">{} {}</p>'
        '<div class="pre" dir="auto"><mark>{}</mark></div></div>'
    ).format(
        _back_head(manner),
        plain(passage.title),
        place_html(passage, manner),
        sentence,
        manner.say("source_kept"),
        passage.text,
    )
