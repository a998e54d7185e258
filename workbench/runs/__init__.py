"""Runs: sessions, folders, history, baselines, comparison."""

from workbench.runs.affinity import Affinity, affinity
from workbench.runs.baseline import baseline
from workbench.runs.compare import Comparison, compare
from workbench.runs.history import History
from workbench.runs.landscape import Landscape, landscape
from workbench.runs.run import Run, open_run
from workbench.runs.session import Session
from workbench.runs.store import runs
from workbench.runs.train import replay, resume, start, train

__all__ = [
    "Affinity",
    "Comparison",
    "History",
    "Landscape",
    "Run",
    "Session",
    "affinity",
    "baseline",
    "compare",
    "landscape",
    "open_run",
    "replay",
    "resume",
    "runs",
    "start",
    "train",
]
