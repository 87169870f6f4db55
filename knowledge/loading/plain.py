"""Plain text and Markdown. The text is kept as it was written; for Markdown its headings say what stands under what."""

import re

from knowledge.loading.document import HeadingPath, LoadedDocument, Section, cleaned

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_FRONT = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*(['\"]?)(.+?)\1[ \t]*$", re.MULTILINE)
_MARKUP = re.compile(r"[*_`]|!?\[([^\]]*)\]\([^)]*\)")


def read_text(raw: str) -> LoadedDocument:
    """One section: plain text has no headings that could be relied on."""
    text = cleaned(raw).strip("\n")
    return LoadedDocument("", text, (Section(0, len(text)),) if text.strip() else ())


def read_markdown(raw: str) -> LoadedDocument:
    """Sections by ATX and underlined headings outside of code; the title is in the front matter, or the first one of level 1."""
    text = cleaned(raw).strip("\n") + "\n"
    sections: list[Section] = []
    path, fence = HeadingPath(), ""
    front = _FRONT.match(text)
    start = position = front.end() if front else 0
    named = _TITLE.search(front[0]) if front else None
    title = named[2] if named else ""

    def close(end: int) -> None:
        if text[start:end].strip():
            sections.append(Section(start, end, str(path)))

    previous = (position, "")
    for line in text[position:].splitlines(keepends=True):
        begin, position = position, position + len(line)
        bare = line.rstrip("\n")
        mark = _FENCE.match(bare)
        if mark and (not fence or bare.strip().startswith(fence)):
            fence = "" if fence else mark[1]
        heading = None if fence or mark else _HEADING.match(bare)
        underline = None if fence or mark else _UNDERLINE.match(bare)
        found: tuple[int, str] | None = None
        if heading:
            found = len(heading[1]), heading[2]
        elif underline and previous[1].strip() and not previous[1].lstrip().startswith(("-", ">", "|", "#")):
            found, begin = (1 if underline[1][0] == "=" else 2, previous[1]), previous[0]
        if found:
            close(begin)
            level, name = found[0], _MARKUP.sub(r"\1", found[1]).strip()
            path.enter(level, name)
            if level == 1 and not title:
                title = name
            start = position
        previous = (begin, "" if found else bare)
    close(position)
    return LoadedDocument(title[:200], text.rstrip("\n"), _within(sections, len(text.rstrip("\n"))))


def _within(sections: list[Section], length: int) -> tuple[Section, ...]:
    return tuple(Section(s.start, min(s.end, length), s.heading, s.page) for s in sections if s.start < length)
