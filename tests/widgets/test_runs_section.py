"""The section "Runs": what it reads, what it draws, and what can be done to a run."""

import json
import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

import workbench as wb
from tests.runs.conftest import small, store  # noqa: F401 (fixtures)
from tests.runs.test_session import until
from workbench.component import WorkbenchError
from workbench.plots.style import DASH_PIXELS, task_style
from workbench.runs.folder import RunFolder
from workbench.runs.session import Session
from workbench.widgets.sections.overlay import MOST, QUANTITIES, Overlay, Picture, Shown
from workbench.widgets.sections.runs import EMPTY, LARGEST, OTHERS, Runs


@pytest.fixture
def tiny(small):  # noqa: F811
    return small.replace(tasks=["digit", "ink"], affinity=None, epochs=2, batch_size=512)


@pytest.fixture
def two(store, tiny):  # noqa: F811
    """Two runs of the same spec with different seeds, by seed."""
    return [wb.train(tiny.replace(seed=seed), progress=False) for seed in (0, 1)]


class Host(SimpleNamespace):
    """A panel as the section sees it: its clock stands still, so that a picture is never too early."""

    def __init__(self, spec):
        self.asked, self.failures, self.opened, self.attached = threading.Semaphore(0), [], [], []
        super().__init__(spec=spec, alive=False, wake=self.asked.release, fail=self.failures.append)
        self.open, self.attach = self.opened.append, self.attached.append

    def idle(self, what):
        if self.alive:
            raise WorkbenchError(f"A run is in progress; press Stop before you {what}.")


@pytest.fixture
def section(store, tiny):  # noqa: F811
    made = Runs(Host(tiny))
    yield made
    made.close()


def look(section, session=None):
    """One picture, and whether there is more to show."""
    more = section.update(session)
    for thread in threading.enumerate():
        if thread.name == f"workbench {section.name}":
            thread.join()
    section._not_before = 0.0
    return more


def settle(section, session=None):
    """Update until there is nothing more to show."""
    section.again()
    assert any(not look(section, session) for _ in range(50)), "it never came to rest"


@pytest.fixture
def opened(section):
    section.view.head.opened = True
    settle(section)
    return section


def rows(section):
    return {row["run"]: row for row in section.view.head.table["rows"]}


def tick(section, *runs):
    section.view.head.overlaid = [run.path.name for run in runs]
    settle(section)


def test_closed_it_reads_nothing(section, two, monkeypatch):
    monkeypatch.setattr(section.rows, "marks", lambda: pytest.fail("it looked at the store"))
    assert not section.update(None)
    assert section.view.head.table == {}
    assert section.view.below.children == ()


def test_an_empty_store_is_said(opened):
    assert opened.view.head.table["empty"] == EMPTY
    assert opened.view.head.table["rows"] == []


def test_a_row_says_what_is_known(opened, two):
    two[0].rename("first")
    two[1].note("a note")
    settle(opened)
    found = rows(opened)
    first, second = (found[run.path.name] for run in two)
    assert (first["name"], first["label"], first["method"]) == ("first", "first", "equal, shared · seed 0")
    assert (second["note"], second["label"]) == ("a note", "equal, shared · seed 1")
    summary = two[0].summary
    assert first["parameters"] == summary["parameters"]
    assert first["best"] == pytest.approx(summary["score"]["best"], rel=1e-4)
    assert first["delta_m"] is None
    assert json.loads(json.dumps(found)) == found


def test_what_differs_is_told(opened, two, tiny):
    for spec in (tiny.replace(weighting="dwa", epochs=1), tiny.replace(batch_size=256)):
        wb.train(spec, progress=False)
    settle(opened)
    assert {row["method"] for row in rows(opened).values()} == {
        "equal, shared, batch_size=512 · seed 0",
        "equal, shared, batch_size=512 · seed 1",
        "equal, shared, batch_size=256",
        "dwa, shared",
    }
    wb.train(tiny.replace(problem="sines", tasks=None, encoder="mlp"), progress=False)
    opened.view.head.everything = True
    settle(opened)
    assert {row["method"].split(":")[0] for row in rows(opened).values()} == {"digits", "sines"}


