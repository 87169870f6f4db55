"""The rules of documents, one test a rule: ids, sizes, conflicts, owners, history, YAML from strangers."""

import itertools
import json
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field
from sqlalchemy import insert, select, update

from common.database import Database
from common.documents import DOCUMENTS, KEPT_REVISIONS, SESSION_S, Document, DocumentStore, LocalizedText, check_id
from common.errors import DocumentInvalid, DocumentMissing, EditConflict, HearthError, NameInvalid
from common.problems import problem, sentences
from tests.timing import quickly


class Part(Document):
    size: int = Field(1, ge=0, le=10)


class Note(Document):
    title: LocalizedText
    text: str = Field("", max_length=5000)
    marks: tuple[int, ...] = Field((), max_length=3)
    part: Part | None = None


def note(id: str = "mine", text: str = "", **fields) -> Note:
    return Note(id=id, title=LocalizedText(en="A note", zh="便条"), text=text, **fields)


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    for id, text in [("alpha", "first"), ("beta", "second")]:
        (folder / f"{id}.yaml").write_text(f"id: {id}\ntitle: {{en: {id}, zh: 文}}\ntext: {text}\n", encoding="utf-8")
    return folder


@pytest.fixture
def database(tmp_path: Path):
    opened = Database(tmp_path / "hearth.db")
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database, shipped: Path) -> DocumentStore[Note]:
    return DocumentStore(database, "note", Note, shipped)


def ids(store: DocumentStore[Note], owner: str) -> list[str]:
    return [stored.document.id for stored in store.list(owner)]


def both_languages(error: HearthError) -> None:
    assert error.english
    assert any("\u4e00" <= letter <= "\u9fff" for letter in error.chinese)
    assert "! " not in error.english + " "
    assert "！" not in error.chinese


# -- reading and saving ------------------------------------------------------------------------------------------------


def test_a_fresh_store_shows_what_ships(store):
    assert ids(store, "maker") == ["alpha", "beta"]
    stored = store.get("maker", "alpha")
    assert (stored.document.text, stored.revision, stored.shipped, stored.changed) == ("first", 0, True, None)


def test_a_store_without_a_folder_begins_empty(database):
    assert list(DocumentStore(database, "note", Note).list("maker")) == []


def test_a_saved_document_comes_back_whole(store):
    before = time.time()
    saved = store.save("maker", note(text="你好 🐻\nsecond line", marks=(1, 2), part=Part(id="p", size=3)), 0)
    got = store.get("maker", "mine")
    assert got == saved
    assert got.document == note(text="你好 🐻\nsecond line", marks=(1, 2), part=Part(id="p", size=3))
    assert (got.revision, got.shipped) == (1, False)
    assert before <= got.changed.timestamp() <= time.time()


def test_a_change_shadows_the_shipped_one_and_reset_brings_it_back(store):
    store.save("maker", note("alpha", "mine now"), 0)
    assert [s.document.text for s in store.list("maker")] == ["mine now", "second"]
    assert store.get("maker", "alpha").shipped
    store.reset("maker", "alpha")
    assert store.get("maker", "alpha") == store.get("somebody-else", "alpha")
    assert [s.document.text for s in store.list("maker")] == ["first", "second"]


def test_own_documents_follow_the_shipped_ones_newest_first(store):
    store.save("maker", note("old"), 0)
    store.save("maker", note("new"), 0)
    assert ids(store, "maker") == ["alpha", "beta", "new", "old"]
    store.save("maker", note("old", "again"), 1)
    assert ids(store, "maker") == ["alpha", "beta", "old", "new"]


def test_what_is_saved_outlives_the_process(store, database, shipped, tmp_path):
    store.save("maker", note(), 0)
    database.close()
    again = Database(tmp_path / "hearth.db")
    assert DocumentStore(again, "note", Note, shipped).get("maker", "mine").document == note()
    again.close()


