"""Thousands of turns leave nothing behind: memory, threads and files stay where they were. Run by `make soak`."""

import os
import threading

import psutil
import pytest

from assistant.access import MAKER

WARM_UP = 200
TURNS = 5_000


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_turns_leave_nothing_behind(make_studio):
    studio = make_studio([f"Answer number {n}. It is short." for n in range(WARM_UP + TURNS)])
    process = psutil.Process(os.getpid())

    def talk(turns):
        for n in range(turns):
            if n % 20 == 0:
                kept = studio.conversations.create("maker", "model-guide")
            run = studio.start_turn(MAKER, kept.id, f"Hello for the {n}th time, my friend", "en")
            events = [item for item in studio.runs.subscribe("maker", run) if item is not None]
            assert events[-1][1].reason == "answered"

    talk(WARM_UP)
    before = process.memory_info().rss, process.num_fds(), threading.active_count()
    talk(TURNS)
    after = process.memory_info().rss, process.num_fds(), threading.active_count()
    # The double keeps every request it was sent, about 3 kB a turn; the rest of the room is the limit.
    assert after[0] - before[0] < 50_000_000 + TURNS * 20_000
    assert after[1] - before[1] <= 8
    assert after[2] - before[2] <= 2
