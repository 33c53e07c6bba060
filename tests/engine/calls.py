"""Call records in the API's form, built from offsets, for the timeline's golden cases."""

from collections.abc import Mapping
from typing import Any

from dialplane.domain.instants import NEVER, format_instant

START_US = 1_790_000_000_000_000
ALPHA = "00000000-0000-4000-8000-00000000000a"
BRAVO = "00000000-0000-4000-8000-00000000000b"
NAMES = {ALPHA: "Alpha", BRAVO: "Bravo"}


def at(offset_ms: float | None) -> str:
    """The instant this long after the call came in, or "has not happened"."""
    return format_instant(NEVER if offset_ms is None else START_US + round(offset_ms * 1000))


def attempt(number: int, provider_id: str, **given: Any) -> dict[str, Any]:
    times = {name: at(given.pop(name, None)) for name in ("tm_sent", "tm_ringing", "tm_answered", "tm_ended")}
    port = {ALPHA: 41001, BRAVO: 41002}[provider_id]
    blank: dict[str, Any] = {
        "sip_status": None,
        "sip_reason": "",
        "verdict": None,
        "action": "",
        "why": [],
        "late_answer": False,
        "pdd_ms": None,
        "duration_ms": None,
    }
    uri = f"sip:+821012345678@127.0.0.1:{port}"
    return {"number": number, "provider_id": provider_id, "route_id": "r", "uri": uri, **times, **blank, **given}


def call(*attempts: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    ours = {"tm_ringing": "tm_ringing", "tm_answered": "tm_progressing", "tm_ended": "tm_hangup"}
    times = {name: at(given.pop(offset, None)) for offset, name in ours.items()}
    source = {"type": "tel", "target": given.pop("source", "+15550100")}
    decision = [
        {"provider_id": item["provider_id"], "outcome": "tried", "position": item["number"]} for item in attempts
    ]
    return {
        "source": source,
        "source_address": "192.0.2.10",
        "edge": "edge-1",
        "dialled": "+821012345678",
        "number": "+821012345678",
        "status": "hangup",
        "sip_status": None,
        "reason": "",
        "ended_by": given.pop("hangup_by", ""),
        "tm_start": at(0),
        **times,
        "attempts": list(attempts),
        "decision": decision,
        **given,
    }
