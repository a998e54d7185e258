"""Affinity maps measured in a step, and steps for one task alone."""

import pytest
import torch

import workbench as wb
from workbench.component import component
from workbench.training.commands import Command, Inbox
from workbench.training.experiment import Experiment
from workbench.training.loop import train
from workbench.training.maps import layer_name
from workbench.training.records import AffinityMap, Effect, from_line, to_line
from workbench.training.state import State
from workbench.training.step import step

SPEC = wb.Spec(
    tasks=["digit", "parity", "ink"],
    encoder={"name": "mlp", "width": 16, "dropout": 0.3},
    optimizer="sgd",
    lr=0.1,
    epochs=1,
    batch_size=200,
)


def mapped(spec):
    """A step with a map, and the parameters before it."""
    exp = Experiment(spec)
    before = {name: p.detach().clone() for name, p in exp.model.named_parameters()}
    rows = exp.batches(0)[0][1]
    return exp, before, rows, step(exp, rows, range(len(exp.names)), 1, True)


def losses(exp, parameters, rows):
    """Task losses of the first step with other parameters."""
    with torch.no_grad():
        for name, p in exp.model.named_parameters():
            p.copy_(parameters[name])
    exp.seed_step(1)
    views, targets = exp.data.batch(rows)
    outputs = exp.model(views)
    return torch.stack([task.loss(outputs[task.name], targets[task.name]) for task in exp.tasks])


def test_lookahead_is_a_step_of_gradient_descent_for_one_task_alone():
    exp, before, rows, measured = mapped(SPEC.replace(affinity="lookahead"))
    start = losses(exp, before, rows)
    for i in range(3):
        now = losses(exp, before, rows)
        found = torch.autograd.grad(now[i], exp.shared)
        moved = dict(before)
        for name, p in exp.model.named_parameters():
            place = next((k for k, q in enumerate(exp.shared) if q is p), None)
            if place is not None:
                moved[name] = before[name] - 0.1 * found[place]
        with torch.no_grad():
            expected = 1 - losses(exp, moved, rows) / start.detach()
        torch.testing.assert_close(measured.map.matrix[i], expected, rtol=1e-4, atol=1e-6)


def test_first_order_is_what_lookahead_becomes_for_small_steps():
    spec = SPEC.replace(lr=1e-4, weighting="mgda")
    *_, first = mapped(spec.replace(affinity="first_order"))
    *_, real = mapped(spec.replace(affinity="lookahead"))
    torch.testing.assert_close(first.map.matrix, real.map.matrix, rtol=0.05, atol=2e-6)


def test_measuring_changes_no_number_of_the_run():
    spec = SPEC.replace(encoder="resnet18", problem="digits", batch_size=600)  # it has running means
    runs = [
        list(train(State(Experiment(s)), Inbox(), lambda: None))
        for s in (
            spec.replace(affinity=None),
            spec.replace(affinity={"name": "lookahead", "every": 1}),
        )
    ]
    without = [to_line(r) for r in runs[0] if not isinstance(r, AffinityMap)]
    assert without == [to_line(r) for r in runs[1] if not isinstance(r, AffinityMap)]
    assert any(isinstance(r, AffinityMap) for r in runs[1])


def test_layers_add_up_to_the_whole():
    spec = SPEC.replace(affinity={"name": "first_order", "layers": True})
    *_, measured = mapped(spec)
    assert list(measured.map.layers) == ["image, stage 1", "image, stage 2"]
    torch.testing.assert_close(sum(measured.map.layers.values()), measured.map.matrix)


def test_layers_of_a_representation_are_one():
    *_, measured = mapped(
        SPEC.replace(affinity={"name": "gradient_cosine", "layers": True}, gradients="representation")
    )
    assert list(measured.map.layers) == ["shared features"]
    torch.testing.assert_close(measured.map.layers["shared features"], measured.map.matrix)


@pytest.mark.parametrize(
    ("parameter", "layer"),
    [
        ("sharing.network.encoders.image.stages.1.0.weight", "image, stage 2"),
        ("sharing.experts.0.chains.0.1.1.weight", "experts 1, stage 2"),
        ("sharing.views_parts.0.columns.2.stages.1.0.bias", "columns 3, stage 2"),
        ("sharing.film.digit.weight", "film digit"),
    ],
)
def test_layers_have_readable_names(parameter, layer):
    assert layer_name(parameter) == layer


def records(spec, *tasks):
    inbox = Inbox()
    for task in tasks:
        inbox.put(Command("step", {"task": task}))
    inbox.put(Command("stop", {}))
    return list(train(State(Experiment(spec)), inbox, lambda: None))


def test_a_step_for_one_task_alone_is_the_lookahead_of_plain_gradient_descent():
    (effect,) = [r for r in records(SPEC, "parity") if isinstance(r, Effect)]
    *_, measured = mapped(SPEC.replace(affinity="lookahead"))
    change = 1 - torch.tensor(effect.after) / torch.tensor(effect.before)
    others = [0, 2]  # of the task itself, its own head has moved too
    torch.testing.assert_close(change[others], measured.map.matrix[1][others], rtol=1e-3, atol=1e-6)
    assert change[1] > measured.map.matrix[1][1]
    assert effect.task == "parity"


def test_effects_and_layers_survive_the_disk():
    found = records(SPEC.replace(affinity={"name": "gradient_cosine", "layers": True, "every": 1}), "ink")
    for record in found:
        assert to_line(from_line(to_line(record))) == to_line(record)


@pytest.mark.parametrize("affinity", ["gradient_cosine", "lookahead"])
def test_a_short_run_has_ten_maps_and_one_at_its_end(affinity):
    spec = SPEC.replace(affinity=affinity, epochs=5)
    runs = [
        list(train(State(Experiment(s)), Inbox(), lambda: None)) for s in (spec, spec.replace(affinity=None, lr=0.1))
    ]
    steps = [r.step for r in runs[0] if isinstance(r, AffinityMap)]
    last = runs[0][-1].step
    assert last < component("affinity", affinity)().default_period(3, False)
    assert 10 <= len(steps) <= 12
    assert (steps[0], steps[-1]) == (1, last)
    others = [[to_line(r) for r in run if not isinstance(r, AffinityMap)] for run in runs]
    assert others[0] == others[1]


def test_a_long_run_has_maps_at_their_default_distance_and_every_is_kept():
    for name in ("gradient_cosine", "lookahead"):
        cls = component("affinity", name)
        for gradients in (False, True):
            default = cls().default_period(6, gradients)
            assert cls().period(6, gradients, 10 * default) == default
            assert cls().period(6, gradients, 4) == 1
        assert cls(every=50).period(6, False, 90) == 50
