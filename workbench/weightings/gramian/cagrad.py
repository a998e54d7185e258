"""Conflict-averse gradient descent."""

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import Annotated, Literal

import numpy as np
import torch
from scipy.optimize import brentq
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.cone import shortest_on_simplex
from workbench.weightings.solvers.host import on_host
from workbench.weightings.solvers.simplex import min_on_simplex, root_step


@register("weighting", "cagrad", source="Liu et al., NeurIPS 2021, arXiv 2110.14048", tags=("core",))
class CAGrad(GramianWeighting):
    """Near the average gradient, the direction that serves the worst-off task best.

    With ``b = 1/K``: ``w* = argmin over the simplex of wᵀGb + c·√(bᵀGb)·√(wᵀGw)`` and
    ``w = (b + c·√(bᵀGb)/√(w*ᵀGw*) · w*) / r``, where ``r`` is 1, ``1 + c²`` (the authors' code) or ``1 + c`` (their
    toy). ``c = 0`` is equal weighting (its mean), large c tends to MGDA; for ``c < 1`` it stops where the mean loss is
    stationary but may still hurt a task.

    Length: a mean. The authors' code multiplies by K "to match the sum"; LibMTL leaves that out, as here. At a
    Pareto-stationary point (``w*ᵀGw* = 0``) the weights are ``b / r``.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("cagrad", c=0.0, rescale="none")(torch.eye(2)).tolist()
    [0.5, 0.5]
    """

    heads: Heads = "own"
    c: Annotated[float, Field(ge=0, description="how far from the average it may go"), Slider(0, 2)] = 0.4
    rescale: Annotated[
        Literal["none", "1+c²", "1+c"], Field(description="divide the update: the authors' code uses 1+c²")
    ] = "1+c²"

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        G64 = G.detach().double()
        largest = G64.diagonal(dim1=-2, dim2=-1).amax(-1).clamp(min=torch.finfo(torch.float64).tiny)
        shrink = {"none": 1.0, "1+c²": 1 + self.c * self.c, "1+c": 1 + self.c}[self.rescale]
        return (on_host(G64 / largest[..., None, None], _weights, self.c) / shrink).to(G.dtype)


def _weights(G: np.ndarray, c: float) -> np.ndarray:
    if len(G) == 2:
        return _of_two(G, c)
    b = np.full(len(G), 1.0 / len(G))
    Gb = G @ b
    square = max(float(b @ Gb), 0.0)
    radius = c * sqrt(square)
    # below rounding of the matrix a combination's length is zero: a Pareto-stationary point
    zero = 1e-8 * sqrt(float(np.trace(G)))
    if radius <= zero * c:
        return b
    worst = min_on_simplex(G, Gb, radius, tolerance=1e-10, rounds=8)
    length = sqrt(max(float(worst @ G @ worst), 0.0))
    if _is_best(G, Gb, radius, worst, length, zero):
        return b + radius / length * worst

    def shortest(log_length: float) -> np.ndarray:
        """Given its length, √ is a square and w the shortest of ``g_i + (length / radius) ḡ``."""
        tilt = exp(log_length) / radius
        return shortest_on_simplex(G + tilt * (Gb[:, None] + Gb) + tilt * tilt * square)

    def excess(log_length: float) -> float:
        w = shortest(log_length)
        return log_length - log(max(sqrt(max(float(w @ G @ w), 0.0)), zero))

    if excess(log(zero)) >= 0:
        return b
    length = brentq(excess, log(zero), 0.1, xtol=1e-9)
    return b + radius / exp(length) * shortest(length)


def _of_two(G: np.ndarray, c: float) -> np.ndarray:
    """The same for two tasks, where one line search from the middle is exact, in Python's own numbers."""
    (one, product), (_, two) = G.tolist()
    gains = (one + product) / 2, (product + two) / 2
    square = max((gains[0] + gains[1]) / 2, 0.0)
    radius, zero = c * sqrt(square), 1e-8 * sqrt(one + two)
    if radius <= zero * c:
        return np.full(2, 0.5)
    w, Gw = [0.5, 0.5], list(gains)
    for _ in range(2):  # the second search takes out the rounding of the first
        square = max(w[0] * Gw[0] + w[1] * Gw[1], 0.0)
        if square == 0:
            break
        slopes = [gain + radius * g / sqrt(square) for gain, g in zip(gains, Gw, strict=True)]
        up = 0 if slopes[0] <= slopes[1] else 1
        down = 1 - up
        if w[down] == 0 or slopes[down] - slopes[up] <= 1e-10 * max(map(abs, slopes)):
            break
        bend = one + two - 2 * product
        step = min(root_step(gains[up] - gains[down], radius, square, Gw[up] - Gw[down], bend), w[down])
        if step <= 0:
            break
        w[up], w[down] = w[up] + step, 0.0 if step == w[down] else w[down] - step
        Gw = [
            Gw[0] + (one - product) * (step if up == 0 else -step),
            Gw[1] + (product - two) * (step if up == 0 else -step),
        ]
    length = sqrt(max(w[0] * w[0] * one + 2 * w[0] * w[1] * product + w[1] * w[1] * two, 0.0))
    if length <= zero:
        return np.full(2, 0.5)
    return np.array([0.5 + radius / length * w[0], 0.5 + radius / length * w[1]])


def _is_best(G: np.ndarray, Gb: np.ndarray, radius: float, w: np.ndarray, length: float, zero: float) -> bool:
    """Whether pair moves have converged: no coordinate in use falls more slowly than the best one."""
    if length <= zero:
        return False
    gradient = Gb + radius / length * (G @ w)
    return bool(gradient[w > 0].max() - gradient.min() <= 1e-9 * np.abs(gradient).max())
