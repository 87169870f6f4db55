"""What a schema finds wrong with a document, said in sentences for the person who filled in the form.

pydantic names each fault by a type and a place; here the types become one English and one Chinese sentence each. Nothing here
knows any particular document: a schema words its own rules with `problem`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic_core import ErrorDetails, PydanticCustomError

Sentences = tuple[str, str]
"""One sentence in English and the same in Chinese."""

_OWN = "hearth"


def problem(english: str, chinese: str) -> PydanticCustomError:
    """The error for a validator of ours to raise, worded for both kinds of reader."""
    # The sentences travel in the context: as the template itself their braces would be read as fields.
    return PydanticCustomError(_OWN, "{english}", {"english": english, "chinese": chinese})


def sentences(errors: Iterable[ErrorDetails]) -> dict[str, Sentences]:
    """Field -> sentences, fields as dotted paths ("starters.2.zh"); of several faults in one field the first is kept."""
    found: dict[str, Sentences] = {}
    for error in errors:
        found.setdefault(".".join(str(part) for part in error["loc"]) or "document", _worded(error))
    return found


def _worded(error: ErrorDetails) -> Sentences:
    context: Mapping[str, Any] = error.get("ctx", {})
    if error["type"] == _OWN:
        return context["english"], context["chinese"]
    kind = error["type"]
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind in _WITH_LIMIT:
        return _WITH_LIMIT[kind](context)
    return f"This value does not fit: {error['msg']}.", "这个值不合要求，请检查后再试。"


_TEXT: Sentences = ("This must be text.", "这里要填文字。")
_NUMBER: Sentences = ("This must be a number.", "这里要填数字。")
_WHOLE: Sentences = ("This must be a whole number.", "这里要填整数。")
_YES_NO: Sentences = ("This must be true or false.", "这里只能填 true 或 false。")
_LIST: Sentences = ("This must be a list.", "这里要填一个列表。")
_FIELDS: Sentences = ("This must be a group of fields.", "这里要填一组字段。")
_FORM: Sentences = ("This is not of the expected form.", "这里的写法不对。")

_SENTENCES: Mapping[str, Sentences] = {
    "missing": ("This field is required.", "这一项必须填写。"),
    "extra_forbidden": ("There is no such field. Remove it.", "没有这个字段，请删掉它。"),
    "invalid_key": ("The name of a field must be text.", "字段名必须是文字。"),
    "string_type": _TEXT,
    "string_unicode": ("This text holds broken characters. Type it again.", "这段文字里有损坏的字符，请重新输入。"),
    "string_pattern_mismatch": _FORM,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _YES_NO,
    "bool_parsing": _YES_NO,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _FIELDS,
    "mapping_type": _FIELDS,
    "model_type": _FIELDS,
    "model_attributes_type": _FIELDS,
}


def _several(context: Mapping[str, Any]) -> Sentences:
    return f"Choose one of: {context['expected']}.", f"只能是其中之一：{context['expected']}。"


_WITH_LIMIT: Mapping[str, Callable[[Mapping[str, Any]], Sentences]] = {
    "string_too_long": lambda c: (
        f"This may have at most {c['max_length']:,} characters.",
        f"最多 {c['max_length']:,} 个字符。",
    ),
    "string_too_short": lambda c: (f"This needs at least {c['min_length']} characters.", f"至少 {c['min_length']} 个字符。"),
    "too_long": lambda c: (f"This may have at most {c['max_length']} entries.", f"最多 {c['max_length']} 项。"),
    "too_short": lambda c: (f"This needs at least {c['min_length']} entries.", f"至少 {c['min_length']} 项。"),
    "greater_than": lambda c: (f"This must be more than {c['gt']:g}.", f"必须大于 {c['gt']:g}。"),
    "greater_than_equal": lambda c: (f"This must be at least {c['ge']:g}.", f"不能小于 {c['ge']:g}。"),
    "less_than": lambda c: (f"This must be less than {c['lt']:g}.", f"必须小于 {c['lt']:g}。"),
    "less_than_equal": lambda c: (f"This may be at most {c['le']:g}.", f"不能大于 {c['le']:g}。"),
    "literal_error": _several,
    "enum": _several,
}
