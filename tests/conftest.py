"""Fixtures for every test; above all the trap for exceptions that would vanish."""

import logging
import random
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from traitlets.log import get_logger


class SilentFailure(AssertionError):
    """An exception was raised where nobody would have seen it."""


class _Listener(logging.Handler):
    """ipywidgets logs what a callback raises, and goes on."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.found = found

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.found.append(f"widget callback: {record.exc_info[1]!r}")


@contextmanager
def _no_silent_failures() -> Iterator[None]:
    found: list[str] = []
    listener, logger = _Listener(found), get_logger()
    outer = [handler for handler in logger.handlers if isinstance(handler, _Listener)]  # what falls in here is ours
    thread_hook, unraisable_hook = threading.excepthook, sys.unraisablehook
    threading.excepthook = lambda args: found.append(f"thread {args.thread and args.thread.name}: {args.exc_value!r}")
    sys.unraisablehook = lambda args: found.append(f"unraisable in {args.object!r}: {args.exc_value!r}")
    logger.handlers = [handler for handler in logger.handlers if handler not in outer] + [listener]
    try:
        yield
    finally:
        logger.handlers = [handler for handler in logger.handlers if handler is not listener] + outer
        threading.excepthook, sys.unraisablehook = thread_hook, unraisable_hook
    if found:
        raise SilentFailure("; ".join(found))


@pytest.fixture(autouse=True)
def no_silent_failures() -> Iterator[None]:
    """Exceptions in widget callbacks, in threads and in finalisers fail the test in which they happen."""
    with _no_silent_failures():
        yield


@pytest.fixture
def trap():
    """The same trap as a context manager that raises ``trap.Failure``, to test what should fall into it."""
    _no_silent_failures.Failure = SilentFailure  # type: ignore[attr-defined]
    return _no_silent_failures


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard() -> None:
    """A shell lets programs in its background ignore Ctrl-C, and so would everything that tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _same_chance() -> None:
    """Every test draws the same random numbers, whatever ran before it."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
