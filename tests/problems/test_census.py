"""census: the official files as they are, and what is said about others."""

import gzip

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.problems import Census, prepare
from workbench.spec import Spec

TRAIN = "39, {}, 77516, Bachelors, 13, {}, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, {}, {}"
WORK, MARRIED, COUNTRY = ("Private", "?", "State-gov"), ("Never-married", "Divorced"), ("Cuba", "?")


def write(folder, train=40, test=12, change=lambda name, text: text, packed=True):
    for name, rows, end in (("adult.data", train, ""), ("adult.test", test, ".")):
        lines = [
            TRAIN.format(WORK[row % 3], MARRIED[row % 2], COUNTRY[row % 5 == 0], ">50K" if row % 4 < 2 else "<=50K")
            for row in range(rows)
        ]
        text = "\n".join(["|1x3 Cross validator"] * (name == "adult.test") + [line + end for line in lines] + [""])
        data = change(name, text).encode()
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)
    return Census(root=str(folder))


@pytest.mark.parametrize("packed", [True, False])
def test_both_files_are_read_alike(tmp_path, packed):
    data = prepare(write(tmp_path, packed=packed), val_fraction=0.25)
    assert [task.describe()["classes"] for task in data.tasks] == [["<=50K", ">50K"], ["no", "yes"]]
    assert data.targets["income"].tolist() == [int(row % 4 < 2) for row in [*range(40), *range(12)]]
    assert data.targets["never_married"].tolist() == [int(row % 2 == 0) for row in [*range(40), *range(12)]]
    assert data.splits["test"].tolist() == list(range(40, 52))
    assert len(data.splits["train"]) == 30
    assert torch.equal(data.row_weights, torch.ones(52))


def test_the_answers_are_no_inputs(tmp_path):
    problem = write(tmp_path)
    read = problem.load(0).views["table"].ways
    assert not {"marital-status", "relationship", "fnlwgt", "income", "never_married"} & set(read)
    assert len(read) == 11
    plain = Census(root=problem.root, sample_weights=False).load(0)
    assert plain.row_weights is None
    assert "fnlwgt" not in plain.views["table"].ways


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda name, text: text.replace("39,", "old,", 1), "adult.data.gz, row 1, column 'age': 'old' is no number"),
        (
            lambda name, text: text.replace(", White", "", 1),
            "adult.data.gz, row 1: 14 fields, but there are 15 columns",
        ),
        (
            lambda name, text: text if name == "adult.data" else text.replace("77516", "-1", 1),
            "adult.test.gz, row 2, column 'fnlwgt': the sample weight is -1; every row needs one of at least 0",
        ),
        (lambda name, text: text if name == "adult.data" else "|nothing\n", "adult.test.gz is an empty table"),
    ],
)
def test_faults_name_file_row_and_column(tmp_path, change, words):
    with pytest.raises(WorkbenchError) as error:
        write(tmp_path, change=change).load(0)
    assert words in str(error.value)


def test_absent_files_are_one_sentence(tmp_path):
    with pytest.raises(WorkbenchError, match=r"There is no file adult\.data \(or adult\.data\.gz\) in"):
        Census(root=str(tmp_path)).load(0)
    with pytest.raises(WorkbenchError, match="There is no file 'adlt' in"):
        Census(root=str(tmp_path / "adlt")).load(0)


def test_the_official_files(real_data):
    spec = Spec(problem={"name": "census", "root": str(real_data / "adult")})
    data = prepare(spec.build("problem"))
    assert [len(data.splits[split]) for split in ("train", "val", "test")] == [26_049, 6_512, 16_281]
    assert data.targets["income"][data.splits["test"]].sum() == 3_846
    assert data.targets["never_married"][:32_561].sum() == 10_683
    assert len(data.view_specs[0].shape) == 1
