"""Whether bytes are the picture or the sound that they are said to be, so that they may be kept and shown.

They come from tools and from people, and from strangers through both: a picture is decoded under limits, a sound is known by how
it begins. What this does not do: draw a picture anew (what a camera wrote beside the pixels stays in it), decode a sound, or look
at the later pictures of one that moves. What passes is served as the type it was checked for, so that no browser takes it for a
page.
"""

import io
import unicodedata

from assistant.messages import PICTURES
from common.errors import HearthError
from common.problems import Sentences
from tools.base import Media

MEGABYTES = 10
"""Of one picture or sound."""

PIXELS = 40_000_000
"""Of one picture; each takes four bytes when it is decoded."""

_NAME_LENGTH = 120
_BRACKETS = str.maketrans("[]", "()")  # a name stands between brackets where a model reads it

_KINDS: Sentences = (
    "is none of the kinds that can be shown: PNG, JPEG, WebP and GIF pictures, WAV, MP3 and Ogg sounds. Convert it first.",
    "不是可以显示的类型：图片可用 PNG、JPEG、WebP、GIF，声音可用 WAV、MP3、Ogg。请先转换格式。",
)
_LARGE: Sentences = (
    f"is larger than {MEGABYTES} MB. Make it smaller first.",
    f"超过 {MEGABYTES} MB。请先缩小。",
)
_MANY: Sentences = (
    f"has too many pixels (more than {PIXELS // 1_000_000} million). Make it smaller first.",
    f"像素太多（超过 {PIXELS // 10_000} 万）。请先缩小。",
)
_BROKEN: Sentences = ("is damaged and cannot be read. Take another copy.", "已损坏，无法读取。请换一份。")


def checked(medium: Media) -> Media:
    """The same content under a name fit to be shown. Raises `HearthError` for what is too large or not what its type says."""
    name = plain_name(medium.name)
    if len(medium.data) > MEGABYTES * 1_000_000:
        raise too_large(name)
    found = type_of(medium.data)
    if found is None:
        raise _refused(name, _KINDS)
    if found != medium.type:
        raise HearthError(
            f"{name!r} is said to be {medium.type!r} and holds {found!r}. Give it the type of what it holds.",
            f"{name!r} 声称是 {medium.type!r}，内容却是 {found!r}。请按实际内容标明类型。",
        )
    if found in PICTURES:
        _decode(medium.data, name)
    return Media(medium.data, found, name)


def too_large(name: str) -> HearthError:
    """The refusal of what has more than so many megabytes."""
    return _refused(plain_name(name), _LARGE)


def type_of(data: bytes) -> str | None:
    """The media type of what may be shown, by how it begins; None for everything else."""
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12])
    return next((type for begin, type in _BEGIN if data.startswith(begin)), None)


def plain_name(name: str) -> str:
    """A name in one short line that no bracket ends and that nothing invisible disguises."""
    shown = "".join(letter for letter in name if letter.isspace() or unicodedata.category(letter)[0] != "C")
    return " ".join(shown.translate(_BRACKETS).split())[:_NAME_LENGTH] or "?"


def _decode(data: bytes, name: str) -> None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP", "GIF")) as picture:
            if picture.width * picture.height > PIXELS:
                raise _refused(name, _MANY)
            picture.load()
    except HearthError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused(name, _MANY) from None
    except Exception:  # noqa: BLE001  a broken file makes Pillow raise nearly anything, and each means the same to its owner
        raise _refused(name, _BROKEN) from None


def _refused(name: str, sentences: Sentences) -> HearthError:
    return HearthError(f"{name!r} {sentences[0]}", f"{name!r} {sentences[1]}")


_BEGIN = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3\x02", "audio/mpeg"),
    (b"ID3\x03", "audio/mpeg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
)
