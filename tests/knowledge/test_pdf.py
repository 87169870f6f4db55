"""PDFs: reading order, headings, tables, what repeats, what is a picture, and text recognition where there is an engine."""

import itertools
import os
import random
import shutil

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from common.errors import UnreadableFile
from knowledge.loading.layout import Piece, blocks
from knowledge.loading.loader import Loader
from knowledge.loading.pdf import read_pdf
from tests.knowledge.engine import Engine, scan
from tests.papers import assembled, typeset

LEFT = [f"The left column has this line of running text number {n}" for n in range(8)]
RIGHT = [f"On the right there stands a line of running words as {n}" for n in range(8)]


def read(path, told=lambda done, total, needed_s=0.0: None):
    return read_pdf(path, path.name, told)


def page(files, *shown, **options):
    return read(files.write("page.pdf", typeset([shown], **options)))


def down(lines, x, y, size=10, step=13):
    return [(x, y - step * n, size, line) for n, line in enumerate(lines)]


def rows(*columns):
    """What stands beside each other follows each other, as some programs write a page."""
    return [piece for row in zip(*columns, strict=True) for piece in row]


@pytest.mark.parametrize("written", [rows, lambda *columns: [*itertools.chain(*columns)]], ids=["row by row", "column by column"])
def test_columns_are_read_one_after_the_other(files, written):
    title = (50, 740, 10, "A line across the whole width of the page, which both of the columns below it have in common, ends")
    foot = (50, 560, 10, "Another line across the whole of the width of the page, below both of the columns above it, ends it")
    text = page(files, title, *written(down(LEFT, 50, 700), down(RIGHT, 320, 700)), foot).text
    places = [text.index(line) for line in (title[3], *LEFT, *RIGHT, foot[3])]
    assert places == sorted(places)


def test_the_last_line_of_a_column_may_be_the_first_of_the_next_one(files):
    shown = [(320, 726, 10, "and ends here on the right."), *rows(down(LEFT, 50, 700), down(RIGHT, 320, 700))]
    text = page(
        files, (50, 750, 10, "A line across the whole width of the page, which both of the columns have in common"), *shown
    ).text
    assert text.index(LEFT[-1]) < text.index("and ends here") < text.index(RIGHT[0])


def test_no_layout_loses_a_piece():
    for seed in range(300):
        chance = random.Random(seed)
        pieces = []
        for number in range(chance.randrange(1, 60)):
            x, y = chance.randrange(500), chance.randrange(700)
            right, below = x + chance.randrange(1, 300), y + chance.choice([3, 10, 10, 10, 40, 200])
            pieces.append(Piece(x, y, right, below, f"t{number}x", chance.choice([5, 10, 10, 12, 30])))
        words = [word for block in blocks(pieces) for line in block.lines for word in line.text.split()]
        assert sorted(words) == sorted(piece.text for piece in pieces), seed


def test_one_row_with_a_gap_is_no_pair_of_columns():
    boxes = [Piece(50, 100, 250, 110, "left", 10), Piece(320, 100, 520, 110, "right", 10)]
    assert [line.text for block in blocks(boxes) for line in block.lines] == ["left right"]


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_page_that_is_shown_turned(files, turned):
    text = page(files, *down(LEFT[:3], 50, 700), turned=turned).text
    assert all(line in text for line in LEFT[:3])


def test_from_right_to_left_the_right_column_comes_first():
    right = [Piece(320, 100 + 15 * n, 540, 110 + 15 * n, "هذا نص طويل في العمود الأيمن من الصفحة رقم", 10) for n in range(6)]
    left = [Piece(50, 100 + 15 * n, 270, 110 + 15 * n, "وهذا نص آخر في العمود الأيسر من الصفحة نفسها", 10) for n in range(6)]
    found = blocks([piece for row in zip(left, right, strict=True) for piece in row])
    assert [block.lines[0].text[:3] for block in found] == ["هذا", "وهذ"]


def test_a_line_along_the_margin_interrupts_no_text(files):
    stamp = ("0 1 -1 0 30 200 Tm 0", 0, 20, "arXiv:2004.04906v3 [cs.CL] 30 Sep 2020")
    document = page(files, *down(LEFT[:2], 60, 700), stamp, *down(LEFT[2:], 60, 674))
    assert document.text.startswith("arXiv:2004.04906v3 [cs.CL] 30 Sep 2020\n\n")
    assert document.text.endswith(" ".join(LEFT))


