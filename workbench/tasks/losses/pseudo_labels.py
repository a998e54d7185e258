"""Pseudo-labels."""

from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.tasks.losses.base import Loss


@register("loss", "pseudo_labels", source="Lee, ICML 2013 workshop; threshold: Sohn et al. (FixMatch), NeurIPS 2020")
class PseudoLabels(Loss):
    """Pseudo-labels: where a label is missing and the model is sure of one, it trains on that.

    For an example without a label, ``p = softmax(z)`` of its scores z in this very step: if ``max p >= τ`` the label is
    ``argmax p``, and counts like any other, ``ℓ = -log p_argmax``. The mean of a batch is over its labels and
    pseudo-labels together. In the first ``start`` epochs, and in validation and test, there are none. The guesses
    follow from the weights, so that a run resumes and replays to the same numbers.

    A batch without a single true label of the task is passed by. With probabilities that are too sure of themselves a
    wrong guess confirms itself: look whether it pays. Lee takes every guess and lets their weight grow over the epochs;
    FixMatch guesses on a weakly changed image and trains on a strongly changed one. Here nothing is changed.

    Shapes: scores ``[batch, classes]``, targets ``[batch]``, missing ones -100.
    """

    fits: ClassVar[tuple[str, ...]] = ("classification",)

    threshold: Annotated[
        float, Field(gt=0, le=1, description="least probability τ of a label that is guessed"), Slider(0.5, 1.0)
    ] = 0.95
    start: Annotated[int, Field(ge=0, description="epochs at the start without a guess"), Slider(0, 20)] = 1

    def setup(self) -> None:
        self.epoch = 0

    def enter(self, epoch: int) -> None:
        self.epoch = epoch

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        return self.task.losses(output, target)

    @torch.no_grad()
    def filled(self, output: Any, target: Tensor) -> Tensor:
        if self.epoch < self.start:
            return target
        sure, guess = self.scores(output).softmax(-1).max(-1)
        return torch.where((target == -100) & (sure >= self.threshold), guess, target)
