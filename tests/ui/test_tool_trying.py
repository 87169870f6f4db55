"""Trying tools in the page: the whole request without its keys, keys that an import or a hub brings, pictures to try with."""

import base64
import json
import re

import pytest

from assistant.access import MAKER, Identity
from common.secrets import Secrets
from tests.assistant.models import tinies
from tests.media import Measure, bomb, png, wav
from tests.serving import serving
from tests.tools.conftest import _Answers
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.permissions import digest
from ui import tool_trials
from ui.ask import Ask
from ui.chat import Desk
from ui.pages.tools import IMPORT
from ui.session import Viewers
from ui.views.tool_import import TEXT_LIMIT
from ui.workshop import Workshop

CANARY = "canary-4711"


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
    (tmp_path / "uploads").mkdir()
    studio.tools.register(Measure())
    return Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads"), studio, tmp_path / "uploads"


def ask(thing="", language="en", identity=MAKER, session="session", **data) -> Ask:
    return Ask(identity, session, "tools", language=language, nonce=1, data=data, thing=thing)


def act(page, thing="", language="en", session="session", **data):
    *_, screen = page.act(ask(thing, language, session=session, **data))
    return screen["workshop"]


def run(page, studio, id, arguments):
    """Agree to a call of a tool as it is now."""
    return act(page, id, action="run", of=id, arguments=arguments, tool=digest(studio.tools.get(id)))


def seen(page, thing="", language="en", session="session"):
    (screen,) = page.visit(ask(thing, language, session=session))
    return screen["workshop"]()


def words(html):
    return " ".join(re.sub(r"<!--.*?-->|<[^>]*>", " ", html).split())


def give(page, uploads, content, name="photo.png", language="en", session="session", identity=MAKER, **place):
    """Send a file for an argument of a tool, as the page's script does."""
    lies = uploads / f"hash-of-{name}"
    lies.mkdir()
    (lies / name).write_bytes(content)
    return sent(page, [{"name": name, "path": str(lies / name)}], language, session, identity, **place)


def sent(page, files, language="en", session="session", identity=MAKER, of="measure", argument="of"):
    data = {"place": "tool-medium", "of": of, "argument": argument, "files": files}
    (screen,) = page.files(ask(of, language, identity, session, **data))
    return screen["workshop"]


# -- what an import may reach ---------------------------------------------------------------------------------------------


def test_a_private_address_of_an_import_is_reached_where_it_is_ticked(shop, cloud):
    page, studio, _ = shop
    document = {
        "openapi": "3.0.0",
        "info": {"title": "Shop"},
        "servers": [{"url": cloud.url}],
        "paths": {f"/{name}": {"get": {"operationId": name, "summary": name}} for name in ("stock", "price", "staff")},
    }
    host = cloud.url.removeprefix("http://")

    def look():
        html = act(page, IMPORT, action="look", fields={"text": [json.dumps(document)]})
        assert re.findall(r'name="reach" value="([^"]+)"( checked)?', html) == [(host, "")], "by hand alone"
        ids = re.findall(r'name="take" value="([^"]+)"', html)
        return ids, lambda taken, **more: act(page, IMPORT, action="take", fields={"take": taken, **more})

    ids, take = look()
    html = take(ids[:2], reach=[host, "10.0.0.1:80"])
    assert "Imported tools: 2." in words(html)
    assert [studio.toolbox.access(id).granted for id in ids[:2]] == [True, True]
    cloud.answers["/stock"] = (200, "application/json", b'{"stock": 3}')
    assert "3" in words(act(page, ids[0], action="try", of=ids[0], fields={}))
    ids, take = look()
    html = take(ids[2:])
    assert 'id="tool-tab-access"' in html, "one that is taken alone is opened"
    assert not studio.toolbox.access(ids[2]).granted


def test_a_text_that_was_cut_by_its_field_is_not_read_as_broken(shop):
    page, _, _ = shop
    assert "Save it as a file" in words(act(page, IMPORT, action="look", fields={"text": ["x" * TEXT_LIMIT]}))


# -- keys of an import ---------------------------------------------------------------------------------------------------


def fabric(cloud):
    """AgentFabric's tools with a key in a header of one, and one in the address of another."""
    return json.dumps(
        {
            "renew": {
                "url": f"{cloud.url}/renew",
                "method": "POST",
                "header": {"Authorization": f"Bearer {CANARY}"},
                "parameters": [{"name": "id", "type": "string"}],
            },
            "weather": {"url": f"https://amap.example/weather?key={CANARY}-2", "method": "GET"},
        }
    )


