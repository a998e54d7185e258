"""A look at the model while it trains, and afterwards."""

import threading

import pytest
import torch

import workbench as wb
from workbench.runs.finished import Finished
from workbench.runs.session import in_progress

SPEC = wb.Spec(tasks=["digit", "ink"], epochs=2, batch_size=256)


def digits(peek):
    views, _ = peek.data.batch(peek.data.splits["val"])
    return peek.step, peek.outputs(views)["digit"].argmax(1)


def test_looking_changes_no_number_of_the_run(tmp_path):
    plain = wb.train(SPEC, progress=False, out=tmp_path / "plain")
    session = wb.start(SPEC, out=tmp_path / "seen")
    steps = []
    while session.alive:
        steps.append(session.peek(digits)[0])
    seen = session.wait()
    assert steps[:-1] == sorted(steps[:-1])  # the last may be of the selected model
    assert (seen.path / "records.jsonl").read_text() == (plain.path / "records.jsonl").read_text()


def test_it_is_called_in_the_training_thread_and_what_it_raises_is_the_callers(tmp_path):
    session = wb.start(SPEC, out=tmp_path, paused=True)
    assert in_progress(session.path) is session
    assert session.peek(lambda _: threading.current_thread().name) == f"workbench {session.path.name}"

    def broken(_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        session.peek(broken)
    session.stop()
    assert session.wait().summary["status"] == "stopped"
    assert in_progress(session.path) is None
    assert session.peek(lambda _: threading.current_thread()) is threading.current_thread()


def test_what_is_over_is_seen_as_the_step_that_was_selected(tmp_path):
    session = wb.start(SPEC.replace(epochs=3, lr=0.5), out=tmp_path)
    best = session.wait().summary["best_step"]
    assert best < session.step_number
    assert [seen.peek(digits)[0] for seen in (session, Finished(wb.open(session.path)))] == [best, best]


def test_a_run_from_its_folder_shows_what_its_session_showed(tmp_path):
    session = wb.start(SPEC, out=tmp_path)
    session.wait()
    over = Finished(wb.open(session.path))
    assert torch.equal(over.peek(digits)[1], session.peek(digits)[1])
    assert (over.tasks, over.metrics, over.status, over.step_number) == (session.tasks, session.metrics, "done", 10)
    assert over.lr == session.lr
    assert over.history.frame().equals(session.history.frame())
