"""A whole backup and back: everything is there and found again, and nothing but a whole backup changes anything."""

import hashlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.access import MAKER, Identity
from assistant.backup import _PIECE, FORM, MANIFEST, ROWS, Backup, Manifest
from assistant.messages import Message
from common.copies import damaged
from common.errors import BackupBusy, BackupInvalid, StorageFailed
from retrieval.embedding import HashEmbedder
from tools.documents import ToolDocument, ToolStore

ROOT = Path(__file__).parents[2]


def saved(studio, path: Path) -> Path:
    """A backup of the studio in a file."""
    backup = studio.backups.make()
    try:
        path.write_bytes(b"".join(backup.pieces()))
    finally:
        backup.close()
    return path


def restore(studio, file: Path):
    with studio.backups.arriving() as arrived:
        shutil.copyfile(file, arrived)
        return studio.backups.restore(arrived)


def state(studio) -> dict[str, list[tuple[object, ...]]]:
    """All rows that a backup carries, but for the marks by which indexes see that they are behind."""
    found = {}
    with studio.database.read() as connection:
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all():
            if name.startswith(("sqlite_", "passage_")) or name == "knowledge_traces":
                continue
            rows = connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings().all()
            found[name] = sorted((tuple((k, v) for k, v in row.items() if k != "epoch") for row in rows), key=repr)
    return found


def tool(id: str) -> ToolDocument:
    call = {"kind": "http", "method": "GET", "url": "https://example.org/renew"}
    fields = {"id": id, "name": id, "title": {"en": "Renew"}, "risk": "reads", "call": call}
    fields |= {"description": {"en": "Renews a thing."}, "parameters": {"type": "object", "properties": {}}}
    return ToolDocument.model_validate(fields)


@pytest.fixture
def furnished(make_studio, tmp_path):
    """A studio in which a maker and a visitor have done something of everything."""
    studio = make_studio(["The lamp is blue."])
    studio.preferences.change(region="SG", persona="librarian")
    gg = studio.persona(MAKER, "gg")
    studio.personas.save(MAKER.owner, gg.model_copy(update={"id": "my-own", "published": False}), 0)
    ToolStore(studio.database).save(MAKER.owner, tool("renew"), 0)
    studio.knowledge.create_collection(MAKER.owner, "Lamps", "lamps")
    (tmp_path / "lamps.md").write_text("# Lamps\n\nThe zephyrine lamp of the harbour glows blue at dusk.\n", "utf-8")
    assert studio.knowledge.add(MAKER.owner, "lamps", tmp_path / "lamps.md").state == "done"
    conversation = studio.conversations.create(MAKER.owner, "gg")
    run = studio.start_turn(MAKER, conversation.id, "Which lamp?", "en")
    assert [*studio.runs.subscribe(MAKER.owner, run)]
    visitor = Identity("visitor-1", maker=False)
    theirs = studio.conversations.create(visitor.owner, "gg", "Theirs")
    with studio.database.write() as connection:
        studio.conversations.append(connection, visitor.owner, theirs.id, [Message("user", "你好")])
    return studio


def test_a_fresh_folder_gets_everything_back_and_finds_it(furnished, make_studio, tmp_path):
    before = state(furnished)
    file = saved(furnished, tmp_path / "backup.zip")
    fresh = make_studio(data=tmp_path / "fresh", region="US")
    assert fresh.region == "US"
    manifest = restore(fresh, file)
    assert state(fresh) == before
    assert (manifest.rows["conversations"], manifest.form) == (2, FORM)

    assert fresh.region == "SG"
    assert fresh.first_persona(MAKER).id == "librarian"
    assert "my-own" in {persona.id for persona in fresh.personas_for(MAKER)}
    assert fresh.tools.get("renew").spec.description == "Renews a thing."
    hits = fresh.knowledge.search(MAKER.owner, "zephyrine lamp harbour", ["lamps"])
    assert "glows blue" in hits[0].passage.text
    [talk] = fresh.conversations.list(MAKER.owner)
    assert [message.text for message in fresh.conversations.messages(MAKER.owner, talk.id)] == [
        "Which lamp?",
        "The lamp is blue.",
    ]
    assert [item.title for item in fresh.conversations.list("visitor-1")] == ["Theirs"]
    assert fresh.knowledge.check().problems == ()
    # What is added afterwards is found like what came with the backup.
    (tmp_path / "more.md").write_text("A quixotic candle burns green.\n", "utf-8")
    fresh.knowledge.add(MAKER.owner, "lamps", tmp_path / "more.md")
    assert "green" in fresh.knowledge.search(MAKER.owner, "quixotic candle", ["lamps"])[0].passage.text


