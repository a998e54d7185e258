"""Task gradients the layers' way are those of autograd, on architectures that hurt."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from workbench.gradients.exact import Exact, ExactGradients
from workbench.gradients.layers import Call
from workbench.gradients.parts import Products


class Model(nn.Module):
    """Any encoder to 6 features, and three linear heads."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleList(nn.Linear(6, 2) for _ in range(3))

    def forward(self, views: dict[str, Tensor], tasks: list[str]) -> dict[str, Tensor]:
        z = self.encoder(views["x"])
        return {task: self.heads[int(task)](z) for task in tasks}

    def shared_parameters(self) -> list[nn.Parameter]:
        return [p for p in self.encoder.parameters() if p.requires_grad]

    def task_parameters(self, task: str) -> list[nn.Parameter]:
        return list(self.heads[int(task)].parameters())


class Fn(nn.Module):
    """A module from a function of some parts."""

    def __init__(self, function, **parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


class Scaled(nn.Linear):
    """A subclass that uses its weight in another way."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * 2, self.bias)


def tied() -> nn.Module:
    one, two = nn.Linear(8, 8), nn.Linear(8, 8)
    two.weight = one.weight
    return nn.Sequential(one, nn.Tanh(), two, nn.Tanh(), nn.Linear(8, 6))


def frozen() -> nn.Module:
    first = nn.Linear(8, 8).requires_grad_(False)
    return nn.Sequential(first, nn.Tanh(), nn.Linear(8, 6))


def half_frozen() -> nn.Module:
    first = nn.Linear(8, 8)
    first.bias.requires_grad_(False)
    return nn.Sequential(first, nn.Tanh(), nn.Linear(8, 6))


def tokens(x: Tensor) -> Tensor:
    return x.reshape(len(x), 2, 4)


ARCHITECTURES = {
    "linear": lambda: nn.Linear(8, 6),
    "no bias": lambda: nn.Linear(8, 6, bias=False),
    "mlp": lambda: nn.Sequential(nn.Linear(8, 9), nn.ReLU(), nn.Linear(9, 6)),
    "in-place": lambda: nn.Sequential(nn.Linear(8, 9), nn.ReLU(inplace=True), nn.Linear(9, 6), nn.ReLU(inplace=True)),
    "in-place arithmetic": lambda: Fn(lambda m, x: m.b(m.a(x).mul_(2).add_(1)), a=nn.Linear(8, 9), b=nn.Linear(9, 6)),
    "called twice": lambda: Fn(lambda m, x: m.b(m.a(torch.tanh(m.a(x)))), a=nn.Linear(8, 8), b=nn.Linear(8, 6)),
    "tied": tied,
    "weight used behind the layer's back": lambda: Fn(
        lambda m, x: F.linear(m.a(x), m.a.weight.T[:6]), a=nn.Linear(8, 8)
    ),
    "transposed autoencoder": lambda: Fn(
        lambda m, x: m.b(F.linear(torch.tanh(m.a(x)), m.a.weight.T)), a=nn.Linear(8, 5), b=nn.Linear(8, 6)
    ),
    "unused layer": lambda: Fn(lambda m, x: m.a(x), a=nn.Linear(8, 6), b=nn.Linear(3, 3)),
    "output thrown away": lambda: Fn(lambda m, x: (m.b(x), m.a(x))[1], a=nn.Linear(8, 6), b=nn.Linear(8, 3)),
    "residual": lambda: Fn(lambda m, x: m.b(x + m.a(x)), a=nn.Linear(8, 8), b=nn.Linear(8, 6)),
    "frozen layer": frozen,
    "frozen bias": half_frozen,
    "subclass": lambda: nn.Sequential(Scaled(8, 9), nn.ReLU(), nn.Linear(9, 6)),
    "weight norm": lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(8, 9)), nn.Linear(9, 6)),
    "spectral norm": lambda: nn.Sequential(
        nn.utils.parametrizations.spectral_norm(nn.Linear(8, 9)).eval(), nn.Linear(9, 6)
    ),
    "batch norm": lambda: nn.Sequential(nn.Linear(8, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 6)),
    "layer norm": lambda: nn.Sequential(nn.Linear(8, 9), nn.LayerNorm(9), nn.Linear(9, 6)),
    "dropout": lambda: nn.Sequential(nn.Linear(8, 50), nn.Dropout(0.5), nn.Linear(50, 6)),
    "three axes": lambda: Fn(lambda m, x: m.b(m.a(tokens(x)).mean(1)), a=nn.Linear(4, 7), b=nn.Linear(7, 6)),
    "lstm": lambda: Fn(
        lambda m, x: m.b(m.a(tokens(x))[0][:, -1]), a=nn.LSTM(4, 7, batch_first=True), b=nn.Linear(7, 6)
    ),
    "attention": lambda: Fn(
        lambda m, x: m.b(m.a(tokens(x), tokens(x), tokens(x))[0].mean(1)),
        a=nn.MultiheadAttention(4, 2, batch_first=True),
        b=nn.Linear(4, 6),
    ),
    "transformer": lambda: Fn(
        lambda m, x: m.b(m.a(tokens(x)).mean(1)),
        a=nn.TransformerEncoderLayer(4, 2, 16, dropout=0.0, batch_first=True),
        b=nn.Linear(4, 6),
    ),
    "embedding": lambda: Fn(lambda m, x: m.b(m.a((x > 0).long()).mean(1)), a=nn.Embedding(2, 5), b=nn.Linear(5, 6)),
    "convolution": lambda: Fn(
        lambda m, x: m.b(m.a(x.reshape(-1, 1, 2, 4)).flatten(1)), a=nn.Conv2d(1, 3, 2), b=nn.Linear(9, 6)
    ),
    "convolutions": lambda: Fn(
        lambda m, x: m.c(m.b(m.a(x.reshape(-1, 2, 2, 2).repeat(1, 1, 3, 3)).relu()).flatten(1)),
        a=nn.Conv2d(2, 3, 3, padding=1),
        b=nn.Conv2d(3, 4, (3, 2), stride=(2, 1), dilation=(1, 2), bias=False),
        c=nn.Linear(32, 6),
    ),
    "convolution in groups": lambda: Fn(
        lambda m, x: m.b(m.a(x.reshape(-1, 4, 1, 2)).flatten(1)), a=nn.Conv2d(4, 6, 1, groups=2), b=nn.Linear(12, 6)
    ),
    "padding by name": lambda: Fn(
        lambda m, x: m.b(m.a(x.reshape(-1, 2, 2, 2)).flatten(1)),
        a=nn.Conv2d(2, 3, 3, padding="same"),
        b=nn.Linear(12, 6),
    ),
    "circular padding": lambda: Fn(
        lambda m, x: m.b(m.a(x.reshape(-1, 2, 2, 2)).flatten(1)),
        a=nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"),
        b=nn.Linear(12, 6),
    ),
    "convolution of one image": lambda: Fn(
        lambda m, x: m.b(m.a(x.reshape(2, 8, 8)).flatten()[None]), a=nn.Conv2d(2, 3, 3), b=nn.Linear(108, 6)
    ),
    "wider than the batch": lambda: nn.Sequential(
        nn.Linear(8, 60), nn.Tanh(), nn.Linear(60, 60), nn.Tanh(), nn.Linear(60, 60, bias=False), nn.Linear(60, 6)
    ),
    "wider than the batch, called twice": lambda: Fn(
        lambda m, x: m.c(m.b(torch.tanh(m.b(m.a(x))))), a=nn.Linear(8, 60), b=nn.Linear(60, 60), c=nn.Linear(60, 6)
    ),
    "bilinear": lambda: Fn(lambda m, x: m.b(m.a(x, x)), a=nn.Bilinear(8, 8, 5), b=nn.Linear(5, 6)),
    "checkpointed": lambda: Fn(
        lambda m, x: m.b(checkpoint(m.a, x, use_reentrant=False)),
        a=nn.Sequential(nn.Linear(8, 9), nn.Tanh(), nn.Linear(9, 7)),
        b=nn.Linear(7, 6),
    ),
    "routed by the input": lambda: Fn(
        lambda m, x: torch.cat([m.a(x[:5]), m.b(x[5:])]), a=nn.Linear(8, 6), b=nn.Linear(8, 6)
    ),
    "keyword call": lambda: Fn(lambda m, x: m.b(m.a(input=x)), a=nn.Linear(8, 9), b=nn.Linear(9, 6)),
    "compiled": lambda: torch.compile(nn.Sequential(nn.Linear(8, 9), nn.Tanh(), nn.Linear(9, 6)), backend="aot_eager"),
    "compiled in part": lambda: Fn(
        lambda m, x: m.b(m.a(x)[:, None]),
        a=nn.Linear(8, 8),
        b=torch.compile(nn.Sequential(nn.Conv1d(1, 3, 3), nn.Flatten(), nn.Linear(18, 6)), backend="aot_eager"),
    ),
    "nothing trainable": lambda: nn.Sequential(nn.Linear(8, 6)).requires_grad_(False),
}


def losses_of(out: dict[str, Tensor], present: list[str]) -> list[Tensor]:
    scale = {"0": 1.0, "1": 30.0, "2": 0.01}
    return [scale[task] * out[task].square().mean() + out[task].sum() * 0.1 for task in present]


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("present", [["0", "1", "2"], ["1"]], ids=["all", "one"])
def test_the_same_as_autograd(name, present):
    torch.manual_seed(0)
    model = Model(ARCHITECTURES[name]()).double()
    x = torch.randn(16, 8, dtype=torch.float64)
    exact = Exact()
    for _ in range(3):  # the first step compares, the later ones trust
        torch.manual_seed(1)
        losses = losses_of(exact.forward(model, {"x": x}, present), present)
        taken = exact.take(model, losses, present)
        plain = ExactGradients(losses, model.shared_parameters(), [model.task_parameters(task) for task in present])
        assert len(taken.blocks) == len(plain.blocks)
        for mine, theirs in zip(taken.blocks, plain.blocks, strict=True):
            assert torch.allclose(mine, theirs, rtol=1e-9, atol=1e-12)
        assert torch.allclose(taken.gramian(), plain.gramian(), rtol=1e-9, atol=1e-12)
        for mine, theirs in zip(taken.own_gradients, plain.own_gradients, strict=True):
            assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))


def test_what_is_hidden_from_the_layers_is_noticed():
    model = Model(ARCHITECTURES["weight used behind the layer's back"]())
    exact = Exact()
    exact.take(model, losses_of(exact.forward(model, {"x": torch.randn(4, 8)}, ["0", "1"]), ["0", "1"]), ["0", "1"])
    assert exact.trusted is False
    ordinary = Exact()
    model = Model(ARCHITECTURES["mlp"]())
    losses = losses_of(ordinary.forward(model, {"x": torch.randn(4, 8)}, ["0", "1"]), ["0", "1"])
    ordinary.take(model, losses, ["0", "1"])
    assert ordinary.trusted is True
    assert len(ordinary.layers.calls) == 2


class Later(Model):
    """A weight is used behind its layer's back for task 1 alone, or for all from some step on."""

    def __init__(self, first: int = 0) -> None:
        super().__init__(nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 6)]))
        self.step, self.first = 0, first

    def forward(self, views: dict[str, Tensor], tasks: list[str]) -> dict[str, Tensor]:
        self.step += 1
        one, two = self.encoder
        z = torch.tanh(one(views["x"]))
        again = two(F.linear(z, one.weight))
        hidden = [task for task in tasks if (self.step >= self.first if self.first else task == "1")]
        return {task: self.heads[int(task)](again if task in hidden else two(z)) for task in tasks}


