"""The check-up: each thing that can be missing is named with its field, and a persona that has everything passes."""

from dataclasses import replace
from pathlib import Path

import pytest

from common.database import Database
from common.documents import Line
from personas.checkup import ModelTraits, Surroundings, check_up, estimated
from personas.promises import promised
from personas.schema import Example, Generation, Instruction, Paragraph, Persona, Voices
from personas.store import TEMPLATE, PersonaStore

MODEL = ModelTraits("Qwen", frozenset({"en", "zh"}), tools=True, context_tokens=8192)
AROUND = Surroundings(
    models={"builtin", "auto"},
    model=MODEL,
    tools={
        "clock": ("clock", "Clock", "时钟", "Tell the time and date."),
        "units": ("convert_units", "Units", "单位换算", "Convert units."),
        "forecast": ("weather_forecast", "Weather", "天气", "Tell the weather of a place."),
        "browser": ("web_search", "Web search", "网页搜索", "Search the web."),
    },
    collections={"library": ("Library", 3), "attic": ("Attic", 0)},
    voices={"espeak:en-gb", "espeak:cmn"},
)
WHOLE = Persona(
    id="mine",
    title=Line(en="Ann", zh="小安"),
    description=Line(en="Helps with units.", zh="帮你换算。"),
    avatar="A",
    greeting=Paragraph(en="Hello.", zh="你好。"),
    starters=(Line(en="How long is a mile?", zh="一英里有多长？"),),
    instruction=Instruction(en="You are Ann. Use the clock.", zh="你是小安，用时钟看时间。"),
    few_shot=(Example(language="en", user="Hi", assistant="Hello."), Example(language="zh", user="嗨", assistant="你好。")),
    tools=("clock", "units"),
    collections=("library",),
)


def found(around: Surroundings = AROUND, **changes) -> dict[str, tuple[str, str, str]]:
    """Field -> (severity, place, English sentence)."""
    findings = check_up(WHOLE.model_copy(update=changes), around)
    for finding in findings:
        english, chinese = finding.sentence
        assert english.endswith(".")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert chinese.endswith("。")
    return {finding.field: (finding.severity, finding.place, finding.sentence[0]) for finding in findings}


def around(**changes) -> Surroundings:
    values = {name: getattr(AROUND, name) for name in AROUND.__dataclass_fields__}
    return Surroundings(**{**values, **changes})


def test_everything_is_there():
    assert check_up(WHOLE, AROUND) == []


@pytest.mark.parametrize(
    ("changes", "field", "severity", "place"),
    [
        ({"title": Line(zh="小安")}, "title.en", "hint", "who"),
        ({"title": Line(en="Ann", zh=" ")}, "title.zh", "hint", "who"),
        ({"description": Line()}, "description", "hint", "who"),
        ({"description": Line(en="Helps.")}, "description.zh", "hint", "who"),
        ({"avatar": " "}, "avatar", "hint", "who"),
        ({"instruction": Instruction()}, "instruction", "warn", "speech"),
        ({"instruction": Instruction(en="You are Ann.")}, "instruction.zh", "hint", "speech"),
        ({"greeting": Paragraph()}, "greeting", "warn", "speech"),
        ({"greeting": Paragraph(zh="你好。")}, "greeting.en", "hint", "speech"),
        ({"starters": ()}, "starters", "hint", "speech"),
        ({"starters": (Line(en="a", zh="甲"), Line(en="b"))}, "starters.1.zh", "hint", "speech"),
        ({"few_shot": WHOLE.few_shot[:1]}, "few_shot", "hint", "speech"),
        ({"model": "hf:Gone/Model"}, "model", "stop", "uses"),
        ({"tools": ("clock", "gone")}, "tools.1", "stop", "uses"),
        ({"collections": ("gone",)}, "collections.0", "stop", "uses"),
        ({"collections": ("library", "attic")}, "collections.1", "warn", "knowledge"),
        ({"answers_only_from_documents": True, "collections": ()}, "answers_only_from_documents", "warn", "uses"),
        ({"published": True, "title": TEMPLATE.title}, "published", "warn", "who"),
        ({"voice": Voices(zh="piper:huayan")}, "voice.zh", "warn", "voice"),
        ({"generation": Generation(max_tokens=8192)}, "instruction.en", "stop", "speech"),
    ],
)
def test_what_is_missing_is_named(changes, field, severity, place):
    named = found(**changes)
    assert named[field][:2] == (severity, place)
    assert {name for name in named if not name.startswith("instruction")} <= {field}


