"""Files attached to one conversation: documents of a collection that belongs to this conversation alone.

The collection is hidden: no list names it, no persona reads it, and only the turns of its conversation search it, for the owner
of the conversation. It is named by the conversation, so that what a deleted conversation leaves behind is found by its name.
"""

import re
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.conversations import Conversations
from assistant.media import MediaStore
from assistant.mediacheck import MEGABYTES, type_of
from common.errors import CollectionMissing, DocumentMissing, HearthError, UnreadableFile
from common.problems import Sentences
from knowledge.base import Knowledge
from knowledge.loading.refusals import unopenable
from knowledge.types import DocumentRecord, Hit, Outcome
from knowledge.unpacking import Unpacked, summed_up
from tools.base import Media

_PREFIX = "attached-"
_TITLE = "Attached"
_HEAD = 512  # bytes of a file that tell a picture or a recording


@dataclass(frozen=True, slots=True)
class Limits:
    """What one conversation takes, and one owner in all of theirs."""

    files: int = 20
    megabytes: int = 20  # of one file
    all_megabytes: int = 60
    files_of_owner: int = 200


class Attachments:
    """The attachments of every owner; a method never shows one owner's to another."""

    def __init__(
        self, knowledge: Knowledge, conversations: Conversations, media: MediaStore, limits: Limits | None = None
    ) -> None:
        self._knowledge = knowledge
        self._conversations = conversations
        self.media = media
        self._limits = limits or Limits()

    def add(self, owner: str, conversation: str, files: Sequence[tuple[Path, str]]) -> Iterator[Outcome]:
        """Attach files, (path, name); an outcome for each, in order. A document of the name of another takes its place.

        A picture or a sound is kept as what it is, and goes with the next message; of an archive, each file is taken by itself.

        Raises `ConversationMissing`, and what `Knowledge.add` raises; what was told of before that is attached.
        """
        self._conversations.get(owner, conversation)
        with tempfile.TemporaryDirectory() as folder:
            given = [self._held(path, name, Path(folder)) for path, name in files]
            outcomes = self._attached(
                owner, conversation, [(each.path, each.name) for held in given for each in held if not each.refused]
            )
            for (path, name), held in zip(files, given, strict=True):
                each = [_refused(member, member.refused) if member.refused else next(outcomes) for member in held]
                yield summed_up(path, name, each)

    def _held(self, path: Path, name: str, folder: Path) -> Sequence[Unpacked]:
        """What a file holds that is attached by itself: the files of an archive, as far as there can be room for them, else the
        file."""
        taken = 0.0

        def refuse(inner: str, size: int) -> HearthError | None:
            nonlocal taken
            refusal = self._over(inner, size / 1e6, 0, 0, taken + size / 1e6)
            taken += 0.0 if refusal else size / 1e6
            return refusal

        try:
            fits = _size(path) <= self._limits.megabytes * 1_000_000
            held = self._knowledge.unpacked(path, name, lambda: folder / uuid.uuid4().hex, refuse) if fits else None
        except (OSError, UnreadableFile):  # whoever reads it says why it cannot be opened
            held = None
        return held or [Unpacked(name, path)]

    def _attached(self, owner: str, conversation: str, files: Sequence[tuple[Path, str]]) -> Iterator[Outcome]:
        """An outcome for each file, none of which is an archive."""
        verdicts = self._judged(owner, conversation, files)
        kinds = [_media_type(path) for path, _ in files]
        taken = [file for file, kind, verdict in zip(files, kinds, verdicts, strict=True) if verdict is None and not kind]
        collection = _name(conversation)
        if taken:
            self._knowledge.hide_collection(owner, collection, _TITLE)
        outcomes = self._knowledge.add_files(owner, collection, taken) if taken else iter(())
        for (path, name), kind, verdict in zip(files, kinds, verdicts, strict=True):
            if verdict is not None:
                yield _failed(path, name, verdict)
            else:
                yield self._attach(owner, conversation, path, name, kind) if kind else next(outcomes)

    def list(self, owner: str, conversation: str) -> list[DocumentRecord]:
        """What is attached to a conversation, oldest first; nothing for one that is not there."""
        try:
            return self._knowledge.documents(owner, _name(conversation))
        except CollectionMissing:
            return []

    def remove(self, owner: str, conversation: str, document: str) -> None:
        """Take an attachment out of its conversation; for a day `restore` brings it back. Raises `DocumentMissing`."""
        if self.media.remove(owner, conversation, document):
            return
        if all(each.id != document for each in self.list(owner, conversation)):
            raise _missing(document)
        self._knowledge.remove(owner, document)

    def restore(self, owner: str, conversation: str, document: str) -> None:
        """Bring back what `remove` took out. Raises `DocumentMissing` when it is too late."""
        if not self.media.restore(owner, conversation, document):
            self._knowledge.restore(owner, document)

    def collection(self, owner: str, conversation: str) -> str | None:
        """The collection to search in the turns of a conversation, None where nothing is attached."""
        return _name(conversation) if self.list(owner, conversation) else None

    def fresh(self, owner: str, conversation: str) -> Sequence[str]:
        """The documents attached since something was last said in the conversation. Raises `ConversationMissing`."""
        last = self._conversations.get(owner, conversation).updated.timestamp()
        return [document.id for document in self.list(owner, conversation) if document.added > last]

    def opening(self, owner: str, conversation: str, asked: str, fresh: Sequence[str], limit: int) -> Sequence[Hit]:
        """The first passages of what a message is about though no passage of it fits the words: "what does this file say?"

        That is what was attached since the last message (`fresh`), else the newest attachment where the message speaks of a
        file. Such a passage was not found by its words, and its score is 0.
        """
        documents = [document.id for document in self.list(owner, conversation)]
        meant = [document for document in documents if document in fresh]
        if not meant and _ABOUT_A_FILE.search(asked):
            meant = documents[-1:]
        passages = [passage for document in reversed(meant) for passage in self._knowledge.passages(owner, document)[:limit]]
        return [Hit(passage, 0.0) for passage in passages[:limit]]

    def forget(self, owner: str, conversation: str) -> None:
        """Delete for good the documents that are attached to a conversation."""
        for _, collection in self._knowledge.hidden(owner):
            if collection == _name(conversation):
                self._knowledge.delete_collection(owner, collection)

    def sweep(self) -> None:
        """Delete for good what was attached to conversations that are gone for good, and what was taken out and not sent."""
        self.media.sweep()
        attached = {
            collection.removeprefix(_PREFIX): (owner, collection)
            for owner, collection in self._knowledge.hidden()
            if collection.startswith(_PREFIX)
        }
        for conversation in attached.keys() - self._conversations.kept(list(attached)):
            self._knowledge.delete_collection(*attached[conversation])

    def _attach(self, owner: str, conversation: str, path: Path, name: str, kind: str) -> Outcome:
        try:
            with path.open("rb") as file:
                data = file.read(MEGABYTES * 1_000_000 + 1)  # one more than is taken
            ref = self.media.attach(owner, conversation, Media(data, kind, name))
        except OSError as error:
            return _failed(path, name, unopenable(name, error.strerror or str(error)))
        except HearthError as error:
            return _failed(path, name, error)
        return Outcome(str(path), name, "done", reason=_GOES_ALONG[0], reason_zh=_GOES_ALONG[1], document=ref.id)

    def _judged(self, owner: str, conversation: str, files: Sequence[tuple[Path, str]]) -> Sequence[HearthError | None]:
        """Why each file is not taken, None for one that is; earlier ones take room from later ones."""
        there = self.list(owner, conversation)
        elsewhere = self._count(owner) - len(there)
        names, megabytes = {document.name for document in there}, sum(document.bytes for document in there) / 1e6
        verdicts: list[HearthError | None] = []
        for path, name in files:
            if _media_type(path):  # judged when it is kept, and counted apart
                verdicts.append(None)
                continue
            size = _size(path) / 1e6
            count = len(names | {name})
            verdicts.append(self._refusal(path, name, size, count, elsewhere + count, megabytes + size))
            if verdicts[-1] is None:
                names.add(name)
                megabytes += size
        return verdicts

    def _count(self, owner: str) -> int:
        """How many files the owner has attached to all conversations."""
        mine = (collection for _, collection in self._knowledge.hidden(owner) if collection.startswith(_PREFIX))
        return sum(self._knowledge.collection(owner, collection).documents for collection in mine)

    def _refusal(
        self, path: Path, name: str, megabytes: float, files: int, files_of_owner: int, all_megabytes: float
    ) -> HearthError | None:
        """Why a file is not taken, None for one that is; the numbers are those with it."""
        if medium := medium_of(path):
            return HearthError(f"{name!r} {_MEDIA[medium][0]}", f"{name!r} {_MEDIA[medium][1]}")
        return self._over(name, megabytes, files, files_of_owner, all_megabytes)

    def _over(self, name: str, megabytes: float, files: int, files_of_owner: int, all_megabytes: float) -> HearthError | None:
        """Why a file is too much, None where it is not; the numbers are those with it."""
        limits = self._limits
        if megabytes > limits.megabytes:
            return HearthError(
                f"{name!r} has {megabytes:.0f} MB; a conversation takes files of up to {limits.megabytes} MB. Split it.",
                f"{name!r} 有 {megabytes:.0f} MB，对话里每个文件最多 {limits.megabytes} MB。请拆分后再附上。",
            )
        if all_megabytes > limits.all_megabytes:
            return HearthError(
                f"{name!r} does not fit: the files of one conversation may have {limits.all_megabytes} MB together. "
                "Remove one, or start a new conversation.",
                f"{name!r} 放不下了：一个对话的附件合计最多 {limits.all_megabytes} MB。请移除一些，或新开一个对话。",
            )
        if files > limits.files:
            return HearthError(
                f"{name!r} was not taken: a conversation takes {limits.files} files. Remove one, or start a new conversation.",
                f"{name!r} 没有附上：一个对话最多附 {limits.files} 个文件。请移除一些，或新开一个对话。",
            )
        if files_of_owner > limits.files_of_owner:
            return HearthError(
                f"{name!r} was not taken: your conversations hold {limits.files_of_owner} files already. "
                "Delete a conversation that you no longer need.",
                f"{name!r} 没有附上：你的各个对话里已有 {limits.files_of_owner} 个文件。请删除不再需要的对话。",
            )
        return None


