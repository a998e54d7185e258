"""Everything one run needs, as one small JSON value."""

import hashlib
import json
import shlex
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.component import (
    FAMILIES,
    FINITE,
    Component,
    Setting,
    Slider,
    WorkbenchError,
    component,
    from_text,
    listed,
    one_of,
    sentences,
    settings_of,
    short,
)
from workbench.texts import in_words, pack, python, unpack

__all__ = ["Spec"]

Chosen = str | dict[str, Any]
#: the key under which a share line that carries more than a spec holds the spec; no field has that name
SHARED = "spec"


class Spec(BaseModel):
    """Everything one run needs: data and tasks, model, weighting, optimisation, seed.

    A component is given as a name, ``weighting="dwa"``, or with settings, ``weighting={"name": "dwa",
    "temperature": 1.0}``. A spec is checked as a whole when it is made; one error lists every fault with the nearest
    valid name. It is immutable (``replace`` makes a changed copy), compares by value, and travels as JSON or as one
    line of text.

    Raises:
        WorkbenchError: unknown names or settings, wrong types, values out of range, combinations that cannot work.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=(), **FINITE)

    problem: Annotated[Chosen, Field(description="the data and the tasks they hold")] = "digits"
    tasks: Annotated[list[str] | None, Field(description="which of the problem's tasks to learn; none: all")] = None
    encoder: Annotated[Chosen, Field(description="view -> features")] = "mlp"
    fusion: Annotated[Chosen, Field(description="how the tasks share")] = "shared"
    weighting: Annotated[Chosen, Field(description="task losses or gradients -> one update")] = "equal"
    affinity: Annotated[Chosen | None, Field(description="affinity measured while training; none: off")] = (
        "gradient_cosine"
    )
    schedule: Annotated[Chosen, Field(description="which tasks train at a step")] = "all"
    sampling: Annotated[Chosen, Field(description="which examples make a batch")] = "uniform"
    losses: Annotated[
        dict[str, Chosen], Field(description="task -> what a label costs; a task left out keeps its own loss")
    ] = {}
    gradients: Annotated[Chosen, Field(description="how task gradients are taken, when something needs them")] = "exact"
    optimizer: Annotated[Chosen, Field(description="the rule that turns a gradient into a step")] = "adam"
    lr_schedule: Annotated[Chosen, Field(description="how the learning rate moves over the run")] = "constant"
    lr: Annotated[float, Field(gt=0, description="learning rate"), Slider(1e-5, 1.0, log=True)] = 1e-3
    epochs: Annotated[int, Field(ge=1, description="passes over the training data"), Slider(1, 100)] = 10
    batch_size: Annotated[int, Field(ge=1, description="examples per step"), Slider(8, 1024, log=True)] = 128
    clip: Annotated[float | None, Field(gt=0, description="largest gradient norm; none: no clipping")] = None
    patience: Annotated[
        int | None, Field(ge=1, description="stop after so many epochs without a better validation; none: never")
    ] = None
    select: Annotated[
        Literal["val_score", "val_loss", "last"],
        Field(description="which epoch's model is kept, judged on validation only, one epoch for all tasks"),
    ] = "val_score"
    train_fraction: Annotated[
        float, Field(gt=0, le=1, description="share of the training rows that is used"), Slider(0.05, 1.0)
    ] = 1.0
    label_fractions: Annotated[
        dict[str, Annotated[float, Field(gt=0, le=1)]],
        Field(description="task -> share of its training labels that is kept, the others hidden; left out: all"),
    ] = {}
    val_fraction: Annotated[
        float, Field(gt=0, lt=1, description="share of all rows kept for validation"), Slider(0.05, 0.5)
    ] = 0.2
    test_fraction: Annotated[
        float, Field(gt=0, lt=1, description="share of all rows kept for the final test"), Slider(0.05, 0.5)
    ] = 0.2
    folds: Annotated[
        int | None,
        Field(ge=2, description="cut the rows into so many folds, one of them the test split; none: fractions"),
    ] = None
    fold: Annotated[int, Field(ge=0, description="with folds: which one is the test split, from 0")] = 0
    precision: Annotated[Literal["float32", "bf16"], Field(description="bf16: mixed precision through autocast")] = (
        "float32"
    )
    device: Annotated[str, Field(description="auto, cpu, cuda, cuda:1, mps")] = "auto"
    seed: Annotated[int, Field(ge=0, description="splits, initial weights and order all follow it"), Slider(0, 20)] = 0
    name: Annotated[str, Field(description="a name for the run's folder")] = ""

    def __init__(self, /, **fields: Any) -> None:
        faults: list[str] = []
        broken: set[str] = set()  # fields in which a fault was found
        fields = {key: _plain(value) for key, value in fields.items()}
        for family in self.families():
            if fields.get(family) is not None:
                known = len(faults)
                fields[family] = _canonical(family, fields[family], faults)
                broken |= {family} if len(faults) > known else set()
        if isinstance(fields.get("losses"), Mapping):
            known = len(faults)
            fields["losses"] = {
                task: _canonical("loss", _plain(value), faults, f"losses.{task}")
                for task, value in fields["losses"].items()
            }
            broken |= {"losses"} if len(faults) > known else set()
        try:
            super().__init__(**listed(fields))
            whole: Spec = self
        except ValidationError as error:
            faults = sentences(error, "Spec", type(self).model_fields) + faults
            broken |= {str(found["loc"][0]) for found in error.errors()}
            whole = Spec.model_construct(**{key: value for key, value in listed(fields).items() if key not in broken})
        faults += _combination_faults(whole, broken)
        if faults:
            raise WorkbenchError(*faults)

    # ------------------------------------------------------------------ reading

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """The declared fields, for widgets, flags and tables."""
        return settings_of(cls.model_fields)

    @classmethod
    def families(cls) -> list[str]:
        """The families of which a spec names one component, in a field of the family's name."""
        return [family for family in FAMILIES if family in cls.model_fields]

    def chosen(self, family: str) -> tuple[str, dict[str, Any]]:
        """The name chosen in a family and the settings that differ from their defaults."""
        return _named(getattr(self, family))

    def build(self, family: str) -> Any:
        """The component chosen in a family, made with its settings."""
        name, settings = self.chosen(family)
        return component(family, name)(**settings)

    def build_losses(self) -> dict[str, Any]:
        """The chosen losses by task, made with their settings."""
        chosen = {task: _named(value) for task, value in self.losses.items()}
        return {task: component("loss", name)(**settings) for task, (name, settings) in chosen.items()}

    @classmethod
    def objections(cls, fields: Mapping[str, Any]) -> list[str]:
        """What is wrong with these fields together, though each alone is fine; no field is checked by itself.

        Args:
            fields: those that differ from their defaults.
        """
        return _combination_faults(cls.model_construct(**fields), set())

    def replace(self, **changes: Any) -> "Spec":
        """A copy with some fields changed, checked again as a whole."""
        return Spec(**{**self.model_dump(), **changes})

    # ------------------------------------------------------------------ text

    def to_dict(self, *, defaults: bool = True) -> dict[str, Any]:
        """As JSON values. With ``defaults`` every setting is spelled out, so that it means the same tomorrow."""
        out = self.model_dump()
        if not defaults:
            return {key: value for key, value in out.items() if value != type(self).model_fields[key].default}
        for family in self.families():
            if out[family] is not None:
                out[family] = _spelled_out(family, out[family])
        out["losses"] = {task: _spelled_out("loss", value) for task, value in self.losses.items()}
        return out

    def to_json(self, indent: int | None = 2) -> str:
        """JSON text with every setting spelled out."""
        return json.dumps(self.to_dict(), indent=indent)

    @classmethod
    def from_json(cls, text: str) -> "Spec":
        """The spec that ``to_json`` wrote, or any JSON object of Spec fields.

        Raises:
            WorkbenchError: text that is no JSON object, or a faulty spec.
        """
        fields = read_json(text, "This")
        if not isinstance(fields, dict):
            raise WorkbenchError(f"A spec is a JSON object, found {type(fields).__name__}.")
        return cls(**fields)

    def share(self) -> str:
        """One line of text that holds the whole spec, for a chat or a blackboard."""
        return pack(self.to_dict(defaults=False))

    @classmethod
    def from_share(cls, text: str) -> "Spec":
        """The spec behind a share line; what else the line carries (``wb.unshare``) is left aside.

        Raises:
            WorkbenchError: a line that is not one, was damaged or cut short, or a faulty spec.
        """
        found = unpack(text)
        fields = found.get(SHARED, found) if isinstance(found, dict) else found
        if not isinstance(fields, dict):
            raise WorkbenchError("This share line holds no spec.")
        return cls(**fields)

    def to_python(self) -> str:
        """Python code that makes this spec and trains it: what differs from the defaults, at most 100 columns wide.

        Components registered in a notebook cell have to be registered before the code runs.
        """
        return python(self.to_dict(defaults=False))

    def command(self) -> str:
        """The shell line that trains this spec: ``workbench train --set …`` with what differs from the defaults.

        Where a value cannot be said with ``--set`` (a text with a line break, say) it is ``workbench train mtl1:…``.
        """
        words = [word for pair in self._pairs() for word in ("--set", pair)]
        return shlex.join(["workbench", "train", *(words or [self.share()] if self != Spec() else [])])

    def _pairs(self) -> list[str]:
        """``key=value`` for all that differs from the defaults; empty where they would not give the same spec."""
        texts: dict[str, str | None] = {}
        for key, value in self.to_dict(defaults=False).items():
            if value is None:
                texts[key] = "none"
            elif key in self.families():
                name, settings = _named(value)
                known = component(key, name).settings()
                texts |= {} if name == type(self).model_fields[key].default else {key: name}
                texts |= {f"{key}.{setting}": in_words(known[setting], item) for setting, item in settings.items()}
            elif key == "losses":
                texts |= {
                    f"losses.{t}": loss if isinstance(loss, str) else json.dumps(loss) for t, loss in value.items()
                }
            else:
                texts[key] = in_words(self.settings()[key], value)
        pairs = [f"{key}={text}" for key, text in texts.items() if text is not None]
        if len(pairs) < len(texts) or any(pair.splitlines() != [pair] for pair in pairs):
            return []
        try:
            again = Spec.from_settings(dict(pair.split("=", 1) for pair in pairs))
        except WorkbenchError:
            return []
        return pairs if again == self else []

    @property
    def hash(self) -> str:
        """Six hex digits that name the content (the run's name left out)."""
        content = {key: value for key, value in self.to_dict().items() if key != "name"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:6]

    @classmethod
    def from_settings(cls, pairs: Mapping[str, str], base: "Spec | None" = None) -> "Spec":
        """A spec from texts, as a command line gives them: ``{"weighting": "dwa", "problem.path": "a.csv"}``.

        A task's loss is ``{"losses.digit": "focal"}``, or with settings the JSON of ``{"name": "focal", "gamma": 3}``.

        Raises:
            WorkbenchError: every unknown key and unreadable value at once.
        """
        fields: dict[str, Any] = dict(base.model_dump()) if base else {}
        declared, families, faults = cls.settings(), cls.families(), []
        nested: dict[str, dict[str, str]] = {}
        for key, text in pairs.items():
            head, _, tail = key.partition(".")
            if tail and head in families:
                nested.setdefault(head, {})[tail] = text
            elif tail and head == "losses":
                try:
                    fields["losses"] = {**fields.get("losses", {}), tail: _from_text(text, f"Spec {key}")}
                except WorkbenchError as error:
                    faults += error.faults
            elif head not in declared or tail:
                faults.append(f"Spec has no key {key!r}: {one_of(key, declared)}.")
            elif head in families:
                fields[head] = None if text.lower() == "none" and declared[head].optional else text
            else:
                try:
                    fields[key] = from_text(declared[key], text, f"Spec {key}")
                except WorkbenchError as error:
                    faults += error.faults
        for family, texts in nested.items():
            value = fields.get(family, declared[family].default)
            name = value if isinstance(value, str) else value["name"]
            chosen = {} if isinstance(value, str) else dict(value)
            try:
                known = component(family, name).settings()
            except WorkbenchError as error:
                faults += error.faults
                continue
            for key, text in texts.items():
                if key not in known:
                    faults.append(f"{family} {name!r} has no setting {key!r}: {one_of(key, known)}.")
                    continue
                try:
                    chosen[key] = from_text(known[key], text, f"{family}.{key}")
                except WorkbenchError as error:
                    faults += error.faults
            fields[family] = {"name": name, **chosen}
        if faults:
            try:  # the rest of the spec may be faulty too: say everything at once
                cls(**fields)
            except WorkbenchError as error:
                faults += [fault for fault in error.faults if fault not in faults]
            raise WorkbenchError(*faults)
        return cls(**fields)

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self.to_dict(defaults=False).items())
        return f"Spec({shown})"

    __str__ = __repr__

    def __hash__(self) -> int:
        return hash(json.dumps(self.model_dump(), sort_keys=True))


