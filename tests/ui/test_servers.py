"""The MCP servers in the page: added, permitted, connected, their tools chosen, their settings saved, and taken away again."""

import json
import re
import sys
import threading

import pytest

from assistant.access import MAKER, Identity
from common.errors import ToolFailed
from tests.timing import wait_until
from tests.tools.mcpworld import SERVERS
from ui.ask import Ask
from ui.chat import Desk
from ui.connecting import Connecting
from ui.session import Viewers
from ui.workshop import Workshop

KEY = "ghp_" + "a1" * 18
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
PLEASANT = {"command": sys.executable, "args": [str(SERVERS / "pleasant.py")]}


@pytest.fixture
def shop(make_studio, tmp_path):
    studio = make_studio()
    return Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads"), studio


def ask(thing="+servers", language="en", identity=MAKER, session="session", **data) -> Ask:
    return Ask(identity, session, "tools", language=language, nonce=1, data=data, thing=thing)


def act(page, thing="+servers", language="en", **data):
    *_, screen = page.act(ask(thing, language, **data))
    return screen["workshop"]


def seen(page, thing="+servers", language="en", session="session"):
    (screen,) = page.visit(ask(thing, language, session=session))
    return screen["workshop"]()


def words(html):
    return " ".join(re.sub(r"<!--.*?-->|<[^>]*>", " ", html).split())


def paste(page, servers, keep=True, **more):
    fields = {"line": [""], "title": [""], "text": [json.dumps(servers)], "keep": ["on"] if keep else []}
    return act(page, action="server-add", fields=fields, **more)


def type_in(page, line, title="", **more):
    fields = {"line": [line], "title": [title], "text": [""], "keep": ["on"]}
    return act(page, action="server-add", fields=fields, **more)


def shown_transport(html):
    return re.search(r'data-transport="([^"]*)"', html)[1].replace("&#34;", '"').replace("&amp;", "&")


def press(page, id, action, **data):
    return act(page, f"+server-{id}", action=action, server=id, **data)


def connected(page, studio, id="pleasant", settings=PLEASANT):
    """A server of the tests, allowed and connected as a person does it; its page."""
    html = paste(page, {"mcpServers": {id: settings}})
    press(page, id, "server-grant", transport=shown_transport(html))
    press(page, id, "server-connect", fields={})
    wait_until(lambda: studio.toolbox.mcp.status(id).state == "connected" and "data-poll" not in seen(page, f"+server-{id}"))
    return seen(page, f"+server-{id}")


def save(page, studio, id, revision=None, action="server-save", **fields):
    html = seen(page, f"+server-{id}", session="look")
    mark = revision or re.search(r'data-revision="(\w+)"', html)[1]
    fields = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    return press(page, id, action, revision=mark, key="k", fields=fields)


def test_the_page_says_what_it_is_for_in_both_languages(shop):
    page, _ = shop
    assert "Nothing is started or called before you allow it" in words(seen(page))
    assert "在你允许之前，不会启动或连接任何东西" in words(seen(page, language="zh"))
    assert 'data-thing="+servers"' in seen(page, "")


def test_a_readme_is_pasted_and_its_keys_are_in_no_document(shop):
    page, studio = shop
    html = paste(
        page,
        {
            "mcpServers": {
                "GitHub": {"command": "npx", "args": ["-y", "x"], "env": {"TOKEN": KEY, "B": "<yours>"}, "cwd": "/"},
                "web": {"url": "https://mcp.example/mcp", "headers": {"Authorization": f"Bearer {KEY}"}},
                "old": {"type": "sse", "url": "https://mcp.example/sse"},
            }
        },
    )
    told = words(html)
    assert "“GitHub” is added. It is not started yet." in told
    assert "Kept encrypted: TOKEN." in told
    assert "Still to be entered under “Keys”: B." in told
    assert "Left out: cwd." in told
    assert "“old” is not added." in told
    mcp = studio.toolbox.mcp
    assert {stored.document.id for stored in mcp.list()} == {"github", "web"}
    assert [secret.is_there for secret in studio.toolbox.server_secrets("github")] == [True, False]
    assert [secret.origin for secret in studio.toolbox.server_secrets("web")] == ["https://mcp.example:443"]
    for text in (html, seen(page, "+server-github"), *(stored.document.model_dump_json() for stored in mcp.list())):
        assert KEY not in text
    kept = [path for path in studio.folder.path.rglob("*") if path.is_file()]
    assert [path.name for path in kept if KEY.encode() in path.read_bytes()] == []


