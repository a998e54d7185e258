"""The mix of a batch from gradients and their noise."""

from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.schedules.base import Roster
from workbench.schedules.heard import Hearing
from workbench.schedules.looking import Looking


@register("schedule", "pike", source="Li et al., NeurIPS 2025, arXiv 2502.06244 (PiKE)")
class PiKE(Looking, Hearing):
    """Divides every batch among the tasks: more examples to those with long gradients and little noise.

    Every ``every`` steps ``w_k ← w_k exp(ζ₁ ‖∇L_k‖² − (ζ₂ / 2b) σ_k²)``, scaled to sum 1; task k trains on ``b w_k`` of
    the b examples, and all examples count alike. Without conflicts, a step of size η on such a batch lowers the sum of
    losses by at least about ``Σ_k w_k (η ‖∇L_k‖² − (Λη²/2) σ_k²/b)``, Λ their smoothness, which the rule climbs: hence
    ``ζ₂ / ζ₁`` stands for ``Λη``, and is at most about 1 where η is not too large.

    **Estimates.** Let ``σ_k² = E‖∇ℓ_k(x) − ∇L_k‖²`` over examples, and ``g₁, g₂`` the mean gradients of task k over the
    two halves of a batch: independent, each with mean ``∇L_k`` and total variance ``σ_k² / (b/2)``. So ``E ⟨g₁, g₂⟩ =
    ‖∇L_k‖²``, where ``E ‖g‖²`` of the whole batch would be too large by ``σ_k²/b``; and ``E ‖g₁ − g₂‖² = 2 · 2σ_k²/b``,
    so ``(b/4) ‖g₁ − g₂‖²`` has the mean ``σ_k²``. Both are unbiased and read off ``J₁J₁ᵀ``, ``J₂J₂ᵀ`` and ``J₁J₂ᵀ``.
    As the rule needs ``σ_k²/b = ‖g₁ − g₂‖²/4``, b need not be known; where labels are missing, this is the noise of a
    batch with as many labels as this one (about, where the halves have unequally many). A task without labels in a half
    keeps its share.

    **Units.** The ζ multiply squared gradients, whose scale depends on the model and the losses. Here they are in units
    of ``1 / m``, m the mean of ``‖∇L_k‖² + σ_k²/b`` over the tasks at the first look (or the first that is not 0), so
    that a common factor on all losses changes nothing; with ``m = 1`` it is the paper's rule. As m stays what it is,
    the mix comes to rest where gradients vanish. The paper tunes ζ; the defaults are ours.

    ``floor`` deals out part of the batch alike after every update. It is ours, and it matters: on the paper's two tasks
    ``½ (θᵀe_k)²`` with noise, the rule without it drives a task's share to 0 and comes back too late, and ends worse
    than equal shares; with it, it beats every fixed mix where the noise of the tasks differs, and ties with the best
    where it does not. ``balanced`` multiplies the shares with ``y_k ∝ e^{τ L_k}``, L_k the mean loss since the last
    look, so that the largest loss leads (from a secondary source). A look costs two backward passes per task, each of
    half a batch.
    """

    needs: ClassVar[str] = "cross_gramian"
    memory: ClassVar[tuple[str, ...]] = ("who", "told", "mix", "losses", "unit")

    zeta1: Annotated[
        float, Field(ge=0, description="ζ₁: pull of the squared gradient"), Slider(0.01, 1.0, log=True)
    ] = 0.2
    zeta2: Annotated[float, Field(ge=0, description="ζ₂: push of its noise"), Slider(0.01, 1.0, log=True)] = 0.2
    floor: Annotated[
        float, Field(ge=0, le=1, description="part of the batch that is dealt out alike"), Slider(0.0, 1.0)
    ] = 0.1
    balanced: Annotated[bool, Field(description="more examples to tasks with a large loss, too")] = False
    tau: Annotated[float, Field(ge=0, description="τ: how much more, with balanced"), Slider(0.0, 5.0)] = 1.0

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        found = []
        if (weighting := spec.chosen("weighting")[0]) != "equal":
            found.append(
                f"Schedule 'pike' sets the weights through the batch and needs weighting 'equal', found {weighting!r}."
            )
        if (gradients := spec.chosen("gradients")[0]) != "exact":
            found.append(f"Schedule 'pike' needs gradients 'exact', found {gradients!r}.")
        if spec.batch_size < 2:
            found.append(f"Schedule 'pike' halves batches and needs batch_size of at least 2, found {spec.batch_size}.")
        return found

    def begin(self, roster: Roster) -> None:
        super().begin(roster)
        count = len(roster.names)
        self.mix = torch.full((count,), 1 / count, dtype=torch.float64)
        self.losses = torch.zeros(count, dtype=torch.float64)
        self.unit = 0.0

    def active(self, step: int, tasks: int) -> range:
        return range(tasks)

    def shares(self, step: int) -> Tensor:
        if not self.balanced:
            return self.mix
        found = self.mix * (self.tau * self.losses).softmax(0)
        return found / found.sum()

    def watch(self, step: int, active: Any, losses: Tensor) -> None:
        if self.balanced:
            super().watch(step, active, losses)

    def look(self, step: int, *found: Tensor) -> None:
        squares, noises = estimates(*found)
        there = squares.isfinite() & noises.isfinite()
        if not self.unit and bool(there.any()):
            self.unit = float((squares + noises)[there].mean().clamp(min=0))
        if self.unit:
            self.mix = self.mixed(self.zeta1 * squares - self.zeta2 / 2 * noises, there)
        self._listen()

    def mixed(self, push: Tensor, there: Tensor) -> Tensor:
        """The mix after ``w_k ← w_k exp(push_k / m)`` for the tasks that are there, ``[K]``."""
        kept = self.mix[there].sum()
        mix = self.mix.clone()
        mix[there] = kept * (self.mix[there].clamp(min=1e-300).log() + push[there] / self.unit).softmax(0)
        return self.floor / len(mix) + (1 - self.floor) * mix

    def _listen(self) -> None:
        heard: dict[int, list[float]] = {}
        for i, loss in self.heard():
            heard.setdefault(i, []).append(loss)
        means = {i: sum(losses) / len(losses) for i, losses in heard.items()}
        finite = {i: mean for i, mean in means.items() if mean - mean == 0}
        self.losses = self.losses.clone()
        self.losses[list(finite)] = torch.tensor(list(finite.values()), dtype=torch.float64)


def estimates(first: Tensor, second: Tensor, cross: Tensor) -> tuple[Tensor, Tensor]:
    """Unbiased estimates of ``‖∇L_k‖²`` and of ``σ_k²/b``, the total variance of the gradient of a whole batch.

    Args:
        first, second, cross: ``J₁J₁ᵀ``, ``J₂J₂ᵀ`` and ``J₁J₂ᵀ`` of two halves of a batch, ``[K, K]``.

    Returns:
        both ``float64[K]``, NaN for tasks without labels in a half.
    """
    one, two, both = (found.double().diagonal() for found in (first, second, cross))
    there = (one > 0) == (two > 0)
    return torch.where(there, both, torch.nan), torch.where(there, (one + two - 2 * both) / 4, torch.nan)
