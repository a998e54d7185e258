"""What methods are called."""

from collections.abc import Sequence
from typing import Any

from workbench.spec import Spec

__all__ = ["BASELINE", "MATCHED", "labels"]

BASELINE = "single tasks"
#: single-task models that together have no more parameters than the shared one
MATCHED = "single tasks, as many parameters"


def labels(specs: Sequence[Spec], baselines: Sequence[bool]) -> list[str]:
    """A short label per method: weighting and fusion, and whatever else differs between the methods.

    Args:
        specs: one per method.
        baselines: whether each is a single-task baseline.
    """
    others = [spec.to_dict(defaults=False) for spec, base in zip(specs, baselines, strict=True) if not base]
    keys = sorted({key for other in others for key in other} - {"weighting", "fusion", "seed", "name", "problem"})
    differing = [key for key in keys if len({repr(other.get(key)) for other in others}) > 1]
    found = []
    for spec, base in zip(specs, baselines, strict=True):
        parts = [_words(spec.weighting), _words(spec.fusion)]
        parts += [f"{key}={_words(getattr(spec, key))}" for key in differing]
        found.append(BASELINE if base else ", ".join(parts))
    return found


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value))
    if not isinstance(value, dict):
        return str(value)
    rest = ", ".join(f"{key}={item}" for key, item in value.items() if key != "name")
    return f"{value['name']}({rest})"
