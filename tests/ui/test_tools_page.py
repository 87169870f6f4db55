"""The tools page: a form from a schema and back, switches, trying, and taking registered tools away."""

import re
from dataclasses import replace

import pytest

from assistant.access import MAKER, Identity
from common.egress import Egress
from tests.media import PICTURE, SOUND, Measure, giving, wav
from tools.base import Media, Tool
from tools.documents import ToolDocument, ToolStore
from tools.http import HttpTool
from tools.permissions import digest
from ui.argument_form import asked, read, typed
from ui.ask import Ask
from ui.chat import Desk
from ui.session import Viewers
from ui.workshop import Workshop

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "where", "minLength": 2},
        "days": {"type": "integer", "minimum": 1},
        "ratio": {"type": ["number", "null"]},
        "metric": {"type": "boolean"},
        "unit": {"enum": ["km", "mile", 3]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "counts": {"type": "array", "items": {"type": "integer"}},
        "place": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]},
    },
    "required": ["city"],
    "additionalProperties": False,
}


def words(html: str) -> str:
    return " ".join(re.sub(r"<!--.*?-->|<[^>]*>", " ", html).split())


def test_every_kind_of_argument_gets_a_field_of_its_own():
    kinds = {each.name: (each.kind, each.of, each.required) for each in asked(SCHEMA)}
    assert kinds == {
        "city": ("text", "string", True),
        "days": ("number", "integer", False),
        "ratio": ("number", "number", False),
        "metric": ("choice", "", False),
        "unit": ("choice", "", False),
        "tags": ("lines", "string", False),
        "counts": ("lines", "integer", False),
        "place": ("json", "object", False),
    }
    assert asked({}) == asked({"properties": None}) == []


def filled(**written):
    form = asked(SCHEMA)
    return read(SCHEMA, form, typed(form, {f"arg.{name}": [value] for name, value in written.items()}))


def test_a_number_longer_than_any_float_is_a_number():
    assert filled(city="Rome", days="9" * 400) == ({"city": "Rome", "days": int("9" * 400)}, {})


def test_what_is_typed_becomes_arguments_and_what_is_empty_is_left_out():
    found, wrong = filled(
        city="北京", days="3", ratio="0.5", metric="true", unit='"km"', tags="a\n\n b ", counts="1\n2", place='{"lat": 1.5}'
    )
    assert wrong == {}
    assert found == {
        "city": "北京",
        "days": 3,
        "ratio": 0.5,
        "metric": True,
        "unit": "km",
        "tags": ["a", "b"],
        "counts": [1, 2],
        "place": {"lat": 1.5},
    }
    assert filled(city="Oslo", days="  ", unit="") == ({"city": "Oslo"}, {})


@pytest.mark.parametrize(
    ("written", "field", "english", "chinese"),
    [
        ({"city": ""}, "city", "city is missing", "缺少 city"),
        ({"city": "x"}, "city", "at least 2 characters", "至少要有 2 个字符"),
        ({"city": "Oslo", "days": "many"}, "days", "Write a whole number", "请写整数"),
        ({"city": "Oslo", "days": "1.5"}, "days", "Write a whole number", "请写整数"),
        ({"city": "Oslo", "days": "0"}, "days", "days must be at least 1", "days 不能小于 1"),
        ({"city": "Oslo", "ratio": "half"}, "ratio", "Write a number", "请写数字"),
        ({"city": "Oslo", "ratio": "nan"}, "ratio", "Write a number", "请写数字"),
        ({"city": "Oslo", "unit": '"furlong"'}, "unit", "must be one of", "之一"),
        ({"city": "Oslo", "counts": "1\nx"}, "counts", "Write a whole number", "请写整数"),
        ({"city": "Oslo", "place": '{"lat":'}, "place", "as JSON", "写成 JSON"),
        ({"city": "Oslo", "place": "{\n1}"}, "place", "line 2", "第 2 行"),
        ({"city": "Oslo", "place": '{"lat": NaN}'}, "place", "as JSON", "写成 JSON"),
        ({"city": "Oslo", "place": "[" * 100_000}, "place", "as JSON", "写成 JSON"),
        ({"city": "Oslo", "place": "{}"}, "place", "place.lat is missing", "缺少 place.lat"),
    ],
)
def test_a_mistake_is_said_at_its_field(written, field, english, chinese):
    _, wrong = filled(**written)
    assert list(wrong) == [field]
    assert english in wrong[field][0]
    assert chinese in wrong[field][1]


