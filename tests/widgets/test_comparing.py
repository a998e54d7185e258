"""A comparison beside the panel: watched, stopped, and never lost."""

import threading

import pytest

import workbench as wb
from tests.widgets.test_panel import LONG, SMALL, alone, panel, until  # noqa: F401 (fixtures)
from workbench.runs.session import Session


@pytest.fixture
def comparing(panel):  # noqa: F811
    """A panel that has just begun to compare a run that was stopped early."""
    live = panel(LONG)
    live.start()
    until(lambda: live.session.step_number > 3)
    live.stop()
    live.wait()
    live.buttons["compare"].click()
    until(lambda: "· step" in live.state.value and "comparing" in live.state.value)
    return live


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "workbench comparison"]


def test_it_is_watched_and_stopped(comparing):
    live, run = comparing, comparing.session
    assert live.message.startswith(f"This run was stopped after {run.step_number} steps. What it is compared with")
    assert "epochs = 50000" in live.message
    until(lambda: " left" in live.state.value)
    assert live.state.value.startswith("<b>comparing</b> · single tasks · step ")
    assert f"of {run.total_steps} · " in live.state.value
    until(lambda: not live.buttons["stop"].disabled)
    assert live.buttons["start"].disabled
    live.buttons["stop"].click()
    assert live.wait().path == run.path
    until(lambda: "The comparison was stopped" in live.note.value)
    assert live.state.value.startswith("<b>stopped</b> · ")
    assert live.comparison is None
    assert threads() == []
    assert live.errors == []
    kept = wb.runs.runs(run.path.parent)
    assert list(kept["status"]) == ["stopped", "stopped"]  # the run and the single tasks; equal weighting never began
    until(lambda: live.buttons["stop"].disabled and not live.buttons["compare"].disabled)


def test_all_else_waits_for_it(comparing, monkeypatch):
    live, run = comparing, comparing.run
    began = []
    monkeypatch.setattr(Session, "start", lambda self: began.append(self))
    words = "A comparison is in progress; press Stop before you "
    for refused, what in (
        (lambda: live.open(run), "open another."),
        (lambda: live.attach(live.session), "show another run."),
        (lambda: live.sections["runs"]._continue(run.folder), "continue another."),
    ):
        with pytest.raises(wb.WorkbenchError) as error:
            refused()
        assert str(error.value) == words + what
    for refused, what in (
        (live.start, "start another."),
        (lambda: live.branch(1), "start another."),
        (live.compare, "compare again."),
        (live.reset, "reset."),
    ):
        refused()
        assert live.message == words + what
    live.buttons["step"].click()
    assert began == []
    assert len(threads()) == 1
    live.close()
    assert threads() == []


def test_another_call_gives_the_panel_that_compares(monkeypatch):
    live = wb.panel(LONG, live=True)
    live.start()
    until(lambda: live.session.step_number > 3)
    live.stop()
    live.wait()
    live.compare()
    assert wb.panel(SMALL, live=True) is live
    assert live.message.startswith("This is the comparison in progress; press Stop, then run the cell again")
    live.close()


def test_stopped_before_it_trains_it_begins_nothing_more(panel, monkeypatch, tmp_path):  # noqa: F811
    ready, go = threading.Event(), threading.Event()
    live = panel(LONG)
    live.start()
    live.stop()
    live.wait()
    made = Session.__init__

    def slow(self, *args, **kwargs):
        ready.set()
        go.wait()
        made(self, *args, **kwargs)

    monkeypatch.setattr(Session, "__init__", slow)
    live.compare()
    ready.wait()
    live.stop()  # while the data of the first run are loaded
    go.set()
    live.wait()
    until(lambda: "The comparison was stopped" in live.message)
    assert sorted(wb.runs.runs(tmp_path)["status"]) == ["stopped", "stopped"]
    assert live.errors == []


@pytest.mark.parametrize("command", ["compare", "branch"])
def test_a_deleted_run_is_said(panel, command):  # noqa: F811
    live = panel(SMALL)
    live.start()
    live.wait().delete()
    live.buttons[command].click()
    assert live.message == "This run was deleted; its curves stay until Reset."
    assert live.canvas._curves
    live.reset()
    assert live.session is None
    assert live.message == ""
