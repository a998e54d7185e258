"""Where methods end on the landscape of CAGrad, in the paper's full number of steps; and what a landscape costs.

Run it with ``python -m pytest tests/benchmarks/bench_landscape.py``: minutes, not seconds, and therefore outside the
ordinary run. Adam at learning rate 0.001, exact solvers, float64. ``python tests/benchmarks/bench_landscape.py`` tells
how long ten methods take for 10,000 steps from three starts.

The narrow valleys, whose floor is a logarithm's pole, amplify rounding: paths of PCGrad and IMTL-G whose starts differ
by 1e-8 end up to 0.5 apart. So for these and for Nash-MTL the claim is that they end on the Pareto set, on the side
they came from; for the others it is the point itself.
"""

from time import perf_counter, process_time

import pytest
import torch

import workbench as wb

pytestmark = pytest.mark.benchmark

CAGRAD = {"name": "cagrad", "c": 0.5, "rescale": "1+c"}
#: method -> end points from (-8.5, 7.5), (-8.5, -5), (9, 9) after 100,000 steps
POINTS = {
    "equal": [(-5.05, 2.15), (0, -8.355), (5.04, 2.31)],
    "mgda": [(-3.32, -8.37), (-7.00, -8.43), (3.33, -8.37)],
    "cagrad, c = 0.5, rescale = 1+c": [(0, -8.355)] * 3,
}
TEN = ["equal", "uncertainty", "mgda", "pcgrad", CAGRAD, "imtl_g", "nash_mtl", "fairgrad", "aligned_mtl", "graddrop"]
SENSITIVE = ("pcgrad", "nash_mtl", "imtl_g")


def test_cagrad_setting():
    ends = wb.landscape(["equal", "mgda", CAGRAD, *SENSITIVE], lr=1e-3, steps=100_000).ends
    print(ends.to_string())
    for method, points in POINTS.items():
        found = torch.tensor(ends[ends["method"] == method][["x1", "x2"]].to_numpy())
        assert (found - torch.tensor(points)).abs().max() < 0.05, method
    for method in SENSITIVE:
        found = ends[ends["method"] == method]
        assert found["to_pareto_set"].max() < 0.05, method
        assert found["x1"].gt(0).tolist() == [False, False, True], method


def test_nash_setting():
    """With the first loss scaled by 0.1, CAGrad and the sum go where the second loss wants, or stick in a valley."""
    ends = wb.landscape(["equal", CAGRAD], toy={"name": "cagrad", "s": 0.1}, lr=1e-3, steps=50_000).ends
    for method in POINTS.keys() - {"mgda"}:
        found = ends[ends["method"] == method].set_index("start")
        assert found.loc[[0, 1, 3, 4], "x1"].tolist() == pytest.approx([-5.73] * 4, abs=0.05), method
        assert found.loc[[0, 1, 3, 4], "to_pareto_set"].max() < 0.05, method
        assert found.loc[2, "to_pareto_set"] > 5, method
    assert ends.loc[2, ["x1", "x2"]].tolist() == pytest.approx([5.0, 3.9], abs=0.06)  # printed with one decimal


def main() -> None:
    torch.set_num_threads(1)
    wb.landscape(TEN, steps=20)
    since, of_processor = perf_counter(), process_time()
    wb.landscape(TEN, steps=10_000)
    print(f"{perf_counter() - since:.1f} s, {process_time() - of_processor:.1f} s of them on the processor")


if __name__ == "__main__":
    main()
