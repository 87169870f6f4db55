"""A plain function as a tool: its JSON Schema is read from its signature.

`Tool.from_function` is the door to this file. It turns type hints and a docstring into what the model reads, and a call back
into arguments of those types; it does not run, time or guard anything, which is the runner's part.
"""

import inspect
import json
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from common.documents import check_id
from common.errors import ArgumentsInvalid
from tools.base import Risk, Tool, ToolContext, ToolOutput, ToolSpec


class FunctionTool(Tool):
    """A function with its schema; see `Tool.from_function`."""

    def __init__(
        self, function: Callable[..., Any], id: str | None, titles: Mapping[str, str] | None, risk: Risk, time_limit_s: float
    ) -> None:
        name = function.__name__
        description = inspect.getdoc(function)
        if not description:
            raise TypeError(f"{name} needs a docstring: it is what tells the model when to call the tool")
        self._function = function
        self._context_argument, self._model = _read_signature(function)
        self.id = id or name.strip("_").replace("_", "-").lower()
        check_id(self.id)
        self.titles = dict(titles) if titles else {language: name.replace("_", " ").capitalize() for language in ("en", "zh")}
        self.risk = risk
        self.time_limit_s = time_limit_s
        self.spec = ToolSpec(name, description, _without_noise(self._model.model_json_schema()))

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ArgumentsInvalid` for what only the types know, such as a date that does not exist."""
        try:
            values = self._model.model_validate(dict(arguments))
        except ValidationError as error:
            told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise ArgumentsInvalid(f"Wrong arguments. {told}.", f"参数不对：{told}。") from error
        given = {name: getattr(values, name) for name in type(values).model_fields}
        if self._context_argument:
            given[self._context_argument] = context
        return _output(self._function(**given))


def _read_signature(function: Callable[..., Any]) -> tuple[str, type[BaseModel]]:
    """The name of the argument that takes the context ("" for none), and a model of all the others."""
    hints = typing.get_type_hints(function, include_extras=True)
    context_argument = ""
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise TypeError(f"{function.__name__} takes {parameter}; a tool takes named arguments only")
        if name not in hints:
            raise TypeError(f"the argument {name!r} of {function.__name__} needs a type hint")
        if hints[name] is ToolContext:
            context_argument = name
        else:
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[name] = (_described(hints[name]), default)
    return context_argument, create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)


def _described(hint: Any) -> Any:
    """`Annotated[int, "words"]` as pydantic writes it."""
    if typing.get_origin(hint) is not Annotated:
        return hint
    kind, *notes = typing.get_args(hint)
    described = [Field(description=note) if isinstance(note, str) else note for note in notes]
    return Annotated[kind, *described]


def _without_noise(schema: Any) -> Any:
    """The schema as small models read it best: without pydantic's titles, and an optional argument as its type alone."""
    if isinstance(schema, list):
        return [_without_noise(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    cleaned = {
        # The members of these two are names of the user's, of which "title" may be one.
        key: {name: _without_noise(part) for name, part in value.items()}
        if key in ("properties", "$defs")
        else _without_noise(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str)) and key not in ("default", "enum", "const")
    }
    cleaned |= {key: schema[key] for key in ("enum", "const") if key in schema}
    if schema.get("default") is not None:
        cleaned["default"] = schema["default"]
    kinds = [part for part in cleaned.get("anyOf", ()) if part != {"type": "null"}]
    if len(kinds) == 1 and len(cleaned["anyOf"]) == 2 and "default" in schema and schema["default"] is None:
        del cleaned["anyOf"]
        cleaned = {**kinds[0], **cleaned}
    return cleaned


def _output(value: Any) -> ToolOutput:
    if isinstance(value, ToolOutput):
        return value
    if isinstance(value, str):
        return ToolOutput(value)
    data = TypeAdapter(Any).dump_python(value, mode="json")
    return ToolOutput(json.dumps(data, ensure_ascii=False), data)
