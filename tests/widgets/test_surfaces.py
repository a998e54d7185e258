"""What the model says over the plane."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.component import WorkbenchError
from workbench.problems import Plane, prepare
from workbench.runs.finished import Finished
from workbench.widgets.sections.surfaces import MISSING, SIDE, Surfaces, grid, plane

SPEC = wb.Spec(problem={"name": "plane", "rows": 500}, lr=0.02, epochs=8, affinity=None, device="cpu")


def host():
    return SimpleNamespace(wake=lambda: None, fail=lambda error: pytest.fail(str(error)))


@pytest.fixture
def section():
    made = Surfaces(host())
    yield made
    made.close()


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    made = wb.start(SPEC, out=tmp_path_factory.mktemp("plane"))
    made.wait()
    return made


@pytest.fixture
def view(section, session):
    section.show(section.compute(session))
    return section.view


def fields(view):
    """Task -> its bytes as the browser reads them, ``[1 or 2, side, side]``."""
    found, start, side = {}, 0, view.plane["side"]
    for task in view.plane["tasks"]:
        count = 2 if len(task.get("classes", ())) > 2 else 1
        size = count * side * side
        found[task["name"]] = np.frombuffer(view.pictures[start : start + size], np.uint8).reshape(count, side, side)
        start += size
    assert start == len(view.pictures)
    return found


def test_a_field_is_what_the_model_says_there(view, session):
    drawn, side = fields(view), view.plane["side"]
    x, y = (torch.linspace(*view.plane[axis], 2 * side + 1)[1::2] for axis in ("x", "y"))
    row, column = 10, 50  # near the top, on the right
    said = session.run.predict(torch.tensor([[x[column], y[side - 1 - row]]]))
    for task in ("halves", "circle", "spiral"):
        assert (drawn[task][0, row, column] >= 127) == (said[task].item() == 1)
    assert drawn["rings"][0, row, column] == said["rings"].item()
    assert drawn["rings"][1].min() >= 254 // 3
    height = next(task for task in view.plane["tasks"] if task["name"] == "height")
    value = height["low"] + drawn["height"][0, row, column] / 254 * (height["high"] - height["low"])
    assert value == pytest.approx(np.clip(said["height"].item(), height["low"], height["high"]), abs=0.01)


def test_what_was_learned_is_seen(view):
    """Upper half of the plane: "upper"; centre: "inside" and high; rim: "outside" and low."""
    drawn = fields(view)
    middle = view.plane["side"] // 2
    assert drawn["circle"][0, middle, middle] > 200
    assert drawn["circle"][0, 2, 2] < 50
    assert drawn["height"][0, middle, middle] > 200
    assert drawn["height"][0, 2, 2] < 50
    assert drawn["halves"][0, middle - 20, middle] > 200
    assert drawn["halves"][0, middle + 20, middle] < 50


def test_points_are_training_examples_with_their_labels(view):
    data = prepare(Plane(rows=500))
    told, points = plane(data)
    assert (told, points) == (view.plane, view.points)
    rows = np.frombuffer(points, np.uint8).reshape(-1, 2 + len(told["tasks"]))
    assert len(rows) == 300
    x, y = (low + rows[:, i] / 254 * (high - low) for i, (low, high) in enumerate((told["x"], told["y"])))
    train = data.views["vector"][data.splits["train"]].numpy()
    near = np.abs(train[None] - np.stack([x, y], 1)[:, None]).max(2)
    assert near.min(1).max() < 0.01
    circle = 2 + data.names.index("circle")
    sure = np.abs(x**2 + y**2 - 0.5) > 0.05
    assert np.array_equal(rows[sure, circle], (x**2 + y**2 < 0.5)[sure])


def test_the_grid_starts_in_the_upper_left_corner():
    found = grid({"side": 4, "x": [0.0, 4.0], "y": [0.0, 8.0]})
    assert found[0].tolist() == [0.5, 7.0]
    assert found[3].tolist() == [3.5, 7.0]
    assert found[-1].tolist() == [3.5, 1.0]


def test_it_stays_small_and_tells_the_validation(view, session):
    assert view.plane["side"] == SIDE
    assert len(view.pictures) + len(view.points) < 50_000
    best = session.run.summary["best_step"]
    assert view.shown["step"] == best
    assert view.shown["selected"]
    for task, known in session.run.summary["tasks"].items():
        assert view.shown["told"][task] == pytest.approx(known["val"], abs=6e-4)


def test_many_tasks_share_the_bytes():
    data = prepare(Plane(rows=100))
    data.tasks = data.tasks * 10
    told, _ = plane(data)
    planes = sum(2 if len(task.get("classes", ())) > 2 else 1 for task in told["tasks"])
    assert told["side"] < SIDE
    assert planes * told["side"] ** 2 <= 48_000


def test_a_label_that_is_missing_is_no_point():
    data = prepare(Plane(rows=100))
    data.targets["circle"][:] = -100
    told, points = plane(data)
    rows = np.frombuffer(points, np.uint8).reshape(-1, 2 + len(told["tasks"]))
    assert set(rows[:, 2 + data.names.index("circle")]) == {MISSING}


def test_a_run_from_its_folder_shows_what_its_session_showed(section, session):
    again = Surfaces(host())
    of_session, of_folder = section.compute(session), again.compute(Finished(wb.open(session.path)))
    assert of_session == of_folder
    again.close()


def test_other_problems_say_which_ones_have_it(section, tmp_path):
    with pytest.raises(WorkbenchError, match="the problem plane, or a table with two columns"):
        section.source(SimpleNamespace(spec=wb.Spec()))
    other = wb.start(
        wb.Spec(problem={"name": "sines", "inputs": 3, "rows": 100}, epochs=1, batch_size=32), out=tmp_path
    )
    other.wait()
    assert section.source(other) == (other.step_number, False)
    with pytest.raises(WorkbenchError, match="the problem plane"):
        section.compute(other)


def test_a_table_with_two_columns_has_it_too(section, tmp_path):
    import pandas as pd

    x = torch.randn(200, 2, generator=torch.Generator().manual_seed(0)).numpy()
    frame = pd.DataFrame({"width": x[:, 0], "length": x[:, 1], "kind": np.where(x[:, 0] > 0, "big", "small")})
    frame.to_csv(tmp_path / "a.csv", index=False)
    problem = {"name": "table", "path": str(tmp_path / "a.csv"), "targets": ["kind"]}
    other = wb.start(wb.Spec(problem=problem, epochs=1, batch_size=32, affinity=None), out=tmp_path)
    other.wait()
    section.show(section.compute(other))
    assert section.view.plane["axes"] == ["width", "length"]
    assert section.view.plane["tasks"][0]["classes"] == ["big", "small"]