def test_two_kinds_in_one_database_do_not_meet(store, database):
    other = DocumentStore(database, "part", Part)
    store.save("maker", note("same"), 0)
    other.save("maker", Part(id="same", size=2), 0)
    assert store.get("maker", "same").document == note("same")
    assert other.get("maker", "same").document.size == 2
    other.reset("maker", "same")
    assert store.get("maker", "same").revision == 1


def test_saving_never_touches_the_shipped_files(store, shipped):
    before = {path.name: path.read_bytes() for path in shipped.iterdir()}
    store.save("maker", note("alpha", "changed"), 0)
    store.reset("maker", "alpha")
    assert {path.name: path.read_bytes() for path in shipped.iterdir()} == before


def test_a_shipped_file_must_be_named_by_its_id(database, shipped):
    (shipped / "gamma.yaml").write_text("id: delta\ntitle: {en: x}\n", encoding="utf-8")
    with pytest.raises(DocumentInvalid, match="gamma"):
        DocumentStore(database, "note", Note, shipped)


def test_documents_are_frozen(store):
    with pytest.raises(ValueError, match="frozen"):
        store.get("maker", "alpha").document.text = "changed"


@pytest.mark.parametrize(("language", "expected"), [("en", "Hi"), ("zh", "你好"), ("zh-CN", "你好"), ("fr", "Hi")])
def test_a_text_is_read_in_its_language(language, expected):
    assert LocalizedText(en="Hi", zh="你好").get(language) == expected


def test_a_text_in_one_language_serves_both():
    assert LocalizedText(zh="你好").get("en") == "你好"
    assert LocalizedText(en="Hi").get("zh") == "Hi"
    assert LocalizedText(en=" ").blank
    assert not LocalizedText(zh="好").blank


# -- edit conflicts and history ----------------------------------------------------------------------------------------


def test_a_form_loaded_before_another_save_conflicts(store):
    store.save("maker", note(text="one"), 0)
    store.save("maker", note(text="two"), 1)
    with pytest.raises(EditConflict) as caught:
        store.save("maker", note(text="stale"), 1)
    both_languages(caught.value)
    assert store.get("maker", "mine").document.text == "two"


def test_a_new_document_does_not_overwrite_one_that_is_there(store):
    store.save("maker", note(text="one"), 0)
    with pytest.raises(EditConflict):
        store.save("maker", note(text="another"), 0)


def test_a_form_loaded_before_a_reset_conflicts_even_when_numbers_come_round(store):
    store.save("maker", note("alpha", "one"), 0)
    store.reset("maker", "alpha")
    with pytest.raises(EditConflict):
        store.save("maker", note("alpha", "stale"), 1)
    store.save("maker", note("alpha", "after"), 0)
    with pytest.raises(EditConflict):
        store.save("maker", note("alpha", "stale"), 1)
    assert store.get("maker", "alpha").document.text == "after"


def test_of_many_who_save_at_once_one_succeeds(store):
    store.save("maker", note(text="start"), 0)
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def save(number: int) -> None:
        start.wait()
        try:
            store.save("maker", note(text=f"by {number}"), 1)
            outcomes.append(f"by {number}")
        except EditConflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=save, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [o for o in outcomes if o != "conflict"]
    assert len(outcomes) == 8
    assert winners == [store.get("maker", "mine").document.text]
    assert store.get("maker", "mine").revision == 2


def test_the_last_five_revisions_are_kept(store, database):
    for revision in range(8):
        store.save("maker", note(text=f"text {revision + 1}"), revision)
    versions = store.versions("maker", "mine")
    assert [(s.revision, s.document.text) for s in versions] == [(n, f"text {n}") for n in (8, 7, 6, 5, 4)]
    with database.read() as connection:
        assert len(connection.execute(select(DOCUMENTS)).all()) == KEPT_REVISIONS


def test_a_reset_can_be_undone_from_the_versions(store):
    store.save("maker", note(text="precious"), 0)
    store.reset("maker", "mine")
    with pytest.raises(DocumentMissing):
        store.get("maker", "mine")
    assert ids(store, "maker") == ["alpha", "beta"]
    old = store.versions("maker", "mine")[0].document
    store.save("maker", old, 0)
    assert store.get("maker", "mine").document.text == "precious"


