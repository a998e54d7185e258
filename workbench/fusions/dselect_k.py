"""DSelect-k: a gate that ends with at most k experts."""

from collections.abc import Sequence
from math import ceil, log2
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.fusions.base import Fusion, NewEncoder, Sharing, noted_costs
from workbench.fusions.experts import BottomStages, GatedExperts

#: keeps the logarithm of the entropy finite
EPSILON = 1e-6


def smooth_step(t: Tensor, gamma: float) -> Tensor:
    """0 up to −γ/2, 1 from γ/2 on, ``−2t³/γ³ + 3t/(2γ) + 1/2`` in between."""
    inside = -2 * t**3 / gamma**3 + 3 * t / (2 * gamma) + 0.5
    return torch.where(t <= -gamma / 2, 0.0, torch.where(t >= gamma / 2, 1.0, inside))


class DSelectGate(nn.Module):
    """``Σ_i softmax(w)_i r(z_i)``: k single-expert selectors ``r(z)_e = Π_b S(z_b)^{c_eb} (1 − S(z_b))^{1−c_eb}``.

    ``c_e`` is the number of expert e in binary digits.

    Attributes:
        cost: of the last call in training, with its graph; None: nothing.
    """

    codes: Tensor

    def __init__(self, inputs: int, experts: int, k: int, gamma: float, entropy: float, by: str) -> None:
        super().__init__()
        self.k, self.gamma, self.entropy, self.by = k, gamma, entropy, by
        self.bits = ceil(log2(experts))
        numbers = torch.arange(experts).unsqueeze(1) >> torch.arange(self.bits - 1, -1, -1)
        self.register_buffer("codes", (numbers & 1).bool(), persistent=False)
        self.power_of_two = experts == 2**self.bits
        if by == "task":
            self.z = nn.Parameter(torch.empty(k, self.bits).uniform_(-gamma / 100, gamma / 100))
            self.w = nn.Parameter(torch.empty(k).uniform_(-0.05, 0.05))
        else:
            self.of_x = nn.Linear(inputs, k * self.bits + k)
            for parameter in self.of_x.parameters():
                nn.init.uniform_(parameter[: k * self.bits], -gamma / 100, gamma / 100)
                nn.init.uniform_(parameter[k * self.bits :], -0.05, 0.05)
        self.cost: Tensor | None = None

    def selectors(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """``r [..., k, experts]`` and ``softmax(w) [..., k]``; leading batch only where x decides."""
        if self.by == "task":
            z, w = self.z, self.w
        else:
            both = self.of_x(seen)
            z = both[:, : self.k * self.bits].unflatten(1, (self.k, self.bits))
            w = both[:, self.k * self.bits :]
        steps = smooth_step(z.float(), self.gamma).unsqueeze(-2)
        return torch.where(self.codes, steps, 1 - steps).prod(-1), torch.softmax(w.float(), dim=-1)

    def forward(self, seen: Tensor) -> Tensor:
        r, w = self.selectors(seen)
        if self.training:
            self.cost = self._cost(r)
        return (w.unsqueeze(-1) * r).sum(-2)

    def _cost(self, r: Tensor) -> Tensor | None:
        """Entropy of the selectors, and what keeps them from codes of no expert, summed over selectors, mean over x."""
        parts = []
        if self.entropy:
            parts.append(-self.entropy * (r * (r + EPSILON).log()).sum((-2, -1)).mean())
        if not self.power_of_two:
            parts.append((1 / r.sum(-1)).sum(-1).mean())
        return sum(parts) if parts else None  # type: ignore[return-value]


class DSelectSharing(GatedExperts):
    def __init__(
        self, setting: "DSelectK", new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]
    ) -> None:
        self.setting = setting
        super().__init__(new_encoder, views, tasks, setting.experts, setting.bottom)

    def new_gate(self, inputs: int, experts: int) -> nn.Module:
        s = self.setting
        return DSelectGate(inputs, experts, s.k, s.gamma, s.entropy, s.by)

    def penalty(self) -> Tensor | None:
        return noted_costs(self.gates)


@register("fusion", "dselect_k", source="Hazimeh et al., NeurIPS 2021")
class DSelectK(Fusion):
    """Experts that serve all tasks; a smooth gate per task that ends with at most k of them.

    With ``m = ⌈log₂ experts⌉`` and the smooth step ``S(t) = 0`` for t ≤ −γ/2, 1 for t ≥ γ/2 and
    ``−2t³/γ³ + 3t/(2γ) + ½`` between, a selector with ``z ∈ ℝ^m`` gives expert e, whose number has the binary digits
    ``c_e``, the weight ``r(z)_e = Π_b S(z_b)^{c_eb} (1 − S(z_b))^{1 − c_eb}``: one expert alone once all
    ``|z_b| ≥ γ/2``. The gate is ``Σ_{i=1}^k softmax(w)_i r(z_i)``.

    ``by = "task"``: z and w are parameters of the task, the same for all examples (the paper's static gate);
    ``by = "example"``: linear in x. They start within ±γ/100 (z) and ±0.05 (w), as in the authors' code: all experts
    count alike. Added to the loss, outside the task weights: ``entropy · Σ_i −Σ_e r_e log r_e``, which hurries the
    selectors to their choice; and, where the number of experts is no power of two, ``Σ_i 1 / Σ_e r(z_i)_e``, which
    keeps them from digits that are no expert's (the weights sum to 1 once they are), as in the authors' code. (LibMTL
    does not use its γ.) What an expert is, and what x is, as in ``mmoe``. Recorded: ``gate``, tasks × experts.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"
    looks_around: ClassVar[bool] = True

    experts: Annotated[int, Field(ge=2, le=64, description="number of experts"), Slider(2, 16)] = 4
    k: Annotated[int, Field(ge=1, le=64, description="most experts a task ends with"), Slider(1, 8)] = 2
    gamma: Annotated[float, Field(gt=0, description="width γ of the smooth step"), Slider(0.1, 10, log=True)] = 1.0
    entropy: Annotated[
        float, Field(ge=0, description="weight of the selectors' entropy"), Slider(1e-6, 1, log=True)
    ] = 1e-6
    by: Annotated[Literal["task", "example"], Field(description="what the gate depends on")] = "task"
    bottom: BottomStages = 1

    def setup(self) -> None:
        if self.k > self.experts:
            raise WorkbenchError(
                f"Fusion 'dselect_k': k = {self.k} experts per task, but there are only {self.experts}; at most "
                f"{self.experts}."
            )

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return DSelectSharing(self, new_encoder, views, tasks)
