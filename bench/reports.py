"""What edges report of calls, in batches as companions send them: most calls fail over once and are answered."""

import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

CUSTOMERS = [str(uuid.UUID(int=n + (1 << 80))) for n in range(12)]
PROVIDERS = [str(uuid.UUID(int=n + (2 << 80))) for n in range(13)]
TRUNKS = [str(uuid.UUID(int=n + (3 << 80))) for n in range(24)]
ROUTES = [str(uuid.UUID(int=n + (4 << 80))) for n in range(600)]
EDGES = ("edge-1", "edge-2", "edge-3")
BATCH_CALLS = 280
"""Calls of a full batch: seven events each, 2,000 at most."""

STAYS = 3
"""Batches after which the end of a call is reported."""


def batches(*, calls: int, began_us: int, seed: int = 0) -> Iterator[bytes]:
    """Bodies of `POST /v1.0/events` of so many calls, which come in 1 ms one after the other from `began_us` on."""
    chosen = random.Random(seed)
    ends: list[list[dict[str, Any]]] = []
    for first in range(0, calls, BATCH_CALLS):
        begun, ended = list[dict[str, Any]](), list[dict[str, Any]]()
        for n in range(first, min(first + BATCH_CALLS, calls)):
            *events, end = call(chosen, began_us + n * 1_000)
            begun += events
            ended.append(end)
        ends.append(ended)
        yield _body(begun + (ends.pop(0) if len(ends) > STAYS else []))
    for ended in ends:
        yield _body(ended)


def _body(events: list[dict[str, Any]]) -> bytes:
    return json.dumps({"edge": EDGES[0], "events": events}, separators=(",", ":")).encode()


def call(chosen: random.Random, at: int) -> list[dict[str, Any]]:
    """The events of one call from `at` on, its end the last. The id is one of time, as edges make them."""
    id_ = uuid.UUID(int=(at // 1_000 << 80) | (7 << 76) | chosen.getrandbits(76) & ~(3 << 62) | (2 << 62))
    route = chosen.randrange(len(ROUTES))
    customer = chosen.randrange(len(CUSTOMERS))
    carriers = [PROVIDERS[(route + n) % len(PROVIDERS)] for n in range(3)]
    number = f"+44{chosen.randrange(10**9):09}"
    considered = [
        {"route_id": ROUTES[(route + n) % 600], "provider_id": carriers[n], "target": "+44", "priority": n + 1,
         "outcome": "tried", "position": n + 1, "reasons": ["own_route"]}
        for n in range(3)
    ]  # fmt: skip
    begun = {
        "customer_id": CUSTOMERS[customer], "trunk_id": TRUNKS[2 * customer + chosen.randrange(2)],
        "sip_call_id": f"{id_}@pbx", "source": "+15550100", "source_address": "192.0.2.1", "dialled": number,
        "number": number, "revision": 7, "decision": considered,
    }  # fmt: skip
    sent = [{"provider_id": carriers[n], "route_id": ROUTES[(route + n) % 600], "why": ["own_route"],
             "uri": f"sip:{number}@carrier{n}.example"} for n in range(2)]  # fmt: skip
    rings = chosen.randrange(200_000, 4_000_000)
    refused = {"status": 503, "reason": "Service Unavailable", "verdict": "carrier_error", "action": "next"}

    def event(kind: str, after: int, **fields: Any) -> dict[str, Any]:
        return {
            "kind": kind, "v": 1, "id": str(uuid.UUID(int=chosen.getrandbits(128))), "edge": EDGES[0], "at": at + after,
            "mono": (at + after) * 1_000, "call": str(id_), **fields,
        }  # fmt: skip

    return [
        event("call_started", 0, **begun),
        event("attempt_sent", 400, n=1, **sent[0]),
        event("attempt_ended", 30_000, n=1, **refused),
        event("attempt_sent", 30_400, n=2, **sent[1]),
        event("attempt_ringing", rings, n=2, status=180),
        event("attempt_answered", rings + 3_000_000, n=2, status=200, tag="a7c1"),
        event("call_ended", rings + 93_000_000, status=200, reason="OK", hangup_by="caller"),
    ]
