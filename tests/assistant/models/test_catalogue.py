"""Names of models: taken apart, looked up on disk without asking anybody, and marked for what they can."""

import json
from pathlib import Path

import pytest

from assistant.models import builtin, catalogue
from assistant.models.catalogue import ModelName, describe, is_complete, parse, resolve
from common.errors import ModelMissing


@pytest.fixture
def caches(tmp_path, monkeypatch) -> Path:
    """Empty hub caches under `tmp_path`."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
    return tmp_path


def put_model(folder: Path, *, config=None, weights=1000, template=True):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "qwen3", "max_position_embeddings": 40960, **(config or {})}))
    (folder / "model.safetensors").write_bytes(b"w" * weights)
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ x }}"} if template else {}))
    return folder


def put_hf(root: Path, name: str, *, commit="abc123", **settings):
    home = root / "hf" / f"models--{name.replace('/', '--')}"
    (home / "refs").mkdir(parents=True, exist_ok=True)
    (home / "refs" / "main").write_text(commit)
    return put_model(home / "snapshots" / commit, **settings)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("auto", ModelName("auto")),
        ("builtin", ModelName("builtin")),
        (" hf:Qwen/Qwen3-0.6B ", ModelName("hf", "Qwen/Qwen3-0.6B")),
        ("hf:Qwen/Qwen3-0.6B@v1.0", ModelName("hf", "Qwen/Qwen3-0.6B", "v1.0")),
        ("ms:iic/ModelScope-Agent-7B", ModelName("ms", "iic/ModelScope-Agent-7B")),
        ("path:/models/qwen 3", ModelName("path", "/models/qwen 3")),
        ("gguf:C:/models/a.gguf", ModelName("gguf", "C:/models/a.gguf")),
        ("openai:http://127.0.0.1:8000/v1#qwen3", ModelName("openai", "http://127.0.0.1:8000/v1", "qwen3")),
        ("openai:https://api.example.com/v1/#org/name:tag", ModelName("openai", "https://api.example.com/v1", "org/name:tag")),
    ],
)
def test_each_form_is_taken_apart_and_put_together_again(name, expected):
    assert parse(name) == expected
    assert parse(str(parse(name))) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("", "gpt4", "builtin:x", "hf:", "hf:noname", "hf:a/b/c", "hf:../etc", "hf:a/..", "ms:a b/c", "path:", "gguf:model.bin"),
        *("openai:#m", "openai:http://host/v1", "openai:ftp://host#m", "openai:http://#m", "http://host/v1#m"),
    ],
)
def test_anything_else_lists_the_forms(name):
    with pytest.raises(ModelMissing) as caught:
        parse(name)
    for form in ("builtin", "hf:", "ms:", "path:", "gguf:", "openai:"):
        assert form in caught.value.english
        assert form in caught.value.chinese
    assert repr(name) in caught.value.english


@pytest.mark.parametrize(
    ("name", "languages", "tools", "grounding"),
    [
        ("hf:Qwen/Qwen3-8B", "en zh", True, True),
        ("hf:Qwen/Qwen3-0.6B", "en zh", True, False),
        ("hf:Qwen/Qwen2.5-7B-Instruct", "en zh", True, True),
        ("hf:Qwen/Qwen2.5-0.5B-Instruct", "en zh", True, False),
        ("ms:qwen/Qwen-7B-Chat", "en zh", False, True),
        ("hf:meta-llama/Llama-3.1-8B-Instruct", "en", True, True),
        ("hf:HuggingFaceTB/SmolLM2-135M-Instruct", "en", False, False),
        ("hf:HuggingFaceTB/SmolLM3-3B", "en", True, True),
        ("ms:ZhipuAI/glm-4-9b-chat", "en zh", True, True),
        ("hf:nobody/never-heard-of-it", "en", False, False),
        ("openai:http://h/v1#something-new", "en zh", True, True),
        ("openai:http://h/v1#smollm2-135m", "en", False, False),
        ("builtin", "en", True, True),
    ],
)
def test_families_are_marked_and_strangers_are_taken_for_little(name, languages, tools, grounding):
    info = describe(parse(name))
    assert info.languages == frozenset(languages.split())
    assert (info.tools, info.grounding) == (tools, grounding)
    assert info.context_tokens >= 4096


def test_the_models_own_settings_bound_the_context(tmp_path):
    folder = put_model(tmp_path / "my-model", config={"max_position_embeddings": 2048})
    info = describe(ModelName("path", str(folder)), folder)
    assert info.context_tokens == 2048
    assert info.languages == {"en", "zh"}, "the type in the settings names the family"


def test_a_hub_model_is_found_on_disk_without_asking(caches):
    folder = put_hf(caches, "Qwen/Qwen3-8B")
    pinned = put_hf(caches, "Qwen/Qwen3-8B", commit="def456")
    assert resolve("hf:Qwen/Qwen3-8B", offline=True).path == pinned
    assert resolve("hf:Qwen/Qwen3-8B@abc123", offline=True).path == folder
    dotted = put_model(caches / "ms" / "models" / "Qwen" / "Qwen2___5-1___5B-Instruct")
    assert resolve("ms:Qwen/Qwen2.5-1.5B-Instruct", offline=True).path == dotted


def test_a_hub_model_that_is_not_there_says_what_to_do(caches):
    with pytest.raises(ModelMissing, match="runs offline") as caught:
        resolve("hf:Qwen/Qwen3-8B", offline=True, allow_download=True)
    assert "离线" in caught.value.chinese
    with pytest.raises(ModelMissing, match="Download it first"):
        resolve("hf:Qwen/Qwen3-8B")


def test_a_half_downloaded_model_is_not_there(caches):
    folder = put_hf(caches, "Qwen/Qwen3-8B")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}))
    (folder / "model-1.safetensors").write_bytes(b"w")
    assert not is_complete(folder)
    (folder / "model-2.safetensors").write_bytes(b"w")
    assert is_complete(folder)
    index.write_text("{broken")
    assert not is_complete(folder)


def test_paths_must_exist(tmp_path):
    for name in (f"path:{tmp_path / 'no'}", f"gguf:{tmp_path / 'no.gguf'}"):
        with pytest.raises(ModelMissing, match="nothing at"):
            resolve(name)
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    assert resolve(f"gguf:{tmp_path / 'm.gguf'}").path == tmp_path / "m.gguf"
    assert resolve(f"path:{tmp_path}").path == tmp_path


def test_auto_takes_the_largest_known_model_that_fits(caches):
    put_hf(caches, "Qwen/Qwen3-1.7B", weights=2000)
    best = put_hf(caches, "Qwen/Qwen3-4B", weights=4000)
    put_hf(caches, "Qwen/Qwen3-0.6B", weights=9000)  # weak at grounding
    put_hf(caches, "nobody/unheard-of", weights=9000, config={"model_type": "new"})
    put_hf(caches, "Qwen/Qwen3-8B-Base", weights=9000, template=False)
    huge = put_hf(caches, "Qwen/Qwen3-235B")
    with (huge / "model.safetensors").open("ab") as weights:
        weights.truncate(1 << 42)  # a file with a hole in it takes no room
    found = resolve("auto", offline=True)
    assert found.path == best
    assert str(found.name) == "hf:Qwen/Qwen3-4B"


def test_auto_takes_no_model_that_compares_or_sees(caches):
    put_hf(caches, "Qwen/Qwen3-0.6B", weights=10)
    chat = put_hf(caches, "Qwen/Qwen3-4B", weights=20, config={"architectures": ["Qwen3ForCausalLM"]})
    put_hf(caches, "Qwen/Qwen3-Embedding-8B", weights=3000, config={"architectures": ["Qwen3ForCausalLM"]})
    put_hf(caches, "Qwen/Qwen3-VL-8B-Instruct", weights=3000, config={"architectures": ["Qwen3VLForConditionalGeneration"]})
    assert resolve("auto").path == chat


def test_a_model_is_called_by_its_repository(caches):
    assert catalogue.called(put_hf(caches, "Qwen/Qwen3-4B")) == "Qwen/Qwen3-4B"
    assert catalogue.called(caches / "ms/models/iic--a-b/snapshots/master") == "iic/a-b"
    assert catalogue.called(caches / "own") == "own"


def test_auto_falls_to_the_built_in_model(caches):
    if builtin.find_gguf() is None:
        pytest.skip("the package with the built-in model is not installed")
    assert resolve("auto", offline=True).name == ModelName("builtin")


def test_downloads_take_no_code_and_no_pickles():
    from fnmatch import fnmatch

    def taken(name):
        return any(fnmatch(name, pattern) for pattern in catalogue.PATTERNS)

    assert all(map(taken, ["model-00001-of-2.safetensors", "config.json", "tokenizer.model", "chat_template.jinja", "vocab.txt"]))
    assert not any(map(taken, ["modeling_x.py", "pytorch_model.bin", "model.pt", "weights.pkl", "onnx/model.onnx", "README.md"]))
