"""HTML: the main text of a page with its headings, lists and tables; menus, scripts and hidden parts are left out."""

import re

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from knowledge.loading.document import LoadedDocument, Writer
from knowledge.loading.encoding import decoded
from knowledge.loading.tables import write_table

_DROPPED = (
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "iframe",
    "object",
    "nav",
    "aside",
    "footer",
    "form",
    "button",
    "select",
)
_BLOCKS = (
    "address",
    "article",
    "blockquote",
    "body",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE)
_CLOSED = re.compile(r"<(?:title|script|style|iframe)\b[^<>]{0,1000}/>", re.IGNORECASE)
"""Elements that are closed as in XML; a reader of HTML would take all that follows for their text."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_ENOUGH = 200  # characters that make a `main` element believed


def read_html(data: bytes) -> LoadedDocument | None:
    """The document, or None where the bytes are no text."""
    text = decoded(data, declared_encoding(data))
    if text is None:
        return None
    soup = _soup(text)
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    writer = Writer()
    _walk(_main(soup), writer)
    return writer.document(title)


def write_html(text: str, writer: Writer, heading: str = "") -> None:
    """Add a page to a document; `heading` stands above it where it has none of its own."""
    body = _soup(text).body
    if body is not None:
        if heading and not body.find(_HEADINGS):
            writer.heading(1, heading)
        _walk(body, writer)


def _soup(text: str) -> BeautifulSoup:
    """The page without what is not its text."""
    soup = BeautifulSoup(_CLOSED.sub("", text), "lxml")
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    # Lists within a header are menus and choices of language.
    for tag in soup.select("[hidden], [aria-hidden=true], header ul, header ol"):
        if not tag.decomposed:
            tag.decompose()
    return soup


def declared_encoding(data: bytes) -> str | None:
    """The encoding that a page names in its head."""
    declared = _CHARSET.search(data[:4096])
    return declared[1].decode("ascii") if declared else None


def _main(soup: BeautifulSoup) -> Tag:
    for selector in ("main", "[role=main]", "article", "#content"):
        found = soup.select(selector)
        if len(found) == 1 and len(found[0].get_text(strip=True)) >= _ENOUGH:
            return found[0]
    return soup.body or soup


def _walk(root: Tag, writer: Writer) -> None:
    """Write the blocks under `root` in order; what stands between blocks is a paragraph of its own."""
    loose: list[str] = []

    def flush() -> None:
        writer.block(_SPACE.sub(" ", "".join(loose)))
        loose.clear()

    # A stack of our own: pages nest deeper than Python's.
    stack = [iter(root.contents)]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        if isinstance(node, PreformattedString):
            continue
        if isinstance(node, NavigableString):
            loose.append(str(node))
        elif isinstance(node, Tag):
            if node.name == "br":
                loose.append(" ")
            elif node.name not in _BLOCKS and not node.find(_BLOCKS):
                loose.append(node.get_text())
            else:
                flush()
                if not _leaf(node, writer):
                    stack.append(iter(node.contents))
                    continue
        if len(stack) > 1 and node is not None and _last(node):
            flush()
    flush()


def _last(node: object) -> bool:
    return isinstance(node, Tag | NavigableString) and node.next_sibling is None


def _leaf(node: Tag, writer: Writer) -> bool:
    """Write a block that is taken whole; False where its children must be walked."""
    if re.fullmatch("h[1-6]", node.name):
        writer.heading(int(node.name[1]), node.get_text(" "))
    elif node.name == "pre":
        writer.block(node.get_text())
    elif node.name == "table" and not node.find("table"):
        rows = [[cell.get_text(" ") for cell in row.find_all(("td", "th"))] for row in node.find_all("tr")]
        write_table(writer, rows)
    elif node.name in ("ul", "ol") and not node.find(("table", "pre")):
        writer.block("\n".join(_items(node)))
    else:
        return False
    return True


def _items(listing: Tag) -> list[str]:
    lines = []
    for item in listing.find_all("li"):
        depth = len(item.find_parents("li"))
        own = "".join(
            child.get_text(" ") if isinstance(child, Tag) else str(child)
            for child in item.children
            if not (isinstance(child, Tag) and child.name in ("ul", "ol"))
        )
        text = _SPACE.sub(" ", own).strip()
        if text:
            lines.append("  " * min(depth, 6) + "- " + text)
    return lines
