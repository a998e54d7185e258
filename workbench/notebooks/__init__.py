"""Notebooks run headless: parameters checked before a kernel starts, and nothing in them fails in silence."""

from workbench.notebooks.execute import Executed, execute
from workbench.notebooks.parameters import convert, declared

__all__ = ["Executed", "convert", "declared", "execute"]
