"""Every route of the real app, found by walking it, against every kind of request that must be turned away."""

import pytest
from starlette.routing import Mount, Route, WebSocketRoute

from server.cache import OwnedCache
from server.guard import Guard
from tests.server.conftest import ADDRESSES, TOKEN

FILLED = {"run": "0" * 32, "index": "0", "api_name": "visit", "event_id": "e", "session_hash": "s", "path_or_url": "/etc/passwd"}
OURS = {
    "/", "/healthz", "/collection", "/config", "/config/", "/theme.css", "/robots.txt", "/favicon.ico", "/manifest.json",
    "/speech/{run}/{index}", "/speech/sample/{language}", "/avatars/{persona}/{name}", "/media/{conversation}/{id}",
    "/backup", "/restore", "/mcp", "/sign-in", "/sign-out",
    "/assets/{path}", "/static/{path}", "/svelte/{path}", "/gradio_api/heartbeat/{session_hash}", "/gradio_api/queue/join",
    "/gradio_api/queue/data", "/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/reset/", "/gradio_api/startup-events",
    "/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/component_server", "/gradio_api/component_server/",
}  # fmt: skip
"""What the page uses; everything else that Gradio brings is closed."""


def walk(routes, prefix=""):
    """(method, path template) of every route, mounted applications included."""
    for route in routes:
        if isinstance(route, Mount):
            yield from walk(route.routes, prefix + route.path)
        elif isinstance(route, WebSocketRoute):
            yield "WEBSOCKET", prefix + route.path
        elif isinstance(route, Route):
            yield from ((method, prefix + route.path) for method in sorted(route.methods))
        else:  # a router that FastAPI included whole
            yield from walk(route.original_router.routes, prefix)


def address(template):
    path = template.replace(":path", "")
    for name, value in FILLED.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{", "").replace("}", "")


def routes_of(app):
    found = sorted(set(walk(app.routes)))
    assert len(found) > 60, "the walk does not see Gradio's routes any more"
    return found


def statuses(client, app, **headers):
    """The status of every route for a request with these headers."""
    given = {}
    for method, template in routes_of(app):
        with client.stream(method, address(template), headers=headers, json={} if method == "POST" else None) as answer:
            given[method, template] = answer.status_code
    return given


WRONG_HOSTS = ["evil.test", "evil.test:7860", "127.0.0.1.evil.test", "localhost.evil.test", "maker-hearth.hf.space.evil.test",
               "evil@127.0.0.1", "", "10.0.0.1\\@127.0.0.1", "ⓛocalhost"]  # fmt: skip


@pytest.mark.parametrize("host", WRONG_HOSTS)
def test_every_route_refuses_a_wrong_host(app_of, make_client, host):
    app = app_of()
    given = statuses(make_client(app), app, host=host.encode())
    assert set(given.values()) == {403}


@pytest.mark.parametrize("profile", ["network", "hosted", "studio"])
def test_every_route_refuses_a_wrong_host_beyond_loopback(app_of, make_client, profile):
    app = app_of(profile)
    given = statuses(make_client(app, profile, TOKEN), app, host="evil.test")
    assert set(given.values()) == {403}


@pytest.mark.parametrize(
    "origin",
    ["https://evil.test", "null", "http://127.0.0.1:1", "http://localhost:7860", "file://", "http://127.0.0.1:7860.evil.test",
     "x", "chrome-extension://abc", "http://evil.test:7860", ""],
)  # fmt: skip
def test_every_route_refuses_a_wrong_origin(app_of, make_client, origin):
    app = app_of()
    given = statuses(make_client(app), app, origin=origin)
    assert set(given.values()) == {403}


@pytest.mark.parametrize("profile", ["network", "hosted", "studio"])
@pytest.mark.parametrize("origin", ["https://huggingface.co", "null", "https://evil.ms.show", "https://evil.hf.space"])
def test_every_route_refuses_a_wrong_origin_even_with_the_token(app_of, make_client, profile, origin):
    app = app_of(profile)
    given = statuses(make_client(app, profile, TOKEN), app, origin=origin)
    assert set(given.values()) == {403}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_every_route_refuses_another_site_by_the_browsers_word(app_of, make_client, site):
    app = app_of()
    given = statuses(make_client(app), app, **{"sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"})
    assert set(given.values()) == {403}


def test_another_page_may_link_to_the_page_and_to_nothing_else(app_of, make_client):
    app = app_of()
    navigation = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    given = statuses(make_client(app), app, **navigation)
    assert {route for route, status in given.items() if status != 403} == {("GET", "/"), ("HEAD", "/")}
    assert given["GET", "/"] == 200


def test_every_route_needs_the_token_beyond_loopback(app_of, make_client):
    app = app_of("network")
    assert set(statuses(make_client(app, "network"), app).values()) == {401}
    for number, token in enumerate(("wrong", TOKEN[:-1])):
        given = statuses(make_client(app, "network", token, address=f"192.0.2.{10 + number}"), app)
        assert set(given.values()) == {401, 429}, "guessing is stopped besides"


def test_with_the_token_only_what_the_page_uses_is_open(app_of, make_client):
    app = app_of("network")
    given = statuses(make_client(app, "network", TOKEN), app)
    assert {template.replace(":path", "") for (_, template), status in given.items() if status not in {403, 405}} <= OURS
    assert given["GET", "/"] == given["GET", "/healthz"] == 200


def test_on_loopback_the_same_routes_are_open(app_of, make_client):
    app = app_of()
    given = statuses(make_client(app), app, origin=ADDRESSES["loopback"])
    assert {template.replace(":path", "") for (_, template), status in given.items() if status not in {403, 405}} <= OURS
    assert given["GET", "/"] == given["GET", "/healthz"] == 200


def test_the_guard_is_outermost_and_the_cache_follows(app_of):
    assert [layer.cls for layer in app_of().user_middleware] == [Guard, OwnedCache]


@pytest.mark.parametrize("query", ["page=x", "view=api&page=", "at=evaluate", "%ff=%00&page=x"])
def test_no_word_of_the_address_breaks_the_page(app_of, make_client, query):
    answer = make_client(app_of()).get(f"/?{query}")
    assert answer.status_code == 200
    assert 'lang="en"' in answer.text
