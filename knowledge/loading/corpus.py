"""A corpus as readers see it: a document where it is small, else a file whose parts are documents, like members of an archive."""

from pathlib import Path

from knowledge.corpora.forms import Corpus, corpus
from knowledge.corpora.parts import is_small, part_name, parts, whole, write_part
from knowledge.loading import refusals
from knowledge.loading.archive import Member
from knowledge.loading.document import LoadedDocument
from knowledge.loading.limits import writing


def read_corpus(path: Path, name: str) -> LoadedDocument:
    """The records of a small corpus. Raises `ArchiveFile` for a large one."""
    found = _found(path, name)
    if not is_small(found):
        raise refusals.corpus(name)
    document = whole(found)
    if not document.sections:
        raise refusals.no_records(name, document.left_out)
    return document


def members(path: Path, name: str) -> list[Member]:
    """The parts of a corpus."""
    found = _found(path, name)
    sizes, damage = parts(found)
    listed = [Member(place, part_name(found, place), size) for place, size in enumerate(sizes)]
    if damage:
        why = (f"Line {damage.line}: {damage.english}.", f"第 {damage.line} 行：{damage.chinese}。")
        listed.append(Member(len(sizes), part_name(found, len(sizes)), 0, why))
    return listed


def extract(path: Path, name: str, member: Member, to: Path, largest: int) -> None:
    """Write a part that `members` listed to the file `to`."""
    with writing(largest):
        write_part(_found(path, name), member.place, to)


def _found(path: Path, name: str) -> Corpus:
    found = corpus(path, name)
    if found is None:
        raise refusals.undecodable(name)
    return found
