"""Agreement with TorchJD 0.18: every row of the table in tests/benchmarks/README.md, and every class of TorchJD."""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from workbench.component import members
from workbench.weightings import get

aggregation = pytest.importorskip("torchjd.aggregation", reason="TorchJD is installed with the extra 'test'")
scalarization = pytest.importorskip("torchjd.scalarization", reason="TorchJD is installed with the extra 'test'")

README = Path(__file__).parents[1] / "benchmarks" / "README.md"
NAMES = ["task 0", "task 1", "task 2", "task 3", "task 4", "task 5"]
PREFERENCE = {"task 0": 0.2, "task 1": 0.5, "task 2": 0.3}
SHARE, IDEAL = torch.tensor([0.2, 0.5, 0.3]), torch.tensor([0.1, 0.0, 0.2])
HISTORY = [[1.0, 2.0, 0.3], [0.5, 3.0, 0.2], [0.7, 1.0, 0.4], [0.2, 1.5, 0.3]]


class Row(NamedTuple):
    """A line of the table; ``ours`` is empty where nothing of ours stands for their classes."""

    ours: str
    classes: list[str]
    tasks: list[int]
    within: float
    difference: str


class Case(NamedTuple):
    """How a row is compared: theirs for K tasks, our settings, packages it needs, and what ours is times theirs.

    ``fresh``: theirs forgets the step before.
    """

    theirs: Callable[[int], Any]
    settings: dict[str, Any] | None = None
    packages: tuple[str, ...] = ()
    times: Callable[[int], float] = lambda K: 1.0
    fresh: bool = False


def rows() -> list[Row]:
    """The table that a reader sees."""
    section = README.read_text(encoding="utf-8").split("\n# Against TorchJD\n")[1].split("\n# ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    names = [name for ours, *_ in lines[1:] for name in [ours.strip("`–")]]
    return [
        Row(
            name,
            [each.strip("` ") for each in theirs.split(",")],
            [int(K) for K in tasks.split(",")] if name else [],
            float(within) if name else 0.0,
            difference,
        )
        for name, (_, theirs, tasks, within, difference) in zip(names, lines[1:], strict=True)
    ]


ROWS = {row.classes[0]: row for row in rows()}
QUADPROG, CLARABEL, ECOS = ("quadprog",), ("cvxpy", "clarabel"), ("cvxpy", "ecos")
PLAIN = {"rescale": "none"}
IDEALS = {"task 0": 0.1, "task 2": 0.2}

