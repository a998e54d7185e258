"""What a model costs: parameters, arithmetic, waiting time."""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from workbench.component import WorkbenchError
from workbench.runs.run import Run
from workbench.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

#: timed calls per model, after some that are not counted
CALLS, WARM = 60, 5


def cost(what: "Spec | Run | Mapping[str, Spec | Run] | Sequence[Spec | Run]", batch: int = 1) -> "pd.DataFrame":
    """Parameters, arithmetic and latency of the models of some specs or runs, one row each.

    Latency is measured on the spec's device, all models in turns, in evaluation mode: from views on the device to the
    outputs of all tasks. Arithmetic counts the multiplications and additions of matrix products and convolutions (as
    PyTorch's counter does; recurrent layers, which it does not know, are left out). Weights are newly initialised:
    what a model costs does not depend on them.

    Args:
        what: one, several, or name -> spec or run; a run stands for its spec.
        batch: examples per call.

    Returns:
        Columns ``name``, ``shared`` and ``own`` (parameters that several tasks move, and those of one task alone),
        ``parameters``, ``mflop`` (million operations per example), ``ms_p50`` and ``ms_p95`` (milliseconds per call).

    Raises:
        WorkbenchError: nothing is given, or ``batch`` is below 1.
    """
    import pandas as pd

    if batch < 1:
        raise WorkbenchError(f"cost: batch should be at least 1, found {batch}.")
    specs = _named(what)
    if not specs:
        raise WorkbenchError("cost needs a spec or a run.")
    made = {name: _Model(spec, batch) for name, spec in specs.items()}
    for _ in range(WARM):
        for model in made.values():
            model.call()
    times: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(CALLS):
        for name, model in made.items():
            times[name].append(model.call())
    rows = []
    for name, model in made.items():
        shared, own = model.exp.parameters
        seconds = pd.Series(times[name])
        rows.append(
            {
                "name": name,
                "shared": shared,
                "own": own,
                "parameters": shared + own,
                "mflop": model.operations() / batch / 1e6,
                "ms_p50": seconds.quantile(0.5) * 1e3,
                "ms_p95": seconds.quantile(0.95) * 1e3,
            }
        )
    return pd.DataFrame(rows)


def _named(what: Any) -> dict[str, Spec]:
    """Name -> spec; several without names are called by what they choose."""
    if isinstance(what, Spec | Run):
        what = [what]
    if isinstance(what, Mapping):
        return {str(name): _spec(each) for name, each in what.items()}
    specs = [_spec(each) for each in what]
    for words in (["fusion"], ["fusion", "encoder"]):
        names = [", ".join(spec.chosen(word)[0] for word in words) for spec in specs]
        if len(set(names)) == len(specs):
            return dict(zip(names, specs, strict=True))
    return {f"{number}: {name}": spec for number, (name, spec) in enumerate(zip(names, specs, strict=True), 1)}


def _spec(each: Any) -> Spec:
    if isinstance(each, Run):
        return each.spec
    if isinstance(each, Spec):
        return each
    raise WorkbenchError(f"cost takes specs and runs, found {type(each).__name__}.")


class _Model:
    """A model in evaluation mode with a batch to call it on."""

    def __init__(self, spec: Spec, batch: int) -> None:
        import torch

        from workbench.training.experiment import Experiment

        self.torch, self.exp = torch, Experiment(spec)
        rows = self.exp.data.splits["train"]
        chosen = rows[torch.arange(batch) % len(rows)].to(self.exp.device)
        self.views, _ = self.exp.data.batch(chosen)
        self.exp.model.eval()

    def call(self) -> float:
        """Seconds of one call, the device waited for."""
        since = perf_counter()
        with self.torch.no_grad():
            self.exp.model(self.views)
        if self.exp.device.type == "cuda":
            self.torch.cuda.synchronize()
        return perf_counter() - since

    def operations(self) -> int:
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter, self.torch.no_grad():
            self.exp.model(self.views)
        return counter.get_total_flops()
