"""Cross entropy with weights by the effective number of examples of a class."""

from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.tasks.losses.base import CLASSES, Loss
from workbench.tasks.losses.focal import focused


@register("loss", "class_balanced", source="Cui et al., CVPR 2019", tags=("core",))
class ClassBalanced(Loss):
    """Rare classes count more: weights by the effective number of examples of a class.

    ``ℓ = w_y (1 - p_y)^γ (-log p_y)`` with ``w_c ∝ (1 - β) / (1 - β^{n_c})``, n_c the number of training labels of
    class c (1 where there is none). β = 0 weighs all labels alike, β -> 1 goes to ``1 / n_c``; γ > 0 makes it the
    class-balanced focal loss.

    The weights average 1 over the training labels, and the loss is divided by the number of labels: a mini-batch then
    estimates the weighted risk without bias, and the task's loss keeps its size. The authors' code makes the weights
    average 1 over the classes instead; ``torch.nn.CrossEntropyLoss(weight=)`` divides by the weights of the batch.

    Shapes: logits ``[..., classes]``, targets ``[...]`` -> ``[...]``.
    """

    fits: ClassVar[tuple[str, ...]] = CLASSES
    alone: ClassVar[bool] = True

    beta: Annotated[float, Field(ge=0, lt=1, description="β: 0 weighs all labels alike, towards 1 by 1/n")] = 0.999
    gamma: Annotated[float, Field(ge=0, description="focusing exponent γ; 0: cross entropy"), Slider(0, 5)] = 0.0

    def learn(self, target: Tensor) -> None:
        """Count the classes."""
        names: list[str] = getattr(self.task, "tags", None) or self.task.classes  # type: ignore[attr-defined]
        counts = torch.bincount(target.flatten(), minlength=len(names)).double()
        log_beta = torch.tensor(self.beta, dtype=torch.float64).log()
        weights = 1 / -torch.expm1(counts.clamp(min=1) * log_beta)
        self.weights = (weights * counts.sum() / (weights * counts).sum()).float()

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        self.weights = self.weights.to(target.device)
        return self.weights[target.clamp(min=0).long()] * focused(self.task.losses(output, target), self.gamma)
