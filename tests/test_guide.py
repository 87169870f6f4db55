"""The guide is there in both languages, alike, and everything it shows or links is in the repository."""

import re
from pathlib import Path

import pytest

from tools.base import Tool, ToolContext
from tools.registry import default_registry
from tools.runner import run

DOCS = Path(__file__).parents[1] / "docs"
GUIDES = ("guide.md", "guide.zh-CN.md")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)\)")


@pytest.mark.parametrize("name", GUIDES)
def test_what_the_guide_names_is_there(name: str) -> None:
    links = [link for link in LINK.findall((DOCS / name).read_text("utf-8")) if "://" not in link]
    assert len(links) > 10
    assert [link for link in links if not (DOCS / link).is_file()] == []


def test_both_languages_show_the_same() -> None:
    english, chinese = ((DOCS / name).read_text("utf-8") for name in GUIDES)
    headings = [re.findall("^#+ ", text, re.MULTILINE) for text in (english, chinese)]
    assert headings[0] == headings[1]
    pictures = [
        [re.sub("-(en|zh)", "", link) for link in LINK.findall(text) if "sheet" not in link] for text in (english, chinese)
    ]
    assert [link for link in pictures[0] if link.endswith(".webp")] == [link for link in pictures[1] if link.endswith(".webp")]


def test_the_pictures_are_shown_and_weigh_little() -> None:
    images = sorted((DOCS / "images").iterdir())
    shown = "".join(path.read_text("utf-8") for path in [*DOCS.glob("*.md"), *DOCS.parent.glob("README*.md")])
    assert [image.name for image in images if f"images/{image.name}" not in shown] == []
    assert sum(image.stat().st_size for image in images) < 4_000_000


def test_both_pages_about_tools_say_the_same_and_their_tool_works() -> None:
    english, chinese = ((DOCS / name).read_text("utf-8") for name in ("tools.md", "tools.zh-CN.md"))
    headings = [re.findall("^#+ ", text, re.MULTILINE) for text in (english, chinese)]
    assert headings[0] == headings[1]
    codes = [re.findall(r"```python\n(.*?)```", text, re.DOTALL) for text in (english, chinese)]
    assert codes[0] == codes[1]
    written: dict[str, type[Tool]] = {}
    exec(codes[0][0], written)
    registry = default_registry()
    registry.register(written["Dice"]())
    output = run(registry.get("dice"), {"sides": 2}, ToolContext())
    assert output.text in ("It shows 1.", "It shows 2.")
    assert run(registry.get("dice"), {"sides": 1}, ToolContext()).failed