def test_a_key_of_an_import_is_kept_where_it_is_ticked_and_its_tool_is_taken(shop, cloud, caplog):
    page, studio, uploads = shop
    pages = [act(page, IMPORT, language, action="look", fields={"text": [fabric(cloud)]}) for language in ("zh", "en")]
    pages.append(give(page, uploads, fabric(cloud).encode(), "tool_config.json", of=IMPORT, argument=""))
    told = words(pages[-1])
    assert f"Keep the key renew.Authorization for {cloud.url}" in told
    assert "Keep the key weather.key for https://amap.example:443" in told
    assert re.findall(r'name="keep-key" value="(\d)"( checked)?', pages[-1]) == [("0", " checked"), ("1", " checked")]
    assert "保存密钥 renew.Authorization" in words(pages[0])
    ids = re.findall(r'name="take" value="([^"]+)"', pages[-1])
    pages.append(act(page, IMPORT, action="take", fields={"take": ids[:1], "keep-key": ["0", "1", "7", "x"]}))
    assert "Imported tools: 1. Keys kept: renew.Authorization." in words(pages[-1])
    assert Secrets(studio.folder.path).names() == ["renew.Authorization"]

    (id,) = (tool.id for tool in studio.tools.list() if tool.spec.name == "renew")
    act(page, id, action="grant", of=id, host=cloud.url.removeprefix("http://"))
    echo = f'{{"key": "{CANARY}", "again": "{base64.b64encode(CANARY.encode()).decode()}"}}'
    cloud.answers["/renew"] = (403, "application/json", echo.encode())
    pages.append(act(page, id, action="try", of=id, fields={"arg.id": ["i-1"]}))
    agreed = {"arguments": '{"id": "i-1"}', "tool": digest(studio.tools.get(id))}
    pages += [screen["workshop"] for screen in page.act(ask(id, action="run", of=id, **agreed))]
    assert cloud.requests[0][2]["authorization"] == f"Bearer {CANARY}"
    for html in pages[-3:]:
        assert f"POST {cloud.url}/renew\naccept: " in html
        assert "\nauthorization: Bearer •••\n\n{&#34;id&#34;: &#34;i-1&#34;}</pre>" in html
    assert "The request, with ••• for keys" in words(pages[-3])
    assert "answered 403 Forbidden" in words(pages[-1])
    for made_up in ("[1]", '{"id": {}}', '{"ids": 1}', '{"id": "' + "x" * 9000 + '", "more": 1}'):
        html = run(page, studio, id, made_up)
        assert "It could not be done" in words(html)
        assert "The request" not in words(html), "nothing is sent"

    pages.append(act(page, IMPORT, action="look", fields={"text": [fabric(cloud)]}))
    assert f"replaces the one that is kept for {cloud.url}" in words(pages[-1])
    assert re.findall(r'name="keep-key" value="(\d)"( checked)?', pages[-1]) == [("0", ""), ("1", " checked")]
    page.leave("session")
    assert "once more" in words(act(page, IMPORT, action="take", fields={"take": ids}))
    for html in [*pages, seen(page, id), seen(page, IMPORT), studio.toolbox.export(), caplog.text]:
        assert CANARY not in html
        assert base64.b64encode(CANARY.encode()).decode().rstrip("=") not in html
    files = [path for folder in (studio.folder.path, uploads) for path in folder.rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if CANARY.encode() in path.read_bytes()] == []


def test_a_key_that_is_not_ticked_is_not_kept_and_another_stays_as_it_was(shop, cloud):
    page, studio, _ = shop
    secrets = Secrets(studio.folder.path)
    secrets.put("renew.Authorization", "mine", ["https://elsewhere.example"])
    secrets.put("weather.key", "everywhere")
    html = act(page, IMPORT, action="look", fields={"text": [fabric(cloud)]})
    assert "replaces the one that is kept for https://elsewhere.example:443" in words(html)
    assert "replaces one of this name that is used elsewhere" in words(html)
    ids = re.findall(r'name="take" value="([^"]+)"', html)
    html = act(page, IMPORT, action="take", fields={"take": ids})
    assert "Imported tools: 2." in words(html)
    assert "Keys kept" not in html
    assert secrets.for_origin("renew.Authorization", "https://elsewhere.example") == "mine"
    assert secrets.get("weather.key") == "everywhere"


def test_a_file_that_did_not_arrive_and_a_visitors_import_nothing(shop, cloud):
    page, studio, uploads = shop
    before = len(studio.tools.list())
    place = {"of": IMPORT, "argument": ""}
    assert "could not be sent" in words(sent(page, [{"name": "a.json", "path": "/etc/passwd"}], **place))
    assert "not text in UTF-8" in words(give(page, uploads, b"\xff\xfe\x00", "b.json", **place))
    refused = give(page, uploads, fabric(cloud).encode(), "c.json", identity=Identity("visitor-1", False), **place)
    assert words(refused).startswith("Only the owner")
    assert "clock" not in refused
    assert list(uploads.iterdir()) == []
    assert len(studio.tools.list()) == before