_ABOUT_A_FILE = re.compile(
    r"附件|文件|文档|资料|论文|报告|(?:这|那)[份篇本个]|总结|概括|摘要|\b(?:attach\w*|documents?|files?|pdf|papers?|reports?|summar\w+)\b",
    re.IGNORECASE,
)

_GOES_ALONG: Sentences = ("goes with your next message", "会随你的下一条消息发送")

_MEDIA: dict[str, Sentences] = {
    "picture": (
        "is a picture of a kind that is not taken here. Save it as PNG, JPEG, WebP or GIF and attach that.",
        "是这里不支持的图片格式。请另存为 PNG、JPEG、WebP 或 GIF 再附上。",
    ),
    "sound": (
        "is a sound recording of a kind that is not taken here. Save it as WAV, MP3 or Ogg and attach that.",
        "是这里不支持的音频格式。请另存为 WAV、MP3 或 Ogg 再附上。",
    ),
    "film": (
        "is a film, and the model here reads text only. Describe in words what happens in it, or attach its subtitles.",
        "是视频，而这里的模型只能读文字。请用文字描述其中的内容，或附上字幕。",
    ),
}
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF87a", "picture"),
    (b"GIF89a", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"\x00\x00\x01\x00", "picture"),  # an icon
    (b"ID3\x02", "sound"),
    (b"ID3\x03", "sound"),
    (b"ID3\x04", "sound"),
    (b"\xff\xfb", "sound"),
    (b"\xff\xf3", "sound"),
    (b"\xff\xf1", "sound"),
    (b"\xff\xf9", "sound"),
    (b"OggS", "sound"),
    (b"fLaC", "sound"),
    (b"MThd", "sound"),
    (b"#!AMR", "sound"),
    (b"\x1aE\xdf\xa3", "film"),
    (b"FLV\x01", "film"),
    (b"\x00\x00\x01\xba", "film"),
)
_IN_RIFF = {b"WAVE": "sound", b"AVI ": "film", b"WEBP": "picture"}
_BRANDS = {b"heic": "picture", b"heix": "picture", b"mif1": "picture", b"avif": "picture", b"M4A ": "sound", b"M4B ": "sound"}
_SVG = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE svg[^>]*>\s*)?<svg\b", re.DOTALL)


