"""A look at the gradients every so many steps."""

from typing import Annotated

from workbench.component import Field, Slider
from workbench.schedules.base import Schedule


class Looking(Schedule):
    """Base of the schedules that look at task gradients from time to time, the first time after ``every`` steps."""

    every: Annotated[
        int, Field(ge=1, description="steps from one look at the gradients to the next"), Slider(1, 200)
    ] = 20

    def due(self, step: int) -> bool:
        return step > 0 and step % self.every == 0
