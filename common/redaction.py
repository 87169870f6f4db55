"""Secrets taken out of what a service says: many echo the headers or the address they were sent.

Each value is looked for as it is and as it is written in addresses, in JSON, in HTML and in Base64, in capitals or not. What it
does not do: find a secret that a service has cut, turned around or written in another way.
"""

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "•••"
"""What stands in the place of a secret."""


class Redaction:
    """Hides the values of some secrets."""

    def __init__(self, values: Iterable[str], shortest: int = 1) -> None:
        """Values of fewer than `shortest` characters are not looked for: they are in every text by chance."""
        forms = sorted({form for value in values for form in _forms(value, shortest)}, key=len, reverse=True)
        self._forms = re.compile("|".join(map(re.escape, forms)), re.IGNORECASE) if forms else None

    def text(self, text: str) -> str:
        return text if self._forms is None else self._forms.sub(HIDDEN, text)

    def data(self, value: Any) -> Any:
        """JSON with the values hidden in its texts, names and numbers."""
        if self._forms is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(name): self.data(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.data(inner) for inner in value]
        if isinstance(value, int | float) and not isinstance(value, bool) and (hidden := self.text(str(value))) != str(value):
            return hidden
        return value


def _forms(value: str, shortest: int) -> Iterable[str]:
    plain = [value]
    if ":" in value:  # "user:password": either is echoed alone, and the password is the secret
        plain.append(value.partition(":")[2])
    for each in (each for each in plain if len(each) >= shortest):
        written = each.encode("utf-8", "replace")
        yield from (each, quote(written, safe=""), quote(written), quote_plus(written), html.escape(each))
        yield from (json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1], repr(each)[1:-1])
        yield base64.b64encode(written).decode().rstrip("=")
