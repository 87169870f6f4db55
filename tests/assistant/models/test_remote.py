"""A remote model against a real server on loopback, which also misbehaves in every way we know."""

import json
import threading
import time

import pytest

from assistant.messages import Message, ToolCall, ToolResult, Usage
from assistant.models.base import CallChunk, GenerationOptions, ModelInfo, TextChunk, ThinkingChunk, UsageChunk
from assistant.models.remote import Patience, RemoteModel
from common.errors import GenerationFailed, ModelMissing, PromptTooLong
from tests.assistant.models.chatserver import INFO, SHORT, TOOL, ask, hello, serving
from tests.timing import quickly


def test_text_and_usage_stream_in():
    with serving(hello) as (model, _):
        assert ask(model) == [TextChunk("Hello"), TextChunk(" 你好🌍"), UsageChunk(Usage(9, 5, 4))]


def test_the_request_says_everything_and_the_key_goes_along():
    history = [
        Message("system", "Be kind."),
        Message("user", "几点了？"),
        Message("assistant", calls=(ToolCall("c1", "clock", {"zone": "东京"}),)),
        Message("tool", result=ToolResult("c1", "clock", "12:00")),
    ]
    with serving(hello, api_key="sekret") as (model, server):
        prompt, *_ = model.stream(history, [TOOL], GenerationOptions(7, 0.3, 0.8), threading.Event())
    body = server.bodies[0]
    assert json.loads(prompt.text) == body
    assert "sekret" not in prompt.text
    assert body["model"] == "m"
    assert (body["max_tokens"], body["temperature"], body["top_p"], body["stream"]) == (7, 0.3, 0.8, True)
    assert body["tools"] == [TOOL.to_dict()]
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("auto", True)
    call = body["messages"][2]["tool_calls"][0]
    assert (call["id"], json.loads(call["function"]["arguments"])) == ("c1", {"zone": "东京"})
    assert body["messages"][3] == {"role": "tool", "tool_call_id": "c1", "content": "12:00"}
    assert server.headers[0]["Authorization"] == "Bearer sekret"


def test_a_model_without_tools_is_offered_none():
    plain = ModelInfo("openai:test#m", "Test", frozenset({"en"}), tools=False, grounding=True, context_tokens=8192)
    with serving(hello, info=plain) as (model, server):
        ask(model, tools=[TOOL])
    assert not server.bodies[0].keys() & {"tools", "tool_choice", "parallel_tool_calls"}


def test_thoughts_are_kept_apart():
    def reply(handler, _):
        handler.start()
        handler.delta(reasoning_content="Hmm")
        handler.delta(reasoning=" so")
        handler.delta("stop", content="Yes")
        handler.event("[DONE]")

    with serving(reply) as (model, _):
        chunks = ask(model)
    assert chunks[:3] == [ThinkingChunk("Hmm"), ThinkingChunk(" so"), TextChunk("Yes")]


def test_an_answer_in_one_piece_is_read_too():
    def reply(handler, _):
        handler.start(kind="application/json")
        call = {"id": "x", "function": {"name": "clock", "arguments": "{}"}}
        message = {"role": "assistant", "content": "Whole.", "tool_calls": [call]}
        handler.wfile.write(json.dumps({"choices": [{"message": message}], "usage": {"prompt_tokens": 3}}).encode())

    with serving(reply) as (model, _):
        assert ask(model) == [TextChunk("Whole."), CallChunk(ToolCall("x", "clock", {})), UsageChunk(Usage(3, 0, 0))]


@pytest.mark.parametrize(
    ("status", "body", "error", "english", "chinese"),
    [
        (401, '{"error": {"message": "bad key"}}', GenerationFailed, "refuses the key (401: bad key)", "密钥"),
        (403, "", GenerationFailed, "refuses the key (403)", "密钥"),
        (404, '{"error": "no such model"}', ModelMissing, "has no model 'm'", "没有模型"),
        (429, '{"message": "slow down"}', GenerationFailed, "too busy", "太忙"),
        (400, '{"error": {"message": "maximum context length is 4096"}}', PromptTooLong, "too long", "超出"),
        (400, '{"error": {"message": "bad field"}}', GenerationFailed, "status 400: bad field", "状态 400"),
        (500, "<html>oops</html>", GenerationFailed, "status 500.", "状态 500"),
        (503, "x" * 5000, GenerationFailed, "status 503", "状态 503"),
        (302, "", GenerationFailed, "status 302", "状态 302"),
        (200, "<html>a login page</html>", GenerationFailed, "does not speak the OpenAI protocol (text/html)", "不是 OpenAI"),
    ],
)
def test_each_refusal_is_a_sentence_in_both_languages(status, body, error, english, chinese):
    def reply(handler, _):
        handler.start(status, "text/html" if body.startswith("<") else "application/json", location="http://elsewhere/")
        handler.wfile.write(body.encode())

    with serving(reply) as (model, _), pytest.raises(error) as caught:
        ask(model)
    assert english in caught.value.english
    assert chinese in caught.value.chinese
    assert len(caught.value.english) < 600


def test_nobody_at_home():
    with serving(hello) as (model, server):
        server.shutdown()
        server.server_close()
        with pytest.raises(GenerationFailed, match="cannot be reached") as caught:
            ask(model)
    assert "无法连接" in caught.value.chinese


def truncated(handler, _):
    handler.start()
    handler.delta(content="Half an ans")


def broken_json(handler, _):
    handler.start()
    handler.event('{"choices": [')


def not_an_object(handler, _):
    handler.start()
    handler.event("[1, 2]")


def error_event(handler, _):
    handler.start()
    handler.delta(content="Ok")
    handler.event({"error": {"message": "the GPU is on fire"}})