def test_cells_that_stand_in_line_are_a_table(files):
    cells = [("Years", "Days", "Pay"), ("3", "18", "100"), ("10", "20", "110"), ("20", "25", "120")]
    shown = [(50 + 120 * column, 700 - 15 * row, 10, cell) for row, line in enumerate(cells) for column, cell in enumerate(line)]
    before, after = (
        (50, 730, 10, "How many days of leave everybody has after so many years"),
        (50, 620, 10, "More is to be agreed."),
    )
    text = page(files, before, *shown, after).text
    assert "| Years | Days | Pay |\n| --- | --- | --- |\n| 3 | 18 | 100 |\n| 10 | 20 | 110 |\n| 20 | 25 | 120 |" in text
    assert text.startswith(before[3])
    assert text.endswith(after[3])


def test_rows_with_many_gaps_stay_lines(files):
    cells = [("Item", "One", "Two", "Three"), ("Tea", "", "", "3"), ("Water", "1", "", ""), ("Milk", "", "2", "")]
    shown = [
        (50 + 100 * column, 700 - 15 * row, 10, cell)
        for row, line in enumerate(cells)
        for column, cell in enumerate(line)
        if cell
    ]
    assert page(files, *shown).text == "Item One Two Three\nTea 3\nWater 1\nMilk 2"


def test_lines_that_most_pages_repeat_are_left_out(files):
    pages = [
        [
            (50, 770, 9, "The handbook"),
            *down([f"What page {n} has to say is its own.", "It ends here."], 50, 600),
            (300, 20, 9, f"- {n} -"),
        ]
        for n in range(1, 7)
    ]
    document = read(files.write("book.pdf", typeset(pages)))
    assert "handbook" not in document.text
    assert "- 3 -" not in document.text
    assert all(f"page {n} has" in document.text for n in range(1, 7))
    assert document.text.count("It ends here.") == 6, "what stands in the middle of a page is its text"


def test_bookmarks_are_headings_where_they_point_to(files):
    first = [(50, 700, 10, "1 Leave"), *down(LEFT[:3], 50, 680), (50, 600, 10, "Sick leave"), *down(RIGHT[:3], 50, 580)]
    second = [*down(LEFT[3:6], 50, 700), *down(RIGHT[3:6], 50, 500)]
    bookmarks = [("Leave", 1, 712), ("Sick leave", 1, 612), ("Travel", 2, 512)]
    document = read(files.write("b.pdf", typeset([first, second], bookmarks)))
    places = {(section.page, section.heading): document.text[section.start : section.end] for section in document.sections}
    assert list(places) == [(1, "Leave"), (1, "Sick leave"), (2, "Sick leave"), (2, "Travel")]
    assert "1 Leave" not in document.text, "the heading takes the place of its line"
    assert RIGHT[0] in places[1, "Sick leave"]
    assert LEFT[4] in places[2, "Sick leave"]
    assert RIGHT[4] in places[2, "Travel"]


def test_larger_type_is_a_heading(files):
    shown = [(50, 740, 20, "The handbook"), *down(LEFT, 50, 710), (50, 560, 14, "Leave"), *down(RIGHT, 50, 540)]
    document = page(files, *shown)
    assert [section.heading for section in document.sections] == ["The handbook", "The handbook > Leave"]


def test_a_poster_has_no_headings(files):
    document = page(files, (50, 700, 40, "Come to us"), (50, 600, 30, "Tomorrow at ten"), (50, 500, 12, "Bring a friend"))
    assert [section.heading for section in document.sections] == [""]


def test_words_and_chinese_lines_are_joined(files):
    latin = [
        "What is broken at the end of a line belongs together, be it in the mid-",
        "dle of a word or of the sentence that goes on.",
    ]
    chinese = ["员工入职满一年后每年可以享受十五天带薪年休假，具体安排由部门", "负责人与本人协商确定。"]
    text = page(files, *down(latin, 50, 700), *down(chinese, 50, 600)).text
    assert "in the middle of a word" in text
    assert "由部门负责人与本人" in text