def test_a_restore_can_be_undone_and_that_too(furnished, tmp_path):
    file = saved(furnished, tmp_path / "backup.zip")
    then = state(furnished)
    [talk] = furnished.conversations.list(MAKER.owner)
    furnished.conversations.rename(MAKER.owner, talk.id, "After the backup")
    furnished.knowledge.delete_collection(MAKER.owner, "lamps")
    now = state(furnished)
    assert now != then
    restore(furnished, file)
    assert state(furnished) == then
    [kept] = furnished.backups.kept()
    assert kept.bytes > 0
    furnished.backups.undo(kept.id)
    assert state(furnished) == now
    assert furnished.knowledge.check().problems == ()
    [other] = furnished.backups.kept()
    furnished.backups.undo(other.id)
    assert state(furnished) == then
    assert furnished.knowledge.search(MAKER.owner, "zephyrine lamp", ["lamps"])
    for id in ("../hearth", "20200101-000000-000000", kept.id):
        with pytest.raises(BackupInvalid):
            furnished.backups.undo(id)
    furnished.backups.forget(furnished.backups.kept()[0].id)
    assert furnished.backups.kept() == []
    for _ in range(4):
        restore(furnished, file)
    assert len(furnished.backups.kept()) == 2


def test_keys_stay_on_their_machine_and_with_their_host(make_studio, tmp_path):
    """A backup brings an entry of a name that is known here, with another address: the key of this machine is not for it."""
    theirs, mine = make_studio(data=tmp_path / "theirs"), make_studio(data=tmp_path / "mine")
    theirs.servers.add("A", "https://evil.example/v1", "m", False, "their-key")
    entry = mine.servers.add("A", "https://a.example/v1", "m", False, "my-key").document
    file = saved(theirs, tmp_path / "backup.zip")
    with zipfile.ZipFile(file) as archive:
        assert b"their-key" not in archive.read(ROWS)
    restore(mine, file)
    assert mine.servers.get(entry.id).document.address == "https://evil.example/v1"
    assert not mine.servers.has_key(entry.id)
    assert mine.servers.reach("openai:https://evil.example/v1#m").key is None
    mine.backups.undo(mine.backups.kept()[0].id)
    assert mine.servers.reach(entry.name).key == "my-key"


def test_a_state_before_a_restore_is_kept_for_two_weeks(make_studio, tmp_path):
    make_studio().close()
    for days in (1, 13, 15):
        then = datetime.now(UTC) - timedelta(days=days)
        (tmp_path / "data" / f"before-restore-{then:%Y%m%d-%H%M%S-%f}.db").touch()
    gone = tmp_path / "data" / "before-restore-20260101-000000-000000.db"
    gone.symlink_to(tmp_path / "gone")  # as one that is deleted while the folder is read
    ages = [(datetime.now(UTC) - kept.time).days for kept in make_studio().backups.kept()]
    assert ages == [1, 13]