# -- keys of tools that come with Hearth ------------------------------------------------------------------------------------


def test_a_tool_that_asks_a_hub_is_given_its_token_on_its_page(shop):
    page, studio, _ = shop
    html = seen(page, "model-draw")
    for told in ("huggingface", "https://router.huggingface.co:443", "https://api-inference.modelscope.cn:443", "One of these"):
        assert told in words(html)
    html = act(page, "model-draw", action="key", of="model-draw", name="modelscope", fields={"value": [CANARY]})
    assert "The key “modelscope” is kept." in words(html)
    assert CANARY not in html + seen(page, "model-draw")
    kept = {secret.name: secret.is_there for secret in studio.toolbox.access("model-draw").secrets}
    assert kept == {"huggingface": False, "modelscope": True}
    secrets = Secrets(studio.folder.path)
    assert secrets.for_origin("modelscope", "https://api-inference.modelscope.cn") == CANARY
    assert secrets.for_origin("modelscope", "https://router.huggingface.co") is None
    assert "data-refused" in act(page, "model-draw", action="key", of="model-draw", name="github", fields={"value": ["x"]})
    act(page, "model-draw", action="forget-key", of="model-draw", name="modelscope")
    assert not secrets.has("modelscope")
    assert "access" not in re.findall(r'data-section="(\w+)"', seen(page, "model-classify-picture"))


@pytest.mark.parametrize(("model", "told"), [("hf-api:a/b", "huggingface"), ("ms:a/b", "It needs no key.")])
def test_a_registered_model_tool_asks_for_the_key_of_its_own_way(shop, model, told):
    page, studio, _ = shop
    id = studio.toolbox.create().document.id
    fields = studio.toolbox.get(id).document.model_dump(mode="json")
    studio.toolbox.save(fields | {"call": {"kind": "model", "task": "summarize", "model": model}}, 1)
    html = seen(page, id)
    assert told in words(html)
    assert "modelscope" not in words(html).split("Keys and access")[-1]
    assert "One of these" not in html


def test_a_key_that_cannot_be_read_any_more_can_be_entered_again(make_studio, tmp_path):
    studio = make_studio(secret_key="one")
    studio.toolbox.keep_secret("model-draw", "huggingface", "old")
    studio.close()
    studio = make_studio(secret_key="another")
    page = Workshop(studio, Desk(studio, Viewers()), tmp_path)
    assert "not entered yet" in words(seen(page, "model-draw"))
    html = act(page, "model-draw", action="key", of="model-draw", name="huggingface", fields={"value": ["new"]})
    assert "is kept" in words(html)
    assert studio.toolbox.access("model-draw").secrets[0].is_there


# -- pictures and sounds ----------------------------------------------------------------------------------------------------


def test_a_picture_is_tried_with_and_kept_nowhere(shop):
    page, studio, uploads = shop
    picture = png()
    html = give(page, uploads, picture)
    assert '<img src="data:image/png;base64,' in html
    assert 'name="arg.of"' not in html
    assert list(uploads.iterdir()) == []
    html = act(page, "measure", action="try", of="measure", fields={})
    assert f"photo.png: image/png, {len(picture)} bytes" in words(html)
    assert "{&#34;of&#34;: &#34;photo.png&#34;}" in html.replace("\n", "").replace("  ", "")
    assert "There is none" in words(act(page, "measure", session="other", action="try", fields={"arg.of": ["photo.png"]}))
    assert studio.attachments.media.count("maker") == 0
    assert 'name="arg.of"' not in seen(page, "measure")
    html = act(page, "measure", action="take-away", of="measure", argument="of")
    assert 'name="arg.of"' in html
    assert "of is missing" in words(act(page, "measure", action="try", fields={}))
    sound = wav()
    html = give(page, uploads, sound, "bell.wav", language="zh")
    assert '<audio controls preload="none" src="data:audio/wav;base64,' in html
    assert "bell.wav: audio/wav" in words(act(page, "measure", action="try", fields={}))
    seen(page, "clock")
    assert 'name="arg.of"' in seen(page, "measure"), "gone with the tool that it was for"
    give(page, uploads, picture)
    page.leave("session")
    assert 'name="arg.of"' in seen(page, "measure"), "gone with the page"


