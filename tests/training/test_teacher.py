"""The teacher: its weights and its term by hand, the same numbers after a resume, what is refused."""

import pytest
import torch

import workbench as wb
from tests.training.test_resume import check
from workbench.component import component
from workbench.fusions.several import Several
from workbench.tasks import Classification
from workbench.training.exactness import objections
from workbench.training.experiment import Experiment
from workbench.training.judge import losses_again
from workbench.training.looks import one_pass
from workbench.training.ranks import Ranks
from workbench.training.state import State
from workbench.training.step import step
from workbench.training.teacher import disagreement

SPEC = wb.Spec(
    tasks=["digit", "ink"],
    encoder={"name": "mlp", "width": 16, "depth": 1, "dropout": 0.2},
    label_fractions={"digit": 0.1},
    losses={"digit": {"name": "mean_teacher", "consistency": 3.0, "decay": 0.6, "ramp": 2}},
    epochs=2,
    batch_size=200,
    lr=0.02,
    affinity=None,
)
STILL = {"name": "mlp", "width": 16, "depth": 1}
ALL = SPEC.replace(label_fractions={})


def taught(task: str = "digit", **settings) -> dict:
    return {task: {"name": "mean_teacher", **settings}}


def steps(exp: Experiment, count: int, first: int = 1) -> list:
    """What some steps of the first epoch told."""
    batches = exp.batches(0)
    return [
        step(exp, batches[number % len(batches)][1], list(range(len(exp.names))), number, False)
        for number in range(first, first + count)
    ]


def moved(exp: Experiment, count: int = 3) -> Experiment:
    """After some steps, so that model and teacher differ."""
    steps(exp, count)
    return exp


def weights(model) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


# ---------------------------------------------------------------- by hand


def test_the_teacher_is_the_running_mean_of_the_weights():
    exp = Experiment(SPEC)
    wanted = weights(exp.model)
    torch.testing.assert_close(weights(exp.teacher.model), wanted, rtol=0, atol=0)
    for number, keep in enumerate((1 / 2, 0.6, 0.6, 0.6), 1):  # 1 - 1/(t + 1) is above the decay from t = 2 on
        steps(exp, 1, number)
        wanted = keep * wanted + (1 - keep) * weights(exp.model)
        torch.testing.assert_close(weights(exp.teacher.model), wanted)
    slow = Experiment(SPEC.replace(losses=taught(decay=0.999)))
    seen = [weights(slow.model)]
    for number in range(1, 5):
        steps(slow, 1, number)
        seen.append(weights(slow.model))
    torch.testing.assert_close(weights(slow.teacher.model), torch.stack(seen).mean(0))  # a plain mean at first


def test_a_step_costs_what_the_formula_says():
    exp = moved(Experiment(SPEC.replace(encoder=STILL)))
    rows = exp.batches(0)[0][1]
    views, targets = exp.data.batch(rows)
    for epoch, factor in ((0, 3 * torch.e**-5), (1, 3 * torch.e**-1.25), (2, 3.0), (7, 3.0)):
        exp.enter(epoch)
        seen = one_pass(exp, rows, [0, 1], 9, False)
        ours, theirs = exp.model(views), exp.teacher.model(views)
        away = (ours["digit"].softmax(1) - theirs["digit"].softmax(1)).square().sum(1).mean()
        digit, ink = exp.tasks
        wanted = [digit.loss(ours["digit"], targets["digit"]) + factor * away, ink.loss(ours["ink"], targets["ink"])]
        torch.testing.assert_close(seen.values, torch.stack(wanted).detach())
        assert away > 1e-6
    assert digit.criterion.disagreement(ours["digit"], theirs["digit"]).shape == (len(rows),)


