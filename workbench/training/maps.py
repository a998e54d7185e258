"""The affinity map of a step, by what the measure needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from workbench.gradients.base import TaskGradients
from workbench.training.experiment import Experiment
from workbench.training.judge import losses_again

#: the place of a layer in the name of a parameter: everything up to the number of its stage
STAGE = re.compile(r"^(.*?)\.?\b(?:stages|chains\.\d+)\.(\d+)\b")
#: words in the names of parameters that tell nothing about where a layer is, some with a number
MUTE = re.compile(r"\b(?:sharing|network|encoders|parts|(?:frames|views_parts)\.\d+)(?:\.|$)")


@dataclass(frozen=True, slots=True)
class Map:
    """What was measured between the active tasks, still on the device.

    Attributes:
        matrix: ``[k, k]``, rows = train on, columns = helps.
        gramian: of the task gradients, ``[k, k]``.
        layers: the same measure of one layer alone, by the layer's name.
    """

    matrix: Tensor
    gramian: Tensor
    layers: dict[str, Tensor] = field(default_factory=dict)


def measured_map(
    exp: Experiment,
    measure: Any,
    taken: TaskGradients,
    values: Tensor,
    rows: Tensor,
    active: Sequence[int],
    number: int,
) -> Map:
    """Measure the map of a step before its update is applied.

    Args:
        measure: of the kind that is taken while a run trains.
        taken: the task gradients of the step.
        values: losses of the active tasks, ``[k]``.
        rows: of the batch, on the device.
        active: positions of the tasks.
        number: of the step.
    """
    G = taken.gramian()
    lr = exp.optimizer.param_groups[0]["lr"]
    if measure.needs == "lookahead":
        return Map(measure.measure(*lookahead(exp, taken, rows, active, number, lr)), G)
    layers = {}
    if measure.layers:
        layers = {name: measure.measure(part, values, lr) for name, part in by_layer(exp, taken).items()}
    return Map(measure.measure(G, values, lr), G, layers)


def lookahead(
    exp: Experiment, taken: TaskGradients, rows: Tensor, active: Sequence[int], number: int, lr: float
) -> tuple[Tensor, Tensor]:
    """Losses ``[k]``, and the losses after a step of gradient descent on the shared parameters for each task alone."""
    names = [name for name, p in exp.model.named_parameters() if any(p is mine for mine in exp.shared)]
    before = losses_again(exp, rows, active, number)
    after = []
    for place in range(len(active)):
        moved = {
            name: parameter.detach() - lr * block[place].view_as(parameter)
            for name, parameter, block in zip(names, exp.shared, taken.blocks, strict=True)
        }
        after.append(losses_again(exp, rows, active, number, moved))
    return before, torch.stack(after)


def by_layer(exp: Experiment, taken: TaskGradients) -> dict[str, Tensor]:
    """The Gramian of every layer's part of the task gradients, by a readable name; their sum is the whole Gramian."""
    found: dict[str, Tensor] = {}
    for layer, block in zip(layer_names(exp, len(taken.blocks)), taken.blocks, strict=True):
        found[layer] = found.get(layer, 0) + block @ block.T
    return found


def layer_names(exp: Experiment, blocks: int) -> list[str]:
    """The layer that each block of the task gradients belongs to: of the shared parameters, or of what they give."""
    if blocks != len(exp.shared):
        return ["shared features"] * blocks
    known = {id(p): name for name, p in exp.model.named_parameters()}
    return [layer_name(known[id(p)]) for p in exp.shared]


def layer_name(parameter: str) -> str:
    """``sharing.experts.0.chains.0.1.weight`` -> ``experts 1, stage 2``."""
    found = STAGE.match(parameter)
    place = MUTE.sub("", found[1] if found else parameter.rpartition(".")[0])
    words = " ".join(str(int(word) + 1) if word.isdigit() else word for word in place.split(".") if word)
    return ", ".join(part for part in (words, f"stage {int(found[2]) + 1}" if found else "") if part)
