"""Groups of tasks, which of them answers for which task, and how good that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Grouping:
    """Which tasks train together.

    Attributes:
        names: of the tasks.
        groups: the tasks of every network; a task may be in several.
        served_by: task -> place in ``groups`` of the network that answers for it.
        scores: of every task, by the network that answers for it.
        scores_alone: of every task in a network of its own; NaN where that is not known.
        scores_all_in_one: of every task in one network for all; NaN where that is not known.
        bound: no grouping within the budget has a better score; NaN where nothing was searched.
        costs: of every network.
        budget: what the networks may cost together.
        lower_is_better: True for losses and errors.
        method: how the groups were found.
        visited: how many nodes of its tree the search looked at.
        seconds: how long it took.
    """

    names: Sequence[str]
    groups: list[list[str]]
    served_by: Mapping[str, int]
    scores: Mapping[str, float]
    scores_alone: Mapping[str, float]
    scores_all_in_one: Mapping[str, float]
    bound: float
    costs: Sequence[float]
    budget: float
    lower_is_better: bool
    method: str
    visited: int
    seconds: float

    @property
    def score(self) -> float:
        """The sum over the tasks."""
        return sum(self.scores.values())

    @property
    def all_apart(self) -> float:
        """The sum over the tasks, each in a network of its own, whatever the budget."""
        return sum(self.scores_alone.values())

    @property
    def all_in_one(self) -> float:
        """The sum over the tasks, all in one network."""
        return sum(self.scores_all_in_one.values())

    @property
    def gap(self) -> float:
        """How much better than ``score`` a grouping within the budget may be, at most; 0 where this is the best."""
        gap = self.score - self.bound if self.lower_is_better else self.bound - self.score
        return 0.0 if gap <= 0 else gap

    @property
    def proven(self) -> bool:
        """No grouping within the budget is better."""
        return self.gap == 0

    @property
    def summary(self) -> str:
        """The three scores, and whether this is the best, in a line."""
        scores = f"score {_n(self.score)}, all in one {_n(self.all_in_one)}, all apart {_n(self.all_apart)}"
        better = "lower" if self.lower_is_better else "higher"
        return f"{scores} ({better} is better); {'proven best' if self.proven else self._standing()}"

    def frame(self) -> "pd.DataFrame":
        """A row per task: the network that answers (from 1), its group, its score, and alone and all in one."""
        import pandas as pd

        rows = [
            {
                "task": name,
                "network": self.served_by[name] + 1,
                "group": " + ".join(self.groups[self.served_by[name]]),
                "score": self.scores[name],
                "alone": self.scores_alone[name],
                "all_in_one": self.scores_all_in_one[name],
            }
            for name in self.names
        ]
        return pd.DataFrame(rows)

    def memberships(self) -> "pd.DataFrame":
        """A row per network (from 1) and task: ``role`` answers, trains along or absent; the score if it answers."""
        import pandas as pd

        rows = []
        for number, group in enumerate(self.groups):
            for name in self.names:
                answers = self.served_by[name] == number
                role = "answers" if answers else "trains along" if name in group else "absent"
                score = self.scores[name] if answers else float("nan")
                rows.append((number + 1, self.costs[number], name, role, score))
        return pd.DataFrame(rows, columns=["network", "cost", "task", "role", "score"])

    def __repr__(self) -> str:
        head, *networks = self._lines()
        return "\n".join([head, *(f"  {line}" for line in networks), *(f"  {line}" for line in self._totals())])

    def _repr_html_(self) -> str:
        head, *networks = self._lines()
        items = "".join(f"<li>{escape(line)}</li>" for line in networks)
        table = self.frame().to_html(index=False, float_format="{:.4g}".format, na_rep="–")
        return f"<p>{escape(head)}</p><ul>{items}</ul>{table}<p>{'<br>'.join(map(escape, self._totals()))}</p>"

    def _lines(self) -> list[str]:
        count = len(self.groups)
        lines = [
            f"{len(self.names)} tasks in {count} network{'s' if count != 1 else ''}, cost {sum(self.costs):g} of "
            f"{self.budget:g}"
        ]
        for number, group in enumerate(self.groups):
            answered = [name for name in group if self.served_by[name] == number]
            helping = [name for name in group if self.served_by[name] != number]
            along = f"; {', '.join(helping)} trained along" if helping else ""
            lines.append(f"network {number + 1} answers for {', '.join(answered)}{along}")
        return lines

    def _totals(self) -> list[str]:
        return [
            f"score      {_n(self.score)} ({'lower' if self.lower_is_better else 'higher'} is better)",
            f"all in one {_n(self.all_in_one)}",
            f"all apart  {_n(self.all_apart)} ({len(self.names)} networks)",
            self._standing(),
        ]

    def _standing(self) -> str:
        if isnan(self.bound):
            return "groups chosen elsewhere, measured here"
        if self.proven:
            return "proven: no grouping within the budget is better"
        share = f" ({100 * self.gap / abs(self.score):.2g} %)" if self.score else ""
        return f"not proven: a better grouping may exist, by {self.gap:.3g}{share} at most"


def _n(score: float) -> str:
    return "not known" if isnan(score) else f"{score:.4g}"
