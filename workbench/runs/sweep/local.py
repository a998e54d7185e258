"""Worker processes on this machine that stay warm from one sweep to the next."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from queue import SimpleQueue
from typing import Any, NamedTuple

__all__ = ["Local", "close", "local"]

#: seconds that an idle process is kept
IDLE = 600
#: what decides how many threads a process computes with, read when its libraries are loaded
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_kept: "Local | None" = None


class _Item(NamedTuple):
    future: Future
    call: Callable[..., Any]
    args: tuple
    named: dict


class Local(Executor):
    """Processes of their own, one run at a time each, so that losing one costs one run.

    Args:
        workers: how many processes; by default one per GPU, else one per processor core.
        threads: that each computes with; by default the cores are divided evenly.

    With GPUs, process i sees GPU i modulo their number alone.
    """

    def __init__(self, workers: int | None = None, threads: int | None = None) -> None:
        cores, gpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, _gpus()
        self.workers = workers or len(gpus) or cores
        self.threads = threads or max(1, cores // self.workers)
        self._items: SimpleQueue[_Item | None] = SimpleQueue()
        self._slots = [
            threading.Thread(target=self._serve, args=(self._environment(i, gpus),), daemon=True, name=f"sweep {i}")
            for i in range(self.workers)
        ]
        for slot in self._slots:
            slot.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Call it in the next free process; a future."""
        future: Future = Future()
        self._items.put(_Item(future, fn, args, kwargs))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the processes end when they are done."""
        while cancel_futures and not self._items.empty():
            item = self._items.get()
            if item is not None:
                item.future.cancel()
        for _ in self._slots:
            self._items.put(None)
        if wait:
            for slot in self._slots:
                slot.join()

    def _environment(self, number: int, gpus: list[str]) -> dict[str, str]:
        found = dict.fromkeys(THREADS, str(self.threads))
        if gpus:
            found["CUDA_VISIBLE_DEVICES"] = gpus[number % len(gpus)]
        return found

    def _serve(self, environment: dict[str, str]) -> None:
        """One process, started at its first item, and anew where it was lost."""
        process: Any = None
        while (item := self._items.get()) is not None:
            if not item.future.set_running_or_notify_cancel():
                continue
            try:
                process = process or _process(environment)
                item.future.set_result(process.submit(item.call, *item.args, **item.named).result())
            except BrokenExecutor as error:
                process = None
                item.future.set_exception(error)
            except BaseException as error:  # noqa: BLE001 (the caller's, through the future)
                item.future.set_exception(error)
        if process is not None:
            process.shutdown(wait=True)


def local(workers: int | None = None) -> Local:
    """The processes of the last sweep where they fit, else new ones."""
    global _kept
    if _kept is None or (workers is not None and _kept.workers != workers):
        if _kept is not None:
            _kept.shutdown(wait=False)
        _kept = Local(workers)
    return _kept


def close() -> None:
    """End the processes that are kept warm for the next sweep; runs that they are at are waited for."""
    global _kept
    if _kept is not None:
        _kept.shutdown()
        _kept = None


def _process(environment: dict[str, str]) -> Any:
    """An executor of one process that does not import the main script again."""
    from loky import ProcessPoolExecutor
    from loky.backend import get_context

    return ProcessPoolExecutor(1, timeout=IDLE, context=get_context("loky"), env=environment)


def _gpus() -> list[str]:
    """The GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` names them."""
    import torch

    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    return [name for name in named.split(",") if name] if named else [str(i) for i in range(torch.cuda.device_count())]