@pytest.mark.parametrize(
    ("content", "name", "english", "chinese"),
    [
        (b"<script>alert(1)</script>", "page.png", "is none of the kinds", "不是可以显示的类型"),
        (b"%PDF-1.7", "doc.pdf", "is none of the kinds", "不是可以显示的类型"),
        (b"", "empty.png", "is none of the kinds", "不是可以显示的类型"),
        (png()[:60], "half.png", "is damaged", "已损坏"),
        (bomb(), "bomb.png", "too many pixels", "像素太多"),
        (b"\x89PNG\r\n\x1a\n" + bytes(10_000_000), "large.png", "is larger than 10 MB", "超过 10 MB"),
    ],
    ids=["html", "pdf", "empty", "half", "bomb", "large"],
)
def test_what_is_no_picture_is_refused_at_its_field(shop, content, name, english, chinese):
    page, _, uploads = shop
    for language, said in (("en", english), ("zh", chinese)):
        html = give(page, uploads, content, name, language=language)
        assert said in re.search(r'<em role="alert">([^<]*)</em>', html)[1]
        assert 'name="arg.of"' in html
        assert list(uploads.iterdir()) == []


def test_what_was_not_sent_or_not_asked_for_is_refused(shop):
    page, _, uploads = shop
    assert "larger than 10 MB" in words(sent(page, [{"name": "film.png", "path": "", "bytes": 900_000_000}]))
    for files in ([], [{"name": "x.png", "path": "/etc/passwd"}], [{"name": "x.png", "path": ""}]):
        assert "could not be sent" in words(sent(page, files))
    assert "takes no picture or sound" in words(give(page, uploads, png(), argument="other"))
    assert "takes no picture or sound" in words(give(page, uploads, png(), of="clock"))
    assert "There is no tool" in words(give(page, uploads, png(), of="no-such"))
    refused = give(page, uploads, png(), identity=Identity("visitor-1", False))
    assert words(refused).startswith("Only the owner")
    assert list(uploads.iterdir()) == []


class Compare(Tool):
    """A tool that is given two pictures, and asks first."""

    id = "compare"
    risk = "writes"

    def __init__(self):
        picture = {"type": "string", "format": "media"}
        self.titles = {"en": "Compare", "zh": "比较"}
        schema = {"type": "object", "properties": {"one": picture, "other": picture}, "required": ["one", "other"]}
        self.spec = ToolSpec("compare", "Compares.", schema)

    def call(self, arguments, context: ToolContext):
        return ToolOutput(" and ".join(f"{len(context.media(arguments[name]).data)}" for name in ("one", "other")))


def test_two_pictures_of_one_name_stay_two_through_the_question(shop):
    page, studio, uploads = shop
    studio.tools.register(Compare())
    small, large = png((2, 2)), png((300, 200))
    give(page, uploads, small, of="compare", argument="one")
    assert "photo.png 2" in give(page, uploads, large, of="compare", argument="other")
    sure = act(page, "compare", action="try", of="compare", fields={})
    agreed = re.search(r'data-action="run" data-of="compare" data-arguments="([^"]*)"', sure)[1].replace("&#34;", '"')
    assert json.loads(agreed) == {"one": "photo.png", "other": "photo.png 2"}
    done = run(page, studio, "compare", agreed)
    assert f"{len(small)} and {len(large)}" in words(done)


def test_what_many_pages_hold_is_bounded(shop):
    page, _, uploads = shop
    sound = wav(600)  # 9.6 MB
    count = tool_trials._BYTES // len(sound) + 2
    for n in range(count):
        give(page, uploads, sound, "long.wav", session=f"s{n}")
    there = ['name="arg.of"' not in seen(page, "measure", session=f"s{n}") for n in range(count)]
    assert there == [False, False, *[True] * (count - 2)]


def test_a_model_tool_is_tried_with_a_picture(make_studio, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = tmp_path / "hub" / "models--google--vit-base-patch16-224" / "snapshots" / "main"
    folder.mkdir(parents=True)
    tinies.save("sorts-pictures", folder)
    studio, uploads = make_studio(), tmp_path / "uploads"
    uploads.mkdir()
    page = Workshop(studio, Desk(studio, Viewers()), uploads)
    tool = "model-classify-picture"
    assert 'data-place="tool-medium"' in seen(page, tool)
    give(page, uploads, tinies.png(), of=tool, argument="picture")
    html = act(page, tool, action="try", of=tool, fields={})
    assert re.search(r"What the model would read \d+\.\d\d s", words(html))
    assert "It could not be done" not in words(html)
    assert {"cat", "river"} & set(re.findall(r"\w+", html.split("result-of")[1]))
    give(page, uploads, tinies.wav(), "tone.wav", of=tool, argument="picture")
    assert "is no picture that can be read" in words(act(page, tool, action="try", of=tool, fields={}))
