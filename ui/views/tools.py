"""The tools page as HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ui.render import Manner, plain
from ui.views import parts


@dataclass(frozen=True, slots=True)
class Instrument:
    """A tool as the page shows it: `about` is for people, `description` what the model reads."""

    title: str
    about: str
    name: str
    description: str
    parameters: Mapping[str, Any]
    risk: str
    seconds: float


def tools_html(instruments: Sequence[Instrument], manner: Manner) -> Markup:
    cards = Markup("").join(
        Markup(
            '<article class="sheet"><header><div><strong>{}</strong></div></header><p>{}</p><small>{} · {}</small>'
            "<details><summary>{}</summary><p><code>{}</code> {}</p>{}</details></article>"
        ).format(
            plain(tool.title),
            tool.about,
            manner.say(f"risk_{tool.risk}"),
            manner.say("deadline", seconds=f"{tool.seconds:g}"),
            manner.say("model_reads"),
            tool.name,
            tool.description,
            _parameters(tool.parameters, manner),
        )
        for tool in instruments
    )
    return parts.page(manner.say("tools"), manner.say("tools_lead"), Markup('<div class="cards">{}</div>').format(cards))


def _parameters(schema: Mapping[str, Any], manner: Manner) -> Markup:
    properties, required = schema.get("properties") or {}, schema.get("required") or []
    rows = Markup("").join(
        Markup("<dd><code>{}</code> {}{}</dd>").format(
            name,
            f"({manner.say('required')}) " if name in required else "",
            str(detail.get("description", "")) if isinstance(detail, Mapping) else "",
        )
        for name, detail in properties.items()
    )
    return Markup("<dl><dt>{}</dt>{}</dl>").format(manner.say("parameters"), rows) if rows else Markup("")
