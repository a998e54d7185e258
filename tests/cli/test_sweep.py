"""``workbench sweep`` and ``workbench notebook --grid``."""

import json

import nbformat
import pytest

from workbench.cli import main

BASE = {"tasks": ["digit", "ink"], "epochs": 1, "batch_size": 512}


@pytest.fixture
def grid(tmp_path):
    path = tmp_path / "grid.json"
    path.write_text(json.dumps({"base": BASE, "grid": {"weighting": ["equal", "dwa"]}}))
    return path


def test_a_row_for_every_spec_and_nothing_twice(grid, tmp_path, capsys):
    words = ["sweep", str(grid), "--workers", "1", "--out", str(tmp_path / "runs"), "--json"]
    assert main(words) == 0
    first = json.loads(capsys.readouterr().out)
    assert [row["weighting"] for row in first] == ["equal", "dwa"]
    assert main([*words, "--quiet"]) == 0
    again = capsys.readouterr()
    assert [row["run"] for row in json.loads(again.out)] == [row["run"] for row in first]
    assert again.err == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"gird": {}}', "no key 'gird'"),
        ('{"grid": {"sede": [1]}}', "'seed'"),
        ("[", "grid.json"),
        ("[]", "grid.json is an empty list"),
    ],
)
def test_a_grid_that_is_none_is_one_sentence(grid, text, sentence, capsys):
    grid.write_text(text)
    assert main(["sweep", str(grid)]) == 2
    assert sentence in capsys.readouterr().err


def test_a_grid_that_begins_with_a_byte_order_mark_is_read(grid, tmp_path, capsys):
    grid.write_bytes(b"\xef\xbb\xbf" + grid.read_bytes().replace(b"dwa", b"dwaa"))
    assert main(["sweep", str(grid)]) == 2
    assert "did you mean 'dwa'" in capsys.readouterr().err


def test_a_file_that_is_not_there_and_an_address_where_nobody_answers(grid, tmp_path, capsys, monkeypatch):
    assert main(["sweep", str(grid.parent / "gird.json")]) == 2
    assert "grid.json" in capsys.readouterr().err
    monkeypatch.setattr("workbench.runs.sweep.cluster.PATIENCE", "1s")
    assert main(["sweep", str(grid), "--dask", "tcp://127.0.0.1:1", "--out", str(tmp_path / "runs"), "--quiet"]) == 2
    assert "No Dask scheduler answers" in capsys.readouterr().err


@pytest.fixture
def book(tmp_path):
    parameters = nbformat.v4.new_code_cell('weighting = "equal"\nseed = 0')
    parameters.metadata["tags"] = ["parameters"]
    made = nbformat.v4.new_notebook(
        cells=[parameters, nbformat.v4.new_code_cell('assert weighting != "bad"; print(weighting, seed)')]
    )
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path / "lesson.ipynb"
    nbformat.write(made, path)
    return path


def test_a_notebook_for_every_combination(book, tmp_path, capsys):
    grid = tmp_path / "grid.json"
    grid.write_text('{"weighting": ["equal", "bad"], "seed": [3]}')
    out = tmp_path / "done"
    assert main(["notebook", str(book), "--grid", str(grid), "--workers", "2", "--out", str(out), "--quiet"]) == 1
    said = capsys.readouterr()
    paths = said.out.split()
    assert len(set(paths)) == 2
    assert "weighting=bad, seed=3" in said.err
    outputs = [nbformat.read(path, as_version=4).cells[-1].outputs[0] for path in paths]
    assert [each.text.strip() for each in outputs if each.output_type == "stream"] == ["equal 3"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"wieghting": ["equal"]}', "wieghting"),
        ('{"seed": ["three"]}', "seed"),
        ('{"seed": 3}', "should be a list of values"),
        ('["a"]', "should be"),
    ],
)
def test_parameters_of_a_grid_are_checked_before_a_kernel_starts(book, tmp_path, text, sentence, capsys):
    grid = tmp_path / "grid.json"
    grid.write_text(text)
    assert main(["notebook", str(book), "--grid", str(grid), "--out", str(tmp_path / "done")]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "done").exists()


def test_where_no_file_of_the_kind_is_there_none_is_offered(tmp_path, capsys):
    assert main(["sweep", str(tmp_path / "grid.json")]) == 2
    assert "no other .json file beside it" in capsys.readouterr().err
