"""What the last step for one task alone did, in one sentence."""

from collections.abc import Sequence
from math import isfinite

from workbench.training.records import Effect

__all__ = ["sentence"]


def sentence(effects: Sequence[Effect], tasks: Sequence[str]) -> str:
    """The changes of all losses, such as ``digit −1.2 %``; "" before the first such step.

    A task without a label in the batch is left out.
    """
    if not effects:
        return ""
    last = effects[-1]
    changes = [
        f"{task} {_percent(100 * (after / before - 1))}"
        for task, before, after in zip(tasks, last.before, last.after, strict=True)
        if before and isfinite(before) and isfinite(after)
    ]
    return f"A step for {last.task} alone (step {last.step:,}): {', '.join(changes)} loss."


def _percent(change: float) -> str:
    """With as many digits as say something: ``+12 %``, ``−1.2 %``, ``+0.03 %``."""
    size = abs(change)
    digits = 0 if size >= 9.5 else 1 if size >= 0.0995 else 2 if size >= 0.00995 else 3
    text = f"{change:+.{digits}f}".replace("-", "−")
    return f"{text} %" if float(f"{size:.{digits}f}") else "±0 %"
