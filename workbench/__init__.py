"""Multi-task learning in a notebook: pick tasks, weighting and sharing, train live, steer, compare honestly.

    import workbench as wb

    run = wb.train(wb.Spec(problem="digits", encoder="cnn", weighting="dwa", epochs=5))
    run.losses()

Everything here is loaded when it is first asked for, so that ``import workbench`` costs next to nothing.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.affinities.grouping.entry import grouping as grouping
    from workbench.affinities.grouping.measured import Measured as Measured
    from workbench.affinities.grouping.result import Grouping as Grouping
    from workbench.checks import check as check
    from workbench.component import Component as Component
    from workbench.component import Field as Field
    from workbench.component import Slider as Slider
    from workbench.component import WorkbenchError as WorkbenchError
    from workbench.component import components as components
    from workbench.component import register as register
    from workbench.runs.affinity import Affinity as Affinity
    from workbench.runs.affinity import affinity as affinity
    from workbench.runs.affinity.agreement import agreement as agreement
    from workbench.runs.baseline import baseline as baseline
    from workbench.runs.branch import branch as branch
    from workbench.runs.compare import Comparison as Comparison
    from workbench.runs.compare import compare as compare
    from workbench.runs.compress import Compressed as Compressed
    from workbench.runs.compress import compress as compress
    from workbench.runs.cost import cost as cost
    from workbench.runs.cross_validate import CrossValidation as CrossValidation
    from workbench.runs.cross_validate import cross_validate as cross_validate
    from workbench.runs.landscape import Landscape as Landscape
    from workbench.runs.landscape import landscape as landscape
    from workbench.runs.learning_curve import LearningCurve as LearningCurve
    from workbench.runs.learning_curve import learning_curve as learning_curve
    from workbench.runs.preview import preview as preview
    from workbench.runs.reference import reference as reference
    from workbench.runs.run import Run as Run
    from workbench.runs.run import open_run as open  # noqa: F401
    from workbench.runs.session import Session as Session
    from workbench.runs.strategies import strategies as strategies
    from workbench.runs.sweep.grid import grid as grid
    from workbench.runs.sweep.scheduler import sweep as sweep
    from workbench.runs.sweep.search import search as search
    from workbench.runs.train import replay as replay
    from workbench.runs.train import resume as resume
    from workbench.runs.train import start as start
    from workbench.runs.train import train as train
    from workbench.spec import Spec as Spec
    from workbench.takeaway import Shared as Shared
    from workbench.takeaway import share as share
    from workbench.takeaway import unshare as unshare
    from workbench.widgets import panel as panel

__version__ = "0.1.0"

# Threads that spin while they wait ruin small models as soon as other programs use the cores (a browser that shows the
# panel does). Measured on 2 cores, ms per step with this and without: idle 4.8 and 4.3, one busy program beside it 12
# and 17, three 20 and 200 to 670. It has to be said before torch is loaded; a value that is set already stays.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
# pyarrow's own allocator is known to crash where threads that used it end; runs are written and read in such threads.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

#: public name -> the module that holds it and its name there
_NAMES = {
    "Spec": ("workbench.spec", "Spec"),
    "Component": ("workbench.component", "Component"),
    "Field": ("workbench.component", "Field"),
    "Slider": ("workbench.component", "Slider"),
    "WorkbenchError": ("workbench.component", "WorkbenchError"),
    "components": ("workbench.component", "components"),
    "register": ("workbench.component", "register"),
    "check": ("workbench.checks", "check"),
    "train": ("workbench.runs.train", "train"),
    "start": ("workbench.runs.train", "start"),
    "open": ("workbench.runs.run", "open_run"),
    "resume": ("workbench.runs.train", "resume"),
    "replay": ("workbench.runs.train", "replay"),
    "branch": ("workbench.runs.branch", "branch"),
    "baseline": ("workbench.runs.baseline", "baseline"),
    "compare": ("workbench.runs.compare", "compare"),
    "grid": ("workbench.runs.sweep.grid", "grid"),
    "sweep": ("workbench.runs.sweep.scheduler", "sweep"),
    "search": ("workbench.runs.sweep.search", "search"),
    "compress": ("workbench.runs.compress", "compress"),
    "Compressed": ("workbench.runs.compress", "Compressed"),
    "cost": ("workbench.runs.cost", "cost"),
    "affinity": ("workbench.runs.affinity", "affinity"),
    "grouping": ("workbench.affinities.grouping.entry", "grouping"),
    "agreement": ("workbench.runs.affinity.agreement", "agreement"),
    "cross_validate": ("workbench.runs.cross_validate", "cross_validate"),
    "CrossValidation": ("workbench.runs.cross_validate", "CrossValidation"),
    "learning_curve": ("workbench.runs.learning_curve", "learning_curve"),
    "LearningCurve": ("workbench.runs.learning_curve", "LearningCurve"),
    "landscape": ("workbench.runs.landscape", "landscape"),
    "preview": ("workbench.runs.preview", "preview"),
    "reference": ("workbench.runs.reference", "reference"),
    "strategies": ("workbench.runs.strategies", "strategies"),
    "Run": ("workbench.runs.run", "Run"),
    "Session": ("workbench.runs.session", "Session"),
    "Comparison": ("workbench.runs.compare", "Comparison"),
    "Affinity": ("workbench.runs.affinity", "Affinity"),
    "Grouping": ("workbench.affinities.grouping.result", "Grouping"),
    "Landscape": ("workbench.runs.landscape", "Landscape"),
    "Shared": ("workbench.takeaway", "Shared"),
    "share": ("workbench.takeaway", "share"),
    "unshare": ("workbench.takeaway", "unshare"),
    "Measured": ("workbench.affinities.grouping.measured", "Measured"),
    "panel": ("workbench.widgets", "panel"),
}

_PACKAGES = (
    "affinities",
    "encoders",
    "fusions",
    "gradients",
    "optimizers",
    "plots",
    "problems",
    "runs",
    "sampling",
    "schedules",
    "tasks",
    "toys",
    "training",
    "weightings",
)

__all__ = sorted({*_NAMES, *_PACKAGES} - {"open"})  # a star import must not hide the built-in open


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        module, attribute = _NAMES[name]
        value = getattr(importlib.import_module(module), attribute)
        globals()[name] = value
        return value
    if name in _PACKAGES:
        return importlib.import_module(f"workbench.{name}")
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_NAMES, *_PACKAGES, "__version__"})
