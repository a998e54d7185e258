"""A search asks, runs tell; validation decides."""

import numpy as np
import pytest

import workbench as wb
from workbench.component import WorkbenchError
from workbench.runs.scores import kept_score

pytest.importorskip("optuna", reason="the extra 'search' is not installed")
SPEC = wb.Spec(tasks=["digit", "ink"], encoder={"name": "mlp", "width": 16}, epochs=2, batch_size=256)
SPACE = {
    "lr": (1e-4, 1e-1, "log"),
    "encoder.width": [8, 32],
    "weighting": ["equal", {"name": "dwa", "temperature": 1.0}],
}


def test_the_best_trial_by_validation(tmp_path):
    found = wb.search(SPEC, SPACE, 6, progress=False, out=tmp_path)
    frame = found.frame
    assert list(frame["trial"]) == list(range(6))
    assert frame["lr"].between(1e-4, 1e-1).all()
    assert set(frame["encoder.width"]) <= {8, 32}
    assert frame["best"].sum() == 1
    assert frame.loc[frame["best"], "score"].item() == frame["score"].max()
    run = wb.open(tmp_path / frame.loc[frame["best"], "run"].item())
    assert run.spec == found.spec
    assert run.summary["score"]["best"] == frame["score"].max()
    again = wb.search(SPEC, SPACE, 6, progress=False, out=tmp_path)
    assert again.frame.equals(frame)  # the same seed asks the same, and nothing is trained twice


def test_one_objective_per_task_gives_a_front(tmp_path):
    found = wb.search(SPEC, {"lr": (1e-3, 1e-1, "log")}, 5, objectives=["digit", "ink"], progress=False, out=tmp_path)
    values = found.frame[["digit", "ink"]].to_numpy()
    dominated = [bool(((values >= v).all(1) & (values > v).any(1)).any()) for v in values]
    assert (~found.frame["best"]).tolist() == dominated
    assert len(found.specs) == found.frame["best"].sum()
    assert found.objectives == {"digit": True, "ink": True}


def test_runs_that_are_behind_are_stopped(tmp_path):
    space = {"lr": (1e-6, 1e-1, "log")}
    found = wb.search(SPEC.replace(epochs=6), space, 12, prune=True, progress=False, out=tmp_path, seed=3)
    states = found.frame.set_index("trial")["state"]
    assert "pruned" in set(states)
    stopped = wb.open(tmp_path / found.frame.loc[found.frame["state"] == "pruned", "run"].iloc[0])
    assert stopped.summary["status"] == "stopped"
    assert stopped.summary["epochs"] < 6
    assert np.isnan(found.frame.loc[found.frame["state"] == "pruned", "score"]).all()


def test_a_pruned_search_again_is_the_same_and_trains_no_complete_run_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))

    def searched():
        return wb.search(
            SPEC.replace(epochs=6), {"lr": (1e-6, 1e-1, "log")}, 12, prune=True, progress=False, seed=3
        ).frame

    first, again = searched(), searched()
    assert "pruned" in set(first["state"])
    assert again.drop(columns="run").equals(first.drop(columns="run"))
    complete = first["state"] == "complete"
    assert again.loc[complete, "run"].equals(first.loc[complete, "run"])


def test_a_trial_is_judged_by_the_model_that_its_run_keeps(tmp_path):
    spec = SPEC.replace(select="last", epochs=6, lr=0.1)
    frame = wb.search(spec, {"encoder.width": [8, 16]}, 2, progress=False, out=tmp_path).frame
    runs = [wb.open(tmp_path / name) for name in frame["run"]]
    assert frame["score"].tolist() == [kept_score(run) for run in runs]
    assert any(run.summary["score"]["best"] > kept_score(run) for run in runs)  # else nothing is shown


def test_a_search_without_a_completed_trial_has_no_best_one(tmp_path):
    found = wb.search(SPEC.replace(optimizer="sgd"), {"lr": [1e25, 1e26]}, 2, progress=False, out=tmp_path)
    assert set(found.frame["state"]) == {"fail"}
    with pytest.raises(WorkbenchError, match="No trial of this search is the best: all 2 failed"):
        _ = found.spec


def test_what_is_no_spec_is_one_sentence(tmp_path):
    with pytest.raises(WorkbenchError, match=r"search takes a spec, .*found 'digits'"):
        wb.search("digits", SPACE, progress=False, out=tmp_path)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"space": {}}, "needs a space"),
        ({"space": {"lr": 3}}, "'lr' should be a list of choices"),
        ({"space": {"lr": (0.1, 0.01)}}, "'lr' should be a list of choices"),
        ({"space": {"lr": (0, 0.01, "log")}}, "should begin above 0"),
        ({"space": {"lrr": [1]}}, "lrr.*lr"),
        ({"space": SPACE, "trials": 0}, "at least 1"),
        ({"space": SPACE, "objectives": ["inc"]}, "no objective 'inc'.*ink"),
        ({"space": SPACE, "objectives": ["digit", "ink"], "prune": True}, "one objective"),
    ],
)
def test_bad_input_is_one_sentence(given, sentence, tmp_path):
    with pytest.raises(WorkbenchError, match=sentence):
        wb.search(SPEC, **given, progress=False, out=tmp_path)