def test_equal_names_are_numbered_from_the_oldest_on(opened, tiny):
    for _ in range(2):
        wb.train(tiny, progress=False)
    settle(opened)
    labels = [row["label"] for row in opened.view.head.table["rows"]]
    assert labels == ["equal, shared · seed 0 (2)", "equal, shared · seed 0"]


def test_runs_of_other_tasks_come_with_the_switch(opened, two, tiny):
    other = wb.train(tiny.replace(tasks=["parity"]), progress=False)
    settle(opened)
    assert other.path.name not in rows(opened)
    opened.view.head.everything = True
    settle(opened)
    assert other.path.name in rows(opened)
    opened.view.head.everything = False
    opened.host.spec = tiny.replace(tasks=["slant"])
    settle(opened)
    assert opened.view.head.table["empty"] == OTHERS


def test_nothing_is_read_or_sent_again_while_nothing_changes(opened, two, monkeypatch):
    settle(opened)
    computed = []
    monkeypatch.setattr(opened, "compute", lambda session, of=opened.compute: computed.append(1) or of(session))
    for _ in range(3):
        assert not opened.update(None)
    assert computed == []
    two[0].note("changed")
    settle(opened)
    assert computed
    assert rows(opened)[two[0].path.name]["note"] == "changed"


def test_a_long_store_is_cut_at_its_newest_runs(opened, two, monkeypatch):
    monkeypatch.setattr("workbench.widgets.sections.runs.LARGEST", 1)
    settle(opened)
    assert len(rows(opened)) == 1
    assert opened.view.head.table["left_out"] == 1


def test_a_damaged_run_does_not_hide_the_others(opened, two):
    (two[0].path / "summary.json").write_text("{")
    settle(opened)
    assert set(rows(opened)) == {two[1].path.name}
    (fault,) = opened.view.head.table["faults"]
    assert "summary.json cannot be read" in fault


# ---------------------------------------------------------------- curves over each other


def test_ticked_runs_are_drawn_one_plot_per_task(opened, two, sent):
    tick(opened, two[1], two[0])
    names = ["equal, shared · seed 1", "equal, shared · seed 0"]
    (reset, _), *appended = sent
    assert (reset["type"], reset["tasks"]) == ("reset", names)
    assert [(plot["group"], plot["note"]) for plot in reset["plots"]] == [
        ("digit", "validation loss"),
        ("ink", "validation loss"),
    ]
    curves = [(curve["group"], curve["task"], curve["split"]) for content, _ in appended for curve in content["curves"]]
    assert len(appended) == 2  # one message per run
    assert curves == [(task, name, "val") for name in names for task in ("digit", "ink")]
    look = task_style(names)
    assert opened.view.head.styles == {
        run.path.name: {"color": look[name]["color"], "dash": DASH_PIXELS[look[name]["dash"]]}
        for run, name in zip((two[1], two[0]), names, strict=True)
    }
    assert opened.view.below.children[0] is opened.view.overlay.canvas
    sent.clear()
    two[0].note("this changes no curve")
    settle(opened)
    assert sent == []


