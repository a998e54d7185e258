"""Weightings beyond losses and Gramian: halves of a batch, a look ahead on validation, direct steps, held weights."""

from typing import ClassVar

import pytest
import torch

from workbench.problems.digits import Digits
from workbench.spec import Spec
from workbench.training.ahead import with_validation
from workbench.training.experiment import Experiment
from workbench.training.looks import one_pass, two_halves
from workbench.training.step import step
from workbench.weightings import gramian as gramians
from workbench.weightings.base import GramianWeighting

SPEC = Spec(tasks=["digit", "parity", "ink"], encoder={"name": "mlp", "width": 16}, affinity=None)


def experiment(weighting, **more):
    return Experiment(SPEC.replace(weighting=weighting, **more))


def rows_of(exp):
    return exp.batches(0)[0][1]


# ---------------------------------------------------------------- two halves


@pytest.fixture
def gappy(monkeypatch):
    """`digits` in which `parity` is unlabelled for two rows of three."""
    whole = Digits.load

    def load(self, seed):
        raw = whole(self, seed)
        raw.targets["parity"] = torch.where(
            torch.arange(len(raw.targets["parity"])) % 3 == 0, raw.targets["parity"], torch.nan
        )
        return raw

    monkeypatch.setattr(Digits, "load", load)


def both(exp, rows):
    """Task gradients of the whole batch at once, and of its halves put together."""
    active = range(len(exp.names))
    return one_pass(exp, rows, active, 1, True), two_halves(exp, rows, active, 1, True)


