"""Who is asking: an owner of rows and a role.

Every maker (anyone on loopback, or signed in with the token) is the owner "maker"; a visitor of a hosted page is an owner of
their own. The server decides it from the request; nothing below asks again.
"""

import logging
from dataclasses import dataclass

from common.errors import HearthError


@dataclass(frozen=True, slots=True)
class Identity:
    """`owner` names whose rows may be read and written; `maker` says whether personas, knowledge and tools may be edited."""

    owner: str
    maker: bool


MAKER = Identity("maker", True)

_PRIVATE = {
    "en": "This cannot be done right now. Whoever runs this page can see why; try again later.",
    "zh": "现在做不到，原因只有维护这个页面的人看得到。请过些时候再试。",
}


def told(error: HearthError, owner: str) -> dict[str, str]:
    """The sentence of a failure by language, as `owner` may read it; what is kept from a visitor goes to the log."""
    if error.private and owner != MAKER.owner:
        logging.getLogger(__name__).warning("not told to a visitor: %s", error)
        return dict(_PRIVATE)
    return {"en": error.english, "zh": error.chinese}
