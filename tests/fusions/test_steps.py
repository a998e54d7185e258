"""Every fusion under every kind of weighting; what a fusion adds to the loss; resuming; what is recorded."""

import json
import math

import pytest
import torch

import workbench as wb
from tests.fusions.examples import ENCODERS, MODES, Marking, batch, name_of
from tests.training.test_resume import check
from workbench.component import WorkbenchError, component, components, members
from workbench.fusions.model import build_model
from workbench.plots import gates
from workbench.spec import Spec
from workbench.tasks import Regression
from workbench.training.diagnosis import Diverged
from workbench.training.experiment import Experiment
from workbench.training.step import step

SPEC = Spec(tasks=["digit", "parity", "ink"], encoder={"name": "mlp", "width": 8}, batch_size=64, affinity=None)
#: one weighting of every kind, and a way to take gradients
KINDS = {
    "losses": {"weighting": "dwa"},
    "gramian": {"weighting": "pcgrad"},
    "jacobian": {"weighting": "graddrop"},
    "cross_gramian": {"weighting": "modo"},
    "validation": {"weighting": "auto_lambda"},
    "representation": {"weighting": "mgda", "gradients": "representation"},
}


def experiment(fusion, settings=None, **more):
    return Experiment(SPEC.replace(fusion={"name": fusion, **(settings or {})}, **more))


def rows_of(exp):
    return exp.batches(0)[0][1]


CASES = [
    pytest.param(mode, kind, id=f"{name_of(mode)}:{kind}")
    for mode in MODES
    for kind in KINDS
    if kind != "representation" or members("fusion")[mode[0]].one_representation
]


def test_size():
    assert {component("weighting", kind["weighting"]).needs for kind in KINDS.values()} == set(KINDS) - {
        "representation"
    }
    alike = sum(members("fusion")[name].one_representation for name, _ in MODES)
    assert alike == 3  # shared, and early in two modes
    assert len(CASES) == len(MODES) * 5 + alike


@pytest.mark.parametrize(("mode", "kind"), CASES)
def test_a_step_moves_every_parameter_it_should(mode, kind):
    exp = experiment(*mode, **KINDS[kind])
    before = [p.detach().clone() for p in exp.model.parameters()]
    measured = step(exp, rows_of(exp), [0, 1, 2], 1, False)
    assert bool(torch.isfinite(measured.losses).all() and torch.isfinite(measured.weights).all())
    assert all(bool(torch.isfinite(p).all()) for p in exp.model.parameters())
    moved = [not torch.equal(p, old) for p, old in zip(exp.model.parameters(), before, strict=True)]
    still = [name for (name, _), m in zip(exp.model.named_parameters(), moved, strict=True) if not m]
    assert not still
    assert (measured.length > 0) == bool(exp.shared)


@pytest.mark.parametrize("kind", ["losses", "gramian", "jacobian"])
@pytest.mark.parametrize("mode", MODES, ids=name_of)
def test_an_absent_task_moves_none_of_its_parameters(mode, kind):
    exp = experiment(*mode, **KINDS[kind])
    exp.optimizer.step = lambda: None
    step(exp, rows_of(exp), [0, 2], 1, False)
    assert all(p.grad is None for p in exp.model.task_parameters("parity"))
    assert all(p.grad is not None for p in exp.model.task_parameters("ink"))


# ---------------------------------------------------------------- what a fusion adds to the loss

ADDING = [
    ("soft", {"strength": 5.0}),
    ("sluice", {"orthogonality": 5.0}),
    ("dselect_k", {"entropy": 5.0, "experts": 6}),
    ("dselect_k", {"entropy": 5.0, "by": "example"}),
    ("attention", {"entropy": 500.0}),
]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "representation"])
@pytest.mark.parametrize("mode", ADDING, ids=name_of)
def test_a_penalty_reaches_every_parameter_once_outside_the_weights(mode, kind, monkeypatch):
    """The gradient is that of a step without penalty, plus the penalty's own."""

    def moved(exp):
        """Unequal networks, so that soft sharing has something to pull."""
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for p in exp.model.sharing.parameters():
                p.add_(0.1 * torch.randn(p.shape, generator=generator))
        exp.optimizer.step = lambda: None
        return exp

    def grads(exp):
        step(exp, rows_of(exp), [0, 1, 2], 1, False)
        return [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in exp.model.parameters()]

    exp = moved(experiment(*mode, **KINDS[kind]))
    whole = grads(exp)
    parts = rows_of(exp).tensor_split(2) if kind == "cross_gramian" else [rows_of(exp)]
    penalty = torch.zeros(())
    for part in parts:
        exp.model(exp.data.batch(part)[0])
        penalty = penalty + exp.model.sharing.penalty() / len(parts)
    wanted = torch.autograd.grad(penalty, list(exp.model.parameters()), allow_unused=True)
    monkeypatch.setattr(type(exp.model.sharing), "penalty", lambda self: None)
    plain = grads(moved(experiment(*mode, **KINDS[kind])))
    assert sum(float(g.norm()) for g in wanted if g is not None) > 0.01
    for found, without, added in zip(whole, plain, wanted, strict=True):
        total = without if added is None else without + added
        torch.testing.assert_close(found, total, rtol=1e-4, atol=1e-5)


