"""Standard output for people, which shows what its encoding lacks as escapes instead of failing."""

import sys
from io import TextIOWrapper


def print_everything() -> None:
    """Let standard output print any text, in a terminal that knows ASCII alone too."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