@pytest.mark.parametrize(
    ("first", "steps"), [(0, [["0"], ["0", "1"]]), (0, [["0"], ["0"], ["0"], ["1"]]), (10, [["0", "1"]] * 10)]
)
def test_what_is_hidden_at_first_is_noticed_when_it_comes(first, steps):
    torch.manual_seed(0)
    model, exact = Later(first), Exact()
    for present in steps:
        losses = losses_of(exact.forward(model, {"x": torch.randn(4, 8)}, present), present)
        taken = exact.take(model, losses, present)
        plain = ExactGradients(losses, model.shared_parameters(), [model.task_parameters(task) for task in present])
        assert torch.allclose(taken.gramian(), plain.gramian(), rtol=1e-4)
    assert not exact.trusted


def test_a_gradient_that_is_rounding_is_no_reason_to_mistrust():
    """A bias before a normalisation moves nothing."""
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Linear(8, 40), nn.BatchNorm1d(40), nn.ReLU(), nn.Linear(40, 6))
    model, exact, present = Model(encoder), Exact(), ["0", "1"]
    for _ in range(8):
        losses = losses_of(exact.forward(model, {"x": torch.randn(64, 8)}, present), present)
        taken = exact.take(model, losses, present)
    assert 0 < taken.blocks[1].norm() < 1e-5 * taken.blocks[0].norm()
    assert exact.trusted


