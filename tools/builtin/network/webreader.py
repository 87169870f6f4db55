"""The web reader: the readable text of one page, with its title and where it came from in the end.

A page is fetched only where the site's robots.txt lets `Hearth` (or anybody) do so. What it does not do: run scripts, sign in,
follow links, or ask the robots.txt of another site that a redirect leads to.
"""

import codecs
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from common.egress import Egress, EgressResponse, origin
from common.errors import EgressFailed, EgressRefused, ToolFailed
from tools.base import ToolContext, ToolOutput, ToolSpec
from tools.builtin.network.reading import line, lines
from tools.builtin.network.service import NetworkTool, check, media_type, read_json

_AGENT = "Hearth"
_REDIRECTS = 3
_PAGE_S = 12.0
_ROBOTS_S = 4.0
_PAGE_LIMIT = 2 * 1024 * 1024
_ROBOTS_LIMIT = 512 * 1024  # as much as crawlers read of one
_SHOWN = 6000  # characters of a page at a time
_LONGEST = 400_000  # characters of a page in all
_HTML = ("text/html", "application/xhtml+xml")
_JSON = re.compile(r"(application|text)/(json|.*\+json)")
_TEXT = re.compile(r"text/.*|application/(xml|yaml|x-yaml|x-ndjson|javascript|.*\+xml|.*\+yaml)")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_DECLARED = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OF_PYTHON = ("idna", "punycode", "raw-unicode-escape", "unicode-escape")  # of no page; one takes hours for a large one
_HEAD = 4096  # bytes in which a page names its encoding
_ELEMENTS = 15_000  # of a page that is judged part by part, which takes a second
_UNSHOWN = ("script", "style", "noscript", "template", "svg", "iframe", "select", "button", "head")


@dataclass(frozen=True, slots=True)
class _Page:
    title: str
    text: str


