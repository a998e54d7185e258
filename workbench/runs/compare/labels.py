"""What methods are called."""

from collections.abc import Sequence
from typing import Any

from workbench.spec import Spec

__all__ = ["BASELINE", "MATCHED", "labels"]

BASELINE = "single tasks"
#: single-task models that together have no more parameters than a shared one
MATCHED = "single tasks, as many parameters"


def labels(specs: Sequence[Spec], baselines: Sequence[bool]) -> list[str]:
    """A short label per method: weighting and fusion, and whatever else differs between the methods.

    Single-task baselines are called that, and told apart among each other.

    Args:
        specs: one per method.
        baselines: whether each is a single-task baseline.
    """
    told = [spec.to_dict(defaults=False) for spec in specs]
    differing = {
        of: _differing([each for each, base in zip(told, baselines, strict=True) if base == of]) for of in (False, True)
    }
    found = []
    for spec, base in zip(specs, baselines, strict=True):
        parts = [BASELINE] if base else [_words(spec.weighting), _words(spec.fusion)]
        parts += [f"{key}={_words(getattr(spec, key))}" for key in differing[base]]
        found.append(", ".join(parts))
    return found


def _differing(told: Sequence[dict[str, Any]]) -> list[str]:
    keys = sorted({key for each in told for key in each} - {"weighting", "fusion", "seed", "name", "problem"})
    return [key for key in keys if len({repr(each.get(key)) for each in told}) > 1]


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value))
    if not isinstance(value, dict):
        return str(value)
    rest = ", ".join(f"{key}={item}" for key, item in value.items() if key != "name")
    return f"{value['name']}({rest})"
