"""Measures where the right answer is known: the dial of the sine tasks, and the digits.

Quick versions; ``tests/benchmarks/affinity_dial.py`` has the whole of it.
"""

import numpy as np
import pytest

import workbench as wb

#: cosine between what two sine tasks look at
LEVELS = (0.0, 0.5, 0.9, 1.0)
SINES = {"name": "sines", "m": 4, "inputs": 20, "rows": 700}
SPEC = wb.Spec(problem=SINES, encoder={"name": "mlp", "width": 128, "depth": 1}, batch_size=64, affinity=None)


def between(spec, method, **settings):
    """The mean of both directions between the two tasks of a spec."""
    found = wb.affinity(spec, method, **settings).matrix
    return (found[0, 1] + found[1, 0]) / 2


@pytest.mark.parametrize(
    ("method", "settings"), [("gradient_cosine", {}), ("lookahead", {}), ("grad_tae", {"examples": 200})]
)
def test_measures_order_sine_tasks_as_the_dial_says(store, method, settings):
    seeds = [
        [between(SPEC.replace(seed=seed, problem={**SINES, "relatedness": p}), method, **settings) for p in LEVELS]
        for seed in (0, 1)
    ]
    mean = np.mean(seeds, axis=0)
    assert (np.diff(mean) > 0).all(), mean  # of four levels, every one in its place


def test_learning_again_finds_the_order_where_going_on_from_the_trained_model_does_not(store):
    """After so many epochs nothing is left to gain: the gains of going on are a hundredth of the others."""
    spec = SPEC.replace(epochs=25, problem={**SINES, "relatedness": 1.0})
    again, on = (between(spec, "grad_tae", examples=200, start=start) for start in ("blank", "trained"))
    assert again > 0.03
    assert abs(on) < again / 10


@pytest.mark.parametrize("method", ["gradient_cosine", "cka", "rsa", "grad_tae"])
def test_parity_and_digit_lie_closer_than_ink_and_digit(store, method):
    for seed in range(3):
        spec = wb.Spec(problem="digits", tasks=["digit", "parity", "ink"], affinity=None, seed=seed)
        found = wb.affinity(spec, method)
        digit, parity, ink = (found.names.index(name) for name in ("digit", "parity", "ink"))
        for one, two in (((parity, digit), (ink, digit)), ((digit, parity), (digit, ink))):
            apart = np.hypot(found.se[one], found.se[two])
            assert found.matrix[one] - found.matrix[two] > 2 * apart, (seed, one)
