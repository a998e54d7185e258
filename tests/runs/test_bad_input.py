"""Bad input and bad luck: one clear sentence, and nothing that was recorded is lost."""

import json
import os
import resource
import signal

import pytest
import torch

import workbench as wb
from tests.runs.test_session import until


def sentence(call) -> str:
    with pytest.raises(wb.WorkbenchError) as caught:
        call()
    return str(caught.value)


def test_a_batch_larger_than_the_data(store, small):
    assert "batch_size = 5000 is larger than the 1079 training examples; at most 1079" in sentence(
        lambda: wb.train(small.replace(batch_size=5000), progress=False)
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device that should be missing")
def test_a_device_that_is_not_there(store, small):
    assert "device 'cuda' is not here" in sentence(lambda: wb.train(small.replace(device="cuda"), progress=False))


@pytest.mark.parametrize("weighting", ["equal", "pcgrad", "graddrop"])
def test_a_loss_that_is_no_longer_a_number(store, small, weighting):
    spec = small.replace(optimizer="sgd", lr=1e20, weighting=weighting)
    found = sentence(lambda: wb.train(spec, progress=False))
    assert "at step 2" in found
    assert "lower learning rate than 1e+20" in found
    (path,) = store.iterdir()
    run = wb.open(path)
    assert run.summary["status"] == "failed"
    assert run.summary["steps"] == 1
    assert set(run.history["step"]) >= {0, 1}
    assert all(bool(torch.isfinite(p).all()) for p in run.model().parameters())


def test_a_broken_view_is_named(store, small, monkeypatch):
    from workbench.training.experiment import Experiment

    built = Experiment.__init__

    def broken(self, *given):
        built(self, *given)
        self.data.views["image"][:] = float("nan")

    monkeypatch.setattr(Experiment, "__init__", broken)
    found = sentence(lambda: wb.train(small, progress=False))
    assert "The loss of task 'digit' became nan at step 1: view 'image' holds it already" in found


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_store_as_a_user(tmp_path, small):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "cannot be written" in sentence(lambda: wb.train(small, progress=False, out=tmp_path / "locked"))


def test_a_store_that_is_a_file(tmp_path, small):
    (tmp_path / "file").write_text("x")
    assert "cannot be written" in sentence(lambda: wb.train(small, progress=False, out=tmp_path / "file"))


def test_a_disk_that_fills_up_while_it_trains(store, small):
    """A limit on the size of files stands for a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    session = wb.start(small.replace(epochs=5000))
    try:
        until(lambda: session.step_number > 50)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        until(session.over.is_set)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert session.status == "failed"
    assert "cannot be written (File too large)" in session.error
    assert len(session.run.history) > 100  # what was recorded is still there
    with pytest.raises(wb.WorkbenchError, match="free space"):
        session.wait()


def test_a_folder_from_another_version(store, small):
    run = wb.train(small, progress=False)
    path = run.path / "environment.json"
    path.write_text(json.dumps({"format": 99, "workbench": "9.0"}))
    assert "layout 99, written by workbench '9.0'; this one reads layout 1" in sentence(lambda: wb.open(run.path))


def test_a_spec_with_components_this_version_lacks(store, small):
    run = wb.train(small, progress=False)
    spec = json.loads((run.path / "spec.json").read_text())
    spec["weighting"] = {"name": "of_the_future"}
    (run.path / "spec.json").write_text(json.dumps(spec))
    assert "no weighting 'of_the_future'" in sentence(lambda: wb.open(run.path))


def test_a_folder_that_is_not_there(store, small):
    run = wb.train(small, progress=False)
    found = sentence(lambda: wb.open(str(run.path) + "x"))
    assert "does not exist" in found
    assert f"did you mean {run.path.name!r}" in found
    assert "holds no run" in sentence(lambda: wb.open(store))


def test_a_cut_line_at_the_end_is_left_out(store, small):
    run = wb.train(small, progress=False)
    with open(run.path / "records.jsonl", "a") as file:
        file.write('{"type":"step","st')
    assert wb.open(run.path).records.last_step == 27


def test_an_error_in_the_thread_is_kept_and_raised(store, small, monkeypatch):
    from workbench.training import loop

    def broken(*args, **kwargs):
        raise RuntimeError("the step broke")

    monkeypatch.setattr(loop, "step", broken)
    session = wb.start(small)
    until(session.over.is_set)
    assert session.status == "failed"
    assert session.error == "RuntimeError: the step broke"
    with pytest.raises(RuntimeError, match="the step broke"):
        session.wait()
    assert wb.open(session.path).summary["reason"] == "RuntimeError: the step broke"


def test_out_of_memory_says_what_would_fit(store, small, monkeypatch):
    from workbench.training import loop

    def broken(*args, **kwargs):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(loop, "step", broken)
    assert "Out of memory with batch_size = 128; try 64" in sentence(lambda: wb.train(small, progress=False))


def test_affinity_of_a_run_that_has_none(store, small):
    run = wb.train(small.replace(affinity=None), progress=False)
    assert "measured no affinity" in sentence(lambda: run.affinity)
