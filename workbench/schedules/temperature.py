"""Tasks by a power of their labels."""

from typing import Annotated

from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.schedules.drawn import BySize


@register(
    "schedule", "temperature", source="Arivazhagan et al. 2019; cap: Raffel et al., JMLR 2020 (T5)", tags=("core",)
)
class Temperature(BySize):
    """Between by labels and all alike: tasks drawn with ``p_k ∝ min(n_k, cap)^(1/T)``.

    ``n_k`` counts the training examples with a label of task k. T = 1 without a cap is ``proportional``; the larger T,
    the more alike. Arivazhagan et al. used T = 5 for multilingual translation, mT5 the exponent 0.3, which is T = 3.3;
    T5 the cap with T = 1.
    """

    temperature: Annotated[float, Field(ge=1, description="T: 1 by labels, large: all alike"), Slider(1, 10)] = 3.3
    cap: Annotated[int | None, Field(ge=1, description="labels from which tasks count alike; none: no cap")] = None

    def sizes(self, labels: Tensor, step: int) -> Tensor:
        return (labels if self.cap is None else labels.clamp(max=self.cap)) ** (1 / self.temperature)
