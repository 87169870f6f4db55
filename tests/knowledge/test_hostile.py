"""Files that are made to break readers: each ends as a failure with the true reason, and the next file is read."""

import os
import time
import zipfile
import zlib

import pytest

from common.errors import UnreadableFile
from knowledge.loading.loader import Loader
from tests.papers import assembled, pdf, typeset

LIMIT_S = 20  # the time of one file, on whatever machine


@pytest.fixture(scope="module")
def loader():
    loader = Loader()
    yield loader
    loader.close()


@pytest.fixture
def refusal(files, loader):
    """Why a file is refused, in time; the next file is read."""

    def refused(path, name="hostile"):
        with pytest.raises(UnreadableFile) as caught:
            loader.load(path, name)
        assert caught.value.chinese
        assert loader.load(files.write("next.txt", "the next one"), "next.txt").text == "the next one"
        return str(caught.value)

    return refused


def page_of(content, filters="", resources="/Font << /F1 5 0 R >>"):
    """A PDF of one page with these bytes as its content."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << {resources} >> >>",
        f"<< /Length {len(content)} {filters} >>\nstream\n{content.decode('latin-1')}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    return assembled(objects)


def squeezed(rounds):
    """Half a gigabyte of zeros, packed so many times."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()
    for _ in range(rounds - 1):
        data = zlib.compress(data, 9)
    return data


def test_a_pdf_whose_stream_unpacks_to_much_more(files, refusal):
    bomb = page_of(squeezed(2), "/Filter [/FlateDecode /FlateDecode]")
    assert len(bomb) < 100_000
    said = refusal(files.write("bomb.pdf", bomb), "bomb.pdf")
    assert "holds no text" in said or "too much memory" in said


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("cut.pdf", pdf([["Some text"]])[:200], "damaged"),
        ("rubbish.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 100, "damaged"),
        ("header.pdf", b"%PDF-1.4", "damaged"),
        ("pageless.pdf", typeset([]), "without any page"),
        (
            "circle.pdf",
            assembled(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>"]),
            "damaged",
        ),
        (
            "claims.pdf",
            assembled(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 2000000000 >>"]),
            "damaged",
        ),
    ],
)
def test_broken_pdfs(files, refusal, name, content, expected):
    assert expected in refusal(files.write(name, content), name)


def test_a_form_that_draws_itself(files, loader):
    content = "/X Do BT /F1 12 Tf 50 700 Td (Drawn by a form.) Tj ET"
    resources = "/Resources << /XObject << /X 4 0 R >> /Font << /F1 6 0 R >> >>"
    form = f"<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] {resources} /Length {len(content)} >>"
    path = files.write(
        "form.pdf",
        assembled(
            [
                "<< /Type /Catalog /Pages 2 0 R >>",
                "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
                "/Resources << /XObject << /X 4 0 R >> >> >>",
                f"{form}\nstream\n{content}\nendstream",
                "<< /Length 5 >>\nstream\n/X Do\nendstream",
                "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            ]
        ),
    )
    assert "Drawn by a form." in loader.load(path, "form.pdf").text


def test_bookmarks_in_a_circle(files, loader):
    data = typeset([[(50, 700, 12, "Text below.")]], [("One", 1, 750), ("Two", 1, 740)])
    data = data.replace(b"/Dest [6 0 R /XYZ 0 740 0] ", b"/Next 8 0 R /Dest [6 0 R] ".ljust(27))
    assert "Text below." in loader.load(files.write("circle.pdf", data), "circle.pdf").text


def test_a_page_of_a_hundred_thousand_labels(files, loader):
    content = " ".join(f"BT /F1 2 Tf {n % 600} {n * 7 % 790} Td (w{n}) Tj ET" for n in range(100_000))
    data = page_of(zlib.compress(content.encode()), "/Filter /FlateDecode")
    started = time.monotonic()
    assert "w777" in loader.load(files.write("labels.pdf", data), "labels.pdf").text
    assert time.monotonic() - started < LIMIT_S


def test_a_word_file_of_billion_laughs(files, refusal):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    entities = f'<!DOCTYPE w [<!ENTITY l0 "ha">{laughs}]>'
    body = f'<?xml version="1.0"?>{entities}<w:document xmlns:w="x"><w:body>&l11;</w:body></w:document>'
    path = files.folder / "laughs.docx"
    with zipfile.ZipFile(path, "w") as archive:
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type='
            '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
        )
        archive.writestr("word/document.xml", body)
    said = refusal(path, "laughs.docx")
    assert "damaged" in said or "holds no text" in said


def test_a_word_file_that_unpacks_to_gigabytes(files, refusal):
    path = files.folder / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as file:
        for _ in range(400):
            file.write(bytes(1_000_000))
    assert "MB" in refusal(path)


def test_a_file_that_needs_more_memory_than_there_is(files, refusal):
    """Lists of nothing, each of which costs twenty times its bytes."""
    path = files.write("greedy.json", b"[" + b"[]," * 33_000_000 + b"[]]")
    assert "too much memory" in refusal(path, "greedy.json")


def test_a_huge_file_is_refused_unread(files, refusal):
    path = files.write("huge.txt", "x")
    os.truncate(path, 200_000_000)
    assert "200 MB" in refusal(path)


def test_what_is_no_file(files, refusal):
    os.mkfifo(files.folder / "pipe")
    (files.folder / "loop").symlink_to(files.folder / "loop")
    (files.folder / "zero").symlink_to("/dev/zero")
    (files.folder / "dangling").symlink_to(files.folder / "nowhere")
    for name in ("pipe", "zero", ""):
        assert "not a file" in refusal(files.folder / name)
    for name in ("loop", "dangling", "nowhere", "x" * 300, "with\0zero"):
        assert "cannot be opened" in refusal(files.folder / name)


def test_a_file_that_vanishes_before_it_is_read(files, loader):
    path = files.write("gone.pdf", pdf([["There for a moment"]]))

    def vanish():
        path.unlink(missing_ok=True)
        return False

    with pytest.raises(UnreadableFile, match="cannot be opened"):
        loader.load(path, "gone.pdf", cancelled=vanish)
