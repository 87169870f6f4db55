"""The queue of files: what was taken is added once, whoever looks on, and what became of it is told until it is dismissed."""

import io
import sqlite3
import threading
import time
import zipfile

import numpy as np
import pytest
from sqlalchemy import insert

from common.errors import CollectionMissing, EmbedderMismatch, StorageFailed
from knowledge.jobs import Jobs
from knowledge.loading import refusals
from knowledge.queries import require_row
from knowledge.tables import JOBS
from knowledge.types import Outcome
from retrieval.embedding import EmbedderInfo, HashEmbedder


class Gate:
    """An embedder that waits before each slice until it is let through, and counts what it embedded."""

    def __init__(self, open_=True):
        self._inner = HashEmbedder()
        self.info = self._inner.info
        self.entered, self.open = threading.Event(), threading.Event()
        self.slices = []
        if open_:
            self.open.set()

    def embed(self, texts, kind):
        self.entered.set()
        assert self.open.wait(30)
        self.slices.append(len(texts))
        return self._inner.embed(texts, kind)


def added(knowledge, files, *names, collection="docs"):
    return knowledge.intake.add("maker", collection, [(files.folder / name, name) for name in names])


def states(knowledge, collection="docs"):
    return {job.name: job.state for job, _ in knowledge.intake.jobs("maker", collection)}


def chapters(count, word="valve"):
    return "# Manual\n\n" + "\n\n".join(f"## Part {n}\n\nThe {word} {n} is closed by {n} turns." for n in range(count))


def test_files_are_added_and_what_became_of_each_is_told(knowledge, files):
    files.write("a.md", chapters(3))
    files.write("empty.txt", "")
    files.write("same.md", chapters(3))
    added(knowledge, files, "a.md", "empty.txt")
    assert knowledge.intake.settled(30)
    added(knowledge, files, "same.md")
    assert knowledge.intake.settled(30)
    assert states(knowledge) == {"a.md": "done", "empty.txt": "failed", "same.md": "unchanged"}
    told = {job.name: job for job, _ in knowledge.intake.jobs("maker", "docs")}
    assert told["a.md"].passages == 3
    assert told["a.md"].document == knowledge.documents("maker", "docs")[0].id
    assert "nothing to read" in told["empty.txt"].english
    assert "空" in told["empty.txt"].chinese
    assert knowledge.intake.counts("maker") == {"docs": {"done": 1, "failed": 1, "unchanged": 1}}
    assert knowledge.search("maker", "valve 2 turns", ["docs"])[0].passage.text.startswith("The valve 2")


def test_a_file_that_was_taken_lies_in_the_data_folder_until_it_is_added(knowledge, files, tmp_path):
    path = files.write("a.md", chapters(3))
    added(knowledge, files, "a.md")
    assert not path.exists()
    assert knowledge.intake.settled(30)
    assert list((tmp_path / "data" / "incoming").iterdir()) == []


def test_nothing_is_taken_into_a_collection_that_is_not_there(knowledge, files):
    path = files.write("a.md", chapters(3))
    with pytest.raises(CollectionMissing):
        added(knowledge, files, "a.md", collection="other")
    assert path.read_text("utf-8") == chapters(3)
    with pytest.raises(CollectionMissing):
        knowledge.intake.add("somebody", "docs", [(path, "a.md")])


def test_a_failed_file_is_kept_and_can_be_tried_again_or_dismissed(knowledge, files, tmp_path):
    files.write("empty.txt", "")
    (number,) = added(knowledge, files, "empty.txt")
    assert knowledge.intake.settled(30)
    (staged,) = (tmp_path / "data" / "incoming").iterdir()
    staged.write_text("It is not empty any more.", "utf-8")
    knowledge.intake.retry("maker", "docs", [number])
    assert knowledge.intake.settled(30)
    assert states(knowledge) == {"empty.txt": "done"}
    knowledge.intake.dismiss("maker", "docs")
    assert states(knowledge) == {}
    files.write("empty.txt", "")
    added(knowledge, files, "empty.txt")
    assert knowledge.intake.settled(30)
    knowledge.intake.dismiss("maker", "docs", states=["done"])
    assert states(knowledge) == {"empty.txt": "failed"}
    knowledge.intake.dismiss("maker", "docs")
    assert list((tmp_path / "data" / "incoming").iterdir()) == []


