"""The panel's twin where nobody is in front of it: it trains right away and shows the figures at rest."""

from typing import Any

from workbench.component import WorkbenchError
from workbench.runs.train import train
from workbench.spec import Spec

__all__ = ["StaticPanel"]


class StaticPanel:
    """What ``wb.panel(spec)`` gives in a headless notebook: the run is over when it returns.

    Args:
        spec: what to train.

    Attributes:
        spec: as given.
        run: the finished Run.
        session: None; nothing is in progress.
        errors: empty; what went wrong was raised.

    Raises:
        WorkbenchError: the run failed.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec, self.session = spec, None
        self.errors: list[BaseException] = []
        self.run: Any = train(spec)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for figure in (self.run.losses, self.run.weights, self.run.heatmap):
            try:
                display(figure())
            except WorkbenchError as error:  # no map was measured, say
                print(error)

    def __repr__(self) -> str:
        return f"<workbench panel, {self.run.summary['status']}>"
