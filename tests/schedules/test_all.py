"""Every schedule: trains, with labels missing too, and a run saved in the middle goes on to the same records."""

import pandas as pd
import pytest
import torch

from tests.schedules.examples import SPEC, chosen
from tests.training.test_resume import check
from workbench.component import members
from workbench.training.commands import Inbox
from workbench.training.experiment import Experiment
from workbench.training.loop import train
from workbench.training.records import End, Evaluation, Step
from workbench.training.state import State

NAMES = [name for name in members("schedule") if not name.startswith("test_")]


def test_size():
    assert len(NAMES) == 11


@pytest.mark.parametrize("name", NAMES)
def test_a_run_goes_on_as_if_it_had_not_been_interrupted(name):
    """Saved in the second epoch, with losses told that were not learned from yet."""
    check(SPEC.replace(schedule=chosen(name)), 5)


@pytest.mark.parametrize("fusion", ["shared", "independent"])
@pytest.mark.parametrize("name", NAMES)
def test_it_trains(name, fusion):
    records = list(
        train(State(Experiment(SPEC.replace(schedule=chosen(name), fusion=fusion, epochs=1))), Inbox(), list)
    )
    assert isinstance(records[-1], End)
    assert records[-1].status == "done"
    trained = [x for r in records if isinstance(r, Step) for x in r.losses if x == x]
    assert len(trained) >= 4


@pytest.fixture
def sparse():
    """Three tasks, of which one has labels in half of the rows and one in a quarter."""
    x = torch.linspace(-1, 1, 120)
    frame = pd.DataFrame({"x": x.numpy(), "u": (x**2).numpy(), "v": (x**3).numpy(), "w": x.numpy()})
    frame.loc[1::2, "v"] = None
    frame.loc[frame.index % 4 > 0, "w"] = None
    return {"name": "table", "path": frame, "targets": ["u", "v", "w"]}


@pytest.mark.parametrize("name", NAMES)
def test_missing_labels(name, sparse):
    """Batches of four examples, many of them without a label of a task."""
    schedule = {"name": name, "targets": {"u": 0.1, "v": 0.1, "w": 0.1}} if name == "active" else chosen(name)
    exp = Experiment(SPEC.replace(problem=sparse, tasks=None, schedule=schedule, batch_size=4, epochs=2))
    sizes = [len(exp.present(rows)) for rows, _ in exp.batches(0)]
    assert min(sizes) < 3  # of some batches a task is away
    state = State(exp)
    records = list(train(state, Inbox(), list))
    assert records[-1].status == "done"
    for told in (r for r in records if isinstance(r, Evaluation)):
        assert all(score == score for values in told.values.values() for score in values.values())