def test_keys_that_are_not_to_be_kept_are_named_as_left_out(shop):
    page, studio = shop
    told = words(paste(page, {"GitHub": {"command": "npx", "env": {"TOKEN": KEY}}}, keep=False))
    assert "Left out: the values of TOKEN." in told
    assert [secret.is_there for secret in studio.toolbox.server_secrets("github")] == [False]
    html = press(page, "github", "server-key", name="github.TOKEN", fields={"value": [KEY]})
    assert "is kept" in words(html)
    assert KEY not in html
    assert [secret.is_there for secret in studio.toolbox.server_secrets("github")] == [True]
    assert "data-refused" in press(page, "github", "server-key", name="other", fields={"value": [KEY]})
    assert "is forgotten" in words(press(page, "github", "server-forget-key", name="github.TOKEN"))


@pytest.mark.parametrize("text", ["{", "hello", "[]", "{}", '{"mcpServers": {"a": 1}}', "{" * 20_000, '{"a": {"command": ""}}'])
def test_rubbish_is_refused_and_adds_nothing(shop, text):
    page, studio = shop
    html = act(page, action="server-add", fields={"line": [""], "title": [""], "text": [text]})
    assert html.count("data-refused") == 1
    assert studio.toolbox.mcp.list() == []
    assert "command, an address or settings first" in words(act(page, action="server-add", fields={}))


def test_what_is_allowed_is_shown_word_by_word(shop):
    page, studio = shop
    html = type_in(page, "npx 'a  b' --x=1 '\u200bhidden'", "Mine")
    assert '<code class="word" dir="ltr">a  b</code>' in html
    assert "⟨U+200B⟩hidden" in html
    assert "needs your permission" in words(html)
    assert 'data-action="server-connect"' not in html
    id = "mine"
    shown = shown_transport(html)
    save(page, studio, id, command="npm")
    told = press(page, id, "server-grant", transport=shown)
    assert "was changed since it was shown to you" in words(told)
    assert not studio.toolbox.mcp.status(id).granted
    for rubbish in ("", "{", "[]", '{"kind": "stdio"}'):
        assert "data-refused" in press(page, id, "server-grant", transport=rubbish)
    html = press(page, id, "server-grant", transport=shown_transport(told))
    assert studio.toolbox.mcp.status(id).granted
    html = press(page, id, "server-revoke")
    assert not studio.toolbox.mcp.status(id).granted
    assert 'data-action="server-grant"' in html


def test_an_address_needs_permission_where_it_is_private(shop):
    page, studio = shop
    assert 'data-action="server-grant"' not in type_in(page, "https://mcp.example/mcp")
    html = type_in(page, "http://127.0.0.1:9/mcp")
    assert "127.0.0.1:9 is on this machine" in words(html)
    assert "needs your permission" in words(seen(page))
    press(page, "127-0-0-1", "server-grant", transport=shown_transport(html))
    assert studio.toolbox.mcp.status("127-0-0-1").granted
    press(page, "127-0-0-1", "server-connect", fields={})
    wait_until(lambda: "failed" in words(seen(page, "+server-127-0-0-1")))
    assert "The connection failed" in words(seen(page, "+server-127-0-0-1"))
    assert "failed" in words(seen(page))
    press(page, "127-0-0-1", "server-disconnect")