def test_what_waits_and_what_is_being_embedded_can_be_cancelled(open_knowledge, files):
    gate = Gate(open_=False)
    knowledge = open_knowledge(gate)
    knowledge.create_collection("maker", "Documents", "docs")
    files.write("long.md", chapters(300))
    (long,) = added(knowledge, files, "long.md")
    assert gate.entered.wait(30)
    for number in range(40):
        files.write(f"{number}.md", chapters(2, f"lamp{number}x"))
    rest = added(knowledge, files, *(f"{number}.md" for number in range(40)))
    knowledge.intake.cancel("maker", "docs", [long, *rest[20:]])
    gate.open.set()
    assert knowledge.intake.settled(30)
    # What was being embedded ends at its next slice.
    told = states(knowledge)
    assert told["long.md"] == "cancelled"
    assert {told[f"{number}.md"] for number in range(20)} == {"done"}
    assert {told[f"{number}.md"] for number in range(20, 40)} == {"cancelled"}
    assert len(knowledge.documents("maker", "docs")) == 20
    knowledge.intake.retry("maker", "docs")
    assert knowledge.intake.settled(60)
    assert set(states(knowledge).values()) == {"done"}
    assert len(knowledge.documents("maker", "docs")) == 41


def test_a_long_queue_of_one_collection_stops_no_other(open_knowledge, files):
    gate = Gate(open_=False)
    knowledge = open_knowledge(gate)
    for id in ("docs", "other"):
        knowledge.create_collection("maker", id, id)
    for number in range(60):
        files.write(f"{number}.md", chapters(1, f"lamp{number}x"))
    added(knowledge, files, *(f"{number}.md" for number in range(60)))
    assert gate.entered.wait(30)
    files.write("small.md", chapters(1, "whistle"))
    added(knowledge, files, "small.md", collection="other")
    before = len(gate.slices)
    gate.open.set()
    assert knowledge.intake.settled(30)
    order = [job for id in ("docs", "other") for job, _ in knowledge.intake.jobs("maker", id)]
    assert len(order) == 61
    assert len(gate.slices) > before
    small = next(document.added for document in knowledge.documents("maker", "other"))
    assert sum(document.added > small for document in knowledge.documents("maker", "docs")) >= 20


def test_a_restart_goes_on_with_what_was_read_and_embedded(open_knowledge, files):
    gate = Gate(open_=False)
    knowledge = open_knowledge(gate)
    knowledge.create_collection("maker", "Documents", "docs")
    files.write("long.md", chapters(320))
    files.write("after.md", chapters(2, "whistle"))
    added(knowledge, files, "long.md")
    assert gate.entered.wait(30)
    added(knowledge, files, "after.md")
    knowledge.intake.stop()
    gate.open.set()
    open_knowledge.close()
    done = sum(gate.slices)
    assert 0 < done < 320
    again = Gate()
    knowledge = open_knowledge(again)
    assert set(states(knowledge).values()) == {"waiting"}
    knowledge.start()
    assert knowledge.intake.settled(30)
    assert states(knowledge) == {"long.md": "done", "after.md": "done"}
    assert sum(again.slices) == 320 + 2 - done
    fresh = HashEmbedder()
    (hit,) = knowledge.search("maker", "The valve 311 is closed by 311 turns.", ["docs"], limit=1)
    wanted = fresh.embed(["The valve 311 is closed by 311 turns."], "query")[0]
    assert np.dot(wanted, fresh.embed([f"Manual > {hit.passage.heading}\n{hit.passage.text}"], "passage")[0]) > 0.8


def test_a_file_that_ends_the_app_again_and_again_is_left_alone(open_knowledge, files, tmp_path):
    knowledge = open_knowledge()
    knowledge.create_collection("maker", "Documents", "docs")
    open_knowledge.close()
    path = files.write("bad.md", chapters(1))
    knowledge = open_knowledge()
    jobs = Jobs(knowledge._catalogue._database, tmp_path / "data" / "incoming")
    jobs.add("maker", "docs", [(path, "bad.md")])
    for _ in range(5):
        assert jobs.claim() is not None
        jobs.recover()
    (job,) = jobs.of("maker", "docs", 10)
    assert job.state == "failed"
    assert "5 times" in job.english
    knowledge.intake.retry("maker", "docs")
    assert knowledge.intake.settled(30)
    assert states(knowledge) == {"bad.md": "done"}


def test_what_is_added_while_the_app_starts_is_added_once(open_knowledge, files):
    gate = Gate(open_=False)
    knowledge = open_knowledge(gate)
    knowledge.create_collection("maker", "Documents", "docs")
    files.write("a.md", chapters(3))
    added(knowledge, files, "a.md")
    assert gate.entered.wait(30)
    knowledge.start()
    gate.open.set()
    assert knowledge.intake.settled(30)
    assert states(knowledge) == {"a.md": "done"}
    assert len(gate.slices) == 1


