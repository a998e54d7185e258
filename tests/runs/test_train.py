"""A run from spec to folder: what it leaves, and that the same spec gives the same numbers."""

import json

import pytest
import torch

import workbench as wb

WEIGHTINGS = list(wb.components("weighting")["name"])


def lines(run, without=()):
    """The records of a run as text, commands of some kinds left out."""
    kept = []
    for line in (run.path / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record.get("command") not in without:
            kept.append(line)
    return kept


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("fusion", ["shared", "independent"])
def test_same_spec_and_seed_same_records(store, small, weighting, fusion):
    spec = small.replace(weighting=weighting, fusion=fusion, epochs=2)
    one, two = wb.train(spec, progress=False), wb.train(spec, progress=False)
    assert lines(one) == lines(two)
    assert len(lines(one)) > 10
    assert one.path != two.path


def test_another_seed_gives_other_numbers(store, small):
    assert lines(wb.train(small, progress=False)) != lines(wb.train(small.replace(seed=1), progress=False))


def test_randomness_elsewhere_changes_nothing(store, small):
    spec = small.replace(encoder={"name": "mlp", "width": 32, "dropout": 0.5})
    one = wb.train(spec, progress=False)
    torch.rand(17)
    assert lines(one) == lines(wb.train(spec, progress=False))


def test_what_a_run_leaves(store, small):
    run = wb.train(small, progress=False)
    names = {path.name for path in run.path.iterdir()}
    assert names >= {"spec.json", "environment.json", "records.jsonl", "commands.jsonl", "summary.json", "checkpoint"}
    assert wb.Spec.from_json((run.path / "spec.json").read_text()) == small
    summary = json.loads((run.path / "summary.json").read_text())
    assert summary["status"] == "done"
    assert set(summary["tasks"]) == {"digit", "parity", "ink"}
    assert summary["steps"] == 27
    assert summary["steered"] is False
    assert summary["steps_per_second"] == pytest.approx(27 / summary["seconds"])
    assert summary["parameters"] == sum(p.numel() for p in run.model().parameters())
    assert summary["tasks"]["ink"]["metric"] == "r2"
    assert not list(run.path.rglob("*.pkl"))


def test_history_is_tidy_and_the_same_from_disk(store, small):
    run = wb.train(small, progress=False)
    frame = run.history
    assert list(frame.columns) == ["step", "epoch", "split", "task", "quantity", "value"]
    loss = frame[(frame["split"] == "train") & (frame["quantity"] == "loss") & (frame["task"] == "digit")]
    assert list(loss["step"]) == list(range(1, 28))
    assert set(frame["split"]) == {"train", "val", "test"}
    again = wb.open(run.path)
    assert again.history.equals(frame)
    assert again.summary == run.summary
    assert (again.affinity.matrix == run.affinity.matrix).all()


def test_it_learns(store, small):
    run = wb.train(small.replace(epochs=30, lr=3e-3), progress=False)
    tasks = run.summary["tasks"]
    assert tasks["digit"]["test"] > 0.9
    assert tasks["ink"]["test"] > 0.8


def test_predictions_are_those_of_the_summary(store, small):
    run = wb.train(small.replace(epochs=8, lr=3e-3), progress=False)
    _, data, _ = run.rebuilt()
    rows = data.splits["test"]
    found = run.predict()
    accuracy = (found["digit"] == data.targets["digit"][rows]).double().mean().item()
    assert accuracy == pytest.approx(run.summary["tasks"]["digit"]["test"])
    again = run.predict(data.views["image"][rows].numpy())
    assert torch.equal(again["ink"], found["ink"])
    with pytest.raises(wb.WorkbenchError, match=r"should be \[batch, 1, 8, 8\], found \[3, 64\]"):
        run.predict(torch.zeros(3, 64))
    with pytest.raises(wb.WorkbenchError, match="no view 'img': did you mean 'image'"):
        run.predict({"img": torch.zeros(3, 1, 8, 8)})


def test_the_kept_model_is_the_best_on_validation(store, small):
    run = wb.train(small.replace(epochs=6, lr=3e-2), progress=False)
    frame = run.history
    score = (
        frame[(frame["split"] == "val") & frame["quantity"].isin(["accuracy", "r2"])].groupby("epoch")["value"].mean()
    )
    assert run.summary["best_epoch"] == score.idxmax()
    last = wb.train(small.replace(epochs=6, lr=3e-2, select="last"), progress=False)
    assert last.summary["best_epoch"] == 6


def test_patience_stops_early(store, small):
    run = wb.train(small.replace(epochs=100, lr=0.3, patience=2), progress=False)
    assert run.summary["status"] == "done"
    assert run.summary["epochs"] < 100
    assert "no better validation for 2 epochs" in run.summary["reason"]


def test_select_val_loss_and_lr_schedules_and_clip(store, small):
    for changes in (
        {"select": "val_loss"},
        {"lr_schedule": "cosine"},
        {"lr_schedule": {"name": "step", "drops": 2}},
        {"clip": 0.1},
        {"optimizer": {"name": "sgd", "momentum": 0.9}},
        {"precision": "bf16"},
        {"schedule": "round_robin"},
        {"gradients": "representation", "weighting": "mgda"},
        {"train_fraction": 0.5, "batch_size": 64},
    ):
        run = wb.train(small.replace(**changes), progress=False)
        assert run.summary["status"] == "done", changes
        frame = run.history
        rates = frame[frame["quantity"] == "lr"]["value"]
        if "lr_schedule" in changes:
            assert rates.iloc[-1] < rates.max()
        if "clip" in changes:
            assert (frame[frame["quantity"] == "length"]["value"] <= 0.1 + 1e-6).all()


def test_round_robin_trains_one_task_at_a_time(store, small):
    run = wb.train(small.replace(schedule="round_robin"), progress=False)
    counts = run.history.query("split == 'train' and quantity == 'loss'").groupby("task").size()
    assert dict(counts) == {"digit": 9, "parity": 9, "ink": 9}
    steps = run.history.query("split == 'train' and quantity == 'loss' and task == 'parity'")["step"]
    assert list(steps) == list(range(2, 28, 3))


def test_independent_networks_do_not_touch_each_other(store, small):
    """Training three networks side by side is training each alone: what the others do changes nothing for one."""

    def digit_losses(weights):
        spec = small.replace(fusion="independent", weighting={"name": "fixed", "weights": weights})
        return wb.train(spec, progress=False).history.query("quantity == 'loss' and task == 'digit'")["value"].to_list()

    together = digit_losses({})
    assert digit_losses({"parity": 0.0, "ink": 7.0}) == together
    assert digit_losses({"digit": 0.0}) != together


def test_baselines_are_found_again_by_content(store, small):
    first = wb.baseline(small, progress=False)
    assert wb.baseline(small.replace(weighting="pcgrad", name="other"), progress=False).path == first.path
    assert wb.baseline(small.replace(lr=0.5), progress=False).path != first.path


def test_delta_m_appears_with_the_baseline(store, small):
    run = wb.train(small, progress=False)
    assert run.summary["delta_m"] is None
    wb.baseline(small, progress=False)
    assert isinstance(run.summary["delta_m"], float)


def test_figures_and_report(store, small):
    run = wb.train(small.replace(epochs=8), progress=False)
    assert len(run.losses().data) == 6
    assert len(run.weights().data) == 6
    assert run.heatmap().data[0].z.shape == (3, 3)
    page = run.report().read_text()
    assert "Plotly.newPlot" in page
    assert "<script src=" not in page
    assert run.spec.share() in page
    with pytest.raises(wb.WorkbenchError, match=r"page\.html' cannot be written: No such file or directory"):
        run.report(store / "gone" / "page.html")


def test_missing_labels_are_masked_and_absent_tasks_do_not_move(store, tmp_path):
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4))
    frame = pd.DataFrame(x, columns=list("abcd"))
    frame["y"] = x[:, 0] + 0.1 * rng.normal(size=400)
    frame["z"] = np.where(np.arange(400) % 40 == 0, x[:, 1] * 2, np.nan)
    spec = wb.Spec(
        problem={"name": "table", "path": frame, "targets": ["y", "z"], "kinds": {"z": "regression"}},
        batch_size=8,
        epochs=3,
        affinity={"name": "gradient_cosine", "every": 1},
    )
    for weighting in WEIGHTINGS:
        run = wb.train(spec.replace(weighting=weighting), progress=False)
        history = run.history
        train = history[(history["split"] == "train") & (history["quantity"] == "loss")]
        assert 0 < (train["task"] == "z").sum() < (train["task"] == "y").sum()
        assert np.isfinite(train["value"]).all()
        assert run.summary["status"] == "done"
