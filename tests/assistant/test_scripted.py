"""The double plays its script to the letter and fails where a test forgot something."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant.messages import Message, ToolCall, Usage
from assistant.models.base import CallChunk, Cancel, GenerationOptions, PromptChunk, TextChunk, ThinkingChunk, UsageChunk
from assistant.models.scripted import Request, ScriptedModel
from common.errors import GenerationFailed
from tools.base import ToolSpec

ASKED = [Message("user", "hello there")]
OPTIONS = GenerationOptions(max_tokens=7)
TOOL = ToolSpec("clock", "Tells the time", {"type": "object"})


def ask(model, cancel=None, messages=ASKED, tools=()):
    """What the model writes, after the prompt that comes first."""
    prompt, *chunks = model.stream(messages, tools, OPTIONS, cancel or Cancel())
    assert isinstance(prompt, PromptChunk)
    return chunks


def test_a_text_comes_word_by_word_and_ends_with_usage():
    chunks = ask(ScriptedModel(["Hello, my  friend\n你好 "]))
    assert [chunk.text for chunk in chunks[:-1]] == ["Hello,", " my", "  friend", "\n你", "好", " "]
    assert chunks[-1] == UsageChunk(Usage(2, 0, 6))


def test_chunks_come_as_they_are():
    script = [ThinkingChunk("hm"), CallChunk(ToolCall("1", "clock", {})), UsageChunk(Usage(1, 2, 3))]
    assert ask(ScriptedModel([script])) == script


def test_it_remembers_what_it_was_asked():
    model = ScriptedModel(["one", "two"])
    ask(model, tools=[TOOL])
    ask(model, messages=[])
    assert model.requests == [Request(tuple(ASKED), (TOOL,), OPTIONS), Request((), (), OPTIONS)]


def test_a_step_may_look_at_what_is_asked():
    model = ScriptedModel([lambda messages, tools: f"{messages[-1].text}/{tools[0].name}"])
    assert "".join(chunk.text for chunk in ask(model, tools=[TOOL])[:-1]) == "hello there/clock"


def test_errors_are_raised_at_once_or_after_some_chunks():
    model = ScriptedModel([GenerationFailed("no", "不"), [TextChunk("so far"), GenerationFailed("no", "不")]])
    with pytest.raises(GenerationFailed):
        ask(model)
    stream = model.stream(ASKED, [], OPTIONS, Cancel())
    assert [next(stream), next(stream)] == [PromptChunk("user: hello there\n"), TextChunk("so far")]
    with pytest.raises(GenerationFailed):
        next(stream)


def test_more_calls_than_steps_fail_when_they_are_made():
    model = ScriptedModel(["one"])
    ask(model)
    with pytest.raises(AssertionError, match="1 steps and was asked once more"):
        model.stream(ASKED, [], OPTIONS, Cancel())


def test_steps_that_are_left_fail():
    model = ScriptedModel(["one", "two"])
    ask(model)
    with pytest.raises(AssertionError, match="1 of the 2 steps"):
        model.assert_used_up()
    ask(model)
    model.assert_used_up()


def test_cancel_stops_between_chunks_and_reports_no_usage():
    cancel = Cancel()
    stream = ScriptedModel(["one two three"]).stream(ASKED, [], OPTIONS, cancel)
    assert [next(stream), next(stream)] == [PromptChunk("user: hello there\n"), TextChunk("one")]
    cancel.set()
    assert list(stream) == []


def test_cancel_cuts_a_delay_short():
    cancel = Cancel()
    threading.Timer(0.05, cancel.set).start()
    started = time.monotonic()
    assert ask(ScriptedModel(["slow"], delay_s=30.0), cancel) == []
    assert time.monotonic() - started < 5


def test_a_delay_stands_before_each_chunk():
    started = time.monotonic()
    ask(ScriptedModel(["a b c"], delay_s=0.02))
    assert time.monotonic() - started >= 0.06


def test_threads_share_the_script_without_playing_a_step_twice():
    model = ScriptedModel([str(number) for number in range(50)])
    with ThreadPoolExecutor(8) as pool:
        said = [chunks[0].text for chunks in pool.map(lambda _: ask(model), range(50))]
    assert sorted(said, key=int) == [str(number) for number in range(50)]
    model.assert_used_up()


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("hello, world", 3), ("你好 world!", 4), ("naïve 3.5", 4)])
def test_tokens_are_counted_by_a_simple_rule(text, tokens):
    assert ScriptedModel().count_tokens(text) == tokens