def medium_of(path: Path) -> str | None:
    """ "picture", "sound" or "film", by what the file holds and not by its name; None for every other file."""
    head = _head(path)
    for signature, medium in _SIGNATURES:
        if head.startswith(signature):
            return medium
    if head.startswith(b"RIFF"):
        return _IN_RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "film")
    # A bitmap says its own size; "BM" alone begins many a text.
    if head.startswith(b"BM") and int.from_bytes(head[2:6], "little") == _size(path):
        return "picture"
    return "picture" if _SVG.match(head) else None


def _media_type(path: Path) -> str | None:
    """The type of a picture or sound that is taken as what it is, None for every other file."""
    return type_of(_head(path))


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:  # whoever reads the file says why it cannot be opened
        return b""


def _failed(path: Path, name: str, error: HearthError) -> Outcome:
    return Outcome(str(path), name, "failed", 0, error.english, error.chinese)


def _refused(member: Unpacked, why: Sentences) -> Outcome:
    return Outcome(str(member.path), member.name, "failed", 0, *why)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _name(conversation: str) -> str:
    """The collection of a conversation; of what is no conversation's name, one that never exists."""
    return f"{_PREFIX}{conversation}"


def _missing(document: str) -> DocumentMissing:
    return DocumentMissing(
        f"There is no attachment {document!r} in this conversation any more.", f"这个对话里已经没有附件 {document!r} 了。"
    )
