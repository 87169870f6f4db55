"""Places are given out in order, and whoever leaves the line holds nobody up."""

import threading

from assistant.models.base import Cancel
from assistant.places import Places


def test_a_place_goes_to_the_first_in_line_and_back():
    places = Places(1)
    for run in ("a", "b", "c"):
        places.line_up(run)
    assert [places.ahead(run) for run in ("a", "b", "c", "stranger")] == [0, 1, 2, 0]
    with places.held("a", Cancel()) as held:
        assert held
        assert [places.ahead(run) for run in ("a", "b", "c")] == [0, 1, 2]
        places.leave("b")
        assert places.ahead("c") == 1
    with places.held("c", Cancel()) as held:
        assert held


def test_one_that_is_stopped_in_line_gets_no_place_and_takes_none():
    places, cancel, got = Places(1), Cancel(), []

    def wait():
        with places.held("b", cancel) as held:
            got.append(held)

    places.line_up("a")
    places.line_up("b")
    places.line_up("c")
    with places.held("a", Cancel()):
        waiting = threading.Thread(target=wait)
        waiting.start()
        cancel.set()
        places.look()
        waiting.join(5)
        assert got == [False]
        assert places.ahead("c") == 1
    with places.held("c", Cancel()) as held:
        assert held
        assert places.ahead("c") == 0


def test_a_place_comes_back_from_a_turn_that_breaks():
    places = Places(1)
    places.line_up("a")
    try:
        with places.held("a", Cancel()):
            raise ZeroDivisionError
    except ZeroDivisionError:
        places.line_up("b")
    with places.held("b", Cancel()) as held:
        assert held
