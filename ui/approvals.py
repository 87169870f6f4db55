"""How the chat asks the maker about calls that wait: their cards, and the arguments as a maker changed them. Decides nothing."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from assistant.approval import waiting
from assistant.branches import Placed
from assistant.consent import may_stand
from assistant.studio import Studio
from tools.permissions import digest
from ui.argument_form import changed, fitting, typed, written
from ui.ask import Ask
from ui.render import Manner
from ui.views.approval import Question, question_html
from ui.views.tools import Trial


def cards(
    studio: Studio,
    ask: Ask,
    path: Sequence[Placed],
    persona: str,
    manner: Manner,
    wrong: Mapping[str, Trial] = MappingProxyType({}),
) -> Mapping[str, Markup]:
    """The cards of the calls that wait at the end of the branch, by call id; none for whoever cannot decide.

    `persona` is its name; `wrong` what was typed that cannot be run.
    """
    if not ask.identity.maker:
        return {}
    found = waiting(path, partial(studio.runs.started, ask.identity.owner))
    tools = {tool.spec.name: tool for tool in studio.tools.list() if tool.id not in studio.tools.off} if found.calls else {}
    shown = {}
    for call in found.calls:
        tool = tools.get(call.name)
        asked = Question(
            call.id,
            manner.tool(call.name),
            persona,
            call.arguments,
            tool.risk if tool else "reads",
            sends=tool is not None and tool.sends,
            there=tool is not None,
            lasting=tool is not None and may_stand(tool, tainted=found.tainted),
            tainted=found.tainted,
            stale=found.stale,
            made_of=digest(tool) if tool else "",
        )
        form = fitting(tool.spec.parameters, call.arguments) if tool else ()
        shown[call.id] = question_html(asked, wrong.get(call.id) or Trial(form, written(form, call.arguments)), manner)
    return shown


def arguments_of(studio: Studio, ask: Ask, path: Sequence[Placed]) -> tuple[Mapping[str, Any] | None, Trial | None]:
    """The arguments that the fields of a card say, None for the model's own; and the fields, where those cannot be run."""
    found = waiting(path, partial(studio.runs.started, ask.identity.owner))
    call = next((call for call in found.calls if call.id == ask.word("call")), None)
    tool = next((tool for tool in studio.tools.list() if call and tool.spec.name == call.name), None)
    if not ask.fields() or call is None or tool is None:
        return None, None
    form = fitting(tool.spec.parameters, call.arguments)
    words = typed(form, ask.fields())
    arguments, wrong = changed(tool.spec.parameters, form, call.arguments, words)
    if wrong:
        said = {name: chinese if ask.language == "zh" else english for name, (english, chinese) in wrong.items()}
        return None, Trial(form, words, said)
    return (None if arguments == call.arguments else arguments), None
