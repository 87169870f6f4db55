"""kill -9 while documents are added: what was acknowledged is whole, what was not is whole or absent, and all is searchable."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def text(number):
    said = [f"Document {number} part {part} speaks of matter{number}x{part}. " * 12 for part in range(12)]
    return f"# Title {number}\n\n" + "\n\n".join(f"## Part {part}\n\n{each}" for part, each in enumerate(said))


@pytest.fixture
def adding(tmp_path):
    """Start the command line on a folder of documents; gives the process and the names it acknowledged so far."""
    source = tmp_path / "source"
    source.mkdir()
    for number in range(400):
        (source / f"{number:03}.md").write_text(text(number), encoding="utf-8")
    started = []

    def start():
        command = [sys.executable, "-m", "knowledge", "add", str(source), "--collection", "docs", "--json"]
        command += ["--data", str(tmp_path / "data"), "--embedder", "hash"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        seen: list[str] = []
        first = threading.Event()

        def read():
            for line in process.stdout:
                outcome = json.loads(line)
                seen.append(outcome["name"])
                if outcome["state"] == "done":
                    first.set()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        started.append((process, reader))
        return process, seen, first, reader

    yield start
    for process, reader in started:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


@pytest.mark.parametrize("rounds", [8, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_kill_9_loses_and_halves_nothing(adding, open_knowledge, rounds):
    chance = random.Random(5)
    acknowledged: set[str] = set()
    restarts = 0
    for _ in range(rounds):
        process, seen, first, reader = adding()
        assert first.wait(60)
        # Somewhere within the next documents: while one is read, embedded, written, or while Chroma takes it in.
        threading.Event().wait(chance.uniform(0.0, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        reader.join(20)
        acknowledged |= set(seen)

        knowledge = open_knowledge()
        stored = {document.name: document for document in knowledge.documents("maker", "docs")}
        assert acknowledged <= stored.keys()
        report = knowledge.check()
        assert report.problems == ()
        assert report.index == "chroma"
        for name, document in list(stored.items())[-20:]:
            passages = knowledge.passages("maker", document.id)
            assert len(passages) == document.passages == 12
            number = int(name.removesuffix(".md"))
            hit = knowledge.search("maker", f"matter{number}x7", ["docs"])[0]
            assert hit.passage.document == document.id
        if len(stored) > 300:  # begin again before there is nothing left to add
            knowledge.delete_collection("maker", "docs")
            acknowledged.clear()
            restarts += 1
        open_knowledge.close()
    assert restarts or len(acknowledged) > rounds


def test_a_second_process_is_refused_at_once(adding, tmp_path):
    _, _, first, _ = adding()
    assert first.wait(60)
    command = [sys.executable, "-m", "knowledge", "list", "--data", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Another Hearth uses" in done.stderr
