"""The keys that an API description asks for, as secrets of its tools: names and places, for a description holds no values.

OpenAPI's `securitySchemes` and Swagger's `securityDefinitions` are read. What needs a conversation with the service first, as
OAuth does, becomes a token that its user gets there and enters.
"""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from tools.schemas import SchemaReader, Unusable, as_text

_ALTERNATIVES = 20

SecretFields = Mapping[str, Any]
"""The fields of a `SentSecret`."""


class Keys:
    """The keys of one API; `prefix` begins the names of its secrets, so that two APIs do not share one."""

    def __init__(self, description: Mapping[str, Any], schemas: SchemaReader, prefix: str) -> None:
        components = description.get("components")
        declared = (
            components.get("securitySchemes") if isinstance(components, Mapping) else description.get("securityDefinitions")
        )
        self._declared: Mapping[str, Any] = declared if isinstance(declared, Mapping) else {}
        self._schemas = schemas
        self._prefix = prefix

    def wanted(self, security: Any) -> list[SecretFields]:
        """The secrets of the first of the alternatives that can be sent; raises `Unusable` when there is none."""
        if not security:
            return []
        alternatives = security[:_ALTERNATIVES] if isinstance(security, list) else []
        failure: Unusable | None = None
        for alternative in alternatives:
            if alternative == {}:
                continue
            try:
                if not isinstance(alternative, Mapping):
                    raise Unusable("It needs a key of a form that is not read.", "它需要的密钥写法不支持。")
                found = [self._secret(name) for name in islice(alternative, 6)]
            except Unusable as error:
                failure = failure or error
            else:
                return [{**secret, "required": {} not in alternatives} for secret in found]
        if {} in alternatives:
            return []
        raise failure or Unusable("It needs a key of a form that is not read.", "它需要的密钥写法不支持。")

    def of_parameter(self, name: str, place: str, required: bool) -> SecretFields:
        """The secret in the place of a parameter that is a key by its name."""
        return {"name": self._named(name), "place": place, "field": name, "required": required}

    def _secret(self, name: str) -> dict[str, Any]:
        # One that is not declared, as many forget, is most often a token.
        scheme = self._schemas.resolve(self._declared[name]) if name in self._declared else {"type": "oauth2"}
        kind, form = as_text(scheme.get("type")), as_text(scheme.get("scheme")).lower()
        fields = {"name": self._named(name), "place": "header", "field": "Authorization"}
        if kind == "apiKey":
            return fields | {"place": as_text(scheme.get("in")), "field": as_text(scheme.get("name"))}
        if kind == "basic" or (kind == "http" and form == "basic"):
            return fields | {"prefix": "Basic ", "write": "base64"}
        if kind in ("oauth2", "openIdConnect") or (kind == "http" and form == "bearer"):
            return fields | {"prefix": "Bearer "}
        told = " ".join(filter(None, (kind, form))) or "?"
        raise Unusable(
            f"It needs the key {name[:80]!r} in the form {told[:40]!r}, which is not sent.",
            f"它需要 {told[:40]!r} 形式的密钥 {name[:80]!r}，这里不支持。",
        )

    def _named(self, name: str) -> str:
        return f"{self._prefix}.{re.sub(r'[^A-Za-z0-9_.-]+', '-', name).strip('-') or 'key'}"[:64]
