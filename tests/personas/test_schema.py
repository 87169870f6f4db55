"""What a persona may hold, and what it may not: limits, hostile files, publishing, conflicts."""

from pathlib import Path

import pytest

from common.database import Database
from common.errors import DocumentInvalid, DocumentMissing, EditConflict
from personas.schema import INSTRUCTION_LIMIT, Persona, graphemes
from personas.store import PersonaStore

LEAST = {"id": "mine", "title": {"zh": "小明"}}


@pytest.fixture
def store(tmp_path: Path):
    database = Database(tmp_path / "hearth.db")
    yield PersonaStore(database)
    database.close()


def problems(store: PersonaStore, **fields) -> dict[str, tuple[str, str]]:
    with pytest.raises(DocumentInvalid) as caught:
        store.parse({**LEAST, **fields})
    for english, chinese in caught.value.problems.values():
        assert english.endswith(".")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
    return caught.value.problems


def test_a_title_is_all_a_persona_needs(store):
    persona = store.parse(LEAST)
    assert persona.title.get("en") == "小明"
    assert persona.model is None
    assert persona.voice.get("zh") == "espeak:cmn"
    assert persona.voice.get("en") == "espeak:en-gb"
    assert not persona.published
    assert store.save("maker", persona, 0).document == persona


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": {"en": " ", "zh": ""}}, "title"),
        ({"title": {"en": "two\nlines"}}, "title.en"),
        ({"title": {"en": "abc\u202egnp.exe"}}, "title.en"),
        ({"title": {"en": "x" * 201}}, "title.en"),
        ({"description": {"zh": "字" * 201}}, "description.zh"),
        ({"greeting": {"en": "x" * 2001}}, "greeting.en"),
        ({"instruction": {"en": "x" * (INSTRUCTION_LIMIT + 1)}}, "instruction.en"),
        ({"starters": [{"en": "x"}] * 13}, "starters"),
        ({"starters": ["plain"]}, "starters.0"),
        ({"few_shot": [{"language": "fr", "user": "a", "assistant": "b"}]}, "few_shot.0.language"),
        ({"few_shot": [{"language": "en", "user": "", "assistant": "b"}]}, "few_shot.0.user"),
        ({"avatar": "12345"}, "avatar"),
        ({"avatar": "a\n"}, "avatar"),
        ({"avatar": "\u0301" * 33}, "avatar"),
        ({"tint": "red"}, "tint"),
        ({"tint": "#C8553D; background: url(//evil)"}, "tint"),
        ({"tint": "#C8553D\n"}, "tint"),
        ({"model": ""}, "model"),
        ({"model": "os.system"}, "model"),
        ({"model": "hf:no-owner"}, "model"),
        ({"model": "hf:../x"}, "model"),
        ({"model": "openai:ftp://host/v1#x"}, "model"),
        ({"model": "openai:https://me:secret@host/v1#x"}, "model"),
        ({"model": "openai:https://host/v1?key=secret#x"}, "model"),
        ({"tools": ["os.system"]}, "tools.0"),
        ({"tools": ["clock", "clock"]}, "tools"),
        ({"collections": ["../library"]}, "collections.0"),
        ({"collections": ["library", "library"]}, "collections"),
        ({"voice": {"zh": "espeak:../../etc/passwd"}}, "voice.zh"),
        ({"voice": {"zh": "espeak:cmn -w /tmp/x"}}, "voice.zh"),
        ({"voice": {"fr": "espeak:fr"}}, "voice.fr"),
        ({"generation": {"max_tokens": 15}}, "generation.max_tokens"),
        ({"generation": {"max_tokens": 8193}}, "generation.max_tokens"),
        ({"generation": {"temperature": 2.1}}, "generation.temperature"),
        ({"generation": {"temperature": float("nan")}}, "generation.temperature"),
        ({"generation": {"top_p": 0}}, "generation.top_p"),
        ({"playful": "perhaps"}, "playful"),
        ({"trusted": True}, "trusted"),
        ({"api_key": "sk-1"}, "api_key"),
        ({"import": "os"}, "import"),
    ],
)
def test_each_limit_names_its_field(store, fields, field):
    assert set(problems(store, **fields)) == {field}


def test_all_problems_come_at_once(store):
    found = problems(store, id="Nope", tint="red", tools=["A B"], generation={"top_p": 7, "seed": 1})
    assert set(found) == {"id", "tint", "tools.0", "generation.top_p", "generation.seed"}


@pytest.mark.parametrize(
    "model",
    [
        "builtin",
        "hf:Qwen/Qwen3-4B-Instruct-2507",
        "ms:Qwen/Qwen3-4B-Instruct-2507",
        "path:/models/qwen",
        "gguf:models/a b.gguf",
        "openai:http://127.0.0.1:8000/v1#Qwen/Qwen3-4B",
    ],
)
def test_every_form_of_model_name_is_taken(store, model):
    assert store.parse({**LEAST, "model": model}).model == model


