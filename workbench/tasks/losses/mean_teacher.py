"""Mean teacher."""

import math
from typing import Annotated, Any, ClassVar

from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.tasks.losses.base import Loss


@register("loss", "mean_teacher", source="Tarvainen & Valpola, NeurIPS 2017")
class MeanTeacher(Loss):
    """Mean teacher: agree with the running mean of the model's own weights, also where a label is missing.

    ``L = mean over labels of ℓ + λ(e) · mean over examples of ‖f(x; θ) − f(x; θ_T)‖²``, ℓ the task's own loss, f the
    probabilities ``softmax(z)`` of the scores z (for numbers the standardised prediction itself). The teacher is the
    same model with ``θ_T ← m θ_T + (1 − m) θ`` after every update, ``m = min(decay, 1 − 1/(t + 1))`` after t updates: a
    plain mean at first. It is in training mode too, with dropout of its own, and no gradient goes through it. In epoch
    e, from 0, ``λ(e) = consistency · exp(−5 (1 − x)²)`` with ``x = min(1, e / ramp)``.

    A batch without a single label still trains the task. Validation and test are those of the model, by ℓ alone. The
    teacher is saved with the run, which resumes and replays to the same numbers; it costs a forward pass a step, and
    the memory of a second model. All tasks have one teacher, each member of an ensemble has its own.

    Without dropout all that sets the two apart is that the teacher is late. The paper's code differs: it changes the
    input for each of them in another way, where both get the same (augmented) batch here; it averages over classes,
    where we sum, so that its λ = 100 for ten classes is 10 here; it divides the loss of the labels by the size of the
    batch, where we take their mean; its teacher has running means of its own in batch normalisation, and it is the
    teacher that predicts. With 30 labels of the digits λ = 10 held the model back; look whether it pays at all.

    Shapes: scores ``[batch, classes]`` or ``[batch, 1]``, targets ``[batch]``, missing ones -100 or NaN.
    """

    fits: ClassVar[tuple[str, ...]] = ("classification", "regression")

    consistency: Annotated[
        float, Field(ge=0, description="weight λ of agreeing with the teacher, once it is ramped up"), Slider(0, 20)
    ] = 1.0
    decay: Annotated[
        float, Field(ge=0, lt=1, description="share m of the teacher that an update leaves"), Slider(0.9, 0.999)
    ] = 0.99
    ramp: Annotated[int, Field(ge=0, description="epochs until λ has its full size"), Slider(0, 30)] = 5

    def setup(self) -> None:
        self.epoch = 0

    def enter(self, epoch: int) -> None:
        self.epoch = epoch

    @property
    def teacher_decay(self) -> float | None:
        return self.decay if self.consistency > 0 else None

    @property
    def weight(self) -> float:
        """λ in this epoch."""
        x = min(1.0, self.epoch / self.ramp) if self.ramp else 1.0
        return self.consistency * math.exp(-5 * (1 - x) ** 2)

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        return self.task.losses(output, target)

    def disagreement(self, output: Any, expected: Any) -> Tensor:
        ours, theirs = self.scores(output), self.scores(expected)
        if self.task.kind == "classification":
            ours, theirs = ours.softmax(-1), theirs.softmax(-1)
        return self.weight * (ours - theirs).square().sum(-1)
