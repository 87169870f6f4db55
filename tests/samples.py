"""One good file of each kind that is read, in English and Chinese, made by hand for tests or with the library that writes it."""

import io
import json
import zipfile
from email.message import EmailMessage

import docx
import pptx
import xlsxwriter
from docx.oxml import parse_xml
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.compound import outlook, workbook
from tests.papers import pdf

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def packed(parts, method=zipfile.ZIP_DEFLATED):
    """A zip archive: name (or `ZipInfo`) -> text or bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def saved(document):
    """The bytes of a document of python-docx or python-pptx."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def word(body, **parts):
    """A Word file with this XML as its body; `parts` are the XML within its styles, numbering, footnotes, endnotes."""
    roots = {"styles": "styles", "numbering": "numbering", "footnotes": "footnotes", "endnotes": "endnotes"}
    namespaces = (
        f'{W} xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )
    relations = "".join(f'<Relationship Id="{name}" Type="{_OFFICE}/{name}" Target="{name}.xml"/>' for name in parts)
    packages = "http://schemas.openxmlformats.org/package/2006/relationships"
    files = {
        "_rels/.rels": f'<Relationships xmlns="{packages}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{packages}">{relations}</Relationships>',
        "word/document.xml": f"<w:document {namespaces}><w:body>{body}</w:body></w:document>",
    }
    files |= {f"word/{name}.xml": f"<w:{roots[name]} {namespaces}>{content}</w:{roots[name]}>" for name, content in parts.items()}
    return packed(files)


def paragraph(text, style="", properties=""):
    """The XML of a paragraph of a Word file; `text` may be XML of runs."""
    runs = text if text.startswith("<") else f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{runs}</w:p>"


def word_file():
    document = docx.Document()
    document.add_heading("员工手册", 0)
    document.add_heading("年假 Leave", 1)
    document.add_paragraph("每位员工每年有十五天年假。Everyone has fifteen days.")
    table = document.add_table(2, 2)
    for cell, text in zip([cell for row in table.rows for cell in row.cells], ["年限", "天数", "3", "18"], strict=True):
        cell.text = text
    document.element.body.insert(2, parse_xml(f"<w:p {W}><w:r><w:t>目标</w:t></w:r></w:p>"))
    return saved(document)


def slides_file():
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "季度总结 Review"
    first.placeholders[1].text = "销售额上升\nSales went up"
    first.notes_slide.notes_text_frame.text = "说话慢一点"
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Numbers"
    data = CategoryChartData()
    data.categories = ["一月", "二月"]
    data.add_series("Sales", (10, 12.5))
    second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(2), Inches(5), Inches(3), data)
    return saved(deck)


def workbook_file(fill=None):
    """An Excel workbook that `fill(book)` writes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        if fill:
            fill(book)
        else:
            sheet = book.add_worksheet("价格 Prices")
            for number, row in enumerate([("名称", "Price"), ("绿茶", 3.5), ("Coffee", 4)]):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def open_document(kind, body, title=""):
    """An OpenDocument file: `kind` is "text", "presentation" or "spreadsheet", `body` the XML within its element."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "presentation", "meta")
    )
    spaces += ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return packed(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": "<manifest/>",
            "meta.xml": f"<office:document-meta {spaces}><office:meta><dc:title>{title}</dc:title></office:meta>"
            "</office:document-meta>",
            "content.xml": f"<office:document-content {spaces}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
            "</office:document-content>",
        }
    )


def open_text():
    return open_document(
        "text",
        '<text:h text:outline-level="1">睡眠 Sleep</text:h><text:p>早睡早起身体好。</text:p>'
        "<table:table><table:table-row><table:table-cell><text:p>时间</text:p></table:table-cell><table:table-cell><text:p>Act</text:p>"
        "</table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>22:00</text:p></table:table-cell>"
        "<table:table-cell><text:p>Bed</text:p></table:table-cell></table:table-row></table:table>",
        "好睡眠",
    )


def open_slides():
    return open_document(
        "presentation",
        '<draw:page draw:name="page1"><draw:frame presentation:class="title"><draw:text-box><text:p>第一页</text:p>'
        "</draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>Some words</text:p></draw:text-box></draw:frame>"
        "<presentation:notes>"
        "<draw:frame><draw:text-box><text:p>备注的话</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>",
    )


def open_sheet():
    def row(*cells):
        made = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
        )
        return f"<table:table-row>{made}</table:table-row>"

    return open_document(
        "spreadsheet", f'<table:table table:name="城市">{row("城市", "Name")}{row("北京", "Beijing")}</table:table>'
    )


