"""Many faults, told in a few sentences."""

from collections.abc import Iterable
from itertools import islice

#: at most so many faults of one kind are listed
LISTED = 10


def shortened(faults: Iterable[str], total: int, what: str = "such faults") -> list[str]:
    """The first faults, and how many more there are.

    Args:
        faults: a sentence each; no more are asked for than are listed.
        total: how many there are.
        what: what those not listed are called.
    """
    return [*islice(faults, LISTED), *([f"… and {total - LISTED} more {what}."] if total > LISTED else [])]
