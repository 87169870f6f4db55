"""The models page without a browser: what it lists, what its acts do, and what it says of failures, in both languages."""

import re
import threading
from dataclasses import replace

import pytest

from assistant.access import MAKER, Identity
from assistant.models.devices import Room
from assistant.models.downloads import DownloadStatus
from assistant.models.memory import Memory, Part
from assistant.models.scripted import ScriptedModel
from assistant.models.shelf import open_models
from common.errors import ModelLoadFailed, ModelMissing
from ui.ask import Ask
from ui.chat import Desk
from ui.pages import models
from ui.pages.models import ModelsPage
from ui.render import Manner
from ui.session import Viewers
from ui.views import models as views

GB = 10**9
INFO = ScriptedModel([]).info
ENGLISH, CHINESE = Manner("en"), Manner("zh")
HERE = views.Here(Room("gpu", "Card", 24 * GB, 20 * GB))


@pytest.fixture
def page(make_studio, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
    studio = make_studio()
    return ModelsPage(studio, Desk(studio, Viewers()))


def ask(action="", thing="", language="en", maker=True, fields=None, **data):
    identity = MAKER if maker else Identity("visitor", False)
    fields = {name: [value] for name, value in (fields or {}).items()}
    return Ask(identity, "s", "models", language=language, thing=thing, data={"action": action, "fields": fields, **data})


def done(page, *given, **named):
    """The page after an act."""
    return str([*page.act(ask(*given, **named))][-1]["workshop"])


def put_model(tmp_path, folder):
    there = tmp_path / "hf" / folder / "snapshots" / "main"
    there.mkdir(parents=True)
    (there / "config.json").write_text("{}")
    (there / "model.safetensors").write_bytes(b"w" * 2000)
    return there


def settle(page):
    """Wait until the model that was asked for is there, or is not."""
    host = page._studio.models
    with host._changed:
        assert host._changed.wait_for(host._settled, 10)


def test_everything_is_listed_in_its_place(page, tmp_path):
    put_model(tmp_path, "models--Qwen--Qwen3-0.6B")
    put_model(tmp_path, "models--someone--else")
    page._studio.servers.add("My vLLM", "http://127.0.0.1:1/v1", "m", True)
    html = str(page.show(ask()))
    in_use, here, servers, away = re.split(r"<section><h3>", html.split("</nav>")[0])[1:]
    assert "Scripted" in in_use
    assert "Qwen3 0.6B" in here
    assert "else" in here
    assert "My vLLM" in servers
    assert "Qwen3 8B" in away
    assert "Qwen3 0.6B" not in away
    assert "data-poll" not in html, "nothing moves"


@pytest.mark.parametrize(
    "thing", ["", "now", "builtin", "qwen3-8b", "gemma-3-1b-it", "server-new", "by-name", "hf:someone/else", "nonsense"]
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_thing_opens_in_both_languages(page, tmp_path, thing, language):
    put_model(tmp_path, "models--someone--else")
    html = str(page.show(ask(thing=thing, language=language)))
    assert "<h2>" in html or thing == "nonsense"
    assert "models_" not in html, "a word is missing"
    if language == "zh":
        said = re.sub(r"<code>.*?</code>|<[^>]*>", " ", html.split('<div class="open-thing">')[1])
        assert not re.search(r"\b(the|and|this|of|is)\b", said), said


def test_a_visitor_sees_and_does_nothing(page):
    for shown in (str(page.show(ask(maker=False))), done(page, "use", maker=False, name="builtin")):
        assert "Only the maker" in shown
        assert "Qwen" not in shown
    assert page._studio.models.status().name == "scripted"


def test_a_switch_fails_with_its_reason_and_one_click_goes_back(make_studio, page):
    first = page._studio.models.model

    def load(name, data, offline, progress, describe):
        if name == "scripted":
            return first
        raise ModelLoadFailed("It needs 70 GB and 8 GB are free.", "它需要 70 GB，只剩 8 GB。")

    page._studio.models._loader = load
    page._studio.servers.add("Big", "http://127.0.0.1:1/v1", "big", True)
    done(page, "use", name="openai:http://127.0.0.1:1/v1#big")
    settle(page)
    for language, reason, back in (("en", "It needs 70 GB", "Back to scripted"), ("zh", "它需要 70 GB", "换回 scripted")):
        html = str(page.show(ask(language=language)))
        assert reason in html
        assert back in html
        assert {"en": "did not load", "zh": "没有加载成功"}[language] in html.split("</nav>")[0]
    assert page._studio.preferences.current().model == ""
    done(page, "back")
    settle(page)
    assert page._studio.models.status().state == "ready"
    assert "did not load" not in str(page.show(ask()))


def test_a_model_that_becomes_ready_while_the_page_is_drawn_is_looked_at_again(page, monkeypatch):
    studio, loaded = page._studio, threading.Event()
    memory, ready = studio.memory, studio.models.status()

    def read_and_then_loaded(_):
        found = memory()
        loaded.set()
        return found

    monkeypatch.setattr(type(studio), "memory", read_and_then_loaded)
    monkeypatch.setattr(studio.models, "status", lambda: ready if loaded.is_set() else replace(ready, state="loading"))
    assert "data-poll" in str(page.show(ask()))
    assert "data-poll" not in str(page.show(ask()))


def test_a_download_that_ends_while_the_page_is_drawn_is_looked_at_again(page, monkeypatch):
    ended, on_disk = threading.Event(), models.catalogue.on_disk

    def read_and_then_ended():
        found = on_disk()
        ended.set()
        return found

    monkeypatch.setattr(models.catalogue, "on_disk", read_and_then_ended)
    monkeypatch.setattr(page._studio.downloads, "list", lambda: [download("done" if ended.is_set() else "running")])
    assert "data-poll" in str(page.show(ask()))
    assert "data-poll" not in str(page.show(ask()))


def test_only_what_is_there_can_be_used(page):
    for name in ("hf:Qwen/Qwen3-8B", "openai:http://169.254.169.254/v1#x", "path:/nowhere", "nonsense"):
        html = done(page, "use", name=name)
        assert "data-refused" in html
    assert page._studio.models.status().state == "ready"


def test_what_works_is_what_the_next_start_begins_with(page):
    host, kept = page._studio.models, threading.Event()
    host._loader = lambda name, *rest: ScriptedModel([], replace(INFO, name=name))
    remember = host._remember
    host._remember = lambda name: (remember(name), kept.set())
    page._studio.servers.add("A", "http://127.0.0.1:1/v1", "a", True)
    done(page, "use", name="openai:http://127.0.0.1:1/v1#a")
    assert kept.wait(10)
    assert page._studio.preferences.current().model == "openai:http://127.0.0.1:1/v1#a"


def test_servers_are_entered_changed_removed_and_brought_back(page):
    fields = {"title": "Mine", "address": "http://127.0.0.1:9/v1", "model": "m", "key": "sk-1", "private": "on"}
    html = done(page, "server-add", thing="server-new", fields={**fields, "address": "ftp://x"})
    assert "without a user name" in html
    assert 'value="Mine"' in html, "what was typed stays"
    assert "sk-1" not in html
    html = done(page, "server-add", thing="server-new", fields=fields)
    assert 'data-here="server-m"' in html
    assert "A key is kept" in html
    assert "sk-1" not in html
    html = done(page, "server-save", thing="server-m", server="m", revision="1", fields={**fields, "title": "Yours", "key": ""})
    assert "Yours" in html
    assert page._studio.servers.reach("openai:http://127.0.0.1:9/v1#m").key == "sk-1"
    screens = [str(screen["workshop"]) for screen in page.act(ask("server-test", thing="server-m", server="m"))]
    assert "Asking the server" in screens[0]
    assert "cannot be reached" in screens[1]
    html = done(page, "server-remove", thing="server-m", server="m")
    assert "Yours was removed" in html
    assert 'data-action="server-restore"' in html
    assert "A key is kept" in done(page, "server-restore", thing="now", server="m")
    assert "A key is kept" not in done(page, "server-drop-key", thing="server-m", server="m")


def test_a_model_is_removed_and_brought_back(page, tmp_path):
    there = put_model(tmp_path, "models--someone--else")
    html = done(page, "remove", thing="hf:someone/else", name="hf:someone/else")
    assert "else was removed" in html
    assert not there.exists()
    done(page, "restore")
    assert there.exists()


def test_the_model_in_use_is_not_removed(page, tmp_path):
    put_model(tmp_path, "models--someone--else")
    page._studio.models._info = replace(INFO, name="hf:someone/else")
    assert "is in use" in done(page, "remove", name="hf:someone/else")
    assert "This is the model in use" in str(page.show(ask(thing="hf:someone/else")))


def test_downloads_are_refused_offline_with_a_sentence(page):
    assert "--offline" in done(page, "download", name="hf:Qwen/Qwen3-8B")
    assert "not understood" in done(page, "download", name="<b>hi</b>")


def download(state, **changes):
    working = state in ("queued", "running")
    told = {"done": 4 * GB, "total": 16 * GB, "working": working, "speed": 20e6, "seconds_left": 600.0, "error": None, **changes}
    return DownloadStatus("hf-x", "hf:Qwen/Qwen3-8B", "Qwen3-8B", state, **told)


@pytest.mark.parametrize(
    ("status", "english", "chinese", "button"),
    [
        (download("running"), "4.0 GB of 16.0 GB · 20.0 MB/s · 10 min left", "还需 10 分钟", "pause"),
        (download("running", total=0, done=0), "asking the hub", "正在询问", "pause"),
        (download("queued"), "waiting its turn", "排队中", "pause"),
        (download("paused"), "paused at 4.0 GB of 16.0 GB", "已暂停", "resume"),
        (download("failed", error=ModelMissing("The disk is full.", "磁盘已满。")), "The disk is full", "磁盘已满", "resume"),
    ],
)
def test_a_download_says_how_far_it_is(status, english, chinese, button):
    model = next(model for model in open_models() if model.id == "qwen3-8b")
    for manner, words in ((ENGLISH, english), (CHINESE, chinese)):
        html = str(views.open_html(model, HERE, manner, names=[], in_use=False, downloads=[status]))
        assert words in html
        assert f'data-action="{button}"' in html
        assert "Download from" not in html


def test_what_fits_is_said_for_every_number_of_bits():
    model = next(model for model in open_models() if model.id == "qwen3-14b")
    html = str(views.open_html(model, HERE, ENGLISH, names=["hf:Qwen/Qwen3-14B"], in_use=False, downloads=[]))
    assert html.count("fits here</span>") == 2
    assert "fits here in 8 bits" in html
    assert 'data-name="hf:Qwen/Qwen3-14B?bits=4"' in html
    barred = views.Here(HERE.room, "models_needs_package")
    html = str(views.open_html(model, barred, ENGLISH, names=["hf:Qwen/Qwen3-14B"], in_use=False, downloads=[]))
    assert html.count("pip install bitsandbytes") == 2
    assert "?bits=" not in html


def test_chinese_readers_are_offered_modelscope_first():
    model = next(model for model in open_models() if model.id == "qwen3-8b")
    pages = [str(views.open_html(model, HERE, m, names=[], in_use=False, downloads=[])) for m in (ENGLISH, CHINESE)]
    assert [re.search(r'class="main"[^>]*data-name="(..):', page)[1] for page in pages] == ["hf", "ms"]


def test_the_bar_adds_up():
    parts = (
        Part("language", "Qwen", "gpu", 8 * GB, 2 * GB),
        Part("speech", "espeak", "cpu", GB // 10),
        Part("rest", "Hearth", "cpu", GB),
    )
    memory = Memory(Room("cpu", "", 32 * GB, 20 * GB), Room("gpu", "H200", 24 * GB, 13 * GB), parts)
    html = str(views.memory_html(memory, ENGLISH))
    assert "GPU H200: 11.0 of 24.0 GB used" in html
    for shown in ("language model 10.0 GB", "other programs 1.0 GB", "free 13.0 GB", "voice 0.1 GB", "Hearth itself 1.0 GB"):
        assert shown in html
    gpu = html.split("Memory of this machine")[0]
    assert sum(float(share) for share in re.findall(r"--share:([\d.]+)", gpu)) == pytest.approx(100, abs=0.1)
    assert "embedder: not loaded" in html


def test_titles_from_outside_are_only_text(page, tmp_path):
    hostile = '<img src=x onerror="alert(1)">'
    page._studio.servers.add(hostile, "http://127.0.0.1:9/v1", hostile, True)
    id = page._studio.servers.list()[0].document.id
    html = str(page.show(ask(thing=f"server-{id}")))
    assert "<img" not in html
