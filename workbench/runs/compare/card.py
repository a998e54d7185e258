"""How a comparison was made."""

from collections.abc import Sequence

from workbench.runs.compare.methods import Method
from workbench.runs.compare.table import common_seeds

__all__ = ["card"]


def card(
    main: Method, methods: Sequence[Method], rates: Sequence[float] | None, front: int, mixed: Sequence[int]
) -> dict[str, str]:
    """How the comparison was made, for the card below its table.

    Args:
        main: the first method that is no baseline.
        methods: all of them.
        rates: the grid of learning rates; None: there was none.
        front: number of sets of fixed weights.
        mixed: their seeds.
    """
    runs = sum(len(method.runs) for method in methods) * len(rates or [0]) + front * len(mixed)
    grid = "not tuned; every method has the learning rate of its spec"
    if rates:
        grid = f"{_listed(rates)}: {len(rates)} × {len(main.seeds)} runs for every method, the baselines too"
    common = common_seeds(methods)
    same = all(method.seeds == common for method in methods)
    in_common = f"in common: {_listed(common) or 'none'}"
    selector = {
        "last": "the last epoch",
        "val_loss": "the epoch with the lowest validation loss (relative to the first, mean over tasks)",
    }.get(
        main.spec.select, "the epoch with the best validation score (mean of the tasks' conventional metrics, signed)"
    )
    found = {
        "baseline": "one network per task, same encoder, same steps, same seed",
        "learning rates": grid,
        "seeds": f"{_listed(common)}, paired"
        if same
        else f"those of each method, paired with its baseline; {in_common}",
        "model": f"{selector}, one epoch for all tasks",
        "test": "touched once per run, for that model",
        "Δm": "task-mean (delta_m) and metric-mean (delta_m_metrics), gains positive",
        "mean rank": f"among the {len(methods)} methods of this table{'' if same else ', over the seeds in common'}; "
        "another set, other ranks",
        "val_in_time": "best validation score within the time of the quickest multi-task method that did not fail",
    }
    narrow = next((method for method in methods if method.owner is not None), None)
    if narrow is not None and narrow.owner is not None:
        size, owned = (method.runs[0].summary["parameters"] for method in (narrow, narrow.owner))
        found["parameters"] = f"{narrow.name}: {size}, where {narrow.owner.name} has {owned}"
    if front:
        found["front"] = (
            f"{front} sets of fixed weights at the learning rate of equal weighting, seeds {_listed(mixed)}"
        )
    return found | {"runs": f"{runs} in all"}


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