def book(chapters, contents="", title="红楼梦 Dream", extra=None, version="3.0"):
    """An e-book of chapters (name, XHTML within its body); `contents` is the body of its nav page, or an NCX of version 2.0."""
    items = "".join(f'<item id="c{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, (name, _) in enumerate(chapters))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    is_nav = version == "3.0"
    items += (
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        if is_nav
        else '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    )
    pages = {
        f"OEBPS/{name}": f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{body}</body></html>'
        for name, body in chapters
    }
    pages["OEBPS/nav.xhtml" if is_nav else "OEBPS/toc.ncx"] = (
        f'<html xmlns="http://www.w3.org/1999/xhtml"><body><nav>{contents}</nav></body></html>'
        if is_nav
        else f"<ncx><navMap>{contents}</navMap></ncx>"
    )
    return packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
            "OEBPS/book.opf": f'<package version="{version}"><metadata><dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">{title}'
            f"</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>",
            **pages,
            **(extra or {}),
        }
    )


def book_file():
    return book([("1.xhtml", "<h1>第一回</h1><p>甄士隐梦幻识通灵。</p>"), ("2.xhtml", "<h1>Two</h1><p>A second chapter.</p>")])


def mail_file():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ann <ann@example.com>", "bob@example.com", "会议通知 Meeting"
    message["Date"] = "Tue, 05 Mar 2024 10:00:00 +0800"
    message.set_content("明天下午三点开会。Bring your notes.\n")
    message.add_attachment("名称,价格\n绿茶,3\n".encode(), maintype="text", subtype="csv", filename="价格.csv")
    return message.as_bytes()


def rich_file():
    chinese = "".join(f"\\'{byte:02x}" for byte in "您好，世界。".encode("gbk"))
    return (
        r"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fnil\fcharset134 SimSun;}}\f0 " + chinese + r"\par \u20013?\u25991? words\par}"
    ).encode()


def notebook_file():
    cells = [
        {"cell_type": "markdown", "source": ["# 分析 Analysis\n", "Some words."]},
        {"cell_type": "code", "source": "print('你好')", "outputs": [{"output_type": "stream", "text": ["你好\n"]}]},
    ]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}, ensure_ascii=False).encode()


GOOD = {
    "手册.docx": (word_file, "每位员工每年有十五天年假"),
    "总结.pptx": (slides_file, "说话慢一点"),
    "价格.xlsx": (workbook_file, "| 绿茶 | 3.5 |"),
    "旧.xls": (lambda: workbook("价格", [("名称", "Price"), ("绿茶", 3.5)]), "| 绿茶 | 3.5 |"),
    "城市.ods": (open_sheet, "| 北京 | Beijing |"),
    "睡眠.odt": (open_text, "早睡早起身体好"),
    "幻灯.odp": (open_slides, "备注的话"),
    "红楼梦.epub": (book_file, "甄士隐梦幻识通灵"),
    "会议.eml": (mail_file, "明天下午三点开会"),
    "邮件.msg": (lambda: outlook("会议通知", {0x1000: "明天下午三点开会。"}), "明天下午三点开会"),
    "您好.rtf": (rich_file, "您好，世界"),
    "分析.ipynb": (notebook_file, "print('你好')"),
    "表.csv": (lambda: "名称;价格\n绿茶;3,5\n".encode("gb18030"), "| 绿茶 | 3,5 |"),
    "表.tsv": (lambda: "name\tprice\n绿茶\t3\n".encode(), "| 绿茶 | 3 |"),
    "数据.json": (lambda: '{"名称": "绿茶", "prices": [1, 2]}'.encode(), "名称: 绿茶"),
    "数据.jsonl": (lambda: '{"名称": "绿茶"}\n{"名称": "红茶"}\n'.encode(), "| 红茶 |"),
    "网页.html": (lambda: "<h1>开放时间</h1><p>十点开门。Open at ten.</p>".encode(), "十点开门"),
    "笔记.md": (lambda: "# 笔记\n\n一些内容。\n".encode(), "一些内容"),
    "文本.txt": (lambda: "一些中文内容，几句话。Some words.\n".encode("gb18030"), "一些中文内容，几句话"),
    "报告.pdf": (lambda: pdf([["年假有十五天"]]), "年假有十五天"),
}
"""name -> (what makes the file, words of it)."""
