"""Gates, mixing coefficients and attention, at every validation."""

import json
import threading
from types import SimpleNamespace

import numpy as np
import pytest

import workbench as wb
from workbench.component import WorkbenchError, members
from workbench.runs.finished import Finished
from workbench.training.records import Inspection
from workbench.widgets.sections.inside import BYTES, TELLING, Inside, tables

SMALL = {"epochs": 2, "affinity": None, "device": "cpu"}
TABLE = {"problem": {"name": "table", "path": "wine"}, "encoder": {"name": "mlp", "width": 8}, "batch_size": 32}
WRITER = wb.Spec(
    problem={"name": "summaries", "count": 100, "units": 8},
    encoder={"name": "bilstm", "embedding": 8, "units": 4},
    batch_size=32,
    **SMALL,
)


@pytest.fixture
def section():
    made = Inside(SimpleNamespace(wake=lambda: None, fail=lambda error: pytest.fail(str(error))))
    yield made
    made.close()


def over(spec, out):
    session = wb.start(spec, out=out)
    session.wait()
    return session


@pytest.mark.parametrize("fusion", TELLING)
def test_fusions_that_are_named_show_something(fusion, section, tmp_path):
    session = over(wb.Spec(fusion=fusion, **TABLE, **SMALL), tmp_path)
    section.show(section.compute(session))
    told = section.view.tables
    frame = session.run.gates()
    assert told["steps"] == sorted(set(frame["step"]))
    assert len(told["steps"]) == 3  # before the first step, and after each epoch
    assert [table["name"] for table in told["tables"]] == list(dict.fromkeys(frame["name"]))
    for table in told["tables"]:
        known = frame[(frame["name"] == table["name"]) & (frame["step"] == told["steps"][-1])]
        wanted = [None if np.isnan(value) else round(value, 3) for value in known["value"]]
        assert table["values"][-1] == wanted
        assert table["rows"] == list(dict.fromkeys(known["row"]))
        assert table["columns"] == list(dict.fromkeys(known["column"]))
        assert table["signed"] == any(value is not None and value < 0 for row in table["values"] for value in row)
    assert section.view.attention == {}


def test_a_fusion_that_shows_nothing_names_those_that_do(section, tmp_path):
    session = over(wb.Spec(fusion="shared", **TABLE, **SMALL), tmp_path)
    with pytest.raises(WorkbenchError, match="Fusion 'shared' shows nothing of itself; these do: mmoe, ple") as error:
        section.compute(session)
    assert all(name in str(error.value) and name in members("fusion") for name in TELLING)


def inspection(step, rows=2, columns=3, name="gate", value=0.5):
    values = tuple(tuple(value for _ in range(columns)) for _ in range(rows))
    names = tuple(f"row {i}" for i in range(rows)), tuple(f"column {i}" for i in range(columns))
    return Inspection(step, step, name, *names, values)


def test_many_validations_are_thinned_and_large_tables_cut():
    told = tables([inspection(step, 30, 60) for step in range(500)])
    (table,) = told["tables"]
    assert (told["steps"][0], told["steps"][-1]) == (0, 499)
    assert len(table["values"]) == len(told["steps"])
    assert len(json.dumps(told["tables"])) <= BYTES
    assert (len(table["rows"]), len(table["columns"]), table["cut"]) == (30, 40, True)
    assert len(table["values"][0]) == 30 * 40
    assert table["values"][0][0] == 0.5


def test_cells_that_are_not_there_and_tables_that_come_later():
    told = tables([inspection(0), inspection(1), inspection(1, name="late", value=float("nan"))])
    gate, late = told["tables"]
    assert gate["limit"] == 0.5
    assert late["values"] == [None, [None] * 6]
    assert late["limit"] == 1.0
    assert tables([]) == {}


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    return over(WRITER, tmp_path_factory.mktemp("writer"))


def test_where_a_writer_looks(section, writer):
    section.show(section.compute(writer))
    told = section.view.attention
    assert told["step"] == writer.run.summary["best_step"]
    assert len(told["texts"]) == 2
    data = writer.exp.data
    wanted = writer.run.attention([data.words["text"][row] for row in data.splits["val"][:2].tolist()])
    for text, frame in zip(told["texts"], wanted["headline"], strict=True):
        assert text["columns"] == list(frame.columns)
        assert text["rows"] == list(frame.index)
        assert np.abs(np.array(text["values"]).reshape(frame.shape) - frame.to_numpy()).max() < 0.006
    assert section.view.tables == {}


def test_a_run_from_its_folder_shows_what_its_session_showed(section, writer):
    found = section.compute(writer)
    assert section.compute(Finished(wb.open(writer.path))) == found


def test_only_writers_are_looked_at_again(section, tmp_path):
    """A run without one costs nothing between two validations."""
    looks = threading.local()
    looks.count = 0

    class Session(SimpleNamespace):
        def peek(self, at):
            looks.count += 1
            return at(SimpleNamespace(data=SimpleNamespace(words={}, tasks=[])))

    session = Session(history=SimpleNamespace(inspections=[inspection(0)]), alive=True, step_number=3)
    before = section.source(session)
    section.compute(session)
    session.step_number = 4
    assert section.source(session) == section.source(session) != before
    known = section.source(session)
    session.step_number = 5
    assert section.source(session) == known
    session.history.inspections.append(inspection(5))
    assert section.source(session) != known
    section.compute(session)
    assert looks.count == 1
