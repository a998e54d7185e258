"""The table of a store: Δm with its interval over seeds, and how little is read again."""

import os

import numpy as np
import pytest
from filelock import FileLock

import workbench as wb
from tests.runs.test_session import until
from workbench.component import WorkbenchError
from workbench.runs import rows as rows_module
from workbench.runs.compare import interval
from workbench.runs.folder import TAIL, RunFolder
from workbench.runs.rows import Rows
from workbench.runs.store import runs
from workbench.training.records import Step, to_line


@pytest.fixture
def tiny(small):
    return small.replace(tasks=["digit", "ink"], affinity=None, epochs=1, batch_size=512)


def trained(spec, *seeds):
    return [wb.train(spec.replace(seed=seed), progress=False) for seed in seeds]


def test_the_interval_is_that_of_the_mean_over_seeds(store, tiny):
    equal = [run.path.name for run in trained(tiny, 0, 1, 2)]
    (dwa,) = [run.path.name for run in trained(tiny.replace(weighting="dwa"), 0)]
    for seed in (0, 1, 2):
        wb.baseline(tiny.replace(seed=seed), progress=False)
    table = runs(store).set_index("run")
    deltas = table.loc[equal, "delta_m"].to_numpy()
    low, high = interval(deltas)
    assert low < deltas.mean() < high
    for run in equal:
        assert (table.loc[run, "low"], table.loc[run, "high"], table.loc[run, "seeds"]) == (low, high, 3)
        assert table.loc[run, "delta_m"] == wb.open(store / run).summary["delta_m"]
    assert np.isnan(table.loc[dwa, "low"])
    assert table.loc[dwa, "seeds"] == 1
    assert list(table.columns).index("low") == list(table.columns).index("delta_m") + 1


def test_without_a_baseline_there_is_nothing_to_compare_with(store, tiny):
    trained(tiny, 0, 1)
    table = runs(store)
    assert table["delta_m"].isna().all()
    assert table["low"].isna().all()
    assert (table["seeds"] == 0).all()


def test_a_seed_counts_once_and_a_steered_run_not_at_all(store, tiny):
    first, *_ = trained(tiny, 0, 0, 1)
    steered = wb.train(tiny, progress=False, steering=[{"step": 1, "command": "set", "lr": 0.1}])
    for seed in (0, 1):
        wb.baseline(tiny.replace(seed=seed), progress=False)
    table = runs(store).set_index("run")
    assert table.loc[first.path.name, "seeds"] == 2
    assert table.loc[steered.path.name, "seeds"] == 1
    assert np.isnan(table.loc[steered.path.name, "high"])


def test_what_did_not_change_is_not_read_again(store, tiny, monkeypatch):
    first, second = trained(tiny, 0, 1)
    kept = Rows(store)
    read = []
    monkeypatch.setattr(rows_module, "read", lambda path, of=rows_module.read: read.append(path.name) or of(path))
    assert [row.path for row in kept.read()] == sorted([first.path, second.path], reverse=True)
    before = kept.marks()
    kept.read()
    assert sorted(read) == sorted([first.path.name, second.path.name])
    assert kept.marks() == before
    read.clear()
    first.note("falls behind")
    assert kept.marks() != before
    assert {row.path: row.given["note"] for row in kept.read()} == {first.path: "falls behind", second.path: ""}
    assert read == [first.path.name]
    second.delete()
    assert [row.path for row in kept.read()] == [first.path]


def test_a_baseline_that_comes_later_gives_older_runs_their_delta(store, tiny):
    trained(tiny, 0)
    kept = Rows(store)
    assert kept.read()[0].delta_m is None
    wb.baseline(tiny, progress=False)
    assert {row.path.name.split("-", 1)[1][:6]: row.delta_m is None for row in kept.read()} == {
        "single": False,
        "digits": False,
    }


def test_a_run_in_progress_says_so_and_is_asked_again(store, tiny):
    kept = Rows(store)
    session = wb.start(tiny.replace(epochs=10_000))
    until(lambda: session.step_number > 1)
    (row,) = kept.read()
    assert (row.summary["status"], row.over) == ("running", False)
    before = row.summary["steps"]
    until(lambda: session.step_number > before)
    assert kept.read()[0].summary["steps"] > before
    session.stop()
    session.wait()
    (row,) = kept.read()
    assert (row.summary["status"], row.over) == ("stopped", True)


def test_what_cannot_be_read_is_told_and_the_rest_is_there(store, tiny):
    first, second = trained(tiny, 0, 1)
    (first.path / "summary.json").write_text("{")
    kept = Rows(store)
    assert [row.path for row in kept.read()] == [second.path]
    assert kept.faults == [f"Run folder {str(first.path)!r} is damaged: summary.json cannot be read."]
    with pytest.raises(WorkbenchError, match=r"summary\.json cannot be read"):
        runs(store)


def test_no_store_has_no_runs(tmp_path):
    assert Rows(tmp_path / "none").read() == []
    assert runs(tmp_path / "none").empty


# ---------------------------------------------------------------- the last step of an interrupted run


def line(step, width=1):
    return to_line(Step(step, 1, (0.5,) * width, (1.0,) * width, 1.0, 0.1)) + "\n"


def test_the_last_step_is_read_from_the_end(tmp_path):
    folder = RunFolder(tmp_path)
    assert folder.last_step() == 0
    records = tmp_path / "records.jsonl"
    records.write_text("".join(line(step) for step in range(1, 3_000)))
    assert records.stat().st_size > 2 * TAIL
    assert folder.last_step() == 2_999
    with open(records, "a") as file:
        file.write(line(3_000)[:-5])  # cut by a crash
    assert folder.last_step() == 2_999


def test_a_line_longer_than_what_is_read_first_is_found(tmp_path):
    folder = RunFolder(tmp_path)
    (tmp_path / "records.jsonl").write_text(line(1) + line(2, width=TAIL // 4))
    assert folder.last_step() == 2
    (tmp_path / "records.jsonl").write_text('{"type":"begin"}\n')
    assert folder.last_step() == 0


def test_a_run_that_another_process_trains_is_running_and_read_again_as_it_grows(store, small):
    run = wb.train(small, progress=False)
    (run.path / "summary.json").unlink()
    rows = Rows(store)
    assert [row.summary["status"] for row in rows.read()] == ["interrupted"]
    before = rows.marks()
    with FileLock(run.path / ".lock"):
        assert wb.open(run.path).summary["status"] == "running"
        later = (run.path / "records.jsonl").stat().st_mtime_ns + 10**10  # clocks of file systems tick slowly
        os.utime(run.path / "records.jsonl", ns=(later, later))
        assert rows.marks() != before
        assert [row.summary["status"] for row in rows.read()] == ["running"]
    assert [row.summary["status"] for row in rows.read()] == ["interrupted"]
