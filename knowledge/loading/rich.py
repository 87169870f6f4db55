"""Rich text (.rtf): headings by their styles, paragraphs, lists as they are numbered, tables, notes and text boxes.

Pictures, headers and footers, comments, and what is hidden or deleted are left out. Words that are not ASCII stand as numbers of
Unicode, or as bytes in the encoding of their font or of the file.
"""

import re
from dataclasses import dataclass, replace

from knowledge.loading.document import LoadedDocument, Writer
from knowledge.loading.tables import write_table

_TOKEN = re.compile(rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)", re.DOTALL)
_UNSEEN = frozenset(
    b"aftncn aftnsep aftnsepc annotation atnauthor atndate atnicn atnid atnparent atnref atntime atrfend atrfstart bkmkend "
    b"bkmkstart blipuid colortbl colorschememapping datafield datastore fldinst fldtype filetbl fonttbl footer footerf footerl "
    b"footerr formfield ftncn ftnsep ftnsepc generator header headerf headerl headerr info latentstyles listoverridetable "
    b"listtable mmathPr nesttableprops nonesttables nonshppict objclass objdata objname pgptbl pict pn pnseclvl private revtbl "
    b"rsidtbl rxe shprslt sn sp stylesheet sv tc template themedata txe ud userprops wgrffmtfilter xe xmlnstbl".split()
)
"""Groups that hold no words of the text."""
_SEEN = frozenset(b"do shpinst shptxt dptxbxtext listtext".split())
"""Groups that hold words although a reader that does not know them may pass over them."""
_BOXES = frozenset(b"shptxt dptxbxtext".split())
_SIGNS = {
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•",
    b"emspace": " ", b"enspace": " ", b"qmspace": " ", b"tab": "\t", b"line": "\n", b"nestcell": " ", b"nestrow": "\n",
    b"~": "\xa0", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\",
}  # fmt: skip
_CHARSETS = {
    2: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
_SETS = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}
_HEADING = re.compile(r"(?:heading|标题|標題)\s*(\d)", re.IGNORECASE)
_TITLE = ("title", "标题", "標題")
_MARK = re.compile(r"\s*[·•▪◦\uf000-\uf0ffo§-]\s*")  # what fonts of symbols show as a point
_BODY = 9  # the level of what is no heading


@dataclass(slots=True)
class _State:
    """What holds until the group ends."""

    skipped: bool = False
    place: str = ""  # "font", "style", "title", "note", "box" or "mark" within such a group
    font: int = -1
    style: int = 0
    level: int = _BODY  # of the outline, as the paragraph itself says
    in_table: bool = False
    hidden: bool = False
    after_unicode: int = 1  # characters after one by its number that stand for it elsewhere


def read_rtf(data: bytes) -> LoadedDocument:
    """The words with their headings. What is cut off or out of order is read as far as it goes."""
    reading = _Reading()
    reading.read(data)
    return reading.writer.document(reading.title)


