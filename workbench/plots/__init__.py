"""Tidy frames -> plotly figures. Nothing here knows how the numbers were made."""

from workbench.plots.comparison import delta_m
from workbench.plots.curves import losses, weights
from workbench.plots.figure import Figure
from workbench.plots.gates import gates
from workbench.plots.heatmaps import heatmap
from workbench.plots.methods_now import methods_now

__all__ = ["Figure", "delta_m", "gates", "heatmap", "losses", "methods_now", "weights"]