#: the first of their classes in a row -> the comparisons that are made
CASES: dict[str, list[Case]] = {
    "aggregation.MGDA": [Case(lambda K: aggregation.MGDA(1e-9, 2000))],
    "aggregation.PCGrad": [Case(lambda K: aggregation.PCGrad())],
    "aggregation.GradVac": [
        Case(lambda K: aggregation.GradVac()),
        Case(lambda K: aggregation.GradVac(beta=0.1), {"beta": 0.1}),
    ],
    "aggregation.CAGrad": [
        Case(lambda K: aggregation.CAGrad(0.4), PLAIN, CLARABEL),
        Case(lambda K: aggregation.CAGrad(1.5), PLAIN | {"c": 1.5}, CLARABEL),
    ],
    "aggregation.NashMTL": [
        Case(lambda K: aggregation.NashMTL(K), packages=ECOS, fresh=True),
        Case(lambda K: aggregation.NashMTL(K, max_norm=0.3), {"max_norm": 0.3}, ECOS, fresh=True),
    ],
    "aggregation.IMTLG": [Case(lambda K: aggregation.IMTLG())],
    "aggregation.ConFIG": [Case(lambda K: aggregation.ConFIG())],
    "aggregation.AlignedMTL": [
        Case(lambda K: aggregation.AlignedMTL()),
        Case(lambda K: aggregation.AlignedMTL(scale_mode="median"), {"scale": "median"}),
        Case(lambda K: aggregation.AlignedMTL(scale_mode="rmse"), {"scale": "rmse"}),
    ],
    "aggregation.UPGrad": [Case(lambda K: aggregation.UPGrad(), packages=QUADPROG)],
    "aggregation.DualProj": [Case(lambda K: aggregation.DualProj(), packages=QUADPROG)],
    "aggregation.FairGrad": [Case(lambda K: aggregation.FairGrad(2.0))],
    "aggregation.Krum": [Case(lambda K: aggregation.Krum(0, 2), {"selected": 2})],
    "aggregation.CRMOGMWeighting": [
        Case(lambda K: aggregation.CRMOGMWeighting(aggregation.UPGradWeighting(), 0.0), {"of": "upgrad", "a": 0.0}),
        Case(lambda K: aggregation.CRMOGMWeighting(aggregation.UPGradWeighting(), 0.9), {"of": "upgrad", "a": 0.9}),
        Case(lambda K: aggregation.CRMOGMWeighting(aggregation.MGDAWeighting(1e-9, 1000)), {"of": "mgda"}),
        Case(lambda K: aggregation.CRMOGMWeighting(aggregation.PCGradWeighting(), 1.0), {"of": "pcgrad", "a": 1.0}),
    ],
    "aggregation.TrimmedMean": [Case(lambda K: aggregation.TrimmedMean(1), {"trim": 1})],
    "aggregation.ExcessMTL": [
        Case(
            lambda K: aggregation.ExcessMTL(0.5, n_warmup_steps=2),
            {"eta": 0.5, "warmup": 2},
            times=lambda K: K,
        )
    ],
    "aggregation.GradDrop": [
        Case(lambda K: aggregation.GradDrop()),
        Case(lambda K: aggregation.GradDrop(leak=torch.full((K,), 0.3, dtype=torch.float64)), {"leak": 0.3}),
    ],
    "aggregation.MoDoWeighting": [
        Case(lambda K: aggregation.MoDoWeighting(), {"gamma": 0.1}),
        Case(lambda K: aggregation.MoDoWeighting(gamma=0.01, rho=0.0), {"gamma": 0.01, "rho": 0.0}),
    ],
    "aggregation.SDMGradWeighting": [
        Case(lambda K: aggregation.SDMGradWeighting(), {"rate": 10.0}),
        Case(
            lambda K: aggregation.SDMGradWeighting(lr=0.5, n_iter=3, lambda_=1.0),
            {"rate": 0.5, "iterations": 3, "lam": 1.0},
        ),
    ],
    "aggregation.Sum": [Case(lambda K: aggregation.Sum())],
    "aggregation.Mean": [Case(lambda K: aggregation.Mean(), times=lambda K: K)],
    "aggregation.Constant": [
        Case(lambda K: aggregation.Constant(SHARE.double()), {"weights": PREFERENCE}),
    ],
    "aggregation.Random": [Case(lambda K: aggregation.Random())],
    "scalarization.Sum": [Case(lambda K: scalarization.Sum())],
    "scalarization.Mean": [Case(lambda K: scalarization.Mean(), times=lambda K: K)],
    "scalarization.Constant": [Case(lambda K: scalarization.Constant(SHARE), {"weights": PREFERENCE})],
    "scalarization.Random": [Case(lambda K: scalarization.Random())],
    "scalarization.GeometricMean": [Case(lambda K: scalarization.GeometricMean())],
    "scalarization.UW": [Case(lambda K: scalarization.UW(K))],
    "scalarization.IMTLL": [Case(lambda K: scalarization.IMTLL(K))],
    "scalarization.STCH": [
        Case(
            lambda K: scalarization.STCH(0.1, SHARE, IDEAL),
            {"mu": 0.1, "preference": PREFERENCE, "ideal": IDEALS},
        )
    ],
    "scalarization.PBI": [
        Case(
            lambda K: scalarization.PBI(5.0, SHARE, IDEAL),
            {"theta": 5.0, "preference": PREFERENCE, "ideal": IDEALS},
        )
    ],
    "scalarization.COSMOS": [
        Case(lambda K: scalarization.COSMOS(2.0, SHARE), {"angle": 2.0, "preference": PREFERENCE})
    ],
    "scalarization.DWA": [Case(lambda K: scalarization.DWA())],
    "scalarization.FAMO": [
        Case(lambda K: scalarization.FAMO(K, lr=0.1, weight_decay=0.01), {"lr": 0.1, "gamma": 0.01})
    ],
}
EACH = [
    pytest.param(row, case, K, name, id=f"{name}-{number}-{K}")
    for key, row in ROWS.items()
    for name in row.classes
    for number, case in enumerate(CASES.get(key, []))
    for K in row.tasks
]


