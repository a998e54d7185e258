"""Both conventions of Δm on the rows that papers print for NYUv2 with SegNet.

Segmentation (mIoU, pixel accuracy), depth (absolute, relative error), surface normals (mean and median angle, share of
angles within 11.25°, 22.5° and 30°), as FAMO, FairGrad, STCH, SDMGrad, DB-MTL and GO4Align print them. Drops have the
plus sign there. Beside each row its two Δm: over metrics as printed, over tasks where somebody has computed it.
"""

import pytest
from scipy.stats import kendalltau

from workbench.runs.delta import delta

UP = (True, True, False, False, False, False, True, True, True)
TASKS = {"segmentation": slice(0, 2), "depth": slice(2, 4), "normals": slice(4, 9)}
SINGLE = (38.30, 63.76, 0.6754, 0.2780, 25.01, 19.21, 30.14, 57.20, 69.15)
#: method: nine metrics, Δm over metrics, Δm over tasks
ROWS = {
    "LS": ((39.29, 65.33, 0.5493, 0.2263, 28.15, 23.96, 22.09, 47.50, 61.08), 5.59, -0.88),
    "SI": ((38.45, 64.27, 0.5354, 0.2201, 27.60, 23.37, 22.53, 48.57, 62.32), 4.39, -1.64),
    "RLW": ((37.17, 63.77, 0.5759, 0.2410, 28.27, 24.18, 22.26, 47.05, 60.62), 7.78, 2.16),
    "DWA": ((39.11, 65.31, 0.5510, 0.2285, 27.61, 23.18, 24.17, 50.18, 62.39), 3.57, -1.93),
    "UW": ((36.87, 63.17, 0.5446, 0.2260, 27.04, 22.61, 23.54, 49.05, 63.65), 4.05, -0.91),
    "MGDA": ((30.47, 59.90, 0.6070, 0.2555, 24.88, 19.45, 29.18, 56.88, 69.36), 1.38, 1.66),
    "PCGrad": ((38.06, 64.64, 0.5550, 0.2325, 27.41, 22.80, 23.86, 49.83, 63.14), 3.97, -1.11),
    "GradDrop": ((39.39, 65.12, 0.5455, 0.2279, 27.48, 22.96, 23.38, 49.44, 62.87), 3.58, None),
    "CAGrad": ((39.79, 65.49, 0.5486, 0.2250, 26.31, 21.58, 25.61, 52.36, 65.58), 0.20, -4.33),
    "IMTL-G": ((39.35, 65.60, 0.5426, 0.2256, 26.02, 21.19, 26.20, 53.13, 66.24), -0.60, None),  # printed: -0.76
    "MoCo": ((40.30, 66.07, 0.5575, 0.2135, 26.67, 21.83, 25.61, 51.78, 64.85), 0.16, None),
    "Nash-MTL": ((40.13, 65.93, 0.5261, 0.2171, 25.26, 20.08, 28.40, 55.47, 68.15), -4.04, -7.65),
    "Aligned-MTL": ((40.15, 66.05, 0.5520, 0.2291, 25.37, 19.89, 28.30, 55.29, 67.95), -3.12, None),
    "FAMO": ((38.88, 64.90, 0.5474, 0.2194, 25.06, 19.57, 29.21, 56.61, 68.98), -4.10, -6.79),
    "SDMGrad": ((40.47, 65.90, 0.5225, 0.2084, 25.07, 19.99, 28.54, 55.74, 68.53), -4.84, None),
    "STCH": ((41.35, 66.07, 0.4965, 0.2010, 26.55, 21.81, 24.84, 51.39, 64.86), -1.35, -7.39),
    "FairGrad": ((39.74, 66.01, 0.5377, 0.2236, 24.84, 19.60, 29.26, 56.58, 69.16), -4.66, -7.52),
    "DB-MTL": ((41.42, 66.45, 0.5251, 0.2160, 25.03, 19.50, 28.72, 56.17, 68.73), -5.36, -8.91),
    "GO4Align": ((40.42, 65.37, 0.5492, 0.2167, 24.76, 18.94, 30.54, 57.87, 69.84), -6.08, None),
}


def summary(row):
    def metrics(part):
        found = zip(range(9)[part], row[part], UP[part], strict=True)
        return {f"metric {i}": {"test": value, "higher_is_better": up} for i, value, up in found}

    return {task: {"metrics": metrics(part)} for task, part in TASKS.items()}


@pytest.mark.parametrize("method", ROWS)
def test_both_columns_come_out(method):
    row, over_metrics, over_tasks = ROWS[method]
    found = delta(summary(row), summary(SINGLE))
    assert -found.metrics == pytest.approx(over_metrics, abs=0.02)
    if over_tasks is not None:
        assert -found.tasks == pytest.approx(over_tasks, abs=0.02)


def test_the_convention_changes_signs_and_ranks():
    found = {method: delta(summary(row), summary(SINGLE)) for method, (row, *_) in ROWS.items()}
    flipped = {method for method, each in found.items() if each.metrics * each.tasks < 0}
    assert flipped >= {"LS", "SI", "DWA", "UW", "PCGrad", "CAGrad"}
    tau = kendalltau([each.metrics for each in found.values()], [each.tasks for each in found.values()]).statistic
    assert 0.75 < tau < 0.9
