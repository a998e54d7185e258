"""The ground: families of components, their typed settings, and the sentences in which faults speak.

A component is a class registered once, beside its definition, into a family::

    @register("weighting", "dwa", source="Liu, Johns & Davison, CVPR 2019")
    class DWA(Scalarization):
        '''Dynamic weight average: tasks whose loss falls slowly get more weight.'''

        temperature: Annotated[
            float, Field(gt=0, description="softmax temperature T"), Slider(0.5, 8)
        ] = 2.0

Each setting is an annotated class attribute: type and hard range (pydantic's ``Field``), one line of help
(``description``), default, and optionally the range a slider should offer. From that single line come validation,
error sentences, widgets, command-line flags, notebook parameters, reference tables and tests.

This module imports no torch and nothing else of the workbench.
"""

import difflib
import importlib
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo
from typing_extensions import dataclass_transform

__all__ = [
    "FAMILIES",
    "NEEDS",
    "Component",
    "Field",
    "Setting",
    "Slider",
    "WorkbenchError",
    "component",
    "components",
    "members",
    "register",
]

#: family -> the module whose import fills it (imported when the family is first asked for)
FAMILIES: dict[str, str] = {
    "problem": "workbench.problems",
    "encoder": "workbench.encoders",
    "fusion": "workbench.fusions",
    "weighting": "workbench.weightings",
    "affinity": "workbench.affinities",
    "schedule": "workbench.schedules",
    "sampling": "workbench.sampling",
    "loss": "workbench.tasks.losses",
    "gradients": "workbench.gradients",
    "optimizer": "workbench.optimizers",
    "lr_schedule": "workbench.optimizers",
}

#: what a component may need, in the order of lists -> the heading of those that need it
NEEDS: dict[str, str] = {
    "": "",
    "losses": "from the losses",
    "gramian": "from the Gramian of the task gradients",
    "cross_gramian": "from two halves of the batch",
    "jacobian": "from single coordinates of the task gradients",
    "validation": "from a validation batch",
    "lookahead": "from a step ahead for each task",
    "labels": "from the labels alone",
    "representations": "from single-task networks",
    "subsets": "from training on subsets of the tasks",
    "examples": "from gradients of single examples",
    "reference": "from linear models",
}


#: of every number that is set, in a component, a spec or a text
FINITE: Final = ConfigDict(allow_inf_nan=False)


class WorkbenchError(ValueError):
    """Bad input, said in one clear sentence per fault: what, where, what is allowed, the nearest valid name.

    Attributes:
        faults: every fault found, one sentence each.
    """

    def __init__(self, *faults: str) -> None:
        self.faults = list(faults)
        super().__init__(faults[0] if len(faults) == 1 else "\n".join(f"- {fault}" for fault in faults))


def one_of(word: object, names: Iterable[object], called: str = "allowed") -> str:
    """The end of a sentence about an unknown name: the nearest valid one, then all of them.

    Args:
        word: the name that is none.
        names: the valid ones.
        called: what they are called in the sentence.
    """
    known = [str(name) for name in names]
    close = difflib.get_close_matches(str(word), known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}{called}: {', '.join(known) or 'none'}"


@dataclass(frozen=True)
class Slider:
    """The range a slider should offer (a setting's hard range may be wider)."""

    low: float
    high: float
    log: bool = False
    step: float | None = None


@dataclass(frozen=True)
class Setting:
    """One declared setting, as widgets, flags and tables need it."""

    name: str
    type: Any
    rule: Any  # the annotation with the hard range, as pydantic checks it
    default: Any
    required: bool
    help: str
    low: float | None
    high: float | None
    slider: Slider | None
    choices: tuple[Any, ...] | None
    optional: bool

    @property
    def range(self) -> str:
        """The admissible values in words, for tables and error sentences."""
        if self.choices is not None:
            return " | ".join(map(str, self.choices))
        if self.low is None and self.high is None:
            return ""
        return f"{'-inf' if self.low is None else f'{self.low:g}'} … {'inf' if self.high is None else f'{self.high:g}'}"


def settings_of(fields: Mapping[str, FieldInfo]) -> dict[str, Setting]:
    """The settings declared by a pydantic model's fields."""
    found = {}
    for name, info in fields.items():
        kind: Any = info.annotation
        optional = False
        if get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind):
            optional = True
            rest = [a for a in get_args(kind) if a is not type(None)]
            kind = rest[0] if len(rest) == 1 else Union[tuple(rest)]  # noqa: UP007
        low = high = None
        for mark in info.metadata:
            low = getattr(mark, "ge", getattr(mark, "gt", low))
            high = getattr(mark, "le", getattr(mark, "lt", high))
        found[name] = Setting(
            name=name,
            type=kind,
            rule=info.rebuild_annotation(),
            default=None if info.is_required() else info.get_default(call_default_factory=True),  # type: ignore[call-arg]
            required=info.is_required(),
            help=info.description or "",
            low=low,
            high=high,
            slider=next((mark for mark in info.metadata if isinstance(mark, Slider)), None),
            choices=get_args(kind) if get_origin(kind) is Literal else None,
            optional=optional,
        )
    return found


