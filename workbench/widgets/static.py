"""The panel's twin where nobody is in front of it: it trains right away and shows the figures at rest."""

from typing import Any

from workbench.component import WorkbenchError
from workbench.runs.compare import compare
from workbench.runs.steering import Steering
from workbench.runs.train import train
from workbench.spec import Spec

__all__ = ["StaticPanel"]

OVER = (
    "Without a page the panel trains at once and its run is over: steer with wb.train(spec, steering=…), go on from a "
    "step with wb.branch(panel.run, step, …)."
)


class StaticPanel:
    """What ``wb.panel(spec)`` gives in a headless notebook: the run is over when it returns.

    A cell that starts, waits for, compares or closes a panel works with it too; what needs a run in progress says so.

    Args:
        spec: what to train.
        steering: what is to be done at which step, as for ``wb.train``.

    Attributes:
        spec: as given.
        run: the finished Run.
        session: None; nothing is in progress.
        alive: False, as nothing is.
        errors: empty; what went wrong was raised.
        message: empty.
        comparison: the comparison with single-task baselines, after ``compare()``.

    Raises:
        WorkbenchError: the run failed.
    """

    alive = False
    message = ""

    def __init__(self, spec: Spec, steering: Steering = ()) -> None:
        self.spec, self.session = spec, None
        self.errors: list[BaseException] = []
        self.comparison: Any = None
        self.run: Any = train(spec, steering=steering)

    def start(self) -> None:
        """Nothing: it was trained when it was made."""

    def wait(self) -> Any:
        """The Run; it is over."""
        return self.run

    def compare(self) -> None:
        """Train the single-task baselines and equal weighting, if they are missing, then compare."""
        self.comparison = compare(self.run)

    def close(self) -> None:
        """Nothing: it holds no widget."""

    def _over(self, *_: Any, **__: Any) -> None:
        """Not here: nothing is in progress.

        Raises:
            WorkbenchError: always; it says what to do instead.
        """
        raise WorkbenchError(OVER)

    pause = resume = step = step_task = stop = reset = set = branch = open = attach = _over

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for figure in (self.run.losses, self.run.weights, self.run.heatmap):
            try:
                display(figure())
            except WorkbenchError as error:  # no map was measured, say
                print(error)
        if self.comparison is not None:
            display(self.comparison)

    def __repr__(self) -> str:
        return f"<workbench panel, {self.run.summary['status']}>"
