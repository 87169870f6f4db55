"""Pictures of text as documents: each kind, pages, how a camera was held, sizes, and what is said without an engine."""

import shutil
import struct
import zlib

import pytest
from PIL import Image, ImageDraw, ImageFont

from common.errors import UnreadableFile
from knowledge.loading.loader import Loader
from tests.knowledge.engine import Engine

WORDS = "Fifteen days of leave"
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")


@pytest.fixture
def read(files):
    """Read a file of the test's folder in a child process."""
    loader = Loader()
    yield lambda name: loader.load(files.folder / name, name)
    loader.close()


def sheet(words=WORDS, mode="L", paper="white", ink="black"):
    picture = Image.new(mode, (1200, 300), paper)
    ImageDraw.Draw(picture).text((40, 80), words, fill=ink, font=ImageFont.load_default(size=80))
    return picture


def refusal(read, name):
    with pytest.raises(UnreadableFile) as caught:
        read(name)
    assert caught.value.chinese
    return str(caught.value)


@needs_tesseract
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_a_picture_of_each_kind_is_read(files, read, name):
    sheet().save(files.folder / name)
    document = read(name)
    assert WORDS in document.text
    assert [section.page for section in document.sections] == [0]


@needs_tesseract
def test_the_pictures_of_a_tiff_are_pages(files, read):
    pages = [sheet("The first sheet"), Image.new("L", (1200, 300), 255), sheet("The third sheet")]
    pages[0].save(files.folder / "scan.tiff", save_all=True, append_images=pages[1:])
    document = read("scan.tiff")
    assert [(section.page, document.text[section.start : section.end]) for section in document.sections] == [
        (1, "The first sheet"),
        (3, "The third sheet"),
    ]
    assert [each.line for each in document.left_out] == [2]


@needs_tesseract
def test_a_photograph_is_turned_as_the_camera_was_held(files, read):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    sheet().transpose(Image.Transpose.ROTATE_90).save(files.folder / "photo.jpg", exif=exif)
    assert WORDS in read("photo.jpg").text


@needs_tesseract
def test_what_shows_through_a_picture_is_paper(files, read):
    sheet(mode="RGBA", paper=(0, 0, 0, 0), ink=(0, 0, 0, 255)).save(files.folder / "clear.png")
    assert WORDS in read("clear.png").text


def test_the_engine_is_asked_for_the_languages_that_it_has(files, read, tmp_path, monkeypatch):
    Engine(tmp_path / "engine", monkeypatch).go_on()
    sheet().save(files.folder / "a.png")
    assert read("a.png").text == "The text of chi_sim+eng\n\n每年有十五天年假"


def test_without_an_engine_it_is_said_what_to_install(files, read, monkeypatch):
    monkeypatch.setenv("PATH", str(files.folder))
    sheet().save(files.folder / "a.png")
    assert "apt install tesseract-ocr" in refusal(read, "a.png")


def test_a_picture_that_holds_no_text_or_is_damaged_is_refused(files, read, tmp_path, monkeypatch):
    engine = Engine(tmp_path / "engine", monkeypatch)
    engine.go_on()
    script = engine.folder / "programs" / "tesseract"
    sheet().save(files.folder / "a.png")
    files.write("torn.png", (files.folder / "a.png").read_bytes()[:400])
    files.write("torn.jpg", b"\xff\xd8\xff\xe0" + bytes(50))
    for name in ("torn.png", "torn.jpg"):
        assert "damaged" in refusal(read, name)
    script.write_text(script.read_text().replace("cat > /dev/null", "exit 3"))
    assert "no text was recognised" in refusal(read, "a.png")


def test_a_picture_that_unpacks_to_gigabytes_is_never_unpacked(files, read, tmp_path, monkeypatch):
    Engine(tmp_path / "engine", monkeypatch).go_on()

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 12_000, 12_000, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(1_000_000))
    files.write("bomb.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
    assert "more than 120 million pixels" in refusal(read, "bomb.png")
    huge = struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0)
    files.write("huge.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", huge) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
    assert "more than 120 million pixels" in refusal(read, "huge.png")
