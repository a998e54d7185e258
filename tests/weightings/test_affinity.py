"""Weights from relatedness: by hand, running means per pair, targets, looks every so many steps."""

import pytest
import torch

import workbench as wb
from workbench.training.experiment import Experiment
from workbench.training.step import step
from workbench.weightings import get

NAMES = ["digit", "parity", "ink"]
G = torch.tensor([[4.0, 1.0, -2.0], [1.0, 1.0, 0.5], [-2.0, 0.5, 9.0]], dtype=torch.float64)
LOSSES = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)


def bound(**settings):
    weighting = get("affinity", **settings)
    weighting.bind(NAMES)
    return weighting


def scaled(*values):
    w = torch.tensor(values, dtype=torch.float64)
    return w / w.mean()


def test_cosines_by_hand():
    """cos₀₁ = 1/2, cos₀₂ = −1/3, cos₁₂ = 1/6."""
    torch.testing.assert_close(bound()(G), scaled(1 / 2, 1 / 2 + 1 / 6, 1 / 6))
    torch.testing.assert_close(bound(target="parity")(G), scaled(1 / 2, 1 / 2, 1 / 6))
    torch.testing.assert_close(bound(target="digit")(G), scaled(1 / 2, 1 / 2, 0))


def test_first_order_by_hand():
    """``Z_{i→j} = G_ij / L_j``: rows help columns."""
    found = bound(measure="first_order")(G, losses=LOSSES)
    torch.testing.assert_close(found, scaled(1 / 1.0, 1 / 0.5 + 0.5 / 2, 0.5 / 1))
    found = bound(measure="first_order", target="ink")(G, losses=LOSSES)
    torch.testing.assert_close(found, scaled(0, 1, 1))
    with pytest.raises(wb.WorkbenchError, match="needs losses"):
        bound(measure="first_order")(G)


def test_where_nobody_helps():
    hostile = 2 * torch.eye(3, dtype=torch.float64) - 1
    assert bound()(hostile).tolist() == [1, 1, 1]
    assert bound(target="parity")(hostile).tolist() == [0, 3, 0]
    assert bound(target="parity")(hostile[:2, :2], tasks=[0, 2]).tolist() == [1, 1]  # nor is it there itself


def test_the_running_mean_is_per_pair():
    weighting, other = bound(every=1, beta=0.5), G.flip(0, 1)
    weighting(G)
    weighting(other[1:, 1:], tasks=[1, 2])
    cos, late = 1 / 6, (other[1, 2] / (other[1, 1] * other[2, 2]).sqrt()).item()
    mean = (0.5 * cos + late) / 1.5
    torch.testing.assert_close(weighting.held(), scaled(1 / 2, 1 / 2 + mean, mean))


def test_a_pair_that_was_never_there_counts_as_nothing():
    weighting = bound(every=1)
    torch.testing.assert_close(weighting(G[1:, 1:], tasks=[1, 2]), scaled(1 / 6, 1 / 6))
    torch.testing.assert_close(weighting(G[:2, :2], tasks=[0, 1]), scaled(1 / 2, 1 / 2 + 1 / 6))


def test_it_looks_every_so_many_steps_and_at_every_new_task():
    weighting = bound(every=3)
    assert weighting.due()
    weighting(G[:2, :2], tasks=[0, 1])
    assert not weighting.due([0, 1])
    assert weighting.due([1, 2])
    first = weighting(G)
    looks = []
    for _ in range(6):
        looks.append(weighting.due())
        if looks[-1]:
            weighting(G)
        else:
            torch.testing.assert_close(weighting.held(), first)
    assert looks == [False, False, True, False, False, True]


def test_a_gramian_that_is_not_due_changes_nothing():
    """As where the affinity map asks for it."""
    weighting = bound(every=5)
    first = weighting(G)
    torch.testing.assert_close(weighting(G.flip(0, 1)), first)


def test_losses_of_zero_teach_nothing():
    found = bound(measure="first_order")(G, losses=torch.tensor([0.0, 1.0, 2.0]).double())
    torch.testing.assert_close(found, scaled(1, 0.25, 0.5))


def test_a_target_that_is_no_task():
    with pytest.raises(wb.WorkbenchError, match="target names no task 'party': did you mean 'parity'"):
        bound(target="party")
    with pytest.raises(wb.WorkbenchError, match="has to be told the tasks"):
        get("affinity", target="parity")(G)


@pytest.mark.parametrize("target", [None, "digit"])
def test_it_trains_and_goes_on_from_its_state(target):
    spec = wb.Spec(
        tasks=NAMES, encoder={"name": "mlp", "width": 8}, affinity=None, batch_size=100,
        weighting={"name": "affinity", "target": target, "every": 3},
    )  # fmt: skip
    one, two = Experiment(spec), Experiment(spec)
    told = [step(one, one.batches(0)[i][1], [0, 1, 2], i + 1, False).weights for i in range(5)]
    assert all(w.mean().item() == pytest.approx(1) and w.min() >= 0 for w in told)
    assert torch.equal(told[0], told[2])
    assert target or not torch.equal(told[2], told[3])  # a target with one helper: both get 1.5 at every look
    two.weighting.load_state_dict(one.weighting.state_dict())
    two.model.load_state_dict(one.model.state_dict())
    two.optimizer.load_state_dict(one.optimizer.state_dict())
    for i in range(5, 9):
        rows = one.batches(0)[i][1]
        mine, theirs = (step(exp, rows, [0, 1, 2], i + 1, False).weights for exp in (one, two))
        assert torch.equal(mine, theirs)
