"""Bytes to text: byte order marks, UTF-8, what a page declares, then whichever encoding gives the likeliest text.

Chinese in a Korean or a Russian encoding is still letters, so that being decodable says little: each candidate is judged by how
common the characters are that it gives, and how they stand beside each other. UTF-8 with a few broken bytes stays UTF-8.
"""

import codecs
import re
from collections.abc import Callable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Pages that name the smaller standard use its larger successor.
_SUCCESSORS = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "iso8859-1": "cp1252", "ascii": "utf-8"}
_OF_PYTHON = ("idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7")  # of no page; one takes hours for a large one
_SAMPLE = 100_000  # bytes that a guess looks at
_LIKELY = 0.5  # the least that characters score on average where an encoding is believed
_LIKELY_WIDE = (1.2, 0.8)  # the same for UTF-16, which any bytes are: without a zero byte, and with one
_WHOLE = 4  # times as many whole characters as broken ones make UTF-8 believed
_NOT_FOREIGN = re.compile(r"[\x00-\x7f]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

# The most frequent characters of each language, of which running text has a third to a half.
_SIMPLIFIED = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去"
    "法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点"
    "正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿"
    "原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德"
    "资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交"
    "规万取拉格望觉术领共确传师观清今切院让识候带导争运笔签请双份假病休睡眠怎办岁址姓电话"
)
_TRADITIONAL = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去"
    "法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點"
    "正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒"
    "原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德"
    "資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交"
    "規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運筆簽請雙份假病休睡眠怎辦歲址姓臺灣圖館"
)
_JAPANESE = frozenset(
    "日一人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校"
)
_KOREAN = frozenset(
    "이다는에의가을고하지로기도를은한사어리나자서인시아니대그해들있게수요과부일정만보여라전상것면주했성으원년제구스안까오동"
)
_LATIN = frozenset("\xa0×÷±áàâäãåæçéèêëíìîïñóòôöõøœúùûüßÁÀÂÄÅÆÇÉÈÊËÍÎÏÑÓÔÖØŒÚÜÞþÐðºª«»“”„‘’–—…€°§¡¿©®·•")
_CENTRAL = frozenset("\xa0×÷±ąćęłńóśźżáčďéěíňřšťúůýžőűöüäôľăâîşţĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽŐŰÖÜÄ„”“–—…§°«»€")
_CYRILLIC_COMMON = frozenset("оеаинтсрвлкмдпуяыьгзбчйх")
# What Czech, Polish and Hungarian look like in the encoding of French, Italian, Portuguese and Spanish.
_UNLIKELY_WESTERN = re.compile(r"è[aeioun]|[ìù]\w|õ(?!e)|ñ(?![aeiouáéíóú])|ê(?![tmclnvrpqs])|æ(?=\W|$)|œ(?![uids])|(?<=[a-z])¿")


def decoded(data: bytes, declared: str | None = None) -> str | None:
    """The text of `data`, or None where it is no text; `declared` is the encoding that the file itself names."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    if b"\x00" not in data[:_SAMPLE]:
        for encoding in ("utf-8", _named(declared)):
            try:
                return data.decode(encoding)
            except (UnicodeDecodeError, LookupError):
                continue
        text = data.decode("utf-8", "replace")
        broken = text.count("\ufffd")
        if len(_NOT_FOREIGN.sub("", text)) - broken >= _WHOLE * broken:
            return text
    guess = _guess(data[:_SAMPLE])
    return data.decode(guess, "replace") if guess else None


def _named(declared: str | None) -> str:
    """The encoding that is meant by what a page declares; UTF-8 where it is none."""
    try:
        name = codecs.lookup(declared or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if name in _OF_PYTHON else _SUCCESSORS.get(name, name)


def _guess(sample: bytes) -> str | None:
    """The likeliest encoding; None where none gives what looks like text. At equal scores the first one listed wins."""
    best, highest = None, 0.0
    for name, score in _SCORES.items():
        wide = name.startswith("utf-16")
        if (b"\x00" in sample and not wide) or (wide and len(sample) % 2):
            continue
        text = _strictly(sample, name)
        if text is None or len(_CONTROL.findall(text)) > len(text) // 100:
            continue
        foreign = [at for at, each in enumerate(text) if wide or each > "\x7f"]
        if not foreign:
            continue
        likely = sum(-0.5 if not wide and _is_stray(text, at) else score(text, at) for at in foreign) / len(foreign)
        least = _LIKELY_WIDE[b"\x00" in sample] if wide else _LIKELY
        if likely >= least and likely > highest:
            best, highest = name, likely
    return best


def _is_stray(text: str, at: int) -> bool:
    """Whether a Chinese, Japanese or Korean character stands alone at a Latin letter: rather an accent or a quotation mark."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    alone = text[at] >= "\u2e80" and before.isascii() and after.isascii()
    return alone and (before.isalpha() or after.isalpha())


