"""Every weighting on two losses of a point: where does each one go?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError, component, one_of, short
from workbench.toys.base import Toy
from workbench.toys.known import get
from workbench.weightings.base import GramianWeighting, JacobianAggregator, Scalarization, Weighting

if TYPE_CHECKING:
    import pandas as pd

    from workbench.plots import Figure

Chosen = str | Mapping[str, Any]
#: the tasks' names, for weightings whose settings name tasks
LOSSES = ("loss1", "loss2")
#: about so many points of a path are kept
POINTS = 2000
OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


@dataclass(frozen=True)
class Landscape:
    """Paths of weightings over a toy.

    Attributes:
        frame: columns ``method``, ``start`` (from 0), ``step``, ``x1`` … ``xd``, ``loss1``, ``loss2``.
        toy: the landscape.
        title: what was done, in one line.
        stopped: (method, start) -> the step at which the method gave no finite direction; its point stays there.
    """

    frame: "pd.DataFrame"
    toy: Toy
    title: str
    stopped: dict[tuple[str, int], int]

    @property
    def ends(self) -> "pd.DataFrame":
        """The last point of every path.

        The columns of ``frame`` and ``mean_loss``, ``to_pareto_set`` (distance to the nearest of 2,001 points of the
        Pareto set) and ``stopped`` (see there; missing: never).
        """
        import pandas as pd

        frame = self.frame.groupby(["method", "start"], sort=False).tail(1).reset_index(drop=True)
        x = torch.tensor(frame[self._coordinates()].to_numpy())
        stopped = [self.stopped.get(key) for key in zip(frame["method"], frame["start"], strict=True)]
        return frame.assign(
            mean_loss=frame[list(LOSSES)].mean(axis=1),
            to_pareto_set=torch.cdist(x, self.toy.pareto_set(2001)).amin(1).numpy(),
            stopped=pd.array(stopped, dtype="Int64"),
        )

    def figure(self, panels: bool | None = None) -> "Figure":
        """The paths over the surface of the mean loss, with the Pareto set.

        Args:
            panels: a small picture per method; None: where there are more than four.

        Raises:
            WorkbenchError: points of this toy do not have two coordinates.
        """
        from workbench.plots.landscape import trajectories

        if self.toy.dims != 2:
            raise WorkbenchError(
                f"Toy {self.toy.name!r} has {self.toy.dims} coordinates, and a map takes two: use front_figure()."
            )
        if panels is None:
            panels = self.frame["method"].nunique() > 4
        axis = torch.linspace(*self.toy.view, 111 if panels else 221, dtype=torch.float64)
        grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1)
        mean = self.toy.losses(grid).mean(-1).numpy()
        surface = (axis.numpy(), axis.numpy(), mean)
        return trajectories(self.frame, surface, self._broken(self.toy.pareto_set()), self.title, panels)

    def front_figure(self) -> "Figure":
        """The paths in the plane of the two losses, with the Pareto front."""
        from workbench.plots.landscape import front

        return front(self.frame, self.toy.losses(torch.tensor(self._broken(self.toy.pareto_set()))).numpy(), self.title)

    def _coordinates(self) -> list[str]:
        return [f"x{i + 1}" for i in range(self.toy.dims)]

    @staticmethod
    def _broken(points: Tensor) -> np.ndarray:
        """NaN between the pieces of a Pareto set, so that no line joins them."""
        gaps = points.diff(dim=0).norm(dim=-1)
        jumps = (gaps > 5 * gaps.median()).nonzero()[:, 0] + 1
        return np.insert(points.numpy(), jumps.numpy(), np.nan, axis=0)

    def __repr__(self) -> str:
        return f"{self.title}\n{self.ends.round(3).to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{self.title}</p>{self.ends.round(3).to_html(index=False)}"


def landscape(
    methods: Chosen | Sequence[Chosen],
    toy: Chosen | Toy = "cagrad",
    start: Any = None,
    lr: float = 1e-3,
    steps: int = 10_000,
    optimizer: Literal["adam", "sgd"] = "adam",
    *,
    every: int | None = None,
    epoch: int = 100,
    seed: int = 0,
) -> Landscape:
    """Let weightings walk down a toy of two losses, all of them from all starts at once.

    Every path has its own optimiser state, and its own state of the weighting; random methods draw for each start,
    but a method whose only state is its random generator and which takes batches draws once for all its starts.
    Weightings are told the losses counted from the toy's lower bound (``toy.lower``), so that those that take
    logarithms or ratios have positive numbers; gradients are not changed by that. What a weighting learns itself
    (``uncertainty``) is learned with the same optimiser and learning rate.

    Args:
        methods: weightings, by name or as ``{"name": …, setting: …}``; tasks are named ``loss1`` and ``loss2``.
        toy: a name of ``workbench.toys.TOYS``, ``{"name": …, setting: …}``, or a toy.
        start: points ``[starts, dims]`` or one point; None: the toy's own.
        lr: learning rate, at least 0.
        steps: number of steps of each path.
        optimizer: ``adam`` or ``sgd``, with torch's defaults.
        every: keep every so many steps; None: about 2,000 of each path.
        epoch: number of steps after which weightings that learn once per epoch do so.
        seed: of random methods.

    Raises:
        WorkbenchError: naming every unknown method, toy or setting, and starts of the wrong shape.

    Example::

        found = wb.landscape(["equal", "mgda", {"name": "cagrad", "c": 0.5}], lr=0.1, steps=2000)
        found.figure()
    """
    land, labels, chosen, x0 = _checked(methods, toy, start, lr, steps, optimizer, every, epoch)
    walkers = [_Walker(*pick, starts=len(x0), seed=seed) for pick in chosen]
    x = nn.Parameter(x0.expand(len(walkers), *x0.shape).clone())
    learned = [parameter for walker in walkers for parameter in walker.parameters()]
    rule = OPTIMIZERS[optimizer]([x, *learned], lr=lr, fused=True)
    lower = torch.tensor(land.lower, dtype=torch.float64)
    every = every or max(1, steps // POINTS)
    kept: list[tuple[int, Tensor, Tensor]] = []
    died = torch.full(x.shape[:2], -1)
    all_alive = True
    seen = torch.zeros(x.shape[:2] + (2,), dtype=torch.float64)
    for step in range(steps):
        losses, J = land.jacobian(x)
        if step % every == 0:
            kept.append((step, x.detach().clone(), losses))
        values = losses - lower
        direction = _directions(walkers, values, J, learned)
        if not (all_alive and bool(direction.isfinite().all())):
            finite = direction.isfinite().all(-1)
            died[(died < 0) & ~finite] = step
            all_alive = bool((died < 0).all())
            direction = torch.where(finite[..., None], direction, 0.0)
        before = None if all_alive else x.detach().clone()
        x.grad = direction
        rule.step()
        with torch.no_grad():
            if before is not None:
                x.copy_(torch.where((died < 0)[..., None], x, before))
            if land.box is not None:
                x.clamp_(*land.box)
        seen += values
        if (step + 1) % epoch == 0:
            for walker, mean in zip(walkers, seen / epoch, strict=True):
                walker.end_epoch(mean)
            seen.zero_()
    kept.append((steps, x.detach().clone(), land.losses(x.detach())))
    stopped = {(labels[m], s): int(died[m, s]) for m, s in (died >= 0).nonzero().tolist()}
    title = f"Landscape {land.name}: {optimizer}, learning rate {lr:g}, {steps:,} steps"
    return Landscape(_frame(kept, labels), land, title, stopped)


class _Walker:
    """A weighting on all starts: once for all where it has no state, else one copy per start."""

    def __init__(self, cls: type[Weighting], settings: dict[str, Any], starts: int, seed: int) -> None:
        first = cls(**settings)
        first.bind(LOSSES, seed)
        stateless = all(isinstance(getattr(first, key), torch.Generator) for key in first.memory)
        self.at_once = isinstance(first, GramianWeighting) and stateless
        self.copies = [first]
        if not self.at_once:
            self.copies += [cls(**settings) for _ in range(starts - 1)]
            for i, copy in enumerate(self.copies):
                copy.bind(LOSSES, seed + i)

    def parameters(self) -> list[nn.Parameter]:
        return [parameter for copy in self.copies for parameter in copy.parameters()]

    def end_epoch(self, losses: Tensor) -> None:
        if not self.at_once:
            for copy, mean in zip(self.copies, losses, strict=True):
                copy.end_epoch(mean)

    def direction(self, losses: Tensor, J: Tensor) -> Tensor:
        """For those that look at single coordinates: gradients ``[starts, 2, dims]`` -> updates ``[starts, dims]``."""
        rows = zip(self.copies, J.unbind(), losses.unbind(), strict=True)
        return torch.stack([copy(rows_of, losses=of) for copy, rows_of, of in rows]).detach()  # type: ignore[operator]

    def weights(self, losses: Tensor, G: Tensor) -> Tensor:
        """For gramian weightings: gramians ``[starts, 2, 2]`` -> weights ``[starts, 2]``."""
        if self.at_once:
            return self.copies[0](G, losses=losses).detach()  # type: ignore[operator]
        rows = zip(self.copies, G.unbind(), losses.unbind(), strict=True)
        return torch.stack([copy(gramian, losses=of) for copy, gramian, of in rows]).detach()  # type: ignore[operator]


def _directions(walkers: list[_Walker], losses: Tensor, J: Tensor, learned: list[nn.Parameter]) -> Tensor:
    """Updates of all methods, ``[methods, starts, dims]``; sets the gradients of what weightings learn themselves.

    The gramians of all, the updates of all from their weights, and the weights of all scalarizations come from one
    operation each; the last from one backward pass through the sum of their scalars.
    """
    weights: list[Any] = [None] * len(walkers)
    grams, values = (J @ J.mT).unbind(), losses.unbind()
    for m, walker in enumerate(walkers):
        if isinstance(walker.copies[0], GramianWeighting):
            weights[m] = walker.weights(values[m], grams[m])
    scalar = [m for m, walker in enumerate(walkers) if isinstance(walker.copies[0], Scalarization)]
    if scalar:
        leaf = torch.stack([values[m] for m in scalar]).requires_grad_()
        copies = [copy for m in scalar for copy in walkers[m].copies]
        scalars = [
            copy(row)  # type: ignore[operator]
            for copy, row in zip(copies, leaf.flatten(0, 1).unbind(), strict=True)
        ]
        found, *rest = torch.autograd.grad(torch.stack(scalars).sum(), [leaf, *learned], allow_unused=True)
        for m, row in zip(scalar, found.unbind(), strict=True):
            weights[m] = row
        for parameter, gradient in zip(learned, rest, strict=True):
            parameter.grad = gradient
    single = [m for m, row in enumerate(weights) if row is None]
    for m in single:
        weights[m] = torch.zeros_like(values[m])
    direction = (torch.stack(weights)[..., None] * J).sum(-2)
    for m in single:
        direction[m] = walkers[m].direction(values[m], J[m])
    return direction


def _checked(
    methods: Any, toy: Any, start: Any, lr: float, steps: int, optimizer: str, every: int | None, epoch: int
) -> tuple[Toy, list[str], list[tuple[type[Weighting], dict[str, Any]]], Tensor]:
    """Everything that was asked for, or one error with every fault."""
    faults: list[str] = []
    picks = [methods] if isinstance(methods, str | Mapping) else list(methods) if isinstance(methods, Iterable) else []
    if not picks:
        faults.append(f"landscape needs a method or a list of them, found {short(methods)}.")
    labels: list[str] = []
    chosen: list[tuple[type[Weighting], dict[str, Any]]] = []
    for pick in picks:
        try:
            name, settings = _named(pick, "method")
            cls = component("weighting", name)
            if not issubclass(cls, Scalarization | GramianWeighting | JacobianAggregator):
                faults.append(f"Weighting {name!r} needs more than losses and gradients of one point has.")
                continue
            cls.check(settings)
            chosen.append((cls, settings))
            labels.append(", ".join([name, *(f"{key} = {_brief(value)}" for key, value in settings.items())]))
        except WorkbenchError as error:
            faults += error.faults
    faults += [f"Method {label!r} is asked for twice." for label in {x for x in labels if labels.count(x) > 1}]
    if not isinstance(optimizer, str) or optimizer not in OPTIMIZERS:
        faults.append(f"optimizer = {optimizer!r} is unknown: {one_of(optimizer, OPTIMIZERS)}.")
    if not (isinstance(lr, int | float) and 0 <= lr < float("inf")):
        faults.append(f"lr should be a finite number of at least 0, found {lr!r}.")
    for key, value in (("steps", steps), ("every", 1 if every is None else every), ("epoch", epoch)):
        if not (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
            faults.append(f"{key} should be a whole number of at least 1, found {value!r}.")
    land, x0 = None, torch.empty(0)
    try:
        if isinstance(toy, Toy):
            land = toy
        else:
            name, settings = _named(toy, "toy")
            land = get(name, **settings)
        x0 = _starts(land, start)
    except WorkbenchError as error:
        faults += error.faults
    if faults or land is None:
        raise WorkbenchError(*faults)
    return land, labels, chosen, x0


def _starts(toy: Toy, start: Any) -> Tensor:
    if start is None:
        return toy.starts
    sentence = f"start should be points of {toy.dims} finite numbers, found {short(start)}."
    try:
        points = torch.as_tensor(np.asarray(start, dtype=np.float64))
    except (TypeError, ValueError):
        raise WorkbenchError(sentence) from None
    points = points[None] if points.ndim == 1 else points
    if points.ndim != 2 or points.shape[1] != toy.dims or not len(points) or not bool(points.isfinite().all()):
        raise WorkbenchError(sentence)
    return points


def _named(pick: Any, what: str) -> tuple[str, dict[str, Any]]:
    if isinstance(pick, str):
        return pick, {}
    if isinstance(pick, Mapping) and isinstance(pick.get("name"), str):
        return pick["name"], {key: value for key, value in pick.items() if key != "name"}
    raise WorkbenchError(f'A {what} is a name or {{"name": …, setting: …}}, found {short(pick)}.')


def _brief(value: object) -> str:
    """A setting's value as it may stand in a legend."""
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_brief(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return " ".join(map(_brief, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _frame(kept: list[tuple[int, Tensor, Tensor]], labels: list[str]) -> "pd.DataFrame":
    """Kept points as rows, path after path."""
    import pandas as pd

    steps = np.array([step for step, _, _ in kept])
    x = torch.stack([points for _, points, _ in kept], 2).numpy()  # [methods, starts, kept, dims]
    losses = torch.stack([values for _, _, values in kept], 2).numpy()
    methods, starts, count, dims = x.shape
    return pd.DataFrame(
        {
            "method": np.repeat(np.array(labels, dtype=object), starts * count),
            "start": np.tile(np.repeat(np.arange(starts), count), methods),
            "step": np.tile(steps, methods * starts),
            **{f"x{i + 1}": x[..., i].ravel() for i in range(dims)},
            **{name: losses[..., k].ravel() for k, name in enumerate(LOSSES)},
        }
    )
