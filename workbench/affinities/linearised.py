"""A model to first order around its trained parameters, fitted to subsets of the tasks."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.affinities.base import Examples

#: steps of Newton's method at most, and the relative length of a gradient at which it has arrived
STEPS, CLOSE = 50, 1e-8


class Linearised:
    """Fits ``f(x) = f₀(x) + ⟨g(x), w⟩`` to the training examples of some tasks at a time; each fit is kept.

    Args:
        tasks: outputs and gradients at the trained model.
        trained: f₀ is what the trained model gives; otherwise 0.
        ridge: penalty on ``‖w‖²``, relative to the mean squared length of a gradient.
    """

    def __init__(self, tasks: Sequence[Examples], ridge: float, trained: bool = False) -> None:
        self.tasks = tasks
        self.starts = [task.outputs if trained else task.blank for task in tasks]
        lengths = torch.stack([task.gradients[0].square().sum(1).mean() for task in tasks])
        self.penalty = ridge * float(lengths.mean())
        self.moves: dict[frozenset[int], Tensor] = {}

    def losses(self, subset: frozenset[int], task: int) -> Tensor:
        """Loss of every validation example of a task after the move for a subset, ``[n]``."""
        if subset not in self.moves:
            self.moves[subset] = self._move(subset)
        of = self.tasks[task]
        return LOSS[of.kind](self.starts[task][1] + of.gradients[1] @ self.moves[subset])

    def objective(self, subset: frozenset[int], move: Tensor) -> Tensor:
        """What a move minimises: the sum of the tasks' mean training losses, and the penalty."""
        tasks = [(self.tasks[t], self.starts[t][0]) for t in sorted(subset)]
        parts = [LOSS[of.kind](start + of.gradients[0] @ move).mean() for of, start in tasks]
        return torch.stack(parts).sum() + self.penalty * move.square().sum()

    def _move(self, subset: frozenset[int]) -> Tensor:
        """The best move for a subset, by Newton's method with halved steps (one step where all are regressions)."""
        d = self.tasks[0].gradients[0].shape[1]
        move = torch.zeros(d, dtype=torch.float64)
        if self.penalty == 0:
            return move  # no gradient of any task moves anything
        start = None
        for _ in range(STEPS):
            slope = 2 * self.penalty * move
            curve = 2 * self.penalty * torch.eye(d, dtype=torch.float64)
            for t in sorted(subset):
                of = self.tasks[t]
                x = of.gradients[0]
                first, second = SLOPES[of.kind](self.starts[t][0] + x @ move)
                slope = slope + x.T @ first / len(x)
                curve = curve + x.T @ (x * second[:, None]) / len(x)
            start = start or float(slope.norm())
            if float(slope.norm()) <= CLOSE * start:
                break
            step = -torch.linalg.solve(curve, slope)
            now, falls = self.objective(subset, move), float(slope @ step)
            size = 1.0
            while size > 1e-6 and self.objective(subset, move + size * step) > now + 1e-4 * size * falls:
                size /= 2
            move = move + size * step
        return move


def _logistic(margin: Tensor) -> tuple[Tensor, Tensor]:
    p = torch.sigmoid(-margin)
    return -p, p * (1 - p)


def _square(residual: Tensor) -> tuple[Tensor, Tensor]:
    return 2 * residual, torch.full_like(residual, 2.0)


#: kind of example -> its loss, and first and second derivative of that, as functions of the output
LOSS = {"margin": lambda margin: F.softplus(-margin), "residual": torch.square}
SLOPES = {"margin": _logistic, "residual": _square}
