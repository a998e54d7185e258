"""Task losses, and for some task gradients, -> one update."""

from typing import Any

from workbench.component import component
from workbench.weightings import bilevel, cross_gramian, gramian, jacobian, scalarizations
from workbench.weightings.base import (
    BilevelWeighting,
    CrossGramianWeighting,
    GramianWeighting,
    JacobianAggregator,
    Scalarization,
    Weighting,
)
from workbench.weightings.compare import compare

__all__ = [
    "BilevelWeighting",
    "CrossGramianWeighting",
    "GramianWeighting",
    "JacobianAggregator",
    "Scalarization",
    "Weighting",
    "bilevel",
    "compare",
    "cross_gramian",
    "get",
    "gramian",
    "jacobian",
    "scalarizations",
]


def get(name: str, **settings: Any) -> Weighting:
    """The bare mathematical object behind a name: ``needs`` says what to call it with.

    Raises:
        WorkbenchError: an unknown name or setting, with the nearest valid one.
    """
    return component("weighting", name)(**settings)  # type: ignore[return-value]
