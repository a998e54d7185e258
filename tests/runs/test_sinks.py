"""Sinks: what they wrote is read back, and a fault of theirs is told while the training goes on."""

import json
import math
import shutil

import pytest

import workbench as wb
from tests.runs.test_session import until
from workbench.cli import main
from workbench.runs.sinks import Sink, scalars
from workbench.training.records import AffinityMap, End, Evaluation, Step


class Kept(Sink):
    """Keeps what it is given; breaks at a step if told so."""

    def __init__(self, breaks_at=None):
        super().__init__()
        self.breaks_at, self.calls, self.records = breaks_at, [], []

    def open(self, session):
        self.calls.append("open")

    def write(self, record):
        if isinstance(record, Step) and record.step == self.breaks_at:
            raise OSError("no space left on device")
        self.records.append(record)

    def close(self, status):
        self.calls.append(f"close {status}")


@pytest.fixture
def short(small):
    return small.replace(tasks=["digit", "ink"], epochs=1)


def resumed(session):
    session.resume()
    return session.wait()


def expected(run, split, task, quantity):
    rows = run.history.query("split == @split and task == @task and quantity == @quantity")
    return dict(zip(rows["step"], rows["value"], strict=True))


# ---------------------------------------------------------------- what holds for all


def test_a_sink_gets_every_record_once_and_is_closed(store, short):
    sink = Kept()
    run = wb.train(short, progress=False, sinks=[sink])
    assert sink.calls == ["open", "close done"]
    assert [r.step for r in sink.records if isinstance(r, Step)] == list(range(1, run.summary["steps"] + 1))
    assert {r.split for r in sink.records if isinstance(r, Evaluation)} == {"val", "test"}
    assert isinstance(sink.records[-1], End)


def test_a_sink_that_fails_is_told_once_and_the_training_goes_on(store, short):
    sink, sound = Kept(breaks_at=3), Kept()
    session = wb.start(short, paused=True, sinks=[sink, sound])
    with pytest.warns(RuntimeWarning, match="Kept failed at step 3.*no space left") as told:
        run = resumed(session)
    assert len([w for w in told if "Kept" in str(w.message)]) == len(session.errors) == 1
    assert "gets nothing more; the training goes on" in session.errors[0]
    assert run.summary["status"] == "done"
    assert max(r.step for r in sink.records if isinstance(r, Step)) == 2
    assert sink.calls == sound.calls == ["open", "close done"]
    assert len(sound.records) > len(sink.records)


def test_a_sink_is_closed_where_the_training_fails(store, short):
    sink = Kept()
    with pytest.raises(wb.WorkbenchError, match="learning rate"):
        wb.train(short.replace(lr=1e30, optimizer="sgd"), progress=False, sinks=[sink])
    assert sink.calls == ["open", "close failed"]


def test_sinks_change_no_number(store, short):
    plain, watched = (wb.train(short, progress=False, sinks=sinks) for sinks in ([], [Kept()]))
    assert plain.history.equals(watched.history)


def test_the_numbers_of_a_record_are_named_and_finite():
    step = Step(1, 1, (0.5, math.nan), (1.0, math.nan), 2.0, 0.1)
    named = {"train/loss/a": 0.5, "train/weight/a": 1.0, "train/gradient_length": 2.0, "train/lr": 0.1}
    assert dict(scalars(step, ["a", "b"])) == named
    found = AffinityMap(1, 1, "gradient_cosine", ((1.0, 0.2), (-0.3, 1.0)))
    assert dict(scalars(found, ["a", "b"])) == {"affinity/a/to/b": 0.2, "affinity/b/to/a": -0.3}


@pytest.mark.parametrize(
    ("sinks", "words"),
    [
        (["tensorbord"], "did you mean 'tensorboard'?"),
        ("mlflow", r"a list of names, \['mlflow'\]"),
        ([3], "found int"),
    ],
)
def test_bad_sinks_train_nothing(store, short, sinks, words):
    with pytest.raises(wb.WorkbenchError, match=words.replace("?", r"\?")):
        wb.train(short, sinks=sinks)
    assert not store.exists()


