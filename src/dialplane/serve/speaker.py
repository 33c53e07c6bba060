"""What a person who runs Dialplane reads: one line for each thing that matters."""

from contextlib import suppress

from rich.console import Console
from rich.text import Text

from dialplane.serve.refusal import CannotStart

LABEL = 10


class Speaker:
    """Prints whole lines, as they are: never broken, never interpreted."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def say(self, line: str, *, style: str = "") -> None:
        """One line. A terminal that is gone is no reason to end."""
        with suppress(OSError):
            self.console.print(Text(line, style=style), soft_wrap=True)

    def fact(self, label: str, value: str) -> None:
        """A label and what it stands for."""
        self.say(f"{label:<{LABEL}} {value}")

    def warn(self, line: str) -> None:
        """Something that a person should do something about."""
        self.say(line, style="yellow")

    def refuse(self, refusal: CannotStart) -> None:
        """Why Dialplane does not start, and how to mend it."""
        self.say(f"Dialplane does not start. {refusal.what}", style="red")
        self.say(refusal.mend)
