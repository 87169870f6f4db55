"""The card of a call that waits: what it shows, what its fields make of the arguments, and what pressing it does."""

import re

import pytest

from assistant.access import MAKER
from assistant.history import pending_calls
from assistant.messages import ToolCall
from assistant.models.base import CallChunk
from personas.schema import Persona
from tools.base import Tool
from tools.permissions import digest
from ui.argument_form import changed, fitting, written
from ui.ask import Ask
from ui.chat import Desk
from ui.render import Manner
from ui.session import Viewers
from ui.views.approval import Question, exact_html, question_html
from ui.views.tools import Trial
from ui.workshop import Workshop

EN, ZH = Manner("en"), Manner("zh")
ASKED = Question("c1", "Renew", "GG", {"instance": "i-1", "months": 3}, "writes", True, True, True, False, False)
SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "share": {"type": "number"},
        "loud": {"type": "boolean"},
        "unit": {"enum": ["km", 1, True]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "place": {"type": "object"},
        "note": {"type": ["string", "null"]},
    },
}


def words(html) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", str(html)).split())


def card(question=ASKED, manner=EN, **trial):
    form = fitting(SCHEMA, {"text": ""})
    return question_html(question, Trial(form, **trial), manner)


def buttons(html) -> list[str]:
    return re.findall(r'data-do="(\w+)"', html)


def test_a_card_says_why_it_asks_and_what_would_be_done():
    html = card()
    assert "It may change things. It sends these arguments to another machine." in words(html)
    assert "instance i-1 months 3" in words(html)
    assert buttons(html) == ["allow", "always", "deny"]
    assert "Always, for GG and this tool" in words(html)
    assert "它可能会改动内容。它会把这些参数发送到别的机器。" in words(card(manner=ZH))


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ({"lasting": False}, ["allow", "deny"]),
        ({"stale": True}, ["deny"]),
        ({"there": False, "lasting": False}, ["deny"]),
    ],
)
def test_a_card_offers_what_the_server_would_take(changes, offered):
    fields = {name: getattr(ASKED, name) for name in ASKED.__dataclass_fields__}
    assert buttons(card(Question(**{**fields, **changes}))) == offered


def test_a_card_is_tame_whatever_the_model_wrote(tame, hostile):
    question = Question(hostile, hostile, hostile, {hostile: hostile, "x": [hostile]}, "spends", True, True, True, True, False)
    tame(card(question, typed={"text": hostile}, problems={"text": hostile, "": hostile}))


def test_every_letter_of_the_arguments_is_seen():
    html = exact_html({"to": "ann\u202egnp.exe\u200b\x00\ufeff", "long": "x" * 50_000 + "END", "a\u2066b": 1})
    assert "ann⟨U+202E⟩gnp.exe⟨U+200B⟩⟨U+0000⟩⟨U+FEFF⟩" in html
    assert "xEND" in html
    assert "a⟨U+2066⟩b" in html
    assert "中文 and\nlines" in exact_html({"x": "中文 and\nlines"})


ODD = {
    "text": "  two\r\nlines ",
    "count": 10**30,
    "share": 2.0,
    "loud": False,
    "unit": True,
    "tags": ["a\nb", "", " c "],
    "place": {"b": [1.0, None]},
    "note": None,
}


def test_fields_that_nobody_touched_change_nothing():
    form = fitting(SCHEMA, ODD)
    said = {name: value.replace("\r\n", "\n") for name, value in written(form, ODD).items()}
    found, wrong = changed(SCHEMA, form, ODD, said)
    assert (found, wrong) == (ODD, {})
    assert found["unit"] is True


def test_one_changed_field_changes_one_argument():
    form = fitting(SCHEMA, ODD)
    said = written(form, ODD)
    assert changed(SCHEMA, form, ODD, {**said, "count": "4"}) == ({**ODD, "count": 4}, {})
    assert changed(SCHEMA, form, ODD, {**said, "tags": "x\n\ny"}) == ({**ODD, "tags": ["x", "y"]}, {})
    _, wrong = changed(SCHEMA, form, ODD, {**said, "count": "four"})
    assert list(wrong) == ["count"]


def test_a_text_too_long_for_a_field_is_not_cut_by_looking_at_it():
    long = {"text": "x" * 30_000}
    form = fitting(SCHEMA, long)
    assert changed(SCHEMA, form, long, {"text": "x" * 20_000}) == (long, {})