def test_an_index_knows_nothing_of_rows_that_were_replaced(furnished, tmp_path):
    """The same collection, at the same generation, with another document: only the epoch tells them apart."""
    knowledge = furnished.knowledge
    file = saved(furnished, tmp_path / "backup.zip")
    (tmp_path / "new.md").write_text("The xylophonic kettle sings.\n", "utf-8")
    knowledge.add(MAKER.owner, "lamps", tmp_path / "new.md")
    assert "kettle" in knowledge.search(MAKER.owner, "xylophonic kettle", ["lamps"])[0].passage.text
    restore(furnished, file)
    (tmp_path / "other.md").write_text("The marmoreal staircase creaks.\n", "utf-8")
    knowledge.add(MAKER.owner, "lamps", tmp_path / "other.md")
    documents = knowledge.documents(MAKER.owner, "lamps")
    stored = {passage.id for document in documents for passage in knowledge.passages(MAKER.owner, document.id)}
    [row] = [row for row in knowledge.index._truth.everything() if row.id == "lamps"]
    [vector] = knowledge.embedder.embed(["xylophonic kettle"], "query")
    assert {id for id, _ in knowledge.index.exact(row, vector, 10)} == stored


def test_files_on_their_way_when_a_backup_is_restored_go_and_leave_nothing(make_studio, tmp_path):
    entered, gate = threading.Event(), threading.Event()

    class Held(HashEmbedder):
        def embed(self, texts, kind):
            entered.set()
            assert gate.wait(30)
            return super().embed(texts, kind)

    studio = make_studio(embedding=Held())
    knowledge = studio.knowledge
    knowledge.create_collection(MAKER.owner, "Lamps", "lamps")
    file = saved(studio, tmp_path / "backup.zip")
    for number in range(60):  # more than are embedded together
        (tmp_path / f"{number}.md").write_text(f"# Lamp {number}\n\nThe lamp {number} is lit.", "utf-8")
    knowledge.intake.add(MAKER.owner, "lamps", [(tmp_path / f"{number}.md", f"{number}.md") for number in range(60)])
    assert entered.wait(30)
    incoming = tmp_path / "data" / "incoming"
    assert len(list(incoming.iterdir())) == 60
    restore(studio, file)
    assert knowledge.intake.counts(MAKER.owner) == {}
    assert list(incoming.iterdir()) == []
    (tmp_path / "new.md").write_text("# New\n\nThe new lamp is lit.", "utf-8")
    knowledge.intake.add(MAKER.owner, "lamps", [(tmp_path / "new.md", "new.md")])
    gate.set()
    assert knowledge.intake.settled(30)
    assert [document.name for document in knowledge.documents(MAKER.owner, "lamps")] == ["new.md"]
    assert list(incoming.iterdir()) == []


def test_a_backup_is_of_one_moment_while_others_write(make_studio, tmp_path):
    """A writer adds to two conversations in one transaction: a backup never has one without the other."""
    studio = make_studio()
    pair = [studio.conversations.create(MAKER.owner, "gg").id for _ in range(2)]
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        while not stop.is_set():
            with studio.database.write() as connection:
                for conversation in pair:
                    studio.conversations.append(connection, MAKER.owner, conversation, [Message("user", "x" * 200)])
            written.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(10)
    try:
        for number in range(4):
            backup = studio.backups.make()
            with sqlite3.connect(backup._path) as copy:
                lengths = {row[0] for row in copy.execute("SELECT count(*) FROM messages GROUP BY conversation")}
            copy.close()
            backup.close()
            assert len(lengths) == 1, number
    finally:
        stop.set()
        writer.join()


def test_no_index_and_no_table_that_stays_here_is_in_it(furnished, tmp_path):
    with zipfile.ZipFile(saved(furnished, tmp_path / "backup.zip")) as archive:
        assert archive.namelist() == [MANIFEST, ROWS]
        assert archive.testzip() is None
        manifest = json.loads(archive.read(MANIFEST))
        rows = archive.read(ROWS)
    assert (len(rows), hashlib.sha256(rows).hexdigest()) == (manifest["bytes"], manifest["sha256"])
    assert not {name for name in manifest["rows"] if name.startswith("passage_") or "secret" in name}
    assert list((furnished.folder.path / "backup-work").iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, 5_000, _PIECE, _PIECE + 1, 3 * _PIECE + 10])
