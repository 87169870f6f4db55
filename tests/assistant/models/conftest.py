"""A tiny network with random weights, made and saved on the spot, that has every part of a real one."""

import threading
from pathlib import Path

import pytest

from assistant.messages import Message
from assistant.models.base import GenerationOptions, ModelInfo, TextChunk, UsageChunk

TEMPLATE = """{%- if tools %}<|im_start|>system
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}<|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}<|im_start|>user
<tool_response>{{ message.content }}</tool_response><|im_end|>
{% else %}<|im_start|>{{ message.role }}
{{ message.content }}
{%- for call in message.tool_calls or [] %}<tool_call>{{ call.function | tojson }}</tool_call>{% endfor %}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

TEXT = (
    "Rivers carry water from the hills to the sea. 河流把水从山上带到海里。 A kettle boils, 水开了, and the tea is ready. "
    "Emoji 🌊🍵🏔️ are several bytes each, and so is every character of 下雪了。"
)


def make_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator([TEXT] * 3, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|im_end|>", additional_special_tokens=["<|im_start|>", "<|endoftext|>"]
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def make_network(tokenizer, **changes):
    """A Llama of two layers, or a Mistral where `sliding_window` is given; always the same weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

    torch.manual_seed(7)
    sizes = {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
        "initializer_range": 0.2,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "attn_implementation": "sdpa",
        **changes,
    }
    if "sliding_window" in changes:
        return MistralForCausalLM(MistralConfig(**sizes)).eval()
    return LlamaForCausalLM(LlamaConfig(**sizes)).eval()


def tiny_info(name="path:tiny", context_tokens=2048):
    return ModelInfo(name, "Tiny", frozenset({"en"}), tools=True, grounding=False, context_tokens=context_tokens)


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


def say(model, messages, *, tools=(), cancel=None, **options):
    """Stream an answer; returns its text and usage."""
    if isinstance(messages, str):
        messages = [Message("user", messages)]
    settings = GenerationOptions(**{"max_tokens": 24, **options})
    chunks = list(model.stream(messages, tools, settings, cancel or threading.Event()))
    text = "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))
    usage = next((chunk.usage for chunk in chunks if isinstance(chunk, UsageChunk)), None)
    return text, usage
