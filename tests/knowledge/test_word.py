"""Word files: what people see in them comes out in order, and what they do not see does not."""

import pytest

from knowledge.loading.word import read_docx
from tests.samples import packed, paragraph, word

STYLES = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="mine"><w:name w:val="章标题"/><w:basedOn w:val="1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="out"><w:name w:val="Own"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="t"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="toc"><w:name w:val="toc 1"/></w:style>'
)


def level(number, form, text, more=""):
    return f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'


NUMBERING = (
    f'<w:abstractNum w:abstractNumId="0">{level(0, "decimal", "%1.")}{level(1, "lowerLetter", "%2)")}</w:abstractNum>'
    f'<w:abstractNum w:abstractNumId="1">{level(0, "chineseCounting", "第%1条")}'
    f"{level(1, 'decimal', '%1.%2', '<w:isLgl/>')}</w:abstractNum>"
    f'<w:abstractNum w:abstractNumId="2">{level(0, "bullet", "·")}</w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>'
    '<w:num w:numId="4"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'
    "</w:num>"
)


def point(text, number, depth=0):
    return paragraph(text, properties=f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')


@pytest.fixture
def read(files):
    def made(body, **parts):
        return read_docx(files.write("a.docx", word(body, **parts)), "a.docx")

    return made


def run(text, properties=""):
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_headings_by_style_by_what_it_is_based_on_and_by_level(read):
    body = (
        paragraph("手册", "t") + paragraph("总则", "1") + paragraph("一") + paragraph("请假", "mine") + paragraph("二")
        + paragraph("Sick", "out") + paragraph("三") + paragraph("直接", properties='<w:outlineLvl w:val="2"/>') + paragraph("四")
    )  # fmt: skip
    document = read(body, styles=STYLES)
    assert document.title == "手册"
    assert [(s.heading, document.text[s.start : s.end]) for s in document.sections] == [
        ("总则", "一"),
        ("请假", "二"),
        ("请假 > Sick", "三"),
        ("请假 > Sick > 直接", "四"),
    ]


def test_the_table_of_contents_is_left_out(read):
    assert read(paragraph("总则\t1", "toc") + paragraph("正文"), styles=STYLES).text == "正文"


def test_lists_show_their_numbers(read):
    body = (
        point("one", 1) + point("sub", 1, 1) + point("sub two", 1, 1) + point("two", 1) + point("sub again", 1, 1)
        + paragraph("Then.") + point("甲", 2) + point("乙", 2) + point("乙一", 2, 1) + paragraph("And.")
        + point("dot", 3) + point("five", 4) + point("six", 4) + point("none", 0)
    )  # fmt: skip
    assert read(body, numbering=NUMBERING).text == (
        "1. one\n  a) sub\n  b) sub two\n2. two\n  a) sub again\n\nThen.\n\n第一条 甲\n第二条 乙\n  2.1 乙一\n\nAnd.\n\n"
        "- dot\n5. five\n6. six\n\nnone"
    )


def test_a_numbered_heading_has_its_number(read):
    body = paragraph("总则", "1", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr>') + paragraph("正文")
    assert read(body, styles=STYLES, numbering=NUMBERING).sections[0].heading == "第一条 总则"


def test_tracked_changes_are_taken_as_accepted(read):
    body = paragraph(
        run("The fee is ")
        + f'<w:del w:id="1"><w:r><w:delText>ten</w:delText></w:r></w:del><w:ins w:id="2">{run("twenty")}</w:ins>'
        f"<w:moveFrom>{run('moved')}</w:moveFrom>" + run(" euro.")
    )
    gone = (
        '<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr><w:tr><w:trPr><w:del w:id="3"/></w:trPr><w:tc>'
        + paragraph("gone")
        + "</w:tc></w:tr></w:tbl>"
    )
    assert read(body + gone).text == "The fee is twenty euro."


def test_hidden_words_instructions_and_readings_are_left_out(read):
    body = paragraph(
        run("a") + run("secret", "<w:vanish/>") + run("b", '<w:vanish w:val="0"/>') + "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<w:r><w:ruby><w:rt><w:r><w:t>hàn</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>汉</w:t></w:r></w:rubyBase></w:ruby></w:r>"
        "<w:r><w:noBreakHyphen/><w:t>c</w:t><w:br/><w:t>d</w:t></w:r>"
    )
    assert read(body).text == "ab汉-c\nd"


def test_notes_stand_where_their_signs_are(read):
    body = paragraph(
        run("价格") + '<w:r><w:footnoteReference w:id="2"/></w:r>' + run("见表") + '<w:r><w:endnoteReference w:id="1"/></w:r>'
    )
    notes = f'<w:footnote w:id="2">{paragraph("含税")}</w:footnote>'
    document = read(body, footnotes=notes, endnotes=f'<w:endnote w:id="1">{paragraph("End note.")}</w:endnote>')
    assert document.text == "价格 [含税]见表 [End note.]"


def test_text_boxes_are_read_once(read):
    box = f"<w:txbxContent>{paragraph('In a box')}{paragraph('框里')}</w:txbxContent>"
    choice, fallback = (
        f"<mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>",
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>",
    )
    both = f"<mc:AlternateContent>{choice}{fallback}</mc:AlternateContent>"
    assert (
        read(paragraph(run("Beside") + f"<w:r>{both}</w:r>") + paragraph("After")).text == "Beside\n\nIn a box\n\n框里\n\nAfter"
    )


def test_what_is_wrapped_is_read(read):
    link = f"<w:hyperlink>{run('a link')}</w:hyperlink><w:smartTag>{run(' tagged')}</w:smartTag>"
    link += f"<w:fldSimple>{run(' 7')}</w:fldSimple>"
    control = f"<w:sdt><w:sdtPr><w:alias/></w:sdtPr><w:sdtContent>{paragraph('封面')}</w:sdtContent></w:sdt>"
    assert read(control + paragraph(link)).text == "封面\n\na link tagged 7"


def test_formulas_keep_their_signs(read):
    fraction = "<m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b+c</m:t></m:r></m:den></m:f>"
    power = "<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"
    assert read(paragraph(f"<m:oMath>{fraction}<m:r><m:t>=</m:t></m:r>{power}</m:oMath>")).text == "a/(b+c)=x^2"


def cell(text, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{text if text.startswith('<') else paragraph(text)}</w:tc>"


def test_merged_cells_keep_their_columns(read):
    down, more = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    table = (
        "<w:tbl><w:tr>" + cell("部门", down) + cell("人数", '<w:gridSpan w:val="2"/>') + "</w:tr><w:tr>" + cell("", more)
        + cell("男") + cell("女") + "</w:tr><w:tr>" + cell("销售 | Sales") + cell("3") + cell("4") + "</w:tr></w:tbl>"
    )  # fmt: skip
    assert read(table).text == "| 部门 | 人数 |  |\n| --- | --- | --- |\n| 部门 | 男 | 女 |\n| 销售 \\| Sales | 3 | 4 |"


def test_a_table_within_a_cell_is_told_in_words(read):
    within = "<w:tbl><w:tr>" + cell("x") + cell("y") + "</w:tr></w:tbl>" + paragraph("tail")
    table = "<w:tbl><w:tr>" + cell("a") + cell("b") + "</w:tr><w:tr>" + cell("c") + cell(within) + "</w:tr></w:tbl>"
    assert read(table).text == "| a | b |\n| --- | --- |\n| c | x y tail |"


def test_the_other_namespaces_and_a_missing_part(files):
    """The strict form has other namespaces; what is named and not there, or broken, does no harm to the words."""
    strict = "http://purl.oclc.org/ooxml"
    kind = f'xmlns="x" Type="{strict}/officeDocument/relationships'
    path = files.write(
        "strict.docx",
        packed(
            {
                "_rels/.rels": f'<Rs><Relationship Id="a" {kind}/officeDocument" Target="/word/document2.xml"/></Rs>',
                "word/_rels/document2.xml.rels": f'<Rs><Relationship Id="b" {kind}/image" Target="../NULL"/>'
                f'<Relationship Id="c" {kind}/styles" Target="styles.xml"/></Rs>',
                "word/styles.xml": "<broken",
                "word/document2.xml": f'<w:document xmlns:w="{strict}/wordprocessingml/main"><w:body>{paragraph("严格")}'
                "</w:body></w:document>",
            }
        ),
    )
    assert read_docx(path, "strict.docx").text == "严格"