def test_files_that_no_job_names_are_removed_at_the_next_start(open_knowledge, files, tmp_path):
    knowledge = open_knowledge()
    knowledge.create_collection("maker", "Documents", "docs")
    left = tmp_path / "data" / "incoming" / "left"
    left.parent.mkdir()
    left.write_text("left by a process that was killed while it took files", "utf-8")
    knowledge.start()
    assert not left.exists()


def test_jobs_go_with_their_collection(knowledge, files, tmp_path):
    files.write("empty.txt", "")
    added(knowledge, files, "empty.txt")
    assert knowledge.intake.settled(30)
    knowledge.delete_collection("maker", "docs")
    assert knowledge.intake.counts("maker") == {}
    assert list((tmp_path / "data" / "incoming").iterdir()) == []


def test_a_removed_collections_files_wait_until_it_is_back(open_knowledge, files):
    gate = Gate(open_=False)
    knowledge = open_knowledge(gate)
    for id in ("docs", "other"):
        knowledge.create_collection("maker", id, id)
    files.write("first.md", chapters(300))
    added(knowledge, files, "first.md", collection="other")
    assert gate.entered.wait(30)
    # More than is read ahead, so that some of it still waits.
    for number in range(200):
        files.write(f"{number}.md", chapters(1, f"lamp{number}x"))
    added(knowledge, files, *(f"{number}.md" for number in range(200)))
    knowledge.remove_collection("maker", "docs")
    gate.open.set()
    assert knowledge.intake.settled(30)
    knowledge.restore_collection("maker", "docs")
    assert knowledge.intake.settled(30)
    assert len(knowledge.documents("maker", "docs")) == 200


def test_an_embedder_that_does_not_fit_is_said_of_every_file(open_knowledge, files):
    knowledge = open_knowledge()
    knowledge.create_collection("maker", "Documents", "docs")
    knowledge.add("maker", "docs", files.write("first.md", chapters(1)))
    open_knowledge.close()

    class Other(HashEmbedder):
        def __init__(self):
            super().__init__()
            self.info = EmbedderInfo("other", 384, frozenset({"en"}), 256)

    knowledge = open_knowledge(Other)
    files.write("a.md", chapters(2, "lamp"))
    files.write("b.md", chapters(2, "whistle"))
    added(knowledge, files, "a.md", "b.md")
    assert knowledge.intake.settled(30)
    told = [job for job, _ in knowledge.intake.jobs("maker", "docs")]
    assert [job.state for job in told] == ["failed", "failed"]
    with pytest.raises(EmbedderMismatch) as raised:
        knowledge.add("maker", "docs", files.write("c.md", chapters(2, "c")))
    assert {job.english for job in told} == {str(raised.value)}


