"""Load what a run needs while a person still looks at the panel, so that Start is answered at once."""

import threading

from workbench.spec import Spec

__all__ = ["warm"]


def warm(spec: Spec) -> threading.Thread:
    """Import in a thread what building a run imports: together about four seconds on a small laptop.

    Args:
        spec: what will probably be started.
    """

    def work() -> None:
        import sklearn.datasets  # noqa: F401
        import torch
        import torchmetrics.functional  # noqa: F401

        # the first optimiser of a process makes torch import its compiler
        spec.build("optimizer").build([{"params": [torch.zeros(1, requires_grad=True)]}], spec.lr)

    thread = threading.Thread(target=work, name="workbench warm-up", daemon=True)
    thread.start()
    return thread