def listed(value: Any) -> Any:
    """Tuples become lists, as they would through JSON."""
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, list):
        return [listed(item) for item in value]
    if isinstance(value, Mapping):
        return {key: listed(item) for key, item in value.items()}
    return value


def short(value: object) -> str:
    """A value as it may stand in a sentence."""
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 80 else text[:77] + "…"


def sentences(error: ValidationError, where: str, allowed: Iterable[str]) -> list[str]:
    """pydantic's findings as our sentences: what, where, what is allowed, the nearest valid name."""
    faults = []
    for found in error.errors(include_url=False):
        place = ".".join(str(part) for part in found["loc"] if not str(part).startswith(("list[", "dict[")))
        value, kind = found["input"], found["type"]
        if kind == "extra_forbidden":
            faults.append(f"{where} has no setting {place!r}: {one_of(place, allowed)}.")
        elif kind == "missing":
            faults.append(f"{where} needs the setting {place!r}.")
        elif kind == "literal_error":
            choices = found["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            faults.append(f"{where}: {place} = {value!r} is unknown: {one_of(value, choices)}.")
        else:
            rule = found["msg"][0].lower() + found["msg"][1:]
            rule = rule.removeprefix("value error, ").replace("input should be", "should be")
            faults.append(f"{where}: {place} {rule}, found {short(value)} ({type(value).__name__}).")
    return list(dict.fromkeys(faults))


def as_sentence(error: BaseException) -> str:
    """What went wrong, for a person: a WorkbenchError as it is, of any other error the component, its type and text.

    Such as ``weighting 'mine', line 7: KeyError: 'digits'``; the line is the last one of that component's code.
    """
    if isinstance(error, WorkbenchError):
        return str(error)
    found, trace = "", error.__traceback__
    while trace is not None:
        one = trace.tb_frame.f_locals.get("self")
        if isinstance(one, Component) and one.name:
            found = f"{one.family} {one.name!r}, line {trace.tb_lineno}: "
        trace = trace.tb_next
    return found + type(error).__name__ + (f": {error}" if str(error) else "")


@dataclass_transform(kw_only_default=True)
class Component:
    """Base of everything that can be picked: a class with typed settings, registered into a family.

    Instances are made with keyword settings only; each is checked against its declaration, and every fault is reported
    at once. ``setup()`` is then called, for what a component derives from its settings.

    Raises:
        WorkbenchError: naming every unknown or inadmissible setting; no number may be infinite or NaN.
    """

    family: ClassVar[str] = ""
    name: ClassVar[str] = ""
    reference: ClassVar[str] = ""  # not "source": that is a setting of some problems
    tags: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[str] = ""

    def __init__(self, **settings: Any) -> None:
        for key, value in type(self).check(settings).items():
            setattr(self, key, value)
        self.setup()

    def setup(self) -> None:
        """Called once the settings are in place."""

    @classmethod
    def model(cls) -> type[BaseModel]:
        """The pydantic model of the settings."""
        return _model(cls)  # type: ignore[arg-type]

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """The declared settings by name."""
        return settings_of(cls.model().model_fields)

    @classmethod
    def check(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """All settings, defaults filled in; raises one error that lists every fault."""
        where = f"{cls.family} {cls.name or cls.__name__!r}".strip()
        try:
            values = cls.model().model_validate(listed(settings), strict=True)
        except ValidationError as error:
            raise WorkbenchError(*sentences(error, where, cls.model().model_fields)) from None
        return {key: getattr(values, key) for key in cls.model().model_fields}

    @classmethod
    def summary(cls) -> str:
        """The one-line idea: the first line of the docstring."""
        return (cls.__doc__ or "").strip().split("\n")[0]

    @classmethod
    def prepare(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Turn what JSON cannot hold (a DataFrame, say) into what it can, before the settings are checked."""
        return settings

    @classmethod
    def heading(cls) -> str:
        """What it needs, in words that may stand above all that need the same; empty where it needs nothing."""
        return NEEDS.get(cls.needs, f"from {cls.needs.replace('_', ' ')}")

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        """Why this component cannot work with the rest of a spec, one sentence per reason (none: it can)."""
        return []

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={getattr(self, key)!r}" for key in self.settings())
        return f"{type(self).__name__}({shown})"


@cache
def _model(cls: type[Component]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name, hint in get_type_hints(cls, include_extras=True).items():
        if get_origin(hint) is Annotated and not name.startswith("_"):
            default = getattr(cls, name, ...)
            fields[name] = (hint, default)
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=(), **FINITE)
    return create_model(f"{cls.__name__}Settings", __config__=config, **fields)


_REGISTRY: dict[str, dict[str, type[Component]]] = {family: {} for family in FAMILIES}
_C = TypeVar("_C", bound=type[Component])


def register(family: str, name: str, *, source: str = "", tags: tuple[str, ...] = ()) -> Callable[[_C], _C]:
    """Class decorator: enter a component into a family under a name; it is in every picker at once.

    Args:
        family: one of ``FAMILIES``.
        name: the name in specs, snake case.
        source: the paper or text it comes from, for the reference table.
        tags: capability tags, such as ``"core"``.

    Raises:
        WorkbenchError: an unknown family, a class that is no component of it, or a name taken by another class.
    """
    if family not in FAMILIES:
        raise WorkbenchError(f"There is no family {family!r}: {one_of(family, FAMILIES)}.")

    def enter(cls: _C) -> _C:
        if not (isinstance(cls, type) and issubclass(cls, Component)):
            raise WorkbenchError(f"{cls!r} is no component: derive it from the base class of family {family!r}.")
        known = _REGISTRY[family].get(name)
        if known and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise WorkbenchError(f"{family} {name!r} is taken by {known.__module__}.{known.__qualname__}.")
        cls.family, cls.name, cls.reference, cls.tags = family, name, source, tags
        cls.model()  # a faulty declaration speaks here, not at the first use
        _REGISTRY[family][name] = cls
        return cls

    return enter


def members(family: str) -> dict[str, type[Component]]:
    """Every component of a family by name: core ones first, then by what they need, then by name."""
    if family not in FAMILIES:
        raise WorkbenchError(f"There is no family {family!r}: {one_of(family, FAMILIES)}.")
    importlib.import_module(FAMILIES[family])
    kinds = list(NEEDS)
    return dict(
        sorted(
            _REGISTRY[family].items(),
            key=lambda item: (
                "core" not in item[1].tags,
                kinds.index(item[1].needs) if item[1].needs in kinds else len(kinds),
                item[1].needs,
                item[0],
            ),
        )
    )


def component(family: str, name: str) -> type[Component]:
    """The class registered under a name.

    Raises:
        WorkbenchError: with the nearest valid name.
    """
    known = members(family)
    if name not in known:
        raise WorkbenchError(f"There is no {family} {name!r}: {one_of(name, known)}.")
    return known[name]


def components(family: str) -> Any:
    """What there is in a family: a DataFrame with one row per component.

    Columns: ``name``, ``needs``, ``tags``, ``idea`` (one line), ``settings`` (dict: name -> default, range, help),
    ``source`` and ``documentation`` (the whole docstring).
    """
    import pandas as pd

    rows = [
        {
            "name": name,
            "needs": cls.needs,
            "tags": list(cls.tags),
            "idea": cls.summary(),
            "settings": {
                key: {"default": s.default, "range": s.range, "help": s.help} for key, s in cls.settings().items()
            },
            "source": cls.reference,
            "documentation": (cls.__doc__ or "").strip(),
        }
        for name, cls in members(family).items()
    ]
    return pd.DataFrame(rows, columns=["name", "needs", "tags", "idea", "settings", "source", "documentation"])


def from_text(setting: Setting, text: str, where: str) -> Any:
    """A setting's value from a command line or a notebook parameter: ``"1e-3"``, ``"a,b"``, ``"false"``, ``"none"``.

    Raises:
        WorkbenchError: the text cannot be read as the declared type.
    """
    if setting.optional and text.lower() in ("none", "null", ""):
        return None
    if setting.type is str:
        return text
    if text[:1] in "[{":
        try:
            return TypeAdapter(setting.type, config=FINITE).validate_json(text)
        except ValidationError as error:
            raise WorkbenchError(*sentences(error, where, ())) from None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if get_origin(setting.type) is list:
        return [from_text(_item(setting), part, where) for part in parts]
    if get_origin(setting.type) is dict:
        pairs = [part.partition("=" if "=" in part else ":") for part in parts]
        if any(not mark for _, mark, _ in pairs):
            raise WorkbenchError(f"{where} should be pairs such as a=1,b=2, found {text!r}.")
        return {key.strip(): from_text(_item(setting), value.strip(), f"{where}.{key}") for key, _, value in pairs}
    if setting.choices is not None:
        choices = {str(choice): choice for choice in setting.choices}
        if text not in choices:
            raise WorkbenchError(f"{where} = {text!r} is unknown: {one_of(text, choices)}.")
        return choices[text]
    try:
        return TypeAdapter(setting.type, config=FINITE).validate_strings(text)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        rule = found["msg"][0].lower() + found["msg"][1:]
        raise WorkbenchError(f"{where}: {rule.replace('input should be', 'should be')}, found {text!r}.") from None


def _item(setting: Setting) -> Setting:
    from dataclasses import replace

    kind = get_args(setting.type)[-1]
    choices = get_args(kind) if get_origin(kind) is Literal else None
    return replace(setting, type=kind, optional=False, choices=choices)
