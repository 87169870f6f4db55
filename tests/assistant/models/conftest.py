"""The tiny model as fixtures: its tokenizer, its folder, and a way to make it that closes what it made."""

from pathlib import Path

import pytest

from tests.assistant.models.tiny import make_network, make_tokenizer, tiny_info


@pytest.fixture(scope="session")
def tokenizer():
    return make_tokenizer()


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory, tokenizer) -> Path:
    """The tiny model as a folder of safetensors."""
    folder = tmp_path_factory.mktemp("tiny-model")
    make_network(tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def make_model(tokenizer):
    """Make a `LocalModel` of a fresh tiny network; all are closed at the end."""
    from assistant.models.batching import Plan
    from assistant.models.local import LocalModel

    made = []

    def make(*, stall_s=30.0, context_tokens=2048, plan=None, network=None, **changes):
        network = network or make_network(tokenizer, **changes)
        plan = plan or Plan(cache_tokens=8192, step_tokens=64, page_tokens=32)
        model = LocalModel(network, tokenizer, tiny_info(context_tokens=context_tokens), plan=plan, stall_s=stall_s)
        made.append(model)
        return model, network

    yield make
    for model in made:
        model.close()
