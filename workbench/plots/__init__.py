"""Tidy frames -> plotly figures. Nothing here knows how the numbers were made."""

from workbench.plots.alignment import alignment
from workbench.plots.arrows import arrows
from workbench.plots.chains import transitions, trellis
from workbench.plots.comparison import delta_m
from workbench.plots.compression import compression, sensitivity
from workbench.plots.costs import costs
from workbench.plots.curves import losses, weights
from workbench.plots.dial import dial
from workbench.plots.figure import Figure
from workbench.plots.gains import gains
from workbench.plots.gates import gates
from workbench.plots.grouping import foretold, grouping
from workbench.plots.heatmaps import heatmap, heatmap_over_time, heatmaps
from workbench.plots.landscape import front, trajectories
from workbench.plots.learning_curves import learning_curves
from workbench.plots.marked import Marked
from workbench.plots.methods import learning, shares, steps_and_seconds
from workbench.plots.methods_now import methods_now
from workbench.plots.pairs import flips, slopes
from workbench.plots.pictures import looks, with_profiles
from workbench.plots.predictions import predictions
from workbench.plots.repeats import along, spread
from workbench.plots.schedules import budget, turns
from workbench.plots.tradeoffs import dumbbells, gain_for_time, plane

__all__ = [
    "Figure",
    "Marked",
    "alignment",
    "along",
    "arrows",
    "budget",
    "compression",
    "costs",
    "delta_m",
    "dial",
    "dumbbells",
    "flips",
    "foretold",
    "front",
    "gain_for_time",
    "gains",
    "gates",
    "grouping",
    "heatmap",
    "heatmap_over_time",
    "heatmaps",
    "learning",
    "learning_curves",
    "looks",
    "losses",
    "methods_now",
    "plane",
    "predictions",
    "sensitivity",
    "shares",
    "slopes",
    "spread",
    "steps_and_seconds",
    "trajectories",
    "transitions",
    "trellis",
    "turns",
    "weights",
    "with_profiles",
]