def test_reset_of_nothing_is_said(store):
    for id in ("alpha", "never"):
        with pytest.raises(DocumentMissing) as caught:
            store.reset("maker", id)
        both_languages(caught.value)
    assert list(store.versions("maker", "never")) == []


# -- saving while somebody writes --------------------------------------------------------------------------------------


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(database: Database, shipped: Path, clock: Clock) -> DocumentStore[Note]:
    return DocumentStore(database, "note", Note, shipped, clock=clock)


def written(store: DocumentStore[Note], id: str = "mine") -> list[str]:
    return [stored.document.text for stored in store.versions("maker", id)]


def test_a_sitting_is_one_version_however_often_it_is_saved(timed, clock):
    timed.save("maker", note(text="before"), 0)
    revision = 1
    for number in range(20):
        clock.now += SESSION_S - 1
        revision = timed.save("maker", note(text=f"word {number}"), revision, amends=True).revision
    assert written(timed) == ["word 19", "before"]
    assert revision == 21


def test_a_pause_begins_another_version(timed, clock):
    revision = timed.save("maker", note(text="in the morning"), 0, amends=True).revision
    clock.now += SESSION_S
    timed.save("maker", note(text="in the evening"), revision, amends=True)
    assert written(timed) == ["in the evening", "in the morning"]


def test_what_was_saved_on_purpose_is_never_amended(timed):
    revision = timed.save("maker", note(text="draft"), 0, amends=True).revision
    revision = timed.save("maker", note(text="on purpose"), revision).revision
    timed.save("maker", note(text="draft again"), revision, amends=True)
    assert written(timed) == ["draft again", "on purpose", "draft"]


def test_a_second_tab_conflicts_with_each_save_of_the_first(timed):
    loaded = timed.save("maker", note(text="start"), 0).revision
    first = timed.save("maker", note(text="tab one"), loaded, amends=True).revision
    with pytest.raises(EditConflict):
        timed.save("maker", note(text="tab two"), loaded, amends=True)
    second = timed.save("maker", note(text="tab one, more"), first, amends=True).revision
    for stale in (loaded, first):
        with pytest.raises(EditConflict):
            timed.save("maker", note(text="tab two"), stale, amends=True)
    timed.save("maker", note(text="tab two, over it"), second, amends=True)
    assert written(timed) == ["tab two, over it", "start"]


def test_a_reset_and_a_restored_version_end_the_sitting(timed):
    revision = timed.save("maker", note("alpha", "draft"), 0, amends=True).revision
    timed.reset("maker", "alpha")
    revision = timed.save("maker", note("alpha", "after the reset"), 0, amends=True).revision
    assert written(timed, "alpha") == ["after the reset", "draft"]
    old = timed.versions("maker", "alpha")[1].document
    revision = timed.save("maker", old, revision).revision
    timed.save("maker", note("alpha", "on from there"), revision, amends=True)
    assert written(timed, "alpha") == ["on from there", "draft", "after the reset", "draft"]


def test_what_changes_nothing_is_not_saved(timed):
    shipped = timed.get("maker", "alpha")
    assert timed.save("maker", shipped.document, 0, amends=True) == shipped
    assert written(timed, "alpha") == []
    saved = timed.save("maker", note(text="mine"), 0, amends=True)
    assert timed.save("maker", note(text="mine"), saved.revision, amends=True) == saved


def test_five_versions_are_kept_though_amending_leaves_gaps(timed, clock):
    revision = 0
    for sitting in range(7):
        for word in range(3):
            revision = timed.save("maker", note(text=f"{sitting}.{word}"), revision, amends=True).revision
        clock.now += SESSION_S
    assert written(timed) == ["6.2", "5.2", "4.2", "3.2", "2.2"]