@pytest.mark.parametrize(("quantity", "split", "recorded"), [(q, s, r) for q, (s, r, _) in QUANTITIES.items()])
def test_every_quantity_shows_what_was_recorded(opened, two, sent, quantity, split, recorded):
    opened.view.head.quantity = quantity
    tick(opened, two[0])
    drawn = {}
    for content, buffers in sent[1:]:
        steps, values = (
            np.frombuffer(part, kind) for part, kind in zip(buffers, (np.uint32, np.float32), strict=False)
        )
        start = 0
        for curve in content["curves"]:
            drawn[curve["group"]] = steps[start : start + curve["n"]], values[start : start + curve["n"]]
            start += curve["n"]
    history = two[0].history
    for task, fact in two[0].summary["tasks"].items():
        mine = history[history["quantity"] == (recorded or fact["metric"])]
        wanted = mine.query("split == @split and task == @task")
        if wanted.empty:
            assert quantity == "share in the shared update"
            assert drawn == {}
            continue
        np.testing.assert_array_equal(drawn[task][0], wanted["step"])
        np.testing.assert_allclose(drawn[task][1], wanted["value"], rtol=1e-6)


def test_a_run_in_progress_grows(opened, two, tiny, sent):
    session = wb.start(tiny.replace(epochs=10_000, weighting="dwa"))
    try:
        until(lambda: session.step_number > 2)
        opened.view.head.quantity = "training loss"
        opened.view.head.overlaid = [session.path.name]
        settle(opened, session)
        assert rows(opened)[session.path.name]["status"] == "running"
        assert opened.view.head.now[session.path.name]["status"] == "running"
        assert opened.view.head.shown == session.path.name
        before, count = session.step_number, len(sent)
        until(lambda: session.step_number > before + 5)
        opened.update(session)
        assert len(sent) > count
        sent_points = sum(curve["n"] for content, _ in sent[1:] for curve in content["curves"])
        assert sent_points == sum(opened.view.overlay._picture.runs[0].count.values())
    finally:
        session.stop()
        session.wait()
    settle(opened, session)
    assert rows(opened)[session.path.name]["status"] == "stopped"
    assert opened.view.head.now == {}


def test_a_run_of_another_process_is_followed(opened, store, tiny, sent):  # noqa: F811
    words = [sys.executable, "-m", "workbench", "train", wb.share(tiny.replace(epochs=100_000)), "--quiet"]
    with subprocess.Popen([*words, "--out", str(store)]) as process:
        try:
            until(lambda: any(RunFolder(path).last_step() for path in store.glob("*")), seconds=60)
            (path,) = store.glob("*")
            opened.view.head.quantity = "training loss"
            opened.view.head.overlaid = [path.name]
            until(lambda: look(opened) and opened.view.overlay._picture.runs)
            assert rows(opened)[path.name]["status"] == "running"
            before = opened.view.overlay._picture.runs[0].count.copy()
            until(lambda: look(opened) and opened.view.overlay._picture.runs[0].count != before)
            grown = opened.view.overlay._picture.runs[0].count
            assert all(grown[task] > n for task, n in before.items())
            assert sum(curve["n"] for content, _ in sent[1:] for curve in content["curves"]) >= sum(grown.values())
        finally:
            process.kill()
    settle(opened)
    assert rows(opened)[path.name]["status"] == "interrupted"


def test_an_interrupted_run_is_drawn_from_its_records(opened, two, sent):
    (two[0].path / "summary.json").unlink()
    opened.view.head.quantity = "validation metric"
    tick(opened, two[0])
    assert rows(opened)[two[0].path.name]["status"] == "interrupted"
    assert [curve["group"] for curve in sent[1][0]["curves"]] == ["digit", "ink"]


def test_many_points_are_thinned_so_that_drawing_stays_quick(sent):
    steps = np.arange(10_000)
    runs = [Shown(f"run {i}", {"a": "loss"}, {"a": (steps, np.sin(steps / 50 + i))}) for i in range(20)]
    Overlay().show(Picture("training loss", runs, key=1))
    drawn = [curve["n"] for content, _ in sent[1:] for curve in content["curves"]]
    assert len(drawn) == 20
    assert 0.9 * MOST < sum(drawn) <= MOST
    assert [run.count for run in runs] == [{"a": 10_000}] * 20


def test_unticked_the_canvas_is_emptied(opened, two, sent):
    tick(opened, two[0])
    tick(opened)
    assert sent[-1][0]["type"] == "reset"
    assert sent[-1][0]["tasks"] == []
    assert opened.view.head.styles == {}


