"""Documents that run a model: they take what their task takes, and what can never run is refused where it is written."""

import json

import pytest

from common.database import Database
from common.errors import DocumentInvalid, ModelMissing, ToolError
from tools.documents import ToolStore
from tools.making import ToolMaker
from tools.registry import stored_registry
from tools.toolbox import Toolbox

TAKES = {
    "summarize": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    "picture-question": {"type": "object", "properties": {"picture": {"type": "string"}, "question": {"type": "string"}}},
}
FIELDS = {
    "id": "short",
    "name": "make_short",
    "title": {"en": "Make it short"},
    "description": {"en": "Says it in few words."},
    "parameters": {"type": "object", "properties": {}},
    "risk": "reads",
    "call": {"kind": "model", "task": "summarize", "model": "hf:a/b"},
}


def takes(call):
    if call.task not in TAKES:
        raise ToolError(f"There is no task {call.task!r}.", f"没有任务 {call.task!r}。")
    if call.model.startswith("openai:"):
        raise ModelMissing(f"{call.model!r} is no model for a task.", f"{call.model!r} 不是任务可用的模型。")
    return TAKES[call.task]


@pytest.fixture
def open_toolbox(tmp_path):
    opened = []

    def make(maker):
        for database in opened:
            database.close()
        opened.append(Database(tmp_path / "hearth.db"))
        registry = stored_registry(ToolStore(opened[-1]), "maker", maker)
        return Toolbox(opened[-1], registry, "maker", maker)

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def toolbox(open_toolbox):
    return open_toolbox(ToolMaker(model_parameters=takes))


def calling(**call):
    return FIELDS | {"call": FIELDS["call"] | call}


def test_a_document_takes_what_its_task_takes_whatever_it_says(toolbox):
    first = toolbox.save(FIELDS, 0)
    assert first.document.parameters == TAKES["summarize"]
    second = toolbox.save(calling(task="picture-question") | {"parameters": TAKES["summarize"]}, first.revision)
    assert second.document.parameters == toolbox.get("short").document.parameters == TAKES["picture-question"]


@pytest.mark.parametrize(
    ("call", "field", "english", "chinese"),
    [
        ({"task": "fly"}, "call.task", "There is no task 'fly'.", "没有任务 'fly'。"),
        ({"model": "openai:x"}, "call.model", "'openai:x' is no model for a task.", "'openai:x' 不是任务可用的模型。"),
    ],
)
def test_what_can_never_run_is_refused_at_its_field_in_both_languages(toolbox, call, field, english, chinese):
    stored = toolbox.save(FIELDS, 0)
    with pytest.raises(DocumentInvalid) as refused:
        toolbox.save(calling(**call) | {"name": "clock"}, stored.revision)
    assert refused.value.problems[field] == (english, chinese)
    assert toolbox.get("short") == stored
    with pytest.raises(DocumentInvalid):
        toolbox.create(calling(**call))
    assert [each.id for each in toolbox.documents()] == ["short"]


def test_one_that_is_brought_here_is_kept_and_says_what_is_wrong(open_toolbox):
    before = open_toolbox(ToolMaker())
    kept = before.save(calling(task="fly"), 0)
    assert before.wrong(kept.document) == {}, "where there are no models nobody knows the tasks"
    exported = before.export()
    toolbox = open_toolbox(ToolMaker(model_parameters=takes))
    assert toolbox.wrong(kept.document) == {"call.task": ("There is no task 'fly'.", "没有任务 'fly'。")}
    mended = toolbox.save(FIELDS, kept.revision)
    assert toolbox.wrong(mended.document) == {}
    assert toolbox.go_back("short", kept.revision, mended.revision).document == kept.document
    assert toolbox.duplicate("short").document.call == kept.document.call
    toolbox.delete("short")
    toolbox.restore("short")
    assert toolbox.get("short").document == kept.document
    toolbox.delete("short")
    preview = toolbox.preview(exported)
    assert [(offer.state, offer.document) for offer in preview.offers] == [("new", kept.document)]
    toolbox.take(preview.found)
    assert toolbox.get("short").document == kept.document


def test_an_import_takes_what_the_task_takes_and_is_the_same_the_next_time(toolbox):
    text = json.dumps(FIELDS | {"parameters": TAKES["picture-question"]})
    preview = toolbox.preview(text)
    assert preview.offers[0].document.parameters == TAKES["summarize"]
    (stored,) = toolbox.take(preview.found)
    assert stored.document.parameters == TAKES["summarize"]
    assert [offer.state for offer in toolbox.preview(text).offers] == ["same"]
    assert [offer.state for offer in toolbox.preview(toolbox.export()).offers] == ["same"]


def test_a_new_one_gets_a_free_id_and_a_free_name(toolbox):
    made = [toolbox.create(FIELDS).document for _ in range(3)]
    assert [(each.id, each.name) for each in made] == [
        ("short", "make_short"),
        ("short-2", "make_short_2"),
        ("short-3", "make_short_3"),
    ]
    assert [toolbox.create().document.id for _ in range(2)] == ["tool", "tool-2"]
    toolbox.delete("short-2")
    assert toolbox.create(FIELDS).document.id == "short-4", "one that was deleted may come back"
