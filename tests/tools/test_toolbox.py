"""What makers do with tools: switching, saving, going back, granting, importing, and taking away and back."""

import json
import sqlite3
import threading

import pytest
import yaml

from common.database import Database
from common.errors import DocumentInvalid, DocumentMissing, EditConflict, EgressRefused, ToolError
from tools.access import Access, SecretNeeded
from tools.base import ToolContext
from tools.documents import ToolStore
from tools.imported import LeftOut
from tools.making import ToolMaker
from tools.registry import stored_registry
from tools.runner import run
from tools.toolbox import Toolbox
from tools.validation import problems

SOURCE = {"form": "openapi", "api": "Pets", "operation": "GET /pets"}


@pytest.fixture
def open_toolbox(tmp_path):
    """A toolbox with its registry on the test's database; what was open is closed, as at a restart."""
    opened = []

    def make(*documents, maker=None):
        for database in opened:
            database.close()
        opened.append(Database(tmp_path / "hearth.db"))
        store = ToolStore(opened[-1])
        for document in documents:
            store.save("maker", document, 0)
        registry = stored_registry(store, "maker", maker)
        return Toolbox(opened[-1], registry, "maker", maker), registry

    yield make
    for database in opened:
        database.close()


def test_a_tool_that_is_off_is_given_to_no_turn_and_stays_off(open_toolbox):
    toolbox, registry = open_toolbox()
    before = registry.snapshot(["clock", "calculator"])
    clock = registry.get("clock").spec.name
    toolbox.switches.turn("clock", False)
    toolbox.switches.turn("clock", False)
    assert registry.off == {"clock"}
    assert clock in before
    for snapshot in (registry.snapshot(["clock", "calculator"]), registry.snapshot()):
        assert clock not in snapshot
        assert registry.get("calculator").spec.name in snapshot
    assert "clock" in {tool.id for tool in registry.list()}
    again, registry = open_toolbox()
    assert clock not in registry.snapshot()
    again.switches.turn("clock", True)
    assert registry.off == set()
    assert clock in registry.snapshot(["clock"])
    with pytest.raises(DocumentMissing):
        again.switches.turn("no-such-tool", False)


def test_switches_that_are_turned_at_the_same_time_all_count(open_toolbox, monkeypatch):
    toolbox, registry = open_toolbox()
    turn_off, others = registry.turn_off, iter(["calculator"])
    threads = []

    def overtaken(off):
        for other in others:
            threads.append(threading.Thread(target=toolbox.switches.turn, args=(other, False)))
            threads[-1].start()
            threads[-1].join(0.5)
        turn_off(off)

    monkeypatch.setattr(registry, "turn_off", overtaken)
    toolbox.switches.turn("clock", False)
    threads[0].join()
    assert registry.off == {"clock", "calculator"} == {*open_toolbox()[1].off}


def test_a_registered_tool_goes_and_comes_back(open_toolbox, make_document):
    toolbox, registry = open_toolbox(make_document())
    assert toolbox.document("pets") == make_document()
    toolbox.delete("pets")
    assert toolbox.document("pets") is None
    for gone in (lambda: registry.get("pets"), lambda: toolbox.delete("pets")):
        with pytest.raises(DocumentMissing):
            gone()
    toolbox, registry = open_toolbox()
    assert "pets" not in {tool.id for tool in registry.list()}
    toolbox.restore("pets")
    assert registry.get("pets").spec.description == "Finds a pet."
    assert [each.id for each in toolbox.documents()] == ["pets"]
    with pytest.raises(DocumentMissing):
        toolbox.restore("pets")


def test_a_tool_that_comes_with_hearth_is_not_deleted(open_toolbox):
    toolbox, registry = open_toolbox()
    with pytest.raises(ToolError, match="Switch it off") as refused:
        toolbox.delete("clock")
    assert "关掉" in refused.value.chinese
    assert registry.get("clock")


def test_a_tool_whose_name_was_taken_meanwhile_does_not_come_back(open_toolbox, make_document):
    toolbox, _ = open_toolbox(make_document())
    toolbox.delete("pets")
    other, _ = open_toolbox(make_document(id="others"))
    with pytest.raises(ToolError):
        other.restore("pets")
    assert [each.id for each in other.documents()] == ["others"]


