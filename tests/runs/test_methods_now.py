"""What every method would do with the gradients of a run's last map."""

import json

import numpy as np
import pytest
import torch

import workbench as wb
from workbench.runs.history import GradientsAt, History
from workbench.runs.methods_now import gramian, methods_now
from workbench.training.records import AffinityMap, Begin, Step

EVERY_4 = {"name": "gradient_cosine", "every": 4}
NAN = float("nan")


def maps(run):
    lines = (run.path / "records.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["type"] == "affinity"]


@pytest.mark.parametrize("weighting", ["equal", "pcgrad"])
def test_every_map_is_recorded_with_its_gramian(store, small, weighting):
    run = wb.train(small.replace(weighting=weighting, affinity=EVERY_4), progress=False)
    found = maps(run)
    assert len(found) >= 3
    for record in found:
        G = np.array(record["gramian"])
        length = np.sqrt(np.diag(G))
        np.testing.assert_allclose(G / np.outer(length, length), np.array(record["matrix"]), atol=1e-6)


def test_the_gramian_of_a_run_is_the_same_from_its_folder(store, small):
    run = wb.train(small.replace(affinity=EVERY_4), progress=False)
    again = wb.open(run.path)
    at, there = run.gramian(), again.gramian()
    assert at.step == there.step == maps(run)[-1]["step"]
    for mine, its in zip(at[1:], there[1:], strict=True):
        np.testing.assert_array_equal(mine, its)
    history = run.history.set_index(["step", "quantity", "split"])["value"]
    assert at.losses.tolist() == history.loc[at.step, "loss", "train"].tolist()
    assert at.weights.tolist() == history.loc[at.step, "weight", "train"].tolist()
    earlier = run.gramian(step=at.step - 1)
    assert earlier.step == maps(run)[-2]["step"]
    with pytest.raises(wb.WorkbenchError, match="up to step 0; the first one is of step 1"):
        run.gramian(step=0)


def test_methods_now_is_the_comparison_of_that_step_with_what_the_run_did(store, small):
    run = wb.train(small.replace(weighting="upgrad", affinity=EVERY_4), progress=False)
    at, frame = run.gramian(), run.methods_now()
    this_run = frame[frame["method"] == "this run"]
    assert this_run["task"].tolist() == run.tasks
    assert this_run["weight"].tolist() == pytest.approx(at.weights.tolist())
    # this method remembers nothing, so a fresh one does what the run did
    its_own = frame[frame["method"] == "upgrad"]
    assert its_own["weight"].tolist() == pytest.approx(at.weights.tolist(), rel=1e-5)
    G, losses = (torch.as_tensor(x, dtype=torch.float32) for x in (at.G, at.losses))
    methods = frame[frame["method"] != "this run"].reset_index(drop=True)
    assert methods.equals(wb.weightings.compare(G, losses, run.tasks))
    first = run.methods_now(step=1)
    assert first["weight"].tolist() != frame["weight"].tolist()


def recorded(*records):
    return History([Begin(("a", "b", "c"), 10, 1, (1, 1)), *records])


def test_a_task_that_was_absent_is_left_out():
    G = ((4.0, NAN, -1.0), (NAN, NAN, NAN), (-1.0, NAN, 1.0))
    history = recorded(
        Step(1, 1, (0.5, NAN, 2.0), (1.0, NAN, 1.0), 1.0, 0.1),
        AffinityMap(1, 1, "gradient_cosine", G, G),
        Step(2, 1, (0.4, 0.4, 0.4), (1.0, 1.0, 1.0), 1.0, 0.1),
    )
    assert gramian(history).losses.tolist() == pytest.approx([0.5, NAN, 2.0], nan_ok=True)
    frame = methods_now(history)
    assert set(frame["task"]) == {"a", "c"}
    assert frame["share"].notna().all()


def test_a_run_without_gramians_says_why():
    step = Step(1, 1, (0.5, 1.0, 2.0), (1.0, 1.0, 1.0), 1.0, 0.1)
    with pytest.raises(wb.WorkbenchError, match="it comes with the affinity map"):
        methods_now(recorded(step))
    old = recorded(step, AffinityMap(1, 1, "gradient_cosine", ((1.0, 0.0, 0.0),) * 3))
    with pytest.raises(wb.WorkbenchError, match=r"recorded before maps were kept.*wb\.replay"):
        methods_now(old)


def test_a_run_without_affinity_says_so(store, small):
    run = wb.train(small.replace(affinity=None, epochs=1), progress=False)
    with pytest.raises(wb.WorkbenchError, match="No Gramian was measured"):
        run.methods_now()


def test_who_moves_the_encoder_sums_to_one_and_may_be_negative():
    at = GradientsAt(3, np.array([[4.0, -1.0], [-1.0, 1.0]]), np.zeros(2), np.array([1.0, 0.5]))
    update = np.array([4 - 0.5, 0.5 * (-1 + 0.5)])  # w_i <g_i, d>
    np.testing.assert_allclose(at.shares, update / update.sum())
    assert at.shares[1] < 0
    absent = at._replace(G=np.array([[4.0, np.nan], [np.nan, np.nan]]), weights=np.array([1.0, np.nan]))
    np.testing.assert_array_equal(absent.shares, [1.0, np.nan])
    assert np.isnan(at._replace(G=np.zeros((2, 2))).shares).all()


def test_it_is_recorded_with_every_map(store, small):
    run = wb.train(small.replace(affinity=EVERY_4), progress=False)
    rows = run.history.query("quantity == 'share'")
    assert rows["step"].unique().tolist() == [at.step for at in run.records.gramians]
    np.testing.assert_allclose(rows.groupby("step")["value"].sum(), 1)
