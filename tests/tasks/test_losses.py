"""Losses: formulas against other codes, missing labels, class weights, which labels train, faults."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.component import component, members
from workbench.problems import prepare
from workbench.problems.digits import Digits
from workbench.tasks import Classification, MultiLabel, Regression
from workbench.training.evaluate import example_losses
from workbench.training.experiment import Experiment
from workbench.training.looks import one_pass

NAN = float("nan")
LABELS = torch.tensor([0, 0, 0, 0, 0, 1, 1, 2])
CLASSIFIERS = [name for name, cls in members("loss").items() if not cls.fits or "classification" in cls.fits]
REGRESSORS = [name for name, cls in members("loss").items() if not cls.fits or "regression" in cls.fits]


def colour(name: str = "", target: torch.Tensor = LABELS, **chosen) -> Classification:
    """A classification of three classes with a loss learned from these training targets."""
    task = Classification("colour", ["red", "green", "blue"])
    if name:
        component("loss", name)(**chosen).bind(task, target)
    return task


def weight(name: str, **chosen) -> Regression:
    task = Regression("weight")
    component("loss", name)(**chosen).bind(task, torch.tensor([-1.0, 0.0, 1.0]))
    return task


def logits(rows: int, seed: int = 0) -> torch.Tensor:
    return 2 * torch.randn(rows, 3, generator=torch.Generator().manual_seed(seed))


def test_every_loss_fits_something():
    assert set(CLASSIFIERS) >= {"cross_entropy", "focal", "class_balanced", "lll"}
    assert set(REGRESSORS) >= {"mse", "huber", "l1", "lll"}
    assert set(CLASSIFIERS) | set(REGRESSORS) == set(members("loss"))


# ---------------------------------------------------------------- formulas


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_that_of_torch(smoothing):
    z = logits(8)
    found = colour("cross_entropy", label_smoothing=smoothing).loss(z, LABELS)
    torch.testing.assert_close(found, F.cross_entropy(z, LABELS, label_smoothing=smoothing))


def test_focal_is_its_formula_and_cross_entropy_without_focus():
    z = logits(8)
    p = z.softmax(1)[torch.arange(8), LABELS]
    torch.testing.assert_close(colour("focal", gamma=3.0).each(z, LABELS), (1 - p) ** 3 * -p.log())
    torch.testing.assert_close(colour("focal", gamma=0.0).each(z, LABELS), colour().losses(z, LABELS))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_has_a_finite_slope_where_a_prediction_is_perfect(gamma):
    z = torch.tensor([[200.0, 0.0, 0.0], [0.0, 200.0, 0.0]], requires_grad=True)
    (slope,) = torch.autograd.grad(colour("focal", gamma=gamma).loss(z, torch.tensor([0, 0])), z)
    assert torch.isfinite(slope).all()
    assert (slope[0] == 0).all()
    assert slope[1, 0] < 0


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.999999])
def test_class_balanced_weighs_by_the_effective_number(beta):
    counts = torch.tensor([5.0, 2.0, 1.0], dtype=torch.float64)
    effective = (1 - beta**counts) / (1 - beta)
    task = colour("class_balanced", beta=beta)
    torch.testing.assert_close(task.criterion.weights[0] / task.criterion.weights, (effective / effective[0]).float())
    assert task.criterion.weights[LABELS].mean().item() == pytest.approx(1)
    torch.testing.assert_close(
        task.each(logits(8), LABELS), task.criterion.weights[LABELS] * colour().losses(logits(8), LABELS)
    )


def test_class_balanced_with_almost_one_weighs_classes_alike():
    weights = colour("class_balanced", beta=1 - 1e-9).criterion.weights
    torch.testing.assert_close(weights * torch.tensor([5.0, 2.0, 1.0]), torch.full((3,), 8 / 3), rtol=1e-4, atol=0)


def test_a_class_without_training_labels_has_a_finite_weight():
    weights = colour("class_balanced", torch.tensor([0, 0, 1, -100])).criterion.weights
    assert torch.isfinite(weights).all()
    assert weights[2] == weights[1]


def test_losses_of_numbers_are_their_formulas():
    output, target = torch.tensor([[0.0], [0.5], [3.0]]), torch.tensor([0.2, 0.0, 0.0])
    e = output.squeeze(1) - target
    torch.testing.assert_close(weight("mse").loss(output, target), F.mse_loss(output.squeeze(1), target))
    torch.testing.assert_close(weight("l1").loss(output, target), e.abs().mean())
    torch.testing.assert_close(
        weight("huber", delta=0.7).loss(output, target), F.huber_loss(output.squeeze(1), target, delta=0.7)
    )


# ---------------------------------------------------------------- missing labels and weights


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([-100, 0, 1, 2]), min_size=1, max_size=10), st.sampled_from(CLASSIFIERS))
def test_losses_of_classes_count_present_labels_only(labels, name):
    target = torch.tensor(labels)
    output = logits(len(labels)).requires_grad_()
    task, present = colour(name), target != -100
    loss = task.loss(output, target)
    (slope,) = torch.autograd.grad(loss, output)
    assert (slope[~present] == 0).all()
    assert torch.isfinite(slope).all()
    wanted = task.loss(output[present], target[present]) if present.any() else torch.tensor(0.0)
    torch.testing.assert_close(loss, wanted)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.one_of(st.just(NAN), st.floats(-5, 5, width=32)), min_size=1), st.sampled_from(REGRESSORS))
def test_losses_of_numbers_count_present_targets_only(values, name):
    target = torch.tensor(values)
    output = torch.linspace(-1, 1, len(values)).unsqueeze(1).requires_grad_()
    task = weight(name, select="hardest") if name == "lll" else weight(name)
    loss, present = task.loss(output, target), ~target.isnan()
    (slope,) = torch.autograd.grad(loss, output)
    assert (slope[~present] == 0).all()
    assert torch.isfinite(slope).all()
    wanted = task.loss(output[present], target[present]) if present.any() else torch.tensor(0.0)
    torch.testing.assert_close(loss, wanted)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_two_rows_count_as_one_of_twice_the_weight(name):
    task = colour(name)
    z, w = logits(3), torch.tensor([1.0, 2.0, 0.0])
    torch.testing.assert_close(
        task.loss(z, LABELS[[0, 5, 7]], w), task.loss(z[[0, 1, 1]], LABELS[[0, 5, 5]]), rtol=1e-5, atol=1e-6
    )


# ---------------------------------------------------------------- which labels train

Z = torch.tensor([[3.0, 0, 0], [0, 3.0, 0], [0, 0, 1.0], [0, 2.0, 0]])
Y = torch.tensor([0, 0, 1, -100])


def test_lll_trains_on_mistakes_only_once_it_is_warm():
    task = colour("lll", warmup=2)
    plain, each = colour().loss(Z, Y), colour().losses(Z, Y)
    for epoch, wanted in ((0, plain), (1, plain), (2, each[1:3].mean())):
        task.criterion.enter(epoch)
        torch.testing.assert_close(task.loss(Z, Y, learning=True), wanted)
        torch.testing.assert_close(task.loss(Z, Y), plain)


def test_lll_without_a_mistake_has_no_loss_and_no_gradient():
    task = colour("lll", warmup=0)
    z = torch.eye(3).requires_grad_()
    loss = task.loss(z, torch.tensor([0, 1, 2]), learning=True)
    (slope,) = torch.autograd.grad(loss, z)
    assert loss.item() == 0
    assert (slope == 0).all()


@pytest.mark.parametrize(("share", "count"), [(0.01, 1), (0.34, 2), (1.0, 3)])
def test_lll_takes_the_hardest_share_of_the_present_labels(share, count):
    task = weight("lll", select="hardest", share=share, warmup=0)
    target = torch.tensor([0.0, 3.0, NAN, 3.0])
    kept = task.criterion.kept(task.losses(torch.zeros(4, 1), target), torch.zeros(4, 1), target)
    assert kept.sum() == count  # also where losses are equal
    assert not kept[2]
    assert kept[1] or kept[3]
    loss = task.loss(torch.zeros(4, 1), target, learning=True)
    assert loss.item() == pytest.approx(9.0 if count < 3 else 6.0)


def test_a_label_that_the_model_is_sure_of_trains_where_one_is_missing():
    task = colour("pseudo_labels", threshold=0.9, start=1)
    z = torch.tensor([[3.0, 0, 0], [0, 6.0, 0], [0, 0, 1.0], [2.0, 2.0, 0]], requires_grad=True)
    y = torch.tensor([1, -100, -100, -100])
    own = F.cross_entropy(z[:1], y[:1])
    torch.testing.assert_close(task.loss(z, y, learning=True), own)  # before it starts
    task.criterion.enter(1)
    guessed = F.cross_entropy(z[:2], torch.tensor([1, 1]))  # only the second row is sure enough
    torch.testing.assert_close(task.loss(z, y, learning=True), guessed)
    torch.testing.assert_close(task.loss(z, y), own)  # validation goes by what is known
    weights = torch.tensor([1.0, 3.0, 1.0, 1.0])
    each = F.cross_entropy(z[:2], torch.tensor([1, 1]), reduction="none")
    torch.testing.assert_close(task.loss(z, y, weights, learning=True), (each[0] + 3 * each[1]) / 4)
    (slope,) = torch.autograd.grad(task.loss(z, y, learning=True), z)
    assert (slope[:2] != 0).any(1).all()
    assert (slope[2:] == 0).all()
    assert y.tolist() == [1, -100, -100, -100]


def test_agreeing_is_for_training_alone_and_grows_over_the_epochs():
    task = colour("mean_teacher", consistency=4.0, ramp=2)
    p, q = Z.softmax(1), Z.flip(1).softmax(1)
    each = (p - q).square().sum(1)
    for epoch, share in ((0, torch.e**-5), (1, torch.e**-1.25), (2, 1.0), (3, 1.0)):
        task.criterion.enter(epoch)
        torch.testing.assert_close(task.criterion.disagreement(Z, Z.flip(1)), 4 * share * each)
        for learning in (True, False):
            torch.testing.assert_close(task.loss(Z, Y, learning=learning), colour().loss(Z, Y))
    number = weight("mean_teacher", consistency=4.0, ramp=0)
    away = number.criterion.disagreement(torch.tensor([[1.0], [2.0]]), torch.tensor([[1.5], [2.0]]))
    torch.testing.assert_close(away, torch.tensor([1.0, 0.0]))


def test_the_sure_label_is_kept_where_it_is_known():
    task = colour("pseudo_labels", threshold=0.5, start=0)
    torch.testing.assert_close(task.loss(Z, Y, learning=True), F.cross_entropy(Z, torch.tensor([0, 0, 1, 1])))


# ---------------------------------------------------------------- in a spec

SMALL = {"tasks": ["digit", "parity", "ink"], "encoder": {"name": "mlp", "width": 16}, "epochs": 2}


def test_a_spec_chooses_losses_by_task_and_travels():
    spec = wb.Spec(losses={"digit": {"name": "focal", "gamma": 2.0}, "ink": component("loss", "huber")(delta=0.5)})
    assert spec.losses == {"digit": "focal", "ink": {"name": "huber", "delta": 0.5}}
    assert wb.Spec.from_json(spec.to_json()) == spec == wb.Spec.from_share(spec.share())
    assert spec.to_dict()["losses"]["digit"] == {"name": "focal", "gamma": 2.0}
    assert len({spec.hash, wb.Spec().hash, wb.Spec(losses={"digit": "focal"}).hash}) == 3
    assert wb.Spec().to_dict()["losses"] == {}
    texts = {"losses.digit": "focal", "losses.ink": '{"name": "huber", "delta": 0.5}'}
    assert wb.Spec.from_settings(texts) == spec
    assert wb.Spec.from_settings({"losses": "digit=focal"}) == wb.Spec(losses={"digit": "focal"})
    assert wb.Spec.from_settings({"losses.digit": "lll"}, spec).losses["ink"] == {"name": "huber", "delta": 0.5}


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        ({"digit": "focl"}, "There is no loss 'focl': did you mean 'focal'?"),
        ({"digti": "focal"}, "losses names the task 'digti': did you mean 'digit'?"),
        ({"digit": {"name": "focal", "gama": 1.0}}, "loss 'focal' has no setting 'gama': did you mean 'gamma'?"),
        ({"digit": {"name": "focal", "gamma": -1.0}}, "gamma should be greater than or equal to 0, found -1.0"),
        ({"digit": 3}, "losses.digit should be a name or {'name': …, setting: …}, found 3 (int)"),
        ("focal", "losses should be a valid dictionary, found 'focal'"),
    ],
)
def test_faults_of_losses_are_one_sentence(losses, words):
    with pytest.raises(wb.WorkbenchError) as error:
        wb.Spec(losses=losses)
    (fault,) = error.value.faults
    assert words in fault


def test_a_loss_of_a_task_that_is_not_learned_waits():
    exp = Experiment(wb.Spec(**{**SMALL, "tasks": ["ink"]}, losses={"digit": "focal"}))
    assert exp.tasks[0].criterion is None


def test_text_that_is_no_json_is_a_sentence():
    with pytest.raises(wb.WorkbenchError, match=r"Spec losses\.digit is no JSON"):
        wb.Spec.from_settings({"losses.digit": "{name: focal}"})


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        ({"ink": "focal"}, "but task 'ink' is a regression; allowed: huber, l1, lll, mse, mean_teacher"),
        ({"ink": "pseudo_labels"}, "Loss 'pseudo_labels' is for classification, but task 'ink' is a regression"),
        ({"digit": "mse"}, "Loss 'mse' is for regression, depth, but task 'digit' is a classification; allowed: cl"),
        ({"ink": "lll"}, "needs labels that are right or wrong, but task 'ink' is a regression; set select to 'hard"),
    ],
)
def test_a_loss_that_does_not_fit_its_task_is_named_before_training(losses, words):
    with pytest.raises(wb.WorkbenchError, match=words):
        Experiment(wb.Spec(**SMALL, losses=losses))


def test_class_counts_are_those_of_the_training_rows():
    loss = component("loss", "class_balanced")(beta=1 - 1e-9)
    data = prepare(Digits(), ["loops"], losses={"loops": loss})
    counts = torch.bincount(data.targets["loops"][data.splits["train"]])
    torch.testing.assert_close(loss.weights * counts, torch.full((3,), counts.sum() / 3), rtol=1e-3, atol=0)
    assert data.tasks[0].criterion is loss


def test_a_loss_that_spells_the_own_one_out_changes_no_number():
    plain, spelled = (
        Experiment(wb.Spec(**SMALL, affinity=None, losses=losses))
        for losses in ({}, {"digit": "cross_entropy", "ink": "mse"})
    )
    rows = plain.batches(0)[0][1]
    torch.testing.assert_close(
        one_pass(plain, rows, range(3), 1, False).values, one_pass(spelled, rows, range(3), 1, False).values
    )


# ---------------------------------------------------------------- other kinds of task


def trained(problem, losses, **fields) -> Experiment:
    """An experiment whose step with these losses has finite losses and gradients."""
    spec = wb.Spec(problem=problem, losses=losses, batch_size=16, affinity=None, **fields)
    exp = Experiment(spec)
    for epoch in (0, 1):
        exp.enter(epoch)
        seen = one_pass(exp, exp.batches(0)[0][1], range(len(exp.names)), 1, False)
        assert torch.isfinite(seen.values).all()
        assert seen.values.max() > 0
        sum(seen.losses).backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in exp.model.parameters())
    return exp


@pytest.mark.parametrize("loss", ["cross_entropy", "focal", "class_balanced", "lll"])
def test_segmentation(loss):
    depth = {"name": "lll", "select": "hardest"} if loss == "lll" else "huber"
    exp = trained({"name": "scenes", "rows": 60, "size": 16}, {"segmentation": loss, "depth": depth}, encoder="fcn")
    found = example_losses(exp.model, exp.data, exp.pool.rows)
    assert found.mean().item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("loss", ["cross_entropy", "focal", "class_balanced", "lll"])
def test_tagging_and_intents(loss):
    exp = trained({"name": "intents", "count": 200}, {"slots": loss, "intent": loss}, encoder="bilstm")
    assert example_losses(exp.model, exp.data, exp.pool.rows).mean().item() == pytest.approx(1, abs=1e-4)


def test_agreeing_is_not_for_labels_of_words():
    with pytest.raises(wb.WorkbenchError, match="'mean_teacher' is for classification, regression, but task 'slots'"):
        trained({"name": "intents", "count": 200}, {"slots": "mean_teacher"}, encoder="bilstm")


@pytest.mark.parametrize("loss", ["focal", "lll"])
def test_a_crf_scores_sentences(loss):
    trained({"name": "intents", "count": 200, "decoder": "crf"}, {"slots": loss}, encoder="bilstm")


@pytest.mark.parametrize("loss", ["cross_entropy", "class_balanced"])
def test_a_crf_has_no_use_for_what_looks_at_single_words(loss):
    with pytest.raises(wb.WorkbenchError, match="'slots' has a CRF, which scores whole sentences; set the decoder to"):
        trained({"name": "intents", "count": 200, "decoder": "crf"}, {"slots": loss}, encoder="bilstm")


def test_several_labels_at_once():
    task, z = MultiLabel("tags", ["a", "b"]), torch.tensor([[2.0, -1.0], [0.5, 3.0]])
    target = torch.tensor([[1.0, 0.0], [0.0, NAN]])
    component("loss", "focal")(gamma=2.0).bind(task, target)
    p = torch.sigmoid(z)[[0, 0, 1], [0, 1, 0]]
    p = torch.stack([p[0], 1 - p[1], 1 - p[2]])
    assert task.loss(z, target).item() == pytest.approx(float(((1 - p) ** 2 * -p.log()).mean()))
    component("loss", "lll")(warmup=0).bind(task, target)
    assert task.loss(z, target, learning=True).item() == pytest.approx(float(-p[2].log()))


def test_written_texts_learn_from_their_hardest_words():
    trained({"name": "summaries", "count": 200}, {"headline": {"name": "lll", "select": "hardest"}}, encoder="bilstm")


def test_members_of_an_ensemble_have_the_loss_each():
    exp = trained("digits", {"digit": "lll"}, fusion="ensemble", tasks=["digit", "parity"])
    assert len(example_losses(exp.model, exp.data, exp.pool.rows)) == len(exp.pool)
