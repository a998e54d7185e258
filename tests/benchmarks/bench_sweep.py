"""What sweeps cost and what they survive: two processes against one, the executor's own time, a killed Dask worker.

Run it with ``python tests/benchmarks/bench_sweep.py`` on a machine that does nothing else; three minutes; it prints
figures and judges none.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import workbench as wb
from workbench.runs.sweep.local import Local
from workbench.runs.sweep.scheduler import sweep

SPEC = wb.Spec(encoder="cnn", tasks=["digit", "ink"], epochs=10)
TINY = wb.Spec(encoder={"name": "mlp", "width": 16}, tasks=["digit", "ink"], epochs=1, batch_size=512, affinity=None)
RUNS = 16


def specs(base: wb.Spec, seeds: Iterator[int], number: int) -> list[wb.Spec]:
    """Runs that no store holds yet."""
    return wb.grid(base, seed=[next(seeds) for _ in range(number)])


def timed(wanted: list[wb.Spec], executor: object, store: str) -> float:
    began = perf_counter()
    sweep(wanted, executor, progress=False, out=store)  # type: ignore[arg-type]
    return perf_counter() - began


def processes(store: str, seeds: Iterator[int], rounds: int = 3) -> None:
    """Sixteen equal runs by one process with one core, by one with all cores, and by two with a core each."""
    pools = {"one, one core": Local(1, threads=1), "one, all cores": Local(1), "two, a core each": Local(2, threads=1)}
    for pool in pools.values():
        timed(specs(TINY, seeds, 2 * pool.workers), pool, store)  # imports
    seconds: dict[str, list[float]] = {name: [] for name in pools}
    for _ in range(rounds):
        for name, pool in pools.items():
            seconds[name].append(timed(specs(SPEC, seeds, RUNS), pool, store))
    *ones, (_, two) = seconds.items()
    for name, one in ones:
        ratios = [b / a for a, b in zip(one, two, strict=True)]
        print(
            f"{RUNS} equal runs: processes {name} {median(one):.1f} s; two, a core each {median(two):.1f} s; "
            f"ratio {median(ratios):.3f} ({min(ratios):.3f} … {max(ratios):.3f})"
        )
    for pool in pools.values():
        pool.shutdown()


def path(store: str, seeds: Iterator[int], rounds: int = 5) -> None:
    """The same runs in this process and through one warm process with as many threads."""
    pool = Local(1)
    timed(specs(TINY, seeds, 2), pool, store)
    timed(specs(TINY, seeds, 2), "here", store)
    here, there = [], []
    for _ in range(rounds):
        here.append(timed(specs(TINY, seeds, RUNS), "here", store) / RUNS)
        there.append(timed(specs(TINY, seeds, RUNS), pool, store) / RUNS)
    added = [(b - a) * 1e3 for a, b in zip(here, there, strict=True)]
    print(
        f"a tiny run here {median(here) * 1e3:.0f} ms, through a warm process {median(there) * 1e3:.0f} ms: "
        f"{median(added):+.0f} ms ({min(added):+.0f} … {max(added):+.0f})"
    )
    pool.shutdown()


def killed(store: str, seeds: Iterator[int], number: int = 40) -> None:
    """Forty runs on a Dask cluster of two workers, one of which is killed in the middle."""
    from distributed import LocalCluster

    os.environ["OMP_NUM_THREADS"] = "1"
    wanted, found = specs(SPEC, seeds, number), list[wb.Run]()
    options = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": True,
        "dashboard_address": None,
        "host": "127.0.0.1",
    }
    with LocalCluster(**options) as cluster:
        address = cluster.scheduler_address
        began = perf_counter()
        sweeping = threading.Thread(target=lambda: found.extend(sweep(wanted, address, progress=False, out=store)))
        sweeping.start()
        done = len(list(Path(store).glob("*/summary.json")))
        while len(list(Path(store).glob("*/summary.json"))) < done + number // 2:
            sleep(0.01)
        next(iter(cluster.workers.values())).process.process.kill()
        sweeping.join()
    folders = Counter(wb.open(path.parent).spec.seed for path in Path(store).glob("*/spec.json"))
    each = [folders[spec.seed] for spec in wanted]
    print(
        f"{number} runs on two Dask workers, one killed after {number // 2}: {perf_counter() - began:.0f} s; "
        f"{Counter(run.summary['status'] for run in found)}, folders of each: {min(each)} to {max(each)}"
    )


if __name__ == "__main__":
    with TemporaryDirectory() as store:
        fresh = count(1000)
        processes(store, fresh)
        path(store, fresh)
        killed(store, fresh)
