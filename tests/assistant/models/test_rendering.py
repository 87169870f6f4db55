"""Messages to ids and ids to text: templates that know tools and those that do not, remembered ids, whole characters."""

import threading

import pytest
from jinja2 import TemplateError

from assistant.messages import Message, ToolCall, ToolResult
from assistant.models.bounding import check_size
from assistant.models.builtin import chat_template
from assistant.models.rendering import Renderer
from common.errors import ModelLoadFailed, SchemaRefused
from tests.assistant.models.schemas import hostile
from tests.assistant.models.tiny import TEXT, make_tokenizer
from tools.base import ToolSpec

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + CHATML
CLOCK = ToolSpec("clock", "Tells the time.", {"type": "object", "properties": {"zone": {"type": "string"}}})
TURN = [
    Message("system", "Be kind."),
    Message("user", "几点了？"),
    Message("assistant", "Let me look.", calls=(ToolCall("c1", "clock", {"zone": "东京"}),)),
    Message("tool", result=ToolResult("c1", "clock", "12:00")),
]


def renderer(template=None):
    tokenizer = make_tokenizer()
    if template is not None:
        tokenizer.chat_template = template
    return Renderer(tokenizer, "Tiny")


def test_tools_go_through_a_template_that_knows_them():
    text = renderer().render(TURN, [CLOCK])
    assert text.index('"name": "clock"') < text.index("Be kind.")
    assert "<tool_call>" in text
    assert "<tool_response>12:00</tool_response>" in text
    assert text.endswith("<|im_start|>assistant\n")


def rendered_or_refused(tool):
    try:
        check_size(tool)
        return renderer(chat_template()).render(TURN, [CLOCK, tool])
    except SchemaRefused as error:
        return error.english


@pytest.mark.parametrize("name", hostile())
def test_a_schema_that_cannot_be_written_down_is_refused_by_name(name):
    assert "bad_one" in rendered_or_refused(ToolSpec("bad_one", "", hostile()[name]))


def test_a_template_that_fails_for_another_reason_blames_no_tool():
    fails = "{% if messages|length > 1 %}{{ raise_exception('too many') }}{% endif %}{{ tools }}" + CHATML
    with pytest.raises(TemplateError, match="too many"):
        renderer(fails).render(TURN, [CLOCK])


def test_a_template_without_tools_is_told_of_them_in_words():
    text = renderer(CHATML).render(TURN, [CLOCK])
    system, rest = text.split("<|im_end|>", 1)
    assert "Be kind." in system
    assert '"clock"' in system
    assert '"name": "clock", "arguments": {"zone": "东京"}' in rest
    assert "<|im_start|>user\n<tool_response>\n12:00\n</tool_response><|im_end|>" in rest
    assert "<|im_start|>tool" not in text


