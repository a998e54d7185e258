"""One network for both pictures of a pair, or one for each: FashionMNIST pairs, three seeds.

Run it with ``python -m pytest -s tests/benchmarks/bench_pairs.py``. It needs the folder of real data
(``WORKBENCH_TEST_DATA``). Both train at the same two rates; validation of the first seed picks one for each.
"""

import os
from pathlib import Path

import pytest

import workbench as wb

pytestmark = pytest.mark.benchmark
SEEDS, RATES = range(3), (1e-3, 3e-3)


def test_fashion_pairs(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))
    default = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("WORKBENCH_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set WORKBENCH_TEST_DATA")
    problem = {"name": "digit_pairs", "source": "fashion_mnist", "root": str(folder), "pairs": 12_000}
    spec = wb.Spec(problem=problem, encoder="cnn", epochs=8, affinity=None)
    for fusion in ("shared", "independent"):
        runs = {rate: wb.train(spec.replace(fusion=fusion, lr=rate), progress=False) for rate in RATES}
        rate = max(RATES, key=lambda rate: sum(task["val"] for task in runs[rate].summary["tasks"].values()))
        found = [runs[rate]]
        found += [wb.train(spec.replace(fusion=fusion, lr=rate, seed=s), progress=False) for s in SEEDS if s]
        for task in found[0].tasks:
            scores = [run.summary["tasks"][task]["test"] for run in found]
            mean = sum(scores) / len(scores)
            print(f"{fusion:12s} lr {rate:g} {task:6s} {mean:.4f} ({min(scores):.4f} to {max(scores):.4f})")
            assert mean > 0.6
