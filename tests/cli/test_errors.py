"""Bad input on the command line: one sentence on standard error, exit status 2, nothing on standard output."""

import nbformat.v4
import pytest

from workbench.cli import COMMANDS, main


def run(capsys, *words):
    """Exit status, standard output, standard error."""
    try:
        status = main(words)
    except SystemExit as end:
        status = end.code
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a notebook and a spec in it."""
    cells = [
        nbformat.v4.new_code_cell("epochs = 3\nweighting = 'equal'\nfast = True", metadata={"tags": ["parameters"]})
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "lesson.ipynb")
    (tmp_path / "plain.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "other.ipynb").write_text('{"cells": 3}')
    (tmp_path / "spec.json").write_text('{"epochs": 3}')
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "utf16.json").write_bytes(b"\xff\xfe\x00")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_RUNS", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "COMMAND"),
        ("trian", "did you mean 'train'?"),
        ("train --ot x", "did you mean '--out'?"),
        ("train spec.json more", "unexpected 'more'"),
        ("train spce.json", "did you mean 'spec.json'?"),
        ("train list.json", "A spec is a JSON object"),
        ("train utf16.json", "The spec 'utf16.json' is not text in UTF-8"),
        ("sweep utf16.json", "The grid 'utf16.json' is not text in UTF-8"),
        ("notebook lesson.ipynb --grid utf16.json", "The grid 'utf16.json' is not text in UTF-8"),
        ("train mtl1:abc", "share line is damaged"),
        ("train --set epochs", "--set needs key=value, found 'epochs'"),
        ("train --set =3", "--set needs key=value, found '=3'"),
        ("train --set epohcs=3", "did you mean 'epochs'?"),
        ("train --set epochs=many", "epochs"),
        ("train --set weighting=dwaa", "did you mean 'dwa'?"),
        ("notebook lessn.ipynb", "did you mean 'lesson.ipynb'?"),
        ("notebook .", "is a folder"),
        ("notebook no/lesson.ipynb", "folder 'no' does not exist"),
        ("notebook broken.ipynb", "is no notebook"),
        ("notebook other.ipynb", "is no notebook"),
        ("notebook lesson.ipynb -p epoch 3", "did you mean 'epochs'?"),
        ("notebook lesson.ipynb -p epochs 2.5", "should be a whole number, found '2.5'"),
        ("notebook lesson.ipynb -p fast maybe", "should be true or false"),
        ("notebook lesson.ipynb -p epochs", "-p"),
        ("notebook lesson.ipynb -p epochs 1 -p epochs 2", "given twice"),
        ("notebook plain.ipynb -p epochs 1", "none of its code cells is tagged 'parameters'"),
        ("notebook lesson.ipynb --out spec.json", "Cannot write"),
        ("runs lst", "did you mean 'list'?"),
        ("runs show 5f3a", "There is no run '5f3a'"),
        ("runs export 5f3a history.xls", "means nothing"),
        ("runs export 5f3a no/history.csv", "no folder 'no'"),
        ("components weightings", "did you mean 'weighting'?"),
        ("lab lesson", "There is no notebook"),
        ("doctor now", "unexpected 'now'"),
    ],
)
def test_bad_input(words, said, folder, capsys):
    before = sorted(folder.iterdir())
    status, out, err = run(capsys, *words.split())
    assert status == 2
    assert out == ""
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert sorted(folder.iterdir()) == before


def test_several_faults_are_listed_after_a_first_line(folder, capsys):
    status, _, err = run(capsys, "notebook", "lesson.ipynb", "-p", "epoch", "3", "-p", "fast", "maybe")
    assert status == 2
    first, *faults = err.strip().splitlines()
    assert first == "2 things are wrong:"
    assert len(faults) == 2
    assert all(fault.startswith("- lesson.ipynb") for fault in faults)


def test_all_faults_of_a_spec_are_said_at_once(folder, capsys):
    status, _, err = run(capsys, "train", "spec.json", "--set", "weighting=dwaa", "--set", "lrr=1", "--set", "lr=-1")
    assert status == 2
    assert err.startswith("3 things are wrong:\n- ")
    assert "'dwa'" in err
    assert "'lr'" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(command, capsys):
    status, out, _ = run(capsys, command, "--help")
    assert status == 0
    assert f"example: workbench {command}" in out


@pytest.mark.parametrize("action", ["list", "show", "compare", "export", "rename", "note", "delete"])
def test_help_of_every_runs_action_has_an_example(action, capsys):
    status, out, _ = run(capsys, "runs", action, "--help")
    assert status == 0
    assert f"example: workbench runs {action}" in out


def test_help_lists_every_command(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    assert all(f"    {command}" in out for command in COMMANDS)


def test_an_interrupt_ends_with_130_and_no_traceback(monkeypatch, capsys):
    from workbench.cli import components

    def interrupted(family):
        raise KeyboardInterrupt

    monkeypatch.setattr(components, "components", interrupted)
    assert run(capsys, "components") == (130, "", "workbench: interrupted.\n")


def test_an_error_that_is_ours_to_mend_is_not_dressed_up_as_bad_input(monkeypatch):
    from workbench.cli import components

    def broken(family):
        raise ValueError("a fault in the program")

    monkeypatch.setattr(components, "components", broken)
    with pytest.raises(ValueError, match="a fault in the program"):
        main(["components"])
