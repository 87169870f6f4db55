"""The evaluate page as HTML: runs and tasks in a list; a form to measure, or a run with its figures beside those of others."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assistant.evaluations import ASK_NO_MODEL, TASKS, Evaluation, Reply, Result
from ui.render import Manner, plain
from ui.views import jobs, parts
from ui.views.parts import EMPTY, Option

SHOWN = 20
"""Replies at one time."""

_LESS = frozenset({"hallucination", "H_ReAct", "H_General", "mistaken", "right turned down"})
"""Figures besides the primary one of which less is better."""

_EMBEDDERS = {"builtin": "evaluate_embedder_builtin", "hash": "evaluate_embedder_hash"}
_FLOORS = {
    "never call": "evaluate_floor_never",
    "always call, no arguments": "evaluate_floor_always",
    "call the first tool, no arguments": "evaluate_floor_first",
    "call every tool, no arguments": "evaluate_floor_every",
    "right tool, no arguments": "evaluate_floor_right",
    "give up": "evaluate_floor_give_up",
    "turn everything down": "evaluate_floor_down",
    "recite the first passage": "evaluate_floor_recite",
}
_FAILURES = {
    "no call": "evaluate_no_call",
    "no reply": "evaluate_no_reply",
    "unreadable call": "evaluate_unreadable",
    "needless call": "evaluate_needless",
    "wrong count": "evaluate_count_wrong",
    "wrong tool": "evaluate_tool_wrong",
    "wrong tools": "evaluate_tool_wrong",
    "unknown tool": "evaluate_tool_unknown",
    "missing required": "evaluate_argument_missing",
    "missing optional": "evaluate_optional_missing",
    "extra argument": "evaluate_argument_extra",
    "wrong value": "evaluate_value_wrong",
    "wrong type": "evaluate_type_wrong",
    "wrong arguments": "evaluate_arguments_wrong",
    "wrong parameters": "evaluate_arguments_wrong",
    "prompt too long": "evaluate_too_long",
    "tools refused": "evaluate_refused",
    "call": "evaluate_call",
    "call in words of ReAct": "evaluate_react",
    "call announced": "evaluate_announced",
    "answered without a passage": "evaluate_not_turned_down",
    "turned down": "evaluate_turned_down",
    "wrong sentence": "evaluate_sentence_wrong",
    "not quoted": "evaluate_not_quoted",
    "other words": "evaluate_other_words",
    "did not give up": "evaluate_not_given_up",
    "gave up": "evaluate_gave_up",
}


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a task: what its fields hold, what may be chosen, and what is wrong."""

    task: str
    typed: Mapping[str, str]
    models: Sequence[Option]
    embedders: Sequence[Option]
    problems: Mapping[str, str]
    key: str


@dataclass(frozen=True, slots=True)
class Column:
    """A run beside others: `id` "" for one that needs no model."""

    id: str
    title: str
    sub: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Shown:
    """Which replies are in view: `choice` is the place of a kind of failure, None for all; `count` is how many there are."""

    choice: int | None
    first: int
    count: int
    replies: Sequence[Reply]


def task_title(task: str, manner: Manner) -> str:
    return manner.say(f"evaluate_task_{task.replace('-', '_')}")


def task_item(task: str, manner: Manner, *, current: bool) -> Markup:
    return parts.item("evaluate", f"task-{task}", task_title(task, manner), current=current, mark=parts.dot("add"))


def sub_of(run: Evaluation, manner: Manner) -> str:
    """What the list says of a run: its task and, of one that is done, its first figure."""
    task = task_title(run.task, manner) if run.task in TASKS else run.task
    return f"{task} · {run.result.primary} {_figure(run.result.metrics.get(run.result.primary))}" if run.result else task


def form_html(form: Form, manner: Manner) -> Markup:
    """A task, and what it is to be done with."""
    name = form.task.replace("-", "_")
    head = Markup("<header class='run-head'><h2>{}</h2><p>{}</p></header>").format(
        task_title(form.task, manner), manner.say(f"evaluate_about_{name}")
    )
    typed = form.typed
    fields = [jobs.data_field(typed.get("data", ""), manner.say(f"evaluate_data_{name}"), form.problems.get("data", ""), manner)]
    if form.task in ASK_NO_MODEL:
        kinds = [(kind, manner.say(f"evaluate_kind_{kind}")) for kind in ("passages", "tools")]
        fields.append(parts.field(manner.say("evaluate_kind"), parts.choice("kind", kinds, typed.get("kind", ""))))
        embedders = [(name, manner.say(_EMBEDDERS[name]) if name in _EMBEDDERS else words) for name, words in form.embedders]
        chosen = parts.choice("embedder", embedders, typed.get("embedder", ""))
        fields.append(parts.field(manner.say("evaluate_embedder"), chosen))
    else:
        fields.append(parts.field(manner.say("evaluate_model"), parts.choice("model", form.models, typed.get("model", ""))))
    fields.append(
        parts.field(
            manner.say("evaluate_limit"),
            parts.line("limit", typed.get("limit", ""), limit=9),
            hint=manner.say("evaluate_limit_hint"),
            problem=form.problems.get("limit", ""),
        )
    )
    if form.task not in ASK_NO_MODEL:
        hint = manner.say("evaluate_split_hint")
        fields.append(
            parts.field(manner.say("evaluate_split"), parts.line("split", typed.get("split", ""), limit=400), hint=hint)
        )
    fields.append(Markup('<div class="row">{}</div>').format(parts.submit(manner.say("evaluate_start"))))
    cost = parts.note(manner.say("evaluate_cost")) if form.task not in ASK_NO_MODEL else EMPTY
    return head + cost + parts.form("start", EMPTY.join(fields), key=form.key, task=form.task)


