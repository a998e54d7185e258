"""What if, from here on: the numbers before a branch are those of the run, and those after it are not."""

import pytest

import workbench as wb
from tests.runs.test_session import until
from tests.runs.test_train import lines

STEERING = [
    {"step": 2, "command": "set", "weights": {"digit": 0.5}},
    {"step": 7, "command": "step", "task": "ink"},
    {"step": 12, "command": "set", "lr": 0.01},
]


@pytest.fixture
def run(store, small):
    spec = small.replace(weighting="fixed", lr_schedule="cosine")
    return wb.train(spec, progress=False, steering=STEERING)


def numbers(run, low, high):
    """All recorded values of the steps in between, by what they are."""
    frame = run.history.query(f"split != 'test' and {low} <= step <= {high}")
    return frame.sort_values(["split", "task", "quantity", "step"]).reset_index(drop=True)


@pytest.mark.parametrize("step", [0, 5, 9, 12, 20, 26])
def test_the_numbers_before_it_are_the_runs(run, step):
    other = wb.branch(run, step, weights={"ink": 5.0}, progress=False)
    assert other.spec == run.spec
    assert numbers(other, 0, step).equals(numbers(run, 0, step))
    assert not numbers(other, step + 1, 27).equals(numbers(run, step + 1, 27))
    before = [command for command in STEERING if command["step"] < step]
    assert other.steering == [*before, {"step": step, "command": "set", "weights": {"ink": 5.0}}]
    weights = other.history.query("quantity == 'weight' and task == 'ink'").set_index("step")["value"]
    assert set(weights[weights.index <= step]) <= {1.0}
    assert set(weights[weights.index > step]) == {5.0}


def test_another_learning_rate_with_any_weighting(store, small):
    run = wb.train(small.replace(weighting="pcgrad"), progress=False)
    other = wb.branch(run, 9, lr=0.1, name="hot", progress=False)
    assert "-hot-" in other.path.name
    assert numbers(other, 0, 9).equals(numbers(run, 0, 9))
    rates = other.history.query("quantity == 'lr'").set_index("step")["value"]
    assert (rates[9], rates[10]) == (1e-3, 0.1)
    assert run.spec.name == ""


def test_a_branch_is_a_run_like_any_other(run):
    other = wb.branch(run, 9, lr=0.1, weights={"ink": 2.0}, progress=False)
    assert other.note() == f"Branch of {run.path.name} after step 9: lr = 0.1, ink = 2."
    assert lines(wb.replay(other, progress=False)) == lines(other)
    twig = wb.branch(other, 20, lr=0.5, progress=False)
    assert numbers(twig, 0, 20).equals(numbers(other, 0, 20))


def test_a_stopped_run_goes_on_as_a_branch(run):
    stopped = wb.train(run.spec, progress=False, steering=[{"step": 10, "command": "stop"}])
    other = wb.branch(stopped, 10, lr=0.01, progress=False)
    assert other.summary["steps"] == 27
    assert other.summary["status"] == "done"
    assert numbers(other, 0, 9).equals(numbers(stopped, 0, 9))


def test_a_run_that_blew_up_is_saved_by_a_branch(store, small):
    spec = small.replace(optimizer="sgd", lr=0.01, epochs=4)
    with pytest.raises(wb.WorkbenchError, match="lower learning rate"):
        wb.train(spec, progress=False, steering=[{"step": 12, "command": "set", "lr": 1e30}])
    (path,) = store.iterdir()
    failed = wb.open(path)
    assert failed.summary["status"] == "failed"
    other = wb.branch(failed, 12, lr=0.01, progress=False)
    assert other.summary["status"] == "done"
    assert numbers(other, 0, 12).equals(numbers(failed, 0, 12))


def test_a_run_in_progress_is_branched(store, small):
    session = wb.start(small.replace(weighting="fixed", epochs=2000))
    until(lambda: session.step_number > 12)
    session.pause()
    until(lambda: session.status == "paused")
    steering = wb.runs.branched(session.run, 10, weights={"ink": 3.0})
    other = wb.start(session.spec, steering=steering)
    until(lambda: other.step_number > 15)
    for one in (session, other):
        one.stop()
        one.wait()
    assert numbers(other.run, 1, 10).equals(numbers(session.run, 1, 10))
    assert not numbers(other.run, 11, 12).equals(numbers(session.run, 11, 12))


@pytest.mark.parametrize(
    ("step", "change", "words"),
    [
        (27, {"lr": 0.1}, "from 0 to 26 for run .*, found 27"),
        (-1, {"lr": 0.1}, "found -1"),
        (3.0, {"lr": 0.1}, "found 3.0"),
        (3, {}, "needs other weights or another lr"),
        (3, {"lr": 0}, "above 0, found 0"),
        (3, {"weights": {}}, "pairs such as"),
        (3, {"weights": {"inc": 1.0}}, "did you mean 'ink'?"),
        (3, {"weights": {"ink": -1.0}}, "at least 0, found -1.0"),
    ],
)
def test_faulty_branches_train_nothing(step, change, words, run, store):
    there = sorted(store.iterdir())
    with pytest.raises(wb.WorkbenchError, match=words) as caught:
        wb.branch(run, step, **change)
    assert len(caught.value.faults) == 1
    assert sorted(store.iterdir()) == there


def test_weights_need_a_weighting_that_leaves_them_to_you(store, small):
    run = wb.train(small.replace(weighting="dwa", epochs=1), progress=False)
    with pytest.raises(wb.WorkbenchError, match="'dwa' computes its own weights"):
        wb.branch(run, 3, weights={"ink": 2.0})
    assert list(store.iterdir()) == [run.path]
