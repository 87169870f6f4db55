"""Every word is there in both languages, and the page asks for no word that is not there."""

import re
import string
from pathlib import Path

import pytest

import ui
from ui.texts import keys, text


def fields(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("key", keys())
def test_both_languages_say_it(key):
    english, chinese = (text(key, language) for language in ("en", "zh"))
    assert english.strip()
    assert chinese.strip()
    assert fields(english) == fields(chinese)
    assert not re.search("[\u4e00-\u9fff]", english) or key == "other_language"
    assert re.search("[\u4e00-\u9fff]", chinese) or key in ("title", "model_ready", "other_language")


@pytest.mark.parametrize("key", keys())
def test_no_sentence_shouts(key):
    assert not re.search("[!！]", text(key, "en") + text(key, "zh"))
    assert "您" not in text(key, "zh")


def test_variants_of_chinese_read_chinese():
    assert text("send", "zh-TW") == text("send", "zh") != text("send", "fr") == text("send", "en")


def test_values_are_filled_in():
    assert text("source_n", "zh", n=3) == "来源 3"


def test_every_key_that_is_asked_for_exists():
    sources = "".join(path.read_text("utf-8") for path in Path(ui.__file__).parent.rglob("*.py"))
    asked = set(re.findall(r'(?:say|text)\(\s*"([a-z_]+)"', sources))
    assert len(asked) > 60
    assert asked <= set(keys())


def test_every_key_is_asked_for():
    """As it is written, or as the end of a key whose beginning is: `f"risk_{tool.risk}"`."""
    sources = "".join(path.read_text("utf-8") for path in Path(ui.__file__).parent.rglob("*.py") if path.parent.name != "words")
    made = [re.sub(r"\{[^{}]*\}", "[a-z_.]+", key) for key in re.findall(r'f"((?:[a-z_]|\{[^{}"]*\})+)"', sources)]
    computed = re.compile("|".join(key for key in made if len(re.sub(r"\[.*?\]\+", "", key)) >= 3))
    unused = [key for key in keys() if f'"{key}"' not in sources and not computed.fullmatch(key)]
    assert unused == []
