"""The form of a collection in one file, and the reading of such a file, piece by piece, with nothing in it believed.

A parcel is a ZIP of three parts: `manifest.json` says what the others hold, `documents.jsonl` has a document a line with its
text and the places of its passages, and `vectors.npy` their vectors, float32 (n, dimension), in the same order. Nothing is
stored here.
"""

import json
import tokenize
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from common.database import unwritable
from common.errors import ChunkingInvalid, ParcelInvalid
from knowledge.chunking import Chunking
from knowledge.loading.document import MAX_TEXT, cleaned

MANIFEST, DOCUMENTS, VECTORS = "manifest.json", "documents.jsonl", "vectors.npy"
FORM = 1
"""The version of the file's form; a newer one is refused."""

SUFFIX = ".hearth-collection.zip"

_MANIFEST_LIMIT = 1_000_000  # bytes
_LINE_LIMIT = 400_000_000  # bytes of a document with its passages
_DENSEST = 250  # times smaller than its content: texts that anybody reads never are,
_DENSE_BELOW = 64_000_000  # but a short one may be, which does no harm
_HEADER_LIMIT = 10_000  # bytes of what stands before the vectors
_UNIT = 0.01  # that a vector's length may be off 1

Count = Annotated[int, Field(ge=0, lt=1 << 53)]
Name = Annotated[str, Field(max_length=2_000)]
Pair = tuple[Annotated[str, Field(max_length=200)], Annotated[str, Field(max_length=1_000)]]
Place = tuple[Count, Count, str, Count, list[Pair]]
"""Start, end, heading, page, labels."""

Cut = tuple[Count, Count, str, Count, bool, list[Pair]]
"""Start, end, heading, page, whether it has a vector, labels."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Maker(_Model):
    """The embedder of the vectors, "" for none yet."""

    name: Name
    revision: Name
    dimension: Annotated[int, Field(ge=0, le=65_536)]
    languages: list[Name]


class Manifest(_Model):
    """What a parcel says of itself."""

    form: int
    made: datetime
    title: Name
    embedder: Maker
    chunking: Name
    documents: Count
    passages: Count
    vectors: Count

    @model_validator(mode="after")
    def _fits(self) -> "Manifest":
        _check_chunking(self.chunking)
        if self.vectors > self.passages or (self.vectors and not (self.embedder.name and self.embedder.dimension)):
            raise ValueError("its vectors are nobody's")
        return self


class Paper(_Model):
    """A document; the texts of its passages are stretches of its text."""

    name: Annotated[str, Field(min_length=1, max_length=2_000)]
    title: Name
    form: Literal["document", "records", "passages"]
    sha256: Annotated[str, Field(max_length=64)]
    text: Annotated[str, Field(max_length=MAX_TEXT)]
    added: Annotated[float, Field(ge=0, lt=1e11, allow_inf_nan=False)]
    bytes: Count
    chunking: Name
    titled: bool
    sections: list[Place] | None
    passages: list[Cut]

    @model_validator(mode="after")
    def _fits(self) -> "Paper":
        _check_chunking(self.chunking)
        length = len(self.text)
        places = [(start, end) for start, end, *_ in (*self.passages, *(self.sections or ()))]
        if any(not start <= end <= length for start, end in places):
            raise ValueError("a passage lies outside of its text")
        if cleaned(self.name) != self.name or "\0" in self.text:
            raise ValueError("it has letters that cannot be shown")
        return self


class Parcel:
    """A parcel that is open for reading: its manifest, then its documents and their vectors, once and in order."""

    def __init__(self, manifest: Manifest, archive: zipfile.ZipFile, vectors: IO[bytes]) -> None:
        self.manifest = manifest
        self._archive = archive
        self._vectors = vectors
        self._left = manifest.vectors
        self._check_header()

    def documents(self) -> Generator[Paper, None, None]:
        """Each document, as it is read. Raises `ParcelInvalid`, as all here does, where the file is not what it says."""
        seen: set[str] = set()
        passages = 0
        with self._archive.open(DOCUMENTS) as file, _believing_nothing():
            while line := file.readline(_LINE_LIMIT):
                if not line.endswith(b"\n"):
                    raise damaged("a document in it is cut off or too long")
                paper = Paper.model_validate_json(line)
                passages += len(paper.passages)
                if paper.name in seen or len(seen) == self.manifest.documents or passages > self.manifest.passages:
                    raise damaged("it holds other documents than it says")
                seen.add(paper.name)
                yield paper
            if (len(seen), passages) != (self.manifest.documents, self.manifest.passages):
                raise damaged("it holds other documents than it says")

    def vectors(self, count: int) -> NDArray[np.float32]:
        """The next `count` vectors, float32 (count, dimension), each of length 1 (or 0, for a text without words)."""
        dimension = self.manifest.embedder.dimension
        if count > self._left:
            raise damaged("its vectors are not all there")
        self._left -= count
        with _believing_nothing():
            data = self._vectors.read(count * dimension * 4)
            if len(data) < count * dimension * 4:
                raise damaged("its vectors are not all there")
            found = np.frombuffer(data, dtype="<f4").reshape(count, dimension)
            with np.errstate(over="ignore", invalid="ignore"):
                lengths = np.linalg.norm(found, axis=1)
            if not np.all((np.abs(lengths - 1) < _UNIT) | (lengths == 0)):  # what is not a number fails as well
                raise damaged("its vectors are not of length 1")
            return found

    def end(self) -> None:
        """Everything was read: whether there is more, and whether what was read is what was written."""
        with _believing_nothing():
            if self._left or self._vectors.read(1):
                raise damaged("it holds other vectors than it says")

    def _check_header(self) -> None:
        with _believing_nothing():
            if np.lib.format.read_magic(self._vectors) != (1, 0):
                raise damaged("its vectors are of another form")
            header = np.lib.format.read_array_header_1_0(self._vectors, max_header_size=_HEADER_LIMIT)
        if header != ((self.manifest.vectors, self.manifest.embedder.dimension), False, np.dtype("<f4")):
            raise damaged("its vectors are of another shape than it says")


@contextmanager
def opened(path: Path) -> Iterator[Parcel]:
    """The parcel at `path`. Raises `ParcelInvalid`, and `StorageFailed` where it cannot be read from its disk."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise _no_parcel() from error
    except (ValueError, NotImplementedError) as error:
        raise damaged(str(error)) from error
    except OSError as error:
        raise unreadable(path, error) from error
    with ExitStack() as stack:
        stack.enter_context(archive)
        with _believing_nothing():
            manifest = _checked(archive)
            parcel = Parcel(manifest, archive, stack.enter_context(archive.open(VECTORS)))
        yield parcel


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A file that is at `path` once the block ends, whole, and else is not. Raises `StorageFailed`."""
    beside = path.with_name(f"{path.name}.part")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(path)
    except OSError as error:
        raise unwritable(str(path), error) from error
    finally:
        beside.unlink(missing_ok=True)


def damaged(why: str) -> ParcelInvalid:
    return ParcelInvalid(
        f"This file of a collection is damaged ({why}). Nothing was added; export the collection once more.",
        f"这个资料库文件已损坏（{why}）。没有添加任何内容；请重新导出这个资料库。",
    )


def unreadable(path: Path, error: OSError) -> ParcelInvalid:
    why = error.strerror or str(error)
    return ParcelInvalid(
        f"{str(path)!r} cannot be opened ({why}). Check its name and whether you may read it.",
        f"无法打开 {str(path)!r}（{why}）。请检查文件名和读取权限。",
    )


def _no_parcel() -> ParcelInvalid:
    return ParcelInvalid(
        f"This file is no collection exported by Hearth. Choose one that ends with {SUFFIX}; other files go into a collection.",
        f"这个文件不是 Hearth 导出的资料库。请选择以 {SUFFIX} 结尾的文件；其他文件请添加到某个资料库里。",
    )


_ALTERED = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError,
    SyntaxError, TypeError, tokenize.TokenError,
)  # fmt: skip


@contextmanager
def _believing_nothing() -> Iterator[None]:
    """What zipfile, zlib, numpy and pydantic raise for files that were cut, altered or made to mislead has no common type."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise damaged(".".join(map(str, first["loc"])) or "its documents are not in order") from error
    except _ALTERED as error:
        raise damaged(str(error).splitlines()[0][:100] if str(error) else type(error).__name__) from error


