"""The table of tasks is whole: every entry in both languages, with a schema that holds, models to run and a way to run them."""

import re

import pytest
from jsonschema import Draft202012Validator

from assistant.models import catalogue, inference, runners
from assistant.models.findings import _FORMS
from assistant.models.tasks import Task, find, tasks
from common.errors import ToolError
from tools.schemas import refusal

EXAMPLES = {
    "text": "河水",
    "question": "Where?",
    "words": "rain",
    "picture": "1",
    "sound": "1",
    "labels": ["a"],
    "things": ["a cat"],
    "others": ["水"],
}


def test_there_are_many_tasks_and_none_twice():
    assert len(tasks()) >= 24
    for values in ([task.id for task in tasks()], [task.name for task in tasks()], [task.title.zh for task in tasks()]):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.id)
class TestEntry:
    def test_speaks_both_languages(self, task: Task):
        for text in (task.title, task.about):
            assert re.search("[a-z]", text.en)
            assert not re.search("[一-鿿]", text.en)
            assert re.search("[一-鿿]", text.zh)
        assert all(re.search("[一-鿿]", schema["description"]) for schema in task.parameters["properties"].values())

    def test_has_a_schema_that_takes_an_example(self, task: Task):
        schema = task.parameters
        Draft202012Validator.check_schema(schema)
        assert refusal(schema) is None
        Draft202012Validator(schema).validate({name: EXAMPLES[name] for name in task.takes})
        assert not Draft202012Validator(schema).is_valid({})

    def test_names_models_and_a_way_to_run_them(self, task: Task):
        assert task.local or task.remote
        for name in task.local:
            assert catalogue.parse(name).kind == name.partition(":")[0]
        if task.local:
            assert task.run in {**runners._LOADERS, **runners._CALLS}
        for name in task.remote:
            assert inference.can(task, name.partition(":")[0])
        assert task.gives in _FORMS

    def test_asks_for_all_that_it_takes(self, task: Task):
        if task.prompt:
            asked = task.asked({name: f"<{name}>" for name in task.takes})
            assert all(f"<{name}>" in asked for name in task.takes if name != task.shown)
            assert "{" not in asked


def test_most_tasks_run_from_either_hub():
    assert sum(bool(task.hf) for task in tasks()) >= 24
    assert sum(bool(task.ms) for task in tasks()) >= 20


def test_braces_in_a_text_stay_braces():
    task = find("answer-from-text")
    asked = task.asked({"question": "what is {text}?", "text": "see {question} {text} {0}"})
    assert "Question: what is {text}?" in asked
    assert asked.endswith("Text: see {question} {text} {0}")


def test_a_task_that_is_not_there_names_those_that_are():
    with pytest.raises(ToolError, match=r"There is no task 'juggle' .* translate-zh-en") as raised:
        find("juggle")
    assert "没有模型任务 'juggle'" in raised.value.chinese