def run_html(run: Evaluation, title: str, beside: Sequence[Column], shown: Shown, manner: Manner) -> Markup:
    """A run; `beside` are the runs that asked the same, this one first, and then what needs no model."""
    head = jobs.head_html(title, task_title(run.task, manner) if run.task in TASKS else run.task, run.state, manner)
    acts = jobs.acts_html(run.id, run.job, run.state, manner)
    if run.result is None:
        told = jobs.failure_html(run.job, run.state, manner.say("evaluate_stopped"), manner)
        return head + told + _progress(run, manner) + acts + parts.facts(_facts(run, manner))
    tabs = [
        ("figures", manner.say("evaluate_side_by_side"), _comparison(run.result, beside, manner)),
        ("replies", manner.say("evaluate_replies"), _replies(run, shown, manner)),
    ]
    return Markup('<div class="run-open" data-key="run-{}">{}{}{}{}</div>').format(
        run.id, head, parts.tabs("evaluation", tabs), parts.facts(_facts(run, manner)), acts
    )


def failures(result: Result) -> Sequence[tuple[str, str, int]]:
    """What was wrong: group, kind, count; the place of each in the list is its name on the page."""
    return [(group, kind, count) for group, kinds in result.failures.items() for kind, count in kinds.items()]


def _progress(run: Evaluation, manner: Manner) -> Markup:
    told = run.job.progress if run.job else {}
    done, total, left = told.get("done"), told.get("total"), told.get("seconds_left")
    if not isinstance(done, int) or not isinstance(total, int) or total < 1:
        return parts.bar(0.0, manner.say("evaluate_beginning")) if run.state == "running" else EMPTY
    if run.state == "running" and isinstance(left, int | float):
        words = manner.say("evaluate_so_far_left", done=done, total=total, left=parts.duration(left, manner))
    elif run.state == "running" and not done:
        words = manner.say("evaluate_beginning")
    else:
        words = manner.say("evaluate_so_far", done=done, total=total)
    bar = parts.bar(done / total, words)
    figures = told.get("metrics")
    if not isinstance(figures, dict) or not figures:
        return bar
    rows = [(_theirs(name), _score(figure, "")) for name, figure in figures.items() if isinstance(figure, int | float)]
    return bar + parts.table([manner.say("evaluate_until_now"), "%"], rows)


def _comparison(result: Result, beside: Sequence[Column], manner: Manner) -> Markup:
    names = dict.fromkeys([result.primary, *(name for column in beside for name in column.figures)])
    head = [manner.say("evaluate_figure"), *(_column_head(column, manner) for column in beside)]
    rows = []
    for name in names:
        figures = [column.figures[name] for column in beside if column.id and name in column.figures]
        less = name in _LESS or (name == result.primary and not result.greater_is_better)
        best = (min(figures) if less else max(figures)) if len(figures) > 1 else None
        cells = [
            _score(
                column.figures.get(name), manner.say("evaluate_best") if column.id and column.figures.get(name) == best else ""
            )
            for column in beside
        ]
        rows.append([Markup("<strong>{}</strong>").format(_theirs(name)) if name == result.primary else _theirs(name), *cells])
    floors = any(not column.id for column in beside)
    alone = sum(bool(column.id) for column in beside) < 2
    notes = [manner.say("evaluate_alone")] * alone + [manner.say("evaluate_floors_note")] * floors
    return Markup('<div class="figures">{}{}</div>').format(parts.table(head, rows), EMPTY.join(map(parts.note, notes)))


def _column_head(column: Column, manner: Manner) -> Markup:
    """A link to the run, or the words for what needs no model."""
    if not column.id:
        title = manner.say(_FLOORS[column.title]) if column.title in _FLOORS else plain(column.title)
        return Markup("<em>{}</em><small>{}</small>").format(title, manner.say("evaluate_floor"))
    return Markup(
        '<a href="?at=evaluate&amp;id={0}" data-do="thing" data-page="evaluate" data-thing="{0}"><bdi>{1}</bdi></a>'
        "<small>{2}</small>"
    ).format(column.id, plain(column.title), column.sub)


