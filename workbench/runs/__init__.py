"""Runs: sessions, folders, history, baselines, comparison."""

from workbench.runs.affinity import Affinity, affinity
from workbench.runs.baseline import baseline
from workbench.runs.branch import branch, branched
from workbench.runs.compare import Comparison, compare
from workbench.runs.cross_validate import CrossValidation, cross_validate
from workbench.runs.history import History
from workbench.runs.landscape import Landscape, landscape
from workbench.runs.preview import preview
from workbench.runs.reference import reference
from workbench.runs.run import Run, open_run
from workbench.runs.session import Session
from workbench.runs.store import runs
from workbench.runs.strategies import strategies
from workbench.runs.train import replay, resume, start, train

__all__ = [
    "Affinity",
    "Comparison",
    "CrossValidation",
    "History",
    "Landscape",
    "Run",
    "Session",
    "affinity",
    "baseline",
    "branch",
    "branched",
    "compare",
    "cross_validate",
    "landscape",
    "open_run",
    "preview",
    "reference",
    "replay",
    "resume",
    "runs",
    "start",
    "strategies",
    "train",
]
