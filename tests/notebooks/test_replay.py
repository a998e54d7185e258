"""A steered run, done again by the shell line that it gives: the same numbers."""

import shlex
from pathlib import Path

import nbformat

import workbench as wb
from tests.runs.test_train import lines
from workbench.cli import main

NOTEBOOK = Path(wb.__file__).parent.parent / "notebooks" / "01_replay.ipynb"
STEERING = [
    {"step": 4, "command": "set", "lr": 0.01},
    {"step": 9, "command": "step", "task": "ink"},
    {"step": 12, "command": "set", "weights": {"ink": 3.0}},
    {"step": 40, "command": "stop"},
]


def executed(run, out, capsys) -> wb.Run:
    """The run that the notebook made."""
    words = shlex.split(run.notebook_command(str(NOTEBOOK)))
    assert main([*words[1:], "--out", str(out), "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    notebook = nbformat.read(said.out.strip(), as_version=4)
    assert run.spec.share() in notebook.cells[3].source  # the cell with the parameters that were given
    (place,) = out.glob("*/spec.json")
    return wb.open(place.parent)


def test_the_notebook_command_does_the_run_again(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PNG", "0")
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path / "mine"))
    spec = wb.Spec(tasks=["digit", "ink"], weighting="fixed", epochs=50, affinity=None)
    run = wb.train(spec, progress=False, steering=STEERING)
    again = executed(run, tmp_path / "theirs", capsys)
    assert again.steering == run.steering == STEERING
    assert lines(again) == lines(run)


def test_a_line_that_lost_its_end_fails_with_its_sentence(tmp_path, capsys):
    line = wb.Spec(epochs=77).share()[:-6]
    assert main(["notebook", str(NOTEBOOK), "-p", "share", line, "--out", str(tmp_path), "--quiet"]) == 1
    assert "This share line is damaged or cut short" in capsys.readouterr().err
    assert not list(tmp_path.glob("*/spec.json"))
