"""Steering a run, interrupting it, and doing it again."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

import workbench as wb
from tests.runs.test_train import lines
from workbench.component import _REGISTRY
from workbench.runs.folder import RunFolder
from workbench.training.experiment import Experiment
from workbench.training.state import State
from workbench.weightings.scalarizations.equal import Equal

TIMING = ("pause", "resume")


def until(condition, seconds=20.0):
    """Wait on a state."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def test_pause_step_set_stop(store, small):
    session = wb.start(small.replace(weighting="fixed", epochs=2000))
    until(lambda: session.step_number > 5)
    session.pause()
    until(lambda: session.status == "paused")
    at = session.step_number
    session.step(3)
    until(lambda: session.step_number == at + 3)
    session.step(task="ink")
    until(lambda: session.step_number == at + 4)
    session.set(lr=0.5, weights={"ink": 3.0})
    until(lambda: session.lr == 0.5)
    assert session.status == "paused"
    session.resume()
    until(lambda: session.step_number > at + 20)
    session.stop()
    run = session.wait()
    assert session.status == run.summary["status"] == "stopped"
    assert run.summary["steered"]
    weights = run.history.query("quantity == 'weight' and task == 'ink'").set_index("step")["value"]
    assert weights[at] == 1.0
    assert weights[at + 5] == 3.0
    alone = run.history.query(f"split == 'train' and quantity == 'loss' and step == {at + 4}")
    assert list(alone["task"]) == ["ink"]
    commands = [json.loads(line)["command"] for line in (run.path / "commands.jsonl").read_text().splitlines()]
    assert commands == ["pause", "step", "step", "step", "step", "set", "resume", "stop"]


def test_a_steered_run_replays_to_the_same_numbers(store, small):
    session = wb.start(small.replace(weighting="fixed", epochs=2000), paused=True)
    session.step(4)
    session.step(task="parity")
    session.set(lr=3e-3)
    session.resume()
    until(lambda: session.step_number > 40)
    session.set(weights={"digit": 0.2})
    until(lambda: session.step_number > 60)
    session.stop()
    run = session.wait()
    again = wb.replay(run, progress=False)
    skip = (*TIMING, "step")  # plain steps change no number
    assert lines(again, skip) == lines(run, skip)
    assert again.summary["steered"]


def test_the_session_reports_where_it_stands(store, small):
    session = wb.start(small.replace(epochs=500))
    until(lambda: session.steps_per_second > 0 and session.epoch >= 1)
    assert session.status == "running"
    assert session.total_steps == 4500
    assert session.device == "cpu"
    assert session.run.summary["status"] == "running"
    assert len(session.run.history) > 0
    session.stop()
    session.wait()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: s.step(task="inc"), "no task 'inc': did you mean 'ink'"),
        (lambda s: s.step(0), "at least 1, found 0"),
        (lambda s: s.set(lr=-1), "above 0, found -1"),
        (lambda s: s.set(weights={"digit": 2.0}), "computes its own weights; choose weighting 'fixed'"),
    ],
)
def test_faulty_commands_are_refused_where_they_are_given(store, small, call, words):
    session = wb.start(small.replace(weighting="dwa", epochs=2000))
    with pytest.raises(wb.WorkbenchError, match=words):
        call(session)
    assert session.status == "running"
    session.stop()
    session.wait()


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ("assert not values", r"AssertionError"),
        ("{}['digits']", r"KeyError: 'digits'"),
        ("raise ValueError('boom')", r"ValueError: boom"),
        ("len(3)", r"TypeError: object of type 'int' has no len\(\)"),
    ],
)
def test_an_error_in_a_component_is_a_sentence_with_its_name(store, small, slip, words):
    code = f"class Slip(Equal):\n    'x'\n    def __call__(self, *values, **more):\n        {slip}\n"
    made = {"Equal": Equal, "__name__": __name__}
    exec(code, made)
    wb.register("weighting", "slip")(made["Slip"])
    try:
        session = wb.start(small.replace(weighting="slip"))
        with pytest.raises((AssertionError, KeyError, ValueError, TypeError)):
            session.wait()
    finally:
        del _REGISTRY["weighting"]["slip"]
    told = f"weighting 'slip', line 4: {words}"
    assert re.fullmatch(told, session.error)
    assert re.fullmatch(told, session.run.summary["reason"])


def test_a_folder_that_is_not_there_names_another_only_where_it_is_near(store, small):
    path = RunFolder.create(small, store).path
    with pytest.raises(wb.WorkbenchError, match=rf"does not exist; did you mean '{path.name}'\?$"):
        wb.open(path.with_name(path.name[:-1]))
    for far in ("mine", path.name.replace("digits", "sines-of-the-times")):
        with pytest.raises(wb.WorkbenchError, match=r"does not exist\.$"):
            wb.open(path.with_name(far))


