"""The lexical index: tokens, BM25 against a plain computation, groups, and queries of every kind."""

import math
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.database import Database
from retrieval.lexical import LexicalIndex, LexicalRow, shares
from retrieval.tokenizing import tokens

CATS = "The cat sat on the mat while another cat slept."
DOGS = "A dog chased the ball across the garden."
ZH = "我最近晚上总是睡不着，失眠很严重。"


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "hearth.db")
    yield database
    database.close()


@pytest.fixture
def index(database):
    return LexicalIndex(database, "words")


def put(index, database, *texts, group="1", start=1):
    with database.write() as connection:
        index.add([LexicalRow(start + i, group, text) for i, text in enumerate(texts)], connection)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getWeatherForCity", ["get", "weather", "for", "city"]),
        ("HTTPServer_error42", ["http", "server", "error", "42"]),
        ("Cats and companies, glass; bus", ["cat", "and", "company", "glass", "bus"]),
        ("失眠了", ["失", "眠", "了", "失眠", "眠了"]),
        ("ＡＢＣ １２", ["abc", "12"]),
        ("用 GPU 推理", ["用", "gpu", "推", "理", "推理"]),
        ('"*^-()', []),
    ],
)
def test_tokens(text, expected):
    assert tokens(text) == expected


def test_a_chinese_word_of_two_characters_is_found(index, database):
    put(index, database, DOGS, ZH, "今天天气很好")
    assert [hit.id for hit in index.search("失眠", ["1"], 5)] == [2]


def test_scores_are_bm25(index, database):
    texts = ["cat cat dog", "cat bird", "bird bird bird fish", "dog"]
    put(index, database, *texts)
    split = [text.split() for text in texts]
    mean = sum(map(len, split)) / len(split)

    def bm25(words):
        total = 0.0
        for term in ("cat", "bird"):
            holding = sum(term in other for other in split)
            idf = math.log(1 + (len(split) - holding + 0.5) / (holding + 0.5))
            n = Counter(words)[term]
            total += idf * n * 1.9 / (n + 0.9 * (0.6 + 0.4 * len(words) / mean))
        return total

    found = {hit.id: hit.score for hit in index.search("cat bird", ["1"], 10)}
    assert found == pytest.approx({i + 1: bm25(words) for i, words in enumerate(split) if bm25(words)})
    fits = [hit.fit for hit in index.search("cat bird", ["1"], 10)]
    assert fits == sorted(fits, reverse=True)
    assert all(0 < fit <= 1 for fit in fits)


def test_coverage_is_the_share_of_the_questions_information(index, database):
    put(index, database, "zebra", "zebra giraffe", "lion")
    found = {hit.id: hit.coverage for hit in index.search("zebra giraffe", ["1"], 5)}
    assert found[2] == pytest.approx(1.0)
    assert 0.4 < found[1] < 0.5  # the rarer word weighs more
    scale = index.scale("zebra giraffe", ["1"])
    assert [scale.coverage(set(tokens(text))) for text in ("a zebra", "nothing")] == pytest.approx([found[1], 0.0])


def test_words_that_ask_weigh_less(index, database):
    put(index, database, "many moons ago", "annual leave", "other things")
    scale = index.scale("many annual", ["1"])
    assert scale.coverage({"many"}) == pytest.approx(scale.coverage({"annual"}) / 2)


def test_a_search_stays_in_its_groups(index, database):
    put(index, database, CATS)
    put(index, database, CATS, group="2", start=10)
    assert [hit.id for hit in index.search("cat", ["2"], 5)] == [10]
    assert {hit.id for hit in index.search("cat", ["1", "2"], 5)} == {1, 10}
    assert index.search("cat", [], 5) == []


def test_other_groups_do_not_change_the_scores(index, database):
    put(index, database, CATS, DOGS)
    before = index.search("cat garden", ["1"], 5)
    put(index, database, *[CATS] * 20, group="2", start=10)
    assert index.search("cat garden", ["1"], 5) == before


def test_what_is_removed_is_gone_and_its_statistics_with_it(index, database):
    put(index, database, CATS, DOGS)
    with database.write() as connection:
        index.remove([1, 99], connection)
    assert index.search("cat", ["1"], 5) == []
    assert index.count() == 1
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM words_terms WHERE term = 'cat'").scalar() == 0


def test_clearing_a_group_leaves_the_others(index, database):
    put(index, database, CATS, DOGS)
    put(index, database, CATS, group="2", start=10)
    with database.write() as connection:
        index.clear("1", connection)
    assert index.count() == 1
    assert [hit.id for hit in index.search("cat", ["1", "2"], 5)] == [10]


def test_nothing_stays_of_a_transaction_that_fails(index, database):
    def fails():
        with database.write() as connection:
            index.add([LexicalRow(1, "1", CATS)], connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert index.count() == 0
    assert index.search("cat", ["1"], 5) == []


def test_rows_that_another_leg_found_are_scored_too(index, database):
    put(index, database, *["cat"] * 5, "dog " * 50 + "cat")
    ids = [hit.id for hit in index.search("cat", ["1"], 2, also=lambda: [6, 999])]
    assert len(ids) == 3
    assert 6 in ids
    assert 999 not in ids


def test_an_index_outlives_its_process(index, database):
    put(index, database, CATS)
    assert [hit.id for hit in LexicalIndex(database, "words").search("cat", ["1"], 5)] == [1]


def test_two_indexes_are_apart(index, database):
    put(index, database, CATS)
    assert LexicalIndex(database, "tools").search("cat", ["1"], 5) == []


@pytest.mark.parametrize(
    "query", ['"', "cat OR", "NEAR(cat", "tokens:cat*", "'; DROP TABLE words_fts", "", " ", "\x00", "^cat -dog +", "\ud800"]
)
def test_no_query_is_an_operator(index, database, query):
    put(index, database, CATS, DOGS)
    assert all(hit.id in (1, 2) for hit in index.search(query, ["1"], 5))


def test_a_very_long_query_is_read_from_its_beginning(index, database):
    put(index, database, CATS, DOGS)
    assert [hit.id for hit in index.search("garden " + "无 关 " * 100_000, ["1"], 5)] == [2]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(max_size=60))
def test_any_text_can_be_asked(index, database, query):
    if index.count() == 0:
        put(index, database, CATS, ZH)
    assert {hit.id for hit in index.search(query, ["1"], 5)} <= {1, 2}


@pytest.mark.parametrize("name", ["", "Words", "a b", "x;y"])
def test_an_index_has_a_plain_name(database, name):
    with pytest.raises(ValueError, match="index name"):
        LexicalIndex(database, name)


def test_a_group_has_a_plain_name(index, database):
    with pytest.raises(ValueError, match="group"):
        put(index, database, CATS, group="a b")
    with pytest.raises(ValueError, match="group"):
        index.search("cat", ['1" OR "g2'], 5)


def test_shares_of_a_few_texts_weigh_what_tells_them_apart():
    texts = ["The mill was rebuilt in 1784.", "The mill is a mill.", "A pond."]
    rebuilt, mill, pond = shares("Who rebuilt the mill?", texts)
    assert rebuilt > mill > pond == 0.0
    assert shares("", texts) == [0.0, 0.0, 0.0]
    assert shares("mill", []) == []
    assert shares("The mill was rebuilt in 1784.", texts)[0] == pytest.approx(1.0)
