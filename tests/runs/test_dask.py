"""A sweep over a Dask cluster on this machine: workers are killed, come late, or have no workbench."""

import os
import subprocess
import sys
import threading
from collections import Counter
from contextlib import ExitStack

import pytest

import workbench as wb
from tests.runs.test_session import until
from tests.runs.test_sweep import SPEC, folders
from workbench.component import WorkbenchError
from workbench.runs.sweep import cluster as clusters
from workbench.runs.sweep import scheduler

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


@pytest.fixture
def empty():
    """A scheduler without a worker."""
    with distributed.LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as found:
        yield found


def swept(specs, address, store):
    """The runs of a sweep, or the fault that ended it; a sweep that does not end is a fault of the test."""
    ended = []

    def sweep():
        try:
            ended.append(wb.sweep(specs, address, out=store, progress=False))
        except WorkbenchError as error:
            ended.append(error)

    thread = threading.Thread(target=sweep, daemon=True)
    thread.start()
    thread.join(15)
    assert ended, "the sweep waits for ever"
    return ended[0]


@pytest.fixture
def bare(empty, tmp_path):
    """The address of a scheduler whose only worker cannot import the workbench."""
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "sitecustomize.py").write_text(WITHOUT)
    words = ["-m", "distributed.cli.dask_worker", empty.scheduler_address, "--no-nanny", "--no-dashboard"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "bare")}
    worker = subprocess.Popen([sys.executable, *words], env=environment, stderr=subprocess.DEVNULL)
    try:
        until(lambda: empty.scheduler.workers, seconds=60)
        yield empty.scheduler_address
    finally:
        worker.kill()
        worker.wait()


#: a module that Python imports first
WITHOUT = """
import sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "workbench":
            raise ModuleNotFoundError("No module named 'workbench'", name="workbench")

sys.meta_path.insert(0, Finder())
"""


def test_a_worker_without_the_workbench_is_named_before_it_gets_a_run(bare, tmp_path):
    fault = swept([SPEC], bare, tmp_path)
    assert "The Dask worker at 'tcp://127.0.0.1:" in str(fault)
    assert "has no workbench (No module named 'workbench'); install version" in str(fault)
    assert len(fault.faults) == 1


def test_a_worker_with_another_version_is_named(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "__version__", "0.0.1")
    fault = swept([SPEC], cluster.scheduler_address, tmp_path)
    assert "(and 1 more) has workbench" in str(fault)
    assert "here it is 0.0.1; install the same version on both" in str(fault)


def test_a_worker_that_comes_late_is_waited_for(empty):
    with ExitStack() as stack:
        with pytest.warns(RuntimeWarning, match="no worker yet"):
            pool = stack.enter_context(clusters.cluster(empty.scheduler_address))
        found = pool.submit(os.getpid)
        assert pool.look() == 0
        empty.scale(1)
        assert found.result(60) != os.getpid()
        assert pool.look() == 1


def test_a_cluster_that_stays_without_workers_is_one_sentence_and_what_is_done_stays(empty, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "LONELY", 0.5)
    monkeypatch.setattr(scheduler, "LOOK", 0.1)
    wb.sweep([SPEC], "here", out=tmp_path, progress=False)
    with pytest.warns(RuntimeWarning, match="no worker yet"):
        fault = swept([SPEC, SPEC.replace(seed=1)], empty.scheduler_address, tmp_path)
    assert "has had no worker for 0.5 seconds; start one with 'dask worker tcp://" in str(fault)
    assert "The 1 runs that are done stay in" in str(fault)
