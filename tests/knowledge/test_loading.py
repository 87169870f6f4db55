"""Reading files: what each kind becomes, and the sentence for each that cannot be read."""

import io
import json
import zipfile

import pytest

from common.errors import UnreadableFile
from knowledge.loading.detect import detect
from knowledge.loading.html import read_html
from knowledge.loading.loader import Loader
from knowledge.loading.plain import read_markdown, read_text
from tests.compound import compound

ZH = "最近总是失眠，晚上躺在床上翻来覆去睡不着，白天上班没有精神，心里很烦。"


@pytest.fixture(scope="module")
def loader():
    loader = Loader()
    yield loader
    loader.close()


def refusal(loader, path, name=None):
    with pytest.raises(UnreadableFile) as caught:
        loader.load(path, name or path.name)
    assert caught.value.chinese
    assert (name or path.name) in str(caught.value)
    return str(caught.value)


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def headed(document):
    return {section.heading: document.text[section.start : section.end].strip() for section in document.sections}


def test_markdown_keeps_its_text_and_knows_its_headings():
    text = "Intro.\n\n# Guide\n\nFirst.\n\n## Part *one*\n\nBody.\n\n```\n# not a heading\n```\n\nUnder\n-----\nLast."
    document = read_markdown(text)
    assert document.title == "Guide"
    assert document.text == text
    assert headed(document) == {
        "": "Intro.",
        "Guide": "First.",
        "Guide > Part one": "Body.\n\n```\n# not a heading\n```",
        "Guide > Under": "Last.",
    }


def test_front_matter_and_tables_of_markdown_are_no_headings():
    document = read_markdown("---\nlayout: page\n---\n\n# T\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n---\nend")
    assert list(headed(document)) == ["T"]
    assert "layout" not in headed(document)["T"]


def test_text_is_one_section_without_control_characters():
    document = read_text("a\r\nb\x00\x07c\u2028d\ufeff")
    assert document.text == "a\nbc\nd"
    assert len(document.sections) == 1


def test_html_keeps_the_main_text():
    page = (
        "<html><head><title>Shop</title><style>p{}</style></head><body><nav>Menu</nav>"
        "<h1>Opening</h1><p>We open at <b>ten</b>.<script>alert(1)</script></p><p hidden>secret</p>"
        "<ul><li>Monday<ul><li>early</li></ul></li><li>Sunday</li></ul>"
        "<h2>Prices</h2><table><tr><th>Item</th><th>Euro</th></tr><tr><td>Tea|cup</td><td>3</td></tr></table>"
        "<div>loose <i>text</i><p>last</p></div><pre>a  b\n c</pre><footer>Imprint</footer></body></html>"
    )
    document = read_html(page.encode())
    assert document.title == "Shop"
    assert headed(document) == {
        "Opening": "We open at ten.\n\n- Monday\n  - early\n- Sunday",
        "Opening > Prices": "| Item | Euro |\n| --- | --- |\n| Tea\\|cup | 3 |\n\nloose text\n\nlast\n\na  b\n c",
    }
    for absent in ("Menu", "alert", "secret", "Imprint", "p{}"):
        assert absent not in document.text
    for present in ("We open at ten.", "- Monday", "- early", "| Tea\\|cup | 3 |", "loose text", "a  b\n c"):
        assert present in document.text


def test_html_in_the_encoding_it_declares():
    page = f'<html><head><meta charset="gb2312"></head><body><p>{ZH}</p></body></html>'
    assert ZH in read_html(page.encode("gb18030")).text


def test_html_nested_deeper_than_python():
    document = read_html(("<div>" * 5000 + "deep" + "</div>" * 5000).encode())
    assert "deep" in document.text


def test_a_pdf_has_pages(files, loader):
    path = files.write("two.pdf", files.pdf([["Hello first page."], ["Second page here.", "More."]]))
    document = loader.load(path, "two.pdf")
    assert [(section.page, document.text[section.start : section.end]) for section in document.sections] == [
        (1, "Hello first page."),
        (2, "Second page here.\nMore."),
    ]


