"""Pictures and sounds that come from outside, made what a model can take: pixels and samples, within limits.

Nothing is fetched and no other program is started: a picture is read by Pillow, a sound only where it is a WAV file. What is not
one of them, or too large to look at, is refused with a sentence.
"""

import io
import warnings
from typing import Any

from common.errors import ToolFailed
from tools.base import Media

SOUND_LIMIT_S = 600
"""Seconds of one sound."""

_PIXELS = 40_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


def picture_of(media: Media) -> Any:
    """A picture as a PIL image in RGB, upright; raises `ToolFailed`."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow's, about sizes that are looked at below and about odd metadata
            with Image.open(io.BytesIO(media.data), formats=_FORMATS) as image:
                width, height = image.size
                if width * height > _PIXELS:
                    raise ToolFailed(
                        f"The picture {media.name!r} has {width:,} x {height:,} points, which is too many. Make it smaller.",
                        f"图片 {media.name!r} 有 {width:,} x {height:,} 像素，太大了。请缩小后再试。",
                    )
                return ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ToolFailed(
            f"{media.name!r} is no picture that can be read. Give a PNG, JPEG, WebP, GIF or BMP file.",
            f"{media.name!r} 不是可以读取的图片。请给 PNG、JPEG、WebP、GIF 或 BMP 文件。",
        ) from error


def sound_of(media: Media) -> tuple[Any, int]:
    """A sound as mono float32 samples (n,) in [-1, 1] and samples a second; raises `ToolFailed`."""
    import numpy as np
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about notes in the file, which nobody here reads
            rate, samples = wavfile.read(io.BytesIO(media.data))
        whole = samples.dtype.kind in "iu"
        middle = 128 if samples.dtype == np.uint8 else 0
        scale = float(np.iinfo(samples.dtype).max) - middle + 1 if whole else 1.0
        mono = ((samples.astype(np.float32) - middle) / scale).reshape(len(samples), -1).mean(axis=1)
        # What a file says of itself may be anything; a rate beyond these is of no sound that people hear.
        if not 1000 <= rate <= 400_000 or not len(mono) or not np.isfinite(mono).all():
            raise ValueError("empty, or no numbers")
    except (ValueError, TypeError, OSError, EOFError, MemoryError, ZeroDivisionError) as error:
        raise ToolFailed(
            f"{media.name!r} is no sound that can be read. Give a WAV file.",
            f"{media.name!r} 不是可以读取的声音。请给 WAV 文件。",
        ) from error
    except Exception as error:  # struct.error and the like: the reader trusts what a file says of itself
        raise ToolFailed(
            f"{media.name!r} is a damaged WAV file. Record it again.", f"{media.name!r} 是损坏的 WAV 文件。请重新录制。"
        ) from error
    if len(mono) > SOUND_LIMIT_S * rate:
        raise ToolFailed(
            f"The sound {media.name!r} is longer than {SOUND_LIMIT_S // 60} minutes. Cut it into pieces.",
            f"声音 {media.name!r} 超过 {SOUND_LIMIT_S // 60} 分钟。请分段处理。",
        )
    return mono, int(rate)


def resampled(samples: Any, rate: int, wanted: int) -> Any:
    """The same sound at another number of samples a second."""
    if rate == wanted:
        return samples
    import math

    import numpy as np
    from scipy.signal import resample_poly

    common = math.gcd(rate, wanted)
    return resample_poly(samples, wanted // common, rate // common).astype(np.float32)
