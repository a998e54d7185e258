"""The thread that refreshes: patient, woken on request, and never late for the end."""

import threading

import pytest

from workbench.widgets.ticker import Ticker


def test_it_ticks_until_there_is_no_more():
    left = [3]

    def tick():
        left[0] -= 1
        return left[0] > 0

    ticker = Ticker(tick, rate=1_000).start()
    ticker.join(10)
    assert left == [0]
    assert not ticker.wake()


def test_a_wake_is_answered_at_once_and_never_lost():
    ticked, more = threading.Semaphore(0), threading.Event()

    def tick():
        ticked.release()
        return not more.is_set()

    ticker = Ticker(tick, rate=1e-3).start()  # left alone it would wait for a quarter of an hour
    assert ticked.acquire(timeout=10)
    assert ticker.wake()
    assert ticked.acquire(timeout=10)
    more.set()
    assert ticker.wake()
    ticker.join(10)
    assert not ticker.wake()


def test_asked_during_the_last_tick_it_ticks_once_more():
    asked = []

    def tick():
        if not asked:
            asked.append(ticker.wake())
            return False
        asked.append("again")
        return False

    ticker = Ticker(tick)
    ticker.start()
    ticker.join(10)
    assert asked == [True, "again"]


def test_an_exception_ends_it_and_is_not_lost(trap):
    def tick():
        raise RuntimeError("broken tick")

    ticker = Ticker(tick)

    def run_to_the_end():
        ticker.start()
        ticker.join(10)

    with pytest.raises(trap.Failure, match="broken tick"), trap():
        run_to_the_end()
    assert not ticker.wake()
