"""Who gets a picture or a sound of a conversation, by which address, and with which headers."""

import re

import pytest
from starlette.testclient import TestClient

from assistant.access import MAKER
from server.identity import _visitor
from tests.media import PICTURE, SOUND, png
from tests.server.conftest import TOKEN, built
from tools.base import Media

HOSTED = {"host": "0.0.0.0", "port": 7860, "token": TOKEN, "hosted": "huggingface", "hub_hosts": ("maker-hearth.hf.space",)}


@pytest.fixture
def hosted(make_studio, make_client):
    """A hosted app where the maker and two visitors have a picture: the studio, and (client, owner, conversation, address)."""
    studio = make_studio((), **HOSTED)
    app = built(studio)
    people = []
    for token in (TOKEN, None, None):
        client = make_client(app, "hosted", token)
        client.get("/")
        owner = MAKER.owner if token else _visitor(client.cookies["hearth_visitor"]).owner
        people.append((client, owner, *put(studio, owner, PICTURE)))
    return studio, people


def put(studio, owner, medium):
    kept = studio.conversations.create(owner, "gg").id
    return kept, f"/media/{kept}/{studio.attachments.media.keep(owner, kept, medium).id}"


def test_everybody_gets_their_own_and_nobody_elses(hosted):
    _, people = hosted
    for client, owner, *_ in people:
        for _, other, _, address in people:
            answer = client.get(address)
            assert (answer.status_code, answer.content) == ((200, PICTURE.data) if owner == other else (404, b"")), address


def test_what_is_gone_is_not_there_for_its_owner_either(hosted):
    studio, [_, (client, owner, kept, address), _] = hosted
    tag = client.get(address).headers["etag"]
    assert client.get(address, headers={"if-none-match": tag}).status_code == 304
    studio.conversations.delete(owner, kept)
    assert client.get(address, headers={"if-none-match": tag}).status_code == 404
    studio.conversations.restore(owner, kept)
    assert client.get(address).status_code == 200
    studio.delete_everything(owner)
    assert client.get(address).status_code == 404


def test_no_other_address_finds_one(hosted):
    _, [(client, _, kept, address), *_] = hosted
    id = address.rpartition("/")[2]
    for other in (
        f"/media/{kept}/{id[::-1]}",
        f"/media/{kept}/{id}.png",
        f"/media/{kept}/..%2f{id}",
        f"/media//{id}",
        f"/media/{'k' * 5000}/{id}",
        f"/media/{kept}/%00",
    ):
        assert client.get(other).status_code == 404, other


def test_another_page_cannot_show_one(hosted):
    _, [(client, _, _, address), *_] = hosted
    for site in ("cross-site", "same-site"):
        answer = client.get(address, headers={"sec-fetch-site": site, "sec-fetch-dest": "image", "sec-fetch-mode": "no-cors"})
        assert answer.status_code == 403


def test_the_headers_make_it_a_picture_and_nothing_else(hosted):
    studio, [(client, owner, *_), *_] = hosted
    _, address = put(studio, owner, Media(png((9, 9)), "image/png", '"><script>\r\nX-Evil: 1 钟.png'))
    answer = client.get(address)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "x-evil" not in answer.headers
    assert re.fullmatch(r"inline; filename\*=UTF-8''[A-Za-z0-9%._~-]+", answer.headers["content-disposition"])
    policy = answer.headers["content-security-policy"]
    assert re.search(r"img-src 'self'[^;]*;", policy)
    assert re.search(r"media-src 'self'[^;]*;", policy)


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-1", 206, slice(0, 2)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=4-999999999", 206, slice(4, None)),
        ("bytes=-999999999", 206, slice(0, None)),
        ("bytes=999999999-", 416, slice(0, 0)),
        ("bytes=5-2", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
        ("bytes=-", 200, slice(0, None)),
        ("bytes=0-1,3-4", 200, slice(0, None)),
        ("lines=0-1", 200, slice(0, None)),
        ("", 200, slice(0, None)),
    ],
)
def test_a_sound_is_sent_in_the_parts_that_are_asked_for(sounding, asked, status, part):
    client, address = sounding
    answer = client.get(address, headers={"range": asked} if asked else {})
    assert (answer.status_code, answer.content) == (status, SOUND.data[part])
    if status == 206:
        first, last, size = map(int, re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers["content-range"]).groups())
        assert (SOUND.data[first : last + 1], size) == (answer.content, len(SOUND.data))


@pytest.fixture(scope="module")
def sounding(tmp_path_factory, build):
    """A browser at an app on loopback, and the address of a sound there."""
    studio = build(tmp_path_factory.mktemp("sounding") / "data")
    _, address = put(studio, MAKER.owner, SOUND)
    yield TestClient(built(studio), base_url="http://127.0.0.1:7860"), address
    studio.close()