def test_arguments_that_the_schema_does_not_name_are_changed_as_json():
    given = {"text": "a", "more": 1}
    form = fitting(SCHEMA, given)
    said = written(form, given)
    assert changed(SCHEMA, form, given, said) == (given, {})
    assert changed(SCHEMA, form, given, {"": '{"text": "b"}'}) == ({"text": "b"}, {})
    for wrong in ("{", "[1]", '{"text": 1}', ""):
        assert list(changed(SCHEMA, form, given, {"": wrong})[1]) == [""]


# ---- pressing it --------------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(make_studio):
    """A conversation of the maker's in which two calls wait, and all that was saved so far."""
    saved = []

    def save(text: str, copies: int = 1) -> str:
        """Save a text."""
        saved.append((text, copies))
        return "saved"

    calls = [CallChunk(ToolCall(id, "save", {"text": text})) for id, text in (("c1", "tea"), ("c2", "milk"))]
    studio = make_studio([calls, "Done."])
    studio.tools.register(Tool.from_function(save, risk="writes"))
    studio.personas.save("maker", Persona.model_validate({"id": "p", "title": {"en": "P"}, "tools": ["save"]}), 0)
    made = studio.conversations.create("maker", "p").id
    assert [*studio.runs.subscribe("maker", studio.start_turn(MAKER, made, "save them", "en"))]
    return studio, made, saved


def press(kept, **data):
    studio, conversation, _ = kept
    shown, asked = {}, {"tool": digest(studio.tools.get("save"))}
    for screen in Desk(studio, Viewers()).decide(Ask(MAKER, "s", "chat", conversation, data=asked | data)):
        shown.update({name: str(html() if callable(html) else html) for name, html in screen.items()})
    return shown


def test_calls_are_decided_one_by_one_and_the_turn_goes_on_after_the_last(kept):
    studio, conversation, saved = kept
    talk = press(kept, call="c1", allowed=True, fields={"arg.text": ["green tea"], "arg.copies": ["2"]})["talk"]
    assert saved == [("green tea", 2)]
    assert re.findall(r'data-call="(\w+)"', talk) == ["c2"]
    assert "as you changed them" in talk
    assert [call.id for call in pending_calls(studio.conversations.messages("maker", conversation))] == ["c2"]
    talk = press(kept, call="c2", allowed=False)["talk"]
    assert "Done." in talk
    assert saved == [("green tea", 2)]
    refused = press(kept, call="c2", allowed=True)
    assert "no longer waits" in refused["notice"]
    assert "Done." in refused["talk"]


def test_an_answer_to_a_card_of_the_tool_as_it_was_is_asked_again(kept):
    """The card shows one tool, another tab puts another in its place, and then somebody presses Allow."""
    studio, _, saved = kept
    shown = digest(studio.tools.get("save"))

    def save(text: str, copies: int = 1) -> str:
        """Send a text to somebody else."""
        saved.append(("elsewhere", text))
        return "sent"

    studio.tools.register(Tool.from_function(save, risk="writes"))
    for more in ({"tool": shown}, {"tool": shown, "always": True}, {"tool": ""}):
        refused = press(kept, call="c1", allowed=True, **more)
        assert "was changed since you were asked" in refused["notice"]
        assert saved == []
    assert f'data-tool="{digest(studio.tools.get("save"))}"' in refused["talk"]
    assert shown not in refused["talk"]
    press(kept, call="c1", allowed=True)
    assert saved == [("elsewhere", "tea")]


def test_a_mistake_stands_at_its_field_and_nothing_is_made(kept):
    talk = press(kept, call="c1", allowed=True, fields={"arg.text": ["green tea"], "arg.copies": ["many"]})["talk"]
    assert "Write a whole number" in talk
    assert 'value="green tea"' in talk
    assert "<details" in talk
    assert kept[2] == []
    assert press(kept, call="c1", allowed=True)
    assert kept[2] == [("tea", 1)]


def test_a_permission_for_good_is_shown_on_the_tools_page_and_taken_back_there(kept, tmp_path):
    studio, _, _ = kept
    press(kept, call="c1", allowed=True, always=True)
    shop = Workshop(studio, Desk(studio, Viewers()), tmp_path)

    def shown(**data):
        ask = Ask(MAKER, "s", "tools", thing="save", data=data)
        return "".join(str(screen["workshop"]) for screen in shop.act(ask))

    page = shown(action="open")
    assert "May call it without asking" in page
    assert 'data-action="ask-again" data-of="save" data-by="p"' in page
    assert 'data-action="ask-again"' not in shown(action="ask-again", of="save", by="p")
    assert not studio.toolbox.permissions.given("p", studio.tools.get("save"))
