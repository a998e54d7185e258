"""Is the page still there? Asked where a page owns its kernel and nobody could come back to it."""

import os
from collections.abc import Mapping
from time import monotonic

__all__ = ["BEAT", "GONE", "Presence"]

#: seconds between two signs of life of a page
BEAT = 20
#: seconds without one after which a page is gone; browsers let a hidden page speak once a minute at least
GONE = 150.0
#: set in kernels that Voilà starts: a reload there starts another kernel and leaves this one alone
OWNED = "VOILA_KERNEL_ID"


class Presence:
    """When a page was heard of last.

    Args:
        environment: of this process.

    Attributes:
        beat: seconds between two signs of life; 0: none are asked for, since pages come and go and the kernel stays.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self.beat = BEAT if environment.get(OWNED) else 0
        self._heard = monotonic()

    def hear(self) -> None:
        """A page gave a sign of life."""
        self._heard = monotonic()

    @property
    def gone(self) -> bool:
        """Whether nobody was heard of for too long."""
        return bool(self.beat) and monotonic() - self._heard > GONE
