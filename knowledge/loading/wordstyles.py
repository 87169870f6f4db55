"""What a Word file says about its paragraphs elsewhere: which styles are headings, and which numbers its lists show."""

import re
from dataclasses import dataclass
from typing import Any

from knowledge.loading.numerals import numeral
from knowledge.loading.packed import attribute, inner

_HEADING = re.compile(r"(?:heading|标题|標題)\s*(\d)", re.IGNORECASE)
_TITLE = ("title", "标题", "標題")
_LIST = re.compile(r"(?:list (?:bullet|number)|列表项目符号|列表编号)", re.IGNORECASE)
_LEVELS = 9
_CHAIN = 20  # styles that are based on each other
_PLACE = re.compile(r"%(\d)")

Numbering = tuple[str, int]
"""The list that a paragraph belongs to, and its level there from 0."""


@dataclass(frozen=True, slots=True)
class Style:
    """What matters of a paragraph's style; `level` is 0 where it is no heading."""

    name: str = ""
    level: int = 0
    is_title: bool = False
    is_list: bool = False
    numbering: Numbering | None = None


class Styles:
    """The styles of a file; what a style does not say, the one it is based on says."""

    def __init__(self, root: Any) -> None:
        self._nodes: dict[str, Any] = {}
        self._found: dict[str, Style] = {}
        for node in inner(root, "style") if root is not None else ():
            if attribute(node, "type") in ("paragraph", ""):
                self._nodes[attribute(node, "styleId")] = node
                if attribute(node, "default") in ("1", "true", "on"):
                    self._nodes.setdefault("", node)

    def of(self, paragraph: Any) -> Style:
        """The style of a paragraph, with what the paragraph says itself."""
        style = self._named(_value(paragraph, "pPr", "pStyle"))
        own = _value(paragraph, "pPr", "outlineLvl")
        level = _outline(own) if own else style.level
        numbering = _numbering(paragraph)
        return Style(style.name, level, style.is_title, style.is_list, _filled(numbering, style.numbering))

    def _named(self, name: str) -> Style:
        if name not in self._found:
            self._found[name] = self._made(name)
        return self._found[name]

    def _made(self, name: str) -> Style:
        level: int | None = None
        numbering: tuple[str, str] = ("", "")
        names: list[str] = []
        for _ in range(_CHAIN):
            node = self._nodes.get(name)
            if node is None:
                break
            names.append(_value(node, "name").strip())
            heading, outline = _HEADING.match(names[-1]), _value(node, "pPr", "outlineLvl")
            if level is None and (heading or outline):
                level = int(heading[1]) if heading else _outline(outline)
            own = _numbering(node)
            numbering = numbering[0] or own[0], numbering[1] or own[1]
            name = _value(node, "basedOn")
            if not name:
                break
        is_title = any(each.lower() in _TITLE for each in names)
        is_list = any(_LIST.match(each) for each in names)
        return Style(names[0] if names else "", level or 0, is_title, is_list, _filled(numbering, None))


class Lists:
    """The lists of a file, which count as they are asked for the marks of their points, in order."""

    def __init__(self, root: Any) -> None:
        self._levels: dict[str, dict[int, Any]] = {}
        self._kinds: dict[str, str] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._starts: dict[str, dict[int, int]] = {}
        if root is None:
            return
        for kind in inner(root, "abstractNum"):
            self._levels[attribute(kind, "abstractNumId")] = {
                _number(attribute(each, "ilvl")): each for each in inner(kind, "lvl")
            }
        for each in inner(root, "num"):
            number = attribute(each, "numId")
            self._kinds[number] = _value(each, "abstractNumId")
            for change in inner(each, "lvlOverride"):
                start = _value(change, "startOverride")
                if start:
                    self._starts.setdefault(number, {})[_number(attribute(change, "ilvl"))] = _number(start)

    def mark(self, numbering: Numbering | None) -> tuple[int, str] | None:
        """The level of the next point of a list and its mark, "-" where it has no number; None where it is of no list."""
        if numbering is None or self._kinds.get(numbering[0]) not in self._levels:
            return None
        number, level = numbering
        kind = self._kinds[number]
        levels = self._levels[kind]
        counts = self._counts.setdefault(kind, [None] * _LEVELS)
        start = self._starts.get(number, {}).pop(level, None)
        if start is not None:
            counts[level] = None
        counts[level] = (counts[level] or 0) + 1 if counts[level] is not None else self._start(levels, level, start)
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        node = levels.get(level)
        form = _value(node, "numFmt") if node is not None else "bullet"
        if form in ("bullet", "none", ""):
            return level, "-"

        def shown(place: re.Match[str]) -> str:
            at = min(max(int(place[1]) - 1, 0), _LEVELS - 1)
            count = counts[at]
            form = _value(levels[at], "numFmt") if at in levels else "decimal"
            legal = any(True for _ in inner(node, "isLgl"))
            return numeral("decimal" if legal else form, self._start(levels, at, None) if count is None else count)

        return level, _PLACE.sub(shown, _value(node, "lvlText"))[:40].strip() or "-"

    @staticmethod
    def _start(levels: dict[int, Any], level: int, start: int | None) -> int:
        if start is not None:
            return start
        return _number(_value(levels[level], "start") or "1") if level in levels else 1


def _value(node: Any, *path: str) -> str:
    """The value of the first element that a path of names leads to; "" where there is none."""
    found = next(inner(node, *path), None)
    return "" if found is None else attribute(found, "val")


def _numbering(node: Any) -> tuple[str, str]:
    return _value(node, "pPr", "numPr", "numId"), _value(node, "pPr", "numPr", "ilvl")


def _filled(own: tuple[str, str], style: Numbering | None) -> Numbering | None:
    """The list by what a paragraph and its style say; the list 0 is none."""
    number = own[0] or (style[0] if style else "")
    level = min(_number(own[1]), _LEVELS - 1) if own[1] else style[1] if style else 0
    return (number, level) if number not in ("", "0") else None


def _outline(value: str) -> int:
    """A level of headings from 1; what is no heading has level 9 there."""
    level = _number(value)
    return level + 1 if level < _LEVELS else 0


def _number(value: str) -> int:
    return int(value) if re.fullmatch(r"\d{1,6}", value) else 0
