"""How tasks share: encoded views -> what each head reads."""

from workbench.fusions.base import Fusion, NewEncoder, Sharing
from workbench.fusions.independent import Independent
from workbench.fusions.model import Model, build_model
from workbench.fusions.shared import Shared

__all__ = ["Fusion", "Independent", "Model", "NewEncoder", "Shared", "Sharing", "build_model"]