def test_what_is_wrong_is_said_at_its_argument():
    schema = {
        "type": "object",
        "properties": {"days": {"type": "integer", "minimum": 1}, "unit": {"enum": ["km", "mile"]}, "deep": {"type": "object"}},
        "required": ["days", "unit"],
        "additionalProperties": False,
    }
    found = problems(schema, {"days": 0, "more": 1})
    assert set(found) == {"days", "unit", ""}
    assert found["days"] == ("days must be at least 1.", "days 不能小于 1。")
    assert found["unit"] == ("unit is missing.", "缺少 unit。")
    assert "more" in found[""][0]
    assert problems(schema, {"days": 2, "unit": "km"}) == {}


def fields_of(document, **changes):
    return document.model_dump(mode="json") | changes


def test_a_tool_is_made_changed_and_used_from_the_next_snapshot(open_toolbox, make_document):
    toolbox, registry = open_toolbox()
    made = toolbox.save(fields_of(make_document()), 0)
    assert made.revision == 1
    before = registry.snapshot()
    changed = toolbox.save(fields_of(make_document(), description={"en": "Finds any pet.", "zh": ""}), made.revision)
    assert (before["pets"].spec.description, registry.snapshot()["pets"].spec.description) == ("Finds a pet.", "Finds any pet.")
    assert toolbox.get("pets") == changed
    renamed = toolbox.save(fields_of(make_document(), name="animals"), changed.revision)
    assert "pets" not in registry.snapshot()
    _, registry = open_toolbox()
    assert registry.snapshot()["animals"].id == "pets"
    assert renamed.revision == 3


def test_two_people_editing_one_tool(open_toolbox, make_document):
    toolbox, registry = open_toolbox(make_document())
    mine = yours = toolbox.get("pets").revision
    toolbox.save(fields_of(make_document(), name="mine"), mine)
    with pytest.raises(EditConflict):
        toolbox.save(fields_of(make_document(), name="yours"), yours)
    assert registry.get("pets").spec.name == "mine"
    toolbox.delete("pets")
    with pytest.raises(EditConflict):
        toolbox.save(fields_of(make_document(), name="late"), mine + 1)


def test_many_who_save_at_once_leave_one_winner(open_toolbox, make_document):
    toolbox, registry = open_toolbox(make_document())
    done = []

    def edit(number):
        try:
            toolbox.save(fields_of(make_document(), name=f"n{number}"), 1)
            done.append(f"n{number}")
        except EditConflict:
            done.append(None)

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = filter(None, done)
    assert registry.get("pets").spec.name == toolbox.get("pets").document.name == winner


def test_every_problem_is_told_at_once_at_its_field(open_toolbox, make_document):
    toolbox, registry = open_toolbox(make_document())
    wrong = fields_of(make_document(), id="clock", name="calculator", title={"en": ""}, more=1)
    wrong["call"] = {**wrong["call"], "url": "x", "method": "GO", "secrets": [{"name": "a"}]}
    with pytest.raises(DocumentInvalid) as caught:
        toolbox.save(wrong, 0)
    assert {"id", "name", "title", "more", "call.url", "call.method", "call.secrets.0.place"} <= caught.value.problems.keys()
    assert all(english and chinese for english, chinese in caught.value.problems.values())
    with pytest.raises(DocumentInvalid) as caught:
        toolbox.save(fields_of(make_document()), 0)
    assert set(caught.value.problems) == {"id"}
    for odd in ({}, {"id": 5, "name": []}, {"id": None}):
        with pytest.raises(DocumentInvalid):
            toolbox.save(odd, 0)
    assert [tool.id for tool in registry.list()][-1] == "pets"


def test_a_duplicate_is_a_tool_of_its_own(open_toolbox, make_document):
    toolbox, registry = open_toolbox(make_document(title={"en": "Pets", "zh": ""}, source=SOURCE))
    toolbox.grant("pets", "api.example:443")
    toolbox.duplicate("pets")
    copy = toolbox.duplicate("pets").document
    assert (copy.id, copy.name, copy.title.en, copy.title.zh, copy.source) == ("pets-3", "pets_3", "Pets (copy)", "", None)
    assert not toolbox.access("pets-3").granted
    assert registry.get("pets-2").spec.name == "pets_2"
    toolbox.delete("pets-3")
    assert toolbox.duplicate("pets").document.id == "pets-4"
    with pytest.raises(DocumentMissing):
        toolbox.duplicate("clock")


def test_one_goes_back_to_an_earlier_version(open_toolbox, make_document):
    toolbox, registry = open_toolbox(make_document())
    toolbox.save(fields_of(make_document(), name="second"), 1)
    assert [stored.document.name for stored in toolbox.versions("pets")] == ["second", "pets"]
    with pytest.raises(EditConflict):
        toolbox.go_back("pets", 1, 1)
    assert toolbox.go_back("pets", 1, 2).revision == 3
    assert registry.get("pets").spec.name == "pets"
    with pytest.raises(DocumentMissing, match="version 9"):
        toolbox.go_back("pets", 9, 3)


