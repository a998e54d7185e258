"""The sine tasks and GradNorm's toy: what is known about their labels."""

import math

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.problems import GradNormToy, Sines, prepare
from workbench.spec import Spec

P = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
#: settings -> correlation of the labels for each p of P
KNOWN = [
    ({}, (0, 0.11, 0.22, 0.34, 0.46, 0.55, 0.81, 1)),
    ({"waves": "random", "m": 5, "c": 0.3, "noise": 0.0}, (0, 0.25, 0.49, 0.75, 0.90, 0.95, 0.99, 1)),
    ({"m": 0}, P),
]


def correlations(targets):
    return torch.corrcoef(torch.stack(list(targets.values())).double())


@pytest.mark.parametrize(("settings", "wanted"), KNOWN, ids=["rising", "random", "linear"])
def test_relatedness_is_not_correlation(settings, wanted):
    for p, known in zip(P, wanted, strict=True):
        targets = Sines(relatedness=p, inputs=4, rows=100_000, **settings).load(0).targets
        assert correlations(targets)[0, 1].item() == pytest.approx(known, abs=0.02), p


def test_the_number_of_inputs_changes_no_correlation():
    for inputs in (2, 100):
        targets = Sines(relatedness=0.9, inputs=inputs, rows=20_000).load(1).targets
        assert correlations(targets)[0, 1].item() == pytest.approx(0.46, abs=0.03)


def test_pairs_are_independent_of_one_another():
    problem = Sines(relatedness=1.0, pairs=3, inputs=10, rows=50_000)
    assert problem.task_names() == ["a1", "b1", "a2", "b2", "a3", "b3"]
    found = correlations(problem.load(0).targets)
    wanted = torch.block_diag(*[torch.ones(2, 2)] * 3).double()
    assert torch.allclose(found, wanted, atol=0.02)


def test_labels_are_the_formula():
    """Without noise: sines of a line through x, and with m = 0 that line, with vectors of length 1 and cosine p."""
    linear, waves = (Sines(relatedness=0.3, inputs=2, rows=500, noise=0.0, m=m).load(4) for m in (0, 3))
    line = linear.targets["b1"]
    expected = line + sum(torch.sin(i * line + (i - 1) ** 2) for i in (1, 2, 3))
    assert torch.allclose(waves.targets["b1"], expected)
    w = [torch.linalg.lstsq(linear.views["vector"].double(), linear.targets[task]).solution for task in ("a1", "b1")]
    assert [vector.norm().item() for vector in w] == pytest.approx([1, 1], abs=1e-5)
    assert (w[0] @ w[1]).item() == pytest.approx(0.3, abs=1e-5)


def test_gradnorm_losses_differ_as_the_squares_of_the_scales():
    data = prepare(GradNormToy(count=2, rows=300), seed=0)
    spread = [data.targets[name].square().mean().item() for name in data.names]
    assert spread[1] / spread[0] == pytest.approx(100**2, rel=0.05)
    assert data.targets["task1"].shape == (300, 100)
    assert data.views["vector"].norm(dim=1).sub(1).abs().max() < 1e-5


def test_gradnorm_tasks_share_most_of_their_function():
    """Correlation lies between that of the lines, 10² / (10² + 3.5²), and that of their signs (the arcsine law)."""
    raw = GradNormToy(count=3, scales=[1.0, 1.0, 1.0], rows=4000).load(0)
    flat = {name: target.flatten() for name, target in raw.targets.items()}
    between = correlations(flat)[~torch.eye(3, dtype=torch.bool)]
    line = 10**2 / (10**2 + 3.5**2)
    assert (between < line).all()
    assert (between > 2 / math.pi * math.asin(line)).all()


def test_gradnorm_scales():
    assert GradNormToy(count=2, rows=30).load(0).targets["task2"].abs().max() > 50
    top = [t.abs().max().item() for t in GradNormToy(rows=200).load(3).targets.values()]
    assert len(top) == 10
    assert max(top) <= 100
    assert max(top) / min(top) > 3
    with pytest.raises(WorkbenchError, match="scales should be 10 numbers"):
        GradNormToy(scales=[1.0])


def test_vector_targets_miss_as_a_whole():
    task = GradNormToy(count=2, outputs=3, rows=30).load(0).tasks[0]
    target = torch.tensor([[1.0, 2.0, 3.0], [float("nan"), 1.0, 1.0]])
    output = torch.zeros(2, 3)
    assert task.losses(output, target).tolist() == pytest.approx([14 / 3, 0])
    assert task.loss(output, target).item() == pytest.approx(14 / 3)
    assert task.metrics(target[:1].repeat(2, 1), target[:1].repeat(2, 1))["mae"] == 0
    known = torch.tensor([[0.0, 0.0], [2.0, 4.0]])
    assert task.metrics(torch.tensor([[0.0, 0.0], [2.0, 2.0]]), known)["r2"] == pytest.approx(1 - 4 / 10)


@pytest.mark.parametrize(
    "problem", [{"name": "sines", "rows": 300, "inputs": 8}, {"name": "gradnorm_toy", "rows": 200}]
)
def test_they_train(problem, tmp_path):
    import workbench as wb

    spec = Spec(problem=problem, epochs=2, batch_size=50, device="cpu")
    run = wb.train(spec, progress=False, out=tmp_path)
    assert run.summary["status"] == "done"
    for task in run.summary["tasks"].values():
        assert -10 < task["test"] <= 1
    assert {len(values) for values in run.predict().values()} == {0.2 * problem["rows"]}


@pytest.mark.parametrize("problem", [Sines(rows=100), GradNormToy(rows=100)])
def test_the_seed_draws(problem):
    first, again, other = (problem.load(seed) for seed in (0, 0, 1))
    for name in problem.task_names():
        assert torch.equal(first.targets[name], again.targets[name])
        assert not torch.equal(first.targets[name], other.targets[name])


def test_pairs_need_inputs():
    with pytest.raises(WorkbenchError, match="3 pairs need 6 inputs at least, found 5"):
        Sines(pairs=3, inputs=5)
