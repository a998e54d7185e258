"""A run that was saved in the middle of an epoch goes on to the same records."""

import io
from copy import deepcopy

import pandas as pd
import pytest
import torch

from workbench.spec import Spec
from workbench.training.commands import Command, Inbox
from workbench.training.experiment import Experiment
from workbench.training.loop import train
from workbench.training.records import Applied, to_line
from workbench.training.state import State

SPEC = Spec(
    tasks=["digit", "parity", "ink"], encoder={"name": "mlp", "width": 16}, epochs=3, batch_size=300, affinity=None
)


class Saved(Inbox):
    """Has the state saved once after so many steps, without waiting."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.due = step

    def take(self, step: int) -> tuple[Command, bool] | None:
        if step != self.due:
            return None
        self.due = -1
        return Command("pause"), True


def saved(state: State) -> dict:
    """What a checkpoint holds, through the disk's format."""
    rest = io.BytesIO()
    torch.save(state.rest(), rest)
    return {"model": state.snapshot(), "best": state.best, "rest": rest, "position": deepcopy(state.position)}


def restored(spec: Spec, kept: dict) -> State:
    state = State(Experiment(spec))
    state.exp.model.load_state_dict(kept["model"])
    kept["rest"].seek(0)
    state.load_rest(torch.load(kept["rest"], weights_only=True))
    state.best, state.position = kept["best"], kept["position"]
    return state


def steps(records) -> list[str]:
    return [to_line(record) for record in records if not isinstance(record, Applied)]


def check(spec: Spec, step: int) -> None:
    """A run saved after this step, and its continuation, against the run as it went on."""
    state, kept = State(Experiment(spec)), []
    whole = steps(train(state, Saved(step), lambda: kept.append(saved(state))))
    here = next(copy for copy in kept if copy["position"].step == step)
    rest = steps(train(restored(spec, here), Inbox(), lambda: None))
    assert whole[-len(rest) :] == rest
    assert len(rest) > 2


@pytest.mark.parametrize("loss", ["lll", "class_balanced"])
@pytest.mark.parametrize("step", [2, 4, 6])
def test_losses(loss, step):
    """LLL's warm-up ends after the first epoch, which has four steps."""
    check(SPEC.replace(losses={"digit": loss, "parity": loss}), step)


@pytest.mark.parametrize("step", [2, 4, 6])
def test_hard_examples(step):
    check(SPEC.replace(sampling="hard_example"), step)


@pytest.mark.parametrize("step", [3, 5])
def test_data_sets_by_loss(step, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    x = torch.linspace(-1, 1, 100)
    parts = [pd.DataFrame({"x": x.numpy(), name: (x**power).numpy()}) for name, power in (("y", 1), ("z", 3))]
    problem = {"name": "table", "path": parts, "targets": ["y", "z"]}
    check(SPEC.replace(problem=problem, tasks=None, sampling="by_loss", batch_size=30), step)


def test_maps_of_a_short_run():
    check(SPEC.replace(affinity="gradient_cosine"), 7)
