"""E-books and OpenDocument texts: chapters in the order of reading, and lists, notes, changes and tables as people see them."""

import pytest

from common.errors import UnreadableFile
from knowledge.loading.epub import read_epub
from knowledge.loading.opendocument import read_opendocument
from tests.samples import book, open_document, packed


def headed(document):
    return [(section.heading, document.text[section.start : section.end]) for section in document.sections]


@pytest.fixture
def read_book(files):
    return lambda *arguments, **more: read_epub(files.write("a.epub", book(*arguments, **more)), "a.epub")


def test_chapters_are_read_in_order_under_their_names(read_book):
    chapters = [
        ("b.xhtml", "<p>先读这里。</p>"),
        ("a%20%E4%BA%8C.xhtml", "<p>Then this.</p>"),
        ("c.xhtml", "<h2>Own</h2><p>三</p>"),
    ]
    contents = '<a href="b.xhtml">第一回</a><a href="a%20%E4%BA%8C.xhtml#x">Two</a><a href="c.xhtml">No</a>'
    document = read_book(chapters, contents, extra={"OEBPS/a 二.xhtml": "<html><body><p>Then this.</p></body></html>"})
    assert document.title == "红楼梦 Dream"
    assert headed(document) == [("第一回", "先读这里。"), ("Two", "Then this."), ("Own", "三")]


def test_the_contents_of_old_books(read_book):
    point = '<navPoint><navLabel><text>{}</text></navLabel><content src="{}"/>{}</navPoint>'
    contents = point.format("第一章", "1.xhtml", point.format("inner", "1.xhtml#a", "")) + point.format("二", "2.xhtml", "")
    document = read_book([("1.xhtml", "<p>一</p>"), ("2.xhtml", "<p>b</p>")], contents, version="2.0")
    assert headed(document) == [("第一章", "一"), ("二", "b")]


def test_a_chapter_that_is_missing_or_malformed_does_no_harm(read_book):
    document = read_book([("1.xhtml", "<p>unclosed <b>x"), ("gone/../2.xhtml", "<p>two</p>"), ("3.xhtml", "&nbsp;&copy; 三")])
    assert "unclosed x" in document.text
    assert "三" in document.text


def test_notes_of_a_book_are_read(read_book):
    document = read_book([("1.xhtml", '<p>正文<a href="#n">1</a></p><aside id="n"><p>注释</p></aside><footer>End</footer>')])
    assert document.text == "正文1\n\n注释\n\nEnd"


def test_a_book_under_copy_protection(read_book):
    rights = (
        '<encryption><EncryptedData><CipherData><CipherReference URI="OEBPS/1.xhtml"/></CipherData></EncryptedData></encryption>'
    )
    with pytest.raises(UnreadableFile, match="copy protection"):
        read_book([("1.xhtml", "<p>x</p>")], extra={"META-INF/encryption.xml": rights})
    fonts = rights.replace("OEBPS/1.xhtml", "OEBPS/font.otf")
    assert read_book([("1.xhtml", "<p>words</p>")], extra={"META-INF/encryption.xml": fonts}).text == "words"


@pytest.fixture
def read(files):
    def made(body, title="", styles=""):
        content = with_styles(body, styles) if styles else open_document("text", body, title)
        return read_opendocument(files.write("a.odt", content), "a.odt")

    return made


def with_styles(body, styles):
    spaces = "".join(f' xmlns:{name}="{name}"' for name in ("office", "text", "style", "table"))
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content{spaces}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        }
    )


def test_headings_and_the_title(read):
    body = '<text:p text:style-name="P1">睡眠指南</text:p><text:h text:outline-level="2">A</text:h><text:p>a</text:p>'
    body += '<text:h text:outline-level="x">B</text:h><text:p>b</text:p>'
    document = read(body, styles='<style:style style:name="P1" style:parent-style-name="Title"/>')
    assert document.title == "睡眠指南"
    assert headed(document) == [("睡眠指南 > A", "a"), ("B", "b")]
    assert read("<text:p>x</text:p>", "给定的标题").title == "给定的标题"