def test_a_server_is_connected_and_its_tools_are_chosen(shop):
    page, studio = shop
    html = connected(page, studio)
    told = words(html)
    assert "Pleasant 1.2" in told
    assert "Adds two whole numbers." in told
    assert "All notes" in told
    assert "review" in told
    tools = lambda: {tool.spec.name for tool in studio.toolbox.mcp.tools("pleasant")}  # noqa: E731
    assert {"pleasant_add", "pleasant_greet"} <= tools()
    persona = next(stored.document.id for stored in studio.personas.list(MAKER.owner))
    act(page, "mcp-pleasant-add", action="user", of="mcp-pleasant-add", by=persona, on=True)
    html = press(page, "pleasant", "server-use", tool="add", on=False)
    assert "It was taken out of" in words(html)
    assert "pleasant_add" not in tools()
    assert studio.toolbox.mcp.status("pleasant").state == "connected", "a tick ends no connection"
    assert "Only the ticked ones are used" in words(html)
    press(page, "pleasant", "server-use", tool="add", on=True)
    assert "pleasant_add" in tools()
    press(page, "pleasant", "server-use", tool="greet", on=False)
    html = press(page, "pleasant", "server-use-all")
    assert "All of its tools are used" in words(html)
    press(page, "pleasant", "server-risk", tool="add", value="reads")
    assert studio.tools.get("mcp-pleasant-add").risk == "reads"
    press(page, "pleasant", "server-risk", tool="add", value="")
    assert studio.tools.get("mcp-pleasant-add").risk == "writes"
    assert "data-refused" in press(page, "pleasant", "server-risk", tool="add", value="harmless")
    html = seen(page, "mcp-pleasant-add")
    assert 'data-thing="+server-pleasant"' in html
    assert "comes with Hearth" not in html
    press(page, "pleasant", "server-risk", tool="add", value="reads")
    html = act(page, "mcp-pleasant-add", action="try", of="mcp-pleasant-add", fields={"arg.a": ["2"], "arg.b": ["40"]})
    assert "42" in words(html)
    html = press(page, "pleasant", "server-disconnect")
    assert "not connected" in words(html)


def test_a_deleted_server_comes_back_with_its_tools_for_those_who_used_them(shop):
    page, studio = shop
    connected(page, studio)
    persona = next(stored.document.id for stored in studio.personas.list(MAKER.owner))
    act(page, "mcp-pleasant-add", action="user", of="mcp-pleasant-add", by=persona, on=True)
    html = press(page, "pleasant", "server-delete", fields={})
    assert "Deleted the server “pleasant”" in words(html)
    assert "mcp-pleasant-add" not in studio.personas.get(MAKER.owner, persona).document.tools
    lost = re.search(r'data-personas="([^"]*)"', html)[1].replace("&#34;", '"')
    for action in ("server-connect", "server-use", "server-grant", "server-save", "server-delete", "server-key"):
        told = press(page, "pleasant", action, fields={}, transport=json.dumps({"kind": "http", "url": "https://x.example/"}))
        assert "data-refused" in told, action
        assert 'data-here="+servers"' in told
    assert "not there any more" in words(seen(page, "+server-pleasant"))
    assert "data-refused" in press(page, "nobody", "server-restore", personas="[[")
    html = press(page, "pleasant", "server-restore", personas=lost)
    assert "“pleasant” is back" in words(html)
    assert "needs your permission" in words(html), "a permission does not come back"
    assert "mcp-pleasant-add" in studio.personas.get(MAKER.owner, persona).document.tools
    press(page, "pleasant", "server-delete", fields={})
    paste(page, {"pleasant": {"command": "other"}})
    assert studio.toolbox.mcp.tools("pleasant-2") == [], "another of that name gets nothing of it"


def test_settings_save_themselves_and_say_what_is_wrong(shop):
    page, studio = shop
    type_in(page, "npx -y thing", "Thing")
    html = save(page, studio, "thing", args="one\n two \r\n\nthree", env="TOKEN\nOTHER", time_limit_s="45", believes_hints="on")
    assert "Saved" in words(html)
    document = studio.toolbox.mcp.get("thing").document
    assert document.transport.args == ("one", " two ", "three")
    assert document.transport.env == {"TOKEN": "thing.TOKEN", "OTHER": "thing.OTHER"}
    assert (document.time_limit_s, document.believes_hints) == (45.0, True)
    html = save(page, studio, "thing", env=f"TOKEN={KEY}", command="", time_limit_s="soon", **{"title.en": "Half"})
    told = words(html)
    assert "without = and its value" in told
    assert "3 to correct" in told
    assert "Not saved yet" in told
    assert 'value="Half"' in html
    assert studio.toolbox.mcp.get("thing").document == document
    save(page, studio, "thing", believes_hints=[])
    assert not studio.toolbox.mcp.get("thing").document.believes_hints