@pytest.mark.parametrize("count", [128, 7, 2])
def test_halves_make_up_the_whole(count):
    exp = experiment("modo")
    whole, halves = both(exp, rows_of(exp)[:count])
    torch.testing.assert_close(halves.values, whole.values)
    torch.testing.assert_close(halves.taken.jacobian, whole.taken.jacobian, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(halves.taken.gramian(), whole.taken.gramian(), rtol=1e-4, atol=1e-6)


def test_halves_with_missing_labels_make_up_the_whole(gappy):
    exp = experiment("modo")
    assert "parity" in exp.data.labelled
    rows = rows_of(exp)[:9]
    whole, halves = both(exp, rows)
    torch.testing.assert_close(halves.values, whole.values)
    torch.testing.assert_close(halves.taken.jacobian, whole.taken.jacobian, rtol=1e-4, atol=1e-6)


def test_the_cross_gramian_is_that_of_the_halves():
    exp = experiment("modo")
    rows = rows_of(exp)
    _, halves = both(exp, rows)
    first, second = (one_pass(exp, part, range(3), 1, True).taken.jacobian for part in rows.tensor_split(2))
    torch.testing.assert_close(halves.taken.cross_gramian(), first @ second.T, rtol=1e-4, atol=1e-6)


def test_a_single_row_is_both_halves():
    exp = experiment("modo")
    _, halves = both(exp, rows_of(exp)[:1])
    torch.testing.assert_close(halves.taken.cross_gramian(), halves.taken.gramian(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("heads", ["weighted", "own"])
def test_the_update_of_a_cross_gramian_weighting_is_what_its_weights_say(heads):
    exp = experiment({"name": "sdmgrad", "heads": heads})
    exp.optimizer.step = lambda: None
    measured = step(exp, rows_of(exp), [0, 1, 2], 1, True)
    whole = one_pass(exp, rows_of(exp), [0, 1, 2], 1, True).taken
    found = torch.cat([p.grad.reshape(-1) for p in exp.shared])
    torch.testing.assert_close(found, measured.weights @ whole.jacobian, rtol=1e-4, atol=1e-6)
    factors = measured.weights if heads == "weighted" else torch.ones(3)
    for i, name in enumerate(exp.names):
        for p, g in zip(exp.model.task_parameters(name), whole.own_gradients[i], strict=True):
            torch.testing.assert_close(p.grad, g * factors[i], rtol=1e-4, atol=1e-6)
    assert measured.map is None  # the spec asks for no map


def test_noise_is_on_the_diagonal_of_the_gramian_and_not_of_the_cross_gramian():
    """Over many small batches the cross-gramian's trace comes near that of the whole data's; the Gramian's does not."""
    exp = experiment("modo", batch_size=8)
    order = torch.cat([rows for _, rows in exp.batches(0)])
    truth = one_pass(exp, order, range(3), 1, True).taken.gramian().trace()
    plain, crossed = [], []
    for rows in order[: len(order) // 8 * 8].split(8):
        whole, halves = both(exp, rows)
        plain.append(whole.taken.gramian().trace())
        crossed.append(halves.taken.cross_gramian().trace())
    assert torch.stack(plain).mean() > 1.5 * truth
    assert torch.stack(crossed).mean() < 1.2 * truth


# ---------------------------------------------------------------- a look ahead


def ahead_of(exp, lr=0.05):
    exp.optimizer.param_groups[0]["lr"] = lr
    return with_validation(exp, rows_of(exp), [0, 1, 2], 1, True).taken


def validation_loss_after(exp, taken, weights, judged, lr=0.05):
    """The same by hand: change the parameters, look, change them back."""
    before = [p.detach().clone() for p in exp.model.parameters()]
    taken.backward(weights, weights)
    with torch.no_grad():
        for p in exp.model.parameters():
            p -= lr * p.grad
        views, targets = exp.data.batch(taken.rows)
        out = exp.model(views)
        loss = sum(t.mean_loss(out[t.name], targets[t.name]) for t in exp.tasks if t.name in judged)
        for p, old in zip(exp.model.parameters(), before, strict=True):
            p.copy_(old)
    return float(loss)


@pytest.mark.parametrize("judged", [["digit", "parity", "ink"], ["parity"]])
def test_effects_are_the_slope_of_the_validation_loss(judged):
    exp = experiment("auto_lambda")
    taken = ahead_of(exp, lr=0.5)
    weights = torch.tensor([0.3, 0.5, 0.2])
    effects = taken.effects(weights, judged)
    for i in range(3):
        nudge = torch.zeros(3)
        nudge[i] = 0.02
        up, down = (validation_loss_after(exp, taken, weights + s * nudge, judged, lr=0.5) for s in (1, -1))
        assert (up - down) / 0.04 == pytest.approx(effects[i].item(), rel=0.04, abs=2e-5)  # float32, and kinks


def test_looking_ahead_changes_neither_parameters_nor_buffers():
    exp = experiment("auto_lambda", encoder={"name": "mlp", "width": 16})
    exp.model.register_buffer("running", torch.zeros(2))
    before = {k: v.clone() for k, v in exp.model.state_dict().items()}
    ahead_of(exp).effects(torch.full((3,), 0.1), ["digit"])
    assert all(torch.equal(v, before[k]) for k, v in exp.model.state_dict().items())


def test_auto_lambda_learns_that_a_shuffled_task_does_not_help(monkeypatch):
    """The task whose labels are drawn at random loses weight against the judged task itself."""
    whole = Digits.load

    def load(self, seed):
        raw = whole(self, seed)
        order = torch.randperm(len(raw.targets["ink"]), generator=torch.Generator().manual_seed(1))
        raw.targets["ink"] = raw.targets["ink"][order]
        return raw

    monkeypatch.setattr(Digits, "load", load)
    exp = experiment({"name": "auto_lambda", "primary": ["digit"], "rate": 0.01}, tasks=["digit", "ink"])
    for number, (_, rows) in enumerate(exp.batches(0) + exp.batches(1) + exp.batches(2), start=1):
        step(exp, rows, [0, 1], number, False)
    digit, ink = exp.weighting.weights.tolist()
    assert digit - ink > 0.1


# ---------------------------------------------------------------- direct steps


def test_adatask_with_one_task_is_adam():
    one = experiment("adatask", tasks=["digit"])
    other = experiment("equal", tasks=["digit"], optimizer="adam")
    for number, (_, rows) in enumerate(one.batches(0)[:5], start=1):
        step(one, rows, [0], number, False)
        step(other, rows, [0], number, False)
    mine, theirs = (torch.cat([p.detach().reshape(-1) for p in exp.model.parameters()]) for exp in (one, other))
    away = (mine - theirs).abs()
    assert (away < 1e-5).double().mean() > 0.98  # the rest: gradients so small that Adam's absolute epsilon counts
    assert away.max() < 5 * SPEC.lr


def test_adatask_steps_do_not_depend_on_the_scale_of_a_loss():
    from workbench.weightings import get

    J = torch.randn(6, 3, 40, generator=torch.Generator().manual_seed(0))
    plain, scaled = get("adatask"), get("adatask")
    for rows in J:
        wanted = plain(rows)
        torch.testing.assert_close(scaled(rows * torch.tensor([[1e-6], [1.0], [1e9]])), wanted, rtol=1e-3, atol=1e-5)


# ---------------------------------------------------------------- held weights


class Sometimes(GramianWeighting):
    """Asks for gradients at every other step."""

    memory: ClassVar[tuple[str, ...]] = ()
    weights = torch.tensor([0.0, 2.0, 0.5])

    def setup(self):
        self.asked, self.calls = 0, 0
        super().setup()

    def due(self, tasks=None):
        return self.calls % 2 == 0

    def held(self, tasks=None):
        self.calls += 1
        return self.weights if tasks is None else self.weights[tasks]

    def __call__(self, G, *, losses=None, tasks=None):
        self.asked += 1
        return self.held(tasks)


@pytest.mark.parametrize("heads", ["own", "weighted"])
@pytest.mark.parametrize("gradients", ["exact", "representation"])
@pytest.mark.parametrize("active", [[0, 1, 2], [1, 2]])
def test_held_weights_make_the_same_update_with_one_backward_pass(heads, gradients, active):
    exp = experiment("pcgrad", gradients=gradients)
    exp.optimizer.step = lambda: None
    exp.weighting = Sometimes()
    exp.weighting.heads = heads
    found = []
    for _ in range(2):
        step(exp, rows_of(exp), active, 1, False)
        found.append([None if p.grad is None else p.grad.clone() for p in exp.model.parameters()])
    assert (exp.weighting.asked, exp.weighting.calls) == (1, 2)
    for taken, held in zip(*found, strict=True):
        if taken is None or held is None:
            assert taken is None
            assert held is None or not held.any()
            continue
        torch.testing.assert_close(held, taken, rtol=1e-4, atol=1e-6)


def test_gramian_weightings_ask_at_every_step_unless_they_say_so():
    assert gramians.PCGrad().due()
