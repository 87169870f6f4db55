"""Models at a hub: what is sent and what is made of the answers that the two hubs document, errors and rubbish included."""

import base64
import http.server
import io
import json
import threading
from dataclasses import replace

import pytest
from PIL import Image

from assistant.models.inference import HUBS, Asking
from assistant.models.tasks import find
from assistant.pipelines import Pipelines
from common.egress import Egress
from common.errors import ToolFailed
from tests.assistant.models import tinies
from tests.serving import serving
from tools import runner
from tools.base import Media, ToolContext

KEY = "hf_canary-7f3a"
WORDS = {"en": "Does it.", "zh": "做这件事。"}
MEDIA = {"1": Media(tinies.png(), "image/png", "p.png"), "2": Media(tinies.wav(), "audio/wav", "s.wav")}
GIVEN = {
    "text": "天气不错",
    "question": "What?",
    "others": ["水", "河"],
    "labels": ["a", "b"],
    "things": ["cat"],
    "words": "一只猫",
    "picture": "1",
    "sound": "2",
}


class _Answers(http.server.BaseHTTPRequestHandler):
    """Gives the next answer that is laid down for the path: (status, media type, body), or a function of the server."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        answers = self.server.answers.get(self.path, [(404, "application/json", b'{"error":"Not Found"}')])
        status, kind, content = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST

    def log_message(self, *_args):
        pass


@pytest.fixture
def hub():
    with serving(_Answers) as server:
        server.requests, server.answers = [], {}
        server.url = f"http://127.0.0.1:{server.server_port}"

        def answer(path, *contents, status=200, kind="application/json"):
            bodies = [content if isinstance(content, bytes) else json.dumps(content).encode() for content in contents]
            server.answers[path] = [(status, kind, body) for body in bodies]

        server.answer = answer
        yield server


@pytest.fixture
def ask(hub):
    """What the tool of a task at a hub gives."""
    asked = []

    def secret_for(name, origin):
        asked.append((name, origin))
        return KEY

    granted = frozenset({f"127.0.0.1:{hub.server_port}"})
    hubs = {kind: replace(each, url=hub.url, granted=granted, poll_s=0.01) for kind, each in HUBS.items()}
    pipelines = Pipelines(secret_for=secret_for, hubs=hubs)

    def ask(task, model, language="en", cancel=None, **given):
        tool = pipelines.tool(task=task, id="own", name="own", titles=WORDS, about=WORDS, model=model)
        arguments = {name: given.get(name, GIVEN[name]) for name in find(task).takes}
        context = ToolContext(language=language, media=MEDIA.get, cancel=cancel or threading.Event())
        return runner.run(tool, arguments, context)

    ask.secrets = asked
    yield ask
    pipelines.close()


HF = "/hf-inference/models/a/b"


@pytest.mark.parametrize(
    ("task", "answered", "text", "sent"),
    [
        ("translate-zh-en", [{"translation_text": "Fine weather"}], "Fine weather", {"inputs": "天气不错"}),
        ("summarize", [{"summary_text": "Fine."}], "Fine.", {"inputs": "天气不错"}),
        (
            "sentiment",
            [[{"label": "positive", "score": 0.9}, {"label": "negative", "score": 0.1}]],
            "positive: 90.0%\nnegative: 10.0%",
            {"inputs": "天气不错"},
        ),
        (
            "classify-text",
            {"sequence": "x", "labels": ["b", "a"], "scores": [0.7, 0.3]},
            "b: 70.0%\na: 30.0%",
            {"inputs": "天气不错", "parameters": {"candidate_labels": ["a", "b"]}},
        ),
        (
            "classify-text",
            [{"label": "a", "score": 0.6}, {"label": "b", "score": 0.4}],
            "a: 60.0%\nb: 40.0%",
            {"inputs": "天气不错", "parameters": {"candidate_labels": ["a", "b"]}},
        ),
        (
            "named-entities",
            [{"entity_group": "LOC", "score": 0.99, "word": "London", "start": 0, "end": 6}],
            "LOC: London",
            {"inputs": "天气不错"},
        ),
        (
            "answer-from-text",
            {"score": 0.8, "start": 0, "end": 2, "answer": "天气"},
            "天气 (80%)",
            {"inputs": {"question": "What?", "context": "天气不错"}},
        ),
        (
            "fill-mask",
            [{"sequence": "天气不错", "score": 0.5, "token": 1, "token_str": "错"}],
            "错 50.0%",
            {"inputs": "天气不错"},
        ),
        (
            "text-similarity",
            [0.25, 0.75],
            "0.75  河\n0.25  水",
            {"inputs": {"source_sentence": "天气不错", "sentences": ["水", "河"]}},
        ),
    ],
)
def test_a_task_is_asked_as_hugging_face_documents_it(hub, ask, task, answered, text, sent):
    path = HF + ("/pipeline/sentence-similarity" if task == "text-similarity" else "")
    hub.answer(path, answered)
    output = ask(task, "hf-api:a/b")
    assert not output.failed, output.text
    assert output.text == text
    ((method, _, headers, body),) = hub.requests
    assert (method, json.loads(body)) == ("POST", sent)
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["content-type"] == "application/json"
    assert ask.secrets == [("huggingface", hub.url)]


@pytest.mark.parametrize(
    ("task", "answered", "text", "kind"),
    [
        ("classify-picture", [{"label": "cat", "score": 0.9}], "cat: 90.0%", "image/png"),
        (
            "detect-objects",
            [{"label": "cat", "score": 0.9, "box": {"xmin": 1, "ymin": 2, "xmax": 30, "ymax": 20}}],
            "In a picture of 48 x 40, as [left, top, right, bottom]:\n1. cat (90%), [1, 2, 30, 20]",
            "image/png",
        ),
        ("transcribe", {"text": " 你好。"}, "你好。", "audio/wav"),
    ],
)
def test_pictures_and_sounds_are_sent_as_they_are(hub, ask, task, answered, text, kind):
    hub.answer(HF, answered)
    assert ask(task, "hf-api:a/b").text == text
    ((_, _, headers, body),) = hub.requests
    assert headers["content-type"] == kind
    assert body in {media.data for media in MEDIA.values()}


def test_a_picture_is_drawn_by_hugging_face(hub, ask):
    hub.answer(HF, tinies.png(), kind="image/png")
    output = ask("draw", "hf-api:a/b", "zh")
    assert output.text == "已画好 48 x 40 的图，并展示给用户。"
    (shown,) = output.media
    assert (shown.type, shown.name, shown.data) == ("image/png", "一只猫", tinies.png())
    assert json.loads(hub.requests[0][3]) == {"inputs": "一只猫"}


@pytest.mark.parametrize(("model", "secret"), [("ms-api:Qwen/Qwen3-8B", "modelscope"), ("hf-api:Qwen/Qwen3-8B", "huggingface")])
def test_a_model_that_talks_is_asked_in_words(hub, ask, model, secret):
    said = {"choices": [{"message": {"role": "assistant", "content": "<think>hm</think>\n天气很好"}}]}
    hub.answer("/v1/chat/completions", said)
    assert ask("correct-text", model).text == "天气很好"
    ((_, _, headers, body),) = hub.requests
    sent = json.loads(body)
    assert sent["model"] == "Qwen/Qwen3-8B"
    assert sent["messages"][0]["content"].endswith("\n\n天气不错")
    assert not sent["stream"]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert ask.secrets[0][0] == secret


def test_a_picture_is_shown_to_a_model_that_talks(hub, ask):
    hub.answer("/v1/chat/completions", {"choices": [{"message": {"content": "一只猫"}}]})
    assert ask("ask-picture", "ms-api:Qwen/Qwen3-VL-8B-Instruct", question="这是什么？").text == "一只猫"
    picture, words = json.loads(hub.requests[0][3])["messages"][0]["content"]
    kind, _, data = picture["image_url"]["url"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == MEDIA["1"].data
    assert words["text"] == "这是什么？"


class TestDrawing:
    """ModelScope's: asked, looked at until it is done, fetched."""

    def test_goes_on_until_it_is_done(self, hub, ask):
        hub.answer("/v1/images/generations", {"task_id": "41"})
        done = {"task_status": "SUCCEED", "output_images": [f"{hub.url}/oss/41.jpg?sign=x"]}
        hub.answer("/v1/tasks/41", {"task_status": "PENDING"}, {"task_status": "PROCESSING"}, done)
        file = io.BytesIO()
        Image.new("RGB", (8, 6)).save(file, "JPEG")
        hub.answer("/oss/41.jpg?sign=x", file.getvalue(), kind="image/jpeg")
        output = ask("draw", "ms-api:Qwen/Qwen-Image")
        assert output.text == "A picture of 8 x 6 was drawn and is shown to the person."
        assert output.media[0].type == "image/jpeg"
        begun, *looks, fetched = hub.requests
        assert begun[2]["x-modelscope-async-mode"] == "true"
        assert json.loads(begun[3]) == {"model": "Qwen/Qwen-Image", "prompt": "一只猫"}
        assert [look[:2] for look in looks] == [("GET", "/v1/tasks/41")] * 3
        assert all(look[2]["x-modelscope-task-type"] == "image_generation" for look in looks)
        assert "authorization" not in fetched[2]  # it lies elsewhere

    @pytest.mark.parametrize(
        ("begun", "state", "says"),
        [
            ({}, {}, "no number of a task"),
            ([], {}, "no number of a task"),
            ({"task_id": "41"}, {"task_status": "FAILED"}, "could not draw this"),
            ({"task_id": "41"}, {"task_status": "SUCCEED", "output_images": []}, "no picture"),
            ({"task_id": "41"}, {"task_status": "SUCCEED", "output_images": ["http://169.254.169.254/"]}, "private address"),
            ({"task_id": "41"}, {"task_status": "SUCCEED", "output_images": ["file:///etc/passwd"]}, "may not be fetched"),
        ],
    )
    def test_fails_with_a_sentence(self, hub, ask, begun, state, says):
        hub.answer("/v1/images/generations", begun)
        hub.answer("/v1/tasks/41", state)
        output = ask("draw", "ms-api:Qwen/Qwen-Image")
        assert output.failed
        assert says in output.text

    def test_stop_ends_the_looking(self, hub, ask):
        hub.answer("/v1/images/generations", {"task_id": "41"})
        hub.answer("/v1/tasks/41", {"task_status": "PENDING"})
        stop, outputs = threading.Event(), []
        thread = threading.Thread(target=lambda: outputs.append(ask("draw", "ms-api:a/b", cancel=stop)))
        thread.start()
        while len(hub.requests) < 3:
            assert thread.is_alive()
            thread.join(0.01)
        stop.set()
        thread.join(30)
        assert outputs[0].failed


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (
            401,
            {"error": "Invalid username or password."},
            "did not accept the secret 'huggingface': 'Invalid username or password.'",
        ),
        (403, {"error": {"message": f"token {KEY} lacks rights"}}, "'token ••• lacks rights'"),
        (402, {"error": "You have exceeded your monthly included credits"}, "the allowance is used up"),
        (429, {"errors": {"message": "rate limit"}, "request_id": "1"}, "the allowance is used up: 'rate limit'"),
        (503, {"error": "Model a/b is currently loading", "estimated_time": 20.0}, "is still loading 'a/b'"),
        (400, {"error": ["Model not supported by provider hf-inference"]}, "answered 400 for 'a/b': 'Model not supported"),
        (404, b"<html>Not Found</html>", "answered 404 for 'a/b'."),
        (302, b"", "answered 302"),
        (500, b"[" * 100_000, "answered 500"),
        (200, b"not json", "something that is no JSON"),
        (200, b"", "something that is no JSON"),
        (200, {}, "another form"),
        (200, [], "another form"),
        (200, [{"score": 1}], "cannot be used"),
        (200, [[{"label": "a", "score": "high"}]], "cannot be used"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_failure_is_a_sentence(hub, ask, status, body, says, language):
    hub.answer(HF, body, status=status)
    output = ask("sentiment", "hf-api:a/b", language)
    assert output.failed
    assert KEY not in output.text
    if language == "en":
        assert says in output.text
    else:
        assert any("一" <= letter <= "鿿" for letter in output.text)


def test_a_key_that_a_hub_echoes_is_hidden(hub, ask):
    hub.answer(HF, {"error": "x" * 290 + f" the token {KEY} is wrong"}, status=400)
    assert "hf_c" not in ask("sentiment", "hf-api:a/b").text
    hub.answer(HF, [[{"label": f"Bearer {KEY}", "score": 0.9}]])
    assert ask("sentiment", "hf-api:a/b").text.startswith("Bearer •••")
    hub.answer("/v1/chat/completions", {"choices": [{"message": {"content": f"You sent {KEY}."}}]})
    assert ask("write-text", "ms-api:a/b").text == "You sent •••."


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": [{"message": None}]}, [1], "x"])
def test_an_answer_without_words_is_a_sentence(hub, ask, body):
    hub.answer("/v1/chat/completions", body)
    assert "an answer without words" in ask("correct-text", "ms-api:a/b").text


def test_what_is_no_picture_is_not_shown(hub, ask):
    hub.answer(HF, b"<script>", kind="image/png")
    output = ask("draw", "hf-api:a/b")
    assert (output.failed, output.media) == (True, ())


def test_more_than_fits_is_refused(hub, ask):
    hub.answer(HF, b'"' + b"x" * (3 << 20) + b'"')
    assert "sent more than" in ask("sentiment", "hf-api:a/b").text


def test_a_hub_that_never_finishes_is_left_at_the_time_that_was_given(hub):
    hub.answer("/v1/images/generations", {"task_id": "7"})
    hub.answer("/v1/tasks/7", {"task_status": "PROCESSING"})
    granted = frozenset({f"127.0.0.1:{hub.server_port}"})
    place = replace(HUBS["ms-api"], url=hub.url, granted=granted, poll_s=0.01)
    asking = Asking(place, "ms-api", "a/b", KEY, Egress(), threading.Event(), time_limit_s=1.0)
    with pytest.raises(ToolFailed, match="in time"):
        asking.answer(find("draw"), {"words": "a cat"}, None)


class _Hangs(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.over.wait(10)


def test_a_hub_that_hangs_is_left_with_the_same_sentence():
    with serving(_Hangs) as hub:
        hub.over = threading.Event()
        place = f"127.0.0.1:{hub.server_port}"
        place = replace(HUBS["hf-api"], url=f"http://{place}", granted=frozenset({place}))
        asking = Asking(place, "hf-api", "a/b", KEY, Egress(), threading.Event(), time_limit_s=0.3)
        with pytest.raises(ToolFailed, match="did not finish in time"):
            asking.answer(find("summarize"), {"text": "Long."}, None)
        hub.over.set()