def test_the_pieces_are_the_whole_whatever_the_compression_holds_back(tmp_path, size):
    """Whoever sends them ends at the first that is empty."""
    rows = tmp_path / "rows"
    rows.write_bytes(b"0" * size)
    manifest = Manifest(form=FORM, hearth="0", made=datetime.now(UTC), rows={}, bytes=size, sha256="")
    pieces = list(Backup(rows, manifest, lambda: None).pieces())
    assert all(pieces)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.read(ROWS) == b"0" * size


def test_a_slow_download_stops_neither_others_nor_a_restore_and_leaves_nothing(furnished):
    backup, other = furnished.backups.make(), furnished.backups.make()
    pieces = backup.pieces()
    next(pieces)
    with pytest.raises(BackupBusy):
        furnished.backups.make()
    with furnished.backups.arriving(), pytest.raises(BackupBusy), furnished.backups.arriving():
        raise AssertionError
    other.close()
    backup.close()
    backup.close()
    assert list((furnished.folder.path / "backup-work").iterdir()) == []
    with furnished.backups.arriving(), pytest.raises(BackupBusy):
        furnished.backups.make()
    furnished.backups.make().close()


def test_what_is_written_while_the_old_state_is_kept_is_not_lost(make_studio, tmp_path, monkeypatch):
    studio = make_studio()
    file = saved(studio, tmp_path / "backup.zip")
    save_copy, wrote = studio.database.save_copy, []

    def slow(path):
        rows = save_copy(path)
        writer = threading.Thread(target=studio.conversations.create, args=(MAKER.owner, "gg", "Meanwhile"))
        writer.start()
        writer.join(0.2)
        wrote.append(writer)
        return rows

    monkeypatch.setattr(studio.database, "save_copy", slow)
    restore(studio, file)
    wrote[0].join(10)
    assert [kept.title for kept in studio.conversations.list(MAKER.owner)] == ["Meanwhile"]


# -- what is no whole backup --------------------------------------------------------------------------------------------


def repacked(file: Path, out: Path, change=None, rows=None, **parts: bytes) -> Path:
    """A backup with its manifest or its rows changed, the sums made to fit."""
    with zipfile.ZipFile(file) as archive:
        manifest, data = json.loads(archive.read(MANIFEST)), archive.read(ROWS)
    data = rows(data) if rows else data
    manifest |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), **(change or {})}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest))
        archive.writestr(ROWS, data)
        for name, content in parts.items():
            archive.writestr(name, content)
    return out


def altered(statement: str):
    """Runs SQL over the rows of a backup."""

    def alter(data: bytes) -> bytes:
        with sqlite3.connect(":memory:") as database:
            database.deserialize(data)
            database.executescript(statement)
            return database.serialize()

    return alter


