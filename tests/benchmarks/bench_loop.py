"""What the training loop costs over a bare hand-written PyTorch loop, and gradient weightings over their gradients.

``python tests/benchmarks/bench_loop.py [--device cuda] [--json]``. All variants run interleaved in one process; ratios
are medians over rounds of paired times. The bare loop does the same work: data on the device, batches by index, the
same model, three losses and their sum, Adam (fused, as ours; and once more with torch's default Adam).
"""

import argparse
import itertools
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.runs.session import Session
from workbench.spec import Spec
from workbench.training.experiment import Experiment
from workbench.training.loop import Steps
from workbench.training.records import to_line
from workbench.training.step import UPDATES

SPEC = Spec(problem="digits", tasks=["digit", "parity", "ink"], encoder="cnn", batch_size=128)
GRADIENT_METHODS = ("pcgrad", "mgda", "cagrad", "graddrop")
Step = Callable[[], None]


def endless(exp: Experiment) -> Iterator[tuple[Tensor, Tensor]]:
    """Full batches for ever: row numbers on the CPU and on the device."""
    for epoch in itertools.count():
        yield from (batch for batch in exp.batches(epoch) if len(batch[0]) == exp.spec.batch_size)


def bare(device: str, fused: bool) -> Step:
    """A step of the loop one would write by hand."""
    exp = Experiment(SPEC.replace(device=device))
    model, targets, image = exp.model, exp.data.targets, exp.data.views["image"]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused)
    batches = endless(exp)

    def step() -> None:
        _, rows = next(batches)
        out = model({"image": image[rows]})
        loss = (
            F.cross_entropy(out["digit"], targets["digit"][rows])
            + F.cross_entropy(out["parity"], targets["parity"][rows])
            + F.mse_loss(out["ink"].squeeze(-1), targets["ink"][rows])
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def ours(spec: Spec) -> Step:
    """A step of the loop, its share of records, history and run folder included."""
    session = Session(spec.replace(epochs=100_000), tempfile.mkdtemp())
    run, batches = Steps(session.state), endless(session.exp)
    session.history.tasks = tuple(session.exp.names)
    block: list[str] = []

    def step() -> None:
        run.take(*next(batches), None)
        if run.buffer.full:
            for record in run.fetch():
                session.history.add(record)
                block.append(to_line(record))
            session.folder._records.write("\n".join(block).encode())
            block.clear()

    return step


def update(weighting: str | None) -> Step:
    """Forward pass, per-task gradients, weighting (none: all 1) and an optimiser step, without the loop around them."""
    exp = Experiment(SPEC.replace(weighting=weighting or "equal", device="cpu"))
    batches, names, ones = endless(exp), exp.names, torch.ones(len(exp.names))

    def step() -> None:
        views, targets = exp.data.batch(next(batches)[1])
        out = exp.gradients.forward(exp.model, views, names)
        losses = [task.mean_loss(out[task.name], targets[task.name]) for task in exp.tasks]
        taken = exp.gradients.take(exp.model, losses, names)
        if weighting is None:
            taken.backward(ones, ones)
        else:
            UPDATES[exp.weighting.needs](exp.weighting, losses, torch.stack(losses).detach(), taken, None)
        exp.optimizer.step()

    return step


def measure(steps: dict[str, Step], device: str, rounds: int, count: int) -> dict[str, list[float]]:
    """Milliseconds per step in every round, the variants taking turns."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            wait(device)
            since = perf_counter()
            for _ in range(count):
                step()
            wait(device)
            if number:  # the first round warms up
                times[name].append((perf_counter() - since) / count * 1e3)
    return times


def wait(device: str) -> None:
    """Until the device has done what it was told."""
    if device != "cpu":
        torch.cuda.synchronize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    spec = SPEC.replace(device=options.device)
    variants: dict[str, Step] = {
        "bare": bare(options.device, fused=True),
        "bare, torch's default Adam": bare(options.device, fused=False),
        "equal, no affinity map": ours(spec.replace(affinity=None)),
        "equal": ours(spec),
        "uncertainty": ours(spec.replace(weighting="uncertainty", affinity=None)),
    }
    if options.device == "cpu":
        variants["gradients alone"] = update(None)
        for name in GRADIENT_METHODS:
            variants[name] = update(name)
            variants[f"{name}, whole loop"] = ours(spec.replace(weighting=name, affinity=None))
    else:
        variants["equal, bf16"] = ours(spec.replace(affinity=None, precision="bf16"))
    times = measure(variants, options.device, options.rounds, options.steps)
    rows = []
    for name, found in times.items():
        base = "gradients alone" if name.startswith(GRADIENT_METHODS) else "bare"
        ratios = [mine / theirs for mine, theirs in zip(found, times[base], strict=True)]
        rows.append(
            {"variant": name, "ms": statistics.median(found), "against": base, "ratio": statistics.median(ratios)}
        )
    if options.json:
        print(json.dumps(rows))
    else:
        print(f"torch {torch.__version__}, {options.device}, {torch.get_num_threads()} threads")
        for row in rows:
            print(f"{row['variant']:28s} {row['ms']:8.3f} ms/step   {row['ratio']:.3f} x {row['against']}")


if __name__ == "__main__":
    main()