def endless_line(handler, _):
    handler.start()
    handler.wfile.write(b"data: " + b"x" * (2 << 20))


def cut_in_a_chunk(handler, _):
    handler.start(**{"transfer-encoding": "chunked"})
    handler.wfile.write(b"ff\r\ndata: {")


@pytest.mark.parametrize(
    ("reply", "english"),
    [
        (truncated, "broke off in the middle"),
        (broken_json, "not JSON"),
        (not_an_object, "not an object"),
        (error_event, "the GPU is on fire"),
        (endless_line, "without end"),
        (cut_in_a_chunk, "broke off"),
    ],
)
def test_a_broken_stream_is_a_sentence(reply, english):
    with serving(reply) as (model, _), pytest.raises(GenerationFailed) as caught:
        ask(model)
    assert english in caught.value.english


def test_odd_events_do_no_harm():
    def reply(handler, _):
        handler.start()
        for odd in ({"choices": None}, {"choices": [None]}, {"choices": [{"delta": "x"}]}, {"usage": {"prompt_tokens": "many"}}):
            handler.event(odd)
        handler.delta(content=7, tool_calls="no", reasoning_content=["?"])
        handler.delta(tool_calls=[None, {"function": 3}, {"index": "one"}])
        handler.delta("stop", content="fine")

    with serving(reply) as (model, _):
        chunks = ask(model)
    assert chunks[0] == TextChunk("fine")
    assert isinstance(chunks[-1], UsageChunk)
    assert len(chunks) == 2


def silent(handler, _):
    time.sleep(3)


def silent_after_a_word(handler, _):
    handler.start()
    handler.delta(content="Well")
    time.sleep(3)


def drip(handler, _):
    handler.start()
    for _ in range(60):
        handler.wfile.write(b":")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize("reply", [silent, silent_after_a_word, drip])
def test_silence_has_an_end_and_a_drip_is_silence(reply):
    def silence(model):
        with pytest.raises(GenerationFailed, match="nothing for"):
            ask(model)

    with serving(reply) as (model, _):
        quickly(lambda: silence(model), 2.0, time.monotonic)


def test_stop_closes_the_connection_at_once():
    def reply(handler, _):
        handler.start()
        for number in range(400):
            handler.delta(content=f"{number} ")
            time.sleep(0.01)

    with serving(reply) as (model, server):
        cancel, seen = threading.Event(), []
        for chunk in model.stream([Message("user", "Hi")], (), GenerationOptions(), cancel):
            seen.append(chunk)
            if len(seen) == 3:
                cancel.set()
        assert len(seen) < 10
        assert not any(isinstance(chunk, UsageChunk) for chunk in seen)
        assert server.gone.wait(2)


def test_stop_while_the_server_is_silent_returns_at_once():
    def stopped(model):
        cancel = threading.Event()
        threading.Timer(0.2, cancel.set).start()
        return ask(model, cancel=cancel)

    with serving(silent, patience=Patience(first=30)) as (model, _):
        assert quickly(lambda: stopped(model), 0.6, time.monotonic) == []


def test_many_chats_at_once():
    with serving(hello, patience=Patience()) as (model, _):
        answers: list[str] = []
        threads = [threading.Thread(target=lambda: answers.append(ask(model)[1].text)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert answers == [" 你好🌍"] * 16


def test_the_estimate_of_tokens_is_never_too_small():
    from tests.assistant.models.tiny import TEXT

    with serving(hello) as (model, _):
        assert model.count_tokens("hello world, this is plain English text.") >= 9
        assert model.count_tokens("你好世界") >= 4
        assert model.count_tokens("") == 0
        assert model.count_tokens(TEXT) > 40


def test_what_a_server_repeats_of_its_key_is_told_to_nobody():
    def refuses(handler, _):
        handler.start(401, "application/json")
        handler.wfile.write(b'{"error": {"message": "no such key: sekret-1"}}')

    def breaks(handler, _):
        handler.start()
        handler.event({"error": {"message": "sekret-1 is used up"}})

    for reply in (refuses, breaks):
        with serving(reply, api_key="sekret-1") as (model, _), pytest.raises(GenerationFailed) as caught:
            ask(model)
        said = caught.value.english + caught.value.chinese
        assert "sekret" not in said
        assert "127.0.0.1" not in said, "visitors read it too, and where it is is the maker's matter"


def test_letters_that_a_server_cut_in_two_are_whole_again_and_halves_alone_go():
    def reply(handler, _):
        handler.start()
        call = {"id": "a\ud83d", "function": {"name": "f", "arguments": '{"x": "\\ud83d"}'}}
        deltas = [{"content": text} for text in ("\ud83d", "\ude00 and ", "\ud83d half", "\ude00")]
        for delta in [*deltas, {"reasoning_content": "\ud83d", "tool_calls": [call]}]:
            handler.wfile.write(f"data: {json.dumps({'choices': [{'delta': delta}]})}\n\n".encode())
        handler.delta(finish="tool_calls")

    with serving(reply) as (model, _):
        chunks = ask(model)
    text = "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))
    assert text == "😀 and � half�"
    str(chunks).encode()


def test_a_public_server_that_is_not_there_is_a_sentence_too(monkeypatch):
    monkeypatch.setattr("common.connections.is_public", lambda _: True)
    with serving(hello) as (_, server):
        public = RemoteModel(f"http://127.0.0.1:{server.server_port}/v1", "m", info=INFO, patience=SHORT, public_only=True)
        assert ask(public)[0] == TextChunk("Hello")
        server.shutdown()
        server.server_close()
        for call in (public.served, lambda: ask(public)):
            with pytest.raises(GenerationFailed, match="cannot be reached"):
                call()
        public.close()
