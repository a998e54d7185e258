"""One run on several processes: the numbers of one process, and what happens when a process is not as it should be."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import torch

import workbench as wb
from tests.training.ranks_worker import CURVES, REFUSED, UPDATES
from workbench.component import WorkbenchError
from workbench.runs.folder import RunFolder
from workbench.training import ranks as module
from workbench.training.ranks import ALONE, Group, Ranks
from workbench.training.records import Step

WORKER = Path(__file__).with_name("ranks_worker.py")
ROOT = WORKER.parents[2]
EXTRA = ("parts", "one row, equal, exact", "one row, graddrop, exact", "one row, graddrop, representation")
SMALL = ["--set", "problem=digits", "--set", "tasks=digit,parity", "--set", "encoder=mlp", "--set", "encoder.width=8"]


def environment(**more):
    return {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "PYTHONPATH": str(ROOT), **more}


def ended(processes, seconds=90):
    """Wait for processes, which are killed if they hang; what they said on standard error."""
    try:
        return [process.communicate(timeout=seconds)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What each of two processes found."""
    place = tmp_path_factory.mktemp("ranks")
    processes = [
        subprocess.Popen(
            [sys.executable, str(WORKER), str(rank), str(place / "meeting"), str(place / f"{rank}.json")],
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    said = ended(processes)
    assert [process.returncode for process in processes] == [0, 0], said
    return [json.loads((place / f"{rank}.json").read_text()) for rank in range(2)]


def apart(one, two):
    """The largest difference between two lists of numbers, relative to the largest number."""
    assert len(one) == len(two)
    return max((abs(a - b) for a, b in zip(one, two, strict=True)), default=0) / max(map(abs, two), default=1)


# ---------------------------------------------------------------- the numbers of one process


@pytest.mark.parametrize("name", [*UPDATES, *EXTRA])
def test_two_processes_update_as_one_does(found, name):
    case = found[0]["updates"][name]
    assert case["together"] == found[1]["updates"][name]["together"]  # to the bit, so that they stay together
    assert max(map(abs, case["alone"]["gradients"])) > 1e-3
    assert case["together"].pop("none") == case["alone"].pop("none")
    for what, numbers in case["alone"].items():
        assert apart(case["together"][what], numbers) < 1e-9, what


def test_a_mean_of_the_parts_gramians_would_be_another(found):
    G, alone, local = (torch.tensor(found[0]["gramians"][name]) for name in ("together", "alone", "mean of local"))
    assert (G - alone).norm() <= 1e-9 * alone.norm()
    assert (local - alone).norm() > 0.1 * alone.norm()


def numbers(value):
    if isinstance(value, dict):
        return [x for part in value.values() for x in numbers(part)]
    if isinstance(value, list):
        return [x for part in value for x in numbers(part)]
    return [value] if isinstance(value, float) and math.isfinite(value) else []


@pytest.mark.parametrize("name", ["all labels", *CURVES])
def test_two_processes_train_as_one_does(found, name):
    together, alone = (found[0]["curves"][name][how] for how in ("together", "alone"))
    assert [record["type"] for record in together] == [record["type"] for record in alone]
    assert together[-1] == alone[-1]  # where it ended, and why
    assert apart(numbers(together), numbers(alone)) < 1e-4
    theirs = [r for r in found[1]["curves"][name]["together"] if r["type"] != "inspection"]
    assert theirs == [r for r in together if r["type"] != "inspection"]


def test_one_process_alone_takes_everything():
    x = torch.ones(3)
    assert ALONE.slice(7) == (0, 7)
    assert ALONE.sum_(x) is ALONE.broadcast_(x) is x
    assert ALONE.broadcast("a") == "a"
    assert ALONE.gather("a") == ["a"]
    assert not ALONE.many
    assert ALONE.main


@pytest.mark.parametrize(("rows", "size"), [(17, 2), (3, 4), (8, 4), (1, 2)])
def test_parts_are_the_batch(rows, size):
    parts = []
    for rank in range(size):
        one = Ranks()
        one.rank, one.size = rank, size
        parts.append(one.slice(rows))
    assert [start for start, _ in parts] == [0, *(stop for _, stop in parts[:-1])]
    assert parts[-1][1] == rows
    assert max(b - a for a, b in parts) - min(b - a for a, b in parts) <= 1


def test_numbers_that_are_none_end_all_with_the_same_sentence(found):
    together, alone = found[0]["diverged"]["together"], found[0]["diverged"]["alone"]
    assert together == found[1]["diverged"]["together"]
    assert len(together) == len(alone) == 2
    assert together[0] == alone[0]
    assert "view 'image' holds it already" in together[0]  # in the second process's part


# ---------------------------------------------------------------- commands


def test_commands_reach_all_processes_at_the_same_step(found):
    step, rate, applied = found[0]["commands"]
    assert [step, rate, applied] == found[1]["commands"]
    assert rate == 0.25
    assert applied == ["set", "stop"]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_not_be_the_same_is_refused(found, name):
    (fault,) = found[0]["refused"][name]
    assert found[1]["refused"][name] == [fault]
    words = {
        "dropout": "Dropout",
        "batch norm": "Batch normalisation",
        "lll": "Loss 'lll'",
        "teacher": "compares with a teacher",
        "small batch": "batch_size",
    }
    assert words.get(name, {"one GPU": "cuda:0", "draws": "random numbers"}.get(name)) in fault


def group(rank=0, size=2):
    made = Group.__new__(Group)
    made.rank, made.size, made.timeout = rank, size, timedelta(minutes=30)
    return made


def test_each_process_gets_a_gpu_of_its_own(monkeypatch):
    chosen = []
    monkeypatch.setattr(module, "resolve", lambda text: torch.device("cuda:0"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    one = group(rank=1)
    one.place("auto")
    assert chosen == [one.device] == [torch.device("cuda:1")]
    with pytest.raises(WorkbenchError, match="'cuda:1' is not for 2 processes"):
        one.place("cuda:1")
    with pytest.raises(WorkbenchError, match="3 processes need 3 GPUs, found 2"):
        group(size=3).place("cuda")


def test_a_number_of_processes_without_a_launcher_is_a_sentence(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(WorkbenchError, match="WORLD_SIZE says 2 processes, but RANK is not set"):
        Group.from_environment()
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert Group.from_environment() is ALONE


def test_models_that_drift_apart_are_noticed(monkeypatch):
    one, parameters = group(), [torch.nn.Parameter(torch.ones(4))]
    monkeypatch.setattr(one, "gather", lambda value: [value, value * (1 + 1e-7)])
    one.check_same(parameters)
    monkeypatch.setattr(one, "gather", lambda value: [value, value * 1.01])
    with pytest.raises(WorkbenchError, match="no longer hold the same model"):
        one.check_same(parameters)


# ---------------------------------------------------------------- the command line


def launched(*words, out):
    """Two processes as torchrun would start them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return [
        subprocess.Popen(
            [sys.executable, "-m", "workbench", "train", *SMALL, *words, "--quiet", "--out", str(out)],
            env=environment(
                WORLD_SIZE="2", RANK=str(rank), LOCAL_RANK=str(rank), MASTER_ADDR="127.0.0.1", MASTER_PORT=port
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]


def training(out, seconds=60):
    """Wait until a run in a store has taken steps; its folder."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in out.glob("*"):
            if RunFolder(path).last_step():
                return path
        time.sleep(0.02)
    raise AssertionError("no run took a step")


def test_the_first_process_says_that_another_is_gone(found):
    sentence, summary = found[0]["lost"]
    assert sentence.startswith("Process 0 of 2 lost the others")
    assert summary is None  # it can be continued


def test_where_the_first_process_dies_another_says_so(tmp_path):
    processes = launched("--set", "epochs=100000", out=tmp_path)
    try:
        training(tmp_path)
    finally:
        processes[0].kill()
        said = ended(processes)
    assert processes[1].returncode == 2
    assert said[1].startswith("Process 1 of 2 lost the others")
    assert len(said[1].splitlines()) == 1


def test_a_bad_spec_is_told_once(tmp_path):
    processes = launched("--set", "encoder.dropout=0.5", out=tmp_path)
    said = ended(processes)
    assert [process.returncode for process in processes] == [2, 2]
    assert said[0].count("Dropout") == 1
    assert not said[1].strip()
    assert not list(tmp_path.glob("*"))


def test_torchrun_and_its_interrupt(tmp_path):
    spec = wb.Spec(problem="digits", tasks=["digit", "parity"], encoder={"name": "mlp", "width": 8}, weighting="fixed")
    line = wb.share(spec.replace(epochs=100_000), steering=[{"step": 4, "command": "set", "lr": 0.0003}])
    words = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "workbench", "train"]
    launcher = subprocess.Popen(
        [sys.executable, *words, line, "--quiet", "--out", str(tmp_path / "together")],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        path = training(tmp_path / "together")
        launcher.send_signal(signal.SIGINT)
    finally:
        said = ended([launcher])
    together = wb.Run(path)
    assert together.summary["status"] == "stopped", said
    assert [command["command"] for command in together.steering] == ["set", "stop"]
    assert json.loads((path / "environment.json").read_text())["processes"] == 2
    alone = wb.replay(together, progress=False, out=tmp_path / "alone")
    one, two = ([r for r in run.folder.records(kind=Step)] for run in (together, alone))
    assert len(one) == len(two)
    for a, b in zip(one[:100], two, strict=False):  # rounding grows with the steps
        assert a.lr == b.lr
        assert apart([*a.losses, *a.weights], [*b.losses, *b.weights]) < 1e-4
