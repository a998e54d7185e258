"""Weightings that learn from validation data: their weights descend the validation loss one step ahead."""

from workbench.weightings.bilevel.auto_lambda import AutoLambda

__all__ = ["AutoLambda"]
