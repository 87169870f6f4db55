"""A damaged word index: it is noticed, the texts themselves are looked through meanwhile, and it is built anew."""

import logging
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from knowledge import wordindex
from knowledge.__main__ import main
from knowledge.types import Filter
from tests.timing import wait_until

FAULTS = {
    "rows deleted": "DELETE FROM passage_fts_content WHERE id % 2",
    "rows overwritten": "UPDATE passage_fts_content SET c1 = randomblob(50)",
    "rows of other words": "UPDATE passage_fts_content SET c1 = 'rubbish'",
    "index deleted": "DELETE FROM passage_fts_data",
    "most of the index deleted": "DELETE FROM passage_fts_data WHERE id > 10",
    "index overwritten": "UPDATE passage_fts_data SET block = randomblob(length(block))",
    "index of more segments than fit": "UPDATE passage_fts_data SET block = X'000000000101000087FFFFFF7F' WHERE id = 10",
    "pages deleted": "DELETE FROM passage_fts_idx",
    "sizes deleted": "DELETE FROM passage_fts_docsize",
    "sizes overwritten": "UPDATE passage_fts_docsize SET sz = randomblob(3)",
    "settings deleted": "DELETE FROM passage_fts_config",
    "settings of another version": "UPDATE passage_fts_config SET v = 99",
    "no index": "DROP TABLE passage_fts_data",
    "no pages": "DROP TABLE passage_fts_idx",
    "no rows": "DROP TABLE passage_fts_content",
    "no sizes": "DROP TABLE passage_fts_docsize",
    "no settings": "DROP TABLE passage_fts_config",
    "no table": "DROP TABLE passage_fts",
    "no counts of rows": "DROP TABLE passage_groups",
    "no counts of words": "DROP TABLE passage_terms",
    "counts of rows deleted": "DELETE FROM passage_groups",
    "counts of words deleted": "DELETE FROM passage_terms",
    "counts of rows overwritten": "UPDATE passage_groups SET row_count = 'rubbish', token_count = 'rubbish'",
    "counts of words overwritten": "UPDATE passage_terms SET row_count = -3",
}
HARMLESS = {"settings deleted", "settings of another version", "no settings", "pages deleted"}  # while FTS5 has them in memory
ASKED = {"valve 17": "valve 17 ", "七号阀门的颜色": "七号阀门", "whistles of companies": "company whistle"}


@pytest.fixture
def filled(knowledge, files):
    for number in range(30):
        chinese = f"第{'一二三四五六七八九'[number % 9]}号阀门是{'红蓝绿'[number % 3]}色的，每{number + 2}天检查一次。"
        said = f"# Manual {number}\n\nThe valve {number} is closed by {number} turns. {chinese}"
        knowledge.add("maker", "docs", files.write(f"{number}.md", said))
    knowledge.add("maker", "docs", files.write("w.md", "# Whistles\n\nEvery company whistle of ours is blue."))
    return knowledge


@pytest.fixture
def damage(tmp_path):
    def do(fault):
        connection = sqlite3.connect(tmp_path / "data" / "hearth.db", timeout=10)
        with connection:
            connection.execute(FAULTS[fault])
        connection.close()

    return do


def found(knowledge):
    """The first hits of each question, with what their words say."""
    hits = {asked: knowledge.search("maker", asked, ["docs"], 3) for asked in ASKED}
    return {asked: [(hit.passage.text, round(hit.lexical or 0.0, 1)) for hit in each] for asked, each in hits.items()}


def first(answers):
    return {asked: hits[0][0] for asked, hits in answers.items()}


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_while_running_is_healed_in_the_background(filled, damage, fault, caplog):
    before = found(filled)
    filled.start()
    damage(fault)
    with caplog.at_level(logging.WARNING):
        assert first(found(filled)) == first(before)
        filled._upkeep.wake()
        wait_until(lambda: not filled._catalogue.lexical.ailing)
    if fault in HARMLESS:
        filled.rebuild("maker")
    else:
        assert "the word index is damaged" in caplog.text
    assert filled.check().problems == ()
    assert found(filled) == before


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_between_two_starts_is_healed_by_the_next(filled, open_knowledge, damage, fault, caplog):
    before = found(filled)
    open_knowledge.close()
    damage(fault)
    again = open_knowledge()
    with caplog.at_level(logging.WARNING):
        again.start()
        wait_until(lambda: "the word index is damaged" in caplog.text)
    assert first(found(again)) == first(before)
    wait_until(lambda: not again._catalogue.lexical.ailing)
    assert again.check().problems == ()
    assert found(again) == before


@pytest.mark.parametrize("fault", ["index deleted", "no rows", "no counts of words", "rows overwritten", "no sizes"])
def test_what_is_changed_meanwhile_is_changed(filled, files, damage, fault):
    documents = {each.name: each.id for each in filled.documents("maker", "docs")}
    damage(fault)
    filled.remove("maker", documents["3.md"])
    filled.remove("maker", documents["4.md"])
    filled.restore("maker", documents["4.md"])
    filled.add("maker", "docs", files.write("5.md", "# Manual 5\n\nThe valve 5 is gone; a lever took its place."))
    filled.add("maker", "docs", files.write("new.md", "# New\n\nThe hydrant is orange."))
    texts = [
        hit.passage.text for asked in ("hydrant", "lever place", "valve 4") for hit in filled.search("maker", asked, ["docs"], 1)
    ]
    assert ["orange" in texts[0], "lever" in texts[1], "valve 4 " in texts[2]] == [True] * 3
    assert filled.settle()
    assert filled.check().problems == ()
    assert not any("valve 3 " in hit.passage.text for hit in filled.search("maker", "valve 3", ["docs"], 30))


def test_a_search_narrowed_to_some_is_so_while_the_index_is_damaged(filled, damage):
    documents = {each.name: each.id for each in filled.documents("maker", "docs")}
    damage("index deleted")
    found = filled.search("maker", "valve closed", ["docs"], 5, filter=Filter(documents=(documents["8.md"],)))
    assert {hit.passage.document for hit in found} == {documents["8.md"]}


def test_an_index_that_fails_again_and_again_is_left_alone(filled, damage, caplog, monkeypatch):
    monkeypatch.setattr(wordindex, "_HEALINGS", 2)
    for _ in range(4):
        damage("index deleted")
        assert "valve 17 " in filled.search("maker", "valve 17", ["docs"])[0].passage.text
        filled.settle()
    assert "until the next start" in caplog.text
    assert "Rebuild it" in filled.check().problems[0][0]
    filled.rebuild("maker")
    assert filled.check().problems == ()


def test_the_command_line_tells_and_heals(filled, open_knowledge, tmp_path, damage, capsys):
    open_knowledge.close()
    options = ["--data", str(tmp_path / "data"), "--embedder", "hash"]
    assert main(["check", *options]) == 0
    damage("counts of words deleted")
    capsys.readouterr()
    assert main(["check", *options]) == 1
    assert "The word index is damaged" in capsys.readouterr().err
    assert main(["rebuild", *options]) == 0
    assert main(["check", *options]) == 0


def test_a_table_that_is_kept_open_is_let_go_of(filled, damage, monkeypatch):
    before = found(filled)
    damage("no pages")
    index = filled._catalogue.lexical
    whole, tried = index.empty, []

    def locked_at_first(connection):
        tried.append(connection)
        if len(tried) < 4:
            raise OperationalError("DROP TABLE", None, sqlite3.OperationalError("database table is locked"))
        whole(connection)

    monkeypatch.setattr(index, "empty", locked_at_first)
    filled.rebuild()
    assert len(tried) == 4
    assert found(filled) == before
