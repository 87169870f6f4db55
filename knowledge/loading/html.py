"""HTML: the main text of a page with its headings, lists and tables; menus, scripts and hidden parts are left out."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from knowledge.loading.document import LoadedDocument, Writer
from knowledge.loading.encoding import decoded
from knowledge.loading.tables import write_grid

_DROPPED = frozenset(
    {
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
        "button",
        "select",
        "input",
        "textarea",
        "rt",
        "rp",
    }
)
_BLOCKS = frozenset(
    {
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
    }
)
_MENUS = ("navigation", "search")  # roles
_OF_BOOKS = frozenset({"aside", "footer"})  # which hold the notes there
_NOT_PRINTED = frozenset({"noprint", "catlinks", "printfooter"})  # classes of what a page would not print of itself
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.IGNORECASE)
_CLOSED = re.compile(r"<(?:title|script|style|iframe)\b[^<>]{0,1000}/>", re.IGNORECASE)
"""Elements that are closed as in XML; a reader of HTML would take all that follows for their text."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_BREAK = "\u2028"  # a line that the page itself breaks, while white space is still made one
_AROUND_BREAK = re.compile(rf" *{_BREAK} *")
_DEPTH = 60  # elements within elements of one text
_WIDE = 200  # rows or columns that a cell is believed to span
_REPEATED = 200  # characters of a cell that is merged downwards and still stands in each row
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


def write_html(text: str, writer: Writer, heading: str = "", named: bool = False) -> bool:
    """Add a page to a document; `heading` stands above it where it has none of its own.

    `named` says that the page before this one stood under such a heading, which ends where another begins; returns whether one
    stands at the end of this page.
    """
    body = _soup(text, _OF_BOOKS).body
    if body is None:
        return named
    own = body.find(_HEADINGS) is not None
    if named and (own or heading):
        writer.leave()
    if heading and not own:
        writer.heading(1, heading)
    _walk(body, writer)
    return not own and (named or bool(heading))


def _soup(text: str, kept: frozenset[str] = frozenset()) -> BeautifulSoup:
    """The page without what is not its text, but for elements that are `kept`."""
    soup = BeautifulSoup(_CLOSED.sub("", text), "lxml")
    # One walk: asking for what is unwanted, kind by kind, takes most of the time of a large page.
    for tag in soup.find_all(True):
        # One that went with what is around it has no name any more; `decomposed` would search all that lies within.
        if tag.name and tag.name not in kept and _is_unwanted(tag):
            tag.decompose()
    return soup


def _is_unwanted(tag: Tag) -> bool:
    if tag.name in _DROPPED:
        return True
    if tag.name in ("ul", "ol"):  # lists within a header are menus and choices of language
        return tag.find_parent("header") is not None
    if tag.name == "form":  # some programs put a whole page into one
        return len(tag.get_text(strip=True)) < _ENOUGH
    told = tag.attrs
    if not told:
        return False
    return (
        "hidden" in told
        or told.get("aria-hidden") == "true"
        or told.get("role") in _MENUS
        or not _NOT_PRINTED.isdisjoint(told.get("class") or ())
        or bool(_INVISIBLE.search(str(told.get("style") or "")))
    )


def declared_encoding(data: bytes) -> str | None:
    """The encoding that a page names in its head."""
    declared = _CHARSET.search(data[:4096])
    return declared[1].decode("ascii") if declared else None


def _main(soup: BeautifulSoup) -> Tag:
    found: dict[str, list[Tag]] = {"main": [], "role": [], "article": [], "content": []}
    for tag in soup.find_all(True):
        if tag.name in found:
            found[tag.name].append(tag)
        elif tag.attrs and tag.attrs.get("role") == "main":
            found["role"].append(tag)
        elif tag.attrs and tag.attrs.get("id") == "content":
            found["content"].append(tag)
    for tags in found.values():
        if len(tags) == 1 and len(tags[0].get_text(strip=True)) >= _ENOUGH:
            return tags[0]
    return soup.body or soup


def _walk(root: Tag, writer: Writer) -> None:
    """Write the blocks under `root` in order; what stands between blocks is a paragraph of its own."""
    loose: list[str] = []

    def flush() -> None:
        writer.block(_AROUND_BREAK.sub("\n", _SPACE.sub(" ", "".join(loose))))
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
                loose.append(_BREAK)
            elif node.name not in _BLOCKS and not _holds_block(node):
                loose.append(_words(node, _BREAK))
            else:
                flush()
                if not _leaf(node, writer):
                    stack.append(iter(node.contents))
                    continue
        if len(stack) > 1 and node is not None and _last(node):
            flush()
    flush()