def test_a_tool_that_is_switched_off_is_named():
    (found,) = check_up(WHOLE, replace(AROUND, off={"units", "browser"}))
    assert (found.severity, found.field) == ("warn", "tools.1")
    assert all("'units'" in sentence for sentence in found.sentence)


def test_one_that_has_every_tool_has_what_is_named_unless_that_is_off():
    promise = Instruction(en="You are Ann. Use the clock. Search the web for answers.", zh="你是小安，用时钟看时间。")
    assert set(found(instruction=promise)) == {"instruction.en"}
    assert found(instruction=promise, all_tools=True, tools=()) == {}
    assert set(found(around(off={"browser"}), instruction=promise, all_tools=True)) == {"instruction.en"}
    traits = ModelTraits("Small", frozenset({"en", "zh"}), tools=False, context_tokens=8192)
    assert "tools" in found(around(model=traits), tools=(), all_tools=True)


def test_a_model_that_calls_no_tools():
    traits = ModelTraits("Small", frozenset({"en", "zh"}), tools=False, context_tokens=8192)
    assert found(around(model=traits))["tools"][:2] == ("warn", "models")
    assert found(around(model=traits), tools=(), instruction=Instruction(en="Hi.", zh="你好。")) == {}


def test_a_chinese_persona_on_a_model_that_writes_no_chinese():
    named = found(around(model=ModelTraits("Small", frozenset({"en"}), tools=True, context_tokens=8192)))
    assert set(named) == {"instruction.zh"}
    assert "quote passages" in named["instruction.zh"][2]


def test_an_instruction_longer_than_the_model_reads():
    long = Instruction(en="word " * 3000, zh="字" * 3000)
    named = found(around(model=ModelTraits("Small", frozenset({"en", "zh"}), tools=True, context_tokens=2048)), instruction=long)
    assert {"instruction.en", "instruction.zh"} == set(named)
    assert found(instruction=long) == {}
    assert "instruction.zh" in found(around(count=lambda text: 3 * len(text)), instruction=long)


def test_what_the_model_is_may_be_unknown_yet():
    assert found(around(model=None), generation=Generation(max_tokens=8192)) == {}


def test_somebody_who_comforts_needs_helplines():
    assert found(playful=True) == {}
    assert found(around(region=False), playful=True)["playful"][:2] == ("hint", "settings")


def test_the_gravest_comes_first():
    severities = [
        f.severity for f in check_up(WHOLE.model_copy(update={"avatar": "", "tools": ("gone",), "greeting": Paragraph()}), AROUND)
    ]
    assert severities == sorted(severities, key=["stop", "warn", "hint"].index)
    assert len(set(severities)) == 3


# -- promises ------------------------------------------------------------------------------------------------------

PROMISED = [
    ("web", "Search the web for answers.", "可以上网查资料。"),
    ("web", "If you do not know, search the internet.", "不知道的就百度一下。"),
    ("web", "When a user asks about facts, look it up online.", "如果不确定，请联网搜索。"),
    ("links", "Always give the user a link.", "回答后附上相关的链接。"),
    ("jobs", "You find job openings for people.", "帮大家找招聘信息。"),
    ("news", "Tell people today's news.", "每天播报新闻。"),
    ("weather", "Check the weather for the user.", "告诉用户明天的天气。"),
    ("prices", "You know live stock prices.", "帮用户查股价。"),
    ("booking", "You book flights and hotels.", "你可以帮用户订机票。"),
    ("booking", "Make a reservation when asked.", "需要时帮对方挂号。"),
    ("reminders", "Remind users of their medicine.", "到点提醒用户吃药。"),
    ("reminders", "You can set an alarm.", "可以定个闹钟。"),
    ("messages", "Send an email to the team.", "替用户打电话。"),
    ("pictures", "Draw a picture of it.", "给用户画一张画。"),
]
HONEST = [
    "You cannot search the web, find jobs, books, links or phone numbers, set reminders or contact people.",
    "Do not book flights.",
    "Never give links.",
    "I have no alarm, and can't set one.",
    "Searching the web is not possible here.",
    "I would love to remind you, but I am not able to.",
    "Draw a conclusion. Book your thoughts in order. Keep an open mind about the news of the heart.",
    "你不能上网，查不了招聘、书籍、文章、链接、电话和地址，也不能设提醒、打电话、发消息。",
    "招聘信息我找不了，我上不了网。",
    "别说“我帮你订票”。",
    "无法预订，也没有办法提醒你。",
    "天气好的时候，多出去走走。",
    "叫早这活儿我接不了。",
]