def test_a_grant_is_for_one_tool_and_its_own_host(open_toolbox, make_document, service):
    document = make_document({}, {"url": f"{service.url}/pets", "arguments": {}})
    host = service.url.removeprefix("http://")
    toolbox, registry = open_toolbox(document)

    def call():
        return run(registry.get("pets"), {}, ToolContext())

    assert (toolbox.access("pets").host, toolbox.access("pets").private, toolbox.access("pets").granted) == (host, True, False)
    assert call().failed
    with pytest.raises(ToolError, match="does not call"):
        toolbox.grant("pets", "127.0.0.1:1")
    toolbox.grant("pets", host)
    assert toolbox.access("pets").granted
    assert not call().failed
    toolbox, registry = open_toolbox()
    assert not call().failed
    toolbox.delete("pets")
    toolbox.save(fields_of(document, title={"en": "Another", "zh": ""}), 0)
    assert call().failed
    toolbox.grant("pets", host)
    toolbox.delete("pets")
    toolbox.restore("pets")
    assert not call().failed
    revision = toolbox.get("pets").revision
    moved = fields_of(document)
    moved["call"]["url"] = f"http://localhost:{service.server_port}/pets"
    toolbox.save(moved, revision)
    assert call().failed
    assert not toolbox.access("pets").granted
    toolbox.save(fields_of(document), revision + 1)
    toolbox.revoke("pets", host)
    assert call().failed
    assert len(service.requests) == 3


def test_a_grant_that_came_with_the_rows_of_another_database_is_none(open_toolbox, make_document, service, tmp_path):
    """A stranger's backup may hold a tool, a persona that calls it, and the grant to reach this machine's own services."""
    document = make_document({}, {"url": f"{service.url}/pets", "arguments": {}})
    host = service.url.removeprefix("http://")
    toolbox, _ = open_toolbox(document)
    toolbox.grant("pets", host)
    (tmp_path / "elsewhere").mkdir()
    with sqlite3.connect(tmp_path / "elsewhere" / "hearth.db") as copy, sqlite3.connect(tmp_path / "hearth.db") as original:
        original.backup(copy)
    database = Database(tmp_path / "elsewhere" / "hearth.db")
    store = ToolStore(database)
    for _ in range(2):
        registry = stored_registry(store, "maker")
        elsewhere = Toolbox(database, registry, "maker")
        assert not elsewhere.access("pets").granted
        assert run(registry.get("pets"), {}, ToolContext()).failed
        store.grants.add("maker", "other", host)  # makes a key of its own, which does not make the old seal right
    elsewhere.grant("pets", host)
    assert not run(registry.get("pets"), {}, ToolContext()).failed
    assert len(service.requests) == 1
    database.close()


def test_no_document_and_no_file_carries_a_grant_or_a_secret(open_toolbox, make_document):
    secret = {"name": "key", "place": "header", "field": "X-Key"}
    toolbox, _ = open_toolbox(make_document(call={"secrets": [secret]}))
    toolbox.grant("pets", "api.example:443")
    assert "443" not in toolbox.export()
    needed = toolbox.access("pets").secrets
    assert needed == [SecretNeeded("key", "https://api.example:443", True, False)]


def test_secrets_that_a_tool_needs_and_has(open_toolbox, make_document):
    kept = {("key", "https://api.example:443"): "v"}
    secrets = [{"name": name, "place": "header", "field": name, "required": name == "key"} for name in ("key", "other")]
    maker = ToolMaker(secret_for=lambda name, origin: kept.get((name, origin)))
    toolbox, _ = open_toolbox(make_document(call={"secrets": secrets}), maker=maker)
    assert [(each.name, each.required, each.is_there) for each in toolbox.access("pets").secrets] == [
        ("key", True, True),
        ("other", False, False),
    ]


