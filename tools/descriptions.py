"""Texts of strangers in JSON or YAML, read into plain values within limits of size, parts and depth.

Whatever they hold, reading ends soon and with a sentence. It knows no schema of theirs.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from common.errors import DocumentInvalid
from common.yamltext import read_mapping

JSON_LIMIT = 24 * 1024 * 1024
YAML_LIMIT = 1024 * 1024
"""Bytes of a description; reading YAML takes many times as long as reading JSON."""

YAML_PARTS_LIMIT = 50_000


def read_description(text: str) -> Mapping[str, Any]:
    """The fields of a text in JSON or YAML; raises `DocumentInvalid`."""
    text = text.removeprefix("\ufeff").lstrip()
    if not text.startswith("{"):
        if len(text) > YAML_LIMIT or len(re.findall(r"[\n,\[{]", text)) > YAML_PARTS_LIMIT:
            raise DocumentInvalid(
                f"This file is too large to be read as YAML: {YAML_LIMIT:,} bytes and {YAML_PARTS_LIMIT:,} parts fit. "
                "Convert it to JSON, which is read faster.",
                f"这个文件太大，不能按 YAML 读取：最多 {YAML_LIMIT:,} 字节、{YAML_PARTS_LIMIT:,} 项。请转换成 JSON。",
            )
        return read_mapping(text, YAML_LIMIT)
    if len(text.encode(errors="replace")) > JSON_LIMIT:  # by how much is not known: no more than this is read
        raise DocumentInvalid(
            f"This file has more than {JSON_LIMIT:,} bytes, which is the most that is read. Take the operations out that you do "
            "not need.",
            f"这个文件超过了 {JSON_LIMIT:,} 字节，无法读取。请去掉其中不需要的接口。",
        )
    try:
        data: dict[str, Any] = json.loads(text)
    except RecursionError:
        raise DocumentInvalid("This file is nested too deeply to be read.", "这个文件嵌套太深，无法读取。") from None
    except json.JSONDecodeError as error:
        raise DocumentInvalid(
            f"Line {error.lineno} of this file is not valid JSON ({error.msg}). Correct it and try again.",
            f"这个文件的第 {error.lineno} 行不是正确的 JSON。请改正后再试。",
        ) from None
    except ValueError:
        raise DocumentInvalid("A number in this file is too long to be read.", "这个文件里有过长的数字，无法读取。") from None
    return data
