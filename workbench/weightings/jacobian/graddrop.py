"""Gradient sign dropout."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import Heads, JacobianAggregator


@register("weighting", "graddrop", source="Chen et al., NeurIPS 2020, arXiv 2010.06808", tags=("core",))
class GradDrop(JacobianAggregator):
    """Each coordinate follows one sign, drawn by how strongly the tasks push that way.

    Per coordinate: purity ``P = ½ (1 + Σ_i g_i / Σ_i |g_i|)``, one uniform draw U for all tasks; positive entries are
    kept if ``P > U``, negative ones if ``P < U``; then ``d = Σ_i (ℓ + (1 − ℓ) M_i) ⊙ g_i`` with leak ``ℓ``.

    Length: a sum. As in LibMTL and TorchJD it acts on the parameter gradients; the paper acts on ``∇_z L · sign(z)``
    summed over the batch at one layer.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("graddrop")(torch.tensor([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [4.0, 6.0]
    """

    memory: ClassVar[tuple[str, ...]] = ("generator",)
    coordinatewise: ClassVar[bool] = True

    heads: Heads = "own"
    leak: Annotated[
        float, Field(ge=0, le=1, description="share of the dropped gradient that passes all the same"), Slider(0, 1)
    ] = 0.0

    def bind(self, names: Sequence[str], seed: int = 0, device: Any = "cpu") -> None:
        self.device = device
        super().bind(names, seed, device)

    def reset(self, seed: int = 0) -> None:
        self.generator = torch.Generator(getattr(self, "device", "cpu")).manual_seed(seed)

    def __call__(self, J: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        share = 2.0 ** -(len(J).bit_length() + 1)  # a power of two is exact, and so small no sum overflows
        each = J.new_full((len(J),), share)
        part = J.clamp(min=0)
        up = each @ part
        down = each @ torch.clamp(J, max=0, out=part)  # fresh memory of this size costs more than the sum
        purity = up / (up - down)  # NaN, and so neither above nor below, where all entries are zero
        draw = torch.rand(J.shape[1], generator=self.generator, device=J.device, dtype=J.dtype)
        # products with 0 and 1: to choose by a random mask takes four times as long on a CPU
        of_up, of_down = (self.leak + (1 - self.leak) * sign.to(J.dtype) for sign in (purity > draw, purity < draw))
        return (of_up * up + of_down * down) / share
