import nbformat.v4
import pytest

from workbench.component import WorkbenchError
from workbench.notebooks import convert, declared


def cell(source, *tags):
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)})


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=cells)


def test_parameters_are_the_literals_of_the_tagged_cell():
    source = "epochs = 3  # passes\nlr: float = 1e-3\ntasks = ['a', 'b']\nclip = None\nlow = -1\nc = {'name': 'dwa'}"
    found = declared(notebook(cell("x = 1"), cell(source, "other", "parameters")), "nb")
    assert found == {"epochs": 3, "lr": 1e-3, "tasks": ["a", "b"], "clip": None, "low": -1, "c": {"name": "dwa"}}


def test_without_a_tag_there_are_none():
    assert declared(notebook(cell("x = 1")), "nb") is None


def test_a_markdown_cell_with_the_tag_is_not_it():
    prose = nbformat.v4.new_markdown_cell("epochs", metadata={"tags": ["parameters"]})
    assert declared(notebook(prose, cell("epochs = 2", "parameters")), "nb") == {"epochs": 2}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("epochs = 2\nimport os", "line 2 is 'import os'"),
        ("path = str(3)", "line 1 is 'path = str(3)'"),
        ("a = b = 1", "line 1 is 'a = b = 1'"),
        ("a, b = 1, 2", "line 1"),
        ("a: int", "line 1 is 'a: int'"),
        ("%matplotlib inline", "is no Python"),
    ],
)
def test_anything_but_literals_is_a_fault(source, said):
    with pytest.raises(WorkbenchError, match="may hold only lines such as") as caught:
        declared(notebook(cell(source, "parameters")), "nb")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        (True, "false", False),
        (False, "YES", True),
        (False, "0", False),
        (5, "007", 7),
        (5, "-3", -3),
        (0.1, "1e-3", 1e-3),
        (0.1, "2", 2.0),
        ("x", "007", "007"),
        ("x", "false", "false"),
        ("x", "", ""),
        ("x", "[1]", "[1]"),
        (["a"], "b,c", ["b", "c"]),
        (["a"], "b, 007", ["b", "007"]),
        (["a"], '["b,c", "d"]', ["b,c", "d"]),
        (["a"], "['b']", ["b"]),
        (["a"], "", []),
        ([1], "2,3", [2, 3]),
        ([0.5], "[1, 2]", [1.0, 2.0]),
        ([], "1,x", [1, "x"]),
        ((1, 2), "3,4", (3, 4)),
        ({"name": "dwa"}, '{"name": "mgda"}', {"name": "mgda"}),
        (None, "none", None),
        (None, "null", None),
        (None, "0.5", 0.5),
        (None, "true", True),
        (None, "a.csv", "a.csv"),
        (None, "[1, 2]", [1, 2]),
    ],
)
def test_a_text_is_read_as_the_type_of_the_default(default, text, value):
    found = convert({"it": text}, {"it": default}, "nb")["it"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("default", "text", "said"),
    [
        (True, "maybe", "true or false"),
        (5, "2.5", "a whole number"),
        (5, "1e3", "a whole number"),
        (5, "", "a whole number"),
        (0.1, "fast", "a number"),
        ([1], "1,x", "a whole number"),
        ([1], '["x"]', "a list of int"),
        ([1], "[1", "a list"),
        ({}, "dwa", "a dict"),
    ],
)
def test_another_type_is_a_fault(default, text, said):
    with pytest.raises(WorkbenchError) as caught:
        convert({"it": text}, {"it": default}, "nb")
    assert str(caught.value).startswith("nb: parameter it should be ")
    assert said in str(caught.value)
    assert repr(text) in str(caught.value)


def test_all_faults_at_once_with_the_nearest_name():
    with pytest.raises(WorkbenchError) as caught:
        convert({"epoch": "3", "lr": "fast", "seed": "1"}, {"epochs": 3, "lr": 0.1, "seed": 0}, "nb")
    unknown, wrong = caught.value.faults
    assert unknown == "nb has no parameter 'epoch': did you mean 'epochs'? allowed: epochs, lr, seed."
    assert "lr should be a number" in wrong


def test_parameters_for_a_notebook_without_the_tag():
    with pytest.raises(WorkbenchError, match="takes no parameters"):
        convert({"epochs": "3"}, None, "nb")
    assert convert({}, None, "nb") == {}