def test_a_number_costs_its_squared_distance():
    exp = moved(Experiment(ALL.replace(encoder=STILL, losses=taught(task="ink", consistency=2.0, ramp=0))))
    rows = exp.batches(0)[0][1]
    views, targets = exp.data.batch(rows)
    ours, theirs = exp.model(views)["ink"], exp.teacher.model(views)["ink"]
    wanted = exp.tasks[1].loss(ours, targets["ink"]) + 2 * (ours - theirs).square().mean()
    torch.testing.assert_close(one_pass(exp, rows, [0, 1], 9, False).values[1], wanted.detach())


def test_examples_count_by_their_weights_and_members_alike():
    task = Classification("colour", ["red", "green"])
    component("loss", "mean_teacher")(consistency=1.0, ramp=0).bind(task, torch.tensor([0, 1]))
    even = torch.zeros(3, 2)
    sure = torch.tensor([[50.0, 0.0], [0.0, 0.0], [0.0, 50.0]])  # away by 1/2, 0, 1/2
    assert disagreement(task, sure, even, None).item() == pytest.approx(1 / 3)
    assert disagreement(task, sure, even, torch.tensor([1.0, 3.0, 0.0])).item() == pytest.approx(1 / 8)
    assert disagreement(task, sure, even, torch.zeros(3)).item() == 0
    members = Several([sure, even], lambda rows: None), Several([even, even], lambda rows: None)
    assert disagreement(task, *members, None).item() == pytest.approx(1 / 6)


def test_no_gradient_goes_through_the_teacher():
    exp = moved(Experiment(SPEC))
    assert all(p.grad is None and not p.requires_grad for p in exp.teacher.model.parameters())
    before = weights(exp.teacher.model)
    views, _ = exp.data.batch(exp.batches(0)[0][1])
    assert exp.model(views)["digit"].requires_grad
    assert not exp.teacher(views, ["digit"])["digit"].requires_grad
    seen = one_pass(exp, exp.batches(0)[0][1], [0, 1], 9, False)
    sum(seen.losses).backward()
    assert all(p.grad is not None for p in exp.model.parameters())
    torch.testing.assert_close(weights(exp.teacher.model), before, rtol=0, atol=0)


def test_buffers_are_those_of_the_model():
    exp = moved(Experiment(ALL.replace(encoder="resnet18", batch_size=16)), 2)
    pairs = list(zip(exp.teacher.model.buffers(), exp.model.buffers(), strict=True))
    assert len(pairs) > 10
    assert all(torch.equal(mine, its) for mine, its in pairs)


# ---------------------------------------------------------------- in training


def test_a_batch_without_a_label_trains_the_task():
    exp = moved(Experiment(SPEC))
    rows = exp.pool.rows[~exp.data.labelled["digit"][exp.pool.rows]][:50]
    exp.enter(2)
    assert exp.present(rows) == [0, 1]
    seen = one_pass(exp, rows, [0, 1], 9, False)
    assert seen.values[0] > 0
    seen.losses[0].backward()
    head = exp.model.task_parameters("digit")
    assert all((p.grad != 0).any() for p in head)
    assert Experiment(SPEC.replace(losses={})).present(rows) == [1]


def test_both_halves_of_a_batch_without_a_label_count_alike():
    exp = moved(Experiment(SPEC.replace(weighting="modo")))
    rows = exp.pool.rows[~exp.data.labelled["digit"][exp.pool.rows]][:50]
    exp.enter(2)
    assert step(exp, rows, [0, 1], 9, False).losses[0] > 0


@pytest.mark.parametrize("weighting", ["equal", "modo"])
def test_it_changes_nothing_else(weighting):
    """So faint that no digit moves: the model draws what it draws without a teacher, in both halves of a batch."""
    plain, zero, faint = (
        Experiment(ALL.replace(losses=losses, optimizer="sgd", weighting=weighting))
        for losses in ({}, taught(consistency=0.0), taught(consistency=1e-30))
    )
    assert plain.teacher is None
    assert zero.teacher is None
    assert faint.teacher is not None
    found = [torch.stack([told.losses for told in steps(exp, 4)]) for exp in (plain, zero, faint)]
    torch.testing.assert_close(found[1], found[0], rtol=0, atol=0)
    torch.testing.assert_close(found[2], found[0], rtol=0, atol=0)


