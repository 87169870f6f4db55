"""The few tools that fit a message come first, in both languages."""

import threading

import numpy as np
import pytest

from common.database import Database
from common.errors import ModelMissing
from retrieval.embedding import EmbedderInfo, HashEmbedder, default_embedder
from retrieval.vectorcache import VectorCache
from tools.base import Tool, ToolSpec
from tools.finding import ToolFinder, wishes_of
from tools.nearness import AT_ONCE, Nearness
from tools.registry import ToolRegistry, ToolSnapshot, default_registry

SHIPPED = ToolSnapshot([tool for tool in default_registry().list() if tool.id in ("clock", "calculator", "units", "dates")])


class Described(Tool):
    def __init__(self, name, description, zh="", field="", **parameters):
        self.id = name.lower().replace("_", "-")
        self.titles = {"en": name, "zh": zh}
        self.field = field
        properties = {name: {"type": "string", "description": told} for name, told in parameters.items()}
        self.spec = ToolSpec(name, description, {"type": "object", "properties": properties})

    def call(self, arguments, context):
        raise NotImplementedError


MANY = ToolSnapshot(
    [
        *SHIPPED.values(),
        Described("getWeather", "The weather forecast for a city", "天气预报"),
        Described("translate_text", "Translate a text into another language", "翻译"),
        Described("draw_picture", "Draw a picture from words", "画图"),
        Described("send_mail", "Send a letter to somebody", "发邮件"),
    ]
)


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("What time is it in Tokyo?", "clock"),
        ("东京现在几点？", "clock"),
        ("calculate 17.5% of 2340", "calculator"),
        ("帮我计算 3 乘 4", "calculator"),
        ("convert 5 km to miles", "convert_units"),
        ("5公里等于多少英里，单位换算", "convert_units"),
        ("how many days until the festival", "dates"),
        ("今年中秋是星期几", "dates"),
        ("what will the weather be", "getWeather"),
        ("明天的天气预报", "getWeather"),
        ("please TRANSLATE this", "translate_text"),
        ("draw me some pictures", "draw_picture"),
        ("给妈妈发邮件", "send_mail"),
    ],
)
def test_the_right_tool_is_first(message, wanted):
    (tool, score), *_ = MANY.find(message, 3)
    assert tool.spec.name == wanted
    assert 0 < score <= 1


def test_scores_fall_and_the_limit_holds():
    found = MANY.find("the weather in a city, in words", 3)
    assert len(found) == 3
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_few_tools_are_all_offered_even_to_a_message_without_words():
    for message in ("hello", "", "。。。", "🙂", "x" * 50_000, "\ud800", "\n\n"):
        found = SHIPPED.find(message, 5)
        assert {tool.id for tool, _ in found} == {"clock", "calculator", "units", "dates"}
        assert all(0 <= score <= 1 for _, score in found)


def test_no_tools_and_no_room_give_none():
    assert ToolSnapshot().find("time", 5) == []
    assert SHIPPED.find("time", 0) == []


def test_a_tool_by_itself_has_a_score_for_what_it_fits_alone():
    alone = ToolSnapshot([SHIPPED["clock"]])
    assert alone.find("what time is it", 5)[0][1] > 0
    assert alone.find("zebra crossing", 5)[0][1] == 0


def test_each_wish_of_a_message_finds_its_tool():
    message = "Translate this letter into French, then draw a picture of the harbour. Finally, what will the weather be?"
    assert len(wishes_of(message)) == 3
    assert {tool.spec.name for tool, _ in MANY.find(message, 3)} == {"translate_text", "draw_picture", "getWeather"}
    asked = "帮我翻译这封信，然后画一张海港的图。另外明天的天气预报是什么？"
    assert {tool.spec.name for tool, _ in MANY.find(asked, 3)} == {"translate_text", "draw_picture", "getWeather"}


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("What time is it?", []),
        ("Hello. What time is it in Tokyo?", ["What time is it in Tokyo?"]),  # a greeting is no wish
        ("What time is it in Tokyo? How far is the moon?", ["What time is it in Tokyo?", "How far is the moon?"]),
        ("东京现在几点？北京到上海有多远？", ["东京现在几点？", "北京到上海有多远？"]),
    ],
)
def test_a_message_is_cut_into_wishes(message, parts):
    assert wishes_of(message) == parts