# ---------------------------------------------------------------- the front


def test_the_scatter_has_every_figure_and_its_direction(opened, two, tiny):
    wb.baseline(tiny, progress=False)
    (two[1].path / "summary.json").unlink()  # unfinished: no point
    settle(opened)
    found = opened.view.pareto.found
    axes = {axis["key"]: axis for axis in found["axes"]}
    assert list(axes)[:2] == ["test/digit/accuracy", "test/ink/r2"]
    assert {key for key, axis in axes.items() if not axis["higher"]} == {"seconds", "ms_per_step", "parameters"}
    by_run = {point["run"]: point for point in found["points"]}
    assert two[1].path.name not in by_run
    point = by_run[two[0].path.name]
    summary = two[0].summary
    assert point["values"]["delta_m"] == pytest.approx(summary["delta_m"], rel=1e-4)
    assert point["values"]["val/ink/r2"] == pytest.approx(summary["tasks"]["ink"]["val"], rel=1e-4)
    assert point["method"] == "equal, shared"


# ---------------------------------------------------------------- what is asked for


def ask(section, action, run, text=""):
    """A message from the page; what was answered."""
    answers = []
    section.view.head.send = lambda content, buffers=None: answers.append(content)
    section._asked(None, {"type": action, "run": run.path.name, "text": text}, [])
    settle(section)
    (answer,) = answers
    return answer["done"]


def test_rename_and_note(opened, two):
    assert ask(opened, "rename", two[0], "mine")
    assert ask(opened, "note", two[0], "a note")
    row = rows(opened)[two[0].path.name]
    assert (row["name"], row["note"]) == ("mine", "a note")
    assert not ask(opened, "rename", two[1], "mine")
    assert "is taken by run" in opened.view.head.said
    assert ask(opened, "dismiss", two[1])
    assert opened.view.head.said == ""
    assert opened.host.failures == []


def test_delete(opened, two, sent):
    tick(opened, two[0], two[1])
    assert ask(opened, "delete", two[0])
    assert set(rows(opened)) == {two[1].path.name}
    assert set(opened.view.head.styles) == {two[1].path.name}
    assert not ask(opened, "delete", two[0])  # it is gone
    assert "does not exist" in opened.view.head.said


@pytest.mark.parametrize("name", ["..", "../x", "", "a/b"])
def test_nothing_beside_the_store_is_touched(opened, two, name):
    with pytest.raises(WorkbenchError):
        opened.do("delete", name)
    with pytest.raises(WorkbenchError, match="Nothing called 'burn'"):
        opened.do("burn", two[0].path.name)


def test_open_asks_the_panel(opened, two):
    assert ask(opened, "open", two[0])
    assert [run.path for run in opened.host.opened] == [two[0].path]


def test_an_unexpected_error_goes_to_the_panel(opened, two):
    def broken(run):
        raise RuntimeError("a slip")

    opened.host.open = broken
    assert not ask(opened, "open", two[0])
    assert [str(error) for error in opened.host.failures] == ["a slip"]


def test_an_interrupted_run_goes_on(opened, store, tiny):  # noqa: F811
    session = Session(tiny.replace(epochs=4))
    session.folder_save()
    session.folder.close()  # as if the process had ended here
    assert ask(opened, "continue", session)
    (again,) = opened.host.attached
    again.wait()
    assert again.status == "done"
    assert again.step_number == session.total_steps
    assert not ask(opened, "continue", session)
    assert "is over; there is nothing to continue" in opened.view.head.said
    opened.host.alive = True
    assert not ask(opened, "continue", session)
    assert "press Stop before you continue another" in opened.view.head.said


def test_the_table_of_many_runs_stays_small(opened, two):
    settle(opened)
    row = next(iter(rows(opened).values()))
    assert LARGEST * len(json.dumps(row)) < 100_000
