"""The workers of a Dask scheduler as an executor."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from workbench.component import WorkbenchError

__all__ = ["cluster"]

#: seconds to wait for a scheduler
PATIENCE = "10s"


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of the Dask scheduler at an address, as long as it lasts.

    Dask starts workers over SSH, Slurm, Kubernetes and others (``dask.distributed``, ``dask-jobqueue``,
    ``dask-kubernetes``); all of them must see the store under the same path.

    Raises:
        WorkbenchError: Dask is not installed, nobody answers, or there is no worker.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise WorkbenchError("A Dask address needs the package 'distributed': pip install distributed.") from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = str(error).split("\n")[0]
        raise WorkbenchError(
            f"No Dask scheduler answers at {address!r} ({reason}); start one with 'dask scheduler'."
        ) from None
    try:
        if not client.nthreads():
            raise WorkbenchError(
                f"The Dask scheduler at {address!r} has no worker; start one with 'dask worker {address}'."
            )
        yield client.get_executor(pure=False)
    finally:
        client.close()