def test_a_field_and_parameters_are_words_to_find_by():
    tools = ToolSnapshot(
        [
            Described("alpha", "Does a thing", field="Astronomy"),
            Described("beta", "Does a thing", field="Cooking"),
            Described("gamma", "Does a thing", recipe="the name of the recipe"),
        ]
    )
    assert tools.find("astronomy", 1)[0][0].id == "alpha"
    assert tools.find("a recipe", 1)[0][0].id == "gamma"


def test_what_a_message_names_and_what_is_wanted_first_lead():
    message = "Use getWeather to tell me the time in Tokyo, the clock time now"
    assert MANY.find(message, 2)[0][0].spec.name == "getWeather"
    assert MANY.find("用天气预报告诉我现在几点", 2)[0][0].spec.name == "getWeather"
    assert MANY.find("the clock time now in Tokyo", 2, first=["send_mail", "gone"])[0][0].spec.name == "send_mail"
    # A word that anybody uses names nothing.
    assert MANY.find("how many days until the clock changes", 1)[0][0].spec.name == "dates"


def test_an_edit_is_found_at_once_and_a_snapshot_stays_as_it_was():
    registry = ToolRegistry([Described("alpha", "Does a thing"), Described("beta", "Feeds the cat")])
    before = registry.snapshot()
    assert before.find("water plants", 1)[0][1] == 0
    registry.register(Described("alpha", "Waters the plants"))
    assert registry.snapshot().find("water plants", 1)[0][0].id == "alpha"
    assert before.find("water plants", 1)[0][1] == 0
    registry.unregister("alpha")
    assert registry.snapshot().find("water plants", 1)[0][0].id == "beta"


