"""What a way of making a model smaller is given, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    import pandas as pd

    from workbench.problems.base import Data
    from workbench.runs.run import Run
    from workbench.spec import Spec


@dataclass(frozen=True)
class Original:
    """A trained model that is to become smaller.

    Attributes:
        run: that trained it.
        model: on the CPU, in evaluation mode; not to be changed.
        data: of the run, on the CPU.
        answers: linear models that answer in its place, by task.
    """

    run: "Run"
    model: nn.Module
    data: "Data"
    answers: Mapping[str, Any]


@dataclass(frozen=True)
class Made:
    """A smaller model.

    Attributes:
        name: what was done, in a few words.
        model: on the CPU, in evaluation mode.
        data: that it reads.
        spec: from which its module can be built again.
        parameters: numbers it holds; those that were pruned are not counted.
        notes: sentences on what to keep in mind.
        sensitivity: what each layer costs each task, where that was measured.
        history: how it was trained, where it was.
    """

    name: str
    model: nn.Module
    data: "Data"
    spec: "Spec"
    parameters: int
    notes: list[str] = field(default_factory=list)
    sensitivity: "pd.DataFrame | None" = None
    history: "pd.DataFrame | None" = None


def numbers(model: nn.Module) -> int:
    """Parameters of a model."""
    return sum(p.numel() for p in model.parameters())


def plain(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state as safetensors takes it: in one piece, nothing shared."""
    return {name: x.detach().contiguous().clone() for name, x in state.items()}
