"""A disk that is full or read-only: one sentence, nothing lost and nothing by half, and it goes on once there is room again."""

import contextlib
import shutil
import subprocess
import zipfile

import pytest
from sqlalchemy import event

from common.errors import StorageFailed
from knowledge import vectors
from knowledge.chunking import Chunking
from knowledge.types import Record
from tests.knowledge.test_reindexing import Other
from tests.timing import wait_until

BODY = "\n\n".join(f"## Part {part}\n\nPart {part} is about bolt{part}. " + "It goes on. " * 30 for part in range(30))


class Disk:
    """A file system of some megabytes, in memory."""

    def __init__(self, folder):
        folder.mkdir()
        self._folder = folder
        self._ballast = folder / "ballast"
        self._call("mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder))

    def fill(self):
        with self._ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass
        assert shutil.disk_usage(self._folder).free == 0

    def free(self):
        self._ballast.unlink()

    def read_only(self, whether=True):
        self._call("mount", "-o", f"remount,{'ro' if whether else 'rw'}", str(self._folder))

    def close(self):
        self._call("umount", "-l", str(self._folder))

    def _call(self, *command):
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path):
    """The file system on which the data folder lies."""
    try:
        made = Disk(tmp_path / "data")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    yield made
    made.close()


@pytest.fixture
def filled(disk, open_knowledge, files, monkeypatch):
    monkeypatch.setattr(vectors, "SMALL", 20)
    knowledge = open_knowledge()
    knowledge.create_collection("maker", "Documents", "docs")
    knowledge.add("maker", "docs", files.write("kept.md", "# Kept\n\n" + BODY))
    knowledge.add("maker", "docs", files.write("other.md", "# Other\n\nThe lantern is green."))
    gone = knowledge.add("maker", "docs", files.write("gone.md", "# Gone\n\nThe whistle is blue.")).document
    knowledge.remove("maker", gone)
    assert knowledge.settle()
    yield knowledge
    open_knowledge.close()


def state(knowledge):
    """All that somebody can see of what is stored."""
    documents = knowledge.documents("maker", "docs")
    return (
        [(each.name, each.id, knowledge.text("maker", each.id), knowledge.passages("maker", each.id)) for each in documents],
        knowledge.collections("maker"),
        [[hit.passage.id for hit in knowledge.search("maker", asked, ["docs"], 3)] for asked in ("bolt17", "lantern", "whistle")],
    )


def documents(knowledge):
    return {each.name: each.id for each in knowledge.documents("maker", "docs")}


def records():
    return [Record(f"Question {n}", f"Answer {n} is about nut{n}. " + "It goes on. " * 40) for n in range(300)]


def cut(knowledge, files):
    knowledge.cutting.choose("maker", "docs", Chunking.parse("fixed:64:8"))
    for _ in knowledge.cutting("maker", "docs"):
        pass


ACTS = {
    "add": lambda knowledge, files: knowledge.add("maker", "docs", files.write("new.md", "# New\n\n" + BODY * 9)),
    "add records": lambda knowledge, files: knowledge.add_records("maker", "docs", records(), "records"),
    "replace": lambda knowledge, files: knowledge.add("maker", "docs", files.write("kept.md", "# Kept anew\n\n" + BODY * 9)),
    "remove": lambda knowledge, files: knowledge.remove("maker", documents(knowledge)["kept.md"]),
    "delete": lambda knowledge, files: knowledge.delete("maker", documents(knowledge)["kept.md"]),
    "re-index": lambda knowledge, files: knowledge.rebuild("maker"),
    "cut again": cut,
    "remove the collection": lambda knowledge, files: knowledge.remove_collection("maker", "docs"),
    "delete the collection": lambda knowledge, files: knowledge.delete_collection("maker", "docs"),
    "make a collection": lambda knowledge, files: knowledge.create_collection("maker", "Another", "another"),
    "rename the collection": lambda knowledge, files: knowledge.rename_collection("maker", "docs", "Another"),
    "take into the queue": lambda knowledge, files: knowledge.intake.add(
        "maker", "docs", [(files.write("big.md", BODY * 9), "big.md")]
    ),
}