def test_lines_that_only_the_page_broke_are_joined(files, loader):
    lines = ["This sentence is broken by the width of the", "page and goes on in the line that follows", "until here.", "- item"]
    document = loader.load(files.write("a.pdf", files.pdf([lines])), "a.pdf")
    assert document.text == " ".join(lines[:3]) + "\n- item"


def test_chinese_in_a_pdf(files, loader):
    assert loader.load(files.write("zh.pdf", files.pdf([["年假有十五天"]])), "zh.pdf").text == "年假有十五天"


def test_a_word_file(files, loader):
    document = loader.load(files.word(files.folder / "a.docx"), "a.docx")
    assert document.title == "Handbook"
    assert headed(document) == {
        "Leave": "Everyone has fifteen days of leave a year.",
        "Leave > Sick leave": "Call before half past eight.\n\n- a doctor's note\n\n"
        "| Years | Days |\n| --- | --- |\n| 3 | 18 |\n\nAfter the table.",
    }
    assert "| 3 | 18 |" in document.text


def test_the_content_decides_not_the_name(files, loader):
    assert "Hello" in loader.load(files.write("report.txt", files.pdf([["Hello there"]])), "report.txt").text
    assert detect(files.write("page", b"<!DOCTYPE html><p>x"), "page") == "html"
    assert "Windows program" in refusal(loader, files.write("setup.pdf", b"MZ\x90\x00" + bytes(200)))
    assert detect(files.write("note.txt", "MZ is short for a name"), "note.txt") == "text"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.txt", b"", "is empty"),
        ("blank.md", b" \n\n\t ", "holds no text"),
        ("half.xlsx", zipped("xl/workbook.xml"), "damaged"),
        ("half.pptx", zipped("ppt/presentation.xml"), "damaged"),
        ("half.epub", zipped("META-INF/container.xml"), "damaged"),
        ("half.odt", zipped("META-INF/manifest.xml", "content.xml"), "begins like an OpenDocument file"),
        ("all.zip", zipped("a.txt"), "packed archive"),
        ("torn.zip", b"PK\x03\x04" + b"x" * 100, "damaged"),
        ("torn.pptx", b"PK\x03\x04" + b"x" * 100, "begins like a PowerPoint file"),
        ("torn.docx", b"PK\x03\x04" + b"x" * 100, "damaged"),
        ("half.docx", zipped("word/document.xml"), "damaged"),
        ("torn.pdf", b"%PDF-1.7\n" + b"garbage " * 50, "damaged"),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(50), "picture"),
        ("noise.txt", bytes(range(256)) * 20, "neither text"),
        ("noise.docx", bytes(range(256)) * 20, "is not a Word file"),
        ("locked.xlsx", compound({"EncryptedPackage": b"x"}), "password"),
        ("old.doc", compound({"WordDocument": b"x"}), "save it as .docx"),
        ("old.ppt", compound({"PowerPoint Document": b"x"}), "save it as .pptx"),
        ("torn.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "damaged"),
        ("setup.msi", compound({"Binary": b"x"}), "old Office"),
    ],
)
def test_each_file_that_cannot_be_read_says_why(files, loader, name, content, expected):
    said = refusal(loader, files.write(name, content))
    assert expected in said
    if "which is not read. Kinds" in said:
        assert "PDF, Word (.docx), PowerPoint (.pptx)" in said


def test_pdfs_that_cannot_be_read_say_why(files, loader):
    assert "password" in refusal(loader, files.write("locked.pdf", files.protected_pdf()))
    assert "without any page" in refusal(loader, files.write("none.pdf", files.pdf([])))
    assert "2 pages are pictures" in refusal(loader, files.write("scan.pdf", files.pdf([[], []])))


def test_names_are_data(files, loader):
    name = json.dumps({"path": "/etc/passwd"}) + "\n"
    assert loader.load(files.write("plain.txt", "plain"), name).text == "plain"
