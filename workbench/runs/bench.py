"""What weightings cost: their steps against steps of equal weighting on the same workload, taken in turns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from workbench.component import WorkbenchError, component, members
from workbench.runs.workloads import Bench

if TYPE_CHECKING:
    import pandas as pd

Step = Callable[[], object]
K = TypeVar("K")

#: what every other weighting is measured against
BASE = "equal"
#: seconds that a block of steps of the base takes at least
BLOCK = 0.02
#: fewest rounds, whatever the time
ROUNDS = 3


class Timed:
    """A weighting that counts the seconds spent in its calls; in all else it is the weighting itself."""

    def __init__(self, weighting: Any, wait: Step) -> None:
        self.weighting, self.wait, self.seconds = weighting, wait, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.weighting, name)

    def __call__(self, *given: Any, **named: Any) -> Any:
        self.wait()
        since = perf_counter()
        found = self.weighting(*given, **named)
        self.wait()
        self.seconds += perf_counter() - since
        return found


def chosen(names: Sequence[str] | None) -> list[str]:
    """Weightings by name; None: all that need no setting, core ones first.

    Raises:
        WorkbenchError: naming each that is unknown, or needs a setting.
    """
    if names is None:
        return [name for name, cls in members("weighting").items() if not _required(cls)]
    faults: list[str] = []
    for name in names:
        try:
            required = _required(component("weighting", name))
            if required:
                faults.append(f"Weighting {name!r} needs the setting {required[0]!r}; only defaults are measured.")
        except WorkbenchError as error:
            faults += error.faults
    if faults:
        raise WorkbenchError(*faults)
    return list(dict.fromkeys(names))


def _required(cls: Any) -> list[str]:
    return [key for key, setting in cls.settings().items() if setting.required]


def paired(
    base: Step,
    steps: Mapping[K, Step],
    seconds: float,
    wait: Step = lambda: None,
    clock: Callable[[], float] | None = None,
) -> Iterator[dict[K, tuple[float, float]]]:
    """Rounds of timed blocks: each step right beside the base, the first of the two by turns.

    Args:
        base: what the others are measured against.
        steps: name -> step.
        seconds: time for all, the first calls included; three rounds are taken at least.
        wait: returns once the device has done what it was told.
        clock: in seconds; None: the clock on the wall.

    Yields:
        per round, name -> seconds per step of the base and of the step. A step's first calls are not counted.
    """

    now = clock or perf_counter

    def timed(step: Step, count: int) -> float:
        wait()
        since = now()
        for _ in range(count):
            step()
        wait()
        return (now() - since) / count

    end = now() + seconds
    for step in (base, *steps.values()):
        timed(step, 2)
    count = max(1, ceil(BLOCK / timed(base, 2)))
    begin = now()
    done = 0
    while done < ROUNDS or now() + (now() - begin) / done < end:
        found = {}
        for name, step in steps.items():
            if done % 2:
                mine = timed(step, count)
                found[name] = timed(base, count), mine
            else:
                found[name] = timed(base, count), timed(step, count)
        done += 1
        yield found


def cost(
    workload: str,
    names: Sequence[str] | None = None,
    seconds: float = 30.0,
    device: str = "cpu",
    tell: Callable[[str], object] = lambda text: None,
) -> "pd.DataFrame":
    """The cost of weightings on one workload.

    Args:
        workload: a name of ``workbench.runs.workloads.WORKLOADS``.
        names: of weightings; None: all that need no setting.
        seconds: about how long to measure.
        device: as in a spec.
        tell: is told in words how far it is.

    Returns:
        A DataFrame with a row per weighting: ``problem``, ``weighting``, ``needs``; ``ms`` per step; ``ratio`` of its
        time to that of equal weighting right beside it, the median over rounds, between the quartiles ``low`` and
        ``high``; ``solver``, the share of the step that is spent in the weighting itself; and ``rounds``. Equal
        weighting stands first, against a second model of its own: how far its ratio is from 1 is the noise. The others
        follow by kind and ratio.

    Raises:
        WorkbenchError: naming each weighting that is unknown or needs a setting.
    """
    import pandas as pd

    names = list(dict.fromkeys([BASE, *chosen(names)]))
    tell(f"{workload}: building {len(names) + 1} models")
    base = Bench(workload, BASE, device=device)
    benches = {name: Bench(workload, name, device=device) for name in names}
    wait: Step = torch.cuda.synchronize if base.exp.device.type == "cuda" else lambda: None
    rounds = []
    begin = perf_counter()
    for found in paired(base.step, {name: bench.step for name, bench in benches.items()}, seconds, wait):
        rounds.append(found)
        tell(f"{workload}: round {len(rounds)}, {perf_counter() - begin:.0f} of about {seconds:.0f} s")
    frame = pd.DataFrame(
        {
            "problem": workload,
            "weighting": name,
            "needs": bench.exp.weighting.needs,
            **figures([found[name] for found in rounds]),
            "solver": share(bench, wait),
            "rounds": len(rounds),
        }
        for name, bench in benches.items()
    )
    kinds = frame["needs"].map({kind: place for place, kind in enumerate(frame["needs"].unique())})
    others = frame["weighting"].ne(BASE)
    return frame.assign(others=others, kinds=kinds).sort_values(["others", "kinds", "ratio"], ignore_index=True)[
        list(frame.columns)
    ]


def figures(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Milliseconds, and the ratio's median and quartiles, from seconds of the base and of the step."""
    ratios = torch.tensor([mine / base for base, mine in pairs], dtype=torch.float64)
    low, ratio, high = ratios.quantile(torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)).tolist()
    ms = torch.tensor([mine for _, mine in pairs], dtype=torch.float64).quantile(0.5).item() * 1e3
    return {"ms": ms, "ratio": ratio, "low": low, "high": high}


def share(bench: Bench, wait: Step, steps: int = 3) -> float:
    """Share of a step that is spent in the weighting itself, from a few more steps with a watch on it."""
    watch = Timed(bench.exp.weighting, wait)
    bench.exp.weighting = watch
    wait()
    since = perf_counter()
    for _ in range(steps):
        bench.step()
    wait()
    return watch.seconds / (perf_counter() - since)
