"""Fixed task weights."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, register
from workbench.weightings.base import Scalarization


class WeightedSum(Scalarization):
    """``L = Σ_i w_i L_i`` with weights that only a person changes."""

    memory: ClassVar[tuple[str, ...]] = ("values",)
    steerable: ClassVar[bool] = True

    def start(self) -> dict[str, float]:
        """Task name -> weight at the start; 1 where not named."""
        return {}

    def bind(self, names: Sequence[str], seed: int = 0, device: Any = "cpu") -> None:
        self.device = device
        super().bind(names, seed, device)

    def reset(self, seed: int = 0) -> None:
        start = self.start()
        self.check_names(start, f"Weighting {self.name!r}")
        values = [float(start.get(name, 1.0)) for name in self.names]
        self.values = torch.tensor(values, device=getattr(self, "device", "cpu"))

    def set_weights(self, weights: Mapping[str, float]) -> None:
        super().set_weights(weights)
        values = dict(zip(self.names, self.values.tolist(), strict=True)) | dict(weights)
        self.values = self.values.new_tensor([values[name] for name in self.names])

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        if not self.names:
            self.bind([*self.start(), *map(str, range(len(losses)))][: len(losses)], device=losses.device)
        values = self.values if tasks is None else self.values[list(tasks)]
        return losses @ values.to(losses.dtype)


@register("weighting", "fixed", source="tuned scalarization; Xin et al., NeurIPS 2022", tags=("core",))
class Fixed(WeightedSum):
    """Weights you set yourself, and may change while it trains.

    ``L = Σ_i w_i L_i`` with constant ``w_i ≥ 0``. Tasks that are not named get weight 1. The weights are used as they
    are: scaling all of them scales the learning rate of SGD, and nothing under Adam. Before tasks are known, weights
    are taken in the order in which they are named.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("fixed", weights={"a": 3.0})(torch.tensor([1.0, 2.0])).item()
    5.0
    """

    weights: Annotated[
        dict[str, Annotated[float, Field(ge=0)]], Field(description="task name -> weight; 1 where not named")
    ] = {}  # noqa: RUF012 (pydantic copies it)

    def start(self) -> dict[str, float]:
        return self.weights
