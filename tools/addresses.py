"""Addresses of the maker's own services that tools ask, such as their SearXNG.

They are one document in the database, so that a backup carries them. An address entered here is a grant: the tool it is for may
reach that very host and port though they are private, and nothing else.
"""

import logging

from pydantic import Field, field_validator

from common.database import Database
from common.documents import UNSEEN, Document, DocumentStore
from common.egress import origin
from common.errors import DocumentError, DocumentMissing, EgressRefused
from common.problems import problem

_ID = "addresses"


class Addresses(Document):
    """The addresses; an empty one leaves its tool off."""

    id: str = _ID
    search: str = Field("", max_length=500)  # of a SearXNG

    @field_validator("search")
    @classmethod
    def _address(cls, value: str) -> str:
        address = value.strip().rstrip("/")
        if not address:
            return ""
        try:
            origin(address)
        except EgressRefused as error:
            raise problem(error.english, error.chinese) from error
        if UNSEEN.search(address) or any(sign in address for sign in " ?#"):
            raise problem(
                "Enter the address without ? and #, such as http://192.168.1.5:8080.",
                "请填写不带 ? 和 # 的地址，例如 http://192.168.1.5:8080。",
            )
        return address


class AddressStore(DocumentStore[Addresses]):
    """The `Addresses` of each owner, which are there as soon as one was entered."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "tool-addresses", Addresses)

    def current(self, owner: str) -> Addresses:
        """What was entered; what a newer Hearth wrote, or what is damaged, counts as nothing entered."""
        try:
            return self.get(owner, _ID).document
        except DocumentMissing:
            return Addresses()
        except DocumentError as error:
            logging.getLogger(__name__).warning("the addresses of tools cannot be read: %s", error)
            return Addresses()

    def change(self, owner: str, search: str) -> Addresses:
        """Keep an address. Raises `DocumentInvalid`, and `EditConflict` when somebody else did so at the same moment."""
        try:
            revision = self.get(owner, _ID).revision
        except DocumentMissing:
            revision = 0
        return self.save(owner, self.parse({"search": search}), revision).document
