"""The methods of a comparison: those that were asked for, and those that are always there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from workbench.runs.baseline import baseline_spec, same
from workbench.runs.compare.labels import MATCHED, labels
from workbench.runs.compare.tuning import content
from workbench.runs.counting import counts, newest
from workbench.runs.run import Run
from workbench.spec import Spec

__all__ = ["Method", "equal", "name_all", "of_runs", "of_specs", "with_references"]


@dataclass(eq=False)
class Method:
    """A row of the table: runs that differ only in their seed.

    Attributes:
        spec: without seed, and without a name that somebody gave.
        seeds: it is compared on.
        given: its runs that are there, by seed.
        steered: they are not what the spec says.
        owner: of single-task models made narrow, the method that has at least as many parameters.
        base: the single-task models that it is measured against; its own are itself.
        name: in the table.
        runs: one per seed.
    """

    spec: Spec
    seeds: list[int]
    given: dict[int, Run] = field(default_factory=dict, repr=False)
    steered: bool = False
    owner: "Method | None" = field(default=None, repr=False)
    base: "Method" = field(init=False, repr=False)
    name: str = field(default="", init=False)
    runs: list[Run] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self.base = self if self.owner is None else self.owner.base

    @property
    def is_baseline(self) -> bool:
        """Whether it is single-task models, in full width."""
        return self.base is self

    @property
    def is_equal(self) -> bool:
        """Whether it is equal weighting."""
        return not (self.is_baseline or self.owner or self.steered) and same(self.spec, equal(self.spec))

    @property
    def failed(self) -> list[Run]:
        """Its runs that failed."""
        return [run for run in self.runs if run.summary["status"] == "failed"]


def equal(spec: Spec) -> Spec:
    """The same with equal weighting."""
    return spec.replace(weighting="equal", gradients="exact", name="")


def of_specs(specs: Iterable[Spec], seeds: Sequence[int], rates: Sequence[float] | None) -> list[Method]:
    """A method per spec; with a grid of learning rates, their own rates have no say."""
    return [Method(spec.replace(name="", seed=0, lr=rates[0] if rates else spec.lr), list(seeds)) for spec in specs]


def of_runs(runs: Sequence[Run]) -> tuple[list[Method], list[str]]:
    """A method per content, with the newest run of each seed, and a note of the runs that are left out.

    Runs that are not what their spec says (steered, or stopped early) are methods of their own.
    """
    groups: dict[tuple[str, bool], list[Run]] = {}
    for run in {run.path.resolve(): run for run in runs}.values():
        steered = not counts(run.summary)
        groups.setdefault((content(run.spec.replace(seed=0)), steered), []).append(run)
    found, older = [], []
    for (_, steered), group in groups.items():
        given = newest(group)
        older += [run.path.name for run in group if run not in given.values()]
        spec = group[0].spec.replace(name="", seed=0)
        found.append(Method(spec, sorted(given), given, steered))
    notes = [f"Left out, since a newer run has the same spec and seed: {', '.join(older)}."] if older else []
    return found, notes


def with_references(asked: Iterable[Method]) -> list[Method]:
    """The methods, each once, then equal weighting and single-task models of each, with its seeds."""
    found: list[Method] = []
    for method in [_put(found, method) for method in asked]:
        base = _put(found, Method(baseline_spec(method.spec), method.seeds))
        method.base = base
        if method is not base:
            _put(found, Method(equal(method.spec), method.seeds)).base = base
    return found


def _put(found: list[Method], method: Method) -> Method:
    """The method of the same content among those found, where this one is added if there is none."""
    for other in found:
        if other.steered == method.steered and same(other.spec, method.spec):
            other.seeds = sorted({*other.seeds, *method.seeds})
            return other
    found.append(method)
    return method


def name_all(methods: Sequence[Method]) -> None:
    """Give every method its name."""
    plain = [method for method in methods if method.owner is None]
    said = labels([method.spec for method in plain], [method.is_baseline for method in plain])
    for method, name in zip(plain, said, strict=True):
        method.name = f"{name}, steered" if method.steered else name
    for method in methods:
        if method.owner is not None:
            method.name = MATCHED
