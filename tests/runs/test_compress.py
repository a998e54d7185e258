"""Smaller models: the arithmetic of each way, what it costs each task, and files that give the same again."""

import json

import pytest
import torch
from torch import nn

import workbench as wb
from workbench.runs.compress import int8
from workbench.runs.compress.distil import distance
from workbench.runs.compress.prune import cut, packed, prunable, unpacked
from workbench.tasks.classification import Classification
from workbench.tasks.multilabel import MultiLabel
from workbench.tasks.regression import Regression

TASKS = ["digit", "parity", "ink"]
TINY = {"name": "cnn", "channels": 4, "width": 16}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    spec = wb.Spec(tasks=TASKS, encoder={"name": "mlp", "width": 96}, epochs=6, batch_size=64)
    return wb.train(spec, progress=False, out=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def made(run):
    """Every way once."""
    return {
        "int8": wb.compress(run, "int8"),
        "prune": wb.compress(run, "prune", amount=0.6),
        "distil": wb.compress(run, "distil", student={"name": "mlp", "width": 24}, epochs=20, progress=False),
    }


def after(made, column="test"):
    return made.frame[made.frame["model"] == made.name].set_index("task")[column]


# ---------------------------------------------------------------- what all give


@pytest.mark.parametrize("method", ["int8", "prune", "distil"])
def test_the_frame_has_both_models_and_the_numbers_of_the_run(made, run, method):
    found = made[method]
    assert list(found.frame["model"].unique()) == ["original", found.name]
    before = found.frame[found.frame["model"] == "original"].set_index("task")
    for task, told in run.summary["tasks"].items():
        assert before.loc[task, "test"] == pytest.approx(told["test"], abs=1e-6)
        assert before.loc[task, "metric"] == told["metric"]
    assert (before["parameters"] == run.summary["parameters"]).all()
    assert (after(found, "gain") == after(found) - before["test"]).all()
    assert (after(found, "bytes") < before["bytes"]).all()
    times = found.frame[["ms1_p50", "ms256_p50"]].to_numpy()
    assert (times > 0).all()
    assert (found.frame[["ms1_p95", "ms256_p95"]].to_numpy() >= times).all()


@pytest.mark.parametrize("method", ["int8", "prune", "distil"])
def test_a_saved_model_predicts_the_same(made, method, tmp_path):
    found = made[method]
    again = wb.Compressed.load(found.save(tmp_path / "small"))
    predicted, expected = again.predict(), found.predict()
    assert all(torch.equal(predicted[task], expected[task]) for task in TASKS)
    assert (tmp_path / "small" / "model.safetensors").stat().st_size == after(found, "bytes").iloc[0]
    assert (again.frame == found.frame).all(axis=None)
    assert (again.name, again.notes) == (found.name, found.notes)
    assert {file.name for file in (tmp_path / "small").iterdir()} == {
        "model.safetensors",
        "spec.json",
        "compressed.json",
    }


@pytest.mark.parametrize("method", ["int8", "prune", "distil"])
def test_it_predicts_what_its_metric_says(made, run, method):
    _, data, _ = run.rebuilt()
    truth = data.targets["digit"][data.splits["test"]]
    right = (made[method].predict()["digit"] == truth).double().mean().item()
    assert right == pytest.approx(after(made[method])["digit"], abs=1e-6)


@pytest.mark.parametrize("method", ["int8", "prune"])
def test_the_run_stays_as_it_is_and_the_result_can_be_exported(made, run, method, tmp_path):
    path = made[method].export_model(tmp_path / "small.pt2")
    views = {"image": torch.rand(5, 1, 8, 8)}
    found = torch.export.load(path).module()(views)["digit"].argmax(-1)
    assert torch.equal(found, made[method].predict(views)["digit"])
    assert all(p.dtype == torch.float32 and (p != 0).any() for p in run.model().parameters())


def test_figures_show_every_model_and_task(made):
    import pandas as pd

    together = pd.concat([found.frame for found in made.values()])
    for x in ("bytes", "parameters", "ms1_p50", "ms256_p50"):
        figure = wb.plots.compression(together, x)
        assert len(figure.data) == 4 * len(TASKS)
        assert {trace.name for trace in figure.data if trace.showlegend} == set(together["model"])
    assert "original" in repr(made["int8"].figure())
    heat = made["prune"].sensitivity_figure().data[0]
    assert list(heat.x) == TASKS
    assert len(heat.y) == made["prune"].sensitivity["layer"].nunique()


def test_beside_measures_all_in_turns(made, run):
    found = made["int8"].beside(made["prune"], made["distil"])
    names = ["original", *(each.name for each in made.values())]
    assert list(found["model"].unique()) == names
    for each in made.values():
        mine = found[found["model"] == each.name].set_index("task")
        assert (mine["test"] == after(each)).all()
        assert (mine[["bytes", "parameters"]] == after(each, ["bytes", "parameters"])).all(axis=None)
    with pytest.raises(wb.WorkbenchError, match="More than one of the models is called 'int8'"):
        made["int8"].beside(made["int8"])


def test_a_model_from_files_stands_beside_others(made, tmp_path):
    again = wb.Compressed.load(made["int8"].save(tmp_path / "small"))
    assert list(again.beside(made["prune"])["model"].unique()) == ["int8", made["prune"].name]


# ---------------------------------------------------------------- eight bits


def test_rounding_is_within_half_a_step_of_each_row():
    x = torch.randn(7, 40) * torch.logspace(-20, 20, 7).unsqueeze(1)
    whole, scale = int8.rounded(x)
    assert whole.dtype == torch.int8
    assert (whole.abs().amax(1) == 127).all()
    assert ((whole * scale - x).abs() <= scale * 0.5001).all()
    assert (int8.rounded(torch.zeros(2, 3))[0] == 0).all()


@pytest.mark.parametrize("shape", [(1, 9), (33, 9), (2, 5, 9)])
def test_a_linear_layer_computes_its_formula(shape):
    torch.manual_seed(0)
    layer, x = nn.Linear(9, 5), torch.randn(shape)
    small = int8.Int8Linear(layer)
    q, s = int8.rounded(layer.weight.detach())
    p, t = int8.rounded(x.flatten(0, -2))
    exact = (p.double() @ q.double().T) * t.double() * s[:, 0].double() + layer.bias.double()
    assert torch.allclose(small(x).double(), exact.view(*shape[:-1], 5), rtol=1e-5, atol=1e-6)
    assert torch.allclose(small(x), layer(x), atol=0.05)
    assert torch.equal(small.weight, q * s)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@pytest.mark.parametrize("settings", [{"batch_first": True, "bidirectional": True}, {"num_layers": 2, "bias": False}])
def test_a_recurrent_layer_computes_with_the_weights_it_keeps(kind, settings):
    torch.manual_seed(0)
    layer, x = kind(6, 8, **settings).eval(), torch.randn(3, 4, 6)
    small = int8.Int8Recurrent(layer)
    with torch.no_grad():
        for weight in layer.parameters():
            if weight.dim() == 2:
                whole, scale = int8.rounded(weight)
                weight.copy_(whole * scale)
        assert torch.allclose(small(x)[0], layer(x)[0], atol=1e-6)
    kept = sum(v.numel() for v in small.state_dict().values() if v.dtype == torch.int8)
    assert kept == sum(p.numel() for p in layer.parameters() if p.dim() == 2)


def test_int8_costs_these_tasks_next_to_nothing(made):
    found = made["int8"]
    assert (after(found, "gain").abs() < 0.03).all()
    assert after(found, "bytes").iloc[0] < 0.4 * found.frame["bytes"].iloc[0]


def test_texts_become_smaller_too(store, tmp_path):
    spec = wb.Spec(problem={"name": "intents", "count": 150}, encoder="bilstm", epochs=1, batch_size=32)
    run = wb.train(spec, progress=False)
    found = wb.compress(run)
    again = wb.Compressed.load(found.save(tmp_path / "small"))
    texts = ["turn the light on", "play a song"]
    assert again.predict(texts) == found.predict(texts)
    assert after(found, "bytes").iloc[0] < found.frame["bytes"].iloc[0]


@pytest.mark.parametrize("fusion", ["mmoe", "cross_stitch", "attention", "conditional"])
def test_other_fusions_become_smaller(fusion, store, tmp_path):
    spec = wb.Spec(tasks=["digit", "ink"], fusion=fusion, encoder=TINY, epochs=1, batch_size=512)
    run = wb.train(spec, progress=False)
    for method, settings in {"int8": {}, "prune": {"amount": 0.3, "sensitivity": False}}.items():
        found = wb.compress(run, method, **settings)
        again = wb.Compressed.load(found.save(tmp_path / method))
        assert torch.equal(again.predict()["digit"], found.predict()["digit"])


# ---------------------------------------------------------------- pruning


@pytest.mark.parametrize("amount", [0.1, 0.5, 0.99])
def test_the_smallest_weights_of_all_go_and_exactly_so_many(amount):
    torch.manual_seed(0)
    weights = [torch.randn(20, 30), 5 * torch.randn(10, 10), torch.ones(4, 5)]
    before = [weight.clone() for weight in weights]
    assert cut(weights, amount) == round(amount * 720)
    gone = torch.cat([(after == 0).flatten() for after in weights])
    size = torch.cat([weight.abs().flatten() for weight in before])
    assert int(gone.sum()) == round(amount * 720)
    assert size[gone].max() <= size[~gone].min()
    assert all(torch.equal(a[a != 0], b[a != 0]) for a, b in zip(weights, before, strict=True))


def test_a_pruned_model_has_the_zeros_it_says(made, run):
    found, weights = made["prune"], prunable(made["prune"].model)
    zeros = sum(int((weight == 0).sum()) for weight in weights.values())
    assert zeros == round(0.6 * sum(weight.numel() for weight in weights.values()))
    assert (after(found, "parameters") == run.summary["parameters"] - zeros).all()


def test_only_the_task_of_a_head_feels_its_head_pruned(made):
    found = made["prune"].sensitivity
    for task in TASKS:
        others = found[(found["layer"] == f"head of {task}") & (found["task"] != task)]
        assert len(others) == len(TASKS) - 1
        assert (others["gain"] == 0).all()
    trunk = found[~found["layer"].str.startswith("head")]
    assert (trunk.groupby("task")["gain"].min() < 0).all()
    assert (found["gain"] == found["after"] - found["before"]).all()


def test_packing_loses_nothing():
    torch.manual_seed(0)
    state = {"a": torch.randn(13, 7), "b": torch.randn(5), "c": torch.arange(9)}
    cut([state["a"]], 0.8)
    small = packed(state)
    assert set(small) == {"a|there", "a|values", "b", "c"}
    assert small["a|there"].numel() == 12
    again = unpacked(small, state)
    assert all(torch.equal(again[name], x) for name, x in state.items())


# ---------------------------------------------------------------- distillation


def test_distances_are_the_divergences_of_the_formula():
    torch.manual_seed(0)
    a, b, t = torch.randn(6, 4), torch.randn(6, 4), 3.0
    task = Classification("c", list("abcd"))
    categorical = torch.distributions.Categorical
    wanted = torch.distributions.kl_divergence(categorical(logits=b / t), categorical(logits=a / t)).mean() * t**2
    assert distance(task, a, b, t) == pytest.approx(wanted.item(), rel=1e-5)
    labels, bernoulli = MultiLabel("m", list("abcd")), torch.distributions.Bernoulli
    each = torch.distributions.kl_divergence(bernoulli(logits=b / t), bernoulli(logits=a / t))
    assert distance(labels, a, b, t) == pytest.approx((each.sum(-1).mean() * t**2).item(), rel=1e-4)
    assert distance(Regression("r"), a[:, :1], b[:, :1], t) == pytest.approx((a - b)[:, 0].square().mean().item())
    for kind, x in ((task, a), (labels, a), (Regression("r"), a[:, :1])):
        assert distance(kind, x, x, t) == pytest.approx(0, abs=1e-5)


def test_a_student_learns_from_its_teachers_alone(made, run):
    found = made["distil"]
    assert found.spec.chosen("encoder") == ("mlp", {"width": 24})
    assert after(found)["digit"] > 0.6
    assert len(found.history) == 20 * len(TASKS)
    assert wb.baseline(run.spec, progress=False, out=run.path.parent).summary["status"] == "done"
    assert "Teachers on test: digit accuracy" in found.notes[0]


def test_no_label_is_looked_at_unless_asked_for(run, monkeypatch):
    asked = []
    right = Classification.loss

    def watched(self, output, target, *args, **more):
        asked.append(output.requires_grad)
        return right(self, output, target, *args, **more)

    monkeypatch.setattr(Classification, "loss", watched)
    settings = {"student": {"name": "mlp", "width": 4}, "epochs": 1, "progress": False}
    wb.compress(run, "distil", **settings)
    assert not any(asked)
    wb.compress(run, "distil", labels=0.5, **settings)
    assert any(asked)


def test_by_default_the_student_is_half_as_wide(run):
    found = wb.compress(run, "distil", epochs=1, progress=False)
    assert found.spec.chosen("encoder")[1]["width"] == 48


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("method", "settings", "words"),
    [
        ("int9", {}, r"no way 'int9'.*did you mean 'int8'\?"),
        ("prune", {"amont": 0.5}, r"prune has no setting 'amont': did you mean 'amount'\?"),
        ("prune", {"amount": 1.0}, "above 0 and below 1, found 1.0"),
        ("int8", {"amount": 0.5}, "int8 has no setting 'amount'"),
        ("distil", {"temperature": 0}, "temperature should be a number above 0"),
        ("distil", {"labels": 2, "epochs": 0}, r"(?s)labels should be .*epochs should be"),
        ("distil", {"student": "mpl"}, r"did you mean 'mlp'\?"),
    ],
)
def test_bad_settings(run, method, settings, words):
    with pytest.raises(wb.WorkbenchError, match=words):
        wb.compress(run, method, **settings)


def test_a_student_of_other_examples_is_refused(run):
    with pytest.raises(wb.WorkbenchError, match="The student's seed should be as the run's, 0, found 1"):
        wb.compress(run, "distil", student=run.spec.replace(seed=1))


def test_only_runs_can_be_made_smaller(run):
    with pytest.raises(wb.WorkbenchError, match="takes a Run, found Spec"):
        wb.compress(run.spec)


def test_folders_that_hold_none(made, tmp_path):
    with pytest.raises(wb.WorkbenchError, match="holds no compressed model"):
        wb.Compressed.load(tmp_path)
    folder = made["int8"].save(tmp_path / "small")
    about = json.loads((folder / "compressed.json").read_text())
    (folder / "compressed.json").write_text(json.dumps({**about, "method": "prune"}))
    with pytest.raises(wb.WorkbenchError, match=r"model\.safetensors does not fit"):
        wb.Compressed.load(folder)
    (folder / "compressed.json").write_text(json.dumps({**about, "format": 9}))
    with pytest.raises(wb.WorkbenchError, match="has layout 9"):
        wb.Compressed.load(folder)
    with pytest.raises(wb.WorkbenchError, match="is a file"):
        made["int8"].save(folder / "compressed.json")
