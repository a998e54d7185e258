"""Runs inside the notebook's kernel: sees threads and tasks that fail, and threads still at work at the end."""

import logging
import sys
import threading
import time
from types import FrameType

__all__ = ["findings", "start"]

_before: set[threading.Thread] = set()
_failed: list[str] = []


class _Tasks(logging.Handler):
    """asyncio only logs an exception that nobody waits for."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            _failed.append(f"an asyncio task failed: {type(error).__name__}: {error}")


def start() -> None:
    """Remember the threads that the kernel has of itself; note every exception in a later one, and in tasks."""
    logging.getLogger("asyncio").addHandler(_Tasks(logging.ERROR))
    _before.update(threading.enumerate())
    usual = threading.excepthook

    def note(hook: threading.ExceptHookArgs) -> None:
        name = hook.thread.name if hook.thread else "?"
        _failed.append(f"thread {name!r} failed: {hook.exc_type.__name__}: {hook.exc_value}")
        usual(hook)

    threading.excepthook = note


def findings(grace: float = 3.0) -> list[str]:
    """What went wrong beside the cells, one sentence each; processes kept for the next sweep are ended first.

    Args:
        grace: seconds that threads at work may still take to end.
    """
    if "workbench.runs.sweep.local" in sys.modules:
        from workbench.runs.sweep.local import close

        close()
    until = time.monotonic() + grace
    for thread in _at_work():
        thread.join(max(0.0, until - time.monotonic()))
    return [*_failed, *(f"thread {thread.name!r} is still running at the end of the notebook" for thread in _at_work())]


def _at_work() -> list[threading.Thread]:
    """The threads since ``start`` that run code of the notebook or of the workbench.

    Idle helpers of libraries (pools, monitors, servers) have neither on their stack. A stack with nothing but
    ``threading`` itself (and what ipykernel 6 wraps around it) belongs to a thread on a C function,
    ``Thread(target=time.sleep)``: that counts.
    """
    frames = sys._current_frames()
    later = [thread for thread in threading.enumerate() if thread not in _before]
    return [thread for thread in later if thread.ident in frames and _is_ours(frames[thread.ident])]


def _is_ours(frame: FrameType | None) -> bool:
    modules = set()
    while frame is not None:
        modules.add(str(frame.f_globals.get("__name__", "")))
        frame = frame.f_back
    return modules <= {"threading", "ipykernel.ipkernel"} or any(
        module == "__main__" or module.partition(".")[0] == "workbench" for module in modules
    )
