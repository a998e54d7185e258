"""reference: scikit-learn's linear models on the rows, inputs and metrics of a run."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.multioutput import MultiOutputRegressor

import workbench as wb
from workbench.problems import prepare
from workbench.runs.reference import reference
from workbench.training import linear as module


@pytest.fixture
def frame(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 3))
    noise = random.normal(size=(300, 2))
    return pd.DataFrame(
        {
            **{f"x{i}": x[:, i] for i in range(3)},
            "weight": random.integers(0, 4, 300),
            "y": 10 + 3 * x[:, 0] - x[:, 1] + 0.5 * noise[:, 0],
            "z": x[:, 2] + noise[:, 1],
            "label": np.where(x[:, 0] + noise[:, 0] > 0, "yes", "no"),
        }
    )


def spec(frame, **settings):
    return wb.Spec(problem={"name": "table", "path": frame, "targets": ["y", "z", "label"], **settings})


def test_the_reference_is_what_scikit_learn_finds_on_these_rows(frame, monkeypatch):
    monkeypatch.setattr(module, "ALPHAS", (1.0,))
    monkeypatch.setattr(module, "INVERSE", (1.0,))
    made = spec(frame, sample_weight="weight")
    found = reference(made)
    assert found[["task", "metric"]].values.tolist() == [
        *[[task, metric] for task in ("y", "z") for metric in ("r2", "mae")],
        *[["label", metric] for metric in ("accuracy", "f1", "auc")],
    ]
    data = prepare(made.build("problem"))
    x, train, test = data.views["table"].double().numpy(), data.splits["train"].numpy(), data.splits["test"].numpy()
    y, weights = frame[["y", "z"]].to_numpy(), data.row_weights[data.splits["train"]].numpy()
    scaled = (y - y[train].mean(0)) / y[train].std(0)
    ridge = MultiOutputRegressor(Ridge()).fit(x[train], scaled[train], sample_weight=weights)
    wanted = r2_score(scaled[test], ridge.predict(x[test]), multioutput="raw_values")
    assert found.query("metric == 'r2'")["test"].tolist() == pytest.approx(wanted, abs=1e-6)
    labels = (frame["label"] == "yes").to_numpy()
    logistic = LogisticRegression(max_iter=1000).fit(x[train], labels[train], sample_weight=weights)
    auc = roc_auc_score(labels[test], logistic.decision_function(x[test]))
    assert found.query("metric == 'auc'")["test"].item() == pytest.approx(auc, abs=1e-6)
    assert set(found["model"]) == {"ridge", "logistic regression"}


def test_missing_labels_and_unseen_classes_are_left_out(frame):
    frame.loc[frame.index % 3 > 0, "z"] = np.nan
    frame.loc[:1, "label"] = "rare"
    found = reference(spec(frame)).set_index(["task", "metric"])["test"]
    assert found["y", "r2"] > 0.9
    assert np.isfinite(found["z", "r2"])
    assert found["label", "accuracy"] > 0.6


def test_validation_chooses_the_penalty(frame, monkeypatch):
    monkeypatch.setattr(module, "ALPHAS", (1.0, 1e9))
    found = reference(spec(frame))
    assert set(found.query("task == 'y'")["penalty"]) == {1.0}
    assert found.query("task == 'y' and metric == 'r2'")["test"].item() > 0.9


def test_words_are_no_columns():
    with pytest.raises(wb.WorkbenchError, match="View 'text' holds words; a linear model needs columns"):
        module.columns({"text": torch.zeros(3, 5, dtype=torch.int64)})


def test_images_are_read_as_columns():
    found = reference(wb.Spec(tasks=["ink", "parity"])).set_index(["task", "metric"])["test"]
    assert found["ink", "r2"] > 0.99
    assert found["parity", "accuracy"] > 0.8
