"""Hashes and encodings of a text: fingerprints one way, and the ways to write a text in other signs, both ways.

Texts are UTF-8. What decodes to no text is refused, not shown as something else; nothing here keeps a secret, for every encoding
can be undone by anybody.
"""

import base64
import binascii
import hashlib
import html
import re
import urllib.parse
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from common.errors import ToolFailed
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec

_HASHES: Mapping[str, Callable[[bytes], str]] = {
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "sha512": lambda data: hashlib.sha512(data).hexdigest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "crc32": lambda data: f"{zlib.crc32(data):08x}",
}
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Encoding(Tool):
    """Hashes, encodes or decodes a text."""

    id = "encoding"
    titles: Mapping[str, str] = {"en": "Hash and encode", "zh": "哈希与编码"}
    about: Mapping[str, str] = {
        "en": "Hashes (SHA-256, SHA-1, MD5, CRC-32) and encodings (Base64, hex, URL, HTML) of a text, and back.",
        "zh": "计算哈希（SHA-256、SHA-1、MD5、CRC-32），做 Base64、十六进制、URL、HTML 编码和解码。",
    }
    spec = ToolSpec(
        "encode_text",
        "Hash a text (sha256, sha512, sha1, md5, crc32), or encode or decode it (base64, hex, url, html). "
        "计算文字的哈希值，或编码、解码。",
        {
            "type": "object",
            "properties": {
                "text": {"type": "string", "description": "The text. 文字。", "maxLength": 100_000},
                "method": {
                    "type": "string",
                    "enum": [*_HASHES, "base64", "hex", "url", "html"],
                    "description": "The hash or the encoding. 方法。",
                },
                "direction": {
                    "type": "string",
                    "enum": ["encode", "decode"],
                    "description": "Left out: encode. 编码或解码。",
                },
            },
            "required": ["text", "method"],
            "additionalProperties": False,
        },
    )

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for what cannot be decoded."""
        text, method, direction = arguments["text"], arguments["method"], arguments.get("direction", "encode")
        result = _decoded(text, method) if direction == "decode" else _encoded(text, method)
        return ToolOutput(result, {"method": method, "direction": direction, "result": result})


def _encoded(text: str, method: str) -> str:
    data = text.encode("utf-8", "replace")  # half a surrogate pair is a sign that no encoding has
    if method in _HASHES:
        return _HASHES[method](data)
    if method == "base64":
        return base64.b64encode(data).decode()
    if method == "hex":
        return data.hex()
    return urllib.parse.quote(data, safe="") if method == "url" else html.escape(text)


def _decoded(text: str, method: str) -> str:
    if method in _HASHES:
        raise ToolFailed(
            f"{method} is a hash: nothing turns it back into the text. Only base64, hex, url and html are decoded.",
            f"{method} 是哈希，无法还原成原文。能解码的只有 base64、hex、url 和 html。",
        )
    if method == "html":
        return html.unescape(text)
    try:
        if method == "base64":
            # The two alphabets, line breaks within, and the padding that addresses leave out.
            plain = re.sub(r"\s", "", text).rstrip("=").replace("-", "+").replace("_", "/")
            return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8")
        if method == "hex":
            return bytes.fromhex(re.sub(r"0x|[\s:]", "", text)).decode("utf-8")
        if _PERCENT.search(text):
            raise ValueError
        return urllib.parse.unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise ToolFailed(
            f"This {method} holds no text: its bytes are not UTF-8. It may be a picture or another file.",
            f"这段 {method} 里不是文字：它的字节不是 UTF-8，可能是图片或别的文件。",
        ) from None
    except (ValueError, binascii.Error):
        raise ToolFailed(
            f"{text[:60]!r} is not {method}. Check that it is whole and that the method is right.",
            f"{text[:60]!r} 不是有效的 {method}。请检查它是否完整、方法是否选对。",
        ) from None