def test_many_threads_ask_while_tools_change():
    registry = ToolRegistry([Described(f"tool{n}", f"Does the work number {n}") for n in range(40)])
    wrong, begin = [], threading.Barrier(5)

    def ask():
        begin.wait()
        for n in range(40):
            if registry.snapshot().find(f"work {n}", 1)[0][0].spec.name != f"tool{n}":
                wrong.append(n)

    def edit():
        begin.wait()
        for n in range(40):
            registry.register(Described(f"tool{n}", f"Does the work number {n}"))

    threads = [threading.Thread(target=act) for act in (ask, ask, ask, edit, edit)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


class Meaning:
    """An embedder that knows three things, in English: animals, music and weather. It remembers what it was given."""

    info = EmbedderInfo("meaning", 4, frozenset({"en"}), 100)
    topics = (("cat", "dog", "pet", "animal"), ("violin", "melody", "tune", "music"), ("rain", "storm", "weather"))

    def __init__(self):
        self.passages, self.queries = [], []

    def embed(self, texts, kind):
        (self.passages if kind == "passage" else self.queries).extend(texts)
        rows = [[*(sum(word in text.lower() for word in topic) for topic in self.topics), 0.1] for text in texts]
        vectors = np.array(rows, np.float32).reshape(-1, 4)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def near(tools, embedder, cache=None):
    finder = ToolFinder(Nearness(lambda: embedder, cache))
    finder.prepare(tools)
    return ToolSnapshot(tools, finder)


TOPICS = [
    Described("groom", "Cares for a cat or dog"),
    Described("tutor", "Teaches the violin"),
    Described("watch", "Warns of a storm"),
]


def test_meaning_finds_what_shares_no_word():
    embedder = Meaning()
    assert near(TOPICS, embedder).find("my pet looks ill", 1)[0][0].id == "groom"
    assert near(TOPICS, embedder).find("a tune to hum", 1)[0][0].id == "tutor"
    assert ToolSnapshot(TOPICS).find("my pet looks ill", 1)[0][1] == 0


def test_a_snapshot_whose_tools_were_changed_is_searched_as_before():
    def copied(tool):
        return Described(tool.spec.name, tool.spec.description)

    snapshot = near(TOPICS, Meaning()).changed(copied)
    assert snapshot["groom"] is not TOPICS[0]
    assert snapshot.find("a tune to hum", 1)[0][0].id == "tutor", "meaning still finds it"


def test_an_embedder_has_no_vote_on_what_it_cannot_read():
    embedder = Meaning()
    tools = [*TOPICS, Described("xunzhao", "寻找走失的动物", "寻找"), Described("both", "Finds a lost pet", "寻找宠物 pet")]
    snapshot = near(tools, embedder)
    assert len(embedder.passages) == 4, "a description in Chinese is not embedded"
    assert not any("\u4e00" <= letter <= "\u9fff" for text in embedder.passages for letter in text)
    asked = len(embedder.queries)
    assert snapshot.find("动物走失了", 1)[0][0].id == "xunzhao"
    assert len(embedder.queries) == asked, "a question in Chinese is not embedded"


def test_spelling_alone_is_no_meaning():
    with_hash = near(TOPICS, HashEmbedder())
    assert with_hash.find("violin lessons", 3) == ToolSnapshot(TOPICS).find("violin lessons", 3)


def test_nobody_waits_for_the_embedder():
    embedder, free, tried = Meaning(), threading.Event(), threading.Event()

    def load():
        tried.set()
        free.wait(20)
        return embedder

    tools = [*TOPICS, *(Described(f"more{n}", f"Something else, number {n}") for n in range(AT_ONCE))]
    finder = ToolFinder(Nearness(load))
    snapshot = ToolSnapshot(tools, finder)
    assert snapshot.find("my pet looks ill", 1)[0][1] == 0, "by words alone so far"
    assert tried.wait(20)
    free.set()
    for thread in threading.enumerate():
        if thread.name == "tool-vectors":
            thread.join(20)
    assert snapshot.find("my pet looks ill", 1)[0][0].id == "groom"
    assert len(embedder.passages) == len(tools)
    # A tool that is new by then is embedded at once.
    assert ToolSnapshot([*tools, Described("vet", "Heals any animal")], finder).find("my pet", 2)[0][0].id in ("vet", "groom")
    assert len(embedder.passages) == len(tools) + 1


def test_without_an_embedder_words_do(caplog):
    calls = []

    def load():
        calls.append(1)
        raise ModelMissing("There is none.", "没有。")

    snapshot = ToolSnapshot(TOPICS, ToolFinder(Nearness(load)))
    for _ in range(3):
        assert snapshot.find("violin", 1)[0][0].id == "tutor"
        for thread in threading.enumerate():
            if thread.name == "tool-vectors":
                thread.join(20)
    assert len(calls) == 1
    assert "There is none." in caplog.text


def test_vectors_are_kept_for_the_next_start(tmp_path):
    database = Database(tmp_path / "hearth.db")
    try:
        near(TOPICS, Meaning(), VectorCache(database, "tool"))
        again = Meaning()
        snapshot = near([*TOPICS, Described("vet", "Heals any animal")], again, VectorCache(database, "tool"))
        assert len(again.passages) == 1
        assert snapshot.find("a tune to hum", 1)[0][0].id == "tutor"
    finally:
        database.close()
    # A disk that takes nothing more, or a closed database, costs the next start some work and this one nothing.
    last = Meaning()
    nearness = Nearness(lambda: last)
    ToolFinder(nearness).prepare(TOPICS)
    assert len(last.passages) == 3


def test_a_cache_that_cannot_be_written_harms_nobody(tmp_path):
    database = Database(tmp_path / "hearth.db")
    embedder = Meaning()
    nearness = Nearness(lambda: embedder, VectorCache(database, "tool"))
    finder = ToolFinder(nearness)
    finder.prepare(TOPICS)
    database.close()
    snapshot = ToolSnapshot([*TOPICS, Described("vet", "Heals any animal")], finder)
    assert snapshot.find("my pet looks ill", 2)[0][0].id in ("vet", "groom")


def test_closing_ends_the_work():
    embedder = Meaning()
    nearness = Nearness(lambda: embedder)
    nearness.close()
    nearness.fill(["a cat", "a dog"])
    assert embedder.passages == []


def test_the_built_in_embedder_helps_where_words_do_not():
    embedder = default_embedder()
    if isinstance(embedder, HashEmbedder):
        pytest.skip("the built-in embedder is not installed")
    tools = [
        Described("get_forecast", "Temperature, rain and wind for a place in the coming days"),
        Described("book_table", "Reserve seats in a restaurant"),
        Described("find_flight", "Search for air travel between two airports"),
        Described("play_song", "Start a piece of music"),
        Described("translate", "Turn a text into another language"),
        Described("remind", "Tell me about something at a later time"),
    ]
    snapshot = near(tools, embedder)
    assert snapshot.find("Do I need an umbrella in Hamburg tomorrow?", 1)[0][0].id == "get-forecast"
    assert snapshot.find("Where could my family have dinner?", 1)[0][0].id == "book-table"
