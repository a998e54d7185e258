"""The scheduler with a fallback: who is trained, who is answered for, and what is made of both."""

import json
import shutil

import pytest
import torch

import workbench as wb
from tests.runs.test_session import until
from tests.schedules.examples import SPEC, begun, roster
from workbench.training.experiment import Experiment

TOLD = roster(["digit", "parity", "ink"], skills=lambda: [0.7, 0.2, 0.9])


@pytest.mark.parametrize(
    ("settings", "trained"),
    [
        ({}, [0, 1]),  # half of them, rounded up
        ({"capacity": 1}, [1]),
        ({"capacity": 2}, [0, 1]),
        ({"capacity": 3}, [0, 1, 2]),
        ({"train": ["ink"]}, [2]),
        ({"train": ["ink", "digit"], "capacity": 2}, [0, 2]),
    ],
)
def test_who_is_trained(settings, trained):
    schedule = begun("fallback", TOLD, **settings)
    assert schedule.active(0, 3) == schedule.active(7, 3) == trained
    assert sorted([*trained, *schedule.left_out()]) == [0, 1, 2]


def test_of_two_alike_the_first_is_trained():
    assert begun("fallback", roster("abc"), capacity=1).active(0, 3) == [0]


@pytest.mark.parametrize(
    ("settings", "sentences"),
    [
        ({"capacity": 4}, ["capacity = 4, but there are 3 tasks; at most 3"]),
        ({"train": []}, ["train is empty; name at least one of digit, parity, ink"]),
        ({"train": ["ink", "ink"]}, ["train names a task twice"]),
        ({"train": ["ink", "digit"], "capacity": 1}, ["train names 2 tasks, but capacity = 1"]),
        ({"train": ["party"], "capacity": 9}, ["capacity = 9", "names no task 'party': did you mean 'parity'"]),
    ],
)
def test_faults(settings, sentences):
    with pytest.raises(wb.WorkbenchError) as caught:
        begun("fallback", TOLD, **settings)
    assert len(caught.value.faults) == len(sentences)
    for fault, sentence in zip(caught.value.faults, sentences, strict=True):
        assert sentence in fault


def test_the_default_choice_trains_what_linear_models_serve_worst():
    exp = Experiment(SPEC.replace(schedule={"name": "fallback", "capacity": 1}))
    skills = exp.schedule.roster.skills()
    assert exp.schedule.active(0, 3) == [skills.index(min(skills))]
    assert set(exp.answers) == set(exp.names) - {exp.names[skills.index(min(skills))]}


def test_a_task_that_is_trained_needs_no_linear_model():
    rooms = wb.Spec(problem={"name": "scenes", "rows": 60, "size": 16}, encoder="fcn", batch_size=8)
    names = Experiment(rooms).names
    assert Experiment(rooms.replace(schedule={"name": "fallback", "train": names})).answers == {}
    with pytest.raises(wb.WorkbenchError, match="There is no linear model for task"):
        Experiment(rooms.replace(schedule={"name": "fallback", "train": names[:1]}))


@pytest.mark.parametrize(
    ("spec", "left"),
    [
        (SPEC.replace(epochs=1, schedule={"name": "fallback", "train": ["digit"]}), {"parity", "ink"}),
        (
            wb.Spec(problem="table", encoder={"name": "mlp", "width": 8}, epochs=2, batch_size=16, schedule="fallback"),
            None,
        ),
    ],
    ids=["digits", "table"],
)
def test_a_run_answers_for_all_its_tasks(spec, left, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))
    run = wb.train(spec, progress=False)
    tasks, reference = run.summary["tasks"], wb.reference(spec)
    answered = {name for name, its in tasks.items() if its["answered_by"] != "network"}
    assert answered == left if left else 0 < len(answered) < len(tasks)
    for name in answered:
        mine = reference[(reference["task"] == name) & (reference["metric"] == tasks[name]["metric"])]
        assert tasks[name]["answered_by"] == mine["model"].item()
        assert tasks[name]["test"] == pytest.approx(mine["test"].item())
    exp = Experiment(spec)
    rows = exp.data.splits["test"]
    views, targets = exp.data.batch(rows)
    expected = 0.0
    for task in exp.tasks:
        mine = tasks[task.name]["metrics"]["loss"]["test"]
        if task.name in answered:
            assert mine == pytest.approx(float(task.loss(exp.answers[task.name].output(views), targets[task.name])))
        expected += mine
    assert run.summary["objective"]["test"] == pytest.approx(expected)

    _, data, _ = run.rebuilt()
    found = run.predict()
    assert set(found) >= set(tasks)
    for name in answered:
        task = next(t for t in data.tasks if t.name == name)
        if task.kind == "classification":
            right = (found[name] == data.targets[name][data.splits["test"]]).double().mean().item()
            assert right == pytest.approx(tasks[name]["metrics"]["accuracy"]["test"])
        else:
            assert torch.isfinite(torch.as_tensor(found[name])).all()


def test_a_resumed_run_has_the_same_answers(tmp_path):
    spec = SPEC.replace(schedule={"name": "fallback", "capacity": 1})
    whole = wb.train(spec, progress=False, out=tmp_path / "whole")
    session = wb.start(spec, paused=True, out=tmp_path / "paused")
    session.step(4)  # an epoch, after which it is saved
    latest = session.path / "checkpoint" / "latest.json"
    until(lambda: latest.is_file() and json.loads(latest.read_text())["position"]["step"] == 4)
    shutil.copytree(session.path, tmp_path / "killed")
    session.stop()
    session.wait()
    rest = wb.resume(tmp_path / "killed", progress=False)
    assert rest.summary["steps"] == whole.summary["steps"]
    assert rest.summary["tasks"] == whole.summary["tasks"]
    assert rest.summary["objective"] == whole.summary["objective"]
    assert sum(its["answered_by"] != "network" for its in rest.summary["tasks"].values()) == 2
