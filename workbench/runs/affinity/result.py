"""How much tasks help each other, as it was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.component import WorkbenchError, one_of

if TYPE_CHECKING:
    import pandas as pd

    from workbench.affinities.grouping.result import Grouping
    from workbench.plots import Figure

#: how sure one has to be that a value is not 0 before it is said to be more than noise
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Affinity:
    """How much tasks help each other; rows = train on, columns = helps, larger = more help.

    Attributes:
        matrix: ``[K, K]``; of a measure taken while training, the mean over the measured steps.
        names: of the tasks.
        method: how it was measured.
        se: standard error of every entry, ``[K, K]``; NaN where nothing is known of it (one step, one seed).
        freedom: degrees of freedom of that error: it is itself uncertain where it comes from few maps or seeds.
        std: standard deviation over the measured steps, ``[K, K]``; NaN with one step, or where there are no steps.
        conflict: share of the measured steps with a negative entry, ``[K, K]``; NaN where there are no steps.
        steps: at which it was measured; empty where it was not measured step by step.
        maps: the single maps, ``[steps, K, K]``.
        layers: layer -> the same measure of that layer alone, where it was asked for.
        cost: gradient evaluations it took: backward passes of one task over one batch, those of networks trained for
            the purpose included.
        symmetric: the measure knows no direction.
        limit: how far colours go on both sides of 0; None: as far as the values do.
    """

    matrix: np.ndarray
    names: list[str]
    method: str
    se: np.ndarray
    std: np.ndarray
    conflict: np.ndarray
    steps: list[int] = field(default_factory=list)
    maps: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 0)))
    layers: "dict[str, Affinity]" = field(default_factory=dict)
    cost: int = 0
    symmetric: bool = True
    limit: float | None = None
    freedom: np.ndarray | float = np.inf

    @classmethod
    def from_maps(
        cls,
        maps: Sequence[tuple[int, np.ndarray]],
        names: list[str],
        method: str,
        layers: Mapping[str, Sequence[tuple[int, np.ndarray]]] | None = None,
        **facts: Any,
    ) -> "Affinity":
        """The mean over maps of single steps.

        The standard error takes into account that maps of neighbouring steps resemble each other: it counts
        ``n (1 − ρ) / (1 + ρ)`` independent maps, ρ the correlation of one map with the next.

        Args:
            maps: (step, ``[K, K]``); NaN for a task that was absent.
            names: of the tasks.
            method: how they were measured.
            layers: the same per layer.
            facts: ``cost``, ``symmetric``, ``limit``.

        Raises:
            WorkbenchError: no map was measured.
        """
        if not maps:
            raise WorkbenchError(
                "This run measured no affinity: it takes two tasks, shared parameters, and affinity= in its spec."
            )
        stack = np.stack([matrix for _, matrix in maps])
        known = ~np.isnan(stack)
        count = known.sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(known, stack, 0).sum(0) / count
            square = (np.where(known, stack - mean, 0) ** 2).sum(0)
            std = np.sqrt(np.where(count > 1, square / (count - 1), np.nan))
            conflict = (np.where(known, stack, 0) < 0).sum(0) / count
            worth = independent(stack, mean, square, count)
            se = std / np.sqrt(worth)
        parts = {name: cls.from_maps(found, names, method, **facts) for name, found in (layers or {}).items()}
        steps, freedom = [step for step, _ in maps], np.maximum(worth - 1, 0.1)
        return cls(mean, names, method, se, std, conflict, steps, stack, parts, freedom=freedom, **facts)

    @classmethod
    def from_estimate(cls, matrix: Any, se: Any, names: list[str], method: str, **facts: Any) -> "Affinity":
        """A map that was not measured step by step."""
        nothing = np.full((len(names), len(names)), np.nan)
        return cls(np.asarray(matrix), names, method, np.asarray(se), nothing, nothing, **facts)

    def with_cost(self, more: int) -> "Affinity":
        """The same, with gradient evaluations added to what it cost."""
        return replace(self, cost=self.cost + more)

    # ------------------------------------------------------------------ what it says

    @property
    def clear(self) -> np.ndarray:
        """Which entries differ from 0 by more than noise does in 19 of 20 cases, ``bool[K, K]`` (Student's t)."""
        from scipy.stats import t

        return np.abs(self.matrix) > t.ppf((1 + CONFIDENCE) / 2, self.freedom) * self.se

    @property
    def noise(self) -> str:
        """How much of it is noise, in one sentence."""
        pairs = self._pairs()
        known = pairs & ~np.isnan(self.se) & ~np.isnan(self.matrix)
        what = "pairs" if self.symmetric else "directed pairs"
        if not known.any():
            return "How noisy this map is cannot be said: it was measured once."
        values, errors = self.matrix[known], self.se[known]
        spread = float(np.var(values)) if known.sum() > 1 else float("nan")
        unclear = int((known & ~self.clear).sum())
        text = f"{unclear} of {known.sum()} {what} cannot be told from 0"
        if known.sum() > 1 and spread <= float(np.mean(errors**2)):
            return f"The noise is larger than the signal: the {what} differ by no more than their errors ({text})."
        return f"{text}." if unclear else f"All {known.sum()} {what} differ from 0 by more than noise."

    def frame(self) -> "pd.DataFrame":
        """A tidy table, a row per pair: ``from`` (train on), ``to`` (helps), ``value``, ``se``, ``std``, ``conflict``.

        Every map has a ``step`` (none: the mean over steps) and a ``layer`` ("": the whole shared part).
        """
        import pandas as pd

        rows: list[tuple[Any, ...]] = []
        for layer, of in {"": self, **self.layers}.items():
            cells = [(i, j) for i in range(len(self.names)) for j in range(len(self.names))]
            for i, j in cells:
                facts = of.matrix[i, j], of.se[i, j], of.std[i, j], of.conflict[i, j]
                rows.append((layer, None, self.names[i], self.names[j], *facts))
            for step, matrix in zip(of.steps, of.maps, strict=True):
                nothing = (float("nan"),) * 3
                rows += [(layer, step, self.names[i], self.names[j], matrix[i, j], *nothing) for i, j in cells]
        columns = ["layer", "step", "from", "to", "value", "se", "std", "conflict"]
        return pd.DataFrame(rows, columns=columns).astype({"step": "Int64"})

    def to_csv(self, path: str | Path) -> Path:
        """Write ``frame()`` as CSV; the path."""
        self.frame().to_csv(path, index=False)
        return Path(path)

    # ------------------------------------------------------------------ what follows from it

    def groups(self, networks: int = 2, helpers: bool = True, seconds: float = 10.0) -> "Grouping":
        """Which tasks to train together in so many networks; see ``wb.grouping``.

        Args:
            networks: how many there may be.
            helpers: a task may be trained in a network only because it helps there; otherwise groups do not overlap.
            seconds: stop the search then.
        """
        from workbench.affinities.grouping.entry import grouping

        return grouping(self, networks, helpers=helpers, seconds=seconds)

    def weights(self, target: str | None = None) -> dict[str, float]:
        """Task weights from relatedness, with mean 1: how much each task helps the target, or all others. A heuristic.

        ``w_i ∝ max(Z_{i→target}, 0)`` and the target as much as the best of them (Du et al. 2018 take the cosine for
        Z), or without a target ``w_i ∝ Σ_{j≠i} max(Z_{i→j}, 0)``. Where nothing helps, all weights are 1, or only the
        target has one.

        Args:
            target: the task that counts; None: all alike.

        Raises:
            WorkbenchError: no such task.
        """
        import torch

        from workbench.weightings.related import related_weights

        if target is not None and target not in self.names:
            raise WorkbenchError(f"This map has no task {target!r}: {one_of(target, self.names)}.")
        known = torch.as_tensor(np.where(self._pairs(whole=True), self.matrix, 0.0))
        found = related_weights(known, None if target is None else self.names.index(target))
        return dict(zip(self.names, found.tolist(), strict=True))

    def ordered(self) -> "Affinity":
        """The same with tasks in the order of a tree that joins the closest ones first (average linkage)."""
        from scipy.cluster.hierarchy import leaves_list, linkage
        from scipy.spatial.distance import squareform

        K = len(self.names)
        if K < 3:
            return self
        both = np.nan_to_num((self.matrix + self.matrix.T) / 2)
        far = both.max() - both
        np.fill_diagonal(far, 0)
        condensed = squareform(far, checks=False)
        order = leaves_list(linkage(condensed, "average", optimal_ordering=True))
        return self._taken(order)

    def _taken(self, order: np.ndarray) -> "Affinity":
        grid = np.ix_(order, order)
        return replace(
            self,
            matrix=self.matrix[grid],
            names=[self.names[i] for i in order],
            se=self.se[grid],
            std=self.std[grid],
            conflict=self.conflict[grid],
            maps=self.maps[:, order][:, :, order] if len(self.maps) else self.maps,
            freedom=self.freedom[grid] if isinstance(self.freedom, np.ndarray) else self.freedom,
            layers={name: layer._taken(order) for name, layer in self.layers.items()},
        )

    def _pairs(self, whole: bool = False) -> np.ndarray:
        """The entries that count: those between two tasks, each pair once where the map is symmetric."""
        K = len(self.names)
        return np.triu(np.ones((K, K), bool), 1) if self.symmetric and not whole else ~np.eye(K, dtype=bool)

    # ------------------------------------------------------------------ pictures

    def heatmap(self, ordered: bool = False) -> "Figure":
        """The map with numbers and their standard errors; what cannot be told from 0 is in brackets.

        Args:
            ordered: tasks that are close stand together (``ordered()``).
        """
        from workbench.plots import heatmap

        if ordered:
            return self.ordered().heatmap()
        known = ~np.isnan(self.se).all()
        note = "± standard error; in brackets: cannot be told from 0"
        note = f"mean of {len(self.steps)} steps {note}" if len(self.steps) > 1 else note
        return heatmap(
            self.matrix,
            self.names,
            self._title,
            self.se if known else None,
            self._limits,
            self.clear if known else None,
            note if known else "",
        )

    def over_time(self) -> "Figure":
        """A map for every measured step, with a slider.

        Raises:
            WorkbenchError: it was not measured step by step.
        """
        from workbench.plots import heatmap_over_time

        self._step_by_step()
        return heatmap_over_time(self.maps, self.steps, self.names, self._title, self._limits)

    def by_layer(self) -> "Figure":
        """A map for every layer of the shared part.

        Raises:
            WorkbenchError: layers were not measured.
        """
        from workbench.plots import heatmaps

        if not self.layers:
            raise WorkbenchError(
                f"Layers were not measured: ask for them, as in affinity={{'name': {self.method!r}, 'layers': True}}."
            )
        matrices = {name: layer.matrix for name, layer in self.layers.items()}
        return heatmaps(matrices, self.names, f"{self._title}, layer by layer", self._limits)

    def conflicts(self) -> "Figure":
        """How often two tasks were in conflict: the share of the measured steps with a negative entry.

        Raises:
            WorkbenchError: it was not measured step by step.
        """
        from workbench.plots import heatmap

        self._step_by_step()
        note = f"share of {len(self.steps)} steps at which it was below 0"
        return heatmap(self.conflict, self.names, f"{self._title}: conflicts", limits=(0, 1), note=note)

    @property
    def _title(self) -> str:
        return self.method.replace("_", " ")

    @property
    def _limits(self) -> tuple[float, float] | None:
        return None if self.limit is None else (-self.limit, self.limit)

    def _step_by_step(self) -> None:
        if not self.steps:
            raise WorkbenchError(f"{self._title} is not measured step by step, so there is nothing to show over time.")

    def __repr__(self) -> str:
        import pandas as pd

        table = pd.DataFrame(self.matrix, self.names, self.names).to_string(float_format="{:.2g}".format)
        over = f" over {len(self.steps)} steps" if self.steps else ""
        return f"{self.method}{over}, rows = train on, columns = helps\n{table}\n{self.noise}"

    def _repr_html_(self) -> Any:
        import pandas as pd

        table = pd.DataFrame(self.matrix, self.names, self.names).to_html(float_format="{:.2g}".format)
        return f"{table}<p>{self.noise}</p>"


def independent(stack: np.ndarray, mean: np.ndarray, square: np.ndarray, count: np.ndarray) -> np.ndarray:
    """How many independent maps a sequence of them is worth, ``[K, K]``, at least 1."""
    off = np.nan_to_num(stack - mean)
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = np.nan_to_num((off[1:] * off[:-1]).sum(0) / square)
    rho = np.clip(rho, 0, 0.99)
    return np.maximum(count * (1 - rho) / (1 + rho), 1)
