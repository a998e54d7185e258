"""A bandit that trains the task whose loss falls most."""

import math
from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.schedules.base import Roster
from workbench.schedules.heard import Hearing

#: so many falls of losses are remembered to judge the next ones by
RECENT = 100


@register(
    "schedule",
    "exp3",
    source="Auer et al., SIAM J. Comput. 2002 (Exp3); rewards after Graves et al., ICML 2017 (formulas from memory)",
    tags=("core",),
)
class Exp3(Hearing):
    """A bandit: one task a step, drawn more often the faster its loss falls when it trains.

    ``p_k = (1 − γ) e^{s_k} / Σ_j e^{s_j} + γ / K``; after task k was trained, ``s_k ← s_k + (γ / K) · r / p_k``, the
    division making up for how rarely it is drawn. The reward r in [0, 1] is the share by which its loss fell since it
    trained last, ``1 − L / L_last``, scaled by the quantiles of the last 100 such shares over all tasks: the fifth of
    them that is lowest gives 0, the fifth that is highest 1, and it is linear between. Graves et al. scale by the same
    quantiles, of a sample of all earlier ones, to [−1, 1].

    Losses are of different batches, so rewards are noisy with small ones, and what the other tasks did to a task in
    between counts as its own. The s are learned from every ``every`` steps, so that no step waits for its loss. All
    tasks look alike until every one has trained twice or so; a task that is learned, or cannot be, is left to γ. A step
    for one task taken by hand counts as drawn.
    """

    memory: ClassVar[tuple[str, ...]] = ("who", "told", "scores", "last", "falls")

    gamma: Annotated[
        float, Field(gt=0, le=1, description="γ: share of the draws that is uniform; also the rate"), Slider(0.01, 1.0)
    ] = 0.2
    every: Annotated[int, Field(ge=1, description="steps from one look at the losses to the next"), Slider(1, 100)] = 10

    def begin(self, roster: Roster) -> None:
        super().begin(roster)
        self.scores = [0.0] * len(roster.names)
        self.last = [math.nan] * len(roster.names)
        self.falls: list[float] = []

    def probabilities(self) -> Tensor:
        """Probability of each task, ``[K]``."""
        scores = torch.tensor(self.scores, dtype=torch.float64)
        return (1 - self.gamma) * scores.softmax(0) + self.gamma / len(scores)

    def active(self, step: int, tasks: int) -> list[int]:
        return torch.multinomial(self.probabilities(), 1, generator=self.generator(step)).tolist()

    def watch(self, step: int, active: Sequence[int], losses: Tensor) -> None:
        super().watch(step, active, losses)
        if len(self.who) >= self.every:
            p = self.probabilities().tolist()  # with which all of them were drawn
            for i, loss in self.heard():
                self.scores[i] += self.gamma / len(p) * self.reward(i, loss) / p[i]

    def reward(self, i: int, loss: float) -> float:
        """Reward of a task for its loss now, from 0 to 1; a first loss, or one that is not finite, teaches nothing."""
        if not math.isfinite(loss):
            return 0.0
        last, self.last[i] = self.last[i], loss
        fall = (last - loss) / abs(last) if last else math.nan
        if not math.isfinite(fall):
            return 0.0
        self.falls = [*self.falls, fall][-RECENT:]
        low, high = torch.tensor(self.falls, dtype=torch.float64).quantile(torch.tensor([0.2, 0.8]).double()).tolist()
        return min(max((fall - low) / (high - low), 0.0), 1.0) if high > low else 0.5
