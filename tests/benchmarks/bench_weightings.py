"""What weightings cost against equal weighting, by the way task gradients are taken, and against TorchJD 0.18.

``python tests/benchmarks/bench_weightings.py [--only mgda pcgrad] [--problem w2] [--seconds 150] [--json]``, on the
workloads of ``workbench bench`` (``workbench/runs/workloads.py``), with 2 threads. A step is a forward pass, the
weighting and Adam. Every variant is timed right beside equal weighting in each round; a ratio is the median over
rounds, and "ours/theirs" the median over rounds of our ratio by that of TorchJD's fastest route. On a busy machine
``--processor`` takes one thread and counts the time that it spends on the processor.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from statistics import median
from time import perf_counter, process_time
from typing import Any

import torch
from torch import Tensor
from torchjd_steps import ROUTES, routes, step_of

from workbench.component import members
from workbench.gradients.base import Gradients, TaskGradients
from workbench.gradients.exact import ExactGradients
from workbench.runs.bench import chosen, paired
from workbench.runs.workloads import WORKLOADS, Bench

OURS = "ours"
WAYS = (OURS, "one by one", "representation", *ROUTES)
Key = tuple[str, str]


class OneByOne(Gradients):
    """Task gradients by one autograd call each, as one would write it."""

    def forward(self, model: Any, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        return model(views, tasks)

    def take(self, model: Any, losses: Sequence[Tensor], tasks: Sequence[str]) -> TaskGradients:
        return ExactGradients(losses, model.shared_parameters(), [model.task_parameters(task) for task in tasks])


def variants(workload: str, names: Sequence[str]) -> dict[Key, Any]:
    """Every way to take a step of these weightings."""
    steps = {}
    for name in names:
        steps[name, OURS] = Bench(workload, name).step
        needs = members("weighting")[name].needs
        if needs != "losses":
            bench = Bench(workload, name)
            bench.exp.gradients = OneByOne()
            steps[name, "one by one"] = bench.step
        if needs == "gramian":
            steps[name, "representation"] = Bench(workload, name, "representation").step
        for route in routes(workload, name):
            steps[name, route] = step_of(workload, name, route)
    return steps


def measure(workload: str, names: Sequence[str], seconds: float, processor: bool) -> list[dict[str, Any]]:
    """A row per weighting: ratio to equal weighting by way, and ours by TorchJD's fastest."""
    steps = variants(workload, names)
    rounds: list[dict[Key, float]] = []
    begin = perf_counter()
    clock = process_time if processor else perf_counter
    for found in paired(Bench(workload, "equal").step, steps, seconds, clock=clock):
        rounds.append({key: mine / base for key, (base, mine) in found.items()})
        print(f"{workload}: round {len(rounds)}, {perf_counter() - begin:.0f} s", file=sys.stderr)
    ratios = {key: median(found[key] for found in rounds) for key in steps}
    rows = []
    for name in names:
        row: dict[str, Any] = {"workload": workload, "weighting": name}
        row |= {way: ratios[name, way] for way in WAYS if (name, way) in ratios}
        theirs = {way: row[way] for way in ROUTES if way in row}
        if theirs:
            best = min(theirs, key=lambda way: theirs[way])
            row["fastest"] = best
            row["ours/theirs"] = median(found[name, OURS] / found[name, best] for found in rounds)
        rows.append(row)
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as columns of text."""
    columns = {way: max(len(way) + 2, 8) for way in (*WAYS, "ours/theirs")}
    lines = [f"{rows[0]['workload']:16}" + "".join(f"{way:>{width}}" for way, width in columns.items())]
    for row in rows:
        numbers = (f"{row[way]:.2f}" if way in row else "–" for way in columns)
        cells = (f"{number:>{width}}" for width, number in zip(columns.values(), numbers, strict=True))
        lines.append(f"{row['weighting']:16}" + "".join(cells))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of weightings")
    parser.add_argument("--problem", choices=WORKLOADS)
    parser.add_argument("--seconds", type=float, default=150.0, help="of measuring, per workload")
    parser.add_argument("--processor", action="store_true", help="one thread, time on the processor")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    threads = 1 if options.processor else 2
    torch.set_num_threads(threads)
    problems = [options.problem] if options.problem else list(WORKLOADS)
    found = {name: measure(name, chosen(options.only), options.seconds, options.processor) for name in problems}
    if options.json:
        print(json.dumps([row for rows in found.values() for row in rows]))
    else:
        print(f"torch {torch.__version__}, {threads} threads; times of a step of equal weighting")
        print(*(table(rows) for rows in found.values()), sep="\n\n")


if __name__ == "__main__":
    main()
