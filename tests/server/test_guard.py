"""The guard itself: which hosts and pages are ours, what every answer carries, how much may be sent."""

import asyncio
import json

import pytest

from assistant.settings import Settings
from server.guard import BODY_LIMIT, Guard
from server.identity import SCOPE_KEY
from tests.server.conftest import PROFILES, TOKEN


async def echo(scope, receive, send):
    """Says who asked and how much came."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    body = json.dumps({"owner": scope[SCOPE_KEY].owner, "size": size}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-powered-by", b"gossip")]})
    await send({"type": "http.response.body", "body": body})


def ask(profile="loopback", method="GET", path="/x", chunks=(b"",), app=echo, kind="http", **headers):
    """(status, headers, body) of a request to a guarded app, without a server."""
    guard = Guard(app, Settings(**PROFILES[profile]), upload_limit=2 * BODY_LIMIT)
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": kind, "method": method, "path": path, "query_string": b"", "headers": pairs, "scheme": "http"}
    coming = [{"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1} for index, chunk in enumerate(chunks)]
    sent = []

    async def receive():
        return coming.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    if kind == "websocket":
        return sent
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, body


HOSTS = {
    "loopback": ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "[::1]:7860", "localhost:9999"],
    "network": ["127.0.0.1:7860", "192.168.1.20:7860", "[fe80::1]:7860", "localhost"],
    "hosted": ["maker-hearth.hf.space", "MAKER-hearth.hf.space", "10.1.2.3:7860", "maker-hearth.hf.space:443"],
    "studio": ["maker-hearth.ms.show", "10.1.2.3:7860"],
}


@pytest.mark.parametrize(("profile", "host"), [(profile, host) for profile, hosts in HOSTS.items() for host in hosts])
def test_our_hosts(profile, host):
    assert ask(profile, host=host, authorization=f"Bearer {TOKEN}")[0] == 200


@pytest.mark.parametrize(
    ("profile", "host"),
    [
        ("loopback", "192.168.1.20:7860"), ("loopback", "maker-hearth.hf.space"), ("loopback", "localhost."), ("loopback", "0"),
        ("network", "evil.test"), ("network", "maker-hearth.hf.space"), ("hosted", "evil.hf.space"), ("hosted", "hf.space"),
        ("studio", "ms.show"), ("studio", "evilms.show"), ("studio", "a.ms.show.evil.test"), 
        ("loopback", "127.0.0.1:7860, evil.test"), ("loopback", "[::1"), ("loopback", "user@localhost"),
    ],
)  # fmt: skip
def test_other_hosts(profile, host):
    assert ask(profile, host=host, authorization=f"Bearer {TOKEN}")[0] == 403


def test_two_hosts_or_none_are_refused():
    assert ask()[0] == 403


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:7860", "http://127.0.0.1:7860", 200), ("localhost:7860", "http://localhost:7860", 200),
        ("LOCALHOST:7860", "http://localhost:7860", 200), ("localhost", "http://localhost:80", 200),
        ("localhost:7860", "http://127.0.0.1:7860", 403), ("localhost:7860", "http://localhost:3000", 403),
        ("localhost:7860", "null", 403), ("localhost:7860", "https://evil.test", 403), ("localhost:7860", "", 403),
    ],
)  # fmt: skip
def test_origins(method, host, origin, status):
    assert ask(method=method, host=host, origin=origin)[0] == status


def test_a_program_without_origin_may_post():
    assert ask(method="POST", host="localhost:7860")[0] == 200


def test_the_browsers_word_counts_against_a_fitting_origin():
    assert ask(host="localhost", origin="http://localhost", sec_fetch_site="cross-site")[0] == 403


@pytest.mark.parametrize(
    ("fetch", "status"),
    [
        ({"origin": "https://maker-hearth.ms.show", "sec_fetch_site": "same-origin"}, 200),
        ({"origin": "https://maker-hearth.ms.show"}, 403),
        ({"origin": "https://evil.ms.show", "sec_fetch_site": "same-site"}, 403),
        ({"origin": "https://evil.test", "sec_fetch_site": "same-origin"}, 403),
    ],
)
def test_behind_a_proxy_that_rewrites_the_host(fetch, status):
    assert ask("studio", method="POST", host="10.1.2.3:7860", **fetch)[0] == status


FRAME = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}


def test_only_a_hosted_page_may_stand_in_a_frame():
    assert ask("hosted", path="/", host="maker-hearth.hf.space", **FRAME)[0] == 200
    assert ask("hosted", path="/healthz", host="maker-hearth.hf.space", **FRAME)[0] == 403
    assert ask("hosted", path="/", method="POST", host="maker-hearth.hf.space", **FRAME)[0] == 403
    assert ask("loopback", path="/", host="localhost", **FRAME)[0] == 403


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.test"}, {"host": "localhost", "origin": "null"}, {"host": "localhost", "origin": "https://evil.test"}],
)
def test_websockets_are_checked_too(headers):
    assert ask(kind="websocket", **headers) == [{"type": "websocket.close", "code": 1008, "reason": ""}]


@pytest.mark.parametrize("headers", [{"host": "localhost"}, {"host": "evil.test"}, {"host": "localhost", "origin": "null"}])
def test_every_answer_carries_the_headers(headers):
    _, given, _ = ask(**headers)
    assert given["x-content-type-options"] == "nosniff"
    assert given["referrer-policy"] == "same-origin"
    assert given["cross-origin-resource-policy"] == "same-origin"
    policy = dict(part.split(" ", 1) for part in given["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["connect-src"] == policy["base-uri"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert "http" not in given["content-security-policy"]
    assert "x-powered-by" not in given


def test_a_hosted_page_names_who_may_frame_it():
    policy = ask("hosted", host="maker-hearth.hf.space")[1]["content-security-policy"]
    assert "frame-ancestors 'self' https://huggingface.co;" in policy


def test_the_refusal_is_short_and_in_the_readers_language():
    status, given, body = ask(host="evil.test", accept_language="zh-CN,zh;q=0.9,en;q=0.8")
    assert (status, given["content-type"]) == (403, "text/plain; charset=utf-8")
    assert "Hearth 不应答这个地址" in body.decode()
    assert ask(host="evil.test", accept_language="en-US,zh;q=0.5")[2].startswith(b"This address is not one")
    assert ask(host="evil.test", method="HEAD")[2] == b""


MEGABYTE = b"x" * 1_000_000


@pytest.mark.parametrize(
    ("path", "megabytes", "announced", "status"),
    [
        ("/x", 3, None, 200), ("/x", 5, None, 413), ("/x", 1, "5000000", 413), ("/x", 1, "-1", 413), ("/x", 1, "many", 413),
        ("/gradio_api/upload", 7, None, 200), ("/gradio_api/upload", 9, None, 413),
    ],
)  # fmt: skip
def test_how_much_may_be_sent(path, megabytes, announced, status):
    headers = {"content_length": announced} if announced else {}
    assert ask(method="POST", path=path, host="localhost", chunks=[MEGABYTE] * megabytes, **headers)[0] == status


def test_what_came_arrives_whole():
    body = ask(method="POST", host="localhost", chunks=[b"ab", b"cde", b""])[2]
    assert json.loads(body) == {"owner": "maker", "size": 5}


def test_a_lifespan_passes_through():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Guard(app, Settings(), 1)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
