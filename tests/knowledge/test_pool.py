"""The children that read files: several at once, told of, cancelled, worn out, killed, idle, and orphaned."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from common.errors import UnreadableFile
from knowledge.loading.loader import Loader
from tests.knowledge.engine import Engine, is_running, scan
from tests.papers import typeset
from tests.timing import wait_until


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A stand-in for Tesseract, before any child is started: a scan is being read until it is let go on."""
    return Engine(tmp_path / "engine", monkeypatch)


@pytest.fixture
def made():
    """Loaders that are closed with the test."""
    loaders = []

    def make(**options):
        loaders.append(Loader(**options))
        return loaders[-1]

    yield make
    for loader in loaders:
        loader.close()


def children(loader):
    return {child.pid for child in (*loader._idle, *loader._busy)}


def refused(loader, path, **options):
    with pytest.raises(UnreadableFile) as caught:
        loader.load(path, path.name, **options)
    assert caught.value.chinese
    return str(caught.value)


def test_a_long_file_does_not_stop_the_others(files, engine, made):
    loader = made()
    path, long = files.write("fine.txt", "fine"), scan(files.folder / "scan.pdf")
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(loader.load, long, "scan.pdf")
        engine.runs()
        for _ in range(3):
            assert loader.load(path, "fine.txt").text == "fine"
        assert not slow.done()
        engine.go_on()
        assert "chi_sim+eng" in slow.result(20).text


def test_more_askers_than_children(files, made):
    loader = made()
    paths = [files.write(f"{n}.txt", f"number {n}") for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        read = list(pool.map(lambda path: loader.load(path, path.name).text, paths))
    assert read == [f"number {n}" for n in range(12)]
    assert len(children(loader)) <= 2


def test_it_tells_how_far_it_is(files, made):
    told = []
    path = files.write("three.pdf", typeset([[(50, 700, 12, f"Page {n} of it")] for n in range(3)]))
    made().load(path, "three.pdf", told=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)
    assert told == sorted(told)


def test_a_reading_that_is_cancelled_ends_with_all_that_it_started(files, engine, made):
    loader = made(children=1)
    stop, long = threading.Event(), scan(files.folder / "scan.pdf")
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(refused, loader, long, cancelled=stop.is_set)
        ((run, reader),) = engine.runs()
        waits = pool.submit(refused, loader, files.write("next.txt", "next"), cancelled=stop.is_set)
        assert is_running(run)
        stop.set()
        assert "was cancelled" in slow.result(20)
        assert "was cancelled" in waits.result(20), "it waited for the only child"
    wait_until(lambda: not is_running(run) and not is_running(reader))
    assert loader.load(files.write("fine.txt", "fine"), "fine.txt").text == "fine"


def test_an_asker_that_breaks_off_leaves_no_answer_to_the_next_one(files, made):
    loader = made(children=1)

    def broken(done, total):
        raise KeyError(done)

    with pytest.raises(KeyError):
        loader.load(files.write("one.pdf", typeset([[(50, 700, 12, "The first file")]])), "one.pdf", told=broken)
    assert loader.load(files.write("fine.txt", "fine"), "fine.txt").text == "fine"


def test_children_are_recycled_and_a_dead_one_is_replaced(files, made):
    loader = made(recycle_after=2)
    path = files.write("fine.txt", "fine")
    used = []
    for _ in range(4):
        loader.load(path, "fine.txt")
        used.append(children(loader) or used[-1])
    assert used[0] == used[1] != used[2] == used[3]
    loader.load(path, "fine.txt")
    (child,) = loader._idle
    child.kill()
    assert loader.load(path, "fine.txt").text == "fine"


def test_a_child_that_is_killed_within_a_file_is_one_refusal(files, engine, made):
    loader = made()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(refused, loader, scan(files.folder / "scan.pdf"))
        ((run, _),) = engine.runs()
        (child,) = loader._busy
        child._process.kill()
        assert "gave up" in slow.result(20)
    wait_until(lambda: not is_running(run))
    assert loader.load(files.write("fine.txt", "fine"), "fine.txt").text == "fine"


def test_children_that_nobody_needs_end(files, made):
    loader = made(idle_s=0.05)
    for _ in range(2):
        loader.load(files.write("fine.txt", "fine"), "fine.txt")
        wait_until(lambda: not children(loader))


def test_a_reader_that_hangs_is_ended_and_the_next_file_is_read(files, made):
    loader = made(time_limit_s=0.001)
    path = files.write("slow.html", "<p>" + "<b>x</b><table>" * 200_000)
    assert "within 0 seconds" in refused(loader, path)
    loader._time_limit_s = 30.0
    assert loader.load(files.write("fine.txt", "fine"), "fine.txt").text == "fine"


def test_closing_ends_a_file_half_read_and_refuses_the_next(files, engine):
    loader, long = Loader(), scan(files.folder / "scan.pdf")
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(refused, loader, long)
        ((run, reader),) = engine.runs()
        loader.close()
        assert "Hearth is stopping" in slow.result(20)
    assert "Hearth is stopping" in refused(loader, long)
    wait_until(lambda: not is_running(run) and not is_running(reader))


@pytest.mark.skipif(sys.platform != "linux", reason="the engine itself ends with its reader on Linux alone")
def test_a_reader_ends_in_the_middle_of_a_file_when_its_parent_is_killed(files, engine):
    code = (
        "import sys, pathlib; from knowledge.loading.loader import Loader; Loader().load(pathlib.Path(sys.argv[1]), 'scan.pdf')"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(scan(files.folder / "scan.pdf"))])
    try:
        ((run, reader),) = engine.runs()
        assert is_running(run)
        assert is_running(reader)
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not is_running(run) and not is_running(reader))
