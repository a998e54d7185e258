"""What the canvas sends, and how little."""

import json
import struct
import threading
from itertools import pairwise

import numpy as np
import pytest

from workbench.plots.style import DASH_PIXELS, task_style
from workbench.widgets.canvas import LARGEST_MESSAGE, Block, Canvas

TASKS = ["digit", "parity", "ink"]


def size(message):
    content, buffers = message
    return len(json.dumps(content)) + sum(len(buffer) for buffer in buffers)


def unpack(content, buffers):
    """The curves of a message: {(group, task, split): (steps, values)}."""
    steps, values = np.frombuffer(buffers[0], "<u4"), np.frombuffer(buffers[1], "<f4")
    ends = np.cumsum([curve["n"] for curve in content["curves"]])[:-1]
    return {
        (curve["group"], curve["task"], curve["split"]): part
        for curve, part in zip(
            content["curves"], zip(np.split(steps, ends), np.split(values, ends), strict=True), strict=True
        )
    }


def snapshot(canvas):
    packed = canvas.get_state()["snapshot"]
    (length,) = struct.unpack("<I", packed[:4])
    content = json.loads(packed[4 : 4 + length])
    points = sum(curve["n"] for curve in content["curves"])
    start = 4 + length
    cuts = [start, start + 4 * points, start + 8 * points, len(packed)]
    return content, [packed[a:b] for a, b in pairwise(cuts)]


def test_a_tick_sends_only_what_is_new(sent, history):
    canvas = Canvas(TASKS)
    history.grow(100)
    canvas.draw(history)
    history.grow(50, epoch=1_000)
    canvas.draw(history)
    first, second = (unpack(*message) for message in sent)
    assert first["loss", "digit", "train"][0].tolist() == list(range(1, 101))
    assert second["loss", "digit", "train"][0].tolist() == list(range(101, 151))
    recorded = history.curves["train", "digit", "loss"].values[100:150]
    np.testing.assert_allclose(second["loss", "digit", "train"][1], recorded, rtol=1e-6)
    assert ("loss", "digit", "val") in first
    assert ("loss", "digit", "val") not in second


def test_nothing_new_sends_nothing(sent, history):
    canvas = Canvas(TASKS)
    assert canvas.draw(history) == 0
    history.grow(10)
    assert canvas.draw(history) > 0
    assert canvas.draw(history) == 0
    assert len(sent) == 1


def test_curves_go_to_their_plots(sent, history):
    history.grow(200)
    history.curve("train", "", "lr", [1], [0.1])
    history.curve("test", "digit", "loss", [200], [0.1])
    Canvas(TASKS).draw(history)
    content, buffers = sent[0]
    assert {key[0] for key in unpack(content, buffers)} == {"loss", "metric", "weight"}
    assert {key for key in unpack(content, buffers) if key[0] == "metric"} == {
        ("metric", task, "val") for task in TASKS
    }
    assert content["metrics"] == {"digit": "accuracy", "parity": "accuracy", "ink": "r2"}


def test_the_metric_to_show_can_be_named(sent, history):
    history.grow(200)
    Canvas(TASKS).draw(history, metrics=dict.fromkeys(TASKS, "balanced"))
    assert unpack(*sent[0])["metric", "ink", "val"][1].tolist() == [0.5, 0.5]


def test_the_latest_affinity_goes_with_the_curves(sent, history):
    history.grow(10)
    history.grow(10)
    canvas = Canvas(TASKS)
    canvas.draw(history)
    content, buffers = sent[0]
    assert content["heatmap"] == {"step": 20, "names": TASKS}
    np.testing.assert_allclose(np.frombuffer(buffers[2], "<f4").reshape(3, 3), history.affinities[-1][1], rtol=1e-6)


