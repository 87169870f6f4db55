"""Pictures of personas: what is taken, what is refused, and that nothing but pixels is kept."""

import base64
import io
import struct
import zlib

import pytest
from PIL import Image

from common.database import Database
from common.errors import DocumentInvalid
from personas.pictures import PICTURE_LIMIT, SIDE, UPLOAD_LIMIT, digest, kept_picture, picture_bytes
from personas.store import PersonaStore


@pytest.fixture
def store(tmp_path):
    database = Database(tmp_path / "hearth.db")
    yield PersonaStore(database)
    database.close()


def file_of(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(picture: str) -> Image.Image:
    return Image.open(io.BytesIO(picture_bytes(picture)))


def refusal(data: bytes) -> str:
    with pytest.raises(DocumentInvalid) as caught:
        kept_picture(data)
    assert set(caught.value.problems) == {"picture"}
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.chinese)
    return caught.value.english


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(900, 300), (300, 900), (20, 20)])
def test_a_picture_becomes_a_square_webp_of_its_middle(kind, size):
    image = Image.new("RGB", size, "#0000ff")
    image.paste("#ff0000", (size[0] // 2 - 5, size[1] // 2 - 5, size[0] // 2 + 5, size[1] // 2 + 5))
    kept = opened(kept_picture(file_of(image, kind)))
    assert (kept.format, kept.size) == ("WEBP", (SIDE, SIDE))
    red, _, blue = kept.convert("RGB").getpixel((SIDE // 2, SIDE // 2))
    assert red > 150 > blue


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "I;16", "RGBA", "LA"])
def test_every_mode_of_pixels_is_taken(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    kept = opened(kept_picture(file_of(Image.new(mode, (50, 50)), kind)))
    assert kept.size == (SIDE, SIDE)
    assert (kept.mode == "RGBA") == (mode in ("RGBA", "LA"))


def test_noise_stays_within_the_limit():
    noise = Image.effect_noise((600, 600), 200).convert("RGB")
    assert len(picture_bytes(kept_picture(file_of(noise)))) <= PICTURE_LIMIT


def test_it_is_turned_upright_and_says_nothing_of_where_it_was_taken():
    image = Image.new("RGB", (300, 300), "white")
    image.paste("black", (0, 0, 300, 150))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    exif[0x010E] = "taken at home"
    kept = opened(kept_picture(file_of(image, "JPEG", exif=exif, comment=b"my secret", icc_profile=b"profile")))
    assert kept.getpixel((128, 40))[0] > 200
    assert kept.getpixel((128, 216))[0] < 50
    assert not set(kept.info) & {"exif", "icc_profile", "xmp", "comment"}


def test_one_that_moves_is_refused():
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue")]
    for kind in ("WEBP", "PNG"):
        assert "moves" in refusal(file_of(frames[0], kind, save_all=True, append_images=frames[1:]))


def test_one_of_too_many_pixels_is_refused_before_it_is_decoded():
    for size in ((8000, 8000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)):
        assert "too many pixels" in refusal(bomb(*size)) or size[0] > 2**30
    assert "larger than 8 MB" in refusal(b"\x89PNG" + b"\0" * UPLOAD_LIMIT)


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"GIF89a" + b"\0" * 50, b"\xff\xd8\xff", b"RIFF"],
)
def test_what_is_no_picture_is_refused(data):
    assert "PNG, JPEG or WebP" in refusal(data) or "damaged" in refusal(data)


def test_a_gif_is_refused_though_pillow_could_read_it():
    assert "PNG, JPEG or WebP" in refusal(file_of(Image.new("P", (20, 20)), "GIF"))


def test_a_torn_file_is_refused():
    whole = file_of(Image.effect_noise((200, 200), 80), "PNG")
    assert "damaged" in refusal(whole[: len(whole) // 2])
    whole = file_of(Image.effect_noise((200, 200), 80), "JPEG")
    assert "damaged" in refusal(whole[: len(whole) // 2])


def test_no_cut_or_flipped_byte_leads_to_anything_but_a_picture_or_a_sentence():
    refused = 0
    for kind in ("PNG", "JPEG", "WEBP"):
        whole = file_of(Image.effect_noise((40, 40), 80), kind)
        for place in range(0, len(whole), max(1, len(whole) // 60)):
            for data in (whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]):
                try:
                    assert opened(kept_picture(data)).size == (SIDE, SIDE)
                except DocumentInvalid:
                    refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    "picture", ["hello", "!!!", base64.b64encode(b"<svg/>").decode(), base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()]
)
def test_a_document_holds_only_a_webp(store, picture):
    with pytest.raises(DocumentInvalid) as caught:
        store.parse({"id": "mine", "title": {"en": "x"}, "picture": picture})
    assert set(caught.value.problems) == {"picture"}


def test_an_imported_picture_is_drawn_anew(store):
    image = Image.effect_noise((64, 64), 60).convert("RGB")
    foreign = file_of(image, "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", xmp=b"where I live")
    assert b"where I live" in foreign
    text = f"id: mine\ntitle: {{en: x}}\npicture: {base64.b64encode(foreign).decode()}\n"
    kept = store.import_yaml("maker", text).document
    assert b"where I live" not in picture_bytes(kept.picture)
    assert opened(kept.picture).size == (SIDE, SIDE)


def test_a_broken_picture_in_an_import_is_refused_and_nothing_is_kept(store):
    torn = base64.b64encode(b"RIFF\x10\0\0\0WEBPVP8 \0\0\0\0").decode()
    with pytest.raises(DocumentInvalid) as caught:
        store.import_yaml("maker", f"id: mine\ntitle: {{en: x}}\npicture: {torn}\n")
    assert set(caught.value.problems) == {"picture"}
    assert "mine" not in [stored.document.id for stored in store.list("maker")]


def test_a_picture_travels_in_the_one_file_and_stays_in_the_versions(store):
    picture = kept_picture(file_of(Image.effect_noise((300, 300), 60)))
    gg = store.get("maker", "gg").document
    saved = store.save("maker", gg.model_copy(update={"picture": picture}), 0)
    store.save("maker", gg.model_copy(update={"picture": ""}), saved.revision)
    assert [stored.document.picture for stored in store.versions("maker", "gg")] == ["", picture]
    again = store.import_yaml("bob", store.export_yaml("maker", "gg").replace("picture: ''", f"picture: {picture}"))
    assert opened(again.document.picture).size == (SIDE, SIDE)


def test_a_picture_is_named_by_its_content(store):
    red, blue = (kept_picture(file_of(Image.new("RGB", (9, 9), colour))) for colour in ("red", "blue"))
    assert digest(red) != digest(blue)
    assert digest("") == ""
    persona = store.parse({"id": "mine", "title": {"en": "x"}, "picture": red})
    assert persona.face == f"avatars/mine/{digest(red)}.webp"
    assert store.get("maker", "gg").document.face == ""