def test_arabic_comes_in_the_order_of_reading(files):
    """Drawn from left to right as it is shown; its last letter and a sign for two letters among them."""
    mapping = "1 begincodespacerange <00> <ff> endcodespacerange 4 beginbfchar "
    mapping += "<01> <0633> <02> <06440627> <03> <0645> <04> <0627> endbfchar"
    cmap = f"/CIDInit /ProcSet findresource begin begincmap {mapping} endcmap end"
    content = "BT /F1 12 Tf 100 700 Td <0302010201030201> Tj ET"
    widths = " ".join(["600"] * 4)
    path = files.write(
        "arabic.pdf",
        assembled(
            [
                "<< /Type /Catalog /Pages 2 0 R >>",
                "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
                f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
                f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 1 /LastChar 4 /Widths [{widths}] "
                f"/ToUnicode 6 0 R >>",
                f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
            ]
        ),
    )
    assert read(path).text == "سلامسلاسلام"


def test_pages_that_are_pictures_are_named(files, monkeypatch):
    monkeypatch.setenv("PATH", str(files.folder))
    mixed = pypdfium2.PdfDocument(typeset([down(LEFT, 50, 700)]))
    mixed.import_pages(pypdfium2.PdfDocument(scan(files.folder / "scan.pdf", 2)))
    mixed.save(files.folder / "mixed.pdf")
    document = read(files.folder / "mixed.pdf")
    assert LEFT[0] in document.text
    assert [each.line for each in document.left_out] == [2, 3]
    assert "apt install tesseract-ocr" in document.left_out[0].english
    assert "第 2 页" in document.left_out[0].chinese
    with pytest.raises(UnreadableFile, match=r"2 pages are pictures.*apt install tesseract-ocr"):
        read(files.folder / "scan.pdf")


def test_an_empty_page_is_no_picture(files):
    document = read(files.write("gap.pdf", typeset([down(LEFT, 50, 700), []])))
    assert document.left_out == ()


def test_text_is_recognised_where_there_is_an_engine(files, tmp_path, monkeypatch):
    Engine(tmp_path / "engine", monkeypatch).go_on()
    told = []
    document = read(
        scan(files.folder / "scan.pdf", 2), lambda done, total, needed_s=0.0: told.append((done, total, needed_s > 0))
    )
    assert document.text == "The text of chi_sim+eng\n\n每年有十五天年假\n\nThe text of chi_sim+eng\n\n每年有十五天年假"
    assert [section.page for section in document.sections] == [1, 2]
    assert told == [(0, 2, True), (1, 2, False), (1, 2, True), (2, 2, False)]


def test_an_engine_that_fails_is_no_failure_of_the_file(files, tmp_path, monkeypatch):
    engine = Engine(tmp_path / "engine", monkeypatch)
    script = engine.folder / "programs" / "tesseract"
    script.write_text(script.read_text().replace("cat > /dev/null", "exit 3"))
    with pytest.raises(UnreadableFile, match="no text was recognised"):
        read(scan(files.folder / "scan.pdf"))


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_tesseract_reads_a_scan(files):
    picture = Image.new("L", (1200, 300), 255)
    ImageDraw.Draw(picture).text((40, 80), "Fifteen days of leave", fill=0, font=ImageFont.load_default(size=80))
    picture.save(files.folder / "scan.pdf", "PDF", resolution=150)
    loader = Loader()
    try:
        assert "Fifteen days of leave" in loader.load(files.folder / "scan.pdf", "scan.pdf").text
    finally:
        loader.close()


def test_ten_thousand_pages(files):
    kids = " ".join(["3 0 R"] * 10_000)
    content = "BT /F1 12 Tf 50 400 Td (One of many pages.) Tj ET"
    path = files.write(
        "many.pdf",
        assembled(
            [
                "<< /Type /Catalog /Pages 2 0 R >>",
                f"<< /Type /Pages /Kids [{kids}] /Count 10000 >>",
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
                f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
                "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            ]
        ),
    )
    assert os.path.getsize(path) < 100_000
    document = read(path)
    assert document.sections[-1].page == 10_000
    assert document.text.count("One of many pages.") == 10_000