def test_the_teacher_drops_other_units_than_the_model():
    exp = Experiment(ALL)  # both have the same weights
    exp.enter(2)
    rows = exp.batches(0)[0][1]
    exp.seed_step(1)
    with_it = one_pass(exp, rows, [0, 1], 1, False).values[0]
    without = losses_again(Experiment(ALL.replace(losses={})), rows, [0, 1], 1)[0]
    assert with_it > without + 1e-3


def test_the_losses_of_a_step_again():
    exp = moved(Experiment(SPEC))
    rows = exp.batches(0)[0][1]
    exp.seed_step(9)
    told = one_pass(exp, rows, [0, 1], 9, False).values
    torch.testing.assert_close(losses_again(exp, rows, [0, 1], 9), told, rtol=0, atol=0)


def test_only_tasks_with_the_loss_ask_it():
    exp = moved(Experiment(SPEC))
    views, _ = exp.data.batch(exp.batches(0)[0][1])
    assert list(exp.teacher(views, ["digit", "ink"])) == ["digit"]
    assert exp.teacher(views, ["ink"]) == {}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"weighting": "mgda", "gradients": "exact"},
        {"weighting": "mgda", "gradients": "representation"},
        {"weighting": "graddrop"},
        {"weighting": "auto_lambda"},
        {"weighting": "modo"},
        {"affinity": "lookahead"},
        {"fusion": {"name": "ensemble", "members": 2, "bootstrap": True}},
        {"schedule": "pike"},
    ],
    ids=str,
)
def test_a_resumed_run_goes_on_to_the_same_numbers(fields):
    check(SPEC.replace(**fields), 8)  # in the middle of the second epoch


def test_a_replay_is_the_run(tmp_path):
    run = wb.train(SPEC, progress=False, out=tmp_path)
    again = wb.replay(run, progress=False, out=tmp_path / "again")
    plain = wb.train(SPEC.replace(losses={}), progress=False, out=tmp_path)
    records = [(each.path / "records.jsonl").read_text() for each in (run, again, plain)]
    assert records[0] == records[1] != records[2]


def test_falling_back_takes_the_teacher_along():
    state = State(moved(Experiment(SPEC)))
    good, before = state.good(), weights(state.exp.teacher.model)
    steps(state.exp, 2)
    assert not torch.equal(weights(state.exp.teacher.model), before)
    state.fall_back(good)
    assert torch.equal(weights(state.exp.teacher.model), before)
    assert state.exp.teacher.updates == 3


# ---------------------------------------------------------------- what is refused


def test_two_decays_are_refused():
    losses = {**taught(decay=0.9), **taught(task="ink")}
    with pytest.raises(wb.WorkbenchError, match=r"'digit' and 'ink' have decay = 0\.9 and 0\.99, but one teacher"):
        Experiment(SPEC.replace(losses=losses))
    same = Experiment(SPEC.replace(losses={**taught(), **taught(task="ink")}))
    assert same.teacher.tasks == {"digit", "ink"}


def test_several_processes_are_refused():
    exp = Experiment(SPEC.replace(encoder=STILL))
    exp.ranks = Ranks()
    exp.ranks.size = 2
    (fault,) = objections(exp)
    assert "The loss of task 'digit' compares with a teacher, which one process keeps, not 2" in fault


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"consistency": -1.0}, "consistency should be greater than or equal to 0, found -1.0"),
        ({"decay": 1.0}, "decay should be less than 1, found 1.0"),
        ({"ramp": -1}, "ramp should be greater than or equal to 0, found -1"),
    ],
)
def test_settings_out_of_range_are_one_sentence(settings, words):
    with pytest.raises(wb.WorkbenchError) as error:
        SPEC.replace(losses=taught(**settings))
    (fault,) = error.value.faults
    assert words in fault
