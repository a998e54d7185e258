"""Records survive the way through text."""

import math

import pytest

from workbench.training.commands import Command, Inbox
from workbench.training.records import (
    AffinityMap,
    Applied,
    Begin,
    End,
    Evaluation,
    Inspection,
    Step,
    from_line,
    to_line,
)

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    "record",
    [
        Begin(("a", "b"), 10, 2, (3, 4)),
        Step(1, 1, (0.1, NAN), (1.0, NAN), INF, 1e-3),
        AffinityMap(3, 1, "gradient_cosine", ((1.0, NAN), (-0.5, 1.0))),
        AffinityMap(3, 1, "gradient_cosine", ((1.0, NAN), (NAN, NAN)), ((0.25, NAN), (NAN, NAN))),
        Evaluation(9, 1, "val", {"a": {"loss": NAN, "accuracy": 1.0}}),
        Inspection(9, 1, "gate", ("a", "b"), ("expert 1",), ((0.5,), (NAN,))),
        Applied(4, 1, "set", {"lr": 0.1, "weights": {"a": 2.0}}),
        End(10, 2, "done", "all epochs done", 2),
    ],
)
def test_a_record_is_one_line_of_strict_json(record):
    line = to_line(record)
    assert "\n" not in line
    assert "NaN" not in line
    assert "Infinity" not in line
    assert repr(from_line(line)) == repr(record)


def test_a_map_recorded_without_its_gramian_is_still_read():
    line = '{"type":"affinity","step":3,"epoch":1,"method":"gradient_cosine","matrix":[[1.0,null],[null,null]]}'
    assert from_line(line).gramian == ()


def test_the_inbox_gives_the_script_first_and_on_time():
    script = [Applied(0, 0, "pause", {}), Applied(3, 0, "set", {"lr": 0.1}), Applied(5, 0, "step", {"task": "a"})]
    inbox = Inbox(script)
    inbox.put(Command("stop"))
    assert inbox.take(0) == (Command("stop"), False)
    assert inbox.take(2) is None
    assert inbox.take(3) == (Command("set", {"lr": 0.1}), True)
    assert inbox.take(4) is None
    assert inbox.take(5) == (Command("step", {"task": "a"}), True)
    assert inbox.take(6) is None