# What Qwen3 does with thoughts, without its form of tools: only those after the last question are shown.
QWEN = (
    "{% if tools %}{{ tools }}{% endif %}{% set ns = namespace(last=0) %}"
    "{% for m in messages %}{% if m['role'] == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['reasoning_content'] and loop.index0 > ns.last %}"
    "<think>\n{{ m['reasoning_content'] }}\n</think>\n\n{% endif %}{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_a_template_that_knows_thoughts_gets_them_beside_the_text():
    asked, thought = Message("user", "几点了？"), Message("assistant", "Noon.", "I look.")
    assert "<think>\nI look.\n</think>\n\nNoon." in renderer(QWEN).render([asked, thought], ())
    assert "I look." not in renderer(QWEN).render([asked, thought, asked], ())
    assert "I look." not in renderer(CHATML).render([asked, thought], ())


def test_without_tools_on_offer_nothing_is_said_of_them():
    text = renderer(CHATML).render([Message("user", "Hi")], ())
    assert text == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_two_messages_of_the_user_in_a_row_become_one():
    turn = [*TURN, Message("user", "And now?")]
    assert renderer(CHATML).render(turn, ()).count("<|im_start|>user") == 2


def test_a_template_without_a_system_gets_it_in_the_first_message():
    text = renderer(NO_SYSTEM).render([Message("system", "Be kind."), Message("user", "Hi")], ())
    assert text.startswith("<|im_start|>user\nBe kind.\n\nHi<|im_end|>")
    assert renderer(NO_SYSTEM).render([Message("user", "Hi")], ()).startswith("<|im_start|>user\nHi<|im_end|>")


def test_a_tokenizer_without_a_template_is_refused():
    with pytest.raises(ModelLoadFailed, match="no chat template"):
        renderer("")


def test_remembered_ids_are_taken_as_they_are():
    made = renderer()
    text = made.render([Message("user", "Hi")], ())
    prompt = made.encode(text)
    # An answer in single bytes, as the tokenizer itself would never cut it.
    answer = [number for byte in "tea is" for number in made._tokenizer.convert_tokens_to_ids([byte.replace(" ", "Ġ")])]
    end = made._tokenizer.convert_tokens_to_ids("<|im_end|>")
    made.remember(text, prompt, [*answer, end])
    longer = made.render([Message("user", "Hi"), Message("assistant", "tea is"), Message("user", "Go on")], ())
    ids = made.encode(longer)
    assert ids[: len(prompt) + len(answer) + 1] == [*prompt, *answer, end]
    assert made.decode(ids) == made.decode(renderer().encode(longer))
    assert renderer().encode(longer) != ids


def test_an_answer_of_broken_bytes_is_not_remembered():
    made = renderer()
    text = made.render([Message("user", "Hi")], ())
    first_byte = made._tokenizer("水", add_special_tokens=False)["input_ids"]
    raw = [made._tokenizer.convert_tokens_to_ids("æ")]
    made.remember(text, made.encode(text), raw)
    assert list(made._memory) == [text]
    made.remember(text, made.encode(text), first_byte)
    assert list(made._memory) == [text, f"{text}水"]


def test_the_memory_is_bounded_and_keeps_what_is_used():
    made = renderer()
    made.remember("kept", [1, 2])
    for number in range(400):
        made.remember(f"text {number}", [number])
        assert made.encode("kept")[:2] == [1, 2]
    assert len(made._memory) <= 256


def read(made, ids):
    reader = made.reader()
    pieces = [reader.feed([number]) for number in ids]
    return [*pieces, reader.finish()]


def bytes_of(made, text):
    """The text as ids of single bytes: every character of more than one byte comes in parts."""
    from tokenizers.pre_tokenizers import ByteLevel

    spelled = "".join(part for part, _ in ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text))
    return made._tokenizer.convert_tokens_to_ids(list(spelled))


@pytest.mark.parametrize("text", [TEXT, "你好，世界", "🏔️👩‍👩‍👧", "a\n\n  b\t", "é ü ñ", "x"])
def test_characters_come_whole_however_the_ids_cut_them(text):
    made = renderer()
    for ids in (made.encode(text), bytes_of(made, text)):
        pieces = read(made, ids)
        assert "".join(pieces) == text
        assert not any("\ufffd" in piece for piece in pieces)


def test_text_comes_as_soon_as_it_is_whole():
    made = renderer()
    ids = bytes_of(made, "水ab")
    assert read(made, ids) == ["", "", "水", "a", "b", ""]


def test_a_character_that_never_becomes_whole_is_left_out():
    made = renderer()
    ids = bytes_of(made, "ab水")[:-1]
    assert "".join(read(made, ids)) == "ab"


def test_endless_broken_bytes_do_not_hold_the_stream():
    made = renderer()
    broken = [made._tokenizer.convert_tokens_to_ids("æ")] * 40
    pieces = read(made, [*broken, *bytes_of(made, " tea")])
    assert "".join(pieces).endswith(" tea")
    assert any(pieces[:20])


def test_special_tokens_are_not_text_but_markers_are():
    made = renderer()
    ids = made._tokenizer.convert_tokens_to_ids(["<|im_start|>", "a", "<|im_end|>"])
    assert made.decode(ids) == "a"


def test_many_threads_may_use_one_renderer():
    made = renderer()
    expected = made.encode(made.render(TURN, [CLOCK]))
    wrong: list[Exception | list[int]] = []

    def work():
        try:
            for _ in range(40):
                if (ids := made.encode(made.render(TURN, [CLOCK]))) != expected:
                    wrong.append(ids)
                made.remember("x" * 20, [1])
                made.count(TEXT)
        except Exception as error:  # noqa: BLE001  # any at all fails the test
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
