"""What the maker chose for the whole app in the page: the persona it opens with, the model it starts with, the region for care.

They are one document in the database, so that a backup carries them. The command line and the environment win where they name
something (`Settings.given`): whoever starts the app must be able to start it otherwise than it was left.
"""

import logging

from pydantic import Field, field_validator

from assistant.access import MAKER
from assistant.settings import Settings
from common.database import Database
from common.documents import UNSEEN, Document, DocumentStore
from common.errors import DocumentError, DocumentMissing, EditConflict
from common.problems import problem
from personas.helplines import REGIONS

_ID = "preferences"


class Preferences(Document):
    """The choices; an empty one leaves the matter to the settings of the start."""

    id: str = _ID
    persona: str = Field("", max_length=64)  # what a new conversation begins with; "" the first of the gallery
    # The model by its name, as in `--model`. This is the one place where a choice of the page is kept: whoever switches models
    # stores it by `PreferenceStore.change(model=...)`, and `build_studio` reads it by `model_at_start` when the app starts.
    model: str = Field("", max_length=500)
    region: str = ""  # one of `REGIONS`

    @field_validator("model", "persona")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if UNSEEN.search(value):
            raise problem("This must be one line.", "这里只能是一行文字。")
        return value.strip()

    @field_validator("region")
    @classmethod
    def _known(cls, value: str) -> str:
        if value and value not in REGIONS:
            raise problem(
                f"There are no help lines for {value[:20]!r}. Choose a region of the list.",
                f"没有 {value[:20]!r} 的求助电话。请从列表中选一个地区。",
            )
        return value


class PreferenceStore(DocumentStore[Preferences]):
    """The maker's `Preferences`: one document, which is there as soon as something was chosen."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "preferences", Preferences)

    def current(self) -> Preferences:
        """What was chosen; what a newer Hearth wrote, or what is damaged, counts as nothing chosen."""
        try:
            return self.get(MAKER.owner, _ID).document
        except DocumentMissing:
            return Preferences()
        except DocumentError as error:
            logging.getLogger(__name__).warning("the preferences cannot be read: %s", error)
            return Preferences()

    def change(self, **chosen: str) -> Preferences:
        """Keep these choices beside the others. Raises `DocumentInvalid` with every problem."""
        while True:
            try:
                stored = self.get(MAKER.owner, _ID)
                before, revision = stored.document, stored.revision
            except DocumentMissing:
                before, revision = Preferences(), 0
            try:
                return self.save(MAKER.owner, before.model_copy(update=chosen), revision).document
            except EditConflict:  # somebody else's choice came between; it stays, beside this one
                continue


def model_at_start(settings: Settings, chosen: Preferences) -> str:
    """The name of the model to load: the command line's or the environment's, else the one chosen in the page."""
    return settings.model if "model" in settings.given else chosen.model or settings.model


def region_now(settings: Settings, chosen: Preferences) -> str:
    """Whose help lines a care notice names."""
    return settings.region if "region" in settings.given else chosen.region or settings.region
