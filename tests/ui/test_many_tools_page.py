"""The pages with many tools: what a view of them reads and sends does not grow with how many there are."""

import threading

import pytest
from sqlalchemy import Engine, event

from assistant.access import MAKER
from common.documents import KEPT_REVISIONS
from personas.checkup import Surroundings, check_up
from personas.schema import Instruction, Persona
from tests.timing import quickly
from tools.documents import ToolDocument
from tools.imported import Import, Taken
from ui.ask import Ask
from ui.chat import Desk
from ui.session import Viewers
from ui.workshop import Workshop


def made(number: int) -> ToolDocument:
    return ToolDocument.model_validate(
        {
            "id": f"made-{number}",
            "name": f"made_{number}",
            "title": {"en": f"Made {number}"},
            "description": {"en": f"Finds number {number}."},
            "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
            "risk": "reads",
            "call": {"method": "GET", "url": "https://api.example/{id}", "arguments": {"id": {"place": "path"}}},
        }
    )


@pytest.fixture
def asked():
    """A function: how often the database is asked while some work is done, by this thread."""
    mine, count = threading.get_ident(), [0]

    def counted(*_arguments):
        count[0] += threading.get_ident() == mine

    def during(work) -> int:
        before = count[0]
        work()
        return count[0] - before

    event.listen(Engine, "before_cursor_execute", counted)
    yield during
    event.remove(Engine, "before_cursor_execute", counted)


def test_a_view_asks_the_database_as_often_and_sends_as_much_whatever_there_is(make_studio, tmp_path, asked):
    studio = make_studio()
    page = Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads")
    sizes: dict[str, int] = {}

    def show(at, thing):
        screen, *_ = page.visit(Ask(MAKER, "session", at, nonce=1, thing=thing))
        sizes[f"{at} {thing}"] = len(screen["workshop"]())

    def act(thing, **data):
        *_, screen = page.act(Ask(MAKER, "session", "tools", nonce=1, data=data, thing=thing))
        assert "data-refused" not in screen["workshop"]
        sizes[data["action"]] = len(screen["workshop"])

    def edit():
        revision = studio.toolbox.get("made-7").revision
        act("made-7", action="save", revision=str(revision), fields={"title.en": [f"Made in revision {revision}"]})

    views = {
        "the list": lambda: show("tools", ""),
        "a search": lambda: act("", action="find", words="made"),
        "a kind": lambda: act("", action="kind", kind=""),
        "a tool": lambda: show("tools", "made-7"),
        "a save": edit,
        "a switch": lambda: act("made-7", action="switch", of="made-7", on=True),
        "personas": lambda: show("personas", ""),
        "a persona": lambda: show("personas", "librarian"),
    }
    seen = []
    for count in (400, 1600):
        studio.toolbox.take(Import("Made", [Taken(f"GET /{number}", made(number)) for number in range(count)]))
        for view in [edit] * KEPT_REVISIONS + [*views.values()]:  # from then on each save forgets a version
            view()
        seen.append(({name: asked(view) for name, view in views.items()}, dict(sizes)))
    (few, small), (many, large) = seen
    assert many == few
    assert {name: size for name, size in large.items() if size > 1.05 * small[name]} == {}


def test_a_persona_is_checked_in_no_time_whatever_there_is():
    tools = {f"made-{n}": (f"made_{n}", f"Made {n}", f"做的 {n}", f"Finds number {n}.") for n in range(10_000)}
    persona = Persona(
        id="mine",
        title={"en": "Mine"},
        avatar="M",
        instruction=Instruction(en="You are mine. Use Made 7.", zh="你是我的。"),
        tools=("made-8",),
    )
    found = quickly(lambda: check_up(persona, Surroundings(tools=tools)), 1)
    assert [each for each in found if "'made-7', which it does not have" in each.sentence[0]]
    assert not [each for each in found if "made-8" in each.sentence[0] or "made-70" in each.sentence[0]]
