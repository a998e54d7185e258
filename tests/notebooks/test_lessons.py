"""Every notebook of the project: short cells, prose that carries the thought, and headless runs that end well."""

import ast
import itertools
import json
import re
from pathlib import Path
from statistics import median

import nbformat
import pytest

import workbench
from workbench.cli import main
from workbench.notebooks import declared

NOTEBOOKS = sorted((Path(workbench.__file__).parent.parent / "notebooks").glob("*.ipynb"))
QUICKSTART = next(path for path in NOTEBOOKS if path.name == "00_quickstart.ipynb")
#: every other notebook -> values with which it takes seconds, and the number of figures it shows
QUICK = {
    "01_replay": ({"steering": "[]"}, 3),
    "10_weighting": ({"epochs": "2", "seeds": "0,1", "methods": "rlw,stch,cagrad"}, 6),
    "11_gradient_conflict": ({"epochs": "4", "slow_steps": "150", "fast_steps": "120", "rates": "1"}, 7),
    "20_sharing": ({"epochs": "2", "long_epochs": "6", "shares": "1.0", "seeds": "0,1"}, 8),
    "21_fusion": ({"epochs": "8", "seeds": "0"}, 12),
    "22_language": ({"count": "150", "reports": "120", "epochs": "5", "batch_size": "12", "seeds": "0,1"}, 10),
    "23_tables": ({"epochs": "10", "seeds": "0,1", "labels": "3,24", "trust": "1.0,0.1,0.0"}, 7),
    "24_your_data": ({"epochs": "20", "folds": "2"}, 6),
    "32_schedules": ({"epochs": "6", "seeds": "0,1"}, 13),
    "30_affinity": ({"epochs": "5", "seeds": "2", "dial": "0.0,0.6,1.0"}, 11),
    "40_honest_comparison": ({"epochs": "3", "seeds": "0,1", "rates": "0.003,0.01", "mixes": "3"}, 6),
    "41_little_data": (
        {"fractions": "0.05,1.0", "seeds": "0,1", "epochs": "4", "judges": "4", "folds": "2", "rates": "0.0003,0.003"},
        4,
    ),
    "42_pareto": ({"epochs": "4", "mixes": "5", "seeds": "0,1"}, 4),
    "43_many_runs": ({"seeds": "0", "methods": "equal,dwa", "epochs": "10"}, 1),
    "31_grouping": ({"epochs": "6", "seeds": "0", "draws": "20"}, 13),
    "44_smaller_faster": (
        {"epochs": "15", "amounts": "0.5,0.9", "temperatures": "1.0,4.0", "student_epochs": "30", "seeds": "0"},
        7,
    ),
}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def lesson(request):
    return nbformat.read(request.param, as_version=4)


def code_lines(cell):
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_cells_are_short(lesson):
    lengths = [len(code_lines(cell)) for cell in lesson.cells if cell.cell_type == "code"]
    assert median(lengths) <= 6
    assert max(lengths) <= 20


def test_prose_carries_the_thought(lesson):
    words = sum(len(cell.source.split()) for cell in lesson.cells if cell.cell_type == "markdown")
    lines = sum(len(code_lines(cell)) for cell in lesson.cells if cell.cell_type == "code")
    assert words >= 5 * lines


def test_a_sentence_stands_before_every_cell(lesson):
    kinds = [cell.cell_type for cell in lesson.cells]
    assert kinds[0] == kinds[-1] == "markdown"
    assert all(before == "markdown" for before, kind in itertools.pairwise(kinds) if kind == "code")


