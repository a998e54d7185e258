"""table: what it infers, how it encodes, and what it says about bad files."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from workbench.component import WorkbenchError, from_text
from workbench.problems import SPLITS, Table, prepare
from workbench.problems.frames import BUNDLED

ADULT = [
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
]


def write(folder: Path, text: str, name: str = "a.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def lines(rows: int = 20, cell: str = "") -> str:
    """A table with inputs x, colour and targets y, label; ``cell`` replaces x in row 5 of the file."""
    body = [
        f"{row / 7:.3f},{'red' if row % 3 else 'blue'},{row * 1.5},{'yes' if row % 2 else 'no'}" for row in range(rows)
    ]
    if cell:
        body[3] = f"{cell},red,4.5,yes"
    return "\n".join(["x,colour,y,label", *body]) + "\n"


def table(path: str, **settings) -> Table:
    return Table(**{"path": path, "targets": ["y", "label"], **settings})


def fault(path: str, **settings) -> list[str]:
    with pytest.raises(WorkbenchError) as error:
        table(path, **settings).load(0)
    return error.value.faults


# ---------------------------------------------------------------- what is read


def test_kinds_are_inferred_and_inputs_encoded(tmp_path):
    data = prepare(table(write(tmp_path, lines())))
    assert [(task.name, task.kind) for task in data.tasks] == [("y", "regression"), ("label", "classification")]
    assert data.tasks[1].describe()["classes"] == ["no", "yes"]
    assert data.view_specs[0].name == "table"
    assert data.view_specs[0].shape == (3,)  # x, and one column for each of two colours
    x = data.views["table"]
    train = x[data.splits["train"]]
    assert train[:, 0].mean().item() == pytest.approx(0, abs=1e-6)
    assert train[:, 0].std(correction=0).item() == pytest.approx(1, abs=1e-5)
    assert (x[:, 1:].sum(dim=1) == 1).all()
    assert data.targets["label"].tolist() == [row % 2 for row in range(20)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 1] * 10, "classification"),
        (list(range(10)) * 5, "classification"),
        (list(range(11)) * 5, "regression"),
        (list(range(10)) * 4, "regression"),
        ([0.5, 1.0] * 10, "regression"),
        (["1.0", "2.0"] * 10, "classification"),
        ([True, False] * 10, "classification"),
        (["b", "a"] * 2, "classification"),
    ],
)
def test_the_rule_for_kinds(tmp_path, values, kind):
    frame = pd.DataFrame({"x": np.arange(len(values)), "y": values})
    settings = Table.prepare({"path": frame, "targets": ["y"]})
    assert Table(**settings).load(0).tasks[0].kind == kind


def test_kinds_override(tmp_path):
    text = "x,y,label\n" + "".join(f"{row},{row % 2},{row % 3}\n" for row in range(30))
    raw = table(write(tmp_path, text), kinds={"y": "regression"}).load(0)
    assert [task.kind for task in raw.tasks] == ["regression", "classification"]
    raw = table(write(tmp_path, text), kinds={"y": "regression", "label": "regression"}).load(0)
    assert raw.tasks[1].kind == "regression"


def test_number_classes_are_ordered_as_numbers(tmp_path):
    text = "x,y\n" + "".join(f"{row},{(10, 2, 33)[row % 3]}\n" for row in range(30))
    raw = Table(path=write(tmp_path, text), targets=["y"], kinds={"y": "classification"}).load(0)
    assert raw.tasks[0].describe()["classes"] == ["2", "10", "33"]
    assert raw.targets["y"][:3].tolist() == [1, 0, 2]


def test_missing_inputs_get_the_training_median_and_a_mark(tmp_path):
    rows = [f"{'?' if row % 5 == 0 else row},{'NA' if row % 4 == 0 else 'red'},{row},{row % 2}" for row in range(40)]
    data = prepare(table(write(tmp_path, "x,colour,y,label\n" + "\n".join(rows))), seed=1)
    value, gap, missing, red = data.views["table"].T
    absent = torch.arange(40) % 5 == 0
    assert torch.equal(gap.bool(), absent)
    assert torch.equal(missing.bool(), torch.arange(40) % 4 == 0)
    assert torch.equal(red, 1 - missing)
    train = [row for row in data.splits["train"].tolist() if row % 5]
    median = np.median(train)
    filled = np.array([row if row % 5 else median for row in data.splits["train"].tolist()])
    assert value[absent][0].item() == pytest.approx((median - filled.mean()) / filled.std(), abs=1e-5)


def test_what_only_test_rows_hold_does_not_change_the_encoding(tmp_path):
    """Extreme numbers, gaps and unseen categories in the test file leave the training rows as they were."""
    train = lines(20)
    (tmp_path / "plain").mkdir()
    (tmp_path / "wild").mkdir()
    for folder, last in (("plain", "0.1,red,1.0,yes"), ("wild", "1e9,green,1e9,yes\n,,2.0,no")):
        write(tmp_path / folder, train, "train.csv")
        write(tmp_path / folder, f"x,colour,y,label\n{last}\n0.2,blue,3.0,no\n", "test.csv")
    plain, wild = (prepare(table(str(tmp_path / folder))) for folder in ("plain", "wild"))
    assert torch.equal(plain.splits["train"], wild.splits["train"])
    rows = plain.splits["train"]
    assert torch.equal(plain.views["table"][rows], wild.views["table"][rows])
    assert plain.tasks[0].describe() == wild.tasks[0].describe()
    assert (wild.views["table"][20, 1:] == 0).all()  # green is neither red nor blue


def test_missing_targets_are_masked(tmp_path):
    rows = [f"{row},{'' if row % 4 == 0 else row},{'?' if row % 3 == 0 else row % 2}" for row in range(40)]
    data = prepare(table(write(tmp_path, "x,y,label\n" + "\n".join(rows))))
    assert torch.equal(data.labelled["y"], torch.arange(40) % 4 != 0)
    assert torch.equal(data.labelled["label"], torch.arange(40) % 3 != 0)
    assert data.targets["label"][0] == -100
    assert data.targets["y"].isnan()[0]


def test_targets_are_never_inputs_whichever_tasks_are_chosen(tmp_path):
    problem = table(write(tmp_path, lines()))
    both, one = prepare(problem), prepare(problem, ["y"])
    assert torch.equal(both.views["table"], one.views["table"])


def test_codes_named_as_categories_are_one_hot(tmp_path):
    text = "x,code,y\n" + "".join(f"{row},{row % 4},{row * 0.5}\n" for row in range(40))
    path = write(tmp_path, text)
    assert prepare(Table(path=path, targets=["y"])).view_specs[0].shape == (2,)
    assert prepare(Table(path=path, targets=["y"], categories=["code"])).view_specs[0].shape == (5,)
    assert prepare(Table(path=path, targets=["y"], drop=["code"])).view_specs[0].shape == (1,)


def test_many_categories_share_a_column(tmp_path):
    text = "code,y\n" + "".join(f"id{row % 100},{row * 0.5}\n" for row in range(300))
    assert prepare(Table(path=write(tmp_path, text), targets=["y"])).view_specs[0].shape == (64,)


def test_groups_stay_in_one_split_and_out_of_the_inputs(tmp_path):
    text = "x,pupil,y\n" + "".join(f"{row},p{row // 4},{row * 0.5}\n" for row in range(40))
    data = prepare(Table(path=write(tmp_path, text), targets=["y"], group="pupil"))
    members = [{row // 4 for row in data.splits[split].tolist()} for split in SPLITS]
    assert sum(map(len, members)) == 10
    assert data.view_specs[0].shape == (1,)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("a.tsv", lambda text: text.replace(",", "\t")),
        ("a.csv", lambda text: text.replace(",", ";")),
        ("a.csv", lambda text: "\ufeff" + text),
        ("a.csv", lambda text: text.replace("\n", "\r\n")),
        ("a.csv", lambda text: text.replace(",", ", ")),
        ("a.csv", lambda text: text.replace("red", '"red"')),
        ("a.csv", lambda text: text + "\n\n"),
        (
            "a.csv",
            lambda text: "\n".join((f"{n - 1 if n else ''},{line}") for n, line in enumerate(text.split("\n")[:-1])),
        ),
    ],
    ids=["tabs", "semicolons", "byte order mark", "windows", "blanks", "quotes", "blank lines", "row numbers"],
)
def test_dialects_read_alike(tmp_path, name, change):
    plain = prepare(table(write(tmp_path, lines(), "plain.csv")))
    other = prepare(table(write(tmp_path, change(lines()), name)))
    assert torch.equal(plain.views["table"], other.views["table"])
    assert torch.equal(plain.targets["label"], other.targets["label"])


def test_csv_gzip_parquet_and_frame_read_alike(tmp_path):
    path = write(tmp_path, lines())
    frame = pd.read_csv(path)
    frame.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(lines().encode()))
    stored = Table.prepare({"path": frame})["path"]
    first = prepare(table(path)).views["table"]
    for other in (str(tmp_path / "a.parquet"), str(tmp_path / "a.csv.gz"), stored):
        assert torch.allclose(prepare(table(other)).views["table"], first)


def test_a_frame_is_stored_by_its_content(own_data_folder):
    frame = pd.DataFrame({"x": range(20), "y": np.arange(20) / 3})
    one, same = Table.prepare({"path": frame})["path"], Table.prepare({"path": frame.copy()})["path"]
    other = Table.prepare({"path": frame + 1})["path"]
    assert one == same != other
    assert Path(one).parent == own_data_folder / "cache" / "tables"
    assert sorted(Path(one).parent.iterdir()) == sorted([Path(one), Path(other)])  # no half-written file is left
    assert Table.prepare({"path": "a.csv"}) == {"path": "a.csv"}
    assert Table.prepare({"path": Path("a.csv")}) == {"path": "a.csv"}


def test_nullable_and_categorical_columns(tmp_path):
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None, 3, 4] * 5, dtype="Int64"),
            "code": pd.Categorical([1, 2, 3, 1] * 5),
            "flag": [True, False] * 10,
            "y": np.arange(20) / 3,
        }
    )
    data = prepare(Table(**Table.prepare({"path": frame, "targets": ["y"]})))
    assert data.view_specs[0].shape == (1 + 1 + 3 + 2,)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "The DataFrame has more than one column named 'x'."),
        (pd.DataFrame({"x": [1, "a"]}), "cannot be stored as Parquet: .*give each column one type"),
    ],
)
def test_frames_that_cannot_be_stored(frame, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        Table.prepare({"path": frame})


def test_files_named_after_splits_are_taken_as_such(tmp_path):
    for name, rows in (("train.csv", 20), ("dev.csv", 6), ("test.csv", 8)):
        write(tmp_path, lines(rows), name)
    data = prepare(table(str(tmp_path)))
    assert [len(data.splits[split]) for split in SPLITS] == [20, 6, 8]
    (tmp_path / "dev.csv").unlink()
    assert [len(prepare(table(str(tmp_path))).splits[split]) for split in SPLITS] == [16, 4, 8]


def test_a_relative_path_is_looked_up_in_the_data_folder_too(tmp_path, monkeypatch, own_data_folder):
    monkeypatch.chdir(tmp_path)
    write(own_data_folder, lines(), "mine.csv")
    assert len(prepare(table("mine.csv")).splits["train"]) == 12


def test_column_names_for_a_file_without_header(tmp_path):
    body = lines().split("\n", 1)[1]
    data = prepare(table(write(tmp_path, body), columns=["x", "colour", "y", "label"]))
    assert len(data.targets["y"]) == 20


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_tables_train_out_of_the_box(name):
    data = prepare(Table(path=name))
    assert data.names == BUNDLED[name]
    assert torch.isfinite(data.views["table"]).all()


def test_the_example_holds_two_kinds_of_task():
    assert [task.kind for task in Table().load(0).tasks] == ["regression", "regression", "classification"]


# ---------------------------------------------------------------- what is wrong


def test_an_unparsable_number_is_named_with_row_column_and_value(tmp_path):
    assert fault(write(tmp_path, lines(cell="3.1x"))) == [
        "a.csv, row 5, column 'x': '3.1x' is no number between -1e30 and 1e30; correct it, or name it in missing, or "
        "the column in categories or drop."
    ]
    assert len(prepare(table(write(tmp_path, lines(cell="3.1x")), missing=["3.1x"])).targets["y"]) == 20


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e400", "1_000", "0x10"])
def test_numbers_no_network_can_read(tmp_path, cell):
    assert f"a.csv, row 5, column 'x': '{cell}' is no number" in fault(write(tmp_path, lines(cell=cell)))[0]


def test_rows_are_counted_as_in_the_file(tmp_path):
    text = lines(cell="bad").replace("\n", "\n\n", 1)
    assert fault(write(tmp_path, text))[0].startswith("a.csv, row 6, column 'x'")
    body = text.split("\n", 2)[2]
    found = fault(write(tmp_path, body), columns=["x", "colour", "y", "label"])
    assert found[0].startswith("a.csv, row 4, column 'x'")
    (tmp_path / "set").mkdir()
    write(tmp_path / "set", lines(), "train.csv")
    write(tmp_path / "set", lines(cell="bad"), "test.csv")
    assert fault(str(tmp_path / "set"))[0].startswith("test.csv, row 5, column 'x'")


def test_all_faults_of_a_table_are_said_at_once_but_not_a_thousand(tmp_path):
    text = "x,colour,y,label\n" + "".join(f"{'bad' if row % 3 else row},{row},{row},a\n" for row in range(3))
    text += "".join(f"{row if row > 30 else 'bad'},1,2,a\n" for row in range(99))
    found = fault(write(tmp_path, text))
    assert sum("column 'x'" in sentence for sentence in found) == 11
    assert "… and 23 more such values in column 'x'." in found
    assert any("column 'label' holds one class only, 'a'" in sentence for sentence in found)


@pytest.mark.parametrize(
    ("text", "settings", "sentence"),
    [
        (lines(), {"targets": ["y", "lable"]}, "has no column 'lable' (targets): did you mean 'label'?"),
        (lines(), {"drop": ["color"]}, "has no column 'color' (drop): did you mean 'colour'?"),
        (lines(), {"group": "z"}, "has no column 'z' (group): found: x, colour, y, label."),
        (lines(), {"kinds": {"x": "regression"}}, "kinds names 'x', which is no target"),
        (lines(), {"drop": ["y"]}, "'y' is a target and named in drop too"),
        (lines(), {"targets": ["y", "y"]}, "targets names 'y' more than once"),
        (lines(), {"drop": ["x", "colour"]}, "no input column is left"),
        (lines(), {"kinds": {"label": "regression"}}, "row 2, column 'label': 'no' is no number"),
        (lines().replace("4.5,yes", "4.5,maybe"), {}, "a.csv, row 5, column 'label': class 'maybe' is seen once only"),
        (
            "x,note,y\n" + "".join(f"{row},a note {row},{row / 7}\n" for row in range(80)),
            {"targets": ["y"]},
            "a.csv, row 2, column 'note': 'a note 0' is one of 80 different texts in 80 rows, too many for categories",
        ),
        (lines(), {"sample_weight": "wieght"}, "has no column 'wieght' (sample_weight): found: x, colour"),
        (lines(), {"sample_weight": "y"}, "'y' is a target and named in sample_weight too"),
        (lines(), {"sample_weight": "colour"}, "a.csv, row 2, column 'colour': 'blue' is no number"),
        (lines(cell="-3"), {"sample_weight": "x"}, "a.csv, row 5, column 'x': the sample weight is -3; every row"),
        (lines(cell="?"), {"sample_weight": "x"}, "a.csv, row 5, column 'x': the sample weight is missing; every row"),
        ("x,y,w\n" + "1,2,0\n2,3,0\n" * 9, {"targets": ["y"], "sample_weight": "w"}, "column 'w' are all 0; one at"),
        (lines(0), {}, "is an empty table: it has no rows."),
        ("", {}, "a.csv is empty."),
        ("\n\n", {}, "a.csv is empty."),
        (lines().replace("colour", "x", 1), {}, "more than one column is named 'x'"),
        (lines().replace("colour", "", 1), {}, "column 2 has no name"),
        (lines().replace("4.5,yes", "4.5"), {}, "a.csv, row 5: 3 fields, but there are 4 columns (separator ',')."),
        (lines().replace("4.5,yes", "4.5,yes,1"), {}, "a.csv, row 5: 5 fields"),
        (lines().replace("4.5,yes", '4.5,"yes'), {}, "a.csv, row 5: unexpected end of data."),
        (
            "x;y;label\n" + "1,5;2,5;a\n2,5;3,5;b\n" * 5,
            {},
            "column 'x' holds numbers with a decimal comma, such as '1,5'",
        ),
        ("x,y,label\n" + "1,,a\n2,?,b\n" * 5, {}, "column 'y' is a target, but all its values are missing."),
        ("x,y,label\n" + "1,2.5,a\n2,2.5,b\n" * 5, {}, "column 'y' is 2.5 in every row; a constant cannot be learned"),
        ("x,y,label,g\n" + "1,2,a,p\n2,3,b,\n" * 5, {"group": "g"}, "a.csv, row 3, column 'g': the group is missing"),
    ],
)
def test_faults_of_a_file(tmp_path, text, settings, sentence):
    assert any(sentence in found for found in fault(write(tmp_path, text), **settings))


def test_a_missing_file_names_its_neighbours(tmp_path):
    write(tmp_path, lines(), "building.csv")
    write(tmp_path, lines(), "zoo.csv")
    assert fault(str(tmp_path / "bilding.csv")) == [
        f"There is no file 'bilding.csv' in {tmp_path}; nearest there: building.csv, zoo.csv."
    ]
    gone = tmp_path / "gone"
    assert fault(str(gone / "a.csv")) == [f"There is no file {gone / 'a.csv'}, and no folder {gone}."]


def test_files_that_are_no_tables(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    assert "cannot be read as a table: allowed: .parquet, .csv" in fault(str(tmp_path / "a.xlsx"))[0]
    (tmp_path / "a.parquet").write_bytes(b"no parquet at all")
    assert "a.parquet is no readable Parquet file" in fault(str(tmp_path / "a.parquet"))[0]
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(lines().encode())[:-20])
    assert "a.csv.gz cannot be read" in fault(str(tmp_path / "a.csv.gz"))[0]
    (tmp_path / "a.csv").write_bytes(lines(cell="3").replace("red", "rød").encode("latin-1"))
    assert "a.csv, row 3 is no UTF-8 text" in fault(str(tmp_path / "a.csv"))[0]


def test_folders_that_are_no_splits(tmp_path):
    write(tmp_path, lines(), "test.csv")
    assert fault(str(tmp_path))[0].endswith("is a folder without a file named train (.csv, .tsv, .parquet …).")
    write(tmp_path, lines(), "train.csv")
    write(tmp_path, "x,y,label\n1,2,a\n", "dev.csv")
    assert "dev.csv and train.csv differ in the columns colour." in fault(str(tmp_path))[0]
    write(tmp_path, lines(), "valid.csv")
    assert "both dev.csv and valid.csv could be the val split" in fault(str(tmp_path))[0]


def test_dates_are_refused():
    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=20), "y": np.arange(20) / 3})
    with pytest.raises(WorkbenchError, match="column 'day' holds dates; name it in drop"):
        Table(**Table.prepare({"path": frame, "targets": ["y"]})).load(0)


def test_a_path_without_targets_is_told_apart():
    with pytest.raises(WorkbenchError, match=r"needs the setting 'targets': which columns of a\.csv"):
        Table(path="a.csv").task_names()


def test_lists_can_be_given_as_text():
    assert from_text(Table.settings()["targets"], "y, label", "problem.targets") == ["y", "label"]


# ---------------------------------------------------------------- real tables


def test_energy_efficiency_by_building_shape(real_data):
    problem = Table(
        path=str(real_data / "enb" / "enb.csv"),
        targets=["heating_load", "cooling_load"],
        categories=["orientation", "glazing_area_distribution"],
        group="relative_compactness",
    )
    data = prepare(problem)
    assert [task.kind for task in data.tasks] == ["regression", "regression"]
    assert data.view_specs[0].shape == (5 + 4 + 6,)
    assert sum(map(len, data.splits.values())) == 768


def test_census_income_without_header_and_with_question_marks(real_data):
    problem = Table(
        path=str(real_data / "adult" / "adult.data.gz"),
        columns=ADULT,
        targets=["income", "marital-status"],
        drop=["relationship", "fnlwgt"],
    )
    data = prepare(problem, train_fraction=0.1)
    assert [len(task.describe()["classes"]) for task in data.tasks] == [2, 7]
    assert len(data.targets["income"]) == 32_561
    assert len(data.splits["train"]) == round(0.1 * 19_537)
