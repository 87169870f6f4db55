"""The personas that ship: each loads, is whole in both languages, and promises only what is there."""

import re
from pathlib import Path

import pytest
import yaml

from common.database import Database
from common.documents import LocalizedText
from common.errors import PersonaError
from personas.schema import Persona
from personas.store import SHIPPED, PersonaStore, missing

TOOLS = {"clock", "calculator", "units", "dates", "model-search"}
MANIFEST = Path("knowledge/corpora/shipped/collections.yaml")


@pytest.fixture
def store(tmp_path: Path):
    database = Database(tmp_path / "hearth.db")
    yield PersonaStore(database)
    database.close()


@pytest.fixture(params=["gg", "librarian", "model-guide"])
def persona(request: pytest.FixtureRequest, store: PersonaStore) -> Persona:
    return store.get("maker", request.param).document


def shipped_collections() -> set[str]:
    manifest = yaml.safe_load((SHIPPED.parent / MANIFEST).read_text(encoding="utf-8"))
    return {collection["id"] for collection in manifest["collections"]}


def chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def texts(persona: Persona) -> list[LocalizedText]:
    return [persona.title, persona.description, persona.greeting, persona.instruction, *persona.starters]


def test_three_personas_ship_and_gg_comes_first(store):
    assert [stored.document.id for stored in store.list("maker")] == ["gg", "librarian", "model-guide"]
    assert store.unreadable("maker") == {}


def test_titles_are_those_people_know(store):
    titles = {s.document.id: (s.document.title.zh, s.document.title.en) for s in store.list("maker")}
    assert titles == {
        "gg": ("GG安慰侠", "GG Comforter"),
        "librarian": ("图书管理员", "Librarian"),
        "model-guide": ("模型向导", "Model Guide"),
    }


def test_every_text_is_there_in_both_languages(persona):
    for text in texts(persona):
        assert chinese(text.zh), text
        assert text.en.strip(), text
        assert not chinese(text.en), text


def test_enough_starters_and_all_different(persona):
    assert len(persona.starters) >= 4
    for language in ("en", "zh"):
        assert len({starter.get(language) for starter in persona.starters}) == len(persona.starters)


def test_only_what_ships_is_named(store, persona):
    store.check(persona, models=set(), tools=TOOLS, collections=shipped_collections())
    assert persona.collections
    assert persona.model is None


def test_each_has_its_own_face_and_voice_of_the_right_language(persona):
    assert persona.avatar
    assert persona.voice.get("zh").startswith("espeak:cmn")
    assert persona.voice.get("en").startswith("espeak:en")
    assert persona.published


def test_faces_differ(store):
    shown = [stored.document for stored in store.list("maker")]
    assert len({p.avatar for p in shown}) == len({p.tint for p in shown}) == 3


def test_english_instructions_are_short_enough_for_a_small_model(persona):
    assert len(persona.instruction.en.split()) <= 130


def test_examples_are_in_their_language(persona):
    for example in persona.few_shot:
        assert chinese(example.user) == chinese(example.assistant) == (example.language == "zh")


def test_gg_is_playful_speaks_to_you_and_shows_it(store):
    gg = store.get("maker", "gg").document
    assert gg.playful
    assert len(gg.few_shot) >= 6
    assert {example.language for example in gg.few_shot} == {"en", "zh"}
    assert gg.collections == ("counselling", "counselling-en")
    spoken = [t.zh for t in texts(gg)] + [e.assistant for e in gg.few_shot]
    assert not any("您" in text for text in spoken)


def test_gg_examples_refuse_what_no_tool_can_do_and_promise_nothing(store):
    gg = store.get("maker", "gg").document
    refusals = [e.assistant for e in gg.few_shot if re.search(r"招聘|链接|叫我|openings|Wake me", e.user)]
    assert len(refusals) == 5
    for answer in refusals:
        assert re.search(r"找不了|给不了|接不了|cannot|have no", answer)
    for example in gg.few_shot:
        assert not re.search(r"https?://|www\.|《|我帮你查|稍后|I will (find|send|remind|look up)", example.assistant)


def test_only_the_librarian_is_bound_to_documents(store):
    bound = {s.document.id for s in store.list("maker") if s.document.answers_only_from_documents}
    assert bound == {"librarian"}
    assert store.get("maker", "librarian").document.collections == ("library",)


def test_missing_things_are_named_with_their_field(store):
    gg = store.get("maker", "gg").document
    broken = gg.model_copy(update={"model": "hf:Org/Gone", "tools": ("clock", "weather"), "collections": ("attic",)})
    found = missing(broken, {"builtin"}, TOOLS, shipped_collections())
    assert set(found) == {"model", "tools.1", "collections.0"}
    with pytest.raises(PersonaError) as caught:
        store.check(broken, models={"builtin"}, tools=TOOLS, collections=shipped_collections())
    for name in ("hf:Org/Gone", "weather", "attic"):
        assert name in caught.value.english
        assert name in caught.value.chinese
    assert "GG安慰侠" in caught.value.chinese
    assert "clock" not in caught.value.english


def test_a_persona_of_a_known_model_passes(store):
    gg = store.get("maker", "gg").document.model_copy(update={"model": "builtin"})
    assert missing(gg, {"builtin"}, TOOLS, shipped_collections()) == {}
