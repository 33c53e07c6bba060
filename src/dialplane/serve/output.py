"""The lines that a person who runs Dialplane reads: one for each thing that matters."""

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from dialplane.serve.journal import Journal

LABEL_WIDTH = 10
_LEVELS = {"yellow": "warning", "red": "error"}
"""Style -> level of the line in a journal."""


class CannotStart(Exception):
    """`what` is wrong, in one sentence, and the `remedy`, in another, for a person who sees it for the first time."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy


class Output:
    """Prints whole lines as they are: not wrapped, and without markup. Its library is loaded with the first one.

    With a `journal` they are lines of that.
    """

    def __init__(self) -> None:
        self.journal: Journal | None = None

    @cached_property
    def console(self) -> "Console":
        """The terminal, or what stands for it in the journal."""
        from rich.console import Console

        return Console(highlight=False, file=self.journal.stream() if self.journal else None)

    def say(self, line: str, *, style: str = "") -> None:
        """Print one line. A terminal that is gone, or cannot show it, is no reason to end."""
        if self.journal is not None:
            self.journal.put(line, level=_LEVELS.get(style, ""))
            return
        from rich.text import Text

        with suppress(OSError, ValueError):
            self.console.print(Text(line, style=style), soft_wrap=True)

    def close(self) -> None:
        """Write what waits in the journal."""
        if self.journal is not None:
            self.journal.close()

    def fact(self, label: str, value: str) -> None:
        """Print a value behind its label."""
        self.say(f"{label:<{LABEL_WIDTH}} {value}")

    def warn(self, line: str) -> None:
        """Print a line about something that needs attention."""
        self.say(line, style="yellow")

    def cannot_start(self, error: CannotStart) -> None:
        """Print why Dialplane does not start, and the remedy."""
        self.say(f"Dialplane does not start. {error.what}", style="red")
        self._say_remedy(error)

    def refused(self, error: CannotStart) -> None:
        """Print why a command, which is not to start Dialplane, was not carried out, and the remedy."""
        self.say(error.what, style="red")
        self._say_remedy(error)

    def _say_remedy(self, error: CannotStart) -> None:
        if error.remedy:
            self.say(error.remedy)
