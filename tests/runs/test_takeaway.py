"""A run taken away, as code, as a line, as a shell line: done again, it gives the same numbers."""

import json
import shlex

import pytest

import workbench as wb
from tests.runs.test_train import lines
from workbench.cli import main
from workbench.texts import pack

STEERING = [
    {"step": 3, "command": "set", "lr": 0.003},
    {"step": 3, "command": "step", "task": "ink"},
    {"step": 12, "command": "set", "weights": {"digit": 0.25, "ink": 3.0}},
    {"step": 20, "command": "stop"},
]
CHOICE = {"show": ["weighting", "lr"], "hide": ["stop"], "lock": ["lr"]}


@pytest.fixture
def steered(store, small):
    return wb.train(small.replace(weighting="fixed", name="it's mine"), progress=False, steering=STEERING)


def test_steering_is_applied_at_its_steps(steered, small):
    assert steered.steering == STEERING
    assert steered.summary["steps"] == 20
    assert steered.summary["status"] == "stopped"
    train = steered.history.query("split == 'train'")
    weights = train.query("quantity == 'weight' and task == 'ink'").set_index("step")["value"]
    assert (weights[12], weights[13]) == (1.0, 3.0)
    rates = train.query("quantity == 'lr'").set_index("step")["value"]
    assert (rates[3], rates[4]) == (small.lr, 0.003)
    assert list(train.query("quantity == 'loss' and step == 4")["task"]) == ["ink"]
    assert lines(wb.replay(steered, progress=False)) == lines(steered)


def test_a_run_in_progress_can_be_steered_by_a_list_too(store, small, steered):
    session = wb.start(small.replace(weighting="fixed"), steering=json.dumps(STEERING))
    assert lines(session.wait()) == lines(steered)


def test_the_python_of_a_steered_run_does_it_again(steered):
    found: dict = {}
    code = steered.to_python()
    assert max(map(len, code.splitlines())) <= 100
    exec(code, found)
    assert found["spec"] == steered.spec
    assert lines(found["run"]) == lines(steered)


def test_the_python_of_a_run_that_was_left_alone_is_that_of_its_spec(store, small):
    run = wb.train(small.replace(epochs=1), progress=False)
    assert run.to_python() == run.spec.to_python()
    assert run.notebook_command() == f"workbench notebook notebooks/01_replay.ipynb -p share {run.spec.share()}"


def test_the_line_of_a_steered_run_is_trained_by_the_command_line(steered, tmp_path, capsys):
    assert main(["train", wb.share(steered), "--out", str(tmp_path / "other"), "--quiet"]) == 0
    again = wb.open(capsys.readouterr().out.strip())
    assert again.path.parent == tmp_path / "other"
    assert lines(again) == lines(steered)


def test_the_notebook_command_carries_spec_and_steering(steered):
    words = shlex.split(steered.notebook_command())
    assert words[:4] == ["workbench", "notebook", "notebooks/01_replay.ipynb", "-p"]
    assert wb.Spec.from_share(words[words.index("share") + 1]) == steered.spec
    assert json.loads(words[words.index("steering") + 1]) == STEERING


# ---------------------------------------------------------------- lines


def test_a_line_holds_spec_steering_and_choice(steered):
    line = wb.share(steered, **CHOICE)
    assert len(line.splitlines()) == 1
    found = wb.unshare(line)
    assert found.spec == steered.spec == wb.Spec.from_share(line)
    assert list(found.steering) == STEERING
    assert (found.show, found.hide, found.lock) == (("weighting", "lr"), ("stop",), ("lr",))
    assert wb.share(found.spec, steering=found.steering, **CHOICE) == line
    once = {key: (name for name in names) for key, names in CHOICE.items()}
    assert wb.share(steered, **once) == line


def test_a_line_without_more_is_the_line_of_the_spec(small):
    assert wb.share(small) == small.share()
    assert wb.unshare(small.share()) == wb.Shared(small)
    assert wb.share(small, steering=[]) == small.share()


def test_show_nothing_is_not_show_all(small):
    assert wb.unshare(wb.share(small, show=[])).show == ()
    assert wb.unshare(wb.share(small, hide=["lr"])).show is None


