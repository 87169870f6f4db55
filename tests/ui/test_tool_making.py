"""Making tools in the page: new ones, their form saved as it is typed, keys and grants, versions, copies, and imports."""

import json
import re

import pytest

from assistant.access import MAKER, Identity
from tests.serving import serving
from tests.tools.conftest import _Answers
from tools.permissions import digest
from ui.ask import Ask
from ui.chat import Desk
from ui.pages.tools import IMPORT
from ui.session import Viewers
from ui.workshop import Workshop

SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "months": {"type": "integer", "minimum": 1}},
    "required": ["id", "months"],
}
ANSWERS = {"200": {"description": "ok"}}
API = {
    "openapi": "3.0.0",
    "info": {"title": "Shop"},
    "servers": [{"url": "https://shop.example/v1"}, {"url": "https://eu.shop.example/v1"}],
    "paths": {
        f"/things/{n}": {
            "get": {"operationId": f"thing{n}", "summary": f"Thing number {n}", "responses": {"200": {"description": "ok"}}}
        }
        for n in range(4)
    }
    | {"/file": {"post": {"requestBody": {"required": True, "content": {"image/png": {}}}}}},
}


@pytest.fixture
def cloud():
    """A service on this machine that renews instances."""
    with serving(_Answers) as server:
        server.requests, server.answers = [], {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server


@pytest.fixture
def shop(make_studio, tmp_path):
    studio = make_studio()
    return Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads"), studio


def ask(thing="", language="en", identity=MAKER, session="session", **data) -> Ask:
    return Ask(identity, session, "tools", language=language, nonce=1, data=data, thing=thing)


def act(page, thing="", language="en", **data):
    *_, screen = page.act(ask(thing, language, **data))
    return screen["workshop"]


def run(page, studio, id, arguments):
    """Agree to a call of a tool as it is now."""
    return act(page, id, action="run", of=id, arguments=arguments, tool=digest(studio.tools.get(id)))


def seen(page, thing="", language="en", session="session"):
    (screen,) = page.visit(ask(thing, language, session=session))
    return screen["workshop"]()


def words(html):
    return " ".join(re.sub(r"<!--.*?-->|<[^>]*>", " ", html).split())


def made(page):
    """A new tool's id, its form's key and its revision."""
    html = act(page, action="new")
    return re.search(r'data-here="([^"]+)"', html)[1], re.search(r'data-key="(tool[^"]*-\d+-\d+)"', html)[1]


def save(page, id, **fields):
    stored = page._pages["tools"]._studio.toolbox.get(id)
    return act(page, id, action="save", of=id, revision=str(stored.revision), key="k", fields={n: [v] for n, v in fields.items()})


def renewing(page, cloud, **fields):
    """A tool that renews instances at the service."""
    id, _ = made(page)
    typed = {
        "name": "renew_instance",
        "title.en": "Renew an instance",
        "risk": "spends",
        "method": "POST",
        "url": f"{cloud.url}/instances/{{id}}/renew",
        "schema": json.dumps(SCHEMA),
        "secrets": "0",
        "secret.0.name": "cloud",
        "secret.0.place": "header",
        "secret.0.field": "X-Cloud-Key",
        "secret.0.prefix": "",
    }
    html = save(page, id, **(typed | fields))
    assert "data-refused" not in html, words(html)
    return id


def test_a_new_tool_is_filled_in_and_counts_at_once(shop, cloud):
    page, studio = shop
    id = renewing(page, cloud)
    tool = studio.tools.snapshot()["renew_instance"]
    assert tool.risk == "spends"
    assert tool.titles == {"en": "Renew an instance", "zh": "新工具"}
    html = seen(page, id)
    assert 'value="renew_instance"' in html
    assert "not entered yet" in words(html)
    assert "Saved" in words(html)


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(shop, cloud):
    page, studio = shop
    id, _ = made(page)
    html = save(page, id, url="https://{host}/x", schema="{", **{"title.en": "Half done"})
    assert "line 1 is no valid json" in words(html).lower()
    assert 'value="Half done"' in html
    assert "Not saved yet" in words(html)
    assert studio.toolbox.get(id).document.title.en == "New tool"
    html = save(page, id, url="ftp://x", risk="reads", method="POST")
    assert "cannot be called" in words(html)
    html = save(page, id, method="POST")
    assert "its risk is writes or spends" in words(html)


def test_a_key_is_kept_for_its_host_and_never_shown(shop, cloud, caplog):
    page, studio = shop
    id = renewing(page, cloud)
    html = act(page, id, action="key", of=id, name="cloud", fields={"value": ["canary-4711"]})
    assert "The key “cloud” is kept." in words(html)
    for shown in (html, seen(page, id), act(page, id, action="export", of=id, fields={}), studio.toolbox.export()):
        assert "canary-4711" not in shown
    html = act(page, id, action="grant", of=id, host=cloud.url.removeprefix("http://"))
    assert "This tool may reach" in words(html)
    arguments = json.dumps({"id": "i-1", "months": 3})
    cloud.answers["/instances/i-1/renew"] = (200, "application/json", b'{"you sent": "canary-4711"}')
    html = run(page, studio, id, arguments)
    assert "•••" in html, "what a service says back of it is hidden"
    (method, path, headers, body) = cloud.requests[0]
    assert (method, path, json.loads(body)) == ("POST", "/instances/i-1/renew", {"months": 3})
    assert headers["x-cloud-key"] == "canary-4711"
    assert "canary-4711" not in html
    kept = [path for path in studio.folder.path.rglob("*") if path.is_file()]
    assert kept
    assert [path.name for path in kept if b"canary-4711" in path.read_bytes()] == []
    assert "canary-4711" not in caplog.text
    # Elsewhere the key does not go: it was entered for this host.
    save(page, id, url="https://elsewhere.example/instances/{id}/renew")
    assert "not entered yet" in words(seen(page, id))
    html = act(page, id, action="forget-key", of=id, name="cloud")
    assert "is forgotten" in words(html)


def test_without_the_grant_or_the_key_a_sentence_says_what_to_do(shop, cloud):
    page, studio = shop
    id = renewing(page, cloud)
    arguments = json.dumps({"id": "i-1", "months": 3})
    told = words(run(page, studio, id, arguments))
    assert "cloud" in told
    act(page, id, action="key", of=id, name="cloud", fields={"value": ["k-1234"]})
    told = words(run(page, studio, id, arguments))
    assert "rant" in told, told
    assert cloud.requests == []
    wrong = act(page, id, action="grant", of=id, host="169.254.169.254:80")
    assert "data-refused" in wrong
    assert act(page, id, action="key", of=id, name="other", fields={"value": ["x"]}).count("data-refused")


def test_two_people_edit_one_tool(shop, cloud):
    page, studio = shop
    id = renewing(page, cloud)
    before = studio.toolbox.get(id)
    save(page, id, **{"title.en": "Theirs"})
    mine = {"name": ["renew_instance"], "title.en": ["Mine"]}
    html = act(page, id, action="save", of=id, revision=str(before.revision - 1), key="k", fields=mine)
    assert "changed elsewhere" in words(html)
    assert studio.toolbox.get(id).document.title.en == "Theirs"
    html = act(page, id, action="mine", of=id, revision=str(before.revision - 1), key="k", fields=mine)
    assert studio.toolbox.get(id).document.title.en == "Mine"
    html = act(page, id, action="theirs", of=id)
    assert 'value="Mine"' in html


def test_a_mistake_that_is_mended_does_not_overwrite_what_others_saved_meanwhile(shop, cloud):
    page, studio = shop
    id = renewing(page, cloud)
    before = str(studio.toolbox.get(id).revision)
    save(page, id, **{"title.en": "Theirs"})
    mine = {"name": ["not a name"], "title.en": ["Mine"]}
    html = act(page, id, action="save", of=id, revision=before, key="k", fields=mine)
    assert f'data-revision="{before}"' in html
    html = act(page, id, action="save", of=id, revision=before, key="k", fields={**mine, "name": ["renew_instance"]})
    assert "changed elsewhere" in words(html)
    assert studio.toolbox.get(id).document.title.en == "Theirs"


def test_a_form_shows_what_others_saved_once_something_beside_it_is_pressed(shop, cloud):
    page, studio = shop
    id = renewing(page, cloud)
    key = re.search(r'data-action="save" data-key="([^"]+)"', seen(page, id))[1]
    assert f'data-action="save" data-key="{key}"' in act(page, id, action="key", of=id, name="cloud", fields={"value": ["k"]})
    stored = studio.toolbox.get(id)
    studio.toolbox.save(stored.document.model_dump(mode="json") | {"title": {"en": "Theirs"}}, stored.revision)
    html = act(page, id, action="key", of=id, name="cloud", fields={"value": ["k"]})
    assert f'data-action="save" data-key="{key}"' not in html
    assert 'value="Theirs"' in html


def test_versions_copies_and_the_way_back(shop, cloud):
    page, studio = shop
    id = renewing(page, cloud)
    first = studio.toolbox.get(id)
    studio.toolbox.save(first.document.model_dump(mode="json") | {"name": "renew_two"}, first.revision)
    html = seen(page, id)
    assert f'data-version="{first.revision}"' in html
    html = act(page, id, action="version", of=id, version=str(first.revision), key="k", fields={})
    assert "is as it was then" in words(html)
    assert studio.toolbox.get(id).document.name == "renew_instance"
    copy = re.search(r'data-here="([^"]+)"', act(page, id, action="duplicate", of=id, key="k", fields={}))[1]
    assert copy != id
    assert studio.tools.get(copy).spec.name != "renew_instance"
    html = act(page, copy, action="delete", of=copy)
    undo = re.search(r'data-action="restore" data-of="([^"]+)"', html)[1]
    act(page, "", action="restore", of=undo, personas="")
    assert studio.tools.get(copy)
    for screen in page.act(ask(id, action="export", of=id, key="k", fields={})):
        assert "renew_instance" in screen["download"]


def test_rows_for_keys(shop, cloud):
    page, studio = shop
    id = renewing(page, cloud)
    fields = {"secrets": ["0"], "secret.0.name": ["cloud"], "secret.0.place": ["header"], "secret.0.field": ["X-Cloud-Key"]}
    html = act(page, id, action="add-key", of=id, key="k", fields=fields)
    assert 'name="secret.1.name"' in html
    html = act(page, id, action="remove-key", of=id, key="k", row="0", fields=fields)
    assert 'name="secret.0.name"' not in html
    assert studio.toolbox.get(id).document.call.secrets == ()


def test_an_import_is_looked_at_before_it_is_taken(shop):
    page, studio = shop
    before = len(studio.tools.list())
    html = act(page, IMPORT, action="look", fields={"url": [""], "text": [json.dumps(API)]})
    assert "“Shop”: 4 can be taken." in words(html)
    assert "POST /file" in words(html)
    assert len(studio.tools.list()) == before
    html = act(page, IMPORT, action="serve", value="https://eu.shop.example/v1")
    assert '<option value="https://eu.shop.example/v1" selected>' in html
    ids = re.findall(r'name="take" value="([^"]+)"', html)
    assert "choose at least one" in words(act(page, IMPORT, action="take", fields={})).lower()
    html = act(page, IMPORT, action="take", fields={"take": ids[:2]})
    assert "Imported tools: 2." in words(html)
    taken = [tool for tool in studio.tools.list() if tool.kind == "openapi"]
    assert len(taken) == 2
    assert studio.toolbox.document(taken[0].id).call.url.startswith("https://eu.shop.example/v1/things/")
    assert "once more" in words(act(page, IMPORT, action="take", fields={"take": ids}))
    act(page, IMPORT, action="look", fields={"text": [json.dumps(API)]})
    assert words(act(page, IMPORT, action="serve", value="https://eu.shop.example/v1")).count("as it is") == 2


@pytest.mark.parametrize("text", ["", "{", "hello", "[1]", '{"openapi": "9"}', "a: &a [*a, *a]", "\ud800", "{" * 10_000])
def test_rubbish_is_one_sentence(shop, text):
    page, _ = shop
    html = act(page, IMPORT, action="look", fields={"text": [text]})
    assert html.count("data-refused") == 1


def test_a_visitor_changes_nothing(shop, cloud):
    page, studio = shop
    id = renewing(page, cloud)
    visitor = Identity("visitor-1", False)
    before = studio.toolbox.get(id), len(studio.tools.list())
    for action in (
        "new",
        "save",
        "mine",
        "key",
        "grant",
        "take",
        "look",
        "duplicate",
        "version",
        "delete",
        "export",
        "export-all",
    ):
        fields = {"name": ["x"], "value": ["x"], "text": [json.dumps(API)]}
        for screen in page.act(ask(id, identity=visitor, action=action, of=id, host="127.0.0.1:1", name="cloud", fields=fields)):
            assert "download" not in screen
    assert (studio.toolbox.get(id), len(studio.tools.list())) == before


def test_a_long_list_is_searched_by_the_server(shop, make_studio):
    page, studio = shop
    many = {f"/n{n}": {"get": {"operationId": f"number{n}", "summary": f"Number {n}", "responses": ANSWERS}} for n in range(700)}
    studio.toolbox.take(studio.toolbox.preview(json.dumps(API | {"paths": many})).found)
    html = seen(page)
    assert "data-find" in html
    assert html.count('data-key="item-') == 300
    html = act(page, action="find", words="number 677")
    assert html.count('data-key="item-') == 1
    assert "Number 677" in html
    assert seen(page, session="another").count('data-key="item-') == 300, "each page by itself"
    html = act(page, action="find", words="")
    html = act(page, action="kind", kind="python")
    assert "Number" not in html
    assert 'aria-pressed="true"' in html


def test_all_that_is_shown_is_switched_and_given_at_once(shop):
    page, studio = shop
    studio.toolbox.take(studio.toolbox.preview(json.dumps(API)).found)
    named = {tool.id for tool in studio.tools.list() if "number" in tool.titles["en"]}
    assert 'data-action="switch-all"' not in seen(page), "not for all tools there are"
    assert 'data-action="switch-all"' not in act(page, action="find", words="no such tool")
    html = act(page, action="find", words="NUMBER thing")
    assert 'data-to="off" data-sought="NUMBER thing" data-kind=""' in html
    off = act(page, action="switch-all", to="off", sought="NUMBER thing", kind="")
    assert studio.tools.off == named
    assert len(named) == 4
    assert "Switched off: 4." in words(off)
    change = re.search(r'data-change="(\d+)"', off)[1]
    studio.toolbox.switches.turn("clock", False)
    assert "They are as they were." in words(act(page, action="switch-back", change=change))
    assert studio.tools.off == {"clock"}, "what was switched after that stays"
    act(page, action="switch-all", to="off", sought="", kind="openapi")
    on = act(page, action="switch-all", to="on", sought="number 2", kind="openapi", language="zh")
    assert studio.tools.off == {"clock"} | named - {"shop-thing2"}
    assert "已启用 1 个。" in words(on)
    assert "data-refused" in act(page, action="switch-back", change="99")
    assert "data-refused" in act(page, action="switch-back", change="²")
    given = act(page, action="give-all", value="librarian", sought="number", kind="")
    assert "“Librarian” may use them now: 4." in words(given)
    assert named <= {*studio.personas.get("maker", "librarian").document.tools}
    for made_up in ("nobody", "", "../x"):
        assert "data-refused" in act(page, action="give-all", value=made_up, sought="number", kind="")


def test_a_persona_that_has_every_tool_is_said_to_and_stays_whole_when_one_goes(shop, cloud):
    page, studio = shop
    id = renewing(page, cloud)
    stored = studio.personas.get("maker", "librarian")
    studio.personas.save("maker", stored.document.model_copy(update={"all_tools": True}), stored.revision)
    html = seen(page, id)
    (switch,) = re.findall(r'<input[^>]*data-by="librarian"[^>]*>', html)
    assert "checked" in switch
    assert "disabled" in switch
    assert "It has every tool." in html
    assert len(studio.agent("librarian").tools) > len(stored.document.tools)
    html = act(page, id, action="delete", of=id)
    assert studio.personas.get("maker", "librarian").document.tools == stored.document.tools
    studio.agent("librarian")
    (back,) = re.findall(r'<button[^>]*data-action="restore"[^>]*>', html)
    assert 'data-personas=""' in back


def test_more_tools_than_a_persona_may_have_are_not_given_at_all(shop):
    page, studio = shop
    before = studio.personas.get("maker", "librarian").document
    many = {f"/n{n}": {"get": {"operationId": f"number{n}", "responses": ANSWERS}} for n in range(300)}
    studio.toolbox.take(studio.toolbox.preview(json.dumps(API | {"paths": many})).found)
    for language, sentence in (("en", "at most 256 tools. For more, switch on “All other tools, too”"), ("zh", "256")):
        told = act(page, language=language, action="give-all", value="librarian", sought="", kind="openapi")
        assert "data-refused" in told
        assert sentence in words(told)
    assert studio.personas.get("maker", "librarian").document == before