def theirs(name: str) -> type:
    """A class of theirs, by its name in the table."""
    module, _, name = name.partition(".")
    return getattr({"aggregation": aggregation, "scalarization": scalarization}[module], name)


def ours(row: Row, case: Case, K: int) -> Any:
    weighting = get(row.ours, **(case.settings or {}))
    weighting.bind(NAMES[:K], seed=5)
    return weighting


def made(case: Case, K: int) -> Any:
    for package in case.packages:
        pytest.importorskip(package, reason=f"TorchJD needs {package} for this method")
    return case.theirs(K)


def gradient(weighting: Any, losses: torch.Tensor) -> torch.Tensor:
    """The effective weights of a scalarization."""
    losses = losses.clone().requires_grad_()
    return torch.autograd.grad(weighting(losses), losses)[0]


def near(found: torch.Tensor, wanted: torch.Tensor, within: float) -> None:
    torch.testing.assert_close(found, wanted, rtol=within, atol=1e-7 * (within > 0))


# ---------------------------------------------------------------- the table is whole


def test_every_row_is_compared():
    assert CASES.keys() == {key for key, row in ROWS.items() if row.ours}
    assert len(ROWS) == len(rows()), "a class of theirs stands in two rows"
    for row in ROWS.values():
        assert row.difference
        if row.ours:
            assert row.ours in members("weighting")
            assert row.tasks


@pytest.mark.skipif(not version("torchjd").startswith("0.18."), reason="the table is that of TorchJD 0.18")
def test_every_class_of_theirs_is_in_the_table():
    public = {
        f"{module.__name__.removeprefix('torchjd.')}.{name}"
        for module in (aggregation, scalarization)
        for name in module.__all__
        if inspect.isclass(getattr(module, name))
    }
    listed = [name for row in ROWS.values() for name in row.classes]
    assert sorted(listed) == sorted(public)


# ---------------------------------------------------------------- the comparisons


def as_update(kind: str, weighting: Any, J: torch.Tensor, other: torch.Tensor, losses: torch.Tensor) -> torch.Tensor:
    """What ours would move the parameters by; ``other`` is the jacobian of a second sample."""
    if kind == "losses":
        return gradient(weighting, losses) @ J
    if kind == "gramian":
        return weighting(J @ J.T, losses=losses) @ J
    if kind == "cross_gramian":
        return weighting(J @ other.T, losses=losses) @ J
    return weighting(J, losses=losses)


