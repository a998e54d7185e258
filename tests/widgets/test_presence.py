"""Where a page owns its kernel, a run is not left training for nobody."""

import pytest

from tests.widgets.test_panel import LONG, alone, panel, until  # noqa: F401 (fixtures)
from workbench.widgets import presence
from workbench.widgets.presence import BEAT, GONE, Presence


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(presence, "monotonic", lambda: now[0])
    return now


def test_a_page_that_is_silent_too_long_is_gone(clock):
    owned = Presence({"VOILA_KERNEL_ID": "7"})
    assert owned.beat == BEAT
    clock[0] += GONE
    assert not owned.gone
    clock[0] += 1
    assert owned.gone
    owned.hear()
    assert not owned.gone


def test_a_kernel_that_outlives_its_pages_asks_for_no_sign(clock):
    free = Presence({})
    clock[0] += 1e6
    assert free.beat == 0
    assert not free.gone


def test_the_run_waits_until_somebody_presses_resume(panel, monkeypatch, clock):  # noqa: F811
    monkeypatch.setenv("VOILA_KERNEL_ID", "7")
    live = panel(LONG)
    live.start()
    until(lambda: live.session.step_number > 3)
    clock[0] += GONE + 1
    until(lambda: live.session.status == "paused")
    assert live.message == "Paused, since no page shows this panel any more."
    live.canvas._answer(None, {"type": "there"}, None)
    live.resume()
    until(lambda: live.session.status == "running")
    live.stop()