def test_a_reset_is_undone(timed):
    timed.save("maker", note(text="precious"), 0, amends=True)
    timed.reset("maker", "mine")
    assert timed.bring_back("maker", "mine").document.text == "precious"
    with pytest.raises(EditConflict):
        timed.bring_back("maker", "mine")
    with pytest.raises(DocumentMissing):
        timed.bring_back("maker", "never")


def test_a_table_of_an_older_folder_learns_of_drafts(database, shipped):
    with database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE documents (kind VARCHAR NOT NULL, owner VARCHAR NOT NULL, id VARCHAR NOT NULL, "
            "revision INTEGER NOT NULL, body TEXT, time FLOAT NOT NULL, PRIMARY KEY (kind, owner, id, revision))"
        )
        body = json.dumps(note(text="of old").model_dump(mode="json"), ensure_ascii=False)
        connection.exec_driver_sql("INSERT INTO documents VALUES ('note', 'maker', 'mine', 1, ?, 1.0)", (body,))
    store = DocumentStore(database, "note", Note, shipped, clock=lambda: 2.0)
    store.save("maker", note(text="now"), 1, amends=True)
    assert written(store) == ["now", "of old"]


# -- owners ------------------------------------------------------------------------------------------------------------


def test_no_call_crosses_owners(store):
    store.save("ann", note("secret", "ann's"), 0)
    store.save("ann", note("alpha", "ann's alpha"), 0)
    assert ids(store, "bob") == ["alpha", "beta"]
    assert store.get("bob", "alpha").document.text == "first"
    assert list(store.versions("bob", "secret")) == []
    for call in (store.get, store.reset, store.export_yaml):
        with pytest.raises(DocumentMissing):
            call("bob", "secret")
    with pytest.raises(EditConflict):
        store.save("bob", note("secret", "taken over"), 1)
    store.save("bob", note("secret", "bob's"), 0)
    store.reset("bob", "secret")
    assert store.get("ann", "secret").document.text == "ann's"
    assert store.import_yaml("bob", store.export_yaml("ann", "secret")).document.id == "secret"
    assert store.get("ann", "alpha").document.text == "ann's alpha"


# -- ids, sizes and problems -------------------------------------------------------------------------------------------

BAD_IDS = ["", "-a", "A", "a b", "../etc", "a/b", "a.b", "a_b", "名字", "a" * 65, "a\n", "a\x00", "ａ"]


@pytest.mark.parametrize("id", BAD_IDS)
def test_bad_ids_are_refused_everywhere(store, id):
    for call in (store.get, store.reset, store.versions, store.export_yaml):
        with pytest.raises(NameInvalid) as caught:
            call("maker", id)
        both_languages(caught.value)
    with pytest.raises(DocumentInvalid) as invalid:
        store.parse({"id": id, "title": {"en": "x"}})
    assert set(invalid.value.problems) == {"id"}


@pytest.mark.parametrize("id", ["a", "0", "a-b-3", "a" * 64, "con"])
def test_good_ids_are_taken(store, id):
    check_id(id)
    assert store.save("maker", note(id), 0).document.id == id


def test_every_problem_is_reported_at_once_in_both_languages(store):
    with pytest.raises(DocumentInvalid) as caught:
        store.parse(
            {
                "id": "Bad Id",
                "text": "x" * 5001,
                "marks": [1, "two", 3],
                "part": {"id": "p", "size": 11},
                "trusted": True,
            }
        )
    problems = caught.value.problems
    assert set(problems) == {"id", "title", "text", "marks.1", "part.size", "trusted"}
    assert "5,000" in problems["text"][0]
    assert "5,000" in problems["text"][1]
    assert problems["title"] == ("This field is required.", "这一项必须填写。")
    for english, chinese in problems.values():
        assert english
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
    both_languages(caught.value)


def test_wrong_types_have_sentences_of_their_own(store):
    with pytest.raises(DocumentInvalid) as caught:
        store.parse({"id": 3, "title": "plain", "text": [], "marks": "abc", "part": 7, 5: 6})
    problems = caught.value.problems
    assert set(problems) == {"id", "title", "text", "marks", "part", "5"}
    assert all("does not fit" not in english for english, _ in problems.values())


