"""Who is asking: an owner of rows and a role.

Every maker (anyone on loopback, or signed in with the token) is the owner "maker"; a visitor of a hosted page is an owner of
their own. The server decides it from the request; nothing below asks again.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """`owner` names whose rows may be read and written; `maker` says whether personas, knowledge and tools may be edited."""

    owner: str
    maker: bool


MAKER = Identity("maker", True)