def _plain(value: Any) -> Any:
    """A component given as an object stands for its name and settings."""
    if isinstance(value, Component):
        return {"name": value.name, **{key: getattr(value, key) for key in value.settings()}}
    return value


def _named(value: Any) -> tuple[str, dict[str, Any]]:
    """Name and settings of a choice."""
    if isinstance(value, str):
        return value, {}
    return value["name"], {key: item for key, item in value.items() if key != "name"}


def _spelled_out(family: str, value: Any) -> dict[str, Any]:
    """A choice with all its settings."""
    name, settings = _named(value)
    return {"name": name, **component(family, name).check(settings)}


def _from_text(text: str, where: str) -> Any:
    """A choice from a command line: a name, or the JSON of name and settings."""
    return read_json(text, where) if text.startswith("{") else text


def read_json(text: str, what: str) -> Any:
    """The value that a JSON text stands for.

    Raises:
        WorkbenchError: it stands for none; ``what`` says what was read.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise WorkbenchError(
            f"{what} is no JSON: {error.msg} at line {error.lineno}, column {error.colno}, found {short(text)}."
        ) from None


def _canonical(family: str, value: Any, faults: list[str], field: str = "") -> Any:
    """The shortest way to write a choice: its name, and only the settings that differ from their defaults."""
    if not isinstance(value, str) and not (isinstance(value, Mapping) and isinstance(value.get("name"), str)):
        faults.append(
            f"Spec: {field or family} should be a name or {{'name': …, setting: …}}, found {short(value)} "
            f"({type(value).__name__})."
        )
        return ""
    name, settings = _named(value)
    try:
        cls = component(family, name)
        checked = cls.check(cls.prepare(settings))
    except WorkbenchError as error:
        faults.extend(error.faults)
        return name
    changed = {key: item for key, item in checked.items() if item != cls.settings()[key].default}
    return {"name": name, **changed} if changed else name


def _combination_faults(spec: Spec, broken: set[str]) -> list[str]:
    """What is wrong with the choices together, though each alone is fine: every component may object.

    Args:
        broken: fields with a fault of their own, which nothing further is said about.
    """
    faults = []
    for family in spec.families():
        if not broken & {family, "problem", "fusion"} and getattr(spec, family) is not None:
            faults += component(family, spec.chosen(family)[0]).objections(spec)
    for field in ("losses", "label_fractions"):
        if not broken & {field, "problem"} and getattr(spec, field):
            faults += _of_no_task(spec, field)
    if spec.folds is not None and spec.fold >= spec.folds:
        faults.append(
            f"Spec: fold = {spec.fold}, but with folds = {spec.folds} they are numbered 0 to {spec.folds - 1}."
        )
    if spec.folds is None and spec.fold:
        faults.append(f"Spec: fold = {spec.fold} needs folds, the number of parts.")
    if spec.folds is not None and spec.val_fraction + 1 / spec.folds >= 1:
        faults.append(f"Spec: val_fraction = {spec.val_fraction:g} and folds = {spec.folds} leave nothing to train on.")
    if spec.folds is None and spec.val_fraction + spec.test_fraction >= 1:
        faults.append(
            f"Spec: val_fraction + test_fraction = {spec.val_fraction + spec.test_fraction:g} leaves nothing to train "
            "on; together they must stay below 1."
        )
    if spec.tasks is not None and len(set(spec.tasks)) < len(spec.tasks):
        faults.append(f"Spec: tasks {spec.tasks} names a task twice.")
    if spec.tasks == []:
        faults.append("Spec: tasks is empty; leave it out for all of the problem's tasks.")
    return faults


def _of_no_task(spec: Spec, field: str) -> list[str]:
    """Keys of a field that should name tasks of the problem and do not."""
    try:
        names = spec.build("problem").task_names()
    except WorkbenchError:  # the problem says so itself
        return []
    return [f"Spec: {field} names the task {t!r}: {one_of(t, names)}." for t in getattr(spec, field) if t not in names]
