"""The sentence about the last step for one task alone."""

import numpy as np
import pytest

from workbench.training.records import Effect
from workbench.widgets.effects import sentence

TASKS = ("digit", "parity", "ink")


def test_nothing_is_said_before_the_first():
    assert sentence([], TASKS) == ""


def test_the_last_step_is_told():
    first = Effect(3, 1, "ink", (1.0, 1.0, 1.0), (2.0, 2.0, 2.0))
    last = Effect(1340, 2, "digit", (2.0, 0.5, 1.0), (1.976, 0.4985, 1.004))
    told = "A step for digit alone (step 1,340): digit −1.2 %, parity −0.3 %, ink +0.4 % loss."
    assert sentence([first, last], TASKS) == told


def test_a_task_without_a_label_or_loss_is_left_out():
    effect = Effect(3, 1, "ink", (np.nan, 0.0, 1.0), (np.nan, 0.1, 0.5))
    assert sentence([effect], TASKS) == "A step for ink alone (step 3): ink −50 % loss."


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (0.877, "−12 %"),
        (1.0996, "+10 %"),
        (0.9, "−10 %"),
        (1.0042, "+0.4 %"),
        (0.9997, "−0.03 %"),
        (1.00004, "+0.004 %"),
        (1.000001, "±0 %"),
        (1.0, "±0 %"),
        (3.0, "+200 %"),
    ],
)
def test_numbers_have_the_digits_that_say_something(after, text):
    assert sentence([Effect(1, 1, "a", (1.0,), (after,))], ("a",)) == f"A step for a alone (step 1): a {text} loss."