def test_lists_show_their_numbers(read):
    styles = (
        '<text:list-style style:name="L1">'
        '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
        '<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/></text:list-style>'
        '<text:list-style style:name="L2"><text:list-level-style-bullet text:level="1"/></text:list-style>'
        '<text:list-style style:name="L3"><text:list-level-style-number text:level="1" style:num-format="一, 二, 三, ..." '
        'style:num-suffix="、"/></text:list-style>'
    )
    point = "<text:list-item><text:p>{}</text:p>{}</text:list-item>"
    inner = "<text:list>" + point.format("sub", "") + point.format("sub two", "") + "</text:list>"
    body = (
        '<text:list text:style-name="L1">'
        + point.format("one", inner)
        + point.format("two", "<text:p>more</text:p>")
        + "</text:list>"
        '<text:list text:style-name="L2">' + point.format("dot", "") + "</text:list>"
        '<text:list text:style-name="L1" text:continue-numbering="true">' + point.format("three", "") + "</text:list>"
        '<text:list text:style-name="L3">' + point.format("甲", "") + point.format("乙", "") + "</text:list>"
    )
    assert read(body, styles=styles).text.split("\n\n") == [
        "1. one\n  a) sub\n  b) sub two\n2. two\nmore",
        "- dot",
        "3. three",
        "一、 甲\n二、 乙",
    ]


def test_notes_spaces_and_what_is_not_seen(read):
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>deleted</text:p></text:deletion></text:changed-region>"
        "</text:tracked-changes><text:table-of-content><text:p>contents 1</text:p></text:table-of-content>"
        "<text:p>价格<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>含税</text:p>"
        "</text:note-body></text:note>见<text:span>表</text:span><text:s/>a<text:tab/>b<text:line-break/>c"
        "<office:annotation><text:p>a comment</text:p></office:annotation></text:p>"
        "<text:p><text:ruby><text:ruby-base>汉</text:ruby-base><text:ruby-text>hàn</text:ruby-text></text:ruby></text:p>"
    )
    assert read(body).text == "价格 [含税]见表 a b c\n\n汉"


def test_a_text_box_is_a_block_of_its_own(read):
    box = "<draw:frame><draw:text-box><text:p>框里</text:p></draw:text-box></draw:frame>"
    body = f"<text:p>Beside{box}</text:p><text:p>After</text:p>"
    assert read(body).text == "Beside\n\n框里\n\nAfter"


def test_tables_keep_their_columns(read):
    cell, covered = "<table:table-cell {}><text:p>{}</text:p></table:table-cell>", "<table:covered-table-cell/>"
    rows = [
        cell.format("", "部门") + cell.format('table:number-columns-spanned="2"', "人数") + covered,
        cell.format('table:number-rows-spanned="2"', "销售") + cell.format("", "3") + cell.format("", "4"),
        covered + cell.format('table:number-columns-repeated="2"', "5"),
    ]
    table = "<table:table><table:table-header-rows>" + "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    table += "</table:table-header-rows></table:table>"
    assert read(table).text == "| 部门 | 人数 |  |\n| --- | --- | --- |\n| 销售 | 3 | 4 |\n| 销售 | 5 | 5 |"


def test_entities_are_not_followed(files):
    """Laughs that would be a billion, and a file of this machine."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for entity, used in ((f'<!ENTITY l0 "ha">{laughs}', "&l11;"), ('<!ENTITY f SYSTEM "file:///etc/passwd">', "&f;")):
        content = f'<!DOCTYPE d [{entity}]><d xmlns:t="t"><body><t:p>Before {used} after</t:p></body></d>'
        path = files.write(
            "a.odt",
            packed(
                {
                    "mimetype": "application/vnd.oasis.opendocument.text",
                    "META-INF/manifest.xml": "<m/>",
                    "content.xml": content,
                }
            ),
        )
        try:
            text = read_opendocument(path, "a.odt").text
        except UnreadableFile as error:
            text = str(error)
        assert "haha" not in text
        assert "root:" not in text


def test_a_document_under_a_password(files):
    manifest = '<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    content = {"mimetype": "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": manifest, "content.xml": b"\0\1\2"}
    with pytest.raises(UnreadableFile, match="password"):
        read_opendocument(files.write("a.odt", packed(content)), "a.odt")