@pytest.fixture(scope="module")
def whole(build, tmp_path_factory):
    """A studio, and a backup of it, which no test here may change."""
    folder = tmp_path_factory.mktemp("whole")
    studio = build(folder / "data")
    yield studio, saved(studio, folder / "backup.zip")
    studio.close()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def scratched(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(64) + data[middle + 64 :]


WRONG = {
    "not a zip": (lambda file, out: out.write_bytes(b"hello" * 100), "no backup"),
    "empty": (lambda file, out: out.write_bytes(b""), "no backup"),
    "cut short": (lambda file, out: out.write_bytes(cut(file.read_bytes())), "no backup"),
    "a scratch": (lambda file, out: out.write_bytes(scratched(file.read_bytes())), "damaged"),
    "another zip": (lambda file, out: out.write_bytes(zipped({"a.txt": b"x"})), "no backup"),
    "one part more": (lambda file, out: repacked(file, out, **{"extra.txt": b"x"}), "no backup"),
    "a way out": (lambda file, out: repacked(file, out, **{"../hearth.db": b"x"}), "no backup"),
    "packed otherwise": (lambda file, out: lzma_packed(file, out), "no backup"),
    "a manifest of nonsense": (lambda file, out: out.write_bytes(zipped({MANIFEST: b"[1]", ROWS: b"x"})), "no backup"),
    "a newer form": (lambda file, out: repacked(file, out, {"form": FORM + 1, "colour": "red"}), "newer Hearth"),
    "another sum": (lambda file, out: repacked(file, out, {"sha256": "0" * 64}), "damaged"),
    "another size": (lambda file, out: repacked(file, out, {"bytes": 10**12}), "damaged"),
    "fewer rows": (lambda file, out: repacked(file, out, rows=altered("DELETE FROM passages")), "other rows"),
    "no database": (lambda file, out: repacked(file, out, rows=lambda data: b"x" * 10_000), "damaged"),
    "a page gone": (lambda file, out: repacked(file, out, rows=lambda data: data[:4096] + bytes(4096) + data[8192:]), "damaged"),
    "a table that is not known": (lambda file, out: repacked(file, out, rows=altered("CREATE TABLE t (a)")), "does not know"),
    "a column that is not known": (
        lambda file, out: repacked(file, out, rows=altered("ALTER TABLE runs ADD COLUMN colour TEXT")),
        "does not know",
    ),
    "a view": (
        lambda file, out: repacked(file, out, rows=altered("DROP TABLE runs; CREATE VIEW runs AS SELECT 1 AS id")),
        "does not know",
    ),
    "a trigger": (
        lambda file, out: repacked(
            file, out, rows=altered("CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM messages; END")
        ),
        "does not know",
    ),
    "values of another kind": (
        lambda file, out: repacked(file, out, rows=altered("UPDATE passages SET text = x'ff00'")),
        "another kind",
    ),
    "a time that is none": (
        lambda file, out: repacked(file, out, rows=altered("UPDATE collections SET created = 9e999")),
        "another kind",
    ),
    "rows that refer to nothing": (
        lambda file, out: repacked(file, out, rows=altered("UPDATE passages SET document = 'gone'")),
        "refers to one that is not there",
    ),
    "the same row twice": (
        lambda file, out: repacked(file, out, rows=altered("UPDATE shipped_documents SET name = '', collection = ''")),
        "UNIQUE",
    ),
}


def zipped(parts: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def lzma_packed(file: Path, out: Path) -> None:
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as other:
        for name in (MANIFEST, ROWS):
            other.writestr(name, archive.read(name))


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_whole_backup_changes_nothing(whole, tmp_path, wrong):
    studio, file = whole
    make, said = WRONG[wrong]
    before = state(studio)
    bad = tmp_path / "bad.zip"
    make(file, bad)
    with pytest.raises(BackupInvalid, match=said) as refused:
        restore(studio, bad)
    assert refused.value.chinese
    assert state(studio) == before
    assert studio.backups.kept() == []
    assert list((studio.folder.path / "backup-work").iterdir()) == []
    assert studio.knowledge.check().problems == ()


def test_a_file_that_would_swell_is_not_unpacked(whole, tmp_path):
    """50 MB of zeros in 50 kB, with a manifest that agrees."""
    studio, file = whole
    bomb = repacked(file, tmp_path / "bomb.zip", rows=lambda data: bytes(50_000_000))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(BackupInvalid, match="size"):
        restore(studio, bomb)


def test_a_part_that_says_less_than_it_holds_is_read_no_further(whole, tmp_path):
    studio, file = whole
    size = 5_000_000
    small = repacked(file, tmp_path / "small.zip", {"bytes": 4096}, rows=lambda data: os.urandom(size))
    told = small.read_bytes().replace(size.to_bytes(4, "little"), (4096).to_bytes(4, "little"))
    small.write_bytes(told)
    with pytest.raises(BackupInvalid, match="damaged"):
        restore(studio, small)


def test_a_full_disk_is_said_before_it_is_full(whole, tmp_path, monkeypatch):
    studio, file = whole
    before = state(studio)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(StorageFailed, match="GB of free disk space"):
        studio.backups.make()
    with pytest.raises(StorageFailed, match="GB of free disk space"):
        restore(studio, file)
    assert state(studio) == before


def test_a_failure_in_the_last_moment_leaves_everything_as_it_was(whole, monkeypatch):
    studio, file = whole
    before = state(studio)

    def fail(connection) -> None:
        raise damaged("on purpose")

    monkeypatch.setattr(studio.knowledge, "renew", fail)
    with pytest.raises(BackupInvalid, match="on purpose"):
        restore(studio, file)
    assert state(studio) == before
    assert studio.backups.kept() == []


# -- killed -------------------------------------------------------------------------------------------------------------

RESTORE = """
import shutil, sys, time
from pathlib import Path
from assistant.backup import Backups
from assistant.conversations import Conversations
from assistant.feedback import Feedback
from assistant.runs import Runs
from common.database import opened
from knowledge.base import Knowledge
from personas.store import PersonaStore
from retrieval.embedding import HashEmbedder

with opened(Path(sys.argv[1])) as database:
    conversations = Conversations(database)
    PersonaStore(database)
    knowledge = Knowledge(database, Path(sys.argv[1]), HashEmbedder())
    renew = knowledge.renew

    def slow(connection):
        renew(connection)
        print("replaced", flush=True)
        time.sleep(60)

    knowledge.renew = slow
    runs = Runs(database, conversations)
    Feedback(database, conversations, runs)
    backups = Backups(Path(sys.argv[1]), database, runs, knowledge, lambda: None)
    with backups.arriving() as arrived:
        shutil.copyfile(sys.argv[2], arrived)
        backups.restore(arrived)
"""


def test_killed_in_the_middle_of_a_restore_nothing_is_lost(whole, make_studio, tmp_path):
    _, file = whole
    studio = make_studio()
    studio.conversations.create(MAKER.owner, "gg", "Mine")
    before = state(studio)
    studio.close()
    command = [sys.executable, "-c", RESTORE, str(tmp_path / "data"), str(file)]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "replaced\n"
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    again = make_studio()
    assert state(again) == before
    assert again.knowledge.check().problems == ()
    assert not (tmp_path / "data" / "backup-work").exists()
    restore(again, file)
    assert again.conversations.list(MAKER.owner) == []


def test_a_backup_carries_neither_keys_nor_what_they_open(furnished, make_studio, tmp_path):
    furnished.servers.add("A", "https://a.example/v1", "m", False, "sk-canary-1234")
    [sealed] = json.loads((furnished.folder.path / "secrets.json").read_text())["secrets"].values()
    key = (Path(os.environ["XDG_CONFIG_HOME"]) / "hearth" / "key").read_bytes().strip()
    file = saved(furnished, tmp_path / "backup.zip")
    with zipfile.ZipFile(file) as opened:
        members = [opened.read(name) for name in opened.namelist()]
    assert b"https://a.example/v1" in b"".join(members), "the entry itself is in it"
    for hidden in (b"sk-canary-1234", sealed["sealed"].encode(), key):
        assert not any(hidden in content for content in (*members, file.read_bytes()))
    fresh = make_studio(data=tmp_path / "fresh")
    restore(fresh, file)
    assert [fresh.servers.has_key(stored.document.id) for stored in fresh.servers.list()] == [False]
    restore(furnished, file)
    assert furnished.servers.reach("openai:https://a.example/v1#m").key == "sk-canary-1234", "it stays on its own machine"
