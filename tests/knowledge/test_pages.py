"""HTML and Markdown: main text, lists with their numbers, tables with their columns; malformed pages, too."""

import pytest

from knowledge.loading.html import read_html
from knowledge.loading.plain import read_markdown

ZH = "最近总是失眠，晚上躺在床上翻来覆去睡不着。"


def text(page):
    return read_html(page.encode()).text


def headed(document):
    return [(section.heading, document.text[section.start : section.end].strip()) for section in document.sections]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>中<b>文</b>字，<a href=x>链接</a>。</p>", "中文字，链接。"),
        ("<h2>第<span>一</span>章</h2><p>x", "## 第一章\n\nx"),
        ("<p>one<br>two<br/>三</p>", "one\ntwo\n三"),
        ("<ul><li>中<em>文</em></li><li><p>块</p><p>two</p></li></ul>", "- 中文\n- 块 two"),
        ("<ol start=3><li>c<ul><li>x</ul><li>d</ol>", "3. c\n  - x\n4. d"),
        ("<ol><li>甲<ol><li>子</li></ol></li><li>乙</li></ol>", "1. 甲\n  1. 子\n2. 乙"),
        ("<dl><dt>词</dt><dd>意思</dd></dl>", "词\n\n意思"),
        ("<pre>a  b<br>  c</pre>", "a  b\n  c"),
        ("<p>a&nbsp;b&lt;c&#20013;&amp;</p>", "a\xa0b<c中&"),
        ("<ruby>汉<rp>(</rp><rt>hàn</rt><rp>)</rp></ruby>字", "汉字"),
        ("<blockquote><p>引用</p></blockquote>后", "引用\n\n后"),
        ("<p>unclosed <b>bold<p>next</b> tail</div></span>", "unclosed bold\n\nnext tail"),
        ("<p>a<!-- comment --><![CDATA[x]]>b<?php echo 1 ?></p>", "ab"),
        ("no markup at all", "no markup at all"),
        ("<details><summary>更多</summary>inner</details>", "更多\n\ninner"),
        ("<p>x<img alt='picture' src=y>z</p>", "xz"),
    ],
)
def test_words_and_lists(page, expected):
    assert text(page) == expected


@pytest.mark.parametrize(
    "unwanted",
    [
        "<nav>没用</nav>",
        "<div role=navigation>没用</div>",
        "<footer>没用</footer>",
        "<aside>没用</aside>",
        "<header><ul><li>没用</li></ul></header>",
        "<script>没用</script>",
        "<style>没用</style>",
        "<noscript>没用</noscript>",
        "<template>没用</template>",
        "<p hidden>没用</p>",
        "<p aria-hidden=true>没用</p>",
        "<p style='color:red;display: none'>没用</p>",
        "<form><label>没用</label><input value=没用><textarea>没用</textarea></form>",
        "<button>没用</button><select><option>没用</option></select>",
        "<svg><text>没用</text></svg>",
        "<iframe>没用</iframe>",
        "<div class='noprint'>没用</div>",
    ],
)
def test_what_is_around_the_text_is_left_out(unwanted):
    assert text(f"<body>{unwanted}<h1>标题</h1><p>正文</p>{unwanted}</body>") == "# 标题\n\n正文"


def test_a_page_within_one_form_is_read():
    assert ZH in text(f"<form><p>{ZH * 12}</p><input type=submit value=Go></form>")


