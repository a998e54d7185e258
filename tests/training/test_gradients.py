"""Task gradients: what is taken is what autograd gives, and the update is what the weights say."""

import pytest
import torch

from workbench.spec import Spec
from workbench.training.experiment import Experiment
from workbench.training.step import Diverged, step


def grads(exp):
    return [None if p.grad is None else p.grad.clone() for p in exp.model.parameters()]


def stepped(spec, active=None, want_map=False):
    """Gradients that the optimiser receives in the first step."""
    exp = Experiment(spec)
    exp.optimizer.step = lambda: None
    _, rows = exp.batches(0)[0]
    measured = step(exp, rows, active or list(range(len(exp.names))), 1, want_map)
    return exp, measured, grads(exp)


SPEC = Spec(tasks=["digit", "parity", "ink"], encoder={"name": "mlp", "width": 16}, affinity=None)


def by_hand(exp, weights, own):
    """Gradient of Σ w_i L_i on shared parameters, of own_i L_i on those of a task."""
    _, rows = exp.batches(0)[0]
    views, targets = exp.data.batch(rows)
    out = exp.model(views)
    losses = {task.name: task.mean_loss(out[task.name], targets[task.name]) for task in exp.tasks}
    wanted = {}
    total = sum(w * loss for w, loss in zip(weights, losses.values(), strict=True))
    for p, g in zip(exp.shared, torch.autograd.grad(total, exp.shared, retain_graph=True), strict=True):
        wanted[id(p)] = g
    for name, factor in zip(exp.names, own, strict=True):
        parameters = exp.model.task_parameters(name)
        for p, g in zip(
            parameters, torch.autograd.grad(factor * losses[name], parameters, retain_graph=True), strict=True
        ):
            wanted[id(p)] = g
    return [wanted[id(p)] for p in exp.model.parameters()]


@pytest.mark.parametrize(
    ("weighting", "weighted"),
    [
        ("equal", True),
        ({"name": "fixed", "weights": {"ink": 3.0}}, True),
        ("uncertainty", True),
        ("pcgrad", False),
        ("mgda", True),
        ("cagrad", False),
        ({"name": "cagrad", "heads": "weighted"}, True),
    ],
)
@pytest.mark.parametrize("gradients", ["exact", "representation"])
@pytest.mark.parametrize("want_map", [False, True])
def test_the_update_is_what_the_weights_say(weighting, weighted, gradients, want_map):
    spec = SPEC.replace(weighting=weighting, gradients=gradients, affinity="gradient_cosine")
    exp, measured, found = stepped(spec, want_map=want_map)
    wanted = by_hand(exp, measured.weights.tolist(), measured.weights.tolist() if weighted else [1.0] * 3)
    for mine, theirs in zip(found, wanted, strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    assert measured.length == pytest.approx(torch.cat([p.grad.flatten() for p in exp.shared]).norm().item(), rel=1e-5)


def test_exact_gramian_is_that_of_the_gradients():
    exp = Experiment(SPEC)
    _, rows = exp.batches(0)[0]
    views, targets = exp.data.batch(rows)
    out = exp.gradients.forward(exp.model, views, exp.names)
    losses = [task.mean_loss(out[task.name], targets[task.name]) for task in exp.tasks]
    G = exp.gradients.take(exp.model, losses, exp.names).gramian()
    rows_ = [
        torch.cat([g.flatten() for g in torch.autograd.grad(loss, exp.shared, retain_graph=True)]) for loss in losses
    ]
    J = torch.stack(rows_)
    assert torch.allclose(G, J @ J.T, rtol=1e-4, atol=1e-7)


def test_an_absent_task_moves_none_of_its_parameters():
    for weighting in ("equal", "pcgrad", "graddrop"):
        exp, _, _ = stepped(SPEC.replace(weighting=weighting), active=[0, 2])
        assert all(p.grad is None for p in exp.model.task_parameters("parity"))
        assert all(p.grad is not None for p in exp.model.task_parameters("ink"))


@pytest.mark.parametrize("weighting", ["config", "mgda", "cagrad", "imtl_g", "aligned_mtl", "pcgrad", "psmgd", "modo"])
def test_a_gradient_that_overflows_is_one_sentence(weighting):
    """The losses are finite, so are the outputs; only the gradient of one task is not."""
    exp = Experiment(SPEC.replace(weighting=weighting))
    ink = exp.tasks[2]
    plain = ink.mean_loss
    ink.mean_loss = lambda z, *more: plain(z, *more) + (z - z.detach()).sum() * 1e25
    before = [p.clone() for p in exp.model.parameters()]
    with pytest.raises(Diverged, match=r"The gradient of (task 'ink'|the shared parameters) became infinite or NaN"):
        step(exp, exp.batches(0)[0][1], [0, 1, 2], 1, False)
    assert all(torch.equal(a, b) for a, b in zip(before, exp.model.parameters(), strict=True))


def test_measuring_affinity_changes_nothing(tmp_path):
    import workbench as wb

    def losses(affinity):
        run = wb.train(SPEC.replace(affinity=affinity, epochs=2), progress=False, out=tmp_path)
        return run.history.query("quantity == 'loss'")["value"].to_list()

    assert losses(None) == losses({"name": "gradient_cosine", "every": 1})
