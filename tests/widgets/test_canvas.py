"""What the canvas sends, and how little."""

import json
import struct
import threading
from itertools import pairwise

import numpy as np
import pytest

from workbench.plots.style import DASH_PIXELS, task_style
from workbench.training.records import Effect
from workbench.widgets.canvas.canvas import LARGEST_MESSAGE, Block, Canvas

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


def maps(content, buffers):
    """The maps of a message: {"measured": (steps, matrices), "by hand": (steps, rows, values)}."""
    count, words, found = len(TASKS), buffers[2], {}
    for kind, told in content["maps"].items():
        sizes = [told["n"]] * (2 if kind == "by hand" else 1)
        shape = (told["n"], count) if kind == "by hand" else (told["n"], count, count)
        heads, words = np.frombuffer(words, "<u4", sum(sizes)), words[4 * sum(sizes) :]
        values, words = np.frombuffer(words, "<f4", np.prod(shape)).reshape(shape), words[4 * np.prod(shape) :]
        found[kind] = (*np.split(heads, len(sizes)), values)
    assert not words
    return found


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


def test_every_new_map_goes_with_the_curves(sent, history):
    canvas = Canvas(TASKS)
    history.grow(10)
    history.grow(10)
    canvas.draw(history)
    history.grow(10)
    canvas.draw(history)
    first, second = (maps(*message)["measured"] for message in sent)
    assert first[0].tolist() == [10, 20]
    assert second[0].tolist() == [30]
    np.testing.assert_allclose(first[1], [matrix for _, matrix in history.affinities[:2]], rtol=1e-6)
    told = sent[0][0]["maps"]["measured"]
    assert told == {"n": 2, "title": "gradient cosine", "limit": 1.0, "unit": 0}  # a cosine reaches from −1 to 1


def test_a_cosine_is_written_as_one_however_small(sent):
    Canvas(TASKS).heatmap(1, np.full((3, 3), 0.001), "gradient_cosine")
    assert sent[0][0]["maps"]["measured"] == {"n": 1, "title": "gradient cosine", "limit": 1.0, "unit": 0}


def test_colours_of_a_measure_without_limits_go_as_far_as_most_values(sent, history):
    history.method = "lookahead"
    canvas = Canvas(TASKS)
    for _ in range(50):
        history.grow(1)
        history.affinities[-1] = (history.last, np.full((3, 3), 2e-4) + 100 * np.eye(3))
    canvas.draw(history)
    told = sent[0][0]["maps"]["measured"]
    assert told["title"] == "lookahead"
    assert told["limit"] == pytest.approx(2e-4)
    assert told["unit"] == -3
    history.grow(1)
    history.affinities[-1] = (history.last, np.full((3, 3), 9e-4))
    canvas.draw(history)
    assert sent[1][0]["maps"]["measured"]["limit"] == pytest.approx(2e-4)  # one map in 51 is not most of them
    assert snapshot(canvas)[0]["maps"]["measured"] == {**sent[1][0]["maps"]["measured"], "n": 51}


def test_a_map_without_a_measure_can_be_drawn(sent):
    canvas = Canvas(TASKS)
    assert canvas.heatmap(7, np.full((3, 3), 0.25)) == size(sent[0])
    assert sent[0][0]["maps"]["measured"] == {"n": 1, "title": "", "limit": 0.25, "unit": 0}


def test_steps_for_one_task_alone_become_rows(sent, history):
    canvas = Canvas(TASKS)
    history.grow(10)
    history.step_alone("ink", [0.1, -0.2, -0.5])
    history.step_alone("digit", [-0.1, 0.2, 0.3])
    canvas.draw(history)
    steps, rows, values = maps(*sent[0])["by hand"]
    assert steps.tolist() == [11, 12]
    assert rows.tolist() == [2, 0]
    np.testing.assert_allclose(values, [[-0.1, 0.2, 0.5], [0.1, -0.2, -0.3]], rtol=1e-6)
    told = sent[0][0]["maps"]["by hand"]
    assert told["limit"] == pytest.approx(0.3, rel=0.03)  # what a step does for its own task is left out
    history.step_alone("ink", [0.0, 0.0, 0.0])
    canvas.draw(history)
    assert set(sent[1][0]["maps"]) == {"by hand"}
    assert maps(*snapshot(canvas))["by hand"][1].tolist() == [2, 0, 2]


def test_a_loss_of_nothing_or_without_a_label_leaves_a_gap(sent, history):
    history.effects = [Effect(1, 1, "digit", (1.0, 0.0, np.nan), (0.5, 0.0, np.nan))]
    Canvas(TASKS).draw(history)
    np.testing.assert_array_equal(maps(*sent[0])["by hand"][2], [[0.5, np.nan, np.nan]])


@pytest.mark.parametrize("tasks", [3, 12, 50])
def test_maps_and_rows_stay_small_whatever_the_backlog(sent, history, tasks):
    history.tasks = [f"task_{i}" for i in range(tasks)]
    history.grow(2_000, epoch=10)
    matrix = np.zeros((tasks, tasks))
    history.affinities = [(step, matrix + step) for step in range(5, 5_000, 5)]
    for _ in range(600 // tasks):
        for task in history.tasks:
            history.step_alone(task, [0.1] * tasks)
    canvas = Canvas(history.tasks)
    told = canvas.draw(history)
    assert told == size(sent[0]) <= LARGEST_MESSAGE
    assert len(canvas.get_state()["snapshot"]) <= LARGEST_MESSAGE + 16
    for content, buffers in (sent[0], snapshot(canvas)):
        count = content["maps"]["measured"]["n"]
        assert 2 <= count <= 500
        assert content["maps"]["by hand"]["n"] >= tasks  # every row is there
        steps = np.frombuffer(buffers[2], "<u4", count)
        assert (steps[0], steps[-1]) == (5, 4_995)


def test_a_late_page_gets_maps_of_the_whole_run_evenly(sent, history):
    canvas = Canvas(TASKS)
    for _ in range(1_300):
        history.grow(10)
        canvas.draw(history)
    steps, matrices = maps(*snapshot(canvas))["measured"]
    assert 200 <= len(steps) <= 500
    assert (steps[0], steps[-1]) == (10, 13_000)
    assert np.diff(steps.astype(int)).max() <= 100
    recorded = dict(history.affinities)
    np.testing.assert_allclose(matrices, [recorded[step] for step in steps], rtol=1e-6)


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


def test_a_page_is_told_that_more_will_follow(sent, history):
    canvas = Canvas(TASKS)
    canvas.busy = True
    history.grow(1)
    canvas.draw(history)
    canvas.busy = False
    history.grow(1)
    canvas.draw(history)
    assert [content["busy"] for content, _ in sent] == [True, False]


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
    steps, matrices = maps(content, buffers)["measured"]
    assert steps.tolist() == [100, 200, 300, 400, 500]
    np.testing.assert_allclose(matrices[-1], history.affinities[-1][1], rtol=1e-6)


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
    assert snapshot(canvas)[0]["maps"] == {}


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
