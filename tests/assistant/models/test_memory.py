"""What each part takes, measured without importing anything."""

import subprocess
import sys

from assistant.models.memory import ToolModel, measure
from assistant.models.scripted import ScriptedModel
from retrieval.embedding import HashEmbedder


def test_a_real_model_says_its_size(make_model):
    model, network = make_model()
    memory = measure(model, HashEmbedder())
    parts = {part.key: part for part in memory.parts}
    weights = sum(part.numel() * 4 for part in network.parameters()) + sum(
        part.numel() * part.element_size() for part in network.buffers()
    )
    assert parts["language"].weights == weights
    # 8,192 tokens, of a key and a value, in 2 layers, of 2 heads, of 16 numbers, of 4 bytes.
    assert model.memory()[1] == 8192 * 2 * 2 * 2 * 16 * 4
    assert parts["language"].place == "cpu"
    assert parts["embedder"].bytes == 0
    assert "speech" not in parts
    assert 0 < parts["rest"].bytes < memory.machine.total
    assert [part.key for part in memory.of("cpu")] == ["language", "embedder", "rest"]
    model.close()
    assert model.memory() == (0, 0)


def test_a_model_elsewhere_takes_nothing_here():
    parts = {part.key: part for part in measure(ScriptedModel([]), None).parts}
    assert (parts["language"].place, parts["language"].bytes) == ("server", 0)
    assert "embedder" not in parts


def test_models_of_tools_are_one_part_where_they_lie():
    tools = [ToolModel("a/b", "cpu", 3 << 20, busy=False), ToolModel("c/d", "cpu", 1 << 20, busy=True)]
    (part,) = [part for part in measure(None, None, tools).parts if part.key == "tools"]
    assert (part.title, part.place, part.bytes) == ("a/b, c/d", "cpu", 4 << 20)
    assert not [part for part in measure(None, None).parts if part.key == "tools"]


def test_the_voice_is_found_by_its_process():
    code = "import sys, time; print('up', flush=True); time.sleep(30)"
    with subprocess.Popen([sys.executable, "-c", code, "espeak_worker.py"], stdout=subprocess.PIPE) as voice:
        try:
            voice.stdout.readline()
            parts = {part.key: part for part in measure(None, None).parts}
            assert parts["speech"].bytes > 1 << 20
        finally:
            voice.kill()


def test_measuring_imports_nothing_heavy():
    code = (
        "import sys; from assistant.models.memory import measure; from assistant.models.shelf import open_models;"
        "measure(None, None); open_models(); assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
