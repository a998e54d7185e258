"""Studies of affinity from a spec: what brings them what they need, what they cost, what they refuse."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

import workbench as wb
from tests.runs.test_bad_input import sentence
from workbench.affinities.base import Estimate, Study, Subsets
from workbench.component import _REGISTRY
from workbench.runs.affinity.examples import Sketch
from workbench.training.experiment import Experiment

STUDIES = ["labels", "cka", "rsa", "transfer", "grad_tae"]
STEPS = 3 * 9  # of the small spec: 1079 training rows in batches of 128, three epochs


@pytest.fixture
def registry():
    """What a test registers is gone after it."""
    known = dict(_REGISTRY["affinity"])
    yield
    _REGISTRY["affinity"].clear()
    _REGISTRY["affinity"].update(known)


def off(matrix):
    return matrix[~np.eye(len(matrix), dtype=bool)]


@pytest.mark.parametrize("method", STUDIES)
def test_every_study_gives_a_map_with_errors_and_its_cost(store, small, method):
    settings = {"seeds": 2} if method == "transfer" else {}
    found = wb.affinity(small, method, **settings)
    assert found.names == ["digit", "parity", "ink"]
    assert found.matrix.shape == found.se.shape == (3, 3)
    assert np.isfinite(found.matrix).all()
    assert (off(found.se) > 0).all()
    assert (found.matrix == found.matrix.T).all() == found.symmetric
    assert (
        found.cost
        == {
            "labels": 0,
            "cka": 3 * STEPS,
            "rsa": 3 * STEPS,
            "transfer": 2 * (3 + 3 * 2) * STEPS,
            "grad_tae": 3 * STEPS + math.ceil(2 * 300 * 3 / 128),
        }[method]
    )
    assert found.freedom == {"cka": 19, "rsa": 19, "transfer": 1}.get(method, np.inf)
    assert "rows = train on, columns = helps" in repr(found)
    assert found.heatmap().data
    before = sorted(store.glob("*"))
    again = wb.affinity(small, method, **settings)
    assert (again.matrix == found.matrix).all()
    assert sorted(store.glob("*")) == before  # every network was found again


def test_a_run_may_be_asked_instead_of_its_spec(store, small):
    run = wb.train(small, progress=False)
    kept = sorted(store.glob("*/spec.json"))
    assert (wb.affinity(run, "grad_tae").matrix == wb.affinity(small, "grad_tae").matrix).all()
    assert sorted(store.glob("*/spec.json")) == kept


def test_what_is_a_function_of_a_label_is_known_without_training(small, store):
    found = wb.affinity(small, "labels").matrix
    assert found[0, 1] > 0.99
    assert found[0, 2] < 0.3
    assert not store.exists()


def test_transfer_is_of_validation_results(store, small):
    spec = small.replace(tasks=["digit", "ink"])
    found = wb.affinity(spec, "transfer", seeds=1, by="metric").matrix
    alone, together = wb.baseline(spec, progress=False).summary["tasks"], wb.affinity(spec, "transfer", seeds=1)
    pair = wb.train(spec.replace(affinity=None), progress=False).summary["tasks"]
    for j, name in enumerate(spec.tasks):
        i = 1 - j
        assert found[i, j] == pytest.approx((pair[name]["val"] - alone[name]["val"]) / abs(alone[name]["val"]))
        before, after = (one[name]["metrics"]["loss"]["val"] for one in (alone, pair))
        assert together.matrix[i, j] == pytest.approx((before - after) / before)
    assert np.isnan(together.se).all()


def test_networks_may_be_trained_several_at_a_time(store, small, monkeypatch, tmp_path):
    spec = small.replace(tasks=["digit", "ink"])
    with ThreadPoolExecutor(2) as pool:
        asked = []
        monkeypatch.setattr(pool, "submit", lambda *a: asked.append(a) or ThreadPoolExecutor.submit(pool, *a))
        found = wb.affinity(spec, "transfer", seeds=2, executor=pool)
    assert len(asked) == 4  # two seeds of the pair, and of the single tasks
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path / "one by one"))
    assert (wb.affinity(spec, "transfer", seeds=2).matrix == found.matrix).all()


def test_examples_are_those_of_the_model(store, small, registry):
    """Margins give the cross entropy, residuals the squared error, gradients what autograd gives of a whole batch."""
    seen = {}

    @wb.register("affinity", "spy")
    class Spy(Study):
        """Looks at what it is given."""

        needs = "examples"
        examples, dimensions = 5000, 10**9

        def estimate(self, given):
            seen.update({one.name: one for one in given})
            return Estimate(torch.zeros(3, 3), torch.zeros(3, 3))

    wb.affinity(small, "spy")
    run = wb.train(small, progress=False)
    exp, model = Experiment(small.replace(device="cpu")), run.model()
    rows = exp.data.splits["val"]
    views, targets = exp.data.batch(rows)
    outputs = model(views)
    for task in exp.tasks:
        loss = task.loss(outputs[task.name], targets[task.name])
        one = seen[task.name]
        losses = torch.nn.functional.softplus(-one.outputs[1]) if one.kind == "margin" else one.outputs[1] ** 2
        assert losses.mean().item() == pytest.approx(loss.item(), rel=1e-5)
        known = math.log(9) if task.name == "digit" else 0.0
        if one.kind == "margin":  # a head that gives 0 finds all classes alike
            assert one.blank[1].numpy() == pytest.approx(-known, abs=1e-6)
        else:
            assert one.blank[1].sort()[0].numpy() == pytest.approx((-targets[task.name]).sort()[0].numpy())
        slope = -torch.sigmoid(-one.outputs[1]) if one.kind == "margin" else 2 * one.outputs[1]
        parts = torch.autograd.grad(loss, model.shared_parameters(), retain_graph=True)
        whole = torch.cat([part.flatten() for part in parts]).double()
        assert torch.allclose((slope[:, None] * one.gradients[1]).mean(0), whole, atol=1e-6, rtol=1e-3)


SCENES = wb.Spec(
    problem={"name": "scenes", "rows": 150}, encoder="fcn", batch_size=50, epochs=1, tasks=["objects", "shapes"]
)


def test_one_label_of_several_and_one_question_of_a_level_stand_for_an_example(store):
    assert np.isfinite(wb.affinity(SCENES, "grad_tae", examples=40).matrix).all()


def test_pixels_have_no_label_to_compare(store):
    spec = SCENES.replace(tasks=["objects", "shapes", "depth"])
    found = wb.affinity(spec, "labels").matrix
    assert found[1, 2] > 0  # depth comes first
    assert np.isnan(found[0, 1:]).all()
    assert "labels of 'depth', 'objects' cannot be compared" in sentence(
        lambda: wb.affinity(spec.replace(tasks=["objects", "depth"]), "labels")
    )


def test_a_sketch_keeps_inner_products_on_average():
    a, b = (torch.randn(3000, generator=torch.Generator().manual_seed(s), dtype=torch.float64) for s in (0, 1))
    b = b + 0.5 * a
    exact, bound = float(a @ b), float(a.norm() * b.norm()) / 400**0.5
    assert abs(float(Sketch(3000, 400)(a) @ Sketch(3000, 400)(b)) - exact) < 4 * bound
    assert torch.equal(Sketch(300, 400)(a[:300]), a[:300])
    many = [float(Sketch(3000, 400, seed)(a) @ Sketch(3000, 400, seed)(b)) for seed in range(200)]
    assert np.mean(many) == pytest.approx(exact, abs=4 * np.std(many) / 200**0.5)


@pytest.mark.parametrize(
    ("needs", "kind"), [("labels", list), ("representations", dict), ("subsets", Subsets), ("examples", list)]
)
def test_a_measure_of_ones_own_just_works(store, small, registry, needs, kind):
    got = []
    name = f"own_{needs}"

    class Own(Study):
        """A measure written in a notebook."""

        def estimate(self, given):
            got.append(given)
            return Estimate(torch.eye(3), torch.full((3, 3), 0.1))

    Own.needs = needs
    wb.register("affinity", name)(Own)
    found = wb.affinity(small.replace(epochs=1), name)
    assert isinstance(got[0], kind)
    assert len(got[0].names if needs == "subsets" else got[0]) == 3
    assert (found.matrix == np.eye(3)).all()
    assert found.method == name


def test_bad_input(store, small):
    assert "this spec has one" in sentence(lambda: wb.affinity(small.replace(tasks=["ink"]), "cka"))
    assert "this spec has one" in sentence(lambda: wb.affinity(small.replace(tasks=["ink"])))
    assert "did you mean 'grad_tae'?" in sentence(lambda: wb.affinity(small, "grad_tea"))
    assert "has no setting 'seed': did you mean 'seeds'?" in sentence(lambda: wb.affinity(small, "transfer", seed=1))
    apart = small.replace(fusion="independent")
    for method in ("gradient_cosine", "lookahead", "grad_tae"):
        found = sentence(lambda method=method: wb.affinity(apart, method))
        assert "Fusion 'independent' shares no parameter" in found
    assert not store.exists()  # nothing was trained to find that out


def test_measures_that_cannot_look_at_tags_say_so_before_anything_is_trained(store):
    spec = wb.Spec(problem="tagging", encoder="bilstm", epochs=1)
    found = sentence(lambda: wb.affinity(spec, "grad_tae"))
    assert "(tagging): an example has no single output to linearise" in found
    assert "classification, multilabel, ordinal, regression" in found
    assert not store.exists()
