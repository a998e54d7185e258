"""Many runs: each once, whoever dies meanwhile."""

import shutil
import threading
from collections import Counter
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch

import workbench as wb
from tests.runs.test_session import until
from workbench.component import _REGISTRY, WorkbenchError
from workbench.runs.sweep import job, scheduler
from workbench.runs.sweep.job import CLAIMS, Job, work
from workbench.runs.sweep.local import Local
from workbench.weightings.scalarizations.equal import Equal

SPEC = wb.Spec(tasks=["digit", "ink"], epochs=1, batch_size=512)


@pytest.fixture
def threads():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def folders(store):
    """How many folders there are of each content."""
    return Counter(wb.open(path.parent).spec.share() for path in Path(store).glob("*/spec.json"))


def test_runs_come_in_the_order_of_the_specs_and_equal_ones_are_one(threads, tmp_path, capsys):
    specs = [*wb.grid(SPEC, seed=range(3)), SPEC.replace(seed=1, name="again")]
    found = wb.sweep(specs, threads, out=tmp_path)
    assert [run.spec.seed for run in found] == [0, 1, 2, 1]
    assert found[1].path == found[3].path
    assert set(folders(tmp_path).values()) == {1}
    assert "3/3" in capsys.readouterr().out
    plain = wb.train(SPEC.replace(seed=2), progress=False, out=tmp_path / "plain")
    assert (plain.path / "records.jsonl").read_text() == (found[2].path / "records.jsonl").read_text()


def test_what_is_done_is_not_done_again(threads, tmp_path, monkeypatch):
    first = wb.sweep(wb.grid(SPEC, seed=range(2)), threads, out=tmp_path, progress=False)
    trained = []
    monkeypatch.setattr(job, "train", lambda spec, **_: trained.append(spec.seed) or pytest.fail("trained"))
    assert [run.path for run in wb.sweep(wb.grid(SPEC, seed=range(2)), threads, out=tmp_path, progress=False)] == [
        run.path for run in first
    ]
    assert trained == []


