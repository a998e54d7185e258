"""What live affinity maps cost: steps with maps against the same steps without, in turns.

``python tests/benchmarks/bench_affinity.py [--seconds 12] [--json]``. Whole steps of the loop on the workloads of
``workbench bench``: W1 (LeNet, two tasks) and W2 (three layers, eight tasks), batches of 256. Two numbers for each
measure: what one map costs, in steps (every step measured), and what follows for the default distance between maps.
"""

import argparse
import json
import statistics
from time import perf_counter

import torch

from workbench.component import component
from workbench.runs.workloads import BATCH, WorkloadSpec
from workbench.training.experiment import Experiment
from workbench.training.step import step

CASES = (
    ("gradient_cosine", "equal"),
    ("gradient_cosine", "mgda"),
    ("gradient_cosine", "modo"),
    ("gradient_cosine", "graddrop"),
    ("first_order", "equal"),
    ("lookahead", "equal"),
    ("lookahead", "mgda"),
)


def stepper(workload: str, measure: str, weighting: str):
    """A function that takes one step, with a map or without, and the number of tasks."""
    exp = Experiment(WorkloadSpec(name=workload, weighting=weighting, affinity=measure, batch_size=BATCH, lr=1e-4))
    rows = exp.batches(0)[0][1]
    tasks, numbers = range(len(exp.names)), iter(range(1, 10**9))
    return lambda wanted: step(exp, rows, tasks, next(numbers), wanted), len(tasks)


def block(take, wanted: bool, count: int) -> float:
    since = perf_counter()
    for _ in range(count):
        take(wanted)
    return (perf_counter() - since) / count


def measured(take, seconds: float) -> tuple[float, float]:
    """Milliseconds of a step, and what a map costs in steps: the median over rounds of paired blocks."""
    block(take, True, 3)
    count = max(2, round(0.1 / block(take, False, 5)))
    plain, extra, until = [], [], perf_counter() + seconds
    while perf_counter() < until or len(extra) < 5:
        without = block(take, False, count)
        plain.append(without)
        extra.append(block(take, True, count) / without - 1)
    return 1e3 * statistics.median(plain), statistics.median(extra)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=12, help="for each line")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for name in ("w1", "w2"):
        for measure, weighting in CASES:
            take, tasks = stepper(name, measure, weighting)
            ms, extra = measured(take, options.seconds)
            every = component("affinity", measure)().default_period(tasks, weighting != "equal")
            found = {"workload": name, "measure": measure, "weighting": weighting, "ms": ms}
            rows.append({**found, "map_in_steps": extra, "every": every, "slower_percent": 100 * extra / every})
    if options.json:
        print(json.dumps(rows))
        return
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for row in rows:
        print(
            f"{row['workload']}  {row['measure']:16s} {row['weighting']:6s} {row['ms']:7.2f} ms/step   a map: "
            f"{row['map_in_steps']:6.2f} steps, one every {row['every']:3d}: {row['slower_percent']:5.2f} % slower"
        )


if __name__ == "__main__":
    main()