def read_only(connection, record, proxy):
    connection.execute("PRAGMA query_only=ON")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_an_act_fails_with_a_sentence_and_changes_nothing(disk, filled, files, act, fault):
    filled._upkeep._database.compact()  # the log has no room of its own left
    before = state(filled)
    engine = filled._upkeep._database._engine
    if fault == "full":
        disk.fill()
    else:  # a disk that is in use cannot be made read-only, so the connections are
        event.listen(engine, "checkout", read_only)
    with pytest.raises(StorageFailed) as caught:
        ACTS[act](filled, files)
    assert ("the disk is full" if fault == "full" else "may not be written") in caught.value.english
    assert ("磁盘已满" if fault == "full" else "没有写入权限") in caught.value.chinese
    assert state(filled) == before
    if fault == "full":
        disk.free()
    else:
        event.remove(engine, "checkout", read_only)
        engine.dispose()
    ACTS[act](filled, files)
    if act not in ("remove the collection", "delete the collection"):
        filled.settle()
        assert "kept.md" in documents(filled) or act in ("remove", "delete")
    assert filled.check().problems == ()


@pytest.mark.parametrize("kind", ["file", "archive"])
def test_what_is_in_the_queue_goes_on_once_there_is_room(disk, filled, files, kind, monkeypatch, caplog):
    monkeypatch.setattr("knowledge.intake._PAUSE_S", 0.05)
    path = files.write("new.md", "# New\n\n" + BODY * 9)
    if kind == "archive":
        archive = files.folder / "all.zip"
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.write(path, "new.md")
            zipped.writestr("second.md", "# Second\n\nThe second is about hinges." + BODY * 3)
        path = archive
    filled.intake._closed = True  # nothing is taken in hand yet
    filled.intake.add("maker", "docs", [(path, path.name)])
    filled._upkeep._database.compact()
    disk.fill()
    filled.intake._closed = False
    filled.intake.wake()
    wait_until(lambda: filled.intake.trouble is not None)
    assert "the disk is full" in filled.intake.trouble.english
    disk.free()
    assert filled.intake.settled(60)
    assert {job.state for job, _ in filled.intake.jobs("maker", "docs")} == {"done"}
    assert any(name.endswith("new.md") for name in documents(filled))
    assert filled.settle()
    assert filled.check().problems == ()
    assert "Traceback" not in caplog.text


def test_a_file_for_which_there_is_no_room_leaves_its_place_as_it_was(disk, filled, files, tmp_path):
    path = files.write("huge.md", b"x" * 60_000_000)
    with pytest.raises(StorageFailed, match="the disk is full"):
        filled.intake.add("maker", "docs", [(path, "huge.md")])
    assert path.stat().st_size == 60_000_000
    assert list((tmp_path / "data" / "incoming").iterdir()) == []


@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_start_says_it_in_a_sentence_and_works_later(disk, filled, open_knowledge, fault):
    before = state(filled)
    open_knowledge.close()
    (disk.fill if fault == "full" else disk.read_only)()
    with pytest.raises(StorageFailed, match="the disk is full" if fault == "full" else "may not be written"):
        open_knowledge()
    if fault == "full":
        disk.free()
    else:
        disk.read_only(False)
    again = open_knowledge()
    assert state(again) == before
    assert again.settle()
    assert again.check().problems == ()


def test_new_vectors_go_on_where_the_disk_was_full(disk, filled, open_knowledge, files):
    open_knowledge.close()
    other = Other()
    knowledge = open_knowledge(other)
    disk.fill()
    with pytest.raises(StorageFailed):
        knowledge.rebuild("maker")
    assert knowledge.collection("maker", "docs").embedder != "other"
    disk.free()
    knowledge.rebuild("maker")
    assert knowledge.collection("maker", "docs").embedder == "other"
    assert knowledge.settle()
    assert knowledge.check().problems == ()
