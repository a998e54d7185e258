"""Arguments of the functions that train many runs, checked before anything is trained."""

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any

from workbench.component import WorkbenchError, short
from workbench.runs.steering import is_rate
from workbench.spec import Spec

__all__ = ["check_list", "check_numbers", "check_rates", "check_seeds", "check_spec", "is_list"]


def is_list(given: Any) -> bool:
    """Whether it holds values, as a list, a range or an array does; the parts of a text or a spec are none."""
    return isinstance(given, Iterable) and not isinstance(given, str | Mapping | Spec)


def check_spec(function: str, given: Any) -> None:
    """Whether it is a spec.

    Raises:
        WorkbenchError: it is none.
    """
    if not isinstance(given, Spec):
        raise WorkbenchError(f"{function} takes a spec, such as wb.Spec(problem='digits'), found {short(given)}.")


def check_list(where: str, given: Any, what: str, fits: Callable[[Any], bool]) -> list[Any]:
    """The values of an argument.

    Args:
        where: the argument as in a call, such as ``compare(seeds=…)``.
        given: what stands there.
        what: the values that are allowed, in words.
        fits: whether a value is one of them.

    Raises:
        WorkbenchError: no list, or a value that does not fit.
    """
    found = list(given) if is_list(given) else []
    wrong = [value for value in found if not fits(value)] if is_list(given) else [given]
    if wrong:
        raise WorkbenchError(f"{where} should be a list of {what}, found {short(wrong[0])}.")
    return found


def check_numbers(where: str, given: Any, what: str, fits: Callable[[Any], bool]) -> list[Any]:
    """The numbers of an argument, each of which makes runs of its own; as ``check_list``.

    Raises:
        WorkbenchError: also where there is none, or one twice.
    """
    found = check_list(where, given, what, fits)
    if not found:
        raise WorkbenchError(f"{where} is empty: no run would be left.")
    if len(set(found)) < len(found):
        raise WorkbenchError(f"{where} names a value twice: {short(found)}.")
    return found


def check_seeds(function: str, given: Any) -> list[int]:
    """The seeds that a function was given.

    Raises:
        WorkbenchError: none, no whole number of at least 0, or one twice.
    """
    found = check_numbers(f"{function}(seeds=…)", given, "whole numbers of at least 0", _is_seed)
    return [int(seed) for seed in found]


def check_rates(function: str, given: Any) -> list[float]:
    """The learning rates that a function was given.

    Raises:
        WorkbenchError: none, no number above 0, or one twice.
    """
    return [float(lr) for lr in check_numbers(f"{function}(lrs=…)", given, "numbers above 0", is_rate)]


def _is_seed(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 0  # type: ignore[operator]
