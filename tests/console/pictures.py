"""Which pages of the console README and documents show."""

from collections.abc import Mapping
from dataclasses import dataclass

WIDTH, HEIGHT, SCALE = 1440, 900, 1.25
"""Of the browser's window, in CSS pixels, and how many of the picture's are one of these."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`path`: the page, with {call} and {bravo} for ids. `shows`: a text that the page must have."""

    path: str
    shows: str


PAGES: Mapping[str, Picture] = {
    "overview": Picture("/", "Attempts a minute"),
    "test": Picture("/test?number=%2B821021656521", "Why here"),
    "call": Picture("/calls/{call}", "Answered by Bravo"),
    "provider": Picture("/providers/{bravo}", "would have been left"),
    "routes": Picture("/routes?sort=target", "System default"),
}
"""Name of the picture -> what it shows."""
