"""``train`` and ``runs`` on a real, small store."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.cli import main

WORDS = ["problem=digits", "tasks=digit,ink", "epochs=1", "batch_size=256"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with two runs, made through the command line."""
    folder = tmp_path_factory.mktemp("store")
    for weighting in ("equal", "dwa"):
        settings = [word for pair in (*WORDS, f"weighting={weighting}") for word in ("--set", pair)]
        assert main(["train", *settings, "--out", str(folder), "--quiet"]) == 0
    return folder


def names(store):
    return sorted(path.name for path in store.iterdir() if (path / "summary.json").is_file())


def test_train_prints_the_run_folder_last(tmp_path, capsys):
    (tmp_path / "spec.json").write_text(json.dumps({"tasks": ["ink"], "epochs": 7}))
    words = ["--set", "epochs=1", "--set", "batch_size=512", "--out", str(tmp_path / "out")]
    assert main(["train", str(tmp_path / "spec.json"), *words]) == 0
    said = capsys.readouterr()
    assert "step" in said.err  # the progress bar
    run = wb.open(Path(said.out.strip()))
    assert (run.spec.tasks, run.spec.epochs, run.spec.batch_size) == (["ink"], 1, 512)


def test_train_takes_a_share_line(tmp_path, capsys):
    spec = wb.Spec(tasks=["ink"], epochs=1, batch_size=512)
    assert main(["train", spec.share(), "--out", str(tmp_path), "--quiet"]) == 0
    assert wb.open(Path(capsys.readouterr().out.strip())).spec == spec


def test_list(store, capsys):
    assert main(["runs", "list", "--store", str(store), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    assert main(["runs", "list", "--store", str(store)]) == 0
    assert len(capsys.readouterr().out.strip().splitlines()) == 3


def test_the_store_may_come_from_the_environment(store, monkeypatch, capsys):
    monkeypatch.setenv("WORKBENCH_RUNS", str(store))
    assert main(["runs", "list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_an_empty_store_is_said(tmp_path, capsys):
    assert main(["runs", "list", "--store", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"No runs in {tmp_path}.\n"


def test_show(store, capsys):
    run = next(name for name in names(store) if "dwa" in name)
    assert main(["runs", "show", "dwa", "--store", str(store), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["path"] == str(store / run)
    assert shown["spec"]["weighting"]["name"] == "dwa"
    assert set(shown["tasks"]) == {"digit", "ink"}
    assert main(["runs", "show", str(store / run)]) == 0
    assert "accuracy" in capsys.readouterr().out


def test_compare(store, capsys):
    assert main(["runs", "compare", *names(store), "--store", str(store), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["method"].split(",")[0] for row in found["methods"]} == {"single tasks", "equal", "dwa"}
    assert found["card"]["seeds"] == "0, paired"
    assert any(note.startswith("Fewer than three seeds") for note in found["notes"])
    assert main(["runs", "compare", *names(store), "--store", str(store)]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 4  # the table alone
    assert "Fewer than three seeds" in said.err
    assert "seeds: 0, paired." in said.err


@pytest.mark.parametrize(
    ("ending", "read"), [(".csv", pd.read_csv), (".parquet", pd.read_parquet), (".json", pd.read_json)]
)
def test_export_of_the_history(ending, read, store, tmp_path, capsys):
    file = tmp_path / f"history{ending}"
    assert main(["runs", "export", "dwa", str(file), "--store", str(store)]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert len(read(file)) == len(wb.open(store / next(name for name in names(store) if "dwa" in name)).history)


def test_export_of_the_report(store, tmp_path):
    file = tmp_path / "report.html"
    assert main(["runs", "export", "dwa", str(file), "--store", str(store)]) == 0
    assert "</html>" in file.read_text(encoding="utf-8")


def test_a_name_that_fits_several_runs(store, capsys):
    assert main(["runs", "show", "digits", "--store", str(store)]) == 2
    assert "Several runs" in capsys.readouterr().err


def test_a_name_that_fits_none(store, capsys):
    nearly = names(store)[0][:-1] + "x"
    assert main(["runs", "show", nearly, "--store", str(store)]) == 2
    assert f"did you mean {names(store)[0]!r}?" in capsys.readouterr().err


# ---------------------------------------------------------------- keeping a store in order


@pytest.fixture
def mine(store, tmp_path):
    """A store of one's own with copies of the two runs (the oldest: others have come by comparing them)."""
    folder = tmp_path / "mine"
    for weighting in ("equal", "dwa"):
        path = min(store.glob(f"*-digits-{weighting}-*"))
        shutil.copytree(path, folder / path.name)
    return folder


def said(capsys, *words):
    """Exit status, standard output, standard error."""
    status = main(["runs", *map(str, words)])
    found = capsys.readouterr()
    return status, found.out, found.err


def test_rename_and_find_it_again(mine, capsys):
    status, out, _ = said(capsys, "rename", "dwa", "the second", "--store", mine)
    assert (status, out.rpartition(": ")[2]) == (0, "the second\n")
    path = wb.runs.store.find("the second", mine)
    assert "dwa" in path.name
    assert said(capsys, "show", "second", "--store", mine)[1].startswith(str(path))
    status, out, err = said(capsys, "rename", "equal", "the second", "--store", mine)
    assert (status, out) == (2, "")
    assert err == f"The name 'the second' is taken by run {path.name!r}.\n"
    assert said(capsys, "rename", "equal", "a/b", "--store", mine)[0] == 2


def test_note(mine, capsys):
    assert said(capsys, "note", "dwa", "--store", mine) == (0, "\n", "")
    for words in (["parity falls behind"], []):
        assert said(capsys, "note", "dwa", *words, "--store", mine) == (0, "parity falls behind\n", "")
    _, out, _ = said(capsys, "list", "--store", mine, "--json")
    assert sorted(row["note"] for row in json.loads(out)) == ["", "parity falls behind"]
    assert all(row["best"] >= row["last"] for row in json.loads(out))


def test_delete_in_a_script_needs_yes(mine, capsys):
    status, out, err = said(capsys, "delete", "dwa", "--store", mine)
    assert (status, out) == (2, "")
    assert err == "runs delete removes a run for good; where nobody can be asked it needs --yes.\n"
    assert len(names(mine)) == 2
    assert said(capsys, "delete", "dwa", "--store", mine, "--yes")[0] == 0
    (left,) = names(mine)
    assert "equal" in left


@pytest.mark.parametrize(
    ("answer", "status", "left"), [("y", 0, 1), ("YES", 0, 1), ("", 1, 2), ("n", 1, 2), (None, 1, 2)]
)
def test_delete_asks_on_a_terminal(answer, status, left, mine, capsys, monkeypatch):
    def ask(question):
        assert "for good? [y/N]" in question
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", ask)
    assert said(capsys, "delete", "dwa", "--store", mine)[0] == status
    assert len(names(mine)) == left


def test_delete_never_guesses(mine, capsys):
    assert said(capsys, "delete", "digits", "--store", mine, "--yes")[0] == 2
    assert len(names(mine)) == 2


@pytest.mark.parametrize("there", [True, False])
def test_export_into_a_folder(there, store, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PNG", "0")
    folder = tmp_path / "paper"
    if there:
        folder.mkdir()
    status, out, _ = said(capsys, "export", "dwa", f"{folder}{'' if there else '/'}", "--store", store)
    assert status == 0
    assert sorted(map(Path, out.split())) == sorted(folder.iterdir())
    assert (folder / "losses.html").is_file()