@pytest.mark.parametrize("points", [1_000, 100_000, 1_000_000])
def test_a_message_stays_small_whatever_the_backlog(sent, history, points):
    steps = np.arange(points)
    values = np.random.default_rng(0).normal(size=points)
    values[points // 3] = 77.0
    canvas = Canvas(TASKS)
    told = canvas.append(*(Block("loss", task, "train", steps, values) for task in TASKS))
    assert told == size(sent[0]) <= LARGEST_MESSAGE
    for _, curve in unpack(*sent[0]).values():
        assert curve.max() == 77.0
    assert len(canvas.get_state()["snapshot"]) <= LARGEST_MESSAGE


def test_many_tasks_fit_too(sent, history):
    many = [f"task_{i}" for i in range(40)]
    history.tasks = many
    history.grow(20_000, epoch=10)
    canvas = Canvas(many)
    canvas.draw(history)
    assert size(sent[0]) <= LARGEST_MESSAGE
    assert len(canvas.get_state()["snapshot"]) <= LARGEST_MESSAGE + 16


def test_values_that_are_not_finite_are_not_drawn(sent):
    canvas = Canvas(TASKS)
    assert canvas.append(Block("loss", "ink", "train", np.array([1, 2]), np.array([np.nan, np.inf]))) == 0
    canvas.append(Block("loss", "ink", "train", np.array([3, 4]), np.array([np.nan, 2.0])))
    assert unpack(*sent[0])["loss", "ink", "train"][0].tolist() == [4]


def test_a_late_page_gets_everything_drawn_so_far(sent, history):
    canvas = Canvas(TASKS)
    for _ in range(5):
        history.grow(100)
        canvas.draw(history)
    content, buffers = snapshot(canvas)
    late = unpack(content, buffers)
    np.testing.assert_array_equal(late["loss", "digit", "train"][0], history.curves["train", "digit", "loss"].steps)
    assert content["tasks"] == TASKS
    assert content["sequence"] == 5
    assert content["heatmap"]["step"] == 500
    np.testing.assert_allclose(np.frombuffer(buffers[2], "<f4").reshape(3, 3), history.affinities[-1][1], rtol=1e-6)


def test_memory_stays_bounded_and_keeps_extremes(sent):
    canvas = Canvas(TASKS)
    for start in range(0, 200_000, 1_000):
        values = np.random.default_rng(start).normal(size=1_000)
        values[500] = 99.0 if start == 42_000 else 0
        canvas.append(Block("loss", "ink", "train", np.arange(start, start + 1_000), values))
    steps, values = unpack(*snapshot(canvas))["loss", "ink", "train"]
    assert len(steps) <= 4_000
    assert (steps[0], steps[-1]) == (0, 199_999)
    assert values.max() == 99.0


def test_only_a_request_for_the_state_costs_a_snapshot(history, sent):
    canvas = Canvas(TASKS)
    history.grow(100)
    canvas.draw(history)
    assert canvas.snapshot == b""
    assert "snapshot" not in canvas.get_state(key="layout")
    assert len(canvas.get_state(key=["snapshot"])["snapshot"]) > 1_000


def test_a_page_that_missed_messages_is_sent_everything(sent, history):
    canvas = Canvas(TASKS)
    history.grow(100)
    canvas.draw(history)
    canvas._handle_custom_msg({"type": "hello", "sequence": 1}, [])
    assert len(sent) == 1  # it is up to date
    canvas._handle_custom_msg({"type": "hello", "sequence": 0}, [])
    content, buffers = sent[1]
    assert content["type"] == "snapshot"
    assert content["sequence"] == 1
    assert len(unpack(content, buffers)["loss", "digit", "train"][0]) == 100


def test_reset_empties_the_plots_for_new_tasks(sent, history):
    canvas = Canvas(TASKS)
    history.grow(100)
    canvas.draw(history)
    canvas.reset(["left", "right"])
    assert sent[-1][0]["type"] == "reset"
    assert sent[-1][0]["tasks"] == ["left", "right"]
    assert snapshot(canvas)[0]["curves"] == []


def test_another_history_starts_from_its_beginning(sent, history):
    canvas = Canvas(TASKS)
    history.grow(100)
    canvas.draw(history)
    other = type(history)()
    other.grow(30)
    canvas.draw(other)
    assert [message["type"] for message, _ in sent] == ["append", "reset", "append"]
    assert unpack(*sent[2])["loss", "digit", "train"][0].tolist() == list(range(1, 31))


def test_colours_and_dashes_are_those_of_every_other_picture():
    look = snapshot(Canvas(TASKS))[0]["style"]
    expected = task_style(TASKS)
    assert {task: look[task]["color"] for task in TASKS} == {task: expected[task]["color"] for task in TASKS}
    assert look["parity"]["dash"] == DASH_PIXELS[expected["parity"]["dash"]]


def test_drawing_does_not_disturb_a_thread_that_records(sent, history):
    """A view of a growing array would raise BufferError in the thread that appends."""
    canvas = Canvas(TASKS)
    history.grow(10)
    done = threading.Event()

    def record():
        for _ in range(20_000):
            history.curves["train", "ink", "loss"].steps.append(history.last)
            history.curves["train", "ink", "loss"].values.append(1.0)
        done.set()

    thread = threading.Thread(target=record)
    thread.start()
    while not done.is_set():
        canvas.draw(history)
    thread.join()
    canvas.draw(history)
    drawn = sum(len(unpack(*message).get(("loss", "ink", "train"), [[]])[0]) for message in sent)
    assert drawn <= 20_010
    assert canvas.draw(history) == 0