def test_the_two_ways_are_compared_less_and_less_often(monkeypatch):
    compared = []
    monkeypatch.setattr("workbench.gradients.exact.agree", lambda *_: compared.append(step) or True)
    model, exact = Model(ARCHITECTURES["mlp"]()), Exact()
    for step in range(1, 21):
        present = ["0", "1"] if step >= 6 else ["0"]
        exact.take(model, losses_of(exact.forward(model, {"x": torch.randn(4, 8)}, present), present), present)
    assert sorted(set(compared)) == [1, 6, 10, 15]


def test_mixed_precision_goes_through_autograd():
    model, exact = Model(ARCHITECTURES["mlp"]()), Exact()
    with torch.autocast("cpu", torch.bfloat16):
        out = exact.forward(model, {"x": torch.randn(4, 8)}, ["0", "1"])
    taken = exact.take(model, losses_of(out, ["0", "1"]), ["0", "1"])
    assert exact.layers is None
    assert bool(torch.isfinite(taken.gramian()).all())


@pytest.mark.parametrize("name", ["mlp", "convolutions", "wider than the batch", "unused layer", "lstm"])
def test_parts_together_are_the_jacobian(name):
    model, exact = Model(ARCHITECTURES[name]()).double(), Exact()
    out = exact.forward(model, {"x": torch.randn(4, 8, dtype=torch.float64)}, ["0", "1"])
    taken = exact.take(model, losses_of(out, ["0", "1"]), ["0", "1"])
    assert torch.allclose(taken.jacobian @ taken.jacobian.T, taken.gramian())
    weights = torch.tensor([0.3, 2.0], dtype=torch.float64)
    taken.backward(weights, weights)
    found = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    taken.backward_along(weights @ taken.jacobian, weights)
    assert all(
        torch.allclose(a, b)
        for a, b in zip(found, (p.grad for p in model.parameters() if p.grad is not None), strict=True)
    )


