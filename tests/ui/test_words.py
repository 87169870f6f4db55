"""How the words read, wherever they stand: the page's, the sentences of every failure in the source, and the shipped documents.

Failures are found in the source by `ast`, so that a new one is judged before anybody meets it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import ui
from ui.texts import keys, text

ROOT = Path(ui.__file__).parents[1]
ROOMS = ("common", "retrieval", "personas", "tools", "knowledge", "assistant", "server", "ui")
HAN = re.compile("[\u4e00-\u9fff]")
# Three words in a row that are not Chinese. What is written with a capital, a digit, a dot or a dash is a name; so is a command.
LATIN = re.compile(r"\b(?!pip install|apt install|hf auth login)[a-z]{2,}[ ,;]+[a-z]{2,}[ ,;]+[a-z]{2,}\b")
FULL_WIDTH = re.compile("[，。；：？！、（）《》]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!.](?!\w)|[\u4e00-\u9fff] ?\((?=[\u4e00-\u9fff])")
SHOUTS = re.compile("[!！]")


def faults(english: str, chinese: str) -> list[str]:
    """What is wrong with a text in two languages."""
    found = {
        "the Chinese is missing": not chinese.strip(),
        "the English is missing": not english.strip(),
        "Latin sentence": LATIN.search(chinese),
        "half-width mark after Chinese": HALF_WIDTH.search(chinese),
        "full-width mark in English": FULL_WIDTH.search(english),
        "您": "您" in chinese,
        "it shouts": SHOUTS.search(english + chinese),
        "one ends with a full stop and the other does not": bool(re.search(r"\.$", english)) != bool(re.search("。$", chinese)),
    }
    return [name for name, wrong in found.items() if wrong]


@pytest.mark.parametrize("key", keys())
def test_words_of_the_page(key: str) -> None:
    assert faults(text(key, "en"), text(key, "zh")) == []


@dataclass(frozen=True, slots=True)
class Sentence:
    """The two sentences of a failure, `{}` for what is filled in."""

    where: str
    english: str
    chinese: str


def sentences() -> Iterator[Sentence]:
    """Every failure that is raised with its sentences written out."""
    names = error_names()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and called(node) in names and len(node.args) >= 2):
                continue
            english, chinese = (written(argument) for argument in node.args[:2])
            if english is not None and chinese is not None and re.search(r"\w", english):
                yield Sentence(f"{path.relative_to(ROOT)}:{node.lineno}", english, chinese)


def sources() -> list[Path]:
    return [ROOT / "app.py", *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))]


def error_names() -> set[str]:
    tree = ast.parse((ROOT / "common" / "errors.py").read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""


def written(node: ast.expr) -> str | None:
    """A text of the source; None for what is only known at run time."""
    match node:
        case ast.Constant(value=str(words)):
            return words
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case _:
            return None


FOUND = list(sentences())


def test_the_failures_are_found() -> None:
    assert len(FOUND) > 100
    assert len({sentence.where.split("/")[0] for sentence in FOUND}) >= 6


@pytest.mark.parametrize("sentence", FOUND, ids=lambda sentence: sentence.where)
def test_sentences_of_failures(sentence: Sentence) -> None:
    assert HAN.search(sentence.chinese), sentence
    assert not HAN.search(sentence.english), sentence
    assert faults(sentence.english, sentence.chinese) == [], sentence


def test_shipped_documents_speak_both_languages() -> None:
    pairs = list(pairs_of([yaml.safe_load(path.read_text("utf-8")) for path in sorted((ROOT / "personas").glob("*.yaml"))]))
    assert len(pairs) > 20
    assert [pair for pair in pairs if set(pair) != {"en", "zh"} or not all(pair.values()) or "您" in pair["zh"]] == []
    words = [pair for pair in pairs if not pair["en"].startswith("espeak:")]
    assert [pair for pair in words if not HAN.search(pair["zh"]) or HAN.search(pair["en"])] == []


def pairs_of(value: object) -> Iterator[dict[str, str]]:
    """Every text in two languages anywhere in `value`."""
    if isinstance(value, dict):
        if "en" in value or "zh" in value:
            yield value
        else:
            for inner in value.values():
                yield from pairs_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from pairs_of(inner)
