"""Tools that are always offered: a few at most, kept, and among those that a model sees whatever the message is about."""

import pytest
from pydantic import ValidationError

from common.database import Database
from common.documents import Document, DocumentStore
from common.errors import DocumentMissing, NameInvalid, ToolError
from tools.documents import ToolStore
from tools.registry import ToolRegistry, default_registry, stored_registry
from tools.switches import Switches
from tools.toolbox import Toolbox


@pytest.fixture
def open_toolbox(tmp_path):
    opened = []

    def make(*documents):
        for database in opened:
            database.close()
        opened.append(Database(tmp_path / "hearth.db"))
        store = ToolStore(opened[-1])
        for document in documents:
            store.save("maker", document, 0)
        registry = stored_registry(store, "maker")
        return Toolbox(opened[-1], registry, "maker"), registry

    yield make
    for database in opened:
        database.close()


def names(found):
    return [tool.id for tool, _ in found]


def test_one_that_is_always_offered_is_found_whatever_is_looked_for_and_stays_so(open_toolbox):
    toolbox, registry = open_toolbox()
    before = registry.snapshot()
    assert "qr-code" not in names(before.find("What time is it in Tokyo?", 3))
    toolbox.switches.offer_always("qr-code", True)
    toolbox.switches.offer_always("qr-code", True)
    assert registry.always == {"qr-code"}
    assert names(registry.snapshot().find("What time is it in Tokyo?", 3))[:2] == ["qr-code", "clock"]
    assert names(registry.snapshot().find("东京现在几点？", 1)) == ["qr-code"]
    assert before.always == frozenset(), "a turn under way keeps what it began with"
    assert "qr-code" not in names(before.find("What time is it in Tokyo?", 3))
    again, registry = open_toolbox()
    assert registry.snapshot().always == {registry.get("qr-code").spec.name}
    again.switches.offer_always("qr-code", False)
    assert registry.always == set()
    assert "qr-code" not in names(registry.snapshot().find("What time is it in Tokyo?", 3))
    with pytest.raises(DocumentMissing):
        again.switches.offer_always("no-such-tool", True)


def test_it_comes_before_what_was_used_last_and_what_is_named(open_toolbox):
    toolbox, registry = open_toolbox()
    for id in ("qr-code", "random", "encoding"):
        toolbox.switches.offer_always(id, True)
    message = "convert_units, then text_statistics, please"
    used = [registry.get(id).spec.name for id in ("clock", "calculator", "dates")]
    found = names(registry.snapshot().find(message, 5, used))
    assert {*found[:3]} == {"qr-code", "random", "encoding"}
    assert {*found[3:]} <= {"clock", "calculator", "dates", "units", "text-statistics"}


def test_only_a_persona_that_has_it_gets_it_and_an_off_one_nobody(open_toolbox):
    toolbox, registry = open_toolbox()
    toolbox.switches.offer_always("qr-code", True)
    toolbox.switches.offer_always("random", True)
    snapshot = registry.snapshot(["clock", "dates", "random"])
    assert snapshot.always == {registry.get("random").spec.name}
    assert names(snapshot.find("a QR code of my address", 5))[0] == "random"
    assert "qr-code" not in names(snapshot.find("a QR code of my address", 5))
    toolbox.switches.turn("random", False)
    assert registry.always == {"qr-code", "random"}, "switching off keeps the other switch"
    assert registry.snapshot(["clock", "random"]).always == frozenset()
    assert names(registry.snapshot(["clock", "random"]).find("a random number", 5)) == ["clock"]
    assert registry.snapshot().only(lambda tool: tool.id != "qr-code").always == frozenset()
    toolbox.switches.turn("random", True)
    assert names(registry.snapshot(["clock", "random"]).find("几点了", 1)) == ["random"]


def test_one_more_than_there_may_be_is_refused_and_one_that_is_gone_gives_its_place_up(open_toolbox, make_document):
    toolbox, registry = open_toolbox(make_document())
    for id in ("pets", "clock", "dates"):
        toolbox.switches.offer_always(id, True)
    with pytest.raises(ToolError, match="3 tools are always offered already: clock, dates, pets") as refused:
        toolbox.switches.offer_always("units", True)
    assert "请先取消其中一个" in refused.value.chinese
    assert registry.always == {"clock", "dates", "pets"}
    toolbox.delete("pets")
    assert registry.snapshot().always == {registry.get(id).spec.name for id in ("clock", "dates")}
    toolbox.switches.offer_always("units", True)
    assert registry.always == {"clock", "dates", "units"}
    toolbox.restore("pets")
    assert len(registry.snapshot().always) == 3


class Before(Document):
    """The switches as they were before tools could be always offered."""

    id: str = "switches"
    off: tuple[str, ...] = ()


def test_switches_kept_before_there_was_this_one_are_read_as_they_are(tmp_path, open_toolbox):
    database = Database(tmp_path / "hearth.db")
    DocumentStore(database, "tool-switches", Before).save("maker", Before(off=("clock",)), 0)
    database.close()
    toolbox, registry = open_toolbox()
    assert (registry.off, registry.always) == ({"clock"}, set())
    toolbox.switches.offer_always("dates", True)
    toolbox, registry = open_toolbox()
    assert (registry.off, registry.always) == ({"clock"}, {"dates"})
    toolbox.switches.turn("clock", True)
    assert (registry.off, registry.always) == (set(), {"dates"})


def test_a_registry_that_becomes_another_takes_its_switches_over():
    other = ToolRegistry()
    registry = default_registry()
    registry.offer_always(["dates"])
    other.become(registry)
    assert other.always == {"dates"}
    assert other.snapshot().always == {other.get("dates").spec.name}


@pytest.mark.parametrize("always", [["../x"], ["a", "b", "c", "d"], [1], "clock"])
def test_no_document_says_more_than_there_may_be(always):
    with pytest.raises((ValidationError, NameInvalid)):
        Switches.model_validate({"id": "switches", "always": always})