class WebReader(NetworkTool):
    """Reads a page of the web."""

    id = "web-reader"
    titles: Mapping[str, str] = {"en": "Web reader", "zh": "网页阅读"}
    about: Mapping[str, str] = {
        "en": "Reads the text of a web page: articles, plain text, JSON.",
        "zh": "读取一个网页的正文：文章、纯文本或 JSON。",
    }
    time_limit_s = 25.0
    spec = ToolSpec(
        "web_reader",
        "Read the text of one web page by its address. For a long page give start to read on. 读取一个网页的正文。",
        {
            "type": "object",
            "properties": {
                "url": {
                    "type": "string",
                    "description": "Address of the page, https://... 网址。",
                    "minLength": 1,
                    "maxLength": 2000,
                },
                "start": {
                    "type": "integer",
                    "description": "Character of the text to begin at. 从第几个字符读起。",
                    "minimum": 0,
                    "maximum": _LONGEST,
                    "default": 0,
                },
            },
            "required": ["url"],
            "additionalProperties": False,
        },
    )

    def __init__(self, egress: Egress, *, granted_hosts: frozenset[str] = frozenset(), offline: bool = False) -> None:
        """`granted_hosts` are "host:port" pairs that may be read though they are private."""
        super().__init__(egress, offline=offline)
        self._granted = granted_hosts

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for a page that may not be fetched, does not answer or holds nothing to read."""
        url = arguments["url"].strip()
        url = url if "://" in url else f"https://{url}"
        try:
            self._ask_robots(url)
            answer = self._get(url, "text/html, application/json;q=0.9, text/*;q=0.8", _PAGE_S, _PAGE_LIMIT)
        except (EgressFailed, EgressRefused) as error:
            raise ToolFailed(error.english, error.chinese) from error
        check(answer)
        page, start = _read(answer), int(arguments.get("start", 0))
        shown, total = page.text[start : start + _SHOWN], len(page.text)
        if not shown:
            raise ToolFailed(
                f"The page has {total:,} characters, so there is nothing from {start:,} on.",
                f"这个网页共有 {total:,} 个字符，从第 {start:,} 个起没有内容。",
            )
        end = start + len(shown)
        rest = context.say(
            f"[{total - end:,} more characters from start={end}]", f"[还有 {total - end:,} 个字符，从 start={end} 起]"
        )
        head = "\n".join(filter(None, (page.title, answer.url)))
        text = f"{head}\n\n{shown}" + (f"\n\n{rest}" if end < total else "")
        return ToolOutput(text, {"title": page.title, "url": answer.url, "text": shown, "start": start, "characters": total})

    def _get(self, url: str, accept: str, deadline_s: float, byte_limit: int) -> EgressResponse:
        return self._egress.get(
            url,
            deadline_s=deadline_s,
            byte_limit=byte_limit,
            granted_hosts=self._granted,
            headers={"accept": accept},
            redirects=_REDIRECTS,
        )

    def _ask_robots(self, url: str) -> None:
        """Raises `ToolFailed` where the site does not want its page to be read by a program; a site without rules has none."""
        answer = self._get(f"{origin(url)}/robots.txt", "text/plain", _ROBOTS_S, _ROBOTS_LIMIT)
        if answer.status != 200 or media_type(answer) in _HTML:
            return
        rules = RobotFileParser()
        rules.parse(answer.body.decode("utf-8", "replace").splitlines())
        if not rules.can_fetch(_AGENT, url):
            host = urlsplit(url).netloc
            raise ToolFailed(
                f"{host} does not want programs to read this page (its robots.txt says so). Use another source.",
                f"{host} 不希望程序读取这个网页（它的 robots.txt 这样写）。请换一个来源。",
            )


def _read(answer: EgressResponse) -> _Page:
    """Raises `ToolFailed` for data that is no text, and for a page without any."""
    kind, host = media_type(answer), urlsplit(answer.url).netloc
    if _JSON.fullmatch(kind):
        data = read_json(answer)
        return _Page("", lines(json.dumps(data, ensure_ascii=False, indent=1, default=str), _LONGEST))
    if kind and kind not in _HTML and not _TEXT.fullmatch(kind):
        raise ToolFailed(
            f"{answer.url} is {kind!r}, and only web pages, plain text and JSON can be read here. "
            "Download it and attach it to the conversation.",
            f"{answer.url} 的类型是 {kind!r}，这里只能读取网页、纯文本和 JSON。请下载后作为附件添加到对话里。",
        )
    text = _decoded(answer)
    if text is None:
        raise ToolFailed(
            f"{host} sent text in an encoding that cannot be told. Use another source.",
            f"无法判断 {host} 返回的文字的编码。请换一个来源。",
        )
    is_page = kind in _HTML or (not kind and text.lstrip()[:1] == "<")
    page = _article(text, answer.url) if is_page else _Page("", lines(text, _LONGEST))
    if not page.text:
        raise ToolFailed(
            f"{answer.url} holds no text to read. It may need scripts or a sign-in; use another source.",
            f"{answer.url} 里没有可读的正文，可能需要运行脚本或登录。请换一个来源。",
        )
    return page


def _decoded(answer: EgressResponse) -> str | None:
    """The text of an answer, by its mark, what it declares, or what it looks like; None for what is no text."""
    from charset_normalizer import from_bytes

    body = answer.body
    declared = _DECLARED.search(answer.headers.get("content-type", ""))
    inside = _CHARSET.search(body[:_HEAD])
    named = [name for mark, name in _BOMS if body.startswith(mark)]
    named += [declared[1]] if declared else []
    named += [inside[1].decode("ascii")] if inside else []
    for name in [*named, "utf-8"]:
        try:
            if codecs.lookup(name).name in _OF_PYTHON:
                continue
            # Pages that call themselves GB2312 use its larger successors.
            return body.decode("gb18030" if name.lower() in ("gb2312", "gbk") else name)
        except (LookupError, ValueError):
            continue
    best = from_bytes(body[: 256 * 1024]).best()
    return body.decode(best.encoding, "replace") if best else None


def _article(html: str, url: str) -> _Page:
    """Title and main text of a page, without its menus and its small print."""
    from lxml.etree import ParserError  # type: ignore[import-untyped]
    from lxml.html import HTMLParser, document_fromstring  # type: ignore[import-untyped]
    from trafilatura import extract

    # It writes a line of log for every page that it finds nothing in.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (ParserError, ValueError):
        return _Page("", "")
    titles = [tree.findtext(".//title"), *tree.xpath("//meta[@property='og:title']/@content"), tree.findtext(".//h1")]
    title = next(filter(None, (line(each, 200) for each in titles)), "")
    small = next(islice(tree.iter(), _ELEMENTS, None), None) is None
    text = extract(tree, url=url, include_comments=False) if small else None
    return _Page(title, lines(text or _all_text(tree), _LONGEST))


def _all_text(tree: Any) -> str:
    """Every word of a page that is shown: for one too large to be judged, or so short that there is nothing to leave out."""
    from lxml import etree  # type: ignore[import-untyped]

    etree.strip_elements(tree, *_UNSHOWN, with_tail=False)
    body = tree.find("body")
    return "\n".join(filter(None, (" ".join(each.split()) for each in (tree if body is None else body).itertext())))
