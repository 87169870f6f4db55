"""The documents that ship with the personas: both languages say the same things, and each section answers by itself.

What is checked is the writing (headings, lengths, languages, links, names), and that the words of a starter alone already find
its section; search by meaning is not needed for it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from common.database import Database
from retrieval.lexical import LexicalIndex, LexicalRow

SHIPPED = Path(__file__).parents[2] / "knowledge" / "corpora" / "shipped"
FOLDERS = ["hearth-guide", "library"]


@dataclass(frozen=True)
class Section:
    file: str
    heading: str
    text: str


def files(folder: str, language: str) -> list[Path]:
    return sorted((SHIPPED / folder).glob(f"*.{language}.md"))


def sections(path: Path) -> list[Section]:
    parts = re.split(r"^## (.+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [Section(path.name, heading, text.strip()) for heading, text in zip(parts[1::2], parts[2::2], strict=True)]


def all_sections(folder: str, language: str) -> list[Section]:
    return [section for path in files(folder, language) for section in sections(path)]


def manifest() -> list[dict]:
    return yaml.safe_load((SHIPPED / "collections.yaml").read_text(encoding="utf-8"))["collections"]


def chinese_letters(text: str) -> int:
    return sum("\u4e00" <= letter <= "\u9fff" for letter in text)


# -- the manifest ------------------------------------------------------------------------------------------------------


def test_the_manifest_names_collections_that_are_there():
    assert [c["id"] for c in manifest()] == ["counselling", "counselling-en", "hearth-guide", "library"]
    for collection in manifest():
        records = collection["form"] == "efaqa"
        assert set(collection) == {"id", "title", "description", "path", "form", *(["language"] if records else [])}
        assert records or collection["form"] == "documents"
        for field in ("title", "description"):
            assert chinese_letters(collection[field]["zh"]) > 1
            assert collection[field]["en"]
            assert not chinese_letters(collection[field]["en"])
        path = SHIPPED / collection["path"]
        assert path.is_dir() if collection["form"] == "documents" else path.suffix == ".jsonl"
        assert SHIPPED in path.resolve().parents


# -- the two folders of Markdown ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", FOLDERS)
def test_both_languages_have_the_same_topics_in_the_same_order(folder):
    english, chinese = files(folder, "en"), files(folder, "zh")
    assert [p.name.removesuffix(".en.md") for p in english] == [p.name.removesuffix(".zh.md") for p in chinese]
    assert len(english) + len(chinese) == len(list((SHIPPED / folder).iterdir()))
    for one, other in zip(english, chinese, strict=True):
        assert len(sections(one)) == len(sections(other)), one.name


def test_the_guide_is_as_large_as_it_says():
    assert len(files("hearth-guide", "en")) >= 10
    assert len(all_sections("hearth-guide", "en")) >= 50


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_heading_is_unique(folder, language):
    headings = [section.heading for section in all_sections(folder, language)]
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_file_begins_with_one_title(folder, language):
    for path in files(folder, language):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("# ")
        assert sum(line.startswith("# ") for line in lines) == 1


@pytest.mark.parametrize("folder", FOLDERS)
def test_sections_are_one_paragraph_of_a_length_worth_quoting(folder):
    for section in all_sections(folder, "en"):
        assert 60 <= len(section.text.split()) <= 180, section
    for section in all_sections(folder, "zh"):
        assert 90 <= len(section.text) <= 320, section
    for language in ("en", "zh"):
        for section in all_sections(folder, language):
            assert "\n" not in section.text, section
            assert section.text[-1] in ".。"


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_file_is_in_its_language(folder):
    for section in all_sections(folder, "en"):
        assert not chinese_letters(section.heading + section.text), section
    for section in all_sections(folder, "zh"):
        assert chinese_letters(section.text) > 60, section
        assert chinese_letters(section.heading) >= 2
        assert "您" not in section.text


def test_both_handbooks_give_the_same_sums_times_and_telephone_numbers():
    def figures(section: Section) -> list[str]:
        text = section.text.replace(",", "")
        return sorted(re.findall(r"\d+:\d\d", text) + [n for n in re.findall(r"\d+", text) if int(n) >= 100])

    for english, chinese in zip(all_sections("library", "en"), all_sections("library", "zh"), strict=True):
        assert figures(english) == figures(chinese), english.heading


@pytest.mark.parametrize("folder", FOLDERS)
def test_commands_are_the_same_in_both_languages(folder):
    def options(path: Path) -> set[str]:
        return set(re.findall(r"--[a-z-]+|HEARTH_[A-Z]+", path.read_text(encoding="utf-8")))

    for one, other in zip(files(folder, "en"), files(folder, "zh"), strict=True):
        assert options(one) == options(other), one.name


def test_the_guide_names_only_options_that_exist():
    known = {"--model", "--out", "--data", "--more", "--host", "--port", "--offline", "--persona", "--json", "--collection"}
    known |= {"HEARTH_MODEL", "HEARTH_TOKEN"}
    for language in ("en", "zh"):
        for section in all_sections("hearth-guide", language):
            assert set(re.findall(r"--[a-z-]+|HEARTH_[A-Z]+", section.text)) <= known, section


def test_nothing_that_ships_reaches_outside():
    for folder in FOLDERS:
        for path in (SHIPPED / folder).iterdir():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"!\[|\]\(|<[a-z]+[ >]|https://", text), path.name
            assert all("127.0.0.1" in url for url in re.findall(r"http://\S+", text)), path.name


STARTERS = {
    "How many days of annual leave do I get?": "Annual leave",
    "每年有多少天年假？": "年假",
    "Can a customer return a book without a receipt?": "Returns and refunds",
    "顾客没有小票可以退书吗？": "退货与退款",
    "When is the shop open on Sundays?": "Opening hours",
    "星期天几点开门？": "营业时间",
    "What do I do if I am ill in the morning?": "Sick leave",
    "早上生病了怎么请假？": "病假",
    "How large is the staff discount?": "Staff discount",
    "员工买书打几折？": "员工折扣",
    "What can Hearth do?": "What Hearth can do",
    "怎样换一个更强的模型？": "怎样换用更强的模型",
    "7B 的模型需要多少显存？": "7B 的模型需要多少显存",
    "中文任务该选什么模型？": "中文任务选什么模型",
    "Hugging Face 和魔搭社区有什么区别？": "Hugging Face 和魔搭社区有什么区别",
    "GGUF 文件是什么？": "GGUF 文件是什么",
    "How do I use a stronger model?": "Using a stronger model",
    "How much memory does a 7B model need?": "How much memory a 7B model needs",
    "Which model should I choose for Chinese?": "Choosing a model for Chinese",
    "What is the difference between Hugging Face and ModelScope?": "The difference between Hugging Face and ModelScope",
    "What is a GGUF file?": "What a GGUF file is",
    "Hearth 能做什么？": "Hearth 能做什么",
    "How do I make my own persona?": "How to make your own persona",
    "怎样做一个自己的人设？": "怎样做一个自己的人设",
}

# What people ask of Hearth in their own words, and the section that answers.
ASKED = {
    "How do I add my own tool?": "How to add or make your own tool",
    "怎样添加自己的工具？": "怎样添加、新建自己的工具",
    "怎么添加工具": "怎样添加、新建自己的工具",
    "怎么添加人设": "怎样做一个自己的人设",
    "How do I back up?": "How to back up and move to another machine",
    "How do I restore a backup?": "How to restore a backup",
    "怎样备份": "怎样备份、搬到另一台机器",
    "怎样恢复备份": "怎样恢复备份",
    "怎么上传文件": "怎样添加、上传自己的文档",
}


@pytest.fixture
def first_two(tmp_path) -> Iterator[Callable[[str, str], list[str]]]:
    """The headings of the two sections of a folder, in either language, that hold most of a question's words."""
    database = Database(tmp_path / "hearth.db")
    index = LexicalIndex(database, "guides")
    known = [(folder.replace("-", ""), s) for folder in FOLDERS for s in all_sections(folder, "en") + all_sections(folder, "zh")]
    with database.write() as connection:
        index.add([LexicalRow(n, group, f"{s.heading}\n{s.text}") for n, (group, s) in enumerate(known)], connection)
    yield lambda folder, question: [known[hit.id][1].heading for hit in index.search(question, [folder.replace("-", "")], 2)]
    database.close()


@pytest.mark.parametrize(("persona", "folder"), [("model-guide", "hearth-guide"), ("librarian", "library")])
def test_the_words_of_every_starter_find_the_section_that_answers_it(persona, folder, first_two):
    starters = yaml.safe_load((SHIPPED.parents[2] / "personas" / f"{persona}.yaml").read_text(encoding="utf-8"))["starters"]
    for question in (text for starter in starters for text in starter.values()):
        assert STARTERS[question] in first_two(folder, question), question


@pytest.mark.parametrize("question", ASKED)
def test_what_people_ask_of_hearth_finds_the_section_that_answers_it(question, first_two):
    assert ASKED[question] in first_two("hearth-guide", question)
