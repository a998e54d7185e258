"""The battery: what must hold for every component, as functions a student can run on their own.

::

    wb.check(MyWeighting)          # raises AssertionError with the first thing that does not hold

``checks_for(cls)`` lists what applies to a component; the test suite runs the same list over everything registered.
"""

import inspect
from collections.abc import Callable
from typing import Any

import torch

from workbench.component import Component, WorkbenchError
from workbench.weightings.base import (
    BilevelWeighting,
    CrossGramianWeighting,
    GramianWeighting,
    Scalarization,
    Weighting,
)

Check = Callable[[Any], None]

#: sizes of gradients from which weightings have to give finite numbers
SCALES = (1e-20, 1e-10, 1.0, 1e10, 1e18)


def check(cls: type[Component]) -> None:
    """Run every check that applies to a component.

    Raises:
        AssertionError: naming the check and what it found.
    """
    for one in checks_for(cls):
        try:
            one(cls)
        except AssertionError as error:
            raise AssertionError(f"{cls.name or cls.__name__}:{one.__name__}: {error}") from None


def checks_for(cls: type[Component]) -> list[Check]:
    """The checks that apply to a component."""
    checks: list[Check] = [
        check_is_documented,
        check_settings_are_declared,
        check_defaults_are_valid,
        check_names_faults,
    ]
    if issubclass(cls, Weighting):
        checks += [check_is_finite, check_reset_restores, check_state_is_complete, check_input_is_untouched]
        checks += [check_absent_tasks_move_nothing, check_permutation]
    if issubclass(cls, GramianWeighting | CrossGramianWeighting):
        checks += [check_is_batched]
    return checks


# ---------------------------------------------------------------- every component


def check_is_documented(cls: type[Component]) -> None:
    """A one-line idea, ended by a full stop, short enough for a picker."""
    idea = cls.summary()
    assert idea, "the docstring is missing"
    assert idea.endswith((".", "?")), f"the first line of the docstring should be a sentence, found {idea!r}"
    assert len(idea) <= 110, f"the first line of the docstring has {len(idea)} characters; at most 110"


def check_settings_are_declared(cls: type[Component]) -> None:
    """Every setting has help, and a slider range inside its hard range that holds the default."""
    for name, setting in cls.settings().items():
        assert setting.help, f"setting {name!r} has no description"
        if setting.slider is None:
            continue
        low, high = setting.slider.low, setting.slider.high
        assert low < high, f"setting {name!r}: slider from {low} to {high}"
        assert setting.low is None or low >= setting.low, f"setting {name!r}: slider starts below {setting.low}"
        assert setting.high is None or high <= setting.high, f"setting {name!r}: slider ends above {setting.high}"
        assert not setting.slider.log or low > 0, f"setting {name!r}: a logarithmic slider must start above 0"
        if isinstance(setting.default, int | float):
            assert low <= setting.default <= high, f"setting {name!r}: default {setting.default} is off the slider"


def check_defaults_are_valid(cls: type[Component]) -> None:
    """It can be made with its defaults, unless a setting is required."""
    if not any(setting.required for setting in cls.settings().values()):
        made = cls()
        for name, setting in cls.settings().items():
            assert getattr(made, name) == setting.default, f"setting {name!r} does not keep its default"


def check_names_faults(cls: type[Component]) -> None:
    """An unknown setting is named in the error."""
    try:
        cls(no_such_setting=1)
    except WorkbenchError as error:
        spoken = str(error)
    else:
        spoken = "nothing: the unknown setting was accepted"
    assert "no_such_setting" in spoken, f"the error should name the setting, it says {spoken}"


# ---------------------------------------------------------------- weightings


