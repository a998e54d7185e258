"""Specs from lists of values."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from workbench.component import WorkbenchError, one_of, short
from workbench.runs.arguments import check_spec, is_list
from workbench.spec import Spec, read_json

__all__ = ["changed", "grid", "read_grid"]

FORM = '{"base": {"epochs": 5}, "grid": {"weighting": ["equal", "pcgrad"], "seed": [0, 1, 2]}}, or a list of specs'


def grid(
    base: Spec | None = None, axes: Mapping[str, Iterable[Any]] | None = None, **more: Iterable[Any]
) -> list[Spec]:
    """Every combination of some values, the last axis varying fastest.

    >>> import workbench as wb
    >>> [spec.lr for spec in wb.grid(wb.Spec(epochs=2), lr=[0.001, 0.01])]
    [0.001, 0.01]

    Args:
        base: what is the same in all of them; default: ``Spec()``.
        axes: key -> values; keys are those of a Spec, dotted for a component's settings: ``{"problem.rows": [500]}``.
        more: the same as keywords.

    Raises:
        WorkbenchError: a base that is no spec, an unknown key, an axis that is no list or empty, or a combination that
            is no spec.
    """
    base = Spec() if base is None else base
    check_spec("grid", base)
    given = {key: list(values) if is_list(values) else values for key, values in {**(axes or {}), **more}.items()}
    faults = [_fault(key, values) for key, values in given.items()]
    if any(faults):
        raise WorkbenchError(*filter(None, faults))
    found, wrong = list[Spec](), list[str]()
    for values in product(*given.values()):
        try:
            found.append(changed(base, dict(zip(given, values, strict=True))))
        except WorkbenchError as error:
            wrong += [fault for fault in error.faults if fault not in wrong]
    if wrong:
        raise WorkbenchError(*wrong)
    return found


def read_grid(text: str, what: str = "grid") -> list[Spec]:
    """The specs of a grid as JSON: ``{"base": {…}, "grid": {key: [values]}}``, or a list of specs.

    Args:
        text: the JSON.
        what: where it comes from, for messages.

    Raises:
        WorkbenchError: no JSON, not of that form, or an empty list; as ``grid``.
    """
    found = read_json(text, what)
    if found == []:
        raise WorkbenchError(f"{what} is an empty list: no run would be left.")
    if isinstance(found, list) and all(isinstance(each, dict) for each in found):
        return [Spec(**each) for each in found]
    if not isinstance(found, dict):
        raise WorkbenchError(f"{what} should be {FORM}, found {short(found)}.")
    unknown = [key for key in found if key not in ("base", "grid")]
    if unknown:
        raise WorkbenchError(f"{what} has no key {unknown[0]!r}: {one_of(unknown[0], ('base', 'grid'))}.")
    base, axes = found.get("base", {}), found.get("grid", {})
    if not (isinstance(base, dict) and isinstance(axes, dict)):
        raise WorkbenchError(f"{what} should be {FORM}.")
    return grid(Spec(**base), axes)


def _fault(key: str, values: Any) -> str:
    """What is wrong with an axis; empty: nothing."""
    head, dot, tail = key.partition(".")
    known = list(Spec.settings())
    if head not in known or (dot and (not tail or head not in (*Spec.families(), "losses"))):
        return f"The grid has no key {key!r}: {one_of(key, known)}."
    if not isinstance(values, list):
        return f"The grid's {key!r} should be a list of values, found {short(values)}."
    return "" if values else f"The grid's {key!r} is an empty list: no run would be left."


def changed(spec: Spec, changes: Mapping[str, Any]) -> Spec:
    """A spec with some keys changed, dotted ones too; whole components before their settings.

    Raises:
        WorkbenchError: every fault of the result.
    """
    fields = {**spec.to_dict(defaults=False), **{key: value for key, value in changes.items() if "." not in key}}
    for key, value in changes.items():
        family, dot, setting = key.partition(".")
        if not dot:
            continue
        if family == "losses":
            fields["losses"] = {**fields.get("losses", {}), setting: value}
            continue
        chosen = fields.get(family, Spec.settings()[family].default)
        fields[family] = {**({"name": chosen} if isinstance(chosen, str) else chosen or {}), setting: value}
    return Spec(**fields)