CHILD = """
import sys, workbench as wb
from workbench.runs import session
session.CHECKPOINT_SECONDS = session.BLOCK_SECONDS = 0.0
wb.train(wb.Spec.from_json(open(sys.argv[1]).read()), progress=False)
"""


@pytest.mark.parametrize("weighting", ["uncertainty", "dwa", "pcgrad", "graddrop"])
def test_killed_and_resumed_is_the_same_as_never_stopped(store, small, tmp_path, weighting):
    spec = small.replace(
        weighting=weighting,
        encoder={"name": "mlp", "width": 32, "dropout": 0.2},
        epochs=40,
        lr_schedule="cosine",
        patience=39,
    )
    whole = wb.train(spec, progress=False)
    (tmp_path / "spec.json").write_text(spec.to_json())
    place = tmp_path / "killed"
    env = {**os.environ, "WORKBENCH_RUNS": str(place), "PYTHONPATH": str(Path(wb.__file__).parents[1])}
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "spec.json")], env=env)

    def in_the_middle():
        assert child.poll() is None, "the child ended before it was killed"
        found = list(place.glob("*/checkpoint/latest.json"))
        return found and json.loads(found[0].read_text())["position"]["step"] >= 90

    until(in_the_middle, 60)
    child.send_signal(signal.SIGKILL)
    child.wait()
    (path,) = place.iterdir()
    assert not (path / "summary.json").exists()
    assert wb.open(path).summary["status"] == "interrupted"
    resumed = wb.resume(path, progress=False)
    assert lines(resumed) == lines(whole)
    assert resumed.summary["tasks"] == whole.summary["tasks"]
    assert wb.resume(path, progress=False).path == path  # over: nothing is trained again


def test_a_run_killed_before_its_first_checkpoint_starts_again(store, small):
    whole = wb.train(small, progress=False)
    folder = RunFolder.create(small, store)
    (folder.path / "records.jsonl").write_bytes((whole.path / "records.jsonl").read_bytes()[:777])
    assert lines(wb.resume(folder.path, progress=False)) == lines(whole)


def test_killed_while_it_saves_the_same_step_again_it_loses_nothing(store, small, monkeypatch):
    def killed(_, place):
        Path(place).write_bytes(b"")
        raise KeyboardInterrupt

    session = wb.start(small.replace(weighting="uncertainty", epochs=2000))
    latest = session.path / "checkpoint" / "latest.json"
    try:
        until(lambda: session.step_number > 3)
        session.pause()
        until(lambda: session.status == "paused" and latest.is_file())
        for _ in range(2):
            session.folder.save(session.state)
            with monkeypatch.context() as patch:
                patch.setattr(torch, "save", killed)
                with pytest.raises(KeyboardInterrupt):
                    session.folder.save(session.state)
            there = State(Experiment(session.spec))
            assert RunFolder(session.path).load(there) > 0
            assert there.position.step == session.step_number
            for mine, its in ((there.exp.model, session.exp.model), (there.exp.weighting, session.exp.weighting)):
                torch.testing.assert_close(mine.state_dict(), its.state_dict(), rtol=0, atol=0)
    finally:
        session.stop()
        session.wait()
    assert len(list(latest.parent.glob("step-*"))) == 1


@pytest.mark.parametrize("name", ["rest.pt", "model.safetensors", "best.safetensors"])
def test_a_damaged_checkpoint_is_one_sentence(store, small, name):
    run = wb.train(small, progress=False)
    (run.path / "summary.json").unlink()
    (damaged,) = run.path.glob(f"checkpoint/step-*/{name}")
    damaged.write_bytes(b"")
    with pytest.raises(wb.WorkbenchError, match=r"its checkpoint cannot be read \(\w+\); delete the folder and"):
        wb.resume(run.path, progress=False)


def test_two_processes_do_not_train_one_run(store, small):
    session = wb.start(small.replace(epochs=2000))
    until(lambda: session.step_number > 1)
    code = f"import workbench as wb; wb.resume({str(session.path)!r})"
    env = {**os.environ, "PYTHONPATH": str(Path(wb.__file__).parents[1])}
    child = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert "is being trained by another process" in child.stderr
    session.stop()
    session.wait()


def test_ctrl_c_stops_and_keeps(store, small):
    timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    run = wb.train(small.replace(epochs=100_000), progress=False)
    assert run.summary["status"] == "stopped"
    assert run.summary["steps"] > 0


def test_interrupting_wait_stops_the_thread(store, small):
    session = wb.start(small.replace(epochs=100_000))
    until(lambda: session.step_number > 1)
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    assert session.wait().summary["status"] == "stopped"
