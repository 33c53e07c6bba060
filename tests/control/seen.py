"""What an edge reports of calls, for tests."""

import uuid
from typing import Any


def uuid_of(number: int) -> str:
    return str(uuid.UUID(int=number + (4 << 76)))


CALL = uuid_of(1)
PROVIDERS = (uuid_of(101), uuid_of(102))
ROUTE = uuid_of(201)


def event(kind: str, at: int, *, call: str = CALL, edge: str = "edge-1", **fields: Any) -> dict[str, Any]:
    """One event; `mono` runs like `at`, from another start."""
    common = {"v": 1, "id": str(uuid.uuid4()), "kind": kind, "edge": edge, "at": at, "mono": at * 1_000 + 7}
    return common | ({} if kind == "provider_health" else {"call": call}) | fields


def failed_over_call(call: str = CALL) -> list[dict[str, Any]]:
    """A call whose first carrier refuses and whose second one rings and answers."""
    place: dict[str, Any] = {
        "route_id": ROUTE,
        "provider_id": PROVIDERS[0],
        "target": "all",
        "priority": 1,
        "outcome": "tried",
    }
    started: dict[str, Any] = {
        "customer_id": uuid_of(301),
        "trunk_id": uuid_of(302),
        "sip_call_id": "abc@pbx",
        "source": "100",
        "source_address": "192.0.2.1",
        "dialled": "008210",
        "number": "+8210",
        "revision": 5,
        "decision": [place | {"position": 1, "reasons": ["own_route"]}],
    }
    sent: dict[str, Any] = {"route_id": ROUTE, "why": ["own_route"]}
    refused: dict[str, Any] = {
        "status": 503,
        "reason": "Service Unavailable",
        "verdict": "carrier_error",
        "action": "next",
    }
    return [
        event("call_started", 1_000, call=call, **started),
        event("attempt_sent", 1_500, call=call, n=1, provider_id=PROVIDERS[0], uri="sip:+8210@alpha", **sent),
        event("attempt_ended", 2_000, call=call, n=1, **refused),
        event("attempt_sent", 2_500, call=call, n=2, provider_id=PROVIDERS[1], uri="sip:+8210@bravo", **sent),
        event("attempt_ringing", 4_000, call=call, n=2, status=180),
        event("attempt_answered", 5_000, call=call, n=2, status=200),
        event("call_ended", 65_000, call=call, status=200, reason="OK", hangup_by="caller"),
    ]


def rejected_call(call: str = CALL, *, reason: str, status: int) -> list[dict[str, Any]]:
    """A call that got no attempt."""
    known: dict[str, Any] = {
        "source": "100",
        "source_address": "192.0.2.9",
        "dialled": "hello",
        "number": "",
        "decision": [],
    }
    return [event("call_rejected", 9_000, call=call, reason=reason, status=status, **known)]