def test_another_steering_takes_the_place_of_the_runs_own(steered):
    assert wb.unshare(wb.share(steered, steering=STEERING[:1])).steering == (STEERING[0],)
    assert wb.unshare(wb.share(steered, steering=[])).steering == ()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda s: wb.share("digits"), "takes a Spec or a Run, found str"),
        (lambda s: wb.share(s, lock=["sed"]), "did you mean 'seed'?"),
        (lambda s: wb.share(s, hide="lr"), r"is a list of names, \['lr'\]"),
        (lambda s: wb.share(s, steering=[{"step": i, "command": "stop"} for i in range(40_000)]), "at most 1,000,000"),
        (lambda s: wb.unshare("hello"), "starts with 'mtl1:', found 'hello'"),
        (lambda s: wb.unshare(wb.share(s, lock=["lr"])[:-5]), "damaged or cut short"),
        (lambda s: wb.unshare(pack({"spec": {}, "lok": []})), "unknown 'lok': did you mean 'lock'?"),
        (lambda s: wb.unshare(pack({"spec": {}, "lock": "lr"})), "lock is no list of names"),
        (lambda s: wb.unshare(pack({"spec": {}, "lock": ["no"]})), "names no control 'no'"),
        (lambda s: wb.unshare(pack({"spec": {}, "steering": 3})), "should be a list of commands"),
        (lambda s: wb.unshare(pack({"spec": {"lrr": 3}})), "did you mean 'lr'?"),
        (lambda s: wb.unshare(pack({"spec": {"self": 3}})), "no setting 'self'"),
        (lambda s: wb.unshare(pack({"spec": {}, "steering": [{"step": 1, "command": [1]}]})), r"no command \[1\]"),
        (lambda s: wb.unshare(pack({"spec": 3})), "holds no spec"),
    ],
)
def test_faulty_lines_are_one_sentence(make, words, small):
    with pytest.raises(wb.WorkbenchError, match=words) as caught:
        make(small)
    assert len(caught.value.faults) == 1


# ---------------------------------------------------------------- steering that cannot be


@pytest.mark.parametrize(
    ("steering", "words"),
    [
        ("[3", "The steering is no JSON"),
        (3, "should be a list of commands"),
        ([3], "command 1: should hold 'step' and 'command'"),
        ([{"step": 1}], "should hold 'step' and 'command'"),
        ([{"step": -1, "command": "stop"}], "at least 0, found -1"),
        ([{"step": 1.5, "command": "stop"}], "whole number"),
        ([{"step": 1, "command": "sett", "lr": 0.1}], "did you mean 'set'?"),
        ([{"step": 1, "command": "set", "rl": 0.1}], "did you mean 'lr'?"),
        ([{"step": 1, "command": "set"}], "'set' needs lr or weights"),
        ([{"step": 1, "command": "set", "lr": 0}], "above 0, found 0"),
        ([{"step": 1, "command": "set", "lr": float("nan")}], "above 0, found nan"),
        ([{"step": 1, "command": "set", "lr": 10**400}], "above 0, found 1000"),
        ([{"step": 1, "command": "set", "weights": [1]}], "weights should be pairs"),
        ([{"step": 1, "command": "step", "task": 3}], "task should be the name"),
        ([{"step": 5, "command": "set", "lr": 1}, {"step": 4, "command": "stop"}], "command 2: comes after step 4"),
        ([{"step": 27, "command": "stop"}], "after step 27, but the run has 27 steps"),
        ([{"step": 1, "command": "step", "task": "inc"}], "did you mean 'ink'?"),
        ([{"step": 1, "command": "set", "weights": {"inc": 1}}], "did you mean 'ink'?"),
        ([{"step": 1, "command": "set", "weights": {"ink": -1}}], "at least 0, found -1"),
    ],
)
def test_faulty_steering_trains_nothing(steering, words, store, small):
    with pytest.raises(wb.WorkbenchError, match=words):
        wb.train(small.replace(weighting="fixed"), progress=False, steering=steering)
    assert not store.exists()


def test_every_faulty_command_is_told():
    from workbench.runs.steering import read

    with pytest.raises(wb.WorkbenchError) as caught:
        read([{"step": 1}, {"step": 2, "command": "stop"}, {"step": "3", "command": "stop"}])
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["Steering, command 1", "Steering, command 3"]


def test_weights_of_a_weighting_that_computes_its_own(store, small):
    with pytest.raises(wb.WorkbenchError, match="'dwa' computes its own weights"):
        wb.train(small.replace(weighting="dwa"), steering=[{"step": 1, "command": "set", "weights": {"ink": 2}}])
    assert not store.exists()


def test_a_steered_run_that_was_interrupted_is_resumed_with_the_rest(steered, store):
    """Cut anywhere: before, between and after the commands."""
    from workbench.runs.folder import RunFolder
    from workbench.training.records import from_line

    whole = (steered.path / "records.jsonl").read_text().splitlines(keepends=True)
    script = [from_line(line) for line in whole if '"type":"command"' in line]
    for cut in (0, 3, *(i + extra for i, line in enumerate(whole) if '"type":"command"' in line for extra in (0, 1))):
        folder = RunFolder.create(steered.spec, store, script)
        (folder.path / "records.jsonl").write_text("".join(whole[:cut]))
        assert lines(wb.resume(folder.path, progress=False)) == lines(steered), f"cut after {cut} records"
