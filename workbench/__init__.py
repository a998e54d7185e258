"""Multi-task learning in a notebook: pick tasks, weighting and sharing, train live, steer, compare honestly.

    import workbench as wb

    run = wb.train(wb.Spec(problem="digits", encoder="cnn", weighting="dwa", epochs=5))
    run.losses()

Everything here is loaded when it is first asked for, so that ``import workbench`` costs next to nothing.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.checks import check as check
    from workbench.components import Component as Component
    from workbench.components import Field as Field
    from workbench.components import Slider as Slider
    from workbench.components import WorkbenchError as WorkbenchError
    from workbench.components import components as components
    from workbench.components import register as register
    from workbench.panel import panel as panel
    from workbench.runs import Comparison as Comparison
    from workbench.runs import Run as Run
    from workbench.runs import Session as Session
    from workbench.runs import open_run as open  # noqa: F401
    from workbench.runs import runs as runs
    from workbench.runs.affinity import affinity as affinity
    from workbench.runs.baseline import baseline as baseline
    from workbench.runs.compare import compare as compare
    from workbench.runs.train import replay as replay
    from workbench.runs.train import resume as resume
    from workbench.runs.train import start as start
    from workbench.runs.train import train as train
    from workbench.spec import Spec as Spec

__version__ = "0.1.0"

#: public name -> the module that holds it and its name there
_NAMES = {
    "Spec": ("workbench.spec", "Spec"),
    "Component": ("workbench.components", "Component"),
    "Field": ("workbench.components", "Field"),
    "Slider": ("workbench.components", "Slider"),
    "WorkbenchError": ("workbench.components", "WorkbenchError"),
    "register": ("workbench.components", "register"),
    "Run": ("workbench.runs", "Run"),
    "Session": ("workbench.runs", "Session"),
    "Comparison": ("workbench.runs", "Comparison"),
    "train": ("workbench.runs", "train"),
    "start": ("workbench.runs", "start"),
    "open": ("workbench.runs", "open_run"),
    "resume": ("workbench.runs", "resume"),
    "baseline": ("workbench.runs", "baseline"),
    "compare": ("workbench.runs", "compare"),
    "replay": ("workbench.runs", "replay"),
    "affinity": ("workbench.runs", "affinity"),
    "check": ("workbench.checks", "check"),
}

#: modules that are also called, ``wb.components("weighting")``, ``wb.panel(spec)`` -> the function that answers
_CALLED = {
    "components": ("workbench.components", "components"),
    "panel": ("workbench.panel", "panel"),
    "runs": ("workbench.runs", "runs"),
}

_PACKAGES = (
    "affinities",
    "encoders",
    "fusions",
    "gradients",
    "optimizers",
    "plots",
    "problems",
    "sampling",
    "schedules",
    "tasks",
    "training",
    "weightings",
)

__all__ = sorted({*_NAMES, *_CALLED, *_PACKAGES} - {"open"})  # a star import must not hide the built-in open


class _CalledModule(ModuleType):
    """A module that answers a call with its function of the same purpose, so that one name serves for both."""

    def __call__(self, *args: Any, **settings: Any) -> Any:
        return self._answers(*args, **settings)

    @property
    def _answers(self) -> Any:
        module, name = _CALLED[self.__name__.rpartition(".")[2]]
        return getattr(importlib.import_module(module), name)

    @property
    def __wrapped__(self) -> Any:  # what inspect.signature and Shift-Tab show
        return self._answers


class _Face(ModuleType):
    """This package: a submodule named in ``_CALLED`` becomes callable when the import system binds it here."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _CALLED and isinstance(value, ModuleType):
            value.__class__ = _CalledModule
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        module, attribute = _NAMES[name]
        value = getattr(importlib.import_module(module), attribute)
        globals()[name] = value
        return value
    if name in _CALLED or name in _PACKAGES:
        return importlib.import_module(f"workbench.{name}")
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_NAMES, *_CALLED, *_PACKAGES, "__version__"})
