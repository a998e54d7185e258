"""Small solvers for K×K problems: float64, on the host, tolerances relative to the matrix."""

from workbench.weightings.solvers.simplex import min_on_simplex, on_host

__all__ = ["min_on_simplex", "on_host"]
