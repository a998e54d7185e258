"""Progressive layered extraction: shared and task-specific experts in levels; one level is customised gate control."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, register
from workbench.features import Features
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.bottom import Bottom
from workbench.fusions.experts import BottomStages, SoftmaxGate, blend_views, mean_gate
from workbench.fusions.places import Mask

SharedExperts = Annotated[int, Field(ge=1, le=32, description="experts of all tasks, per level"), Slider(1, 8)]
OwnExperts = Annotated[int, Field(ge=1, le=32, description="experts of each task, per level"), Slider(1, 8)]

Tensors = list[Tensor]


class Level(nn.Module):
    """Experts and gates of one level.

    Args:
        shared: experts of all tasks.
        own: experts of each task.
        inputs: numbers that a gate reads.
        last: nothing comes behind, so that no gate for the shared experts' next level is needed.
    """

    def __init__(self, shared: nn.ModuleList, own: nn.ModuleList, inputs: int, last: bool) -> None:
        super().__init__()
        self.shared, self.own = shared, own
        counts = [len(experts) for experts in own]  # type: ignore[arg-type]
        self.gates = nn.ModuleList(SoftmaxGate(inputs, len(shared) + count) for count in counts)
        self.shared_gate = None if last else SoftmaxGate(inputs, len(shared) + sum(counts))


class LayeredExtraction(Sharing):
    """Levels of experts; ``levels = 1`` is CGC."""

    def __init__(
        self,
        new_encoder: NewEncoder,
        views: Sequence[str],
        tasks: Sequence[str],
        shared: int,
        own: int,
        levels: int,
        bottom: int,
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.bottom = Bottom(new_encoder, views, bottom, levels)
        for_all = [self.bottom.column() for _ in range(shared)]
        for_each = [[self.bottom.column() for _ in range(own)] for _ in tasks]
        self.levels = nn.ModuleList(
            Level(
                nn.ModuleList(column[level] for column in for_all),
                nn.ModuleList(nn.ModuleList(column[level] for column in columns) for columns in for_each),
                self.bottom.sees(level),
                last=level == levels - 1,
            )
            for level in range(levels)
        )
        self.features = dict.fromkeys(self.tasks, self.bottom.width)

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        masks, found, _ = self._pass(views, [self.tasks.index(task) for task in tasks])
        return {self.tasks[k]: self.bottom.wrap(xs, masks) for k, xs in found.items()}

    def _pass(
        self, views: dict[str, Tensor], asked: Sequence[int]
    ) -> tuple[list[Mask], dict[int, Tensors], list[dict[int, Tensor]]]:
        """Masks, what each asked task reads at the end, and the gates of every level (-1: of the shared experts)."""
        start, masks = self.bottom(views)
        common, states = start, dict.fromkeys(range(len(self.tasks)), start)
        seen_gates = []
        for number, level in enumerate(self.levels):
            last = level.shared_gate is None
            at_work = asked if last else range(len(self.tasks))  # the shared gate sees the experts of all tasks
            outputs = [expert(common, masks) for expert in level.shared]  # type: ignore[union-attr]
            mine = {k: [expert(states[k], masks) for expert in level.own[k]] for k in at_work}  # type: ignore[index, union-attr]
            gates = {k: level.gates[k](self.bottom.seen(number, states[k], masks)) for k in at_work}  # type: ignore[index, operator]
            states = {k: blend_views(gates[k], [*outputs, *mine[k]]) for k in at_work}
            if not last:
                gates[-1] = level.shared_gate(self.bottom.seen(number, common, masks))  # type: ignore[operator]
                common = blend_views(gates[-1], [*outputs, *(y for k in at_work for y in mine[k])])
            seen_gates.append(gates)
        return masks, states, seen_gates

    def own(self, task: str) -> list[nn.Parameter]:
        """The experts of the last level; and the gates of the last two: what a gate before them gives reaches, by the
        task's experts of the next level, the gate of the shared experts."""
        k = self.tasks.index(task)
        last = self.levels[-1]
        gates = [p for level in self.levels[-2:] for p in level.gates[k].parameters()]  # type: ignore[index, union-attr]
        return [*last.own[k].parameters(), *gates]  # type: ignore[index, union-attr]

    def inspect(self, views: dict[str, Tensor]) -> dict[str, Table]:
        _, _, gates = self._pass(views, range(len(self.tasks)))
        return {
            "gate" if len(gates) == 1 else f"gate of level {number}": self._table(found)
            for number, found in enumerate(gates, 1)
        }

    def _table(self, gates: dict[int, Tensor]) -> Table:
        """Mean gates of a level, tasks (and the shared gate) × all experts; NaN where a task does not read one."""
        level = self.levels[0]
        shared, own = len(level.shared), len(level.own[0])  # type: ignore[arg-type, index]
        columns = [f"shared {e}" for e in range(1, shared + 1)]
        columns += [f"{task} {e}" for task in self.tasks for e in range(1, own + 1)]
        rows = [*self.tasks, *(["shared"] if -1 in gates else [])]
        values = torch.full((len(rows), len(columns)), float("nan"))
        for k, gate in gates.items():
            mean = mean_gate(gate).float().cpu()
            if k < 0:
                values[-1] = mean
                continue
            values[k, :shared] = mean[:shared]
            values[k, shared + k * own : shared + (k + 1) * own] = mean[shared:]
        return Table(tuple(rows), tuple(columns), values)


@register("fusion", "ple", source="Tang et al., RecSys 2020")
class PLE(Fusion):
    """Progressive layered extraction: shared and task-specific experts in levels, joined by gates.

    At level l with input ``x_k`` of task k and ``x_s`` of the shared experts::

        x_k' = softmax(W_k x_k)ᵀ [E_s(x_s); E_k(x_k)]
        x_s' = softmax(W_s x_s)ᵀ [E_s(x_s); E_1(x_1); …; E_K(x_K)]     (not at the last level)

    so the shared gate sees all experts, as in the paper (LibMTL has none and lets the shared experts read ``x_k``).
    The stages of the encoder behind the first ``bottom`` ones, which are common, are cut into ``levels`` parts as even
    as can be; an expert of a level is such a part, or one fully connected layer where stages run out. Gates read
    their input pooled over positions. With ``bottom = 0`` the first level reads the views themselves, as in the paper;
    not for texts.

    Only the experts of the last level and the gates of the last two serve one task alone: the shared gate hands on
    what all others make. Recorded: the mean gates of every level.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"
    looks_around: ClassVar[bool] = True

    shared: SharedExperts = 1
    own: OwnExperts = 1
    levels: Annotated[int, Field(ge=1, le=8, description="levels of experts; 1: cgc"), Slider(1, 4)] = 2
    bottom: BottomStages = 1

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return LayeredExtraction(new_encoder, views, tasks, self.shared, self.own, self.levels, self.bottom)