def test_two_sweeps_on_one_store_do_nothing_twice(tmp_path):
    specs, results = wb.grid(SPEC, seed=range(4)), []

    def one(order):
        with ThreadPoolExecutor(2) as pool:
            results.append([run.path.name for run in wb.sweep(specs[::order], pool, out=tmp_path, progress=False)])

    both = [threading.Thread(target=one, args=(order,)) for order in (1, -1)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(results[0]) == sorted(results[1])
    assert set(folders(tmp_path).values()) == {1}


def test_a_run_that_somebody_trains_in_a_panel_is_let_alone(tmp_path):
    session = wb.start(SPEC.replace(epochs=2), out=tmp_path, paused=True)
    try:
        (run,) = wb.sweep([SPEC.replace(epochs=2)], "here", out=tmp_path, progress=False)
    finally:
        session.resume()
        session.wait()
    assert run.path != session.path
    assert {path.parent for path in tmp_path.glob("*/spec.json")} == {run.path, session.path}
    assert [wb.open(path).summary["status"] for path in (run.path, session.path)] == ["done", "done"]


def test_a_run_that_fails_is_among_them_and_the_others_are_done(threads, tmp_path):
    specs = wb.grid(SPEC.replace(optimizer="sgd"), lr=[1e30, 1e-3])
    failed, fine = wb.sweep(specs, threads, out=tmp_path, progress=False)
    assert (failed.summary["status"], fine.summary["status"]) == ("failed", "done")
    assert wb.sweep(specs, threads, out=tmp_path, progress=False)[0].path == failed.path


def test_what_cannot_begin_is_one_sentence_after_the_others_are_done(threads, tmp_path):
    specs = [SPEC, SPEC.replace(batch_size=1_000_000)]
    with pytest.raises(WorkbenchError, match=r"batch_size = 1000000 is larger.*The 1 runs that are done stay in"):
        wb.sweep(specs, threads, out=tmp_path, progress=False)
    assert list(folders(tmp_path).values()) == [1]


def test_a_killed_worker_costs_its_own_run_a_checkpoint(tmp_path):
    specs = [spec.replace(epochs=80) for spec in wb.grid(SPEC, seed=range(4))]
    pool, found = Local(2, threads=1), []
    sweeping = threading.Thread(target=lambda: found.extend(wb.sweep(specs, pool, out=tmp_path, progress=False)))
    sweeping.start()
    until(lambda: len(list(tmp_path.glob("*/checkpoint/latest.json"))) >= 2, seconds=120)
    busy = [p for p in psutil.Process().children(recursive=True) if any("loky" in word for word in p.cmdline())]
    victim = max(busy, key=lambda process: process.cpu_times().user)
    victim.kill()
    sweeping.join()
    pool.shutdown()
    assert [run.summary["status"] for run in found] == ["done"] * 4
    assert set(folders(tmp_path).values()) == {1}
    assert not psutil.pid_exists(victim.pid) or victim.status() == psutil.STATUS_ZOMBIE


def test_a_worker_that_dies_again_and_again_is_told(tmp_path, monkeypatch):
    def dead(*_):
        return None

    monkeypatch.setattr(scheduler, "_result", dead)
    with ThreadPoolExecutor(1) as pool, pytest.raises(WorkbenchError, match="lost its worker 3 times"):
        wb.sweep([SPEC], pool, out=tmp_path, progress=False)


class Mine(Equal):
    """Equal weights under another name."""


def test_a_component_of_a_notebook_cell_travels_to_the_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(Mine, "__module__", "__main__")
    wb.register("weighting", "mine_of_a_cell")(Mine)
    sent = scheduler._registered_by_hand()
    del _REGISTRY["weighting"]["mine_of_a_cell"]
    try:
        (tmp_path / CLAIMS).mkdir()
        assert [name for _, _, name, _, _ in sent] == ["mine_of_a_cell"]
        text = SPEC.to_json().replace('"equal"', '"mine_of_a_cell"')
        assert "mine_of_a_cell" in work(Job(text, str(tmp_path))).fault
        assert work(Job(text, str(tmp_path), components=sent)).trained
    finally:
        _REGISTRY["weighting"].pop("mine_of_a_cell", None)


def test_a_worker_of_another_version_or_without_the_store_says_so(tmp_path):
    mine = Job(SPEC.to_json(), str(tmp_path / "gone"))
    assert "does not exist on" in work(mine).fault
    assert "install the same version on both" in work(replace(mine, version="0.0.1")).fault


def test_a_store_that_disappears_is_one_sentence_and_the_rest_is_told(tmp_path):
    class Vanishing(ThreadPoolExecutor):
        def submit(self, fn, job):
            found = Future()
            (tmp_path / CLAIMS).rmdir() if (tmp_path / CLAIMS).is_dir() else None
            found.set_result(fn(job))
            return found

    with pytest.raises(WorkbenchError, match="does not exist on") as caught:
        wb.sweep(wb.grid(SPEC, seed=range(2)), Vanishing(1), out=tmp_path, progress=False)
    assert len(caught.value.faults) == 1


def test_runs_that_are_gone_are_not_counted_as_done(tmp_path):
    store = tmp_path / "store"

    class Vanishing(ThreadPoolExecutor):
        def submit(self, fn, job):
            shutil.rmtree(store)
            found = Future()
            found.set_result(fn(job))
            return found

    wb.sweep([SPEC], "here", out=store, progress=False)
    with pytest.raises(WorkbenchError, match="does not exist on") as caught:
        wb.sweep(wb.grid(SPEC, seed=range(2)), Vanishing(1), out=store, progress=False)
    assert "done" not in str(caught.value)


def test_an_executor_that_breaks_is_one_sentence_and_what_is_done_is_told(tmp_path):
    class Broken(ThreadPoolExecutor):
        def submit(self, fn, job):
            found = Future()
            found.set_exception(BrokenExecutor("no more"))
            return found

    wb.sweep([SPEC], "here", out=tmp_path, progress=False)
    with pytest.raises(WorkbenchError, match=r"broken \(no more\)\. The 1 runs that are done stay in") as caught:
        wb.sweep(wb.grid(SPEC, seed=range(2)), Broken(1), out=tmp_path, progress=False)
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"specs": [3]}, r"sweep\(specs=…\) should be a list of specs \(wb.grid makes one\), found 3"),
        ({"specs": None}, "a list of specs .*found None"),
        ({"specs": SPEC}, r"a list of specs .*found Spec\("),
        ({"specs": [SPEC], "workers": 0}, "whole number of at least 1"),
        ({"specs": [SPEC], "executor": 7}, "address of a Dask scheduler, found 7"),
    ],
)
def test_bad_input_is_one_sentence(given, sentence, tmp_path):
    with pytest.raises(WorkbenchError, match=sentence):
        wb.sweep(**given, out=tmp_path, progress=False)


def test_workers_share_the_cores():
    one, two = Local(1), Local(2)
    assert one.threads == max(1, len(__import__("os").sched_getaffinity(0)))
    assert two.threads == max(1, one.threads // 2)
    assert set(one._environment(0, []).values()) == {str(one.threads)}
    assert [two._environment(i, ["4", "7"])["CUDA_VISIBLE_DEVICES"] for i in range(3)] == ["4", "7", "4"]
    assert two.submit(torch.get_num_threads).result() == two.threads
    for each in (one, two):
        each.shutdown()
