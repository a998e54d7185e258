"""Every fusion with every kind of encoder, one view and three: what comes out, and whom each parameter serves."""

import pytest
import torch

from tests.fusions.examples import BATCH, ENCODERS, MODES, TASKS, batch, made, name_of, numbers
from workbench.component import members
from workbench.features import Features
from workbench.fusions.several import Several

CASES = [
    pytest.param(*mode, encoder, views, id=f"{name_of(mode)}:{encoder}:{views}")
    for mode in MODES
    for encoder in ENCODERS
    for views in (1, 3)
]
SHAPES = {"mlp": (BATCH, 2), "cnn": (BATCH, 2), "sequence": (BATCH, 7, 2), "map": (BATCH, 4, 4, 2)}


def test_size():
    assert len(members("fusion")) == 19
    assert len(CASES) == (19 + 12) * 4 * 2


@pytest.mark.parametrize(("fusion", "settings", "encoder", "views"), CASES)
def test_outputs_and_features(fusion, settings, encoder, views):
    model, x = made(fusion, settings, encoder, views), batch(encoder, views)
    model.eval()
    out = model(x)
    assert {task: tuple(y.shape) for task, y in out.items()} == {
        "kind": (BATCH, 3),
        "size": (BATCH, 1),
        "mark": SHAPES[encoder],
    }
    assert all(y.dtype == torch.float32 and bool(torch.isfinite(y).all()) for y in out.values())
    some = model(x, ["mark", "kind"])
    assert list(some) == ["mark", "kind"]
    assert all(torch.allclose(some[task], out[task], atol=1e-5) for task in some)
    for task, found in model.sharing(x, TASKS).items():
        parts = [found] if isinstance(found, Features) else found
        widths = model.sharing.features[task]
        assert [part.width for part in parts] == ([widths] if isinstance(widths, int) else widths)
    one = model({name: view[:1] for name, view in x.items()})
    assert all(torch.allclose(one[task], out[task][:1], atol=1e-5) for task in one)
    model.train()
    alone = model({name: view[:1] for name, view in x.items()})
    assert all(bool(torch.isfinite(numbers(y)).all()) for y in alone.values())


def slopes(model, x):
    """Per task, which parameters its output moves with."""
    torch.manual_seed(3)
    moved = {}
    for task, output in model(x).items():
        y = numbers(output)
        found = torch.autograd.grad(
            (y * torch.randn_like(y)).sum(), list(model.parameters()), retain_graph=True, allow_unused=True
        )
        moved[task] = [g is not None and bool(g.any()) for g in found]
    return moved


@pytest.mark.parametrize(("fusion", "settings", "encoder", "views"), CASES)
def test_own_parameters_are_those_that_one_task_alone_moves(fusion, settings, encoder, views):
    model = made(fusion, settings, encoder, views)
    moved = slopes(model, batch(encoder, views))
    names = [name for name, _ in model.named_parameters()]
    by_task = dict(zip(names, zip(*moved.values(), strict=True), strict=True))
    assert not [name for name, tasks in by_task.items() if not any(tasks)], "parameters that no task moves"
    for k, task in enumerate(TASKS):
        own = {id(p) for p in model.task_parameters(task)}
        assert len(own) == len(model.task_parameters(task))
        alone = tuple(i == k for i in range(len(TASKS)))
        for name, parameter in model.named_parameters():
            assert (id(parameter) in own) == (by_task[name] == alone), name
    shared = {id(p) for p in model.shared_parameters()}
    assert shared == {id(p) for name, p in model.named_parameters() if sum(by_task[name]) > 1}


@pytest.mark.parametrize("views", [1, 3])
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("fusion", members("fusion"))
def test_one_representation_is_said_where_it_is_so(fusion, encoder, views):
    model = made(fusion, encoder=encoder, views=views)
    found = model.sharing(batch(encoder, views), TASKS)
    one = found["kind"]
    same = isinstance(one, Features) and all(x is one for x in found.values())
    assert members("fusion")[fusion].one_representation == same


@pytest.mark.parametrize("mode", MODES, ids=name_of)
@pytest.mark.parametrize("encoder", ["mlp", "sequence"])
def test_padding_changes_nothing(mode, encoder):
    """Words behind the end of a sentence, and what other examples hold, do not reach an example's output."""
    model = made(*mode, encoder).eval()
    x = batch(encoder)
    if encoder == "sequence":
        longer = {"v": torch.cat([x["v"], torch.zeros_like(x["v"])], dim=1)}
    else:
        longer = {"v": torch.cat([x["v"], 5 * torch.randn(3, 5)])}
    before, after = model(x), model(longer)
    for task in TASKS:
        kept = after[task][:BATCH, :7] if encoder == "sequence" and task == "mark" else after[task][:BATCH]
        torch.testing.assert_close(kept, before[task], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", MODES, ids=name_of)
def test_a_single_task_will_do(mode):
    model = made(*mode, tasks=["size"])
    loss = numbers(model(batch())["size"]).square().sum()
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize("encoder", ENCODERS)
def test_mixed_precision(encoder):
    for mode in MODES:
        model = made(*mode, encoder, 3)
        with torch.autocast("cpu", torch.bfloat16):
            found = model(batch(encoder, 3))
        loss = torch.stack([numbers(output).float().square().sum() for output in found.values()]).sum()
        loss.backward()
        assert all(p.grad is not None and bool(torch.isfinite(p.grad).all()) for p in model.parameters()), name_of(mode)


def test_an_empty_sentence_is_no_trouble():
    x = {"v": torch.zeros(2, 7, dtype=torch.int64)}
    x["v"][0, 0] = 3
    for mode in MODES:
        model = made(*mode, "sequence")
        for output in model(x).values():
            assert bool(torch.isfinite(numbers(output)).all()), name_of(mode)
        assert not isinstance(model.eval()(x)["kind"], Several)


@pytest.mark.parametrize(("encoder", "views"), [("cnn", 1), ("sequence", 3)])
@pytest.mark.parametrize("mode", MODES, ids=name_of)
def test_nothing_is_left_behind_on_another_device(mode, encoder, views):
    """On the device that holds no numbers a tensor from the host does not pass unseen."""
    device = torch.device("meta")
    model = made(*mode, encoder, views).to(device)
    out = model({name: x.to(device) for name, x in batch(encoder, views).items()})
    loss = torch.stack([numbers(output).square().sum() for output in out.values()]).sum()
    penalty = model.sharing.penalty()
    (loss if penalty is None else loss + penalty).backward()
    model.sharing.advance()
    rows = torch.arange(BATCH, device=device)
    for tensor in (loss, model.sharing.resample(rows), *(p.grad for p in model.parameters())):
        assert tensor is None or tensor.device == device
