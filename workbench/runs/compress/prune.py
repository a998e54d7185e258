"""Small weights left out."""

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.runs.compress.base import Made, Original, numbers
from workbench.training.evaluate import evaluate

if TYPE_CHECKING:
    import pandas as pd

#: words that are left out of the names of layers
CONTAINERS = ("views", "parts", "stages", "network", "encoders")
#: layers whose weights are pruned
LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.LSTM, nn.GRU)


def prune(original: Original, amount: float = 0.5, sensitivity: bool = True) -> Made:
    """The smallest weights of the whole model set to 0, without training it again.

    Of all weights of linear, convolutional and recurrent layers the ``round(amount · n)`` smallest in absolute value
    become 0 (*global magnitude* pruning); biases, norms and embeddings stay. Where a file holds more zeros than it is
    worth, it holds which weights are left, a bit each, and these; computing takes as long as before, since a matrix
    with zeros is multiplied like any other.

    The sensitivity asks layer by layer: what does each task lose on validation where only this layer loses that
    fraction of its weights? One task may bear all of the loss.

    Args:
        amount: fraction of the weights, above 0 and below 1.
        sensitivity: measure it, one pass over validation per layer.

    Source: Han et al., NeurIPS 2015 (without their training in between).

    Raises:
        WorkbenchError: an amount out of range.
    """
    if not (isinstance(amount, int | float) and 0 < amount < 1):
        raise WorkbenchError(f"prune: amount should be a number above 0 and below 1, found {amount!r}.")
    model = deepcopy(original.model).eval()
    weights = prunable(model)
    if not weights:
        raise WorkbenchError("This model has no layer whose weights could be pruned.")
    left_out = cut(list(weights.values()), amount)
    of_all = 1 - left_out / numbers(model)
    notes = [f"{left_out:,} weights are 0; {of_all:.0%} of all parameters are left. It computes as long as before."]
    found = _sensitivity(original, amount) if sensitivity else None
    name = f"pruned {amount:.0%}"
    return Made(name, model, original.data, original.run.spec, numbers(model) - left_out, notes, found)


def prunable(model: nn.Module) -> dict[str, Tensor]:
    """The weights that pruning may set to 0, by name."""
    return {
        f"{place}.{name}" if place else name: weight
        for place, layer in model.named_modules()
        if isinstance(layer, LAYERS)
        for name, weight in layer.named_parameters(recurse=False)
        if name.startswith("weight") and weight.dim() >= 2
    }


@torch.no_grad()
def cut(weights: list[Tensor], amount: float) -> int:
    """Set the smallest of all weights together to 0, in place; gives how many that are."""
    together = torch.cat([weight.flatten() for weight in weights])
    count = round(amount * len(together))
    together[together.abs().argsort(stable=True)[:count]] = 0.0
    for weight, part in zip(weights, together.split([weight.numel() for weight in weights]), strict=True):
        weight.copy_(part.view_as(weight))
    return count


def _sensitivity(original: Original, amount: float) -> "pd.DataFrame":
    """A row per layer and task: its metric on validation before and after only that layer was pruned."""
    import pandas as pd

    data, tasks = original.data, original.data.tasks
    model = deepcopy(original.model).eval()
    before = evaluate(model, data, "val", answers=original.answers)  # type: ignore[arg-type]
    rows = []
    for name, weight in prunable(model).items():
        kept = weight.detach().clone()
        cut([weight], amount)
        after = evaluate(model, data, "val", answers=original.answers)  # type: ignore[arg-type]
        with torch.no_grad():
            weight.copy_(kept)
        layer = _spoken(name, data.names)
        for task in tasks:
            was, now = before[task.name][task.metric], after[task.name][task.metric]
            gain = (now - was) * (1 if task.higher_is_better else -1)
            rows.append((layer, kept.numel(), task.name, task.metric, was, now, gain))
    return pd.DataFrame(rows, columns=["layer", "weights", "task", "metric", "before", "after", "gain"])


def _spoken(name: str, tasks: list[str]) -> str:
    """The name of a weight as one reads it: heads by their tasks, the words for containers left out."""
    words = name.removesuffix(".weight").removeprefix("sharing.").split(".")
    if words[0] == "heads":
        return ".".join([f"head of {tasks[int(words[1])]}", *words[2:]])
    return ".".join(word for word in words if word not in CONTAINERS)


def packed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state in which a tensor with many zeros is held as a bit per number and what is not 0."""
    found: dict[str, Tensor] = {}
    for name, x in state.items():
        there = x != 0
        if x.dtype == torch.float32 and -(-x.numel() // 8) + 4 * int(there.sum()) < 4 * x.numel():
            found[f"{name}|there"] = torch.from_numpy(np.packbits(there.flatten().numpy()))
            found[f"{name}|values"] = x[there]
        else:
            found[name] = x
    return found


def unpacked(state: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state behind a packed one; shapes are those of ``like``."""
    found = {name: x for name, x in state.items() if "|" not in name}
    for name in {name.split("|")[0] for name in state if "|" in name}:
        shape = like[name].shape
        there = np.unpackbits(state[f"{name}|there"].numpy(), count=shape.numel()).astype(bool)
        found[name] = torch.zeros(shape).masked_scatter(torch.from_numpy(there).view(shape), state[f"{name}|values"])
    return found
