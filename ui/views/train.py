"""The train page as HTML: runs and recipes in a list; a form to start, or a run with its loss as a curve."""

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from assistant.models.host import ModelStatus
from assistant.trainings import Step, Training
from ui import notify
from ui.render import Manner
from ui.views import jobs, parts
from ui.views.parts import EMPTY

_MINUTES = {"builtin": 75}  # on two cores
_MINUTES_ELSE = 6
_WINDOW = 20  # steps that are averaged
_POINTS = 300  # of a line: more than one can see
_WIDE, _HIGH = 600.0, 200.0
_MISSES = 1.25  # the top of the picture above the highest average: single steps may be cut off


def recipe_title(recipe: str, manner: Manner) -> str:
    return manner.say(f"train_recipe_{_key(recipe)}")


def about(recipe: str, manner: Manner) -> str:
    """What a recipe makes."""
    return manner.say(f"train_about_{_key(recipe)}")


def recipe_item(recipe: str, manner: Manner, *, current: bool) -> Markup:
    return parts.item("train", f"recipe-{recipe}", recipe_title(recipe, manner), current=current, mark=parts.dot("add"))


def form_html(recipe: str, typed: str, problem: str, manner: Manner) -> Markup:
    """A recipe, and where its data lie."""
    head = Markup("<header class='run-head'><h2>{}</h2><p>{}</p></header>").format(
        recipe_title(recipe, manner), about(recipe, manner)
    )
    field = jobs.data_field(typed, manner.say("train_data_hint"), problem, manner)
    row = Markup('<div class="row">{}</div>').format(parts.submit(manner.say("train_start")))
    cost = parts.note(manner.say("train_cost", minutes=_MINUTES.get(recipe, _MINUTES_ELSE)))
    return head + cost + parts.form("start", field + row, key=f"recipe-{recipe}", recipe=recipe)


def run_html(run: Training, title: str, steps: Sequence[Step], model: ModelStatus, manner: Manner, *, in_use: bool) -> Markup:
    """A run; `model` is how the app's model does, `in_use` whether that is this run's."""
    told = jobs.failure_html(run.job, run.state, manner.say("train_stopped"), manner)
    use = EMPTY
    if run.model:
        told = parts.note(manner.say("train_done"), "good")
        if in_use and model.state == "loading":
            told = parts.bar(model.fraction, manner.say("train_loading", percent=round(100 * model.fraction)))
        elif in_use:
            told = parts.note(manner.say("train_used"), "good")
        else:
            use = parts.button(manner.say("train_use"), "use", main=True, of=run.id)
        if model.name == run.model and model.error is not None:
            told += parts.note(notify.sentence(model.error, manner.language), "bad")
    return Markup('<div class="run-open" data-key="run-{}">{}</div>').format(
        run.id,
        EMPTY.join(
            [
                jobs.head_html(title, about(run.recipe, manner) if run.known else "", run.state, manner),
                told,
                _progress(run, steps, manner),
                jobs.acts_html(run.id, run.job, run.state, manner, first=use),
                curve_html(steps, manner),
                parts.facts(_facts(run, steps, manner)),
            ]
        ),
    )


def _key(recipe: str) -> str:
    return recipe.replace("-", "_")


def curve_html(steps: Sequence[Step], manner: Manner) -> Markup:
    """The loss of each step and its mean over twenty, in the colours of the page; nothing before the second step."""
    if len(steps) < 2:
        return EMPTY
    losses = [step.loss for step in steps]
    means = _means(losses)
    top = _round(max(means) * _MISSES)
    across = max(steps[-1].steps, steps[-1].step)
    told = manner.say(
        "train_curve_told",
        first=f"{means[0]:.2f}",
        last=f"{means[-1]:.2f}",
        step=f"{steps[-1].step:,}",
        steps=f"{across:,}",
    )
    lines = EMPTY.join(
        Markup('<polyline class="{}" points="{}"/>').format(kind, _points(steps, values, across, top))
        for kind, values in (("each", losses), ("mean", means))
    )
    grid = EMPTY.join(Markup('<line x1="0" x2="600" y1="{0}" y2="{0}"/>').format(f"{_HIGH * part:g}") for part in (0, 0.5, 1))
    ticks = EMPTY.join(Markup("<span>{}</span>").format(f"{top * part:g}") for part in (1, 0.5, 0))
    return Markup(
        '<figure class="curve"><figcaption><strong>{}</strong><small>{}</small></figcaption><div class="plot">'
        '<div class="ticks" aria-hidden="true">{}</div>'
        '<svg viewBox="0 0 600 200" preserveAspectRatio="none" role="img" aria-label="{}">{}{}</svg>'
        '<div class="along" aria-hidden="true"><span>0</span><span>{}</span></div></div></figure>'
    ).format(manner.say("train_curve"), manner.say("train_curve_key"), ticks, told, grid, lines, f"{across:,}")


def _progress(run: Training, steps: Sequence[Step], manner: Manner) -> Markup:
    if not steps:
        return parts.bar(0.0, manner.say("train_beginning")) if run.state == "running" else EMPTY
    last = steps[-1]
    if run.state == "done":
        return EMPTY
    if run.state != "running":
        words = manner.say("train_step", step=f"{last.step:,}", steps=f"{last.steps:,}")
    elif run.job is None or "step" not in run.job.progress:  # it goes on, and has not come to its first step
        words = manner.say("train_going_on")
    else:
        left, speed = parts.duration(last.seconds_left, manner), f"{last.tokens_per_second:,.0f}"
        words = manner.say("train_step_left", step=f"{last.step:,}", steps=f"{last.steps:,}", left=left, speed=speed)
    return parts.bar(last.step / max(1, last.steps), words)


def _facts(run: Training, steps: Sequence[Step], manner: Manner) -> Iterable[tuple[str, str | Markup]]:
    if steps:
        yield manner.say("train_loss"), f"{_means([step.loss for step in steps])[-1]:.2f}"
        yield manner.say("train_speed"), f"{steps[-1].tokens_per_second:,.0f}"
        yield manner.say("job_took"), parts.duration(steps[-1].seconds, manner)
    if run.job:
        yield manner.say("job_data"), jobs.folder(str(run.job.settings.get("data", "")))
    yield manner.say("job_when"), jobs.when(run.began)
    if run.model:
        yield manner.say("train_model_name"), Markup("<code>{}</code>").format(run.model)


def _means(losses: Sequence[float]) -> list[float]:
    """The mean of each loss and the 19 before it."""
    return [sum(losses[max(0, at - _WINDOW) : at]) / min(at, _WINDOW) for at in range(1, len(losses) + 1)]


def _round(top: float) -> float:
    """The next number above that is easy to read and to halve."""
    if top <= 0:
        return 1.0
    unit: float = 10.0 ** math.floor(math.log10(top))
    return next(part * unit for part in (1, 2, 3, 4, 6, 8, 10) if part * unit >= top)


def _points(steps: Sequence[Step], values: Sequence[float], across: int, top: float) -> str:
    """Values as points of the picture, at most `_POINTS` of them; the last is always there."""
    stride = max(1, len(values) // _POINTS)
    places = [*range(0, len(values) - 1, stride), len(values) - 1]
    return " ".join(
        f"{_WIDE * steps[place].step / across:.1f},{_HIGH * (1 - min(max(values[place] / top, 0.0), 1.0)):.1f}"
        for place in places
    )