def update_of(row: Row, theirs: Any, J: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """What theirs would."""
    if isinstance(theirs, aggregation.Aggregator):
        return theirs(J)
    if isinstance(theirs, aggregation.MoDoWeighting | aggregation.SDMGradWeighting):
        return theirs(J @ other.T) @ J
    of_matrix = isinstance(theirs, aggregation.ExcessMTLWeighting) or members("weighting")[row.ours].needs == "losses"
    return theirs(J if of_matrix else J @ J.T) @ J


@pytest.mark.parametrize(("row", "case", "K", "name"), [each for each in EACH if each.id.startswith("aggregation.")])
def test_updates_agree(row, case, K, name):
    """Of an aggregator and of the weighting inside it, over some steps with the same objects."""
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        mine, other = ours(row, case, K), made(case, K)
        if name != row.classes[0]:
            other = getattr(other, "gramian_weighting", None) or other.weighting
        assert type(other) is theirs(name)
        # numbers are drawn in the type of the matrix there, and always as float32 here
        dtype = torch.float32 if row.ours == "rlw" else torch.float64
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(5)
            for _ in range(4):
                J, noise = torch.randn(2, K, K + 4, generator=generator, dtype=torch.float64).to(dtype)
                J[:, 0] = 0
                if case.fresh:
                    other.reset()
                losses = torch.rand(K, generator=generator, dtype=torch.float64).to(dtype) + 0.1
                second = J + 0.5 * noise
                found = as_update(members("weighting")[row.ours].needs, mine, J, second, losses)
                wanted = case.times(K) * update_of(row, other, J, second)
                assert (found - wanted).norm() <= row.within * J.norm(), row.difference


@pytest.mark.parametrize(("row", "case", "K", "name"), [each for each in EACH if each.id.startswith("scalarization.")])
def test_values_and_weights_agree(row, case, K, name):
    mine, other = ours(row, case, K), made(case, K)
    assert type(other) is theirs(name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        for step, losses in enumerate(HISTORY):
            value = torch.tensor(losses, requires_grad=True)
            if row.ours == "famo" and step:
                other.update(value)
            found, wanted = mine(value), case.times(K) * other(value)
            torch.testing.assert_close(found, wanted, rtol=row.within, atol=0, msg=row.difference)
            near(torch.autograd.grad(found, value)[0], torch.autograd.grad(wanted, value)[0], row.within)
            if row.ours == "dwa":
                mine.end_epoch(torch.tensor(losses))
                other.step()


# ---------------------------------------------------------------- some of the differences


def test_gls_has_weights_where_torchjd_has_nan():
    value = torch.tensor([0.0, 2.0], requires_grad=True)
    assert torch.autograd.grad(scalarization.GeometricMean()(value), value)[0].isnan().any()
    assert not gradient(get("gls"), torch.tensor([0.0, 2.0])).isnan().any()


def test_pbi_keeps_tiny_losses_where_torchjd_drowns_them():
    tiny = torch.tensor([1e-8, 3e-8])
    wanted = gradient(get("pbi"), torch.tensor([1.0, 3.0]))
    near(gradient(get("pbi"), tiny), wanted, 1e-5)
    assert (gradient(scalarization.PBI(5.0, torch.ones(2)), tiny) - wanted).abs().max() > 1


def test_trimmed_mean_takes_two_tasks_where_torchjd_refuses_them():
    J = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert get("trimmed_mean", trim=1)(J).tolist() == [2, 3]
    with pytest.raises(ValueError, match="at least 3 rows"):
        aggregation.TrimmedMean(1)(J)


@pytest.mark.parametrize("name", ["upgrad", "dualproj"])
def test_short_gradients_are_projected_like_long_ones_where_torchjd_takes_the_mean(name):
    pytest.importorskip("quadprog", reason="TorchJD's projections need quadprog")
    J = 1e-4 * torch.tensor([[1.0, 0.0], [-2.0, 1.0]], dtype=torch.float64)
    mine, other = get(name)(J @ J.T) @ J, {"upgrad": aggregation.UPGrad, "dualproj": aggregation.DualProj}[name]()(J)
    assert torch.allclose(other, J.mean(0), rtol=1e-2)
    assert (J @ mine).min() >= -1e-12 * J.norm() ** 2
    assert (J @ J.mean(0)).min() < -0.05 * J.norm() ** 2


def test_krum_shares_a_tie_where_torchjd_takes_one():
    G = torch.eye(4, dtype=torch.float64)
    assert get("krum")(G).tolist() == [0.25] * 4
    assert sorted(aggregation.KrumWeighting(0, 1)(G).tolist()) == [0, 0, 0, 1]


def test_sdmgrad_has_a_scale_where_noise_leaves_no_positive_diagonal():
    A = -torch.tensor([[1.0, 0.5], [0.5, 2.0]], dtype=torch.float64)
    for scale in (1e-6, 1.0, 1e6):
        assert torch.allclose(get("sdmgrad", rate=0.1)(scale * A), get("sdmgrad", rate=0.1)(A))
    assert not torch.allclose(aggregation.SDMGradWeighting(0.1)(1e-9 * A), aggregation.SDMGradWeighting(0.1)(A))
