"""Which runs stand for their spec."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from workbench.spec import Spec

__all__ = ["counts", "newest"]


class Ran(Protocol):
    """What has a spec and a folder, whose name begins with the time."""

    @property
    def path(self) -> Path: ...

    @property
    def spec(self) -> Spec: ...


R = TypeVar("R", bound=Ran)


def counts(summary: dict[str, Any]) -> bool:
    """Whether a run is what its spec says: done, and not steered."""
    return bool(summary["status"] == "done" and not summary["steered"])


def newest(runs: Iterable[R]) -> dict[int, R]:
    """The newest run of every seed: the same spec and seed give the same numbers, so that they are told once."""
    return {run.spec.seed: run for run in sorted(runs, key=lambda run: run.path.name)}