def test_measuring_affinity_changes_nothing(tmp_path):
    def losses(affinity):
        spec = SPEC.replace(fusion="sluice", affinity=affinity, epochs=2, batch_size=300)
        return wb.train(spec, progress=False, out=tmp_path).history.query("quantity == 'loss'")["value"].to_list()

    assert losses(None) == losses({"name": "gradient_cosine", "every": 2})


def test_a_penalty_behind_a_cut_in_the_graph(monkeypatch):
    """Gradients at the representation cut the graph of the losses, not that of the penalty."""
    exp = experiment("shared", gradients="representation", affinity="gradient_cosine")
    exp.optimizer.step = lambda: None
    rows, sharing = rows_of(exp), type(exp.model.sharing)
    encoder = exp.model.sharing.network.encoders["image"]
    step(exp, rows, [0, 1, 2], 1, True)
    plain = [p.grad.clone() for p in exp.model.parameters()]
    kept = []
    encoder.register_forward_hook(lambda module, given, found: kept.append(found.values))
    monkeypatch.setattr(sharing, "penalty", lambda self: kept[-1].square().mean())
    step(exp, rows, [0, 1, 2], 1, True)
    wanted = torch.autograd.grad(encoder(exp.data.batch(rows)[0]["image"]).values.square().mean(), encoder.parameters())
    added = {id(p): g for p, g in zip(encoder.parameters(), wanted, strict=True)}
    for p, without in zip(exp.model.parameters(), plain, strict=True):
        torch.testing.assert_close(p.grad, without + added.get(id(p), 0.0), rtol=1e-4, atol=1e-6)


def test_weights_and_losses_are_those_without_the_penalty():
    def told(strength):
        exp = experiment("sluice", {"orthogonality": strength}, weighting="pcgrad")
        measured = step(exp, rows_of(exp), [0, 1, 2], 1, False)
        return measured.losses, measured.weights

    for one, other in zip(told(0.0), told(100.0), strict=True):
        assert torch.equal(one, other)


def test_a_penalty_that_is_not_finite_speaks_before_it_is_applied():
    exp = experiment("dselect_k", {"experts": 3, "gamma": 0.5})
    with torch.no_grad():
        exp.model.sharing.gates[0].z.fill_(1.0)  # both digits 1: expert 3, which is none
    before = [p.detach().clone() for p in exp.model.parameters()]
    with pytest.raises(Diverged, match="What fusion 'dselect_k' adds to the loss became inf at step 4"):
        step(exp, rows_of(exp), [0, 1, 2], 4, False)
    assert all(torch.equal(p, old) for p, old in zip(exp.model.parameters(), before, strict=True))


def test_strong_soft_sharing_is_hard_sharing_and_none_is_independence(tmp_path):
    def distance(strength):
        spec = SPEC.replace(fusion={"name": "soft", "strength": strength}, optimizer="sgd", lr=0.05, epochs=2)
        run = wb.train(spec, progress=False, out=tmp_path)
        table = run.gates("distance")
        return table[table["step"] == table["step"].max()]["value"].max()

    assert distance(1.0) < 0.2 * distance(0.0)


# ---------------------------------------------------------------- resuming, and what is recorded


@pytest.mark.parametrize(
    ("fusion", "settings"),
    [
        ("ltb", {"half_life": 3.0}),
        ("nddr", {}),
        ("ensemble", {"bootstrap": True}),
        ("partitioned", {}),
        ("dselect_k", {"experts": 6, "entropy": 0.1}),
        ("early", {"dropout": 0.3}),
    ],
)
def test_a_resumed_run_goes_on_to_the_same_records(fusion, settings):
    spec = SPEC.replace(
        fusion={"name": fusion, **settings},
        encoder={"name": "cnn", "channels": 4, "width": 8} if fusion == "nddr" else SPEC.encoder,
        epochs=2,
        batch_size=300,
        weighting="pcgrad",
    )
    check(spec, 3)


def test_updates_are_counted_once_whatever_the_weighting():
    for kind in KINDS:
        if kind != "representation":
            exp = experiment("ltb", **KINDS[kind])
            for number in (1, 2):
                step(exp, rows_of(exp), [0, 1, 2], number, False)
            (part,) = exp.model.sharing.views_parts
            assert [int(unit.updates) for unit in part.units] == [2, 2], kind


