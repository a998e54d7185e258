"""Both conventions of Δm on the rows that papers print for NYUv2 with SegNet.

Segmentation (mIoU, pixel accuracy), depth (absolute, relative error), surface normals (mean and median angle, share of
angles within 11.25°, 22.5° and 30°), as FAMO, FairGrad, STCH, SDMGrad, DB-MTL and GO4Align print them: the table of
lesson 40. Drops have the plus sign here. Δm over metrics as printed, over tasks where somebody has computed it.
"""

import re
from pathlib import Path

import nbformat
import pytest
from scipy.stats import kendalltau

from workbench.runs.delta import delta

LESSON = Path(__file__).parents[2] / "notebooks" / "40_honest_comparison.ipynb"
UP = (True, True, False, False, False, False, True, True, True)
TASKS = {"segmentation": slice(0, 2), "depth": slice(2, 4), "normals": slice(4, 9)}
#: method: Δm over metrics, Δm over tasks
PRINTED = {
    "LS": (5.59, -0.88),
    "SI": (4.39, -1.64),
    "RLW": (7.78, 2.16),
    "DWA": (3.57, -1.93),
    "UW": (4.05, -0.91),
    "MGDA": (1.38, 1.66),
    "PCGrad": (3.97, -1.11),
    "GradDrop": (3.58, None),
    "CAGrad": (0.20, -4.33),
    "IMTL-G": (-0.60, None),  # printed: -0.76
    "MoCo": (0.16, None),
    "Nash-MTL": (-4.04, -7.65),
    "Aligned-MTL": (-3.12, None),
    "FAMO": (-4.10, -6.79),
    "SDMGrad": (-4.84, None),
    "STCH": (-1.35, -7.39),
    "FairGrad": (-4.66, -7.52),
    "DB-MTL": (-5.36, -8.91),
    "GO4Align": (-6.08, None),
}


def cell(begins):
    """A cell of the lesson that shows the rows, by how it begins."""
    book = nbformat.read(LESSON, as_version=4)
    return next(each.source for each in book.cells if each.source.startswith(begins))


ROWS = {name: [*map(float, row)] for name, *row in map(str.split, cell("printed =").split('"""')[1].split("\n")[1:])}
SINGLE = [*map(float, re.search(r"single = pd.Series\(\[(.*?)\]", cell("import io")).group(1).split(","))]


def summary(row):
    def metrics(part):
        found = zip(range(9)[part], row[part], UP[part], strict=True)
        return {f"metric {i}": {"test": value, "higher_is_better": up} for i, value, up in found}

    return {task: {"metrics": metrics(part)} for task, part in TASKS.items()}


@pytest.mark.parametrize("method", PRINTED)
def test_both_columns_come_out(method):
    over_metrics, over_tasks = PRINTED[method]
    found = delta(summary(ROWS[method]), summary(SINGLE))
    assert -found.metrics == pytest.approx(over_metrics, abs=0.02)
    if over_tasks is not None:
        assert -found.tasks == pytest.approx(over_tasks, abs=0.02)


def test_the_convention_changes_signs_and_ranks():
    assert ROWS.keys() == PRINTED.keys()
    found = {method: delta(summary(row), summary(SINGLE)) for method, row in ROWS.items()}
    flipped = {method for method, each in found.items() if each.metrics * each.tasks < 0}
    assert flipped >= {"LS", "SI", "DWA", "UW", "PCGrad", "CAGrad"}
    tau = kendalltau([each.metrics for each in found.values()], [each.tasks for each in found.values()]).statistic
    assert 0.75 < tau < 0.9