def _checked(archive: zipfile.ZipFile) -> Manifest:
    """What the parcel says of itself, where its parts are what they should be as far as their sizes tell."""
    entries = archive.infolist()
    parts = {entry.filename: entry for entry in entries}
    if set(parts) != {MANIFEST, DOCUMENTS, VECTORS} or len(entries) != 3:
        raise _no_parcel()
    if parts[MANIFEST].file_size > _MANIFEST_LIMIT or any(_strange(entry) for entry in entries):
        raise _no_parcel()
    with archive.open(parts[MANIFEST]) as file:
        manifest = _read_manifest(file.read(_MANIFEST_LIMIT))
    if parts[DOCUMENTS].file_size > max(_DENSE_BELOW, _DENSEST * parts[DOCUMENTS].compress_size):
        raise damaged("its size is not what it says")
    expected = manifest.vectors * manifest.embedder.dimension * 4
    if not expected <= parts[VECTORS].file_size <= expected + _HEADER_LIMIT:
        raise damaged("its vectors are not all there")
    return manifest


def _read_manifest(text: bytes) -> Manifest:
    said: Any = json.loads(text)
    form = said.get("form") if isinstance(said, dict) else None
    if isinstance(form, int) and form > FORM:
        raise ParcelInvalid(
            f"This collection was exported by a newer Hearth (form {form}; this one reads up to {FORM}). Update Hearth first.",
            f"这个资料库由更新版本的 Hearth 导出（格式 {form}，本版本最多读到 {FORM}）。请先升级 Hearth。",
        )
    return Manifest.model_validate_json(text)


def _strange(entry: zipfile.ZipInfo) -> bool:
    """Encrypted, or packed in a way of which a few bytes ask for gigabytes of memory."""
    return bool(entry.flag_bits & 1) or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _check_chunking(text: str) -> None:
    """Raises `ValueError`."""
    try:
        Chunking.parse(text)
    except (ChunkingInvalid, TypeError) as error:
        raise ValueError("it is cut in a way that there is not") from error
