"""Events that no page of ours would send: whatever they hold, nothing of anybody else is shown or changed, and nothing breaks."""

import random
from types import SimpleNamespace

import pytest

from assistant.access import MAKER, Identity
from common.errors import HearthError
from ui.app import read_ask
from ui.chat import Desk
from ui.session import SCOPE_KEY, Viewers
from ui.workshop import Workshop

VISITOR = Identity("visitor-1", maker=False)
HIDDEN = "zephyrine"
PAGES = ("chat", "personas", "knowledge", "tools", "models", "evaluate", "train", "settings", "nowhere")
# What the pages can do to something; what belongs to no page is there for all.
ACTIONS = (
    "save", "mine", "restore", "reset", "delete", "duplicate", "export", "bring-back", "new", "use", "cancel", "remove",
    "server-add", "server-save", "server-test", "server-drop-key", "server-remove", "create", "rename", "delete-collection",
    "restore-collection", "reader", "search", "switch", "user", "try", "run", "defaults", "region", "backup", "go-back",
    "forget", "delete-all", "export-json", "import", "start", "stop", "go-on", "trust", "ask-again",
)  # fmt: skip
ODD = ("x" * 60_000, None, -1, 10**400, True, [["a"]], {"a": 1}, "\ud83d", "\0", "../../x", "9" * 5000, "-1", "")
FIELDS = (
    "conversation", "persona", "thing", "id", "run", "document", "passage", "position", "step", "call", "text", "title",
    "query", "name", "download", "server", "collection", "of", "by", "words", "place", "what", "before", "version",
    "revision", "key", "row", "kind", "arguments", "verdict", "reason", "files", "on", "interrupted", "language", "nonce",
    "day", "zone", "allowed", "always",
)  # fmt: skip


def rows(studio) -> dict[str, list[str]]:
    """All that is not the visitor's."""
    found = {}
    with studio.database.read() as connection:
        for table in (
            "documents",
            "conversations",
            "feedback",
            "collections",
            "knowledge_documents",
            "runs",
            "trusted_collections",
            "tool_permissions",
        ):
            listed = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()
            found[table] = sorted(repr(dict(row)) for row in listed if row.get("owner") != VISITOR.owner)
    return found


@pytest.fixture
def world(make_studio, tmp_path):
    """A studio with something of the maker's, all acts of its page, and the ids of what is in it."""
    studio = make_studio(["An answer."] * 100)
    (tmp_path / "uploads").mkdir()
    desk = Desk(studio, Viewers())
    shop = Workshop(studio, desk, tmp_path / "uploads")
    gg = studio.persona(MAKER, "gg")
    title = gg.title.model_copy(update={"en": HIDDEN, "zh": HIDDEN})
    studio.personas.save(MAKER.owner, gg.model_copy(update={"id": "own", "published": False, "title": title}), 0)
    studio.knowledge.create_collection(MAKER.owner, HIDDEN, "lamps")
    (tmp_path / "lamps.md").write_text(f"The {HIDDEN} lamp.", "utf-8")
    assert studio.knowledge.add(MAKER.owner, "lamps", tmp_path / "lamps.md").state == "done"
    document = studio.knowledge.documents(MAKER.owner, "lamps")[0].id
    passage = studio.knowledge.passages(MAKER.owner, document)[0].id
    server = studio.servers.add(HIDDEN, "http://127.0.0.1:9/v1", "m", True, f"sk-{HIDDEN}").document.id
    ids = ["own", "gg", "lamps", document, str(passage), f"lamps/{document}", server, f"server-{server}", "clock", "data"]
    for identity in (MAKER, VISITOR):
        kept = studio.conversations.create(identity.owner, "gg", HIDDEN if identity.maker else "")
        run = studio.start_turn(identity, kept.id, HIDDEN if identity.maker else "hello", "en")
        assert [*studio.runs.subscribe(identity.owner, run)]
        ids += [kept.id, run]
    told = (desk.say, desk.again, desk.edit, desk.version, desk.feedback, desk.attached, desk.clear, desk.steps, desk.decide)
    acts = {act.__name__: act for act in (*told, desk.stop, desk.chats, desk.source, desk.status)}
    acts |= {"visit": shop.visit, "files": shop.files, "workshop": shop.act, "test": desk.test}
    return studio, acts, ids


def forged(choice: random.Random, ids: list[str], page: str, action: str) -> dict[str, object]:
    data: dict[str, object] = {name: choice.choice(ids if choice.random() < 0.6 else ODD) for name in FIELDS}
    if choice.random() < 0.5:
        data["files"] = [{"name": "a", "path": choice.choice(("/etc/passwd", "\0", "x" * 5000)), "bytes": 10**400}]
    fields = {name: [str(choice.choice(ids))] for name in ("title", "address", "model", "key", "title.en", "persona", "region")}
    return {**data, "page": page, "action": action, "fields": fields}


@pytest.mark.parametrize("identity", [VISITOR, MAKER], ids=["visitor", "maker"])
def test_made_up_events_reach_nothing_and_break_nothing(world, identity):
    studio, acts, ids = world
    choice, before = random.Random(7), rows(studio)
    request = SimpleNamespace(request=SimpleNamespace(scope={SCOPE_KEY: identity}), session_hash="s")
    events = [("workshop", page, action) for page in PAGES for action in ACTIONS]
    events += [(name, choice.choice(PAGES), action) for name in acts for action in ("restore", "delete", "remove", "")]
    for event, page, action in events:
        if identity.maker and (event, page) in (("workshop", "models"), ("workshop", "settings")):
            continue  # theirs to do, and some of it takes a while
        ask = read_ask(forged(choice, ids, page, action), request)  # type: ignore[arg-type]
        try:
            shown = "".join(str(html() if callable(html) else html) for screen in acts[event](ask) for html in screen.values())
        except HearthError:
            continue  # the boundary says it
        assert f"sk-{HIDDEN}" not in shown
        assert identity.maker or HIDDEN not in shown.replace(str(ask.data["text"]), ""), (event, page, action)
    assert identity.maker or rows(studio) == before