def _strictly(sample: bytes, name: str) -> str | None:
    """The text, save what the sample's end cuts off; None where the encoding has no such bytes."""
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(sample)
    except UnicodeDecodeError:
        return None


def _simplified(text: str, at: int) -> float:
    each = text[at]
    if each in _SIMPLIFIED:
        return 3.0
    raw = each.encode("gb18030")
    if len(raw) != 2 or raw[1] < 0xA1 or raw[0] < 0xA1:
        return -0.5
    if raw[0] <= 0xA3:
        return 1.0
    return 1.0 if 0xB0 <= raw[0] <= 0xD7 else 0.4 if 0xD8 <= raw[0] <= 0xF7 else -0.5


def _traditional(text: str, at: int) -> float:
    each = text[at]
    if each in _TRADITIONAL:
        return 3.0
    raw = each.encode("big5", "ignore")
    if len(raw) != 2:
        return -0.5
    return 1.0 if 0xA1 <= raw[0] <= 0xC6 else 0.3


def _japanese(text: str, at: int) -> float:
    each = text[at]
    if "\u3041" <= each <= "\u3093":
        return 2.0
    if each in _JAPANESE or "\u30a1" <= each <= "\u30fc":
        return 1.8
    raw = each.encode("cp932", "ignore")
    if len(raw) != 2:  # katakana of half a width, which any byte from A1 to DF is
        return -0.3
    return 1.0 if raw[0] <= 0x98 else 0.2


def _korean(text: str, at: int) -> float:
    each = text[at]
    if each in _KOREAN:
        return 3.0
    return 1.2 if "\uac00" <= each <= "\ud7a3" else 0.8 if each in "、。「」“”‘’·…" else -0.5


def _cyrillic(text: str, at: int) -> float:
    each, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()):
        return -1.0
    if not ("\u0410" <= each <= "\u044f" or each in "ёЁ«»—–№„“”…іїєґІЇЄҐ\xa0"):
        return -0.5
    if not before.isalpha() and not after.isalpha():
        return 0.4
    if each.isupper() and before.islower():
        return -1.5
    return 1.6 if each in _CYRILLIC_COMMON else 0.8


def _western(text: str, at: int) -> float:
    return -0.5 if _UNLIKELY_WESTERN.match(text, at) else _latin(text, at, _LATIN)


def _central(text: str, at: int) -> float:
    return _latin(text, at, _CENTRAL) - 0.01


def _latin(text: str, at: int, letters: frozenset[str]) -> float:
    """What a letter scores by standing where its languages have it: among plain letters, seldom beside another such one."""
    each, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if each not in letters:
        return -1.0
    if not each.isalpha():
        return 1.6 if each in "¿¡’" and after.isalpha() else 1.1 if before.isalpha() or after.isalpha() else 0.7
    if each.isupper() and before.islower():
        return -1.0
    if each.islower() and after.isupper():
        return -1.0
    beside = before if before.isalpha() else after
    return 1.4 if beside.isascii() and beside.isalpha() else 0.5


def _wide(text: str, at: int) -> float:
    each = text[at]
    if each in _SIMPLIFIED or each in _TRADITIONAL or each in _KOREAN or "\u3041" <= each <= "\u30fc":
        return 2.0
    if "\x20" <= each <= "\x7e" or each in "\t\r\n" or "\u4e00" <= each <= "\u9fa5" or "\u3000" <= each <= "\u30ff":
        return 1.0
    if "\uac00" <= each <= "\ud7a3" or "\u0400" <= each <= "\u045f" or "\u00a1" <= each <= "\u017f" or each in "，！？：；（）€":
        return 1.0
    return 0.5 if "\u2010" <= each <= "\u2027" else -1.0


_SCORES: dict[str, Callable[[str, int], float]] = {
    "gb18030": _simplified,
    "big5": _traditional,
    "cp932": _japanese,
    "euc_kr": _korean,
    "cp1252": _western,
    "cp1250": _central,
    "cp1251": _cyrillic,
    "utf-16-le": _wide,
    "utf-16-be": _wide,
}


def encoding_of(sample: bytes) -> str | None:
    """The encoding of a text that begins so, perhaps in the middle of a character at the end; None where it is no text.

    For files that are too large to be decoded as a whole.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if b"\x00" not in sample:
        try:
            codecs.getincrementaldecoder("utf-8")().decode(sample)
        except UnicodeDecodeError:
            text = sample.decode("utf-8", "replace")
            broken = text.count("\ufffd")
            if len(_NOT_FOREIGN.sub("", text)) - broken >= _WHOLE * broken:
                return "utf-8"
        else:
            return "utf-8"
    # Every encoding that is guessed writes a character in at most four bytes.
    return next((found for end in range(4) if (found := _guess(sample[: len(sample) - end]))), None)
