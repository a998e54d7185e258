"""Models made smaller: eight bits, pruning, distillation."""

from workbench.runs.compress.entry import METHODS, compress
from workbench.runs.compress.result import Compressed

__all__ = ["METHODS", "Compressed", "compress"]
