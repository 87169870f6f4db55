"""Every kind of file: its words, where each stands, and one sentence for whatever is left of it when it is damaged."""

import random
import time

import pytest

from common.errors import UnreadableFile
from knowledge.loading.loader import Loader
from tests.compound import compound, workbook
from tests.papers import protected_pdf
from tests.samples import GOOD, book_file, packed, slides_file, word_file

LIMIT_S = 5  # of a small file, on a busy machine

NAMED = (".ipynb", ".eml", ".csv", ".tsv", ".json", ".jsonl", ".md")  # kinds of text, which their names tell


@pytest.fixture(scope="module")
def loader():
    loader = Loader(time_limit_s=LIMIT_S)
    yield loader
    loader.close()


@pytest.fixture
def outcome(files, loader):
    """What comes of a file: its document, or the sentence why there is none, which is checked."""

    def ended(name, content):
        path = files.write("any", content)
        started = time.monotonic()
        refused = None
        try:
            return loader.load(path, name)
        except UnreadableFile as error:
            refused = error
        finally:
            assert time.monotonic() - started < LIMIT_S + 6
        said = str(refused)
        assert name in said
        assert name in refused.chinese
        assert said.endswith(".")
        assert refused.chinese.endswith("。")
        assert "\n" not in said + refused.chinese
        assert "a file that is read" not in said, "an error that its reader does not know"
        return said

    return ended


def check_places(document):
    """Sections lie in the text, one after the other, and none is empty."""
    end = 0
    for section in document.sections:
        assert end <= section.start < section.end <= len(document.text)
        assert document.text[section.start : section.end].strip()
        end = section.end
    between = document.text
    for section in reversed(document.sections):
        between = between[: section.start] + between[section.end :]
    assert all(line.startswith(("#", "=", "-")) for line in between.split("\n") if line.strip()), "words in no section"


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_read(outcome, name):
    make, words = GOOD[name]
    document = outcome(name, make())
    assert words in document.text
    check_places(document)
    assert any(words in document.text[section.start : section.end] for section in document.sections)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("called", ["nothing", "wrong.pdf", "wrong.txt", "wrong.docx"])
def test_the_name_does_not_decide(outcome, name, called):
    """A file of a kind that shows in its bytes is read whatever it is called; any other is text at least."""
    make, words = GOOD[name]
    document = outcome(called, make())
    assert not isinstance(document, str), document
    assert name.endswith(NAMED) or words in document.text


@pytest.mark.parametrize("name", GOOD)
def test_a_file_that_is_cut_off(outcome, name):
    content = GOOD[name][0]()
    assert "is empty" in outcome(name, b"")
    for share in (0.02, 0.2, 0.4, 0.5, 0.7, 0.9, 0.97, 0.999):
        got = outcome(name, content[: max(1, int(len(content) * share))])
        if not isinstance(got, str):
            check_places(got)


@pytest.mark.parametrize("rounds", [12, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
@pytest.mark.parametrize("name", GOOD)
def test_a_file_with_wrong_bytes(outcome, name, rounds):
    content, chance = GOOD[name][0](), random.Random(name)
    for _ in range(rounds):
        broken = bytearray(content)
        for _ in range(chance.choice((1, 5, 50))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        got = outcome(name, bytes(broken))
        if not isinstance(got, str):
            check_places(got)


@pytest.mark.parametrize("name", GOOD)
def test_a_file_that_lacks_its_middle(outcome, name):
    content, chance = GOOD[name][0](), random.Random(name)
    for _ in range(4):
        begin = chance.randrange(len(content))
        outcome(name, content[:begin] + content[begin + len(content) // 10 + 1 :])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("锁.docx", compound({"EncryptionInfo": b"x", "EncryptedPackage": b"x" * 5000})),
        ("锁.xlsx", compound({"EncryptedPackage": b"x"})),
        ("锁.pptx", compound({"EncryptedPackage": b"x"})),
        ("锁.xls", workbook("a", [("b",)], locked=True)),
        ("锁.pdf", protected_pdf()),
        (
            "锁.odt",
            packed(
                {
                    "mimetype": "application/vnd.oasis.opendocument.text",
                    "META-INF/manifest.xml": "<manifest><encryption-data/></manifest>",
                    "content.xml": b"\0\1",
                }
            ),
        ),
    ],
)
def test_a_file_under_a_password(outcome, name, content):
    said = outcome(name, content)
    assert "protected by a password" in said


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.docx", slides_file(), "说话慢一点"),
        ("a.pptx", word_file(), "每位员工"),
        ("a.epub", word_file(), "每位员工"),
        ("a.xlsx", book_file(), "甄士隐"),
        ("a.docx", "名称,价格\n茶,3".encode("gb18030"), "名称"),
        ("a.xls", b"<html><body><table><tr><td>a<td>b<tr><td>1<td>2</table></body></html>", "| 1 | 2 |"),
        ("a.doc", b"{\\rtf1\\ansi rich words}", "rich words"),
    ],
)
def test_a_document_under_another_ending(outcome, name, content, words):
    assert words in outcome(name, content).text


@pytest.mark.parametrize(
    ("name", "parts", "said"),
    [
        ("a.pages", {"Index/Document.iwa": "x", "preview.jpg": "x"}, "Pages, Keynote or Numbers"),
        ("a.vsdx", {"visio/document.xml": "<x/>"}, "Visio"),
        ("a.xps", {"FixedDocSeq.fdseq": "<x/>"}, "XPS"),
        ("a.docx", {"other.txt": "x"}, "begins like a Word file"),
        ("a.epub", {"mimetype": "application/epub+zip"}, "begins like an e-book"),
    ],
)
def test_what_is_packed_and_no_document(outcome, name, parts, said):
    assert said in outcome(name, packed(parts))


def test_one_file_after_another_in_one_process(loader, files):
    """A reader leaves nothing behind that the next file would feel."""
    for _ in range(2):
        for name, (make, words) in GOOD.items():
            assert words in loader.load(files.write("any", make()), name).text
