"""What a model writes, as HTML that cannot do harm: Markdown, code, tables and formulas.

Raw HTML stays text, a link goes to http, https or mailto and shows its host, a picture from elsewhere becomes a link, and a
formula passes a list of the MathML elements we know. Half-written text (an open code block, an open formula) renders too, since
an answer is shown while it grows. Whatever leaves here is `Markup`, the one type that the page does not escape.
"""

import html
import re
from collections.abc import Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import latex2mathml.converter
import latex2mathml.exceptions
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from ui.texts import text

_CODE_LIMIT = 60_000  # characters that are coloured; longer code stays plain
_FORMULA_LIMIT = 2_000
_OWN_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_CITATION = re.compile(r"\[(\d{1,2}(?:\s*[,，、]\s*\d{1,2}){0,7})\](?!\(|\[(?!\d))")
_STOP = re.compile(r"[.,;:!?。，；：！？、]")
_WIDE_CITATION = re.compile(r"【(\d{1,2}(?:\s*[,，、]\s*\d{1,2}){0,7})】")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9][^\s<>\"'`“”‘’（）()【】《》，。；！？、]*[A-Za-z0-9/#=&_-]")
_FORMULA = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)

_MATHML = "{http://www.w3.org/1998/Math/MathML}"
_MATH_ELEMENTS = re.compile(
    "math|mrow|mi|mn|mo|mtext|mspace|ms|mfrac|msqrt|mroot|mstyle|merror|mpadded|mphantom|menclose|msub|msup|msubsup|munder|mover|"
    "munderover|mmultiscripts|mprescripts|none|mtable|mtr|mtd|mlabeledtr|semantics"
)
_MATH_ATTRIBUTES = re.compile(
    "display|mathvariant|mathsize|displaystyle|scriptlevel|stretchy|fence|separator|form|lspace|rspace|minsize|maxsize|"
    "linethickness|accent|accentunder|columnalign|rowspacing|columnspacing|rowlines|columnlines|width|height|depth|voffset|"
    "notation|movablelimits|symmetric|largeop"
)
_MATH_FAILURES: tuple[type[Exception], ...] = (
    *(kind for kind in vars(latex2mathml.exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    *(RecursionError, LookupError, ValueError, TypeError, AttributeError, StopIteration),
)


# Kept: a history is shown again with each turn, and finished blocks of a growing answer eighteen times a second.
@lru_cache(maxsize=1024)
def markdown(source: str, language: str = "en", found: int = 0) -> Markup:
    """`source` as HTML; `[n]` becomes a button where passage n was found (1 to `found`)."""
    if found:
        source = _WIDE_CITATION.sub(r"[\1]", source)
    return Markup(_PARSER.render(source, {"language": language, "found": found}))


def citations(source: str, found: int) -> frozenset[int]:
    """The numbers of the passages that `source` cites, of `found` passages."""
    marks = _CITATION.findall(_WIDE_CITATION.sub(r"[\1]", source))
    return frozenset(number for mark in marks for number in map(int, re.findall(r"\d+", mark)) if 1 <= number <= found)


@lru_cache(maxsize=512)
def formula(source: str, display: bool) -> Markup:
    """LaTeX as MathML; what is not understood, or not allowed, is shown as it was written."""
    try:
        if len(source) > _FORMULA_LIMIT:
            raise ValueError("too long")
        tree = latex2mathml.converter.convert_to_element(source, display="block" if display else "inline")
        for node in tree.iter():
            _tame(node)
        return Markup(ElementTree.tostring(tree, encoding="unicode"))
    except _MATH_FAILURES:
        return Markup("<code>{}</code>").format(source)


def host_of(address: str) -> str:
    """The host that a link leads to, in ASCII, or "" where it leads nowhere."""
    try:
        host = urlsplit(address).hostname or ""
        return host.encode("idna").decode("ascii") if host else address.removeprefix("mailto:").partition("?")[0]
    except (ValueError, UnicodeError):
        return ""


def _tame(node: "ElementTree.Element[str]") -> None:
    """Drop attributes we do not know and turn entities into characters; raises `ValueError` for an unknown element."""
    if not _MATH_ELEMENTS.fullmatch(node.tag.removeprefix(_MATHML)):
        raise ValueError(node.tag)
    for name in list(node.attrib):
        if name != "xmlns" and not _MATH_ATTRIBUTES.fullmatch(name):
            del node.attrib[name]
    node.text = html.unescape(node.text) if node.text else node.text
    node.tail = html.unescape(node.tail) if node.tail else node.tail


def _allowed(address: str) -> bool:
    parts = address.strip().lower()
    if parts.startswith("mailto:"):
        return True
    return parts.startswith(("http://", "https://")) and bool(host_of(address))


def _allowed_in_source(address: str) -> bool:
    """A picture inside the text is kept as it is; every other address must be one that a link may have."""
    return _allowed(address) or bool(_OWN_PICTURE.fullmatch(address))


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    address = str(tokens[index].attrs.get("href", ""))
    if not _allowed(address):
        return "<a>"
    return str(Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">').format(address))


def _link_close(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    start = next(at for at in range(index - 1, -1, -1) if tokens[at].type == "link_open")
    host = host_of(str(tokens[start].attrs.get("href", "")))
    shown = "".join(token.content for token in tokens[start:index])
    if not host or shown.removeprefix("https://").removeprefix("http://").lower().startswith(host.lower()):
        return "</a>"
    return str(Markup('</a><span class="host"> ({})</span>').format(host))


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
    address, alt = str(tokens[index].attrs.get("src", "")), tokens[index].content
    if _OWN_PICTURE.fullmatch(address):
        return str(Markup('<img src="{}" alt="{}">').format(address, alt))
    name = alt or text("picture", env["language"])
    if not _allowed(address):
        return str(escape(name))
    return str(
        Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">🖼 {}</a><span class="host"> ({})</span>').format(
            address, name, host_of(address)
        )
    )


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
    token = tokens[index]
    name = (token.info.split() or [""])[0][:40]
    return str(
        Markup(
            '<figure class="code"><figcaption><span>{}</span><button type="button" data-do="copy-code">{}</button></figcaption>'
            '<pre tabindex="0"><code>{}</code></pre></figure>'
        ).format(name, text("copy", env["language"]), _coloured(token.content, name))
    )


@lru_cache(maxsize=512)
def _coloured(code: str, name: str) -> Markup:
    if name and len(code) <= _CODE_LIMIT:
        try:
            lexer = get_lexer_by_name(name, stripnl=False)
        except ClassNotFound:
            return escape(code)
        return Markup(highlight(code, lexer, HtmlFormatter(nowrap=True)))
    return escape(code)


def _table_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return '<div class="table" tabindex="0"><table>'


def _table_close(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return "</table></div>"


def _citation(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    numbers, after = tokens[index].meta["numbers"], tokens[index].meta["after"]
    marks = Markup("").join(
        Markup('<button type="button" class="cite" data-do="cite" data-n="{0}" aria-label="{1}">{0}</button>').format(
            number, text("source_n", env["language"], n=number)
        )
        for number in numbers
    )
    # A full stop would begin a line of its own: browsers break after a button whatever follows it.
    return str(Markup('<span class="together">{}{}</span>').format(marks, after) if after else marks)


def _find_citation(state: StateInline, silent: bool) -> bool:
    match = _CITATION.match(state.src, state.pos)
    if not match:
        return False
    numbers = [int(number) for number in re.findall(r"\d+", match.group())]
    if not all(1 <= number <= state.env.get("found", 0) for number in numbers):
        return False
    after = _STOP.match(state.src, match.end())
    if not silent:
        state.push("citation", "", 0).meta = {"numbers": numbers, "after": after.group() if after else ""}
    state.pos = (after or match).end()
    return True


def _find_formula(state: StateInline, silent: bool) -> bool:
    match = _FORMULA.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        display = match.group(2) is not None
        token = state.push("math_inline_double" if display else "math_inline", "math", 0)
        token.content = match.group(2) if display else match.group(1)
    state.pos = match.end()
    return True


def _find_addresses(state: StateCore) -> None:
    """Make links of bare addresses in running text (not inside links, code or formulas)."""
    for block in state.tokens:
        depth, children = 0, []
        for token in block.children or ():
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            children += _split_addresses(token) if token.type == "text" and not depth else [token]
        if block.children is not None:
            block.children = children


def _split_addresses(token: Token) -> list[Token]:
    parts, at = [], 0
    for match in _ADDRESS.finditer(token.content):
        if not _allowed(match.group()):
            continue
        parts.append(_words(token.content[at : match.start()], token.level))
        parts.append(Token("link_open", "a", 1, {"href": match.group()}, level=token.level))
        parts.append(_words(match.group(), token.level + 1))
        parts.append(Token("link_close", "a", -1, level=token.level))
        at = match.end()
    return [*parts, _words(token.content[at:], token.level)] if parts else [token]


def _words(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)


def _math_block(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A formula of its own line; a long one scrolls, for which the keyboard must reach it."""
    return f'<div class="math block" tabindex="0">{_formula_of(tokens[index].content, {"display_mode": True})}</div>\n'


def _formula_of(content: str, options: Mapping[str, Any]) -> str:
    return str(formula(content, bool(options.get("display_mode"))))


class _Parser(MarkdownIt):
    """markdown-it with our own idea of which addresses a text may name."""

    def validateLink(self, url: str) -> bool:
        return _allowed_in_source(url)


def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline"])
    parser.use(
        dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True, renderer=_formula_of
    )
    parser.inline.ruler.before("escape", "formula", _find_formula)
    parser.inline.ruler.before("link", "citation", _find_citation)
    parser.core.ruler.push("addresses", _find_addresses)
    rules = {
        "link_open": _link_open,
        "link_close": _link_close,
        "image": _image,
        "fence": _fence,
        "code_block": _fence,
        "table_open": _table_open,
        "table_close": _table_close,
        "citation": _citation,
        "math_block": _math_block,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


_PARSER = _parser()
