"""What a weighting costs against equal weighting, and how task gradients are best taken.

``python tests/benchmarks/bench_weightings.py [--json]``. W1: 2 tasks, LeNet encoder (1×36×36, conv 10→20, fc 50), batch
256. W2: 8 tasks, MLP 128→512→512→256, linear heads, batch 256. Every variant is a forward pass, the weighting and an
Adam step; all run interleaved in one process, ratios are medians over rounds of paired times.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import members
from workbench.gradients.exact import Exact, ExactGradients
from workbench.gradients.representation import Representation
from workbench.training.step import UPDATES

Step = Callable[[], None]


class Net(nn.Module):
    """Encoder and linear heads, as the gradients see a model."""

    def __init__(self, encoder: nn.Module, width: int, outputs: Sequence[int]) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleList(nn.Linear(width, n) for n in outputs)
        self.tasks = tuple(map(str, range(len(outputs))))

    def sharing(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        z = self.encoder(views["x"])
        return dict.fromkeys(tasks, z)

    def outputs(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        return {task: self.heads[int(task)](z) for task, z in features.items()}

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        return self.outputs(self.sharing(views, tasks))

    def shared_parameters(self) -> list[nn.Parameter]:
        return list(self.encoder.parameters())

    def task_parameters(self, task: str) -> list[nn.Parameter]:
        return list(self.heads[int(task)].parameters())


def w1() -> tuple[Net, Tensor, list[Tensor]]:
    encoder = nn.Sequential(
        *(nn.Conv2d(1, 10, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(10, 20, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(720, 50), nn.ReLU()),
    )
    return Net(encoder, 50, [10, 10]), torch.rand(256, 1, 36, 36), [torch.randint(10, (256,)) for _ in range(2)]


def w2() -> tuple[Net, Tensor, list[Tensor]]:
    encoder = nn.Sequential(
        *(nn.Linear(128, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU())
    )
    return Net(encoder, 256, [10] * 8), torch.randn(256, 128), [torch.randint(10, (256,)) for _ in range(8)]


def one_by_one(model: Net) -> Callable[[list[Tensor]], ExactGradients]:
    """Task gradients by one autograd call each, as one would write it."""
    shared, own = model.shared_parameters(), [model.task_parameters(task) for task in model.tasks]
    return lambda losses: ExactGradients(losses, shared, own)


def variant(workload: Callable[[], Any], name: str, how: str) -> Step:
    """A training step of a weighting; ``how``: layers, autograd or representation."""
    torch.manual_seed(0)
    model, x, targets = workload()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
    weighting = members("weighting")[name]()
    weighting.bind(model.tasks)
    gradients = Representation() if how == "representation" else Exact()
    plain = one_by_one(model)

    def step() -> None:
        needs = weighting.needs
        forward = model if needs == "losses" or how == "autograd" else lambda v, t: gradients.forward(model, v, t)
        out = forward({"x": x}, model.tasks)
        losses = [F.cross_entropy(out[task], target) for task, target in zip(model.tasks, targets, strict=True)]
        optimizer.zero_grad()
        taken = None
        if needs != "losses":
            taken = plain(losses) if how == "autograd" else gradients.take(model, losses, model.tasks)
        UPDATES[needs](weighting, losses, torch.stack(losses).detach(), taken, None)
        optimizer.step()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--only", nargs="*", help="names of weightings")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    names = options.only or list(members("weighting"))
    rows = []
    for workload in (w1, w2):
        steps = {("equal", ""): variant(workload, "equal", "")}
        for name in names:
            needs = members("weighting")[name].needs
            for how in ("",) if needs == "losses" else ("layers", "autograd", "representation"):
                steps[name, how] = variant(workload, name, how)
        times: dict[Any, list[float]] = {key: [] for key in steps}
        for number in range(options.rounds + 1):
            for key, step in steps.items():
                since = perf_counter()
                for _ in range(options.steps):
                    step()
                if number:
                    times[key].append((perf_counter() - since) / options.steps * 1e3)
        for (name, how), found in times.items():
            ratio = statistics.median(a / b for a, b in zip(found, times["equal", ""], strict=True))
            row = {"workload": workload.__name__, "weighting": name, "gradients": how}
            rows.append(row | {"ms": statistics.median(found), "ratio": ratio})
    if options.json:
        print(json.dumps(rows))
    for row in rows if not options.json else []:
        print("{workload} {weighting:16s} {gradients:16s} {ms:8.2f} ms   {ratio:.2f} x equal".format(**row))


if __name__ == "__main__":
    main()