def test_which_convolutions_are_noted():
    """Those with several input channels and nothing special; all others go through autograd."""
    x, noted = torch.randn(16, 8), {}
    for name in ARCHITECTURES:
        if "convolution" in name or "padding" in name:
            exact = Exact()
            exact.forward(Model(ARCHITECTURES[name]()), {"x": x}, ["0"])
            noted[name] = sum(isinstance(call.layer, nn.Conv2d) for call in exact.layers.calls)
    assert noted.pop("convolutions") == 2
    assert set(noted.values()) == {0}
    assert len(noted) == 5


def products(model, x, tasks):
    """Parts of the jacobian that are kept as products."""
    exact = Exact()
    taken = exact.take(model, losses_of(exact.forward(model, {"x": x}, tasks), tasks), tasks)
    return taken, [part for part in taken.parts if isinstance(part, Products)]


def test_a_wide_layer_keeps_its_products():
    torch.manual_seed(0)
    model = Model(ARCHITECTURES["wider than the batch"]())
    few, many = (products(model, torch.randn(rows, 8), ["0", "1", "2"])[1] for rows in (16, 200))
    assert [part.call.layer.out_features for part in few] == [60, 60]  # neither the first nor the last layer
    assert many == []


def test_gradients_that_cancel_are_multiplied_out():
    """Examples in pairs of opposite cotangents but for a millionth: a gramian from products would be rounding."""
    torch.manual_seed(0)
    x, delta = torch.randn(8, 60).repeat(2, 1), torch.randn(3, 8, 40)
    call = Call(nn.Linear(60, 40), x, None)
    part = Products(call, list(torch.cat([delta, -delta * (1 + 1e-4)], dim=1)))
    wanted = sum(rows.double() @ rows.double().T for rows in part.rows)
    assert torch.allclose(part.gramian().double(), wanted, rtol=1e-3, atol=0.0)
    far = part.deltas.flatten(1) @ (x @ x.T @ part.deltas).flatten(1).T
    assert not torch.allclose(far.double(), wanted, rtol=1e-3, atol=0.0)
