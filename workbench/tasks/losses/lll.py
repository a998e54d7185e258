"""Least-likely labels: hard-example mining inside a task."""

from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.tasks.base import Task
from workbench.tasks.losses.base import CLASSES, Loss

#: kinds of task whose predictions can be compared with their encoded labels
RIGHT_OR_WRONG = (*CLASSES, "multilabel", "ordinal")


@register("loss", "lll", source="hard-example mining: Shrivastava et al., CVPR 2016", tags=("core",))
class LLL(Loss):
    """LLL, least-likely labels (hard-example mining): train only on what the task still gets wrong.

    ``Σ m ℓ / Σ m`` over the labels of a batch, ℓ the task's own loss. With ``select="mispredicted"``, m = 1 where the
    prediction is not right; with ``"hardest"``, for the share q of the labels with the largest losses (at least one).
    In the first ``warmup`` epochs m = 1 everywhere: an untrained model gets nearly everything wrong, and what it gets
    wrong says little. It is the limit of the focal loss for an ever larger exponent.

    Which labels train follows from the model and the epoch alone, so a resumed run goes on as it would have. A batch
    without a single mistake gives the loss 0 and no gradient. Validation goes by all labels.

    Shapes: as the task's own loss.
    """

    select: Annotated[
        Literal["mispredicted", "hardest"],
        Field(description="which labels train; mispredicted needs labels that are right or wrong"),
    ] = "mispredicted"
    share: Annotated[
        float, Field(gt=0, le=1, description="hardest: share q of a batch's labels"), Slider(0.05, 1.0)
    ] = 0.5
    warmup: Annotated[int, Field(ge=0, description="epochs at the start that train on all labels"), Slider(0, 20)] = 1

    def setup(self) -> None:
        self.epoch = 0

    def bind(self, task: Task, target: Tensor) -> None:
        super().bind(task, target)
        if self.select == "mispredicted" and task.kind not in RIGHT_OR_WRONG:
            raise WorkbenchError(
                f"Loss 'lll' with select = 'mispredicted' needs labels that are right or wrong, but task {task.name!r} "
                f"is a {task.kind}; set select to 'hardest'."
            )

    def enter(self, epoch: int) -> None:
        self.epoch = epoch

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        return self.task.losses(output, target)

    def kept(self, losses: Tensor, output: Any, target: Tensor) -> Tensor:
        present = self.task.present(target)
        if self.epoch < self.warmup:
            return present
        if self.select == "mispredicted":
            with torch.no_grad():
                return present & (self.task.predict(output) != target)
        order = losses.masked_fill(~present, -torch.inf).flatten().argsort(descending=True)
        rank = torch.empty_like(order)
        rank[order] = torch.arange(len(order), device=order.device)
        return present & (rank < (self.share * present.sum()).ceil()).view(present.shape)
