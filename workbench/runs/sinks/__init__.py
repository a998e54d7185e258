"""Sinks: the records of a session for other programs, while it trains."""

from workbench.runs.sinks.attached import SINKS, Sinks, attach, made
from workbench.runs.sinks.base import Sink, scalars

__all__ = ["SINKS", "Sink", "Sinks", "attach", "made", "scalars"]