def test_a_sentence_of_ours_may_hold_braces():
    class Odd(Document):
        def model_post_init(self, _context) -> None:
            raise problem("Not {this}.", "不是 {这个}。")

    with pytest.raises(ValueError, match="this") as caught:
        Odd(id="a")
    assert sentences(caught.value.errors()) == {"document": ("Not {this}.", "不是 {这个}。")}


def test_a_document_over_the_size_limit_is_refused_by_bytes_not_letters(database):
    small = DocumentStore(database, "note", Note, size_limit=1000)
    small.save("maker", note(text="x" * 600), 0)
    with pytest.raises(DocumentInvalid) as caught:
        small.save("maker", note(text="字" * 600), 1)
    assert "1,000" in caught.value.problems["document"][0]
    both_languages(caught.value)
    assert small.get("maker", "mine").document.text == "x" * 600


def test_a_document_made_without_checks_is_checked_when_saved(store):
    with pytest.raises(DocumentInvalid):
        store.save("maker", note().model_copy(update={"text": "x" * 6000}), 0)
    with pytest.raises(DocumentInvalid):
        store.save("maker", note().model_copy(update={"id": "../up"}), 0)
    assert ids(store, "maker") == ["alpha", "beta"]


def test_broken_characters_are_refused(store):
    for data in ({"id": "a", "title": {"en": "\ud83d"}}, {"id": "a", "title": {"en": "x"}, "text": "\udc00"}):
        with pytest.raises(DocumentInvalid) as caught:
            store.parse(data)
        both_languages(caught.value)


# -- rows that cannot be read ------------------------------------------------------------------------------------------


def write_row(database: Database, id: str, body: str, owner: str = "maker") -> None:
    with database.write() as connection:
        connection.execute(insert(DOCUMENTS).values(kind="note", owner=owner, id=id, revision=1, body=body, time=1.0))


def test_a_row_of_a_newer_schema_does_not_break_the_list(store, database):
    future = {"id": "later", "version": 2, "title": {"en": "x"}, "new_field": 1}
    write_row(database, "later", json.dumps(future))
    store.save("maker", note(), 0)
    assert ids(store, "maker") == ["alpha", "beta", "mine"]
    with pytest.raises(DocumentInvalid, match="newer Hearth") as caught:
        store.get("maker", "later")
    assert set(caught.value.problems) == {"version"}
    both_languages(caught.value)
    assert list(store.unreadable("maker")) == ["later"]
    assert store.unreadable("bob") == {}
    with database.read() as connection:
        assert connection.execute(select(DOCUMENTS.c.body).where(DOCUMENTS.c.id == "later")).scalar() == json.dumps(future)


@pytest.mark.parametrize("body", ["not json", "[]", "{}", '{"id": "alpha"}', ""])
def test_a_damaged_row_is_told_apart_and_can_be_reset(store, database, body):
    write_row(database, "alpha", body)
    assert ids(store, "maker") == ["beta"]
    both_languages(store.unreadable("maker")["alpha"])
    with pytest.raises(DocumentInvalid):
        store.get("maker", "alpha")
    store.reset("maker", "alpha")
    assert store.get("maker", "alpha").document.text == "first"
    assert store.unreadable("maker") == {}


def test_versions_pass_over_a_revision_that_cannot_be_read(store, database):
    store.save("maker", note(text="one"), 0)
    store.save("maker", note(text="two"), 1)
    with database.write() as connection:
        connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.revision == 1).values(body="torn"))
    assert [s.document.text for s in store.versions("maker", "mine")] == ["two"]


# -- YAML --------------------------------------------------------------------------------------------------------------


