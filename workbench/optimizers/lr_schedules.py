"""torch's learning-rate schedules, by name; all count training steps."""

from typing import Annotated

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR, StepLR

from workbench.component import Field, Slider, register
from workbench.optimizers.base import LearningRateSchedule


@register("lr_schedule", "constant", tags=("core",))
class Constant(LearningRateSchedule):
    """The learning rate stays."""

    def build(self, optimizer: Optimizer, steps: int) -> None:
        return None


@register("lr_schedule", "cosine", source="Loshchilov & Hutter, ICLR 2017", tags=("core",))
class Cosine(LearningRateSchedule):
    """A linear warm-up, then half a cosine down to zero at the last step."""

    warmup: Annotated[float, Field(ge=0, lt=1, description="share of the steps that warm up"), Slider(0, 0.3)] = 0.05

    def build(self, optimizer: Optimizer, steps: int) -> LRScheduler:
        rise = round(self.warmup * steps)
        fall = CosineAnnealingLR(optimizer, T_max=max(steps - rise, 1))
        if not rise:
            return fall
        return SequentialLR(optimizer, [LinearLR(optimizer, 1 / (rise + 1), 1.0, rise), fall], milestones=[rise])


@register("lr_schedule", "step", tags=("core",))
class Step(LearningRateSchedule):
    """The learning rate is multiplied by a factor after each part of the run."""

    factor: Annotated[float, Field(gt=0, le=1, description="factor at each drop"), Slider(0.05, 0.9)] = 0.5
    drops: Annotated[int, Field(ge=1, description="number of drops, evenly spread"), Slider(1, 10)] = 2

    def build(self, optimizer: Optimizer, steps: int) -> LRScheduler:
        return StepLR(optimizer, step_size=max(steps // (self.drops + 1), 1), gamma=self.factor)
