"""Tools that a model does the work of: making one for a task, and what follows when its task becomes another.

What stands in the fields is the page's; which tasks there are is `assistant.models.tasks`'. Whether a model can do one is found
out where the tool is kept.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from markupsafe import Markup

from assistant.models.tasks import Task, find, tasks
from common.problems import Sentences
from tools.documents import ToolDocument, numbered
from tools.toolbox import Toolbox
from ui.ask import Ask
from ui.render import Manner
from ui.views import parts
from ui.views.tool_model import new_html


def make(ask: Ask, toolbox: Toolbox) -> str:
    """The id of a new tool for the task and the model that the form names. Raises `ToolError` and `DocumentInvalid`."""
    task, model = _typed(ask)
    fields = {"id": task, "risk": "reads", "call": {"kind": "model", "task": task, "model": model}}
    return toolbox.create(fields | _told(find(task))).document.id


def making_html(ask: Ask, wrong: Mapping[str, Sentences], manner: Manner, note: Markup = parts.EMPTY) -> Markup:
    """The form of a new tool, with what was typed in it and what is wrong with that."""
    task, model = _typed(ask)
    told = {field.removeprefix("call."): said[ask.language == "zh"] for field, said in wrong.items()}
    return new_html(task or tasks()[0].id, model, told, manner, note)


def followed(fields: Mapping[str, Any], before: ToolDocument, taken: Collection[str]) -> Mapping[str, Any]:
    """The fields of a tool whose task became another: what still says what the old task does says what the new one does.

    `taken` are the names that tools go by.
    """
    assert before.call.kind == "model"
    known = {each.id: each for each in tasks()}
    old, new = known.get(before.call.task), known.get(fields["call"]["task"])
    if old is None or new is None or old is new:
        return fields
    followed, was, now = dict(fields), _told(old), _told(new)
    for field in ("title", "description"):
        if fields[field] == was[field]:
            followed[field] = now[field]
    if re.fullmatch(rf"{old.name}(_\d+)?", str(fields["name"])):
        followed["name"] = next(name for name in numbered(new.name, "_") if name not in taken)
    return followed


def _told(task: Task) -> dict[str, Any]:
    """What a tool says of the task that it does."""
    return {
        "name": task.name,
        "title": task.title.model_dump(mode="json"),
        "description": task.about.model_dump(mode="json"),
        "parameters": task.parameters,
    }


def _typed(ask: Ask) -> tuple[str, str]:
    task, model = ("".join(ask.fields().get(name) or [""]) for name in ("task", "model"))
    return task.strip(), model.strip()