def example(cls: type[Weighting], K: int = 3, seed: int = 0, scale: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """What a weighting is called with (losses, G, J, …), and the losses."""
    generator = torch.Generator().manual_seed(seed)
    losses = torch.rand(K, generator=generator) + 0.1
    return made_of(cls, torch.randn(K, 7, generator=generator) * scale, losses), losses


def made_of(cls: type[Weighting], J: torch.Tensor, losses: torch.Tensor) -> torch.Tensor:
    """What a weighting of this kind is called with, for these task gradients and losses."""
    if issubclass(cls, Scalarization):
        return losses
    if issubclass(cls, GramianWeighting):
        return J @ J.T
    if issubclass(cls, CrossGramianWeighting):
        return J @ (J + 0.1 * J.flip(1)).T
    return -J @ J.mean(0) if issubclass(cls, BilevelWeighting) else J


def call(weighting: Any, given: torch.Tensor, losses: torch.Tensor, tasks: list[int] | None = None) -> torch.Tensor:
    """The weighting's answer, whatever its kind."""
    if isinstance(weighting, Scalarization):
        return weighting(given, tasks=tasks).detach()
    return weighting(given, losses=losses, tasks=tasks)


def made(cls: type[Weighting], K: int = 3) -> Weighting:
    """A bound weighting over K tasks that has seen two epochs."""
    weighting = cls()
    weighting.bind([f"task {i}" for i in range(K)], seed=3)
    for losses in ([1.0, 2.0, 3.0, 4.0], [0.9, 1.0, 2.9, 1.0]):
        weighting.end_epoch(torch.tensor(losses[:K]))
    return weighting


def check_is_finite(cls: type[Weighting]) -> None:
    """Finite for finite input: tiny, huge, zero, duplicate, opposite gradients."""
    hurtful = [
        torch.zeros(3, 5),
        torch.ones(3, 5),
        torch.tensor([[1.0, 0, 0], [-1.0, 0, 0], [0, 1, 0]]),
        torch.tensor([[1.0, 2, 3], [2.0, 4, 6], [0, 0, 0]]),
    ]
    for J in hurtful + [torch.randn(3, 5, generator=torch.Generator().manual_seed(1))]:
        for scale in SCALES:
            losses = (J.abs().mean(1) + 0.5).clamp(max=1e3)
            rows = J * scale
            answer = call(made(cls), made_of(cls, rows, losses * min(max(scale, 1e-10), 1e10)), losses)
            assert bool(torch.isfinite(answer).all()), f"{answer.tolist()} for gradients {rows.tolist()}"


def check_reset_restores(cls: type[Weighting]) -> None:
    """After reset it answers as at the start."""
    given, losses = example(cls)
    fresh = cls()
    fresh.bind(["a", "b", "c"], seed=5)
    first = call(fresh, given, losses)
    fresh.end_epoch(losses)
    fresh.end_epoch(losses * 0.5)
    call(fresh, *example(cls, seed=8))
    fresh.reset(5)
    assert torch.equal(call(fresh, given, losses), first), "reset leaves something behind"


def check_state_is_complete(cls: type[Weighting]) -> None:
    """A copy made from the state goes on with the same answers."""
    one, other = made(cls), cls()
    other.bind(["task 0", "task 1", "task 2"], seed=99)
    call(one, *example(cls, seed=1))
    other.load_state_dict(one.state_dict())
    for seed in (2, 3):
        given, losses = example(cls, seed=seed)
        assert torch.equal(call(one, given, losses), call(other, given, losses)), "state_dict() misses something"


def check_input_is_untouched(cls: type[Weighting]) -> None:
    """What it is given is not changed."""
    given, losses = example(cls)
    before = given.clone(), losses.clone()
    call(made(cls), given, losses)
    assert torch.equal(given, before[0]), "the input was changed"
    assert torch.equal(losses, before[1]), "the losses were changed"


def check_absent_tasks_move_nothing(cls: type[Weighting]) -> None:
    """With one task away it still answers for the others, and what it remembers of that task stays."""
    given, losses = example(cls, K=2)
    weighting = made(cls)
    call(weighting, *example(cls, seed=1))
    before = weighting.state_dict()
    answer = call(weighting, given, losses, tasks=[0, 2])
    assert bool(torch.isfinite(answer).all()), f"{answer.tolist()} with task 1 away"
    for key, now in weighting.state_dict().items():
        if isinstance(now, torch.Tensor) and now.dim() and len(now) == 3:
            kept = torch.equal(torch.nan_to_num(now[1].double()), torch.nan_to_num(before[key][1].double()))
            assert kept, f"the absence of task 1 moved {key} from {before[key].tolist()} to {now.tolist()}"


def check_permutation(cls: type[Weighting]) -> None:
    """Renaming the tasks renames the answer (random draws and memory set aside)."""
    if "generator" in cls.memory:
        return
    order = [2, 0, 1]
    given, losses = example(cls)
    plain, turned = cls(), cls()
    plain.bind(["a", "b", "c"])
    turned.bind(["c", "a", "b"])
    first = call(plain, given, losses)
    square = given.dim() == 2 and given.shape[0] == given.shape[1]
    second = call(turned, given[order][:, order] if square else given[order], losses[order])
    wanted = first[order] if first.shape == losses.shape else first
    assert torch.allclose(second, wanted, rtol=1e-4, atol=1e-6), f"{second.tolist()} instead of {wanted.tolist()}"


def check_is_batched(cls: type[Weighting]) -> None:
    """A stack of gramians gives the stack of weights."""
    if "generator" in cls.memory:
        return
    pairs = [example(cls, seed=seed) for seed in range(4)]
    single = torch.stack([call(cls(), G, losses) for G, losses in pairs])  # each from the start: some have a memory
    stack = call(cls(), torch.stack([G for G, _ in pairs]), torch.stack([losses for _, losses in pairs]))
    assert torch.allclose(stack, single, rtol=1e-5, atol=1e-7), "a batch differs from its parts"


ALL = sorted(name for name, thing in globals().items() if name.startswith("check_") and inspect.isfunction(thing))