@pytest.mark.parametrize(("key", "english", "chinese"), PROMISED)
def test_a_promise_that_takes_a_tool_is_found_in_both_languages(key, english, chinese):
    for text in (english, chinese):
        assert [promise.key for promise in promised([text])] == [key], text


@pytest.mark.parametrize("text", HONEST)
def test_who_says_that_it_cannot_promises_nothing(text):
    assert promised([text]) == []


def test_a_promise_without_a_tool_is_told_and_one_with_it_is_not():
    text = Instruction(en="You are Ann. Search the web for news.", zh="你是小安。可以上网查天气。")
    named = check_up(WHOLE.model_copy(update={"instruction": text}), AROUND)
    assert {(finding.field, finding.severity) for finding in named} == {("instruction.en", "warn"), ("instruction.zh", "warn")}
    assert any("searching the web" in finding.sentence[0] for finding in named)
    assert any("查询天气" in finding.sentence[1] for finding in named)
    assert check_up(WHOLE.model_copy(update={"instruction": text, "tools": ("browser", "forecast")}), AROUND) == []


def test_a_starter_or_an_example_can_promise_too():
    assert "instruction.zh" in found(starters=(Line(en="Hi", zh="帮我查明天的天气"),))
    example = Example(language="en", user="Hi", assistant="I will remind you tomorrow.")
    assert "instruction.en" in found(few_shot=(example, WHOLE.few_shot[1]))


def test_a_tool_that_the_instruction_names_and_the_persona_lacks():
    assert "'clock'" in found(tools=("units",))["instruction.en"][2]
    assert found(tools=("units",))["instruction.zh"][1] == "uses"
    for english in ("Call convert_units for lengths.", "Use the thermometer tool.", "Call the `Units`."):
        assert "instruction.en" in found(tools=("clock",), instruction=Instruction(en=english, zh="你好。")), english
    for english in ("Never use the units.", "Use the right tool.", "The units of the army."):
        assert found(tools=("clock",), instruction=Instruction(en=english, zh="你好。")) == {}, english


def test_tokens_are_estimated():
    assert estimated("") == 0
    assert estimated("你好世界") == 4
    assert 3 <= estimated("hello world") <= 6


@pytest.mark.parametrize("id", ["gg", "librarian", "model-guide"])
def test_the_shipped_personas_lack_nothing(id, tmp_path: Path):
    database = Database(tmp_path / "hearth.db")
    store = PersonaStore(database)
    persona = store.get("maker", id).document
    shipped = Surroundings(
        model=MODEL,
        tools={
            "clock": ("clock", "Clock", "时钟"),
            "calculator": ("calculator", "Calculator", "计算器"),
            "units": ("convert_units", "Units", "单位换算"),
            "dates": ("dates", "Dates", "日期"),
            "model-search": ("model_search", "Model search", "模型搜索"),
        },
        collections={name: (name, 1) for name in ("counselling", "counselling-en", "library", "hearth-guide")},
        voices={persona.voice.en, persona.voice.zh},
    )
    assert check_up(persona, shipped) == []
    new = check_up(store.create("maker").document, Surroundings(model=MODEL, voices={"espeak:en-gb", "espeak:cmn"}))
    assert [finding.field for finding in new] == ["description"]
    database.close()
