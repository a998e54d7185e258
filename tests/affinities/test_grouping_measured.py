"""Tables of measured results: what is read, and what is said about bad ones."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.affinities import grouping
from workbench.affinities.grouping import Measured
from workbench.component import WorkbenchError

TABLE = "network,cost,a,b\nonly a,1,1.5,\nonly b,0.5,,2\ntogether,2,1,3\n"


def write(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(source, **settings) -> list[str]:
    with pytest.raises(WorkbenchError) as error:
        Measured.read(source, **{"lower_is_better": True, **settings})
    return error.value.faults


def assert_is_the_table(measured: Measured) -> None:
    assert measured.names == ("a", "b")
    assert measured.members.tolist() == [[True, False], [False, True], [True, True]]
    assert measured.prices.tolist() == [1, 0.5, 2]
    assert measured.labels == ("only a", "only b", "together")
    assert measured.alone().tolist() == [1.5, 2]
    assert measured.together().tolist() == [1, 3]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file(tmp_path, separator, encoding):
    path = write(tmp_path, (TABLE.replace(",", separator) + "\n\n").encode(encoding))
    assert_is_the_table(Measured.read(path, lower_is_better=True))
    assert_is_the_table(Measured.read(str(path), lower_is_better=True))


def test_a_frame(tmp_path):
    frame = pd.read_csv(write(tmp_path, TABLE))
    assert_is_the_table(Measured.read(frame, lower_is_better=True))
    assert_is_the_table(Measured.read(frame.astype(object).where(frame.notna(), None), lower_is_better=True))


def test_without_cost_and_label():
    measured = Measured.read(pd.DataFrame({"a": [1.0, 2.0], "b": [np.nan, 1.0]}), lower_is_better=False)
    assert measured.prices.tolist() == [1, 1]
    assert measured.labels == ("network 1", "network 2")
    assert measured.losses.tolist() == [[-1, np.inf], [-2, -1]]
    assert np.isnan(measured.alone()[1])  # never measured


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,x\n", "t.csv, row 2, column 'b': 'x' is not a finite number."),
        ("a;b\n1;0,5\n", "t.csv, row 2, column 'b': '0,5' is not a finite number: write a point for its comma."),
        ("a,b\n1,nan\n", "t.csv, row 2, column 'b': 'nan' is not a finite number."),
        ("a,b\n1,inf\n", "t.csv, row 2, column 'b': 'inf' is not a finite number."),
        ("a,b\n1,2\n\n1\n", "t.csv, row 4: 1 cells under a header of 2."),
        ("cost,a\n1,1\n1,\n", "t.csv, row 3: the network has no value for any task."),
        ("cost,a\n0,1\n", "t.csv, row 2: a network costs more than 0, not 0."),
        ("cost,a\n-1,1\n", "t.csv, row 2: a network costs more than 0, not -1."),
        ("cost,a\n,1\n", "t.csv, row 2, column 'cost': every network has a cost."),
        ("a,b\n1,\n2,\n3,4\n", "t.csv, row 3: a network of a with cost 1 is in t.csv, row 2 already"),
        ("a,b\n1,\n", "t.csv has no network that trains task 'b'."),
        ("a,a\n1,2\n", "t.csv has more than one column named 'a'."),
        ("a,\n1,2\n", "t.csv has a column without a name."),
        ("0.1,0.2\n0.1,\n", "t.csv: the first row holds numbers where it should name the tasks"),
        ("a,b\n", "t.csv holds no networks"),
        ("cost,network\n1,a\n", "t.csv holds no networks"),
        ("\n\n", "is empty."),
        (b"a,b\n\xff,1\n", "is not text in UTF-8."),
    ],
)
def test_bad_files(tmp_path, text, sentence):
    found = faults(write(tmp_path, text))
    assert len(found) == 1
    assert sentence in found[0]


def test_all_faults_at_once(tmp_path):
    assert len(faults(write(tmp_path, "a,b\nx,1\ny,2\n"))) == 2
    assert len(faults(write(tmp_path, "cost,a,b\n0,1,\n1,,\n"))) == 3


def test_a_file_that_is_not_there(tmp_path):
    assert "cannot be read" in faults(tmp_path / "no.csv")[0]


def test_bad_frames():
    assert faults(pd.DataFrame({"a": ["x"]}, index=["first"])) == [
        "The DataFrame, row 'first', column 'a': 'x' is not a finite number."
    ]
    assert "not a finite number" in faults(pd.DataFrame({"a": [np.inf]}))[0]
    assert "not a finite number" in faults(pd.DataFrame({"a": [True]}))[0]
    assert "more than one column named 'a'" in faults(pd.DataFrame([[1, 2]], columns=["a", "a"]))[0]
    assert "holds no networks" in faults(pd.DataFrame({"a": []}))[0]


@pytest.mark.parametrize("direction", [None, "lower", 1])
def test_an_unknown_direction(direction):
    assert "lower_is_better=True" in faults(pd.DataFrame({"a": [1.0]}), lower_is_better=direction)[0]


def test_a_table_by_hand_is_checked_too():
    for values, settings, sentence in [
        ([[1.0, np.inf]], {}, "Row 1, column 'b': inf is not a finite number."),
        ([[1.0, 2.0]], {"costs": [np.nan]}, "Row 1: a network costs more than 0, not nan."),
        ([[1.0]], {}, "not shapes"),
        ([[1.0, 2.0]], {"labels": ["x", "y"]}, "1 networks and 2 labels"),
    ]:
        with pytest.raises(WorkbenchError, match=sentence):
            Measured(["a", "b"], np.array(values), lower_is_better=True, **settings)


# ---------------------------------------------------------------- the published tables


def test_the_first_line_of_a_taskonomy_file_is_five_networks():
    measured = Measured.taskonomy()
    assert measured.values.shape == (36, 5)
    assert measured.prices.tolist() == [0.5] * 5 + [1.0] * 31
    assert measured.members[:5].tolist() == np.eye(5, dtype=bool).tolist()
    assert measured.labels[0] == "s, half size"
    assert measured.labels[-1] == "s + d + n + k + E"
    assert measured.alone().sum() == pytest.approx(0.4531, abs=5e-5)  # of full size
    assert measured.together().sum() == pytest.approx(0.5076, abs=5e-5)


def test_another_layout_is_no_taskonomy_file(tmp_path):
    for text in ("1\t2\n", "\n".join(["1\t2\t3\t4\t5"] * 3)):
        with pytest.raises(WorkbenchError, match="layout of a Taskonomy result file: 32 rows of 5"):
            Measured.taskonomy(write(tmp_path, text))


def test_a_row_twice_in_a_taskonomy_file(tmp_path):
    lines = (Path(grouping.__file__).parent / "taskonomy" / "results.txt").read_text().splitlines()
    lines[2] = lines[1]
    with pytest.raises(WorkbenchError, match=r"row 3: a network of s with cost 1 is in t.csv, row 2 already") as error:
        Measured.taskonomy(write(tmp_path, "\n".join(lines)))
    assert len(error.value.faults) == 1


def test_the_licence_is_with_the_files():
    folder = Path(grouping.__file__).parent / "taskonomy"
    assert "Copyright (c) 2018, Trevor Standley" in (folder / "LICENSE").read_text()


def test_nothing_heavy_is_imported_with_the_modules():
    for path in Path(grouping.__file__).parent.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            assert not {name.split(".")[0] for name in names} & {"torch", "pandas", "plotly"}, path.name
