"""A tool that a model does the work of, as HTML: its task and its model as fields, and what the task takes as a table.

The fields are those of a new tool and of the editor alike. The table is read: a task takes what it takes.
"""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from assistant.models.tasks import tasks
from ui.render import Manner
from ui.views import parts
from ui.views.parts import EMPTY
from ui.views.tools import for_reader


def new_html(task: str, model: str, problems: Mapping[str, str], manner: Manner, note: Markup = EMPTY) -> Markup:
    """The open thing while a tool is made of a model."""
    head = Markup('<header class="thing-head"><h2>{}</h2><p>{}</p></header>').format(
        manner.say("tools_new_model"), manner.say("tools_new_model_lead")
    )
    made = Markup('<div class="row">{}</div>').format(parts.submit(manner.say("tools_new_model_make")))
    body = EMPTY.join([*model_fields(task, model, problems, manner), made])
    return Markup('<div class="tool-open" data-key="new-model">{}{}{}</div>').format(
        head, note, parts.form("new-model", body, key="new-model")
    )


def model_fields(
    task: str, model: str, problems: Mapping[str, str], manner: Manner, own: Markup = EMPTY
) -> tuple[Markup, Markup]:
    """The task, one of those there are, and the model; `own` says which one it is where none is named."""
    options = [(each.id, each.title.get(manner.language)) for each in tasks()]
    if task not in dict(options):
        options.insert(0, (task, f"{task} {manner.say('tools_no_task')}"))
    return (
        parts.field(
            manner.say("tools_field_task"),
            parts.choice("task", options, task),
            hint=manner.say("tools_hint_task"),
            problem=problems.get("task", ""),
        ),
        parts.field(
            manner.say("tools_field_model"),
            parts.line("model", model, limit=300),
            hint=Markup("{}{}").format(manner.say("tools_hint_model"), own),
            problem=problems.get("model", ""),
        ),
    )


def own_html(task: str, manner: Manner) -> Markup:
    """The models that do a task unless another is named, nothing for a task that is not there."""
    models = [model for each in tasks() if each.id == task for model in (*each.local, *each.remote)]
    rows = [manner.say(f"tools_on_{model.partition(':')[0].replace('-', '_')}", model=model) for model in models]
    return EMPTY.join(Markup("<br>{}").format(row) for row in [manner.say("tools_own_models"), *rows]) if rows else EMPTY


def taken_html(task: str, manner: Manner) -> Markup:
    """What a task takes, nothing for one that is not there."""
    properties = next((each.parameters["properties"] for each in tasks() if each.id == task), None)
    if properties is None:
        return EMPTY
    rows = [
        (Markup("<code>{}</code>").format(name), manner.say(f"tools_type_{_type(each)}"), for_reader(each["description"], manner))
        for name, each in properties.items()
    ]
    head = [manner.say(f"tools_cell_{name}") for name in ("name", "type", "description")]
    return parts.fields(manner.say("parameters"), parts.table(head, rows), hint=manner.say("tools_taken"))


def _type(schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "media":
        return "media"
    return "texts" if schema["type"] == "array" else "string"