@pytest.mark.parametrize(("name", "module"), [("tensorboard", "torch.utils.tensorboard"), ("mlflow", "mlflow")])
def test_a_missing_package_is_one_sentence(store, short, name, module, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    if name == "mlflow":
        monkeypatch.setitem(__import__("sys").modules, "mlflow.tracking", None)
    with pytest.raises(wb.WorkbenchError, match=rf"needs the package {name}: install mtl-workbench\[{name}\]"):
        wb.train(short, sinks=[name])
    assert not store.exists()


@pytest.fixture
def cut_short(store, small, tmp_path):
    """Train with a sink, lose the run at its pause, and resume what was left of it elsewhere."""

    def again(sink):
        session = wb.start(small, paused=True, sinks=[sink])
        session.step(12)
        until(lambda: session.step_number == 12)
        session.pause()
        until(lambda: session.folder.path.joinpath("checkpoint", "latest.json").is_file())
        until(lambda: json.loads((session.path / "checkpoint" / "latest.json").read_text())["position"]["step"] == 12)
        left = shutil.copytree(session.path, tmp_path / "elsewhere" / session.path.name)
        session.stop()
        session.wait()
        return wb.resume(left, progress=False, sinks=[sink])

    return again


# ---------------------------------------------------------------- TensorBoard


def events(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder)).Reload()


def test_tensorboard_has_the_numbers_of_the_history(store, small):
    pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
    spec = small.replace(epochs=1, affinity={"name": "gradient_cosine", "every": 4})
    run = wb.train(spec, progress=False, sinks=["tensorboard"])
    found = events(run.path / "tensorboard")
    for tag, where in {
        "train/loss/digit": ("train", "digit", "loss"),
        "train/weight/ink": ("train", "ink", "weight"),
        "val/accuracy/parity": ("val", "parity", "accuracy"),
        "test/r2/ink": ("test", "ink", "r2"),
    }.items():
        assert {e.step: e.value for e in found.Scalars(tag)} == pytest.approx(expected(run, *where))
    assert len(found.Scalars("affinity/digit/to/ink")) == len(run.affinity.maps)
    assert any("spec" in tag for tag in found.Tags()["tensors"])


def test_tensorboard_goes_on_where_a_lost_run_stood(cut_short):
    pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
    run = cut_short("tensorboard")
    found = {e.step: e.value for e in events(run.path / "tensorboard").Scalars("train/loss/digit")}
    assert found == pytest.approx(expected(run, "train", "digit", "loss"))
    assert max(found) == run.summary["steps"] > 12


def test_tensorboard_into_a_folder_from_the_command_line(tmp_path, capsys):
    pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
    words = ["--set", "tasks=ink", "--set", "epochs=1", "--set", "batch_size=512", "--quiet"]
    events_folder = tmp_path / "events"
    assert main(["train", *words, "--out", str(tmp_path / "runs"), "--sink", f"tensorboard:{events_folder}"]) == 0
    run = wb.open(capsys.readouterr().out.strip())
    assert len(events(events_folder / run.path.name).Scalars("train/loss/ink")) == run.summary["steps"]


def test_tensorboard_that_cannot_write_is_told(store, short, tmp_path):
    pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
    (tmp_path / "taken").write_text("a file")
    with pytest.warns(RuntimeWarning, match="TensorBoard failed at step 0"):
        run = wb.train(short, progress=False, sinks=[f"tensorboard:{tmp_path / 'taken'}"])
    assert run.summary["status"] == "done"


# ---------------------------------------------------------------- MLflow


def test_mlflow_has_the_numbers_of_the_history(store, small, monkeypatch):
    pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    from mlflow.tracking import MlflowClient

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = wb.train(small.replace(epochs=2), progress=False, sinks=["mlflow"])
    client = MlflowClient(tracking_uri=f"sqlite:///{store / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("digits")
    (found,) = client.search_runs([experiment.experiment_id])
    assert (found.info.run_name, found.info.status) == (run.path.name, "FINISHED")
    assert (found.data.params["lr"], found.data.params["encoder.width"]) == (str(run.spec.lr), "32")
    for key, where in {
        "train/loss/digit": ("train", "digit", "loss"),
        "val/accuracy/parity": ("val", "parity", "accuracy"),
        "test/r2/ink": ("test", "ink", "r2"),
    }.items():
        history = client.get_metric_history(found.info.run_id, key)
        assert {m.step: m.value for m in history} == pytest.approx(expected(run, *where))
    assert not (store / "mlruns").exists()


def test_mlflow_goes_on_in_the_same_run(cut_short, tmp_path):
    pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    from mlflow.tracking import MlflowClient

    file = tmp_path / "kept" / "all.db"
    run = cut_short(f"mlflow:{file}")
    client = MlflowClient(tracking_uri=f"sqlite:///{file}")
    (found,) = client.search_runs([client.get_experiment_by_name("digits").experiment_id])
    history = client.get_metric_history(found.info.run_id, "train/loss/digit")
    assert {m.step: m.value for m in history} == pytest.approx(expected(run, "train", "digit", "loss"))
    assert found.info.status == "FINISHED"