def test_two_tabs_change_one_server(shop):
    page, studio = shop
    type_in(page, "npx", "Thing")
    old = re.search(r'data-revision="(\w+)"', seen(page, "+server-thing"))[1]
    save(page, studio, "thing", command="npm")
    html = save(page, studio, "thing", revision=old, command="pnpm")
    assert "changed elsewhere" in words(html)
    assert f'data-revision="{old}"' in html
    assert studio.toolbox.mcp.get("thing").document.transport.command == "npm"
    save(page, studio, "thing", revision=old, action="server-mine", command="pnpm")
    assert studio.toolbox.mcp.get("thing").document.transport.command == "pnpm"
    assert 'value="pnpm"' in press(page, "thing", "server-theirs")
    # A tick elsewhere is no change of the settings.
    mark = re.search(r'data-revision="(\w+)"', seen(page, "+server-thing"))[1]
    press(page, "thing", "server-use", tool="x", on=True)
    assert "changed elsewhere" not in words(save(page, studio, "thing", revision=mark, command="bun"))


def test_a_server_that_hangs_keeps_nobody(shop):
    page, _ = shop
    html = type_in(page, f"{sys.executable} -c 'import time; time.sleep(600)'", "Slow")
    press(page, "slow", "server-grant", transport=shown_transport(html))
    html = press(page, "slow", "server-connect", fields={})
    assert "connecting" in words(html)
    assert "data-poll" in html
    assert "data-poll" in seen(page, session="another tab")
    html = act(page, "+server-slow", action="poll")
    assert "You can go on meanwhile" in words(html)
    press(page, "slow", "server-disconnect")
    wait_until(lambda: "data-poll" not in seen(page, "+server-slow"))


def test_a_bug_while_connecting_is_told_and_logged(caplog):
    gate, calls = threading.Event(), []

    def connect(id):
        calls.append(id)
        gate.wait(20)
        raise ToolFailed("no", "不") if id == "expected" else RuntimeError("a bug")

    connecting = Connecting(connect)
    for id in ("expected", "expected", "bug"):
        connecting.start(id)
    assert connecting.running("expected")
    gate.set()
    wait_until(lambda: not connecting.running("expected") and not connecting.running("bug"))
    assert sorted(calls) == ["bug", "expected"]
    assert connecting.problem("expected") == ("no", "不")
    assert "log has the details" in connecting.problem("bug")[0]
    assert "a bug" in caplog.text


def test_what_strangers_write_is_text(shop, tame):
    page, studio = shop
    paste(page, {"evil": {"command": EVIL, "args": [EVIL], "env": {EVIL: "x"}, EVIL: 1}})
    save(page, studio, "evil", **{"title.en": EVIL})
    assert studio.toolbox.mcp.get("evil").document.title.en == EVIL
    for html in (seen(page, "+server-evil"), seen(page), seen(page, f"+server-{EVIL}"), press(page, EVIL, "server-connect")):
        assert "<script" not in html
        assert "<img" not in html


def test_a_visitor_and_a_hosted_page(shop, make_studio, tmp_path):
    page, studio = shop
    html = type_in(page, "npx", "Thing")
    visitor = Identity("visitor-1", False)
    for action in ("server-add", "server-grant", "server-connect", "server-delete", "server-save", "server-key"):
        fields = {"line": ["npx"], "command": ["rm"]}
        data = {"action": action, "server": "thing", "fields": fields, "transport": shown_transport(html)}
        list(page.act(ask("+server-thing", identity=visitor, **data)))
    assert len(studio.toolbox.mcp.list()) == 1
    assert not studio.toolbox.mcp.status("thing").granted
    (screen,) = page.visit(ask("+server-thing", identity=visitor))
    assert "npx" not in screen["workshop"]()


def test_a_hosted_page_starts_no_program(make_studio, tmp_path):
    studio = make_studio(hosted="huggingface")
    page = Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads")
    assert "starts no programs" in words(seen(page))
    html = type_in(page, "npx", "Thing")
    assert "data-refused" in html
    assert "starts no programs" in words(html)
    assert studio.toolbox.mcp.list() == []
    assert "is added" in words(type_in(page, "https://mcp.example/mcp"))