def _holds_block(node: Tag) -> bool:
    return any(isinstance(each, Tag) and each.name in _BLOCKS for each in node.descendants)


def _last(node: object) -> bool:
    return isinstance(node, Tag | NavigableString) and node.next_sibling is None


def _leaf(node: Tag, writer: Writer) -> bool:
    """Write a block that is taken whole; False where its children must be walked."""
    if node.name in _HEADINGS:
        writer.heading(int(node.name[1]), _words(node))
    elif node.name == "pre":
        for line_end in node.find_all("br"):
            line_end.replace_with("\n")
        writer.block(node.get_text())
    elif node.name == "table" and not _is_layout(node):
        caption = node.find("caption")
        if caption is not None:
            writer.block(_SPACE.sub(" ", _words(caption)))
        write_grid(writer, _rows(node))
    elif node.name in ("ul", "ol") and not node.find(("table", "pre")):
        writer.block("\n".join(_items(node)))
    else:
        return False
    return True


def _words(node: Tag, line_end: str = " ", depth: int = 0) -> str:
    """The words of an element; blocks within it are set apart, and what is only marked up is not: 中<b>文</b> is one word."""
    if depth > _DEPTH:
        return node.get_text()
    parts = []
    for child in node.children:
        if isinstance(child, PreformattedString):
            continue
        if isinstance(child, Tag):
            words = line_end if child.name == "br" else _words(child, line_end, depth + 1)
            parts.append(f" {words} " if child.name in _BLOCKS else words)
        else:
            parts.append(str(child))
    return "".join(parts)


def _rows(table: Tag) -> Iterator[list[str]]:
    """Rows of cells, each in its column: what is merged downwards stands in each row, what is merged sideways once."""
    standing: dict[int, tuple[int, str]] = {}  # column -> rows that a cell above still reaches into, its words there
    for row in table.find_all("tr"):
        cells = {column: words for column, (_, words) in standing.items()}
        standing = {column: (left - 1, words) for column, (left, words) in standing.items() if left > 1}
        column = 0
        for cell in row.find_all(("td", "th")):
            words = _SPACE.sub(" ", _words(cell)).strip()
            down = _span(cell, "rowspan") - 1
            for number in range(_span(cell, "colspan")):
                while column in cells:
                    column += 1
                cells[column] = "" if number else words
                if down:
                    standing[column] = down, cells[column] if len(words) <= _REPEATED else ""
        yield [cells.get(column, "") for column in range(max(cells, default=-1) + 1)]


def _is_layout(table: Tag) -> bool:
    """Whether a table only puts things in their places, as in e-mails, so that its cells are read one after the other."""
    return (
        table.get("role") in ("presentation", "none")
        or table.find(("table", *_HEADINGS)) is not None
        or all(len(row.find_all(("td", "th"))) < 2 for row in table.find_all("tr"))
    )


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "1")
    return min(max(int(value), 1), _WIDE) if re.fullmatch(r"[0-9]{1,6}", value) else 1


def _items(listing: Tag) -> list[str]:
    lines = []
    numbers: dict[int, int] = {}  # of a list, by its identity -> the number of its last point
    for item in listing.find_all("li"):
        depth = len(item.find_parents("li"))
        above = item.find_parent(("ol", "ul"))
        mark = "-"
        if above is not None and above.name == "ol":
            number = numbers.get(id(above), _first(above) - 1) + 1
            numbers[id(above)] = number
            mark = f"{number}."
        own = "".join(
            (f" {_words(child)} " if child.name in _BLOCKS else " " if child.name == "br" else _words(child))
            if isinstance(child, Tag)
            else str(child)
            for child in item.children
            if not isinstance(child, PreformattedString) and not (isinstance(child, Tag) and child.name in ("ul", "ol"))
        )
        text = _SPACE.sub(" ", own).strip()
        if text:
            lines.append(f"{'  ' * min(depth, 6)}{mark} {text}")
    return lines


def _first(listing: Tag) -> int:
    start = str(listing.get("start") or "1")
    return int(start) if re.fullmatch(r"-?[0-9]{1,6}", start) else 1
