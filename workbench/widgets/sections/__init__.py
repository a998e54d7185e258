"""The parts of the panel below its curves, each closed until a person opens it."""

from workbench.widgets.sections.inside import Inside
from workbench.widgets.sections.methods import MethodsNow
from workbench.widgets.sections.predictions import Predictions
from workbench.widgets.sections.runs import Runs
from workbench.widgets.sections.section import Section
from workbench.widgets.sections.surfaces import Surfaces
from workbench.widgets.sections.take_away import TakeAway

__all__ = ["SECTIONS"]

#: in the order in which they stand below the curves
SECTIONS: tuple[type[Section], ...] = (Predictions, Surfaces, Inside, MethodsNow, Runs, TakeAway)