def test_yaml_goes_out_readable_and_comes_back_the_same(store, database):
    store.save("maker", note(text="第一行\n第二行 🐻\n", marks=(1, 2)), 0)
    text = store.export_yaml("maker", "mine")
    assert "zh: 便条" in text
    assert "text: |" in text
    other = DocumentStore(database, "note", Note)
    assert other.import_yaml("bob", text).document == store.get("maker", "mine").document


def test_a_shipped_document_can_be_exported(store):
    assert store.read_yaml(store.export_yaml("maker", "alpha")) == store.get("maker", "alpha").document


def test_an_import_never_overwrites(store):
    text = store.export_yaml("maker", "alpha")
    assert [store.import_yaml("maker", text).document.id for _ in range(3)] == ["alpha-2", "alpha-3", "alpha-4"]
    assert store.get("maker", "alpha").revision == 0
    long = store.export_yaml("maker", store.save("maker", note("a" * 64), 0).document.id)
    again = store.import_yaml("maker", long)
    assert again.document.id == "a" * 58 + "-2"
    assert store.get("maker", again.document.id) == again


def test_reading_yaml_keeps_nothing(store):
    assert store.read_yaml("id: only\ntitle: {zh: 看看}").title.zh == "看看"
    assert ids(store, "maker") == ["alpha", "beta"]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n"
BOMB += "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in itertools.pairwise("abcdefghi"))

HOSTILE = {
    "alias bomb": BOMB,
    "merge key": "base: &b {id: x}\nmore: {<<: *b}",
    "python object": "id: !!python/object/apply:os.system ['true']\ntitle: {en: x}",
    "python name": "id: a\ntitle: !!python/name:os.system",
    "unknown tag": "id: !include /etc/passwd",
    "path id": "id: ../../etc/passwd\ntitle: {en: x}",
    "deep": "id: a\ntext: " + "[" * 60_000,
    "deep mapping": "a: {" * 20_000,
    "twice": "id: a\nid: b\ntitle: {en: x}",
    "several": "id: a\n---\nid: b",
    "a list": "- id: a",
    "a word": "hello",
    "empty": "",
    "not yaml": "id: [a\ntitle: 'x",
    "tab": "id: a\n\ttitle: x",
    "control character": "id: a\x07",
    "endless number": "id: a\ntitle: {en: x}\nmarks: [" + "9" * 10_000 + "]",
    "number of many parts": "id: a\ntitle: {en: x}\nmarks: [1" + ":59" * 40_000 + "]",
    "number beyond all bounds": "id: a\ntitle: {en: x}\nmarks: [1" + ":59" * 300 + ".5]",
    "empty number": "id: !!int ''\ntitle: {en: x}",
    "no yes and no no": "id: !!bool x\ntitle: {en: x}",
    "unhashable key": "? [a, b]\n: 1",
    "binary": "id: a\ntitle: {en: !!binary '//79'}",
    "unknown field": "id: a\ntitle: {en: x}\ntrusted: true",
    "surrogate": 'id: a\ntitle: {en: "\\ud83d"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_with_a_sentence_and_quickly(store, name):
    def refused():
        with pytest.raises(DocumentInvalid) as caught:
            store.import_yaml("maker", HOSTILE[name])
        return caught

    caught = quickly(refused, 5)
    both_languages(caught.value)
    assert len(caught.value.english) < 1000
    assert ids(store, "maker") == ["alpha", "beta"]


def test_yaml_over_the_limit_is_refused_before_it_is_parsed(store):
    def refused():
        with pytest.raises(DocumentInvalid, match="131,072"):
            store.import_yaml("maker", "id: a\ntext: " + "x" * 50_000_000)

    quickly(refused, 2)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200), title=st.text(max_size=20).filter(str.isprintable))
def test_any_text_survives_the_database_and_yaml(store, text, title):
    document = Note(id="any", title=LocalizedText(en=title), text=text)
    current = [s.revision for s in store.list("any-owner") if s.document.id == "any"]
    store.save("any-owner", document, current[0] if current else 0)
    assert store.get("any-owner", "any").document == document
    assert store.read_yaml(store.export_yaml("any-owner", "any")) == document
