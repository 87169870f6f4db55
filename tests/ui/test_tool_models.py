"""Tools of models in the page: made for a task, their task and model changed, what can never run; and tools always offered."""

import json
import re

import pytest

from assistant.access import Identity
from assistant.models.tasks import find, tasks
from tests.ui.test_tool_making import act, ask, save, seen, words
from tools.documents import ToolDocument
from ui.chat import Desk
from ui.pages.tools import IMPORT, MODEL
from ui.session import Viewers
from ui.workshop import Workshop


@pytest.fixture
def shop(make_studio, tmp_path):
    studio = make_studio()
    return Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads"), studio


def made(page, task="summarize", model="", language="en"):
    """The id of a new tool for a task, made in the page."""
    html = act(page, MODEL, language, action="new-model", fields={"task": [task], "model": [model]})
    return re.search(r'data-here="([^"]+)"', html)[1]


def stored(studio, task, **call):
    """A tool kept as an import keeps it, whatever its task and model."""
    fields = {
        "id": "odd",
        "name": "odd",
        "title": {"en": "Odd", "zh": "怪"},
        "description": {"en": "Odd."},
        "parameters": {"type": "object", "properties": {"x": {"type": ["string", "null"]}}},
        "risk": "reads",
        "call": {"kind": "model", "task": task, **call},
    }
    studio.toolbox.take(studio.toolbox.preview(json.dumps(fields)).found)
    return studio.toolbox.get("odd")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_form_offers_every_task_in_the_readers_language(shop, tame, language):
    page, _ = shop
    assert 'data-thing="+model"' in seen(page, language=language)
    html = tame(seen(page, MODEL, language))
    for task in tasks():
        assert f'<option value="{task.id}"' in html
        assert f">{task.title.get(language)}</option>" in html


def test_a_tool_is_made_of_each_task(shop):
    page, studio = shop
    for task in tasks():
        id = made(page, task.id)
        document = studio.toolbox.get(id).document
        assert (document.call.task, document.call.model, document.kind) == (task.id, "", "model")
        assert document.parameters == task.parameters == studio.tools.get(id).spec.parameters
        assert (document.title.zh, document.description.en) == (task.title.zh, task.about.en)
        assert document.name == f"{task.name}_2", "the one that comes with Hearth has the name itself"
        assert ToolDocument.model_validate(document.model_dump(mode="json")) == document
        html = seen(page, id)
        assert f'<option value="{task.id}" selected>' in html
        assert 'name="schema"' not in html, "what a task takes is not to be written"
        assert [model for model in (*task.local, *task.remote) if model not in html] == []
        assert [name for name in task.takes if f"<td><code>{name}</code></td>" not in html] == []


def test_what_can_never_run_stands_at_its_field_and_what_was_typed_stays(shop, tame):
    page, studio = shop
    before = len(studio.tools.list())
    for language, told in (("en", "is no model for a task"), ("zh", "不是任务可用的模型")):
        fields = {"task": ["summarize"], "model": ["openai:http://a/v1#b"]}
        html = tame(act(page, MODEL, language, action="new-model", fields=fields))
        assert re.search(rf'<em role="alert">[^<]*{told}', html)
        assert 'value="openai:http://a/v1#b"' in html
        assert '<option value="summarize" selected>' in html
    html = act(page, MODEL, action="new-model", fields={"task": ["draw"], "model": ["hf:a/b"]})
    assert "needs a model at a hub" in words(html)
    for task, model in (
        ("fly", ""),
        ("", ""),
        ("\ud800", ""),
        ("draw\n", "x" * 5000),
        ("summarize", "<script>"),
        ("../x", "path:"),
    ):
        html = tame(act(page, MODEL, action="new-model", fields={"task": [task], "model": [model]}))
        assert 'role="alert"' in html
    assert len(studio.tools.list()) == before


def test_the_task_and_the_model_are_changed_in_the_editor(shop):
    page, studio = shop
    id = made(page)
    html = save(page, id, model="hf:nobody")
    assert "is no model for a task" in words(html)
    assert 'value="hf:nobody"' in html
    assert "Not saved yet" in words(html)
    html = save(page, id, model="path:/somewhere/else")
    assert "Saved" in words(html)
    assert studio.toolbox.get(id).document.call.model == "path:/somewhere/else"
    html = save(page, id, task="ask-picture", model="")
    assert studio.tools.get(id).spec.parameters == find("ask-picture").parameters
    assert studio.toolbox.get(id).document.parameters == find("ask-picture").parameters
    assert "<td><code>question</code></td>" in html
    assert 'name="arg.question"' in html
    for screen in page.act(ask(id, action="export", of=id, key="k", fields={})):
        assert "task: ask-picture" in screen["download"]
        assert "question:" in screen["download"]
    assert "There is no task &#39;fly&#39;" in words(save(page, id, task="fly"))


