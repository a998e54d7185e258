"""``workbench bench``: what it measures, and what it says."""

import json

import pandas as pd
import pytest
import torch

from workbench.cli import bench as command
from workbench.cli import main
from workbench.component import NEEDS, WorkbenchError, members
from workbench.runs import bench
from workbench.runs.workloads import WORKLOADS, Bench


@pytest.fixture
def short(monkeypatch):
    """Three rounds of one step."""
    monkeypatch.setattr(command, "FULL", 0.0)
    monkeypatch.setattr(command, "QUICK", 0.0)
    monkeypatch.setattr(bench, "BLOCK", 0.0)


class Clock:
    """Time that passes only while steps are taken."""

    def __init__(self, monkeypatch):
        self.now, self.speed, self.calls = 0.0, 1.0, []
        monkeypatch.setattr(bench, "perf_counter", lambda: self.now)

    def step(self, name, seconds):
        def take():
            self.now += seconds * self.speed
            self.calls.append(name)

        return take


# ---------------------------------------------------------------- measuring


def test_each_step_is_timed_beside_the_base(monkeypatch):
    clock = Clock(monkeypatch)
    steps = {"slow": clock.step("slow", 0.0375), "same": clock.step("same", 0.0125)}
    rounds = bench.paired(clock.step("base", 0.0125), steps, seconds=1.0)
    ratios = []
    for number, found in enumerate(rounds):
        assert list(found) == ["slow", "same"]
        ratios += [mine / base for base, mine in found.values()]
        clock.speed = 1 + number % 3  # a machine that slows down between rounds changes no ratio
        if number == 1:
            clock.calls.clear()
        if number == 2:  # blocks of two steps; the base comes first in every other round
            assert clock.calls == ["base"] * 2 + ["slow"] * 2 + ["base"] * 2 + ["same"] * 2
    assert ratios == pytest.approx([3.0, 1.0] * (len(ratios) // 2))
    assert 3 <= number + 1 <= 10
    assert clock.now < 1.5


def test_another_clock(monkeypatch):
    clock = Clock(monkeypatch)
    ticks = iter(range(1000))
    rounds = bench.paired(clock.step("base", 1.0), {"a": clock.step("a", 3.0)}, seconds=0.0, clock=lambda: next(ticks))
    assert [found["a"] for found in rounds] == [(1.0, 1.0)] * 3  # a tick per look, whatever the time


def test_three_rounds_at_least(monkeypatch):
    clock = Clock(monkeypatch)
    assert len(list(bench.paired(clock.step("base", 1.0), {"a": clock.step("a", 1.0)}, seconds=0.0))) == 3


def test_ratio_is_the_median_of_pairs_with_its_quartiles():
    found = bench.figures([(1.0, 2.0), (2.0, 2.0), (1.0, 3.0), (4.0, 16.0), (1.0, 5.0)])
    assert found == pytest.approx({"ms": 3000.0, "ratio": 3.0, "low": 2.0, "high": 4.0})


def test_share_is_the_time_in_the_weighting(monkeypatch):
    clock = Clock(monkeypatch)
    made = Bench("w2", "mgda")
    solve = type(made.exp.weighting).__call__

    def solved(self, G, **named):
        clock.now += 0.25
        return solve(self, G, **named)

    monkeypatch.setattr(type(made.exp.weighting), "__call__", solved)
    whole = made.step

    def step():
        clock.now += 0.75
        whole()

    monkeypatch.setattr(made, "step", step)
    assert bench.share(made, lambda: None) == pytest.approx(0.25)


def test_all_weightings_without_a_required_setting_are_chosen():
    assert bench.chosen(None) == [
        name for name, cls in members("weighting").items() if not any(s.required for s in cls.settings().values())
    ]
    assert bench.chosen(["mgda", "dwa", "mgda"]) == ["mgda", "dwa"]
    with pytest.raises(WorkbenchError) as error:
        bench.chosen(["mgad", "dwa", "pcgrda"])
    assert "'mgda'" in error.value.faults[0]
    assert "'pcgrad'" in error.value.faults[1]


@pytest.mark.parametrize(
    ("name", "shape", "widths"),
    [
        ("w1", [256, 1, 36, 36], [(10, 1, 5, 5), (20, 10, 5, 5), (50, 720)]),
        ("w2", [256, 128], [(512, 128), (512, 512), (256, 512)]),
    ],
)
def test_workloads_are_what_their_title_says(name, shape, widths):
    made = Bench(name, "equal")
    (view,) = made.exp.data.batch(made.rows)[0].values()
    assert list(view.shape) == shape
    assert [tuple(p.shape) for p in made.exp.shared if p.dim() > 1] == widths
    assert WORKLOADS[name].title.startswith(f"{len(made.exp.names)} tasks")
    assert all(isinstance(head, torch.nn.Linear) for head in made.exp.model.heads)
    before = [p.detach().clone() for p in made.exp.trained]
    made.step()
    assert all(not torch.equal(a, b) for a, b in zip(before, made.exp.trained, strict=True))


# ---------------------------------------------------------------- the command


def test_json(short, capsys):
    assert main(["bench", "--quick", "--problem", "w2", "--weightings", "mgda, dwa,equal", "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["machine"]["threads"] == torch.get_num_threads()
    assert found["machine"]["torch"] == torch.__version__
    assert found["machine"]["processor"]
    rows = {row["weighting"]: row for row in found["costs"]}
    assert list(rows) == ["equal", "dwa", "mgda"]
    assert [row["needs"] for row in rows.values()] == ["losses", "losses", "gramian"]
    for row in rows.values():
        assert row["problem"] == "w2"
        assert row["rounds"] == 3
        assert 0 < row["low"] <= row["ratio"] <= row["high"]
        assert 0 < row["solver"] < 1
    assert rows["mgda"]["ratio"] > 1.5  # eight backward passes for one
    assert "w2: round 3" in said.err


def test_a_table_per_workload(short, capsys):
    assert main(["bench", "--weightings", "mgda,pcgrad,graddrop,dwa"]) == 0
    out = capsys.readouterr().out
    first, *tables = out.split("\n\n")
    assert f"{torch.get_num_threads()} threads" in first
    for table, name in zip(tables, WORKLOADS, strict=True):
        title, _, *found = table.splitlines()
        assert title == f"{name}: {WORKLOADS[name].title}, 3 rounds"
        words = [line.split()[0] for line in found]
        assert [word for word in words if word not in ("mgda", "pcgrad")] == [
            "equal",
            "from",
            "dwa",
            "from",
            "from",
            "graddrop",
        ]
        assert {words[4], words[5]} == {"mgda", "pcgrad"}


def test_a_kind_is_sorted_by_cost():
    frame = pd.DataFrame({"weighting": ["equal", "b"], "needs": ["losses", "gramian"], "ms": 1.0, "ratio": [1.0, 2.0]})
    text = command.lines(frame.assign(low=1.0, high=3.0, solver=0.014))
    assert text[2] == NEEDS["gramian"]
    assert text[3].split() == ["b", "1.00", "2.00", "1.00", "–", "3.00", "1.4%"]


def test_every_kind_has_a_heading():
    assert {cls.needs for cls in members("weighting").values()} <= set(NEEDS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--problem w3", "There is no workload 'w3': did you mean 'w2'?"),
        ("--weightings mgad", "did you mean 'mgda'?"),
        ("--weightings ,", "There is no weighting ''"),
        ("--device cpuu", "did you mean 'cpu'?"),
        ("--weightngs mgda", "did you mean '--weightings'?"),
        ("w1", "unexpected 'w1'"),
    ],
)
def test_bad_input(words, said, capsys):
    try:
        status = main(["bench", *words.split()])
    except SystemExit as end:
        status = end.code
    found = capsys.readouterr()
    assert status == 2
    assert found.out == ""
    assert said in found.err


def test_help_names_every_workload(capsys):
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    out = capsys.readouterr().out
    assert all(f"{name}: {workload.title}" in out for name, workload in WORKLOADS.items())
