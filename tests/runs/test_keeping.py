"""A store kept in order: names, notes, runs that go, and everything about a run as files."""

import json

import pandas as pd
import pytest

import workbench as wb
from tests.runs.test_session import until
from workbench.plots.figure import chrome
from workbench.runs.store import find


@pytest.fixture
def two(store, small):
    return [wb.train(small.replace(epochs=2, seed=seed), progress=False) for seed in (0, 1)]


def test_a_name_and_a_note_change_nothing_else(two, store):
    run = two[0]
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert (run.name, run.note()) == (run.path.name, "")
    run.rename("  ink at a tenth ")
    assert run.note("parity falls\nbehind; größer ≤ ½") == "parity falls\nbehind; größer ≤ ½"
    again = wb.open(run.path)
    assert (again.name, again.note()) == ("ink at a tenth", "parity falls\nbehind; größer ≤ ½")
    assert again.spec.hash == run.spec.hash
    after = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert {path.name for path in set(after) - set(before)} == {"notes.json"}
    assert all(after[path] == text for path, text in before.items())
    again.rename("")
    assert run.name == run.path.name
    assert run.note() != ""
    assert run.note("") == ""


def test_a_name_finds_the_run(two, store):
    two[0].rename("first try")
    assert find("first try", store) == find("first", store) == two[0].path
    two[1].rename("first try again")
    assert find("first try", store) == two[0].path
    with pytest.raises(wb.WorkbenchError, match="Several runs"):
        find("first", store)
    with pytest.raises(wb.WorkbenchError, match="did you mean 'first try'"):
        find("firsd try", store)


@pytest.mark.parametrize("name", ["a/b", "a\\b", "two\nlines", "x" * 81, "--yes", ".hidden", 3])
def test_names_that_are_not_allowed(name, two):
    with pytest.raises(wb.WorkbenchError, match=r"run (cannot be named|is a text)"):
        two[0].rename(name)
    assert not (two[0].path / "notes.json").exists()


def test_a_name_that_is_taken(two):
    two[0].rename("mine")
    two[0].rename("mine")  # it may keep its own
    for taken in ("mine", two[0].path.name):
        with pytest.raises(wb.WorkbenchError, match="is taken by run") as caught:
            two[1].rename(taken)
        assert len(caught.value.faults) == 1


def test_damaged_notes_are_said(two):
    (two[0].path / "notes.json").write_text("{")
    with pytest.raises(wb.WorkbenchError, match=r"notes\.json' is damaged"):
        _ = two[0].name
    with pytest.raises(wb.WorkbenchError, match="A note is a text, found 3"):
        two[0].note(3)


def test_the_table_tells_names_and_scores(two, store):
    two[0].rename("first")
    two[0].note("a note")
    row = wb.runs.runs(store).set_index("run").loc[two[0].path.name]
    assert (row["name"], row["note"]) == ("first", "a note")
    assert row["parameters"] == two[0].summary["parameters"]
    assert row["ms_per_step"] == pytest.approx(1000 * row["seconds"] / row["steps"])
    metrics = {name: task["metric"] for name, task in two[0].summary["tasks"].items()}
    val = two[0].history.query("split == 'val'")
    scores = sum(
        val.query("task == @task and quantity == @metric").set_index("step")["value"]
        for task, metric in metrics.items()
    ) / len(metrics)
    assert row["best"] == pytest.approx(scores.max())
    assert row["last"] == pytest.approx(scores.iloc[-1])


def test_the_score_of_an_error_has_its_sign_turned(store):
    rooms = {"name": "scenes", "rows": 60, "size": 16}
    run = wb.train(wb.Spec(problem=rooms, encoder="fcn", tasks=["depth"], batch_size=36, epochs=1), progress=False)
    assert not run.summary["tasks"]["depth"]["higher_is_better"]
    assert run.summary["score"]["last"] < 0
    errors = run.history.query("split == 'val' and quantity == @run.summary['tasks']['depth']['metric']")["value"]
    assert run.summary["score"] == {"best": -errors.min(), "last": -errors.iloc[-1]}


def test_a_run_without_a_score_is_in_the_table(two, store):
    summary = json.loads((two[0].path / "summary.json").read_text())
    del summary["score"]
    (two[0].path / "summary.json").write_text(json.dumps(summary))
    (two[1].path / "summary.json").unlink()
    table = wb.runs.runs(store)
    assert table["best"].isna().all()
    assert set(table["status"]) == {"done", "interrupted"}


# ---------------------------------------------------------------- runs that go


def test_delete_removes_the_run_and_nothing_else(two, store):
    (store / "mine.txt").write_text("mine")
    two[0].delete()
    assert sorted(store.iterdir()) == sorted([two[1].path, store / "mine.txt"])
    with pytest.raises(wb.WorkbenchError, match="does not exist"):
        wb.open(two[0].path)
    with pytest.raises(wb.WorkbenchError, match="is no run folder"):
        two[0].delete()


def test_what_the_workbench_did_not_make_is_not_deleted(two, store, tmp_path):
    elsewhere = tmp_path / "thesis"
    two[0].path.rename(elsewhere)
    link = store / two[0].path.name
    link.symlink_to(elsewhere)
    for path in (elsewhere, link):
        with pytest.raises(wb.WorkbenchError, match="is no run folder of a store"):
            wb.open(path).delete()
    assert (elsewhere / "summary.json").is_file()


def test_a_run_in_training_is_not_deleted(store, small):
    session = wb.start(small.replace(epochs=2000))
    until(lambda: session.step_number > 1)
    with pytest.raises(wb.WorkbenchError, match="is being trained; stop it before it is deleted"):
        session.run.delete()
    session.stop()
    run = session.wait()
    assert run.summary["status"] == "stopped"
    run.delete()
    assert not run.path.exists()


# ---------------------------------------------------------------- everything as files


def test_export_writes_everything(two, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PNG", "0")
    folder = tmp_path / "paper" / "run"
    written = two[0].export(folder)
    assert sorted(written) == sorted(folder.iterdir())
    names = {path.name for path in written}
    assert names == {"history.csv", "spec.json", "summary.json", "losses.html", "weights.html", "affinity.html"}
    assert len(pd.read_csv(folder / "history.csv")) == len(two[0].history)
    assert wb.Spec.from_json((folder / "spec.json").read_text()) == two[0].spec
    assert json.loads((folder / "summary.json").read_text())["tasks"] == two[0].summary["tasks"]
    page = (folder / "losses.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page
    assert "<script src=" not in page
    assert set(two[0].figures()) == {"losses", "weights", "affinity"}
    assert sorted(two[0].export(folder)) == sorted(written)  # again, into the same folder


def test_pictures_are_written_where_a_chrome_is(two, tmp_path):
    written = [path for path in two[0].export(tmp_path) if path.suffix == ".png"]
    assert len(written) == (3 if chrome() else 0)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)


def test_export_into_a_file_is_refused(two, tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(wb.WorkbenchError, match="is a file; name a folder"):
        two[0].export(tmp_path / "taken")


def test_gates_are_exported_where_there_are_any(store, small, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PNG", "0")
    run = wb.train(small.replace(fusion="mmoe", affinity=None, epochs=1), progress=False)
    names = {path.stem for path in run.export(tmp_path) if path.suffix == ".html"}
    assert names == {"losses", "weights", "gates"}
