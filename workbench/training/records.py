"""Training is a stream of these: small immutable records that history, panel, run folder and progress bar read.

Steps count from 1: record ``step=s`` belongs to the s-th update. Times are not in them, so that the same spec and seed
give the same records.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Union


@dataclass(frozen=True, slots=True)
class Begin:
    """What is about to be trained.

    Attributes:
        tasks: names, in the order of all lists below.
        steps: most steps the run will take.
        parameters: number of trainable parameters, shared ones first.
    """

    type: ClassVar[str] = "begin"
    tasks: tuple[str, ...]
    steps: int
    epochs: int
    parameters: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Step:
    """One update.

    Attributes:
        losses: training loss per task, before the update; NaN for a task that was absent.
        weights: weight applied to each task's gradient on the shared parameters; NaN for an absent task.
        length: Euclidean norm of the gradient of the shared parameters that the optimiser received.
        lr: learning rate.
    """

    type: ClassVar[str] = "step"
    step: int
    epoch: int
    losses: tuple[float, ...]
    weights: tuple[float, ...]
    length: float
    lr: float


@dataclass(frozen=True, slots=True)
class AffinityMap:
    """An affinity map.

    Attributes:
        matrix: the map, ``[K][K]``, rows = train on, columns = helps; NaN for a task that was absent.
        gramian: of the task gradients of that step, ``[K][K]``; empty in runs recorded without it.
        layers: layer -> the same measure of that layer alone, ``[K][K]``, where it was asked for.
    """

    type: ClassVar[str] = "affinity"
    step: int
    epoch: int
    method: str
    matrix: tuple[tuple[float, ...], ...]
    gramian: tuple[tuple[float, ...], ...] = ()
    layers: dict[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step for one task alone did to the losses of all: the change *is* the lookahead affinity of that step.

    Attributes:
        task: that the step was for.
        before, after: losses on the batch of the step, with the same dropout, per task; NaN without a label there.
    """

    type: ClassVar[str] = "effect"
    step: int
    epoch: int
    task: str
    before: tuple[float, ...]
    after: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Mean loss and metrics per task over a whole split: ``{task: {"loss": …, "accuracy": …}}``."""

    type: ClassVar[str] = "evaluation"
    step: int
    epoch: int
    split: str
    values: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Inspection:
    """A table that the model showed of itself at a validation: gate values, mixing coefficients, attention.

    Attributes:
        name: of the table.
        rows, columns: their names; rows are tasks where possible.
        values: ``[rows][columns]``, NaN where there is nothing.
    """

    type: ClassVar[str] = "inspection"
    step: int
    epoch: int
    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """A command that took effect after ``step`` updates; replaying these replays the run."""

    type: ClassVar[str] = "command"
    step: int
    epoch: int
    command: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """The end of a run.

    Attributes:
        status: ``done``, ``stopped`` or ``failed``.
        reason: one sentence.
        best_epoch: the epoch whose model is kept, chosen on validation.
    """

    type: ClassVar[str] = "end"
    step: int
    epoch: int
    status: str
    reason: str
    best_epoch: int


Record = Union[Begin, Step, AffinityMap, Effect, Evaluation, Inspection, Applied, End]  # noqa: UP007
TYPES: dict[str, Any] = {
    cls.type: cls for cls in (Begin, Step, AffinityMap, Effect, Evaluation, Inspection, Applied, End)
}


def to_line(record: Record) -> str:
    """A record as one line of strict JSON; what is not finite becomes null (NaN) or a string ("inf", "-inf")."""
    return json.dumps({"type": record.type, **_finite(asdict(record))}, separators=(",", ":"), allow_nan=False)


def from_line(line: str) -> Record:
    """The record behind a line."""
    fields = json.loads(line)
    cls = TYPES[fields.pop("type")]
    return cls(**{key: _tuples(value) for key, value in fields.items()})


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value


def _tuples(value: Any) -> Any:
    if value is None:
        return math.nan
    if value in ("inf", "-inf"):
        return float(value)
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value
