"""Who gets a persona's picture, by which address, and with which headers."""

import base64
import io

import pytest
from PIL import Image

from assistant.access import MAKER
from personas.pictures import kept_picture, picture_bytes
from tests.server.conftest import TOKEN, built


@pytest.fixture
def pictured(make_studio):
    """A hosted app where the published GG and one unpublished persona have a picture; the app, the addresses and the file."""
    studio = make_studio((), host="0.0.0.0", port=7860, token=TOKEN, hosted="huggingface", hub_hosts=("maker-hearth.hf.space",))
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(file, "PNG")
    picture = kept_picture(file.getvalue())
    store, owner = studio.personas, MAKER.owner
    gg = store.save(owner, store.get(owner, "gg").document.model_copy(update={"picture": picture}), 0).document
    draft = store.duplicate(owner, "gg").document
    return built(studio), "/" + gg.face, "/" + draft.face, picture_bytes(picture)


def test_a_published_persona_shows_its_picture_to_visitors(pictured, make_client):
    app, published, _, file = pictured
    answer = make_client(app, "hosted").get(published)
    assert (answer.status_code, answer.content) == (200, file)
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "private" in answer.headers["cache-control"]
    assert "immutable" in answer.headers["cache-control"]


def test_one_that_is_not_published_is_there_for_the_maker_alone(pictured, make_client):
    app, _, draft, file = pictured
    assert make_client(app, "hosted").get(draft).status_code == 404
    assert make_client(app, "hosted", TOKEN).get(draft).content == file


def test_any_other_address_is_not_there(pictured, make_client):
    app, published, _, _ = pictured
    client = make_client(app, "hosted", TOKEN)
    for address in (
        published.replace(".webp", ".png"),
        published[:-6] + "0.webp",
        "/avatars/gg/.webp",
        "/avatars/librarian/.webp",
        "/avatars/nobody/0.webp",
        "/avatars/..%2fgg/0.webp",
        "/avatars/" + "g" * 5000 + "/0.webp",
    ):
        assert client.get(address).status_code == 404, address


def test_the_page_never_holds_a_picture(pictured, make_client):
    app, _, _, file = pictured
    body = make_client(app, "hosted", TOKEN).get("/").text
    assert base64.b64encode(file).decode()[:100] not in body