def test_what_still_told_of_the_old_task_tells_of_the_new_one(shop):
    page, studio = shop
    id = made(page)
    other = made(page)
    assert studio.toolbox.get(other).document.name == "summarize_text_3"
    html = save(page, id, task="sentiment")
    document, task = studio.toolbox.get(id).document, find("sentiment")
    assert (document.name, document.title.en, document.description.zh) == ("text_sentiment_2", task.title.en, task.about.zh)
    assert 'value="text_sentiment_2"' in html
    save(page, id, **{"title.en": "Mood", "name": "mood"})
    save(page, id, task="emotion")
    document = studio.toolbox.get(id).document
    assert (document.name, document.title.en, document.title.zh) == ("mood", "Mood", task.title.zh), "what was written stays"
    assert document.description.en == find("emotion").about.en


def test_one_that_came_with_a_wrong_task_says_so_and_is_mended(shop):
    page, studio = shop
    before = stored(studio, "fly")
    assert studio.tools.get("odd").unavailable()
    assert "odd" not in studio.tools.snapshot()
    html = seen(page, "odd")
    assert re.search(r'<em role="alert">There is no task &#39;fly&#39;', html)
    assert '<option value="fly" selected>fly (not a task any more)' in html
    assert "没有模型任务" in words(seen(page, "odd", "zh", session="other"))
    html = act(page, "odd", action="duplicate", of="odd", key="k", fields={})
    copy = re.search(r'data-here="([^"]+)"', html)[1]
    assert studio.toolbox.get(copy).document.call.task == "fly"
    html = save(page, "odd", **{"title.en": "Better"})
    assert "1 to correct before it is saved" in words(html)
    html = save(page, "odd", task="summarize")
    assert not studio.tools.get("odd").unavailable()
    assert 'role="alert"' not in html
    html = act(page, "odd", action="version", of="odd", version=str(before.revision), key="k", fields={})
    assert "is as it was then" in words(html)
    assert studio.toolbox.get("odd").document == before.document
    now = studio.toolbox.versions("odd")[1]
    html = act(page, "odd", action="version", of="odd", version=str(now.revision), key="k", fields={})
    assert "is as it was then" in words(html), "an unchanged form stands in no way"
    assert studio.toolbox.get("odd").document.call.task == "summarize"


def test_one_imported_with_a_wrong_model_is_kept_and_says_so(shop):
    page, studio = shop
    stored(studio, "draw", model="hf:a/b")
    html = seen(page, "odd")
    assert re.search(r'<em role="alert">[^<]*needs a model at a hub', html)
    assert studio.toolbox.get("odd").document.parameters["properties"] == {"x": {"type": ["string", "null"]}}
    save(page, "odd", model="")
    assert studio.toolbox.get("odd").document.parameters == find("draw").parameters


def test_a_visitor_makes_nothing_and_switches_nothing(shop):
    page, studio = shop
    visitor = Identity("visitor-1", False)
    before = len(studio.tools.list())
    for action in ("new-model", "always"):
        fields = {"task": ["summarize"], "model": [""]}
        for _ in page.act(ask(MODEL, identity=visitor, action=action, of="clock", on=True, fields=fields)):
            pass
    assert (len(studio.tools.list()), studio.tools.always) == (before, set())


def test_a_tool_is_always_offered_from_a_switch_and_a_fourth_is_refused(shop):
    page, studio = shop
    html = seen(page, "clock")
    assert "Always offered" in words(html)
    assert "at most 3 tools" in words(html)
    assert "最多 3 个" in words(seen(page, "clock", "zh", session="other"))
    for id in ("clock", "dates", "units"):
        html = act(page, id, action="always", of=id, on=True)
        assert re.search(rf'name="always" checked data-do="workshop" data-action="always" data-of="{id}"', html)
    html = act(page, "qr-code", "zh", action="always", of="qr-code", on=True)
    assert "已有 3 个工具总是提供：clock, dates, units。请先取消其中一个。" in words(html)
    assert 'name="always" data-do' in html
    act(page, "clock", action="always", of="clock", on=False)
    assert studio.tools.always == {"dates", "units"}
    assert "no tool" in words(act(page, "gone", action="always", of="gone", on=True)).lower()
    id = made(page)
    act(page, id, action="always", of=id, on=True)
    html = act(page, id, action="delete", of=id)
    undo = re.search(r'data-action="restore" data-of="([^"]+)"', html)[1]
    act(page, "", action="restore", of=undo, personas="")
    assert studio.tools.always == {"dates", "units", id}


def test_a_tool_of_a_model_is_imported_from_the_page(shop):
    page, studio = shop
    id = made(page, "translate-zh-en")
    text = studio.toolbox.export([id])
    html = act(page, IMPORT, action="look", fields={"text": [text]})
    assert "as it is" in words(html)
