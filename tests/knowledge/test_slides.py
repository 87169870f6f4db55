"""PowerPoint and OpenDocument slides: a page each, in reading order, with tables, charts, diagrams and the speaker's notes."""

import pptx
import pytest
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from knowledge.loading.opendocument import read_opendocument
from knowledge.loading.slides import read_pptx
from tests.samples import open_document, saved


@pytest.fixture
def deck():
    return pptx.Presentation()


@pytest.fixture
def read(files, deck):
    return lambda: read_pptx(files.write("a.pptx", saved(deck)), "a.pptx")


def box(slide, text, left, top):
    shape = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(0.5))
    shape.text_frame.text = text
    return shape


def test_shapes_are_read_from_top_to_bottom_and_groups_as_a_whole(deck, read):
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "流程"
    box(slide, "third", 1, 5)
    box(slide, "second", 5, 3)
    box(slide, "first", 1, 3)
    group = slide.shapes.add_group_shape()
    for text, left in (("内二", 3), ("内一", 1)):
        member = group.shapes.add_textbox(Inches(left), Inches(6), Inches(1), Inches(1))
        member.text_frame.text = text
    document = read()
    assert document.text.split("\n\n") == ["# 流程", "first", "second", "third", "内一", "内二"]
    assert {(section.page, section.heading) for section in document.sections} == {(1, "流程")}


def test_a_table_and_a_merged_cell(deck, read):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(2, 3, Inches(1), Inches(1), Inches(5), Inches(1)).table
    for at, text in enumerate(["项目", "一季度", "", "茶|叶", "3", "4"]):
        table.cell(at // 3, at % 3).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    assert read().text == "| 项目 | 一季度 |  |\n| --- | --- | --- |\n| 茶\\|叶 | 3 | 4 |"


def test_charts_are_tables(deck, read):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["一月", "二月"]
    data.add_series("Sales", (10, None))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(1), Inches(3), Inches(3), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "销售"
    points = XyChartData()
    points.add_series("点").add_data_point(1, 2.5)
    slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, Inches(1), Inches(5), Inches(3), Inches(3), points)
    text = read().text
    assert "销售\n\n|  | Sales |\n| --- | --- |\n| 一月 | 10 |" in text
    assert "2.5" in text


def test_a_chart_that_is_broken_does_no_harm(deck, read):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["a"]
    data.add_series("S", (1,))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(1), Inches(3), Inches(3), data)
    box(slide, "words beside it", 1, 5)
    for reference in frame._element.xpath(".//c:chart"):
        reference.set("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", "rId99")
    assert read().text == "words beside it"


def test_notes_stand_under_their_slide_in_its_language(deck, read):
    for title, notes in (("第一页", "说慢一点"), ("Second", "Say it slowly"), ("", "无标题的备注")):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = title
        slide.notes_slide.notes_text_frame.text = notes
    document = read()
    assert [(section.page, section.heading, document.text[section.start : section.end]) for section in document.sections] == [
        (1, "第一页 > 备注", "说慢一点"),
        (2, "Second > Notes", "Say it slowly"),
        (3, "备注", "无标题的备注"),
    ]


def test_numbers_footers_and_hidden_slides_are_left_out(deck, read):
    for number in range(3):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = f"Slide {number}"
        box(slide, f"words {number}", 1, 3)
        for each in deck.slide_layouts[5].placeholders:
            if each.placeholder_format.type in (13, 15, 16):
                slide.shapes.clone_placeholder(each)
        for each in slide.placeholders:
            if each.placeholder_format.type in (13, 15, 16):
                each.text_frame.text = "Confidential 机密"
    deck.slides[1]._element.set("show", "0")
    document = read()
    assert "Confidential" not in document.text
    assert "words 1" not in document.text
    assert [section.page for section in document.sections] == [1, 3]
    assert document.title == "Slide 0"


def test_the_words_of_a_diagram(deck, read):
    from pptx.opc.package import Part
    from pptx.opc.packuri import PackURI

    slide = deck.slides.add_slide(deck.slide_layouts[6])
    points = "".join(
        f"<dgm:pt><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>" for text in ("计划", "Do", "检查")
    )
    model = (
        '<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
        f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>'
    )
    part = Part(PackURI("/ppt/diagrams/data1.xml"), "application/xml", deck.part.package, model.encode())
    place = slide.part.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData")
    frame = slide.shapes.add_table(1, 1, Inches(1), Inches(1), Inches(1), Inches(1))._element
    content = frame.xpath(".//a:graphicData")[0]
    content.set("uri", "http://schemas.openxmlformats.org/drawingml/2006/diagram")
    content.clear()
    content.set("uri", "http://schemas.openxmlformats.org/drawingml/2006/diagram")
    relation = content.makeelement(
        "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds",
        {"{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm": place},
    )
    content.append(relation)
    assert read().text == "- 计划\n- Do\n- 检查"


def test_open_document_slides_are_pages(files):
    page = (
        '<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>{0}</text:p></draw:text-box></draw:frame>'
        "<draw:g><draw:frame><draw:text-box><text:list><text:list-item><text:p>{1}</text:p><text:list><text:list-item><text:p>sub"
        "</text:p></text:list-item></text:list></text:list-item></text:list></draw:text-box></draw:frame></draw:g></draw:page>"
    )
    path = files.write("a.odp", open_document("presentation", page.format("第一页", "要点") + page.format("Two", "point")))
    document = read_opendocument(path, "a.odp")
    assert [(section.page, section.heading, document.text[section.start : section.end]) for section in document.sections] == [
        (1, "第一页", "- 要点\n  - sub"),
        (2, "Two", "- point\n  - sub"),
    ]
