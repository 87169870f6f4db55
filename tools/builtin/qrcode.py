"""QR codes: a text or a link as a picture that phones read.

segno writes the code; the text goes in as UTF-8, which phones expect, and the picture is black on white at a size fit to be
scanned from a screen.
"""

import io
from collections.abc import Mapping
from typing import Any

from common.errors import ToolFailed
from tools.base import Media, Tool, ToolContext, ToolOutput, ToolSpec

_WIDTH = 480  # pixels at least, border included, but for the largest codes
_SHOWN = 60


class QrCode(Tool):
    """Makes a QR code."""

    id = "qr-code"
    titles: Mapping[str, str] = {"en": "QR code", "zh": "二维码"}
    about: Mapping[str, str] = {
        "en": "Makes a picture of a QR code from a text or a link.",
        "zh": "把文字或链接做成二维码图片。",
    }
    spec = ToolSpec(
        "qr_code",
        "Make a QR code picture of a text or a link. 把文字或链接做成二维码图片。",
        {
            "type": "object",
            "properties": {
                "text": {
                    "type": "string",
                    "description": "What the code holds, such as https://example.org. 二维码的内容。",
                    "minLength": 1,
                    "maxLength": 3000,
                }
            },
            "required": ["text"],
            "additionalProperties": False,
        },
    )

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for a text that no code holds."""
        import segno

        text = arguments["text"].encode("utf-8", "replace").decode("utf-8")
        try:
            code = segno.make_qr(text, encoding="utf-8")
        except segno.DataOverflowError:
            size = len(text.encode())
            raise ToolFailed(
                f"This text has {size:,} bytes, more than a QR code holds (2,953; a Chinese character takes 3). Shorten it.",
                f"这段文字有 {size:,} 字节，二维码最多放 2,953 字节（一个汉字占 3 字节）。请改短。",
            ) from None
        side = code.symbol_size()[0]
        scale = max(2, -(-_WIDTH // side))
        picture = io.BytesIO()
        code.save(picture, kind="png", scale=scale)
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        name = context.say(f"QR code: {shown}", f"二维码：{shown}")
        told = context.say(f"Made a QR code that holds: {shown}", f"已生成二维码，内容是：{shown}")
        data = {"text": text, "pixels": side * scale}
        return ToolOutput(told, data, media=(Media(picture.getvalue(), "image/png", name),))