def test_no_outputs_are_kept(lesson):
    nbformat.validate(lesson)
    cells = [cell for cell in lesson.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
    assert lesson.metadata.kernelspec.name == "python3"
    assert "widgets" not in lesson.metadata


def test_parameters_are_literals_and_the_next_code_cell_makes_the_spec(lesson):
    parameters = declared(lesson, "lesson")
    assert parameters
    cells = [cell for cell in lesson.cells if cell.cell_type == "code"]
    tagged = next(i for i, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", []))
    assert "wb.Spec(" in cells[tagged + 1].source
    used = {node.id for node in ast.walk(ast.parse(cells[tagged + 1].source)) if isinstance(node, ast.Name)}
    assert set(parameters) <= used


def test_it_ends_with_a_summary_and_exercises(lesson):
    assert "## Summary" in lesson.cells[-1].source
    assert len(re.findall(r"^\d+\. ", lesson.cells[-1].source, re.M)) >= 3


def test_it_asserts_what_it_claims(lesson):
    assert any("assert " in cell.source for cell in lesson.cells if cell.cell_type == "code")


@pytest.mark.parametrize(
    "parameters",
    [
        {"epochs": "5"},
        {"epochs": "1", "weighting": "cagrad", "tasks": "digit,loops", "encoder": "mlp"},
    ],
    ids=["defaults", "others"],
)
def test_the_quickstart_runs_headless(parameters, tmp_path, capsys):
    words = [word for pair in parameters.items() for word in ("-p", *pair)]
    status = main(["notebook", str(QUICKSTART), *words, "--out", str(tmp_path), "--html", "--quiet"])
    said = capsys.readouterr()
    assert (status, said.err) == (0, "")
    report, path = said.out.strip().splitlines()
    executed = nbformat.read(path, as_version=4)
    shown = [output for cell in executed.cells if cell.cell_type == "code" for output in cell.outputs]
    figures = [output for output in shown if "application/vnd.plotly.v1+json" in output.get("data", {})]
    assert len(figures) >= 4
    assert not [output for output in shown if "application/vnd.jupyter.widget-view+json" in output.get("data", {})]
    assert report == f"report: {path.removesuffix('.ipynb')}.html"
    specs = [json.loads(file.read_text()) for file in tmp_path.glob("*/spec.json")]
    assert any(spec["epochs"] == int(parameters["epochs"]) for spec in specs)
    assert len(list(tmp_path.glob("*/summary.json"))) == len(specs)


def test_no_notebook_is_left_out():
    assert set(QUICK) == {path.stem for path in NOTEBOOKS} - {QUICKSTART.stem}


@pytest.mark.parametrize("name", QUICK)
def test_a_lesson_runs_headless_and_its_checks_hold(name, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PNG", "0")
    path = QUICKSTART.with_name(f"{name}.ipynb")
    parameters, figures = QUICK[name]
    words = [word for pair in parameters.items() for word in ("-p", *pair)]
    status = main(["notebook", str(path), *words, "--out", str(tmp_path), "--quiet"])
    said = capsys.readouterr()
    assert (status, said.err) == (0, "")
    executed = nbformat.read(said.out.strip().splitlines()[-1], as_version=4)
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert sum("check" in cell.metadata.get("tags", []) and "assert " in cell.source for cell in cells) >= 3
    shown = [output for cell in cells for output in cell.outputs]
    drawn = [output for output in shown if "application/vnd.plotly.v1+json" in output.get("data", {})]
    assert len(drawn) >= figures
    assert not [output for output in shown if "application/vnd.jupyter.widget-view+json" in output.get("data", {})]


def test_a_wrong_parameter_starts_nothing(tmp_path, capsys):
    status = main(["notebook", str(QUICKSTART), "-p", "weigting", "cagrad", "--out", str(tmp_path / "out")])
    said = capsys.readouterr()
    assert status == 2
    assert "did you mean 'weighting'?" in said.err
    assert not (tmp_path / "out").exists()


def test_a_wrong_value_fails_with_the_sentence_of_the_spec(tmp_path, capsys):
    status = main(["notebook", str(QUICKSTART), "-p", "weighting", "cagrat", "--out", str(tmp_path), "--quiet"])
    said = capsys.readouterr()
    assert status == 1
    assert "did you mean 'cagrad'?" in said.err
    assert not list(tmp_path.glob("*/spec.json"))
