"""The picture of a persona: what people upload becomes a square WebP of 256 pixels, kept as base64 within the document.

A picture comes from strangers, in an upload or in an imported file, so it is decoded under limits and drawn anew: nothing but its
pixels is kept (no place, no camera, no profile), and what is served was written here.
"""

import base64
import binascii
import hashlib
import io
from typing import TYPE_CHECKING

from common.errors import DocumentInvalid
from common.problems import Sentences

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 256
"""Pixels of a picture's side."""

UPLOAD_LIMIT = 8_000_000
"""Bytes of an uploaded picture."""

PIXEL_LIMIT = 40_000_000
"""Pixels of an uploaded picture; a telephone's has 12 to 50 million, and each takes four bytes when it is decoded."""

PICTURE_LIMIT = 48 * 1024
"""Bytes of a picture that is kept."""

_FORMATS = ("PNG", "JPEG", "WEBP")
_QUALITIES = (82, 65, 45, 25)

_KIND: Sentences = (
    "This is not a PNG, JPEG or WebP picture. Choose another file.",
    "这不是 PNG、JPEG 或 WebP 图片，请换一个文件。",
)
_BROKEN: Sentences = (
    "This picture is damaged and cannot be read. Choose another file.",
    "这张图片已损坏，无法读取。请换一个文件。",
)
_MOVES: Sentences = (
    "This picture moves. Choose one that stands still.",
    "这是一张动图，请换一张静止的图片。",
)
_MANY: Sentences = (
    f"This picture has too many pixels (more than {PIXEL_LIMIT // 1_000_000} million). Make it smaller first.",
    f"这张图片像素太多（超过 {PIXEL_LIMIT // 10_000} 万）。请先缩小。",
)
_LARGE: Sentences = (
    f"This file is larger than {UPLOAD_LIMIT // 1_000_000} MB. Make the picture smaller first.",
    f"这个文件超过 {UPLOAD_LIMIT // 1_000_000} MB。请先把图片缩小。",
)


def kept_picture(data: bytes) -> str:
    """The picture in `data`, a PNG, JPEG or WebP file, as the document keeps it: its middle as a square, in base64.

    Raises `DocumentInvalid` (field "picture") for anything else, for one that moves, is damaged or is too large.
    """
    from PIL.Image import DecompressionBombError, DecompressionBombWarning

    if len(data) > UPLOAD_LIMIT:
        raise _refused(_LARGE)
    try:
        square = _square(data)
    except (DecompressionBombError, DecompressionBombWarning):
        raise _refused(_MANY) from None
    except DocumentInvalid:
        raise
    except Exception:  # noqa: BLE001  a broken file makes Pillow raise nearly anything, and each means the same to its owner
        raise _refused(_BROKEN) from None
    square.info.clear()  # what the file said beside its pixels
    for quality in _QUALITIES:
        file = io.BytesIO()
        square.save(file, "WEBP", quality=quality, method=4)
        if file.tell() <= PICTURE_LIMIT:
            return base64.b64encode(file.getvalue()).decode()
    raise _refused(_LARGE)


def _square(data: bytes) -> "Image":
    """The middle of the picture in `data`, upright, RGB or RGBA."""
    from PIL import Image as Pillow
    from PIL import ImageOps, UnidentifiedImageError

    try:
        opened = Pillow.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:
        raise _refused(_KIND) from None
    with opened:
        if opened.width * opened.height > PIXEL_LIMIT:
            raise _refused(_MANY)
        if getattr(opened, "n_frames", 1) > 1:
            raise _refused(_MOVES)
        opened.draft("RGB", (2 * SIDE, 2 * SIDE))  # a large JPEG is decoded at a fraction of its size
        turned = ImageOps.exif_transpose(opened)
        clear = "A" in turned.getbands() or "transparency" in turned.info
        return ImageOps.fit(turned.convert("RGBA" if clear else "RGB"), (SIDE, SIDE), Pillow.Resampling.LANCZOS)


def picture_bytes(picture: str) -> bytes:
    """The WebP file that a document keeps; raises `ValueError` when it keeps something else."""
    try:
        data = base64.b64decode(picture, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if len(data) > PICTURE_LIMIT or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ValueError("not a WebP picture of ours")
    return data


def digest(picture: str) -> str:
    """What names this very picture in an address; "" where there is none."""
    return hashlib.sha256(picture.encode()).hexdigest()[:20] if picture else ""


def _refused(sentences: Sentences) -> DocumentInvalid:
    return DocumentInvalid(*sentences, {"picture": sentences})
