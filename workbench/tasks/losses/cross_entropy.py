"""Cross entropy with label smoothing."""

from typing import Annotated, Any, ClassVar

import torch.nn.functional as F
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.tasks.losses.base import CLASSES, Loss


@register("loss", "cross_entropy", source="smoothing: Szegedy et al., CVPR 2016", tags=("core",))
class CrossEntropy(Loss):
    """Cross entropy, in nats, optionally with smoothed labels.

    ``ℓ = -Σ_c q_c log p_c`` with ``p = softmax(z)`` and ``q_c = (1 - s) [c = y] + s / C``: s is the smoothing, C the
    number of classes. A classification's own loss is this with s = 0. With s > 0 the best possible loss is the entropy
    of q, not 0.

    Shapes: logits ``[..., classes]``, targets ``[...]`` -> ``[...]``.
    """

    fits: ClassVar[tuple[str, ...]] = CLASSES
    alone: ClassVar[bool] = True

    label_smoothing: Annotated[
        float, Field(ge=0, lt=1, description="share s of a label that is spread over all classes"), Slider(0, 0.5)
    ] = 0.0

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        flat = F.cross_entropy(
            self.scores(output).flatten(0, -2),
            target.flatten().long(),
            reduction="none",
            ignore_index=-100,
            label_smoothing=self.label_smoothing,
        )
        return flat.view(target.shape)
