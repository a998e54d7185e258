"""Points in the plane: what is known about their labels."""

import math

import pytest
import torch

import workbench as wb
from workbench.problems import Plane, prepare

CLASSES = {"halves": 2, "turned": 2, "quarters": 2, "circle": 2, "rings": 3, "spiral": 2}


def load(rows=100_000, seed=0, **settings):
    return Plane(rows=rows, **settings).load(seed)


def agreement(targets, one, other):
    return (targets[one] == targets[other]).double().mean().item()


def test_points_fill_the_disc_evenly():
    points = load().views["vector"]
    assert points.shape == (100_000, 2)
    r = points.double().norm(dim=1)
    assert r.max() <= 1 + 1e-6
    for radius in (0.25, 0.5, 0.9):
        assert (r < radius).double().mean().item() == pytest.approx(radius**2, abs=0.01)
    assert points.mean(0).abs().max() < 0.01


@pytest.mark.parametrize("settings", [{}, {"twist": 0.0, "angle": 120.0}, {"noise": 0.5}])
def test_classes_are_equally_frequent(settings):
    targets = load(**settings).targets
    for task, count in CLASSES.items():
        shares = torch.bincount(targets[task]) / len(targets[task])
        assert shares.tolist() == pytest.approx([1 / count] * count, abs=0.01), task


@pytest.mark.parametrize("twist", [0.0, 1.5, -4.0])
@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 150.0, 180.0])
def test_the_angle_is_the_dial(angle, twist):
    targets = load(angle=angle, twist=twist).targets
    assert agreement(targets, "halves", "turned") == pytest.approx(1 - angle / 180, abs=0.01)


def test_quarters_are_the_exclusive_or():
    targets = load(angle=90.0).targets
    assert torch.equal(targets["quarters"], (targets["halves"] != targets["turned"]).long())
    assert agreement(targets, "quarters", "halves") == pytest.approx(0.5, abs=0.01)


def test_circle_and_rings_follow_from_the_height_and_not_from_the_halves():
    targets = load().targets
    height = targets["height"]
    assert torch.equal(targets["circle"], (height > 1 / 2).long())
    assert torch.equal(targets["rings"], (height <= 2 / 3).long() + (height <= 1 / 3).long())
    for task in ("halves", "turned", "quarters"):
        assert agreement(targets, task, "circle") == pytest.approx(0.5, abs=0.01)


def test_labels_are_the_formula():
    raw = load(rows=2000, angle=40.0, twist=2.0)
    x, y = raw.views["vector"].double().unbind(1)
    r, theta = torch.hypot(x, y), torch.atan2(y, x)
    phi = theta + 2 * r
    wanted = {
        "halves": phi.sin() > 0,
        "turned": (phi - math.radians(40)).sin() > 0,
        "quarters": (2 * phi).sin() > 0,
        "circle": r.square() < 0.5,
        "spiral": (theta + 3 * math.pi * r).sin() > 0,
    }
    for task, truth in wanted.items():
        assert torch.equal(raw.targets[task], truth.long()), task
    assert torch.allclose(raw.targets["height"], 1 - r.square())


def test_noise_replaces_labels_of_each_task_on_its_own():
    clean, noisy = load(), load(noise=0.4)
    assert torch.equal(clean.views["vector"], noisy.views["vector"])
    wrong = {task: clean.targets[task] != noisy.targets[task] for task in CLASSES}
    for task, count in CLASSES.items():
        assert wrong[task].double().mean().item() == pytest.approx(0.4 * (1 - 1 / count), abs=0.01), task
    assert (wrong["circle"] & wrong["halves"]).double().mean().item() == pytest.approx(0.2**2, abs=0.01)
    error = noisy.targets["height"] - clean.targets["height"]
    assert error.std().item() == pytest.approx(0.4 * clean.targets["height"].std().item(), rel=0.02)


def test_the_seed_draws():
    first, again, other = (load(200, seed).targets for seed in (0, 0, 1))
    for task in Plane().task_names():
        assert torch.equal(first[task], again[task])
        assert not torch.equal(first[task], other[task])
    data = prepare(Plane(rows=200), seed=0)
    assert [view.shape for view in data.view_specs] == [(2,)]
    assert data.names == Plane().task_names()


def test_it_is_learned(tmp_path):
    spec = wb.Spec(problem={"name": "plane", "rows": 800}, epochs=30, lr=0.01, device="cpu", affinity=None)
    summary = wb.train(spec, progress=False, out=tmp_path).summary
    tested = {name: task["test"] for name, task in summary["tasks"].items()}
    assert min(tested[task] for task in ("halves", "turned", "circle", "rings", "height")) > 0.85
