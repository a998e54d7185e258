"""Small solvers for K×K problems: float64, on the host, tolerances relative to the matrix."""

from workbench.weightings.solvers.cone import shortest_above, shortest_on_simplex
from workbench.weightings.solvers.host import noise, on_host, with_losses
from workbench.weightings.solvers.newton import bargain
from workbench.weightings.solvers.simplex import frank_wolfe_on_simplex, min_on_simplex

__all__ = [
    "bargain",
    "frank_wolfe_on_simplex",
    "min_on_simplex",
    "noise",
    "on_host",
    "shortest_above",
    "shortest_on_simplex",
    "with_losses",
]
