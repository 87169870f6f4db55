"""The search for models: what both hubs' listings say, one of them silent, and what small models are given."""

import json

import pytest

from assistant.agent import Agent
from assistant.events import ToolsFound
from assistant.models.base import ModelInfo
from assistant.models.scripted import ScriptedModel
from personas.schema import Persona
from tests.tools.network.conftest import called
from tools.builtin.network.hubs import ModelSearch
from tools.builtin.network.service import Service
from tools.registry import ToolRegistry

HF = [
    {
        "_id": "x",
        "id": "Qwen/Qwen3-4B",
        "pipeline_tag": "text-generation",
        "downloads": 5678901,
        "likes": 400,
        "tags": ["transformers", "license:apache-2.0", "region:us"],
        "safetensors": {"parameters": {"BF16": 4022468096}, "total": 4022468096},
        "lastModified": "2025-07-26T03:46:39.000Z",
    }
]
MS = {
    "success": True,
    "request_id": "r",
    "data": {
        "models": [
            {
                "id": "Qwen/Qwen3-0.6B",
                "display_name": "通义千问3-0.6B",
                "downloads": 123456,
                "license": "Apache License 2.0",
                "tasks": ["text-generation"],
                "tags": ["library:transformers"],
                "params": 751632384,
                "file_size": 1503300328,
                "last_modified": "2026-01-05T02:00:00Z",
            }
        ],
        "total_count": 1,
        "page_number": 1,
        "page_size": 5,
    },
}


@pytest.fixture
def hubs(egress, standin):
    standin.say("/api/models", HF)
    standin.say("/openapi/v1/models", MS)
    return ModelSearch(egress, hugging_face=standin.service, modelscope=standin.service)


def asked_of(standin, path):
    [(_, asked, _)] = [each for each in standin.asked if each[0] == path]
    return asked


def test_both_hubs(hubs, standin):
    told = called(hubs, query="qwen3", task="text-generation")
    assert told.text == (
        "1. hf:Qwen/Qwen3-4B · text-generation · 4.0B parameters · apache-2.0 · 5,678,901 downloads · changed 2025-07-26\n"
        f"   {standin.url}/Qwen/Qwen3-4B\n"
        "2. ms:Qwen/Qwen3-0.6B · text-generation · 752M parameters · 1.5 GB · Apache License 2.0 · 123,456 downloads · "
        f"changed 2026-01-05\n   {standin.url}/models/Qwen/Qwen3-0.6B"
    )
    assert json.dumps(told.data)
    assert [model["name"] for model in told.data["models"]] == ["hf:Qwen/Qwen3-4B", "ms:Qwen/Qwen3-0.6B"]
    asked = asked_of(standin, "/api/models")
    assert {("search", "qwen3"), ("pipeline_tag", "text-generation"), ("sort", "downloads"), ("expand", "safetensors")} < set(
        asked
    )
    asked = asked_of(standin, "/openapi/v1/models")
    assert {("search", "qwen3"), ("filter.task", "text-generation"), ("sort", "downloads"), ("page_size", "5")} == {
        pair for pair in asked if pair[0] != "page_number"
    }
    assert "752M 参数" in called(hubs, "zh", query="qwen3").text


def test_one_hub_by_task_in_its_own_words(hubs, standin):
    told = called(hubs, task="automatic-speech-recognition", hub="modelscope", sort="newest")
    assert not told.failed
    asked = asked_of(standin, "/openapi/v1/models")
    assert {("filter.task", "auto-speech-recognition"), ("sort", "last_modified")} < set(asked)
    assert len(standin.asked) == 1
    called(hubs, query="x", hub="huggingface", sort="newest")
    assert ("sort", "lastModified") in asked_of(standin, "/api/models")


def test_a_hub_that_does_not_answer_leaves_the_others_models(egress, hubs, standin):
    standin.say("/api/models", {"error": "Invalid sort parameter"}, 400)
    told = called(hubs, query="qwen3")
    assert not told.failed
    assert "ms:Qwen/Qwen3-0.6B" in told.text
    assert told.text.endswith("Change the arguments, or answer without it.")
    assert told.data["problems"] == [told.text.splitlines()[-1]]
    standin.say("/openapi/v1/models", {"success": False, "code": "QuotaLimitExceed", "message": "quota"})
    told = called(hubs, query="qwen3")
    assert (told.failed, "Invalid sort parameter" in told.text) == (True, True)
    standin.say("/api/models", HF)
    assert "魔搭社区没有接受请求：'quota'" in called(hubs, "zh", query="qwen3").text


def test_nothing_found_and_nothing_asked(hubs, standin):
    standin.say("/api/models", [])
    standin.say("/openapi/v1/models", {"success": True, "data": {"models": [], "total_count": 0}})
    assert "No models were found for 'zzz'" in called(hubs, query="zzz").text
    assert "没有找到与 'zzz' 有关的模型" in called(hubs, "zh", query="zzz").text
    standin.asked.clear()
    assert "Say what to search for" in called(hubs, query="  ").text
    assert called(hubs, task="world-domination").failed
    assert standin.asked == []


@pytest.mark.parametrize("answer", [{}, {"data": {}}, {"success": True, "data": {"models": "x"}}, "x", 3])
def test_listings_that_do_not_fit(hubs, standin, answer):
    standin.say("/api/models", json.dumps(answer))
    standin.say("/openapi/v1/models", json.dumps(answer))
    assert "does not know" in called(hubs, query="x").text


def test_models_with_less_than_everything(hubs, standin):
    standin.say(
        "/api/models", [{"id": "a/b"}, {"id": "../../etc"}, {"id": "a/b c"}, {"id": 3}, "x", {"id": "c/d", "safetensors": 7}]
    )
    standin.say(
        "/openapi/v1/models", {"data": {"models": [{"id": "e/f", "tasks": "x", "tags": {}, "params": "big", "downloads": -1}]}}
    )
    told = called(hubs, query="x")
    assert [line for line in told.text.splitlines() if not line.startswith(" ")] == ["1. hf:a/b", "2. hf:c/d", "3. ms:e/f"]


def test_a_mirror_may_be_the_makers_own(egress, standin):
    standin.say("/api/models", HF)
    tool = ModelSearch(egress, hugging_face=Service(standin.url), modelscope=Service(standin.url))
    assert called(tool, query="x").failed
    assert standin.asked == []


def test_a_small_model_is_not_given_the_search(hubs):
    persona = Persona.model_validate({"id": "p", "title": {"en": "P", "zh": "甲"}, "tools": ["model-search"]})

    def offered(**fields):
        info = ModelInfo("scripted", "Scripted", frozenset({"en"}), tools=True, context_tokens=8000, **fields)
        agent = Agent(persona, ScriptedModel(["Hello."], info), ToolRegistry([hubs]).snapshot(), lambda query, limit: [])
        [found] = [event for event in agent.run("Find me a model") if isinstance(event, ToolsFound)]
        return [name for name, _ in found.tools]

    assert offered(grounding=True) == ["model_search"]
    assert offered(grounding=False) == offered(grounding=True, excerpt_tokens=100) == []