def test_where_nothing_can_be_stored_files_wait_and_go_on_when_it_can(open_knowledge, files, tmp_path, monkeypatch):
    monkeypatch.setattr("knowledge.intake._PAUSE_S", 0.05)
    gate = Gate(open_=False)
    knowledge = open_knowledge(gate)
    knowledge.create_collection("maker", "Documents", "docs")
    files.write("a.md", chapters(3))
    added(knowledge, files, "a.md")
    assert gate.entered.wait(30)
    # Another program keeps the file locked: nothing can be written, as when the disk is full.
    other = sqlite3.connect(tmp_path / "data" / "hearth.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    gate.open.set()
    deadline = time.monotonic() + 60
    while knowledge.intake.trouble is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert isinstance(knowledge.intake.trouble, StorageFailed)
    other.execute("ROLLBACK")
    other.close()
    assert knowledge.intake.settled(30)
    assert states(knowledge) == {"a.md": "done"}
    assert knowledge.intake.trouble is None


def test_a_bug_in_one_files_way_ends_no_queue(open_knowledge, files, caplog):
    class Broken(HashEmbedder):
        def embed(self, texts, kind):
            if any("breaks" in text for text in texts):
                raise RuntimeError("a bug")
            return super().embed(texts, kind)

    knowledge = open_knowledge(Broken())
    knowledge.create_collection("maker", "Documents", "docs")
    files.write("bad.md", "# Bad\n\nThis breaks it.")
    added(knowledge, files, "bad.md")
    assert knowledge.intake.settled(30)
    files.write("good.md", chapters(2))
    added(knowledge, files, "good.md")
    assert knowledge.intake.settled(30)
    assert states(knowledge) == {"good.md": "done", "bad.md": "failed"}
    assert "a bug" in caplog.text


def test_turns_go_first(open_knowledge, files):
    waits = []
    gate = Gate()
    knowledge = open_knowledge(gate)
    knowledge.create_collection("maker", "Documents", "docs")
    answers = iter([True, True, True])

    def busy():
        waits.append(len(gate.slices))
        return next(answers, False)

    knowledge.intake.stand_back(busy)
    files.write("a.md", chapters(100))
    added(knowledge, files, "a.md")
    assert knowledge.intake.settled(30)
    assert waits[:4] == [1, 1, 1, 1]  # after the first slice it waits, and goes on once nobody does
    assert len(gate.slices) == 4


def test_an_archive_becomes_its_documents(knowledge, files, tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x.md", "# X\n\nX.")
    with zipfile.ZipFile(files.folder / "all.zip", "w") as archive:
        archive.writestr("说明/年假.md", "# 年假\n\n每年有十天带薪年假。")
        archive.writestr("b.txt", "The whistle is blue.")
        archive.writestr("../out.txt", "This leads outside.")
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("empty.txt", "")
    added(knowledge, files, "all.zip")
    assert knowledge.intake.settled(60)
    told = {job.name: job for job, _ in knowledge.intake.jobs("maker", "docs")}
    assert {name: job.state for name, job in told.items()} == {
        "all.zip": "done",
        "all.zip/说明/年假.md": "done",
        "all.zip/b.txt": "done",
        "all.zip/../out.txt": "failed",
        "all.zip/inner.zip": "failed",
        "all.zip/empty.txt": "failed",
    }
    assert "one by one: 2; not added: 3" in told["all.zip"].english
    assert knowledge.search("maker", "带薪年假", ["docs"])[0].passage.text == "每年有十天带薪年假。"
    assert [path.name for path in (tmp_path / "data" / "incoming").iterdir()] == []


def test_an_archive_of_nothing_is_a_failure(knowledge, files):
    with zipfile.ZipFile(files.folder / "none.zip", "w"):
        pass
    added(knowledge, files, "none.zip")
    assert knowledge.intake.settled(60)
    assert states(knowledge) == {"none.zip": "failed"}


def test_the_refusals_name_files_as_their_owner_does(knowledge, files):
    files.write("程序.pdf", b"MZ" + bytes(2000))
    added(knowledge, files, "程序.pdf")
    assert knowledge.intake.settled(30)
    (job,) = (job for job, _ in knowledge.intake.jobs("maker", "docs"))
    wanted = refusals.unsupported("程序.pdf", ("a Windows program", " Windows 程序"))
    assert (job.english, job.chinese) == (wanted.english, wanted.chinese)


def test_of_two_files_of_one_name_the_later_one_is_what_stays(knowledge, files):
    for edition in range(30):
        knowledge.intake.add("maker", "docs", [(files.write("a.md", f"# Edition\n\nThis is edition {edition}."), "a.md")])
    assert knowledge.intake.settled(60)
    (document,) = knowledge.documents("maker", "docs")
    assert "edition 29." in knowledge.text("maker", document.id)


def test_a_file_waits_for_an_earlier_one_of_its_name_and_for_no_other(knowledge, files, tmp_path):
    knowledge.intake.stop()  # nothing is worked on
    for name in ("a.md", "a.md", "b.md"):
        knowledge.intake.add("maker", "docs", [(files.write(name, f"# {name}"), name)])
    jobs = knowledge.intake._jobs
    first, other = jobs.claim(), jobs.claim()
    assert [first.name, other.name] == ["a.md", "b.md"]
    assert jobs.claim() is None
    jobs.end(first.number, Outcome("", "a.md", "done"))
    assert jobs.claim().name == "a.md"


def test_the_next_of_thousands_that_wait_is_found_at_once(knowledge, tmp_path):
    database = knowledge._catalogue._database
    jobs = Jobs(database, tmp_path / "data" / "incoming")
    with database.write() as connection:
        key = require_row(connection, "maker", "docs").key
        row = {"owner": "maker", "collection": key, "file": "", "bytes": 1, "changed": 0.0}
        states = ["working"] * 500 + ["waiting"] * 6_000
        connection.execute(insert(JOBS), [{**row, "name": f"{n:04}", "state": state} for n, state in enumerate(states)])
    begun = time.monotonic()
    names = [claim.name for claim in (jobs.claim() for _ in range(10)) if claim]
    assert time.monotonic() - begun < 1  # comparing each that waits with each that is being read took some 5 s
    assert names == [f"{n:04}" for n in range(500, 510)]