DOCUMENT = {
    "id": "pets",
    "name": "pets",
    "title": {"en": "Pets", "zh": "宠物"},
    "description": {"en": "Finds a pet.", "zh": "查找宠物。"},
    "parameters": {"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": False},
    "risk": "reads",
    "call": {"method": "GET", "url": "https://api.example/pets/{id}", "arguments": {"id": {"place": "path"}}},
}


@pytest.fixture
def shop(make_studio, tmp_path):
    studio = make_studio()
    document = ToolDocument.model_validate(DOCUMENT)
    ToolStore(studio.database).save("maker", document, 0)
    studio.tools.register(HttpTool(document, Egress()))
    spent: list[int] = []

    def renew(months: int) -> str:
        """Renew the instance for some months."""
        spent.append(months)
        return f"renewed for {months}"

    studio.tools.register(Tool.from_function(renew, risk="spends"))
    return Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads"), studio, spent


def ask(thing="", language="en", identity=MAKER, **data) -> Ask:
    return Ask(identity, "session", "tools", language=language, nonce=1, data=data, thing=thing)


def act(shop, thing="", language="en", **data) -> str:
    *_, screen = shop.act(ask(thing, language, **data))
    return screen["workshop"]


def renews_for_years(spent):
    def renew(months: int) -> str:
        """Renew for years."""
        spent.append(12 * months)
        return "renewed"

    return renew


def run(page, studio, id, arguments):
    """Agree to a call of a tool as it is now."""
    return act(page, id, action="run", of=id, arguments=arguments, tool=digest(studio.tools.get(id)))


def seen(shop, thing="", language="en") -> str:
    (screen,) = shop.visit(ask(thing, language))
    return screen["workshop"]()


def test_tools_are_listed_and_one_is_shown_with_what_it_is(shop):
    page, studio, _ = shop
    listed = words(seen(page))
    for tool in studio.tools.list():
        assert tool.titles["en"] in listed
    assert "Choose a tool" in listed
    shown = words(seen(page, "pets", "zh"))
    for told in (
        "宠物",
        "网络接口",
        "查找宠物。",
        "GET https://api.example/pets/{id}",
        "只读取",
        "最多 20 秒",
        "使用它的人设 还没有",
    ):
        assert told in shown
    assert "data-refused" in seen(page, "no-such-tool")
    assert "data-refused" not in seen(page, "clock")
    assert 'data-action="delete"' not in seen(page, "clock")


def test_a_tool_is_tried_and_shows_what_the_model_would_read(shop):
    page, _, _ = shop
    screens = list(page.act(ask("calculator", action="try", of="calculator", fields={"arg.expression": ["17 * 3"]})))
    assert "Running Calculator" in words(screens[0]["workshop"])
    end = screens[-1]["workshop"]
    assert "51" in re.search(r'<pre dir="auto"[^>]*>(.*?)</pre>', end, re.DOTALL)[1]
    assert re.search(r"What the model would read \d\.\d\d s", words(end))
    assert 'value="17 * 3"' in end
    failed = act(page, "calculator", action="try", fields={"arg.expression": ["17 *"]}, language="zh")
    assert "没有做成" in words(failed)
    missing = act(page, "calculator", action="try", fields={"arg.expression": [""]})
    assert '<em role="alert">expression is missing.</em>' in missing
    assert "What the model would read" not in missing


def test_a_click_counts_for_the_tool_that_was_shown(shop):
    page, studio, spent = shop
    shown = digest(studio.tools.get("renew"))
    studio.tools.unregister("renew")
    studio.tools.register(Tool.from_function(renews_for_years(spent), risk="spends"))
    again = act(page, "renew", action="run", of="renew", arguments='{"months": 6}', tool=shown)
    assert "It will be called with exactly these arguments" in words(again)
    assert spent == []


def test_what_spends_is_asked_about_with_its_exact_arguments(shop):
    page, studio, spent = shop
    sure = act(page, "renew", action="try", fields={"arg.months": ["6"]})
    assert "This may cost money. It will be called with exactly these arguments" in words(sure)
    assert spent == []
    agreed = re.search(r'data-action="run" data-of="renew" data-arguments="([^"]*)"', sure)[1].replace("&#34;", '"')
    assert agreed == '{"months": 6}'
    done = run(page, studio, "renew", agreed)
    assert spent == [6]
    assert "renewed for 6" in done
    for made_up in ("", "[", "[1]", '{"months": "x"}', '{"years": 1}'):
        assert "It could not be done" in words(run(page, studio, "renew", made_up))
    assert spent == [6]


