"""What a person does to a button."""

from collections.abc import Callable
from functools import wraps
from time import monotonic

__all__ = ["once"]

#: seconds after a call within which another click belongs to the same double click
MOMENT = 0.5


def once(action: Callable[[], object]) -> Callable[[], None]:
    """``action`` for a button that is often clicked twice: the second half of a double click does nothing.

    It comes when the first call is over, however long that took.
    """
    last = float("-inf")

    @wraps(action)
    def clicked() -> None:
        nonlocal last
        if monotonic() - last > MOMENT:
            try:
                action()
            finally:
                last = monotonic()

    return clicked
