"""The sentence below the state line."""

from html import escape
from typing import NamedTuple

__all__ = ["Said"]


class Said(NamedTuple):
    """What the panel says.

    Attributes:
        text: one fault a line.
        alarm: whether it is an error.
        passing: whether it is about what is in progress, so that it goes when that ends.
    """

    text: str = ""
    alarm: bool = False
    passing: bool = False

    @property
    def html(self) -> str:
        """As the page shows it; it is read out when it changes."""
        role = "alert" if self.alarm else "status"
        lines = "<br>".join(escape(line) for line in self.text.split("\n"))
        return f'<span role="{role}" class="wb-say-{role}">{lines}</span>'