def test_the_longest_instructions_in_both_languages_fit(store):
    longest = {"en": "x" * INSTRUCTION_LIMIT, "zh": "字" * INSTRUCTION_LIMIT}
    saved = store.save("maker", store.parse({**LEAST, "instruction": longest}), 0)
    assert store.read_yaml(store.export_yaml("maker", "mine")) == saved.document


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("GG", 2), ("安慰侠", 3), ("❤️", 1), ("👍🏽", 1), ("👨‍👩‍👧‍👦", 1), ("🇨🇳🇺🇸", 2), ("e\u0301", 1), ("¶", 1)],
)
def test_characters_are_counted_as_people_see_them(store, text, count):
    assert graphemes(text) == count
    assert store.parse({**LEAST, "avatar": text}).avatar == text


def test_an_import_has_no_tools_but_those_that_it_names(store):
    gg = store.get("maker", "gg")
    store.save("maker", gg.document.model_copy(update={"all_tools": True, "tools": ("clock",)}), gg.revision)
    text = store.export_yaml("maker", "gg")
    assert "all_tools: true" in text
    imported = store.import_yaml("maker", text).document
    assert (imported.all_tools, imported.tools) == (False, ("clock",))
    assert store.duplicate("maker", "gg").document.all_tools


def test_an_import_is_never_published(store):
    text = store.export_yaml("maker", "gg")
    assert "published: true" in text
    imported = store.import_yaml("maker", text)
    assert imported.document.id == "gg-2"
    assert not imported.document.published
    assert not store.get("maker", "gg-2").document.published
    assert store.get("maker", "gg").document.published


def test_a_copy_has_a_name_and_an_id_of_its_own_and_is_not_published(store):
    copy = store.duplicate("maker", "gg")
    gg = store.get("maker", "gg").document
    assert (copy.document.id, copy.document.title.en, copy.document.title.zh) == (
        "gg-2",
        "GG Comforter (copy)",
        "GG安慰侠（副本）",
    )
    assert gg.published
    assert not copy.document.published
    assert copy.document.model_copy(update={"id": "gg", "title": gg.title, "published": True}) == gg
    again = store.duplicate("maker", "gg-2").document
    assert (again.id, again.title.en) == ("gg-3", "GG Comforter (copy)")


def test_a_copy_of_the_longest_title_fits(store):
    store.save("maker", store.parse({**LEAST, "title": {"zh": "名" * 200}}), 0)
    title = store.duplicate("maker", "mine").document.title
    assert (len(title.zh), title.en) == (200, "")
    assert title.zh.endswith("（副本）")


def test_a_new_persona_works_at_once_and_never_takes_the_id_of_one_that_was_deleted(store):
    first = store.create("maker").document
    assert first.id == "persona"
    for text in (first.title, first.greeting, first.instruction, *first.starters):
        assert text.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh)
    assert not first.published
    store.reset("maker", "persona")
    assert store.create("maker").document.id == "persona-2"
    assert store.bring_back("maker", "persona").document == first


HOSTILE = [
    "id: x\ntitle: !!python/object/apply:os.system [id]",
    "id: ../../.ssh/keys\ntitle: {zh: 坏}",
    "id: x\ntitle: &t {zh: 坏}\ndescription: *t",
    "id: x\ntitle: {zh: 坏}\ntrusted: true",
    "id: x\ntitle: {zh: 坏}\ninstruction: {zh: " + "字" * 100_000 + "}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_files_are_refused_and_change_nothing(store, text):
    before = store.list("maker")
    with pytest.raises(DocumentInvalid):
        store.import_yaml("maker", text)
    assert store.list("maker") == before


def test_markup_in_a_title_is_kept_as_text(store):
    title = "<script>alert(1)</script>"
    assert store.parse({**LEAST, "title": {"en": title}}).title.en == title


def test_two_editors_of_one_persona_conflict(store):
    gg = store.get("maker", "gg")
    store.save("maker", gg.document.model_copy(update={"playful": False}), gg.revision)
    with pytest.raises(EditConflict):
        store.save("maker", gg.document, gg.revision)
    assert not store.get("maker", "gg").document.playful
    store.reset("maker", "gg")
    assert store.get("maker", "gg").document == gg.document


def test_another_owner_does_not_see_a_persona(store):
    store.save("maker", store.parse(LEAST), 0)
    with pytest.raises(DocumentMissing):
        store.get("visitor-1", "mine")
    assert [s.document.id for s in store.list("visitor-1")] == ["gg", "librarian", "model-guide"]


def test_a_persona_cannot_be_changed_in_place(store):
    persona: Persona = store.get("maker", "gg").document
    with pytest.raises(ValueError, match="frozen"):
        persona.title.zh = "别人"
    with pytest.raises(AttributeError):
        persona.tools.append("calculator")
