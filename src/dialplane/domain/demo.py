"""The demo's switches: how each of its carriers can be made to behave, and what is counted of its calls."""

from collections.abc import Mapping
from enum import StrEnum


class Switch(StrEnum):
    """The position of a carrier's switch."""

    ANSWERS = "answers"
    REFUSES = "refuses"
    SILENT = "silent"
    SLOW = "slow"
    GONE = "gone"


MEANINGS: Mapping[Switch, str] = {
    Switch.ANSWERS: "Takes calls as it always does.",
    Switch.REFUSES: "Refuses each call at once with 503.",
    Switch.SILENT: "Says nothing to calls, but answers probes: each call waits 3 s for it.",
    Switch.SLOW: "Takes each call, but lets it wait 6 s before it rings.",
    Switch.GONE: "Says nothing at all, to probes neither.",
}

METADATA = "dialplane-demo"
"""The name in a provider's metadata that holds the key of its carrier."""

DETAIL = "Made by the demo"
"""The detail of its customers, trunks and routes."""

OUTAGE_S = 20
"""How long the control plane stays away when its plug is pulled."""

OUTAGE = (
    f"Kills the API and keeps it away for {OUTAGE_S} s. Calls go on: the edge decides on its own copy of the table and "
    "keeps the records until the API is back."
)

COUNTED: Mapping[str, str] = {
    "placed": "Calls that the demo's customers have made since it was started.",
    "in_progress": "Calls that go on now.",
    "answered": "Calls that were answered.",
    "not_wanted": "Calls that were busy, or whose caller gave up while it rang.",
    "nobody_left": "Calls that nobody took because each carrier of their routes was switched off, or would not have "
    "taken that number; their callers were told so.",
    "waiting": "Calls that are over and whose record has not arrived yet.",
    "lost": "Calls that a working carrier of their routes would have taken and nobody took, that got no answer at all, "
    "or whose record is still missing a minute after they ended and the API was back.",
}
"""What each counter of the demo's calls counts."""
