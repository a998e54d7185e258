"""Is it really better? Methods against single-task models and equal weighting, paired by seed, with intervals."""

from workbench.runs.compare.entry import compare
from workbench.runs.compare.intervals import interval
from workbench.runs.compare.labels import labels
from workbench.runs.compare.result import Comparison

__all__ = ["Comparison", "compare", "interval", "labels"]
