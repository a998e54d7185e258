"""The workers of a Dask scheduler as an executor."""

import gc
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pkgutil import resolve_name
from time import monotonic
from typing import Any

from workbench import __version__
from workbench.component import WorkbenchError

__all__ = ["LOOK", "Cluster", "cluster"]

#: seconds to wait for a scheduler
PATIENCE = "10s"
#: seconds between two looks at the workers
LOOK = 2.0
#: seconds to wait for a worker where there is none: workers of Slurm and its like come late
LONELY = 300


class Cluster(Executor):
    """The workers of a Dask scheduler, which may come and go.

    Args:
        client: connected to the scheduler.
        address: of the scheduler, for messages.
    """

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        self.pool = client.get_executor(pure=False)
        self._asked: set[str] = set()
        self._seen = monotonic()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Call it on a free worker; a future."""
        return self.pool.submit(fn, *args, **kwargs)

    def look(self) -> int:
        """How many workers there are; those that are new are asked for their workbench.

        A worker without it would end as soon as it is given a run, and no other would be told why. What they are asked
        is therefore a function of the standard library.

        Raises:
            WorkbenchError: a worker without the workbench or with another version, no worker for ``LONELY`` seconds,
                or no scheduler any more.
        """
        try:
            workers = set(self.client.nthreads())
            new = sorted(workers - self._asked)
            ask = {"workers": new, "on_error": "return"}
            said = self.client.run(resolve_name, "workbench:__version__", **ask) if new else {}
        except OSError as error:
            raise WorkbenchError(f"The Dask scheduler at {self.address!r} answers no more ({error}).") from None
        if workers:
            self._seen = monotonic()
        elif monotonic() - self._seen >= LONELY:
            raise WorkbenchError(
                f"The Dask scheduler at {self.address!r} has had no worker for {LONELY:g} seconds; start one with "
                f"'dask worker {self.address}'."
            )
        answers = {worker: found for worker, found in said.items() if not isinstance(found, OSError)}  # others are gone
        self._asked |= set(answers)
        unfit: dict[str, list[str]] = {}
        for worker, found in answers.items():
            if found != __version__:
                unfit.setdefault(_unfit(found), []).append(worker)
        if unfit:
            raise WorkbenchError(*(f"{_named(those)} {reason}" for reason, those in unfit.items()))
        return len(workers)


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """The workers of the Dask scheduler at an address, as long as it lasts.

    Dask starts workers over SSH, Slurm, Kubernetes and others (``dask.distributed``, ``dask-jobqueue``,
    ``dask-kubernetes``); all of them must have this version of the workbench, and see the store under the same path.

    Raises:
        WorkbenchError: Dask is not installed, nobody answers, or a worker without this version of the workbench.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise WorkbenchError("A Dask address needs the package 'distributed': pip install distributed.") from None
    client, reason = None, ""
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = str(error).split("\n")[0]
    if client is None:
        gc.collect()  # the half-made client ends now: where that happens while Dask starts something else, Dask hangs
        raise WorkbenchError(f"No Dask scheduler answers at {address!r} ({reason}); start one with 'dask scheduler'.")
    try:
        found = Cluster(client, address)
        if not found.look():
            warnings.warn(
                f"The Dask scheduler at {address!r} has no worker yet; one is waited for {LONELY:g} seconds long, "
                f"'dask worker {address}' starts it.",
                RuntimeWarning,
                stacklevel=2,
            )
        yield found
    finally:
        client.close()


def _unfit(found: Any) -> str:
    """Why a worker that says this of its workbench cannot do a run."""
    if isinstance(found, Exception):
        return f"has no workbench ({found}); install version {__version__} where it runs."
    return f"has workbench {found}, here it is {__version__}; install the same version on both."


def _named(workers: list[str]) -> str:
    more = f" (and {len(workers) - 1} more)" if len(workers) > 1 else ""
    return f"The Dask worker at {workers[0]!r}{more}"
