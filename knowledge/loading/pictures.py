"""Pictures of text, scans and photographs: their text is recognised, each picture of a file of many is a page.

No picture is unpacked that is larger than it may be, and of a file that says less than it holds no more than it says.
"""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence

from knowledge.loading import ocr, refusals
from knowledge.loading.document import LeftOut, LoadedDocument, Told, Writer
from knowledge.loading.paragraphs import of_text

KIND = ("a picture", "图片")
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
_MEGAPIXELS = 120  # of one picture: an A2 page at 600 dots an inch, more than any telephone takes
_PAGES = 1_000
_LONGEST = 5_000  # pixels of the longer side that are looked at
_SMALL = 800  # pixels of the longer side up to which a picture is enlarged: a screen shows text smaller than a scan
_ENLARGED = 2


def read_pictures(path: Path, name: str, told: Told) -> LoadedDocument:
    """The text of the pictures in a file with their page numbers, if they are several; `told` hears of them.

    Raises `UnreadableFile` where no engine is installed, for damaged and oversized files, and where no text was recognised.
    """
    engine = ocr.find()
    if engine is None:
        raise refusals.picture(name)
    writer = Writer()
    left_out: list[LeftOut] = []
    done = 0
    try:
        with Image.open(path, formats=_FORMATS) as file:
            total = getattr(file, "n_frames", 1) if file.format == "TIFF" else 1
            if total > _PAGES:
                raise refusals.too_many_pictures(name, total, _PAGES)
            for number, picture in enumerate(_pages(file, name, total), 1):
                told(number - 1, total, ocr.PAGE_S)
                text = engine.read_picture(_upright(picture))
                if text:
                    writer.block(of_text(text), page=number if total > 1 else 0)
                else:
                    left_out.append(_unread(number))
                done = number
                told(done, total)
    except Image.DecompressionBombError as error:
        raise refusals.too_many_pixels(name, _MEGAPIXELS) from error
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError) as error:
        if len(left_out) == done:  # none was read
            raise refusals.damaged(name, KIND) from error
        left_out.append(_damaged(done + 1))
    document = writer.document()
    if not document.sections:
        raise refusals.unrecognised_picture(name)
    return LoadedDocument(document.title, document.text, document.sections, document.form, tuple(left_out))


def _unread(number: int) -> LeftOut:
    return LeftOut(number, f"No text was recognised in picture {number}.", f"第 {number} 张图片没有识别出文字。")


def _damaged(number: int) -> LeftOut:
    return LeftOut(
        number, f"Picture {number} is damaged, and so may be those after it.", f"第 {number} 张图片已损坏，后面的也读不了。"
    )


def _pages(file: Image.Image, name: str, total: int) -> Iterator[Image.Image]:
    for picture in ImageSequence.Iterator(file) if total > 1 else [file]:
        if picture.width * picture.height > _MEGAPIXELS * 1_000_000:
            raise refusals.too_many_pixels(name, _MEGAPIXELS)
        if picture.format == "JPEG" and max(picture.size) > 2 * _LONGEST:
            picture.draft("L", (_LONGEST, _LONGEST))  # which unpacks it smaller
        yield picture


def _upright(picture: Image.Image) -> Image.Image:
    """The picture in grey as it is looked at, turned as its camera was held, of a size at which text is recognised best."""
    shown = ImageOps.exif_transpose(picture)
    if shown.mode in ("RGBA", "LA", "PA") or "transparency" in shown.info:
        over = shown.convert("RGBA")  # what shows through is paper
        shown = Image.new("RGBA", over.size, "white")
        shown.alpha_composite(over)
    elif shown.mode.startswith("I"):
        shown = shown.point(lambda value: value / 256)  # 16 bits
    shown = shown.convert("L")
    longer = max(shown.size)
    if longer <= _SMALL:
        return shown.resize((shown.width * _ENLARGED, shown.height * _ENLARGED), Image.Resampling.LANCZOS)
    if longer > _LONGEST:
        shown.thumbnail((_LONGEST, _LONGEST))
    return shown
