"""Which measures find the dial of relatedness? Sine tasks with p = 0 … 1, and the digits; five seeds.

``OMP_NUM_THREADS=1 python tests/benchmarks/affinity_dial.py``: eight minutes. Nothing is kept.

Per measure: its value at each level (mean over the seeds, both directions), Spearman's correlation with p of these
means and seed by seed. The effect exists where networks learn more of a task than its linear part, and are wide:
the random heads of two tasks are then nearly orthogonal at the start, whatever the seed, so m = 4 sines, 20 inputs,
128 hidden units; with 32, single seeds come out anyhow. p is not the correlation of the labels, which is why ``labels``
is shown too. ``transfer`` shows what training together brought: both tasks label the same rows, so that at p = 1 the
partner adds nothing but noise drawn anew.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator

import numpy as np
import pandas as pd

import workbench as wb
from workbench.runs.affinity.agreement import spearman

LEVELS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
PROBLEMS = {
    "rising waves, m = 4": {"m": 4},
    "rising waves, m = 10": {"m": 10},
    "random waves, m = 5, c = 0.3": {"m": 5, "c": 0.3, "waves": "random"},
}
MEASURES = {
    "gradient_cosine": {},
    "lookahead": {},
    "first_order": {},
    "grad_tae": {},
    "grad_tae, start trained": {"start": "trained"},
    "labels": {},
    "cka": {},
    "rsa": {},
    "transfer": {"seeds": 1},
}


def spec(problem: dict, level: float, seed: int) -> wb.Spec:
    return wb.Spec(
        problem={"name": "sines", "inputs": 20, "rows": 1000, "relatedness": level, **problem},
        encoder={"name": "mlp", "width": 128, "depth": 1},
        batch_size=64,
        affinity=None,
        seed=seed,
    )


def sines(problem: dict, seeds: range) -> pd.DataFrame:
    rows = []
    for measure, settings in MEASURES.items():
        method = measure.split(",")[0]
        maps = [[wb.affinity(spec(problem, p, s), method, **settings).matrix for p in LEVELS] for s in seeds]
        values = np.array([[(m[0, 1] + m[1, 0]) / 2 for m in row] for row in maps])
        each = [spearman(np.array(LEVELS), row) for row in values]
        facts = {"of the mean": spearman(np.array(LEVELS), values.mean(0)), "least": min(each), "mean": np.mean(each)}
        rows.append({"measure": measure, **dict(zip(LEVELS, values.mean(0), strict=True)), **facts})
    return pd.DataFrame(rows).set_index("measure")


def digits(seeds: range) -> Iterator[dict]:
    """How many standard errors parity to digit lies above ink to digit, both ways; the least over the seeds."""
    for method in ("gradient_cosine", "lookahead", "first_order", "grad_tae", "labels", "cka", "rsa", "transfer"):
        there, back = [], []
        for seed in seeds:
            found = wb.affinity(wb.Spec(problem="digits", affinity=None, seed=seed), method)
            digit, parity, ink = (found.names.index(name) for name in ("digit", "parity", "ink"))
            for one, two, into in (
                ((parity, digit), (ink, digit), there),
                ((digit, parity), (digit, ink), back),
            ):
                into.append((found.matrix[one] - found.matrix[two]) / np.hypot(found.se[one], found.se[two]))
        yield {"measure": method, "on digit": min(there), "of digit": min(back)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    with tempfile.TemporaryDirectory() as store:
        os.environ["WORKBENCH_RUNS"] = store
        print("digits: standard errors by which parity is above ink, the least over the seeds")
        print(pd.DataFrame(digits(seeds)).set_index("measure").round(1).to_string(), flush=True)
        for name, problem in PROBLEMS.items():
            print(f"\n{name}\n{sines(problem, seeds).map('{:.3g}'.format).to_string()}", flush=True)