def test_what_fusions_show_is_recorded_at_every_validation(tmp_path):
    spec = SPEC.replace(fusion="ple", epochs=2, batch_size=300)
    run = wb.train(spec, progress=False, out=tmp_path)
    found = run.gates()
    assert list(found.columns) == ["step", "epoch", "name", "row", "column", "value"]
    assert sorted(set(found["epoch"])) == [0, 1, 2]
    assert set(found["name"]) == {"gate of level 1", "gate of level 2"}
    sums = run.gates("gate of level 2").groupby(["step", "row"])["value"].sum()
    assert sums.to_list() == pytest.approx([1.0] * 9)
    assert wb.open(run.path).gates().equals(found)
    lines = [json.loads(line) for line in (run.path / "records.jsonl").read_text().splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds.count("inspection") == 6
    first = kinds.index("inspection")
    assert kinds[first - 1] == "evaluation"
    figure = gates(found)
    assert len(figure.data) == 2
    assert "Plotly.newPlot" in run.report().read_text()
    assert "gate of level 1" in run.report().read_text()
    with pytest.raises(WorkbenchError, match=r"no table 'gate of level': did you mean 'gate of level [12]'"):
        run.gates("gate of level")


def test_the_spread_of_an_ensemble_is_recorded(tmp_path):
    run = wb.train(SPEC.replace(fusion="ensemble", epochs=1, batch_size=300), progress=False, out=tmp_path)
    table = run.gates("spread of predictions")
    assert list(table["column"][:3]) == ["member 1", "member 2", "member 3"]
    assert (table["value"] > 0).all()
    predicted = run.predict()
    assert len(predicted["digit"]) == len(predicted["ink"])


def test_hard_sharing_shows_nothing(tmp_path):
    run = wb.train(SPEC.replace(epochs=1, batch_size=300), progress=False, out=tmp_path)
    with pytest.raises(WorkbenchError, match="Fusion 'shared' shows nothing of itself"):
        run.gates()


def test_looking_changes_no_number(tmp_path, monkeypatch):
    def losses():
        run = wb.train(SPEC.replace(fusion="ltb", epochs=2, batch_size=300), progress=False, out=tmp_path)
        return run.history["value"].to_list()

    whole = losses()
    monkeypatch.setattr("workbench.training.loop.inspect", lambda state: iter(()))
    assert losses() == whole


def test_components_say_what_each_fusion_needs():
    table = components("fusion").set_index("name")
    assert set(table["needs"]) == {"", "stages", "streams"}
    assert set(table.index[table["needs"] == "streams"]) == {"early", "late", "attention", "gated"}
    assert set(table.index[["core" in tags for tags in table["tags"]]]) == {
        "independent",
        "shared",
        "early",
        "late",
        "ensemble",
        "attention",
        "cross_stitch",
        "mmoe",
        "mtan",
    }
    assert table["source"].str.len().min() > 5
    assert "experts" in table.loc["mmoe", "settings"]
    assert table["documentation"].str.contains("Shapes: per task").all()
    assert members("fusion")["mtan"].heading() == "between the stages of the encoder"


@pytest.mark.parametrize(
    ("fusion", "words"),
    [
        ({"name": "mmoe", "experts": 0}, "experts should be greater than or equal to 1, found 0"),
        ({"name": "dselect_k", "k": 9}, "k = 9 experts per task, but there are only 4; at most 4"),
        ({"name": "cross_stich"}, "did you mean 'cross_stitch'"),
        ({"name": "ple", "level": 2}, "no setting 'level': did you mean 'levels'"),
    ],
)
def test_a_spec_objects_in_one_sentence(fusion, words):
    with pytest.raises(WorkbenchError, match=words) as raised:
        Experiment(SPEC.replace(fusion=fusion))
    assert len(raised.value.faults) == 1


@pytest.mark.parametrize("fusion", ["late", "cross_stitch"])
def test_gradients_at_the_representation_need_one(fusion):
    with pytest.raises(WorkbenchError, match=f"tasks read the same features; '{fusion}' has none"):
        SPEC.replace(fusion=fusion, gradients="representation")


class Next(Marking):
    """What comes next at every position."""

    causal = True


@pytest.mark.parametrize("mode", MODES, ids=name_of)
def test_a_task_that_is_told_from_what_comes_before_is_not_shown_the_rest(mode):
    encoder, view = ENCODERS["sequence"]
    cls, tasks = component("fusion", mode[0]), [Next("next", ["0", "1"]), Regression("size")]
    if cls.looks_around:
        with pytest.raises(WorkbenchError, match=f"fusion '{mode[0]}' lets every position read the whole"):
            build_model(encoder, cls(**mode[1]), [view], tasks)
        return
    model, x = build_model(encoder, cls(**mode[1]), [view], tasks).eval(), batch("sequence")
    later = {"v": x["v"].clone()}
    later["v"][2:, 4:] = 1
    torch.testing.assert_close(model(x)["next"][:, :4], model(later)["next"][:, :4])


def test_mixed_precision():
    for mode in MODES:
        exp = experiment(*mode, precision="bf16", weighting="pcgrad")
        measured = step(exp, rows_of(exp), [0, 1, 2], 1, False)
        assert all(math.isfinite(loss) for loss in measured.losses.tolist()), name_of(mode)