def test_a_tool_is_switched_off_for_everybody(shop):
    page, studio, _ = shop
    name = studio.tools.get("clock").spec.name
    off = act(page, "clock", action="switch", of="clock", on=False)
    assert '<span class="badge bad">off</span>' in off
    assert name not in studio.agent("model-guide").tools
    assert name in {tool.spec.name for tool in studio.tools.list()}
    act(page, "clock", action="switch", of="clock", on=True)
    assert studio.tools.off == set()
    assert "data-refused" in act(page, action="switch", of="no-such", on=False)


def test_a_tool_that_cannot_be_called_says_why(shop):
    page, *_ = shop  # offline, as every studio of the tests
    for language, sentence in (("en", "was started with --offline."), ("zh", "以 --offline 方式启动的。")):
        assert sentence in words(seen(page, "weather", language))
        assert sentence not in words(seen(page, "clock", language))


def test_personas_get_a_tool_from_here(shop):
    page, studio, _ = shop
    shown = act(page, "renew", action="user", of="renew", by="librarian", on=True)
    assert "Used by Librarian" in words(shown)
    assert studio.personas.get("maker", "librarian").document.tools[-1] == "renew"
    act(page, "renew", action="user", of="renew", by="librarian", on=False)
    assert "renew" not in studio.personas.get("maker", "librarian").document.tools
    for made_up in ({"of": "no-such", "by": "librarian"}, {"of": "renew", "by": "nobody"}):
        assert "data-refused" in act(page, "renew", action="user", on=True, **made_up)


def test_a_registered_tool_is_deleted_and_brought_back_with_its_users(shop):
    page, studio, _ = shop
    act(page, "pets", action="user", of="pets", by="librarian", on=True)
    deleted = act(page, "pets", action="delete", of="pets")
    assert "Deleted the tool “Pets”." in words(deleted)
    assert "pets" not in {tool.id for tool in studio.tools.list()}
    assert studio.agent("librarian")
    users = re.search(r'data-personas="([^"]*)"', deleted)[1]
    assert "“Pets” is back." in words(act(page, action="restore", of="pets", personas=users))
    assert studio.personas.get("maker", "librarian").document.tools[-1] == "pets"
    assert "data-refused" in act(page, action="delete", of="clock")


def test_all_of_it_is_a_makers_alone(shop):
    page, studio, spent = shop
    for action in ("try", "run", "switch", "user", "delete", "restore"):
        visitor = replace(
            ask("renew", action=action, of="renew", by="gg", on=True, arguments='{"months": 1}'), identity=Identity("v", False)
        )
        (screen,) = page.act(visitor)
        assert words(screen["workshop"]).startswith("Only the owner")
    assert spent == []
    assert studio.tools.off == set()


def test_what_a_tool_gives_is_shown_from_memory_and_what_it_takes_is_named(shop):
    page, studio, _ = shop
    large = Media(wav(300), "audio/wav", "long.wav")  # 4.8 MB
    page_of_html = Media(b"<script>", "image/png", "page.png")
    for tool in (giving(PICTURE, SOUND, large, page_of_html), Measure()):
        studio.tools.register(tool)
    shown = act(page, "draw", action="try", fields={})
    assert '<img src="data:image/png;base64,' in shown
    assert '<audio controls preload="none" src="data:audio/wav;base64,' in shown
    assert "“long.wav”: only its name is here" in shown
    assert "[Not shown: " in words(shown)
    assert studio.attachments.media.count("maker") == 0
    assert "name of a picture or sound" in words(seen(page, "measure"))
    for owner in ("maker", "visitor-1"):
        kept = studio.conversations.create(owner, "gg").id
        studio.attachments.media.keep(owner, kept, replace(PICTURE, name=f"{owner}.png"))
    assert "maker.png: image/png" in words(act(page, "measure", action="try", fields={"arg.of": ["maker.png"]}))
    assert "There is none" in words(act(page, "measure", action="try", fields={"arg.of": ["visitor-1.png"]}))
