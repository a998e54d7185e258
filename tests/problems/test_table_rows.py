"""table: rows that weigh, tables put together, new rows for a trained model."""

import numpy as np
import pandas as pd
import pytest
import torch

import workbench as wb
from workbench.component import WorkbenchError
from workbench.problems import SPLITS, Table, prepare
from workbench.training.experiment import Experiment
from workbench.training.looks import one_pass


def frame(rows: int = 60, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    return pd.DataFrame(
        {
            "x": x,
            "code": random.choice(["a", "b", "c"], rows),
            "weight": np.arange(rows) % 3,
            "y": 2 * x + random.normal(size=rows),
            "label": np.where(x > 0, "yes", "no"),
        }
    )


def table(path, **settings) -> Table:
    return Table(**Table.prepare({"path": path, "targets": ["y", "label"], **settings}))


def fault(call) -> list[str]:
    with pytest.raises(WorkbenchError) as error:
        call()
    return error.value.faults


# ---------------------------------------------------------------- rows that weigh


def test_weights_are_no_input_and_average_one():
    data = prepare(table(frame(), sample_weight="weight"))
    assert data.view_specs[0].shape == (4,)  # x, and one column for each of three codes
    torch.testing.assert_close(data.row_weights, torch.arange(60).float() % 3)
    scaled = frame()
    scaled["weight"] *= 1e6
    torch.testing.assert_close(prepare(table(scaled, sample_weight="weight")).row_weights, data.row_weights)


def test_weights_count_in_training_and_nowhere_else():
    """A row of weight 2 counts as two, a row of weight 0 not at all; metrics do not see them."""

    def experiment(**settings):
        problem = {"name": "table", "path": frame(), "targets": ["y", "label"], **settings}
        return Experiment(wb.Spec(problem=problem, batch_size=8, affinity=None))

    weighted, plain = experiment(sample_weight="weight"), experiment(drop=["weight"])
    rows = torch.tensor([0, 1, 2, 4])  # weights 0, 1, 2, 1
    repeated = torch.tensor([1, 2, 2, 4])
    found = one_pass(weighted, rows, [0, 1], 1, False).values
    torch.testing.assert_close(found, one_pass(plain, repeated, [0, 1], 1, False).values)
    views, targets = weighted.data.batch(rows)
    outputs = weighted.model(views)
    for task in weighted.tasks:
        losses = task.losses(outputs[task.name], targets[task.name])
        torch.testing.assert_close(task.loss(outputs[task.name], targets[task.name]), losses.mean())


# ---------------------------------------------------------------- tables put together


@pytest.fixture
def two():
    """A table with `y` and one with `label`; they share x, each has an input of its own."""
    first = frame(90).drop(columns=["label", "weight"])
    second = frame(30, seed=1).drop(columns=["y", "code"])
    return [first, second]


def test_merged_tables_keep_their_columns_rows_and_targets(two):
    raw = table(two).load(0)
    assert torch.equal(raw.sources, (torch.arange(120) >= 90).long())
    assert len(raw.source_names) == 2
    assert raw.targets["y"].isnan().tolist() == [row >= 90 for row in range(120)]
    assert raw.targets["label"].isnan().tolist() == [row < 90 for row in range(120)]
    data = prepare(table(two), seed=3)
    second = torch.arange(120) >= 90
    assert data.view_specs[0].shape == (7,)  # x, weight, the gap in weight; code: missing, a, b, c
    assert torch.equal(data.views["table"][:, 2], (~second).float())
    assert torch.equal(data.views["table"][:, 3], second.float())
    counts = [int((data.sources[data.splits[split]] == 1).sum()) for split in SPLITS]
    assert counts == [18, 6, 6]  # every split has its share of each table


def test_merged_files_are_named_in_faults_and_sources(tmp_path):
    frame().to_csv(tmp_path / "a.csv", index=False)
    bad = frame()
    bad["x"] = bad["x"].astype(object)
    bad.loc[4, "x"] = "much"
    bad.to_csv(tmp_path / "b.csv", index=False)
    both = [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]
    assert fault(lambda: table(both).load(0))[0].startswith("b.csv, row 6, column 'x': 'much' is no number")
    raw = table(both[0], merge=both[:1]).load(0)
    assert raw.source_names == ["a.csv (1)", "a.csv (2)"]
    spec = wb.Spec.from_settings(
        {"problem": "table", "problem.path": both[0], "problem.merge": both[1], "problem.targets": "y,label"}
    )
    assert spec.build("problem").merge == both[1:]
    assert wb.Spec.from_json(spec.to_json()) == spec


def test_merged_folders_need_the_same_splits(tmp_path):
    for folder, names in (("a", ["train", "test"]), ("b", ["train"]), ("c", ["train", "test"])):
        (tmp_path / folder).mkdir()
        for name in names:
            frame(40 if name == "train" else 10).to_csv(tmp_path / folder / f"{name}.csv", index=False)
    paths = {folder: str(tmp_path / folder) for folder in "abc"}
    (found,) = fault(lambda: table([paths["a"], paths["b"]]).load(0))
    assert "brings the splits test" in found
    assert "brings none" in found
    data = prepare(table([paths["a"], paths["c"]]))
    assert data.splits["test"].tolist() == [*range(40, 50), *range(90, 100)]


def test_bundled_tables_merge_with_their_targets():
    problem = Table(path="iris", merge=["wine"])
    assert problem.task_names() == ["species", "petal width (cm)", "cultivar", "alcohol", "color_intensity"]
    assert len(prepare(problem).sources) == 150 + 178


def test_categories_stay_categories_when_merged():
    parts = [frame(40), frame(30, seed=2)]
    for part, codes in zip(parts, ([1, 2], [2, 3]), strict=True):
        part["code"] = pd.Categorical(np.resize(codes, len(part)))
    assert prepare(table(parts, drop=["weight"])).view_specs[0].shape == (4,)


# ---------------------------------------------------------------- new rows


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A model trained on columns of every way of reading: numbers with gaps, text, codes of numbers."""
    trained = frame(200)
    trained["code"] = trained["code"].where(trained.index % 7 > 0, None)
    trained["size"] = np.where(trained.index % 5 == 0, np.nan, trained.index % 4)
    trained["area"] = trained.index % 3 + 10
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_DATA", str(tmp_path_factory.mktemp("data")))
        problem = {
            "name": "table",
            "path": trained,
            "targets": ["y", "label"],
            "categories": ["area"],
            "sample_weight": "weight",
        }
        spec = wb.Spec(problem=problem, encoder={"name": "mlp", "width": 8}, epochs=1, batch_size=32)
        yield wb.train(spec, progress=False, out=tmp_path_factory.mktemp("runs")), trained


def test_predictions_for_a_frame_are_those_for_the_encoded_rows(run):
    trained, rows = run
    encoded = trained.rebuilt()[1].views["table"]
    wanted, found = trained.predict(encoded), trained.predict(rows)
    inputs = rows[["size", "area", "code", "x"]].set_index(np.arange(len(rows)) * 3)
    for name in ("y", "label"):
        assert torch.equal(found[name], wanted[name])
        assert torch.equal(trained.predict(inputs)[name], wanted[name])  # only the inputs, in another order
    assert torch.equal(trained.predict(rows.iloc[[7]])["y"], wanted["y"][[7]])


def test_unseen_categories_and_whole_columns_of_gaps_can_be_predicted(run):
    trained, rows = run
    new = rows.head(4).assign(code="z", area=[10.0, 11.0, 99.0, np.nan], size=np.nan)
    assert torch.isfinite(trained.predict(new)["y"]).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="code"), "The DataFrame lacks the column 'code': found: x, weight, y"),
        (lambda f: f.rename(columns={"size": "siz"}), "The DataFrame lacks the column 'size': did you mean 'siz'?"),
        (lambda f: f.assign(colour=1), "has a column 'colour' the table had not: it had: x, code"),
        (lambda f: f.assign(x=["1", "2", "many"]), "the DataFrame, row 3, column 'x': 'many' is no number between"),
        (lambda f: f.head(0), "The DataFrame has no rows; predict needs one at least."),
        (lambda f: pd.concat([f, f[["x"]]], axis=1), "more than one column of the same name"),
    ],
)
def test_frames_that_do_not_fit_are_one_sentence(run, change, words):
    trained, rows = run
    assert any(words in sentence for sentence in fault(lambda: trained.predict(change(rows.head(3)))))


def test_a_frame_for_another_problem_is_refused():
    with pytest.raises(WorkbenchError, match="can be read where the problem is a table; here is the view 'image'"):
        prepare(wb.problems.Digits()).from_frame(frame())
