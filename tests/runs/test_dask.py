"""A sweep over a Dask cluster on this machine, a worker of which is killed."""

import threading
from collections import Counter

import pytest

import workbench as wb
from tests.runs.test_session import until
from tests.runs.test_sweep import SPEC, folders
from workbench.component import WorkbenchError

distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as found:
        yield found


def test_a_killed_worker_costs_nothing_but_time(cluster, tmp_path):
    specs = [spec.replace(epochs=60) for spec in wb.grid(SPEC, seed=range(4))]
    found = []
    sweeping = threading.Thread(
        target=lambda: found.extend(wb.sweep(specs, cluster.scheduler_address, out=tmp_path, progress=False))
    )
    sweeping.start()
    until(lambda: len(list(tmp_path.glob("*/summary.json"))) >= 1, seconds=120)
    next(iter(cluster.workers.values())).process.process.kill()
    sweeping.join()
    assert Counter(run.summary["status"] for run in found) == {"done": 4}
    assert set(folders(tmp_path).values()) == {1}


def test_an_address_where_nobody_answers_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.runs.sweep.cluster.PATIENCE", "1s")
    with pytest.raises(WorkbenchError, match=r"No Dask scheduler answers at 'tcp://127\.0\.0\.1:1'"):
        wb.sweep([SPEC], "tcp://127.0.0.1:1", out=tmp_path, progress=False)
    with pytest.raises(WorkbenchError, match="No Dask scheduler answers at 'nonsense'"):
        wb.sweep([SPEC], "nonsense", out=tmp_path, progress=False)


def test_a_scheduler_without_workers_is_one_sentence(tmp_path):
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as empty,
        pytest.raises(WorkbenchError, match="has no worker"),
    ):
        wb.sweep([SPEC], empty.scheduler_address, out=tmp_path, progress=False)
