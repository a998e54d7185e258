"""Small encoders of every kind, problems with one and three views, and every fusion in every mode."""

import torch
from torch import Tensor, nn

from workbench.component import component, members
from workbench.encoders.base import Encoder, View
from workbench.encoders.cnn import CNN
from workbench.encoders.mlp import MLP
from workbench.encoders.stages import Place, Plain, Stages, WordStages
from workbench.features import Features
from workbench.fusions.model import Model, build_model
from workbench.fusions.several import Several
from workbench.tasks import Classification, Regression

WORDS, BATCH = 20, 16


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(WORDS, 6)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.table(x)


class Reader(Encoder):
    """A toy that gives a sequence: a vector per word."""

    reads = ("text",)
    gives = "sequence"

    def build(self, view: View) -> Stages:
        layers = [Words(), Plain(nn.Linear(6, 8), nn.Tanh()), Plain(nn.Linear(8, 10), nn.Tanh())]
        return WordStages(layers, [Place(6, -1), Place(8, -1), Place(10, -1)])


class ChannelsLast(nn.Module):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return x.movedim(1, -1)


class Mapper(Encoder):
    """A toy that gives a map of a quarter of the image's pixels."""

    reads = ("image",)
    gives = "map"

    def build(self, view: View) -> Stages:
        first = Plain(nn.Conv2d(view.shape[0], 4, 3, stride=2, padding=1), nn.Tanh())
        return Stages(
            [first, Plain(nn.Conv2d(4, 6, 3, padding=1), nn.Tanh(), ChannelsLast())], [Place(4, 1), Place(6, -1)]
        )


class AtPositions(nn.Module):
    """A head that keeps the positions."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, 2)

    def forward(self, x: Features) -> Tensor:
        return self.linear(x.values)


class Marking(Classification):
    """A label at every position."""

    kind = "marking"
    reads = "sequence"

    def head(self, features: int) -> nn.Module:
        return AtPositions(features)


#: encoder, the view it reads
ENCODERS = {
    "mlp": (MLP(width=8), View("v", "vector", (5,))),
    "cnn": (CNN(channels=4, blocks=2, width=8), View("v", "image", (1, 8, 8))),
    "sequence": (Reader(), View("v", "text", (7,))),
    "map": (Mapper(), View("v", "image", (1, 8, 8))),
}
#: views that stand beside it in a problem with three
BESIDE = (View("beside", "vector", (5,)), View("beyond", "image", (1, 4, 4)))
TASKS = ("kind", "size", "mark")

#: every fusion, and its modes that build other modules
MODES = [(name, {}) for name in members("fusion")] + [
    ("early", {"stem": 2, "dropout": 0.3}),
    ("ensemble", {"bootstrap": True}),
    ("attention", {"entropy": 0.1, "stem": 3}),
    ("attention", {"stages": 1}),
    ("gated", {"per": "stream"}),
    ("cross_stitch", {"alpha": "scalar"}),
    ("sluice", {"start": "balanced"}),
    ("cgc", {"own": 2, "bottom": 2}),
    ("ple", {"levels": 3, "shared": 2}),
    ("dselect_k", {"by": "example", "experts": 3, "entropy": 0.1}),
    ("conditional", {"by": "hypernetwork", "rank": 2, "embedding": 3}),
    ("partitioned", {"shared": 0.0}),
]


def name_of(mode) -> str:
    name, settings = mode
    return "-".join([name, *(f"{key}={value}" for key, value in settings.items())])


def views_of(encoder: str, count: int = 1) -> list[View]:
    return [ENCODERS[encoder][1], *BESIDE][:count]


def made(fusion: str, settings=None, encoder: str = "mlp", views: int = 1, tasks=TASKS, seed: int = 0) -> Model:
    """A model in training mode: a classification, a regression, and labels at positions where there are some."""
    torch.manual_seed(seed)
    last = Marking if encoder in ("sequence", "map") else Classification
    known = {
        "kind": Classification("kind", ["a", "b", "c"]),
        "size": Regression("size"),
        "mark": last("mark", ["0", "1"]),
    }
    made = component("fusion", fusion)(**settings or {})
    return build_model(ENCODERS[encoder][0], made, views_of(encoder, views), [known[task] for task in tasks])


def batch(encoder: str = "mlp", views: int = 1, rows: int = BATCH, seed: int = 1) -> dict[str, Tensor]:
    """Random views; the first two sentences end early."""
    torch.manual_seed(seed)
    found = {}
    for view in views_of(encoder, views):
        if view.kind == "text":
            found[view.name] = torch.randint(1, WORDS, (rows, *view.shape))
            found[view.name][0, 2:] = found[view.name][1, 4:] = 0
        else:
            found[view.name] = torch.randn(rows, *view.shape)
    return found


def shown(model: Model, x: dict[str, Tensor]):
    """The tables of a model, in evaluation mode."""
    with torch.no_grad():
        return model.eval().inspect(x)


def numbers(output) -> Tensor:
    """All numbers of an output as one vector."""
    if isinstance(output, Several):
        return torch.cat([numbers(part) for part in output.parts])
    return output.reshape(-1)