@pytest.mark.parametrize("count", [3, 150])
def test_tools_go_out_as_one_file_and_come_in_again(open_toolbox, tmp_path, make_document, count):
    documents = [make_document(id=f"pets-{n}", name=f"pets_{n}", title={"en": f"P{n}", "zh": "宠物"}) for n in range(count)]
    toolbox, _ = open_toolbox(*documents)
    text = toolbox.export()
    assert "宠物" in text
    assert sorted(each["id"] for each in yaml.safe_load(text)["tools"]) == sorted(each.id for each in documents)
    again = toolbox.preview(text)
    assert {offer.state for offer in again.offers} == {"same"}
    toolbox.save(fields_of(documents[0], name="changed"), 1)
    toolbox.delete("pets-1")
    states = {offer.key: offer.state for offer in toolbox.preview(text).offers}
    assert (states["pets-0"], states["pets-1"], states["pets-2"]) == ("changed", "new", "same")
    found = toolbox.preview(text).found
    assert [stored.document.id for stored in toolbox.take(found, {"pets-1"})] == ["pets-1"]
    assert toolbox.get("pets-0").document.name == "changed"
    toolbox.take(found)
    assert toolbox.get("pets-0").document.name == "pets_0"
    assert len(toolbox.documents()) == count
    assert len(yaml.safe_load(toolbox.export(["pets-2"]))["tools"]) == 1


def test_a_file_of_tools_says_what_of_it_is_wrong(open_toolbox, make_document):
    toolbox, _ = open_toolbox()
    good, bad = fields_of(make_document()), fields_of(make_document(), id="Bad Id")
    file = json.dumps({"hearth": "tools", "version": 1, "tools": [good, bad, "x", {**good, "risk": "none"}, good]})
    preview = toolbox.preview(file)
    assert [offer.key for offer in preview.offers] == ["pets"]
    left = [each for each in preview.found.operations if isinstance(each, LeftOut)]
    assert [each.operation for each in left] == ["Bad Id", "#3", "pets", "pets"]
    assert "risk" in left[2].reason[0]
    assert "comes before" in left[3].reason[0]
    assert toolbox.documents() == []
    with pytest.raises(DocumentInvalid, match="newer Hearth"):
        toolbox.preview(yaml.safe_dump({"hearth": "tools", "version": 7}))
    with pytest.raises(DocumentInvalid, match="no tools"):
        toolbox.preview("a: 1")
    assert [offer.key for offer in toolbox.preview(yaml.safe_dump(good)).offers] == ["pets"]


def test_an_import_is_looked_at_before_anything_is_kept(open_toolbox, make_document, described):
    toolbox, registry = open_toolbox(make_document(id="pets-clock", name="other"))
    text = described({"/clock": {"get": {"operationId": "clock"}}, "/x": {"get": {}, "post": {"requestBody": []}}})
    preview = toolbox.preview(text)
    assert [(o.key, o.operation, o.document.id, o.document.name, o.state) for o in preview.offers] == [
        ("pets-clock", "GET /clock", "pets-clock", "clock_2", "changed"),
        ("pets-get-x", "GET /x", "pets-get-x", "get_x", "new"),
    ]
    assert preview.found.servers == ["https://api.example/v1"]
    assert len(toolbox.documents()) == 1
    toolbox.take(preview.found, {"pets-get-x", "none"})
    assert registry.get("pets-get-x").spec.name == "get_x"
    assert toolbox.get("pets-clock").document.name == "other"
    assert toolbox.take(preview.found, set()) == []


def test_an_import_that_cannot_be_kept_whole_is_not_kept_at_all(open_toolbox, make_document, described, monkeypatch):
    toolbox, registry = open_toolbox()
    found = toolbox.preview(described({f"/{n}": {"get": {}} for n in range(5)})).found
    before = [tool.id for tool in registry.list()]
    plan = toolbox._store.plan_import

    def overtaken(*arguments):  # somebody keeps one of them in between
        planned = plan(*arguments)
        toolbox._store.save("maker", planned[3].document, 0)
        return planned

    monkeypatch.setattr(toolbox._store, "plan_import", overtaken)
    with pytest.raises(EditConflict):
        toolbox.take(found)
    assert [tool.id for tool in registry.list()] == before
    assert len(toolbox.documents()) == 1


def test_what_a_description_at_an_address_says_is_fetched_through_the_one_way_out(open_toolbox, service):
    toolbox, _ = open_toolbox()
    with pytest.raises(EgressRefused, match="Save what is there as a file"):
        toolbox.fetch(f"{service.url}/openapi.json")
    assert service.requests == []


def test_a_model_tool_is_made_by_what_is_given_for_it(open_toolbox, make_document):
    document = make_document(call={"kind": "model", "task": "translation"})
    toolbox, registry = open_toolbox(document)
    output = run(registry.get("pets"), {"id": "x"}, ToolContext())
    assert output.failed
    assert "runs a model" in output.text
    assert toolbox.access("pets") == Access([])
    with pytest.raises(ToolError):
        toolbox.grant("pets", "api.example:443")
    made = registry.get("pets")
    maker = ToolMaker(model_tool=lambda document: made)
    _, registry = open_toolbox(maker=maker)
    assert registry.get("pets") is made
