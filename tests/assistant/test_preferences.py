"""What the maker chose for the whole app: kept, checked, and overruled by whoever starts it otherwise."""

import json
import threading
from pathlib import Path

import pytest

from assistant.access import MAKER, Identity
from assistant.preferences import Preferences, PreferenceStore, model_at_start, region_now
from assistant.settings import Settings, read_settings
from common.database import Database
from common.documents import DOCUMENTS
from common.errors import DocumentInvalid, PersonaError


@pytest.fixture
def store(tmp_path: Path):
    database = Database(tmp_path / "hearth.db")
    yield PreferenceStore(database)
    database.close()


def test_choices_are_kept_beside_one_another(store):
    assert store.current() == Preferences()
    store.change(region="SG")
    store.change(persona="librarian", model="hf:Qwen/Qwen3-4B")
    assert store.current() == Preferences(region="SG", persona="librarian", model="hf:Qwen/Qwen3-4B")
    store.change(region="")
    assert store.current().region == ""


@pytest.mark.parametrize("choice", [{"region": "Mars"}, {"model": "two\nlines"}, {"persona": "x" * 65}])
def test_a_choice_that_cannot_be_is_refused_and_the_rest_stays(store, choice):
    store.change(region="US")
    with pytest.raises(DocumentInvalid) as refused:
        store.change(**choice)
    assert set(refused.value.problems) == set(choice)
    assert store.current() == Preferences(region="US")


def test_two_people_choosing_at_once_lose_nothing(store):
    def choose(field: str, values: list[str]) -> None:
        for value in values:
            store.change(**{field: value})

    regions = threading.Thread(target=choose, args=("region", ["US", "GB"] * 10))
    regions.start()
    choose("persona", ["gg", "librarian"] * 10)
    regions.join()
    assert store.current() == Preferences(region="GB", persona="librarian")


def test_what_a_newer_hearth_wrote_counts_as_nothing_chosen_and_is_not_overwritten(store, tmp_path):
    store.change(region="US")
    database = Database(tmp_path / "hearth.db")
    with database.write() as connection:
        connection.execute(DOCUMENTS.update().values(body=json.dumps({"id": "preferences", "version": 9, "colour": "red"})))
    database.close()
    assert store.current() == Preferences()
    with pytest.raises(DocumentInvalid, match="newer Hearth"):
        store.change(region="GB")


def test_whoever_starts_the_app_overrules_the_page():
    chosen = Preferences(model="hf:Qwen/Qwen3-4B", region="SG")
    plain = read_settings([], {})
    assert (model_at_start(plain, chosen), region_now(plain, chosen)) == ("hf:Qwen/Qwen3-4B", "SG")
    assert (model_at_start(plain, Preferences()), region_now(plain, Preferences())) == ("auto", "CN")
    told = read_settings(["--model", "auto"], {"HEARTH_REGION": "US"})
    assert (model_at_start(told, chosen), region_now(told, chosen)) == ("auto", "US")
    assert model_at_start(read_settings([], {"HEARTH_MODEL": "builtin"}), chosen) == "builtin"
    hosted = read_settings([], {"MODELSCOPE_ENVIRONMENT": "studio"})
    assert model_at_start(hosted, chosen) == "hf:Qwen/Qwen3-4B"
    assert model_at_start(hosted, Preferences()) == "ms:Qwen/Qwen3-0.6B"
    assert region_now(Settings(region="GB"), Preferences()) == "GB"


def test_a_studio_goes_by_what_was_chosen(make_studio):
    studio = make_studio()
    assert (studio.first_persona(MAKER).id, studio.region, studio.agent("gg").region) == ("gg", "CN", "CN")
    studio.preferences.change(persona="librarian", region="TW")
    assert (studio.first_persona(MAKER).id, studio.region, studio.agent("gg").region) == ("librarian", "TW", "TW")
    visitor = Identity("visitor-1", maker=False)
    unpublished = studio.persona(MAKER, "librarian").model_copy(update={"published": False})
    studio.personas.save(MAKER.owner, unpublished, 0)
    assert studio.first_persona(visitor).id == "gg"  # what was chosen is not for visitors
    for id in ("gg", "model-guide"):
        studio.personas.save(MAKER.owner, studio.persona(MAKER, id).model_copy(update={"published": False}), 0)
    with pytest.raises(PersonaError):
        studio.first_persona(visitor)