class _Reading:
    """A file while it is read."""

    def __init__(self) -> None:
        self.writer = Writer()
        self.title = ""
        self._state = _State()
        self._encoding = "cp1252"
        self._fonts: dict[int, str] = {}
        self._styles: dict[int, tuple[str, int]] = {}  # number -> name, level
        self._words: list[str] = []
        self._raw = bytearray()  # bytes that are not decoded yet, since a character may have two
        self._aside = ""  # the words of a font's name, a style's name, a title or a mark
        self._boxes: list[str] = []
        self._outer: list[list[str]] = []  # the words around a note or a box
        self._mark = ""
        self._cells: list[str] = []
        self._rows: list[list[str]] = []
        self._passed_over = 0

    def read(self, data: bytes) -> None:
        stack: list[_State] = []
        starts = starred = False
        at = 0
        while found := _TOKEN.search(data, at):
            at = found.end()
            word, number, byte, sign, brace, plain = found.groups()
            if brace:
                self._passed_over = 0
            if brace == b"{":
                self._decode()
                stack.append(self._state)
                self._state = replace(self._state)
                starts, starred = True, False
                continue
            if brace:
                self._decode()
                if stack:
                    self._end(self._state, stack[-1])
                    self._state = stack.pop()
                starts = False
            elif sign == b"*" and starts:
                starred = True
                continue
            elif word == b"bin":
                at += max(int(number or 0), 0)
            elif word:
                if starts:
                    self._enter(word, starred)
                self._control(word, int(number) if number else None)
            elif sign in (b"\n", b"\r"):
                self._control(b"par", None)
            elif byte or plain or sign:
                self._text(bytes([int(byte, 16)]) if byte else plain or b"", _SIGNS.get(sign or b"", ""))
            starts = starred = False
        self._decode()
        self._paragraph()
        self._table()

    def _enter(self, word: bytes, starred: bool) -> None:
        """A group begins with a word that says what it holds."""
        state = self._state
        places = {b"fonttbl": "font", b"stylesheet": "style", b"title": "title", b"listtext": "mark", b"pntext": "mark"}
        if word in places and (word != b"title" or state.skipped):
            state.place, state.skipped, self._aside = places[word], True, ""
        elif word in (b"footnote", *_BOXES) and not state.skipped:
            state.place = "note" if word == b"footnote" else "box"
            self._outer.append(self._words)
            self._words = []
        elif word in _UNSEEN or (starred and word not in _SEEN):
            state.skipped, state.place = True, ""

    def _end(self, state: _State, outer: _State) -> None:
        """A group ends, and the one around it goes on."""
        if state.place == "style" and outer.place == "style":
            self._named_style(state)
        elif state.place == outer.place:
            return
        elif state.place in ("note", "box"):
            text = "".join(self._words).strip()
            self._words = self._outer.pop()
            if state.place == "box":
                self._boxes.append(text)
            elif text:
                self._words.append(f" [{' '.join(text.split())}]")
        elif state.place == "title":
            self.title = self.title or self._aside.strip()
        elif state.place == "mark":
            mark = self._aside.strip()
            self._mark = "-" if _MARK.fullmatch(mark) else mark

    def _named_style(self, state: _State) -> None:
        name = self._aside.split(";")[0].strip()
        heading = _HEADING.match(name)
        self._styles[state.style] = name.lower(), int(heading[1]) - 1 if heading else state.level
        self._aside = ""

    def _control(self, word: bytes, number: int | None) -> None:
        state = self._state
        if word == b"u" and number is not None:
            self._decode()
            self._write(chr(number % 65536))
            self._passed_over = state.after_unicode
            return
        if word in _SIGNS:
            self._decode()
            self._text(b"", _SIGNS[word])
        elif word == b"uc":
            state.after_unicode = min(max(number or 0, 0), 10)
        elif word == b"f" and number is not None:
            self._decode()
            state.font = number
        elif word == b"ansicpg" and number:
            self._encoding = "utf-8" if number == 65001 else "gb18030" if number == 936 else f"cp{number}"
        elif word in _SETS:
            self._encoding = _SETS[word]
        elif word == b"fcharset" and state.place == "font" and number in _CHARSETS:
            self._fonts[state.font] = _CHARSETS[number]
        elif word in (b"v", b"deleted", b"htmlrtf"):
            self._decode()
            state.hidden = number != 0
        elif word == b"plain":
            self._decode()
            state.hidden = False
        elif word == b"s" and number is not None:
            state.style = number
        elif word == b"outlinelevel" and number is not None:
            state.level = number
        elif word == b"pard":
            state.style, state.level, state.in_table = 0, _BODY, False
        elif word in (b"intbl", b"trowd"):
            state.in_table = True
        elif word in (b"par", b"sect", b"page", b"cell", b"row") and not state.skipped:
            self._decode()
            self._broken(word)

    def _broken(self, word: bytes) -> None:
        """A paragraph, a cell or a row ends."""
        if self._outer or (word == b"par" and self._state.in_table):
            self._words.append("\n")
        elif word == b"cell":
            self._cells.append(self._marked(_joined(self._words)))
            self._words = []
        elif word == b"row":
            self._rows.append(self._cells)
            self._cells = []
        else:
            self._paragraph()

    def _paragraph(self) -> None:
        text = _joined(self._words).strip()
        self._words = []
        name, level = self._styles.get(self._state.style, ("", _BODY))
        level = min(level, self._state.level)
        if text:
            self._table()
            text = self._marked(text)
            if name in _TITLE:
                self.title = self.title or text
                level = 0
            if 0 <= level < _BODY:
                self.writer.heading(level + 1, text)
            else:
                self.writer.block(text)
        for box in self._boxes:
            self.writer.block(box)
        self._boxes = []

    def _marked(self, text: str) -> str:
        mark, self._mark = self._mark, ""
        return f"{mark} {text.strip()}" if mark and text.strip() else text

    def _table(self) -> None:
        """Write the table whose rows were gathered."""
        rows, self._rows = self._rows, []
        if self._cells:
            rows.append(self._cells)
            self._cells = []
        write_table(self.writer, rows)

    def _text(self, raw: bytes, sign: str) -> None:
        if sign and self._passed_over:
            self._passed_over -= 1
        elif sign:
            self._decode()
            self._write(sign)
        else:
            passed = min(self._passed_over, len(raw))
            self._passed_over -= passed
            self._raw += raw[passed:]

    def _decode(self) -> None:
        if self._raw:
            try:
                text = self._raw.decode(self._fonts.get(self._state.font, self._encoding), "replace")
            except LookupError:
                text = self._raw.decode("cp1252", "replace")
            self._raw.clear()
            self._write(text)

    def _write(self, text: str) -> None:
        if self._state.place in ("font", "style", "title", "mark"):
            self._aside += text
        elif not self._state.skipped and not self._state.hidden:
            self._words.append(text)


def _joined(words: list[str]) -> str:
    """The words as text: characters beyond the first 65,536 stand as two numbers."""
    return "".join(words).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
