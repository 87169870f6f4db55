"""The collections that every new data folder begins with: read from the files beside this one, for an owner.

Each document is given once, and again only when an update of Hearth changes it: what a person removes stays away.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import yaml

from knowledge.base import Knowledge
from knowledge.corpora.efaqa import read_records
from knowledge.types import Outcome

FOLDER = Path(__file__).parent / "shipped"


@dataclass(frozen=True, slots=True)
class ShippedCollection:
    """An entry of `collections.yaml`: texts by language, `path` a file or folder, `form` documents or efaqa.

    `language` is that of the records, in which their document is named; "" for documents, which name themselves.
    """

    id: str
    title: dict[str, str]
    description: dict[str, str]
    path: Path
    form: str
    language: str


def shipped_collections(folder: Path = FOLDER) -> list[ShippedCollection]:
    """What `collections.yaml` in the folder lists."""
    entries = yaml.safe_load((folder / "collections.yaml").read_text(encoding="utf-8"))["collections"]
    return [
        ShippedCollection(
            entry["id"], entry["title"], entry["description"], folder / entry["path"], entry["form"], entry.get("language", "")
        )
        for entry in entries
    ]


def shipped_names(collection: ShippedCollection) -> set[str]:
    """What the documents of a shipped collection may be called in a data folder."""
    return set(collection.title.values()) if collection.form == "efaqa" else {path.name for path in _files(collection.path)}


def install_shipped(knowledge: Knowledge, owner: str, language: str = "zh", folder: Path = FOLDER) -> list[Outcome]:
    """Make the shipped collections for the owner and add what they lack; returns what was added or failed.

    `language` names the collections at their first making. Raises what `Knowledge.add` raises.
    """
    outcomes: list[Outcome] = []
    given = knowledge.installed(owner)
    for collection in shipped_collections(folder):
        for path in _files(collection.path):
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            if given.get((collection.id, path.name)) == sha256:
                continue
            knowledge.ensure_collection(owner, collection.id, collection.title[language])
            if collection.form == "efaqa":
                name = collection.title[collection.language]
                outcome = knowledge.add_records(owner, collection.id, read_records(path), name)
            else:
                outcome = knowledge.add(owner, collection.id, path)
            if outcome.state != "failed":
                knowledge.mark_installed(owner, collection.id, path.name, sha256, outcome.document)
            outcomes.append(outcome)
    return outcomes


def _files(path: Path) -> list[Path]:
    return sorted(found for found in path.iterdir() if found.is_file()) if path.is_dir() else [path]