def test_the_main_part_is_taken_where_there_is_one():
    assert text(f"<div>Menu</div><main><h1>题</h1><p>{ZH * 12}</p></main><div>Ads</div>") == f"# 题\n\n{ZH * 12}"
    assert "Beside" in text("<div>Beside</div><main>short</main>")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "<table><caption>表一</caption><tr><th>名</th><th>价</th></tr><tr><td>茶<br>叶</td><td>3</td></tr></table>",
            "表一\n\n| 名 | 价 |\n| --- | --- |\n| 茶 叶 | 3 |",
        ),
        (
            "<table><tr><th>部门<th>人<th>岁<tr><td rowspan=2>销售<td>Ann<td>30<tr><td>Bob<td>40</table>",
            "| 部门 | 人 | 岁 |\n| --- | --- | --- |\n| 销售 | Ann | 30 |\n| 销售 | Bob | 40 |",
        ),
        (
            "<table><tr><td colspan=2>宽<td>c<tr><td>1<td>2<td>3</table>",
            "| 宽 |  | c |\n| --- | --- | --- |\n| 1 | 2 | 3 |",
        ),
        (
            "<table><tr><td>a<td>b<td rowspan=3>z<tr><td>1<td>2<tr><td>3<td>4</table>",
            "| a | b | z |\n| --- | --- | --- |\n| 1 | 2 | z |\n| 3 | 4 | z |",
        ),
        (
            "<table><tr><th colspan=2>Infobox<tr><th>Born<td>1900<tr><th>Died<td>1980</table>",
            "Infobox\n\n| Born | 1900 |\n| --- | --- |\n| Died | 1980 |",
        ),
        ("<table><tr><td colspan=x rowspan=-3>a<td colspan=0>b<tr><td>1<td>2</table>", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("<table><tr><td>only</table>", "only"),
        ("<table><tr><td><p>一</p><p>二</p><ul><li>点</ul><tr><td>three</table>", "一\n\n二\n\n- 点\n\nthree"),
        ("<table role=presentation><tr><td>logo<td><p>a</p><p>b</p></table>", "logo\n\na\n\nb"),
        ("<table><tr><td>x<td><h3>节</h3><p>b</p></table>", "x\n\n### 节\n\nb"),
        ("<table></table><p>x", "x"),
        (
            "<table><tr><td><table><tr><td>a<td>b<tr><td>1<td>2</table><td>beside</table>",
            "| a | b |\n| --- | --- |\n| 1 | 2 |\n\nbeside",
        ),
    ],
)  # fmt: skip
def test_tables(table, expected):
    assert text(table) == expected


def test_a_table_of_cells_that_claim_to_span_thousands():
    page = (
        "<table>" + "<tr>" + "<td rowspan=999999 colspan=999999>x</td>" * 50 + "</tr>" + "<tr><td>y</td></tr>" * 50 + "</table>"
    )
    assert "y" in text(page)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="gb2312">', "gbk"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=GBK">', "gbk"),
        ("", "gbk"),
        ('<meta charset="big5">', "utf-8"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "utf-8"),
        ("", "utf-16"),
        ('<meta charset="no-such">', "gb18030"),
    ],
)
def test_encodings(head, encoding):
    page = f"{head}<html><head><title>题目</title></head><body><p>{ZH}</p></body></html>"
    document = read_html(page.encode(encoding))
    assert document.text == ZH
    assert document.title == "题目"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("---\ntitle: 笔记\n---\n# 题\n正文", [("题", "正文")]),
        ("intro\n\n题\n==\n一\n\n节\n--\n二", [("", "intro"), ("题", "一"), ("题 > 节", "二")]),
        ("# A\n```sh\n# comment\n```\n~~~\n## no\n~~~\nx", [("A", "```sh\n# comment\n```\n~~~\n## no\n~~~\nx")]),
        ("# A #\nx\n## [链接](http://x) `code` **粗**\ny", [("A", "x"), ("A > 链接 code 粗", "y")]),
        ("#无空格\n正文", [("", "#无空格\n正文")]),
        ("| 名 | 价 |\n|---|---|\n| 茶 | 3 |\n\n---\n\n尾", [("", "| 名 | 价 |\n|---|---|\n| 茶 | 3 |\n\n---\n\n尾")]),
        ("# 空\n\n# 满\n\n内容", [("满", "内容")]),
        ("#### 深\na\n# 浅\nb", [("深", "a"), ("浅", "b")]),
        ("    # code\n\n# 题\nx", [("", "# code"), ("题", "x")]),
        ("---\nno: end", [("", "---\nno: end")]),
        ("\ufeff# 题\r\n正文\r\n", [("题", "正文")]),
    ],
)
def test_markdown(source, expected):
    assert headed(read_markdown(source)) == expected


def test_markdown_keeps_a_title_of_its_front_matter():
    assert read_markdown("---\ntitle: 我的笔记\ntags: [a]\n---\n正文").title == "我的笔记"
    assert read_markdown('---\ntitle: "Quoted: one"\n---\n# Heading\nx').title == "Quoted: one"
    assert read_markdown("---\nlayout: x\n---\n# Heading\nx").title == "Heading"
