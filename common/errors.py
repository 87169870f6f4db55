"""Every failure that Hearth expects, as one tree.

An error carries its sentence in English and in Chinese: what is wrong, the value, and what to do next. `str(error)` is the
English one; the page shows `error.sentence(language)`. Anything that is not a `HearthError` is a bug.

    HearthError
    ├── DocumentError            NameInvalid · DocumentInvalid · DocumentMissing · EditConflict
    ├── PersonaError             names a model, tool or collection that is not there
    ├── ToolError                ArgumentsInvalid · ToolFailed · ToolDenied
    ├── KnowledgeError           UnreadableFile (ArchiveFile) · EmbedderMismatch · CollectionMissing
    │                        ChunkingInvalid · ParcelInvalid
    ├── ModelError               ModelMissing · ModelLoadFailed · ModelInUse · GenerationFailed · PromptTooLong
    │                        SchemaRefused
    ├── ConversationError        ConversationMissing · TurnRunning · MessageTooLong
    ├── SpeechUnavailable
    ├── JobError                 a program beside the app cannot be started, or has failed
    ├── BackupError              BackupInvalid · BackupBusy
    ├── StorageFailed            the disk is full or read-only
    ├── EgressRefused            an address that may not be reached
    ├── EgressFailed             an address outside that does not answer, or not within its limits
    ├── DataFolderBusy
    └── AddressInUse             the address to listen on is taken, or not this machine's
"""

from collections.abc import Mapping
from typing import ClassVar


class HearthError(Exception):
    """An expected failure, worded for the person who must act."""

    private: ClassVar[bool] = False
    """Whether the sentence tells of folders and settings, which concern nobody but whoever runs Hearth."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.english = english
        self.chinese = chinese

    def sentence(self, language: str) -> str:
        """The sentence in `language`: Chinese for "zh" and its variants, English for every other."""
        return self.chinese if language.startswith("zh") else self.english


class DocumentError(HearthError):
    """A document that people edit cannot be read or saved."""


class NameInvalid(DocumentError):
    """A document id is not `[a-z0-9][a-z0-9-]{0,63}`."""


class DocumentInvalid(DocumentError):
    """A document breaks its schema; `problems` maps each field to its sentence (English, Chinese)."""

    def __init__(self, english: str, chinese: str, problems: Mapping[str, tuple[str, str]] | None = None) -> None:
        super().__init__(english, chinese)
        self.problems = dict(problems or {})


class DocumentMissing(DocumentError):
    """No document of that id for that owner."""


class EditConflict(DocumentError):
    """Somebody saved the document since the form was loaded."""


class PersonaError(HearthError):
    """A persona names a model, tool or collection that is not there."""


class ToolError(HearthError):
    """A tool call did not succeed."""


class ArgumentsInvalid(ToolError):
    """The arguments break the tool's schema; the model may correct them."""


class ToolFailed(ToolError):
    """The tool ran and failed; the model should adapt."""


class ToolDenied(ToolError):
    """The call may not be made, or a person refused it."""


class KnowledgeError(HearthError):
    """Documents cannot be added, searched or removed."""


class UnreadableFile(KnowledgeError):
    """A file is empty, damaged, protected, too large or of a kind that is not read."""


class ArchiveFile(UnreadableFile):
    """A file is an archive: no document itself, but each of its members may be one."""


class EmbedderMismatch(KnowledgeError):
    """A collection was made with another embedder than the one in use."""


class ChunkingInvalid(KnowledgeError):
    """A way to cut documents that there is not, or a size out of its range."""


class ParcelInvalid(KnowledgeError):
    """A file is no exported collection, is damaged, or was made by a newer Hearth; nothing was added."""


class CollectionMissing(KnowledgeError):
    """No collection of that id for that owner."""


class ModelError(HearthError):
    """A model cannot be found, loaded or run."""


class ModelMissing(ModelError):
    """The named model is not on this machine, or its name is not understood."""

    private = True


class ModelLoadFailed(ModelError):
    """The model's files are there and did not load."""

    private = True


class GenerationFailed(ModelError):
    """The engine failed while it was writing."""


class ModelInUse(ModelError):
    """The model that is loaded cannot be taken from the disk."""


class PromptTooLong(ModelError):
    """The prompt does not fit the model's context."""


class SchemaRefused(ModelError):
    """A tool's schema is more than the grammar of calls can hold."""


class ConversationError(HearthError):
    """A conversation cannot take what was asked of it."""


class ConversationMissing(ConversationError):
    """No conversation, or no run, of that id for that owner."""


class TurnRunning(ConversationError):
    """The conversation is still answering."""


class MessageTooLong(ConversationError):
    """The message is empty or longer than the limit."""


class JobError(HearthError):
    """A program that runs beside the app cannot be started, or it has failed."""


class SpeechUnavailable(HearthError):
    """The voice's engine or language is not on this machine."""


class BackupError(HearthError):
    """A backup cannot be made or restored."""


class BackupInvalid(BackupError):
    """A file is no backup, is damaged, or was made by a newer Hearth; nothing was changed."""


class BackupBusy(BackupError):
    """Another backup is being made or restored."""


class StorageFailed(HearthError):
    """The data folder cannot be written: the disk is full, or it is read-only."""

    private = True


class EgressRefused(HearthError):
    """An address outside that may not be reached."""


class EgressFailed(HearthError):
    """A host outside does not answer, is too slow, or sends more than was allowed."""


class DataFolderBusy(HearthError):
    """Another process owns the data folder."""


class AddressInUse(HearthError):
    """The address to listen on is taken by another program, or is not this machine's."""