def _replies(run: Evaluation, shown: Shown, manner: Manner) -> Markup:
    assert run.result is not None
    wrong = failures(run.result)
    body = EMPTY
    if wrong:
        head = [manner.say(key) for key in ("evaluate_wrong", "evaluate_group", "evaluate_count")]
        rows = [
            (_link(run.id, str(place), _kind(kind, manner), current=shown.choice == place), _theirs(group), str(count))
            for place, (group, kind, count) in enumerate(wrong)
        ]
        body = parts.table(head, rows)
    elif run.result.failures or shown.count:
        body = parts.note(manner.say("evaluate_none_wrong"), "good")
    if not shown.count:
        return body + parts.note(manner.say("evaluate_no_replies"))
    last = shown.first + len(shown.replies)
    told = manner.say("evaluate_shown", first=shown.first + 1, last=last, count=shown.count)
    which = "all" if shown.choice is None else str(shown.choice)
    ways = [] if shown.choice is None else [_link(run.id, "all", manner.say("evaluate_all_replies"))]
    if last < shown.count:
        ways.append(_link(run.id, f"{which}:{last}", manner.say("evaluate_more")))
    row = Markup('<div class="row"><span class="saved">{}</span>{}</div>').format(told, EMPTY.join(ways))
    return body + Markup('<div class="replies">{}{}</div>').format(
        row, EMPTY.join(_reply(reply, manner) for reply in shown.replies)
    )


def _reply(reply: Reply, manner: Manner) -> Markup:
    badge = parts.badge(manner.say("evaluate_right") if reply.right else "", "good") if reply.right else EMPTY
    if not reply.right:
        badge = parts.badge(_kind(reply.failure, manner), "bad")
    calls = EMPTY.join(
        Markup("<pre>{}({})</pre>").format(plain(name), plain(json.dumps(dict(arguments), ensure_ascii=False)))
        for name, arguments in reply.calls
    )
    said = reply.error or reply.text
    words = Markup('<p class="pre text" dir="auto">{}</p>').format(plain(said)) if said.strip() else EMPTY
    if not calls and not words:
        words = parts.note(manner.say("evaluate_said_nothing"))
    return Markup('<article class="reply"><h3><bdi>{}</bdi> {}</h3>{}{}</article>').format(plain(reply.id), badge, calls, words)


def _link(id: str, which: str, words: str | Markup, *, current: bool = False) -> Markup:
    thing = f"{id}/{which}"
    return Markup('<a href="?at=evaluate&amp;id={0}" data-do="thing" data-page="evaluate" data-thing="{0}" {2}>{1}</a>').format(
        thing, words, Markup('aria-current="true"') if current else EMPTY
    )


def _facts(run: Evaluation, manner: Manner) -> Iterable[tuple[str, str | Markup]]:
    settings = run.job.settings if run.job else run.result.settings if run.result else {}
    yield manner.say("job_data"), jobs.folder(str(settings.get("data", "")))
    for key, words in (("split", "evaluate_split"), ("kind", "evaluate_kind")):
        if settings.get(key):
            yield manner.say(words), _theirs(str(settings[key]))
    limit = settings.get("limit")
    if run.result:
        count = f"{run.result.n:,}"
        yield manner.say("evaluate_samples"), manner.say("evaluate_samples_of", count=count, limit=limit) if limit else count
        yield manner.say("job_took"), parts.duration(run.result.seconds, manner)
        if run.result.commit:
            yield manner.say("evaluate_commit"), Markup("<code>{}</code>").format(plain(run.result.commit))
    elif limit:
        yield manner.say("evaluate_limit"), str(limit)
    yield manner.say("job_when"), jobs.when(run.began)


def _kind(kind: str, manner: Manner) -> Markup:
    """A kind of failure in the reader's language, where it is known."""
    return Markup("{}").format(manner.say(_FAILURES[kind])) if kind in _FAILURES else _theirs(kind)


def _theirs(name: str) -> Markup:
    """A name that the evaluation gave: it is the same in every language."""
    return Markup('<bdi translate="no">{}</bdi>').format(plain(name))


def _score(figure: float | None, best: str) -> Markup:
    """A figure with a bar under it; `best` is the word for one that is the best of its row, "" for any other."""
    if figure is None or not math.isfinite(figure):
        return Markup('<span class="score">–</span>')
    share = min(max(figure, 0.0), 100.0)
    mark = Markup('<span class="badge good">{}</span>').format(best) if best else EMPTY
    return Markup('<span class="score{}" style="--share:{:.1f}">{} {}</span>').format(
        " best" if best else "", share, _figure(figure), mark
    )


def _figure(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.1f}"
