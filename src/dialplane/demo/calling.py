"""Places a call through the edge, and finds its record."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import TypeVar

from dialplane.client import Client
from dialplane.client.schemas import CallAnswer
from dialplane.domain.errors import DialplaneError, InvalidValue
from dialplane.domain.hostname import split_hostname
from dialplane.domain.instants import NEVER, format_instant
from dialplane_simulator.caller import open_caller
from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.timers import Timers
from dialplane_simulator.wire import Peer

POLL_S = 0.05
NEVER_TEXT = format_instant(NEVER)
T = TypeVar("T")


class DemoFailed(DialplaneError):
    """Something the demo waited for did not come in time; the message says what and where to look."""


def place_call(sip_address: str, number: str, *, talk_s: float = 2.0, transport: str = "udp") -> CallResult:
    """Call the number through the edge at `host:port`, talk, hang up. Blocks until the call is over.

    Raises InvalidValue for an address that is none, OSError where it cannot be reached from here.
    """
    edge = peer_at(sip_address, transport=transport)

    async def run() -> CallResult:
        async with open_caller(host=source_towards(edge)) as caller:
            return await caller.call(CallPlan(to=edge, user=number, talk_s=talk_s))

    return asyncio.run(run())


def wait_until_answering(sip_address: str, *, deadline_s: float = 20.0) -> None:
    """Until the edge answers an OPTIONS, with whatever status. Raises DemoFailed."""
    edge = peer_at(sip_address, transport="udp")

    async def run() -> bool:
        async with open_caller(host=source_towards(edge), timers=Timers(t1_s=0.1, t2_s=0.2)) as caller:
            give_up = time.monotonic() + deadline_s
            while time.monotonic() < give_up:
                if await caller.probe(edge) is not None:
                    return True
            return False

    if not asyncio.run(run()):
        raise DemoFailed(f"the edge does not answer SIP at {sip_address}: see logs/kamailio.log in the data folder")


def wait_until_used(revision: int, edge_revision: Callable[[], int | None], *, deadline_s: float = 20.0) -> None:
    """Until the edge's table has this revision (`edge_revision()`: None while there is no table). Raises DemoFailed."""

    def reached() -> bool | None:
        return (edge_revision() or 0) >= revision or None

    if _poll(reached, deadline_s) is None:
        raise DemoFailed("the edge did not take over the demo's routes: see logs/agent.log in the data folder")


def fetch_call(client: Client, result: CallResult, *, number: str | None, deadline_s: float = 10.0) -> CallAnswer:
    """The record of a call that is over, complete or as far as it is known at the deadline.

    `number` is the normalised one, None where there is none. Raises ApiError, and DemoFailed where there is no
    record at all.
    """
    found: CallAnswer | None = None

    def complete() -> CallAnswer | None:
        nonlocal found
        page = client.calls.list(number=number, page_size=20)
        found = next((call for call in page["result"] if call["sip_call_id"] == result.call_id), found)
        return found if found and is_complete(found) else None

    call = _poll(complete, deadline_s) or found
    if call is None:
        raise DemoFailed("the call is in no record yet: see logs/agent.log in the data folder")
    return call


def is_complete(call: CallAnswer) -> bool:
    """Whether the call and all of its attempts have their end."""
    sent = [item for item in call["attempts"] if item["tm_sent"] != NEVER_TEXT]
    return call["status"] == "ended" and all(item["tm_ended"] != NEVER_TEXT for item in sent)


def peer_at(sip_address: str, *, transport: str) -> Peer:
    """The edge at `host:port`; one that listens everywhere is called on loopback. Raises InvalidValue."""
    parsed = split_hostname(sip_address, field="sip")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}.get(parsed.host, parsed.host)
    try:
        found = socket.getaddrinfo(host, parsed.port or 5060, type=socket.SOCK_DGRAM)
    except OSError:
        raise InvalidValue("sip", "unknown_host", "must be the address of the edge, like 127.0.0.1:5060") from None
    return Peer(transport, str(found[0][4][0]), parsed.port or 5060)


def source_towards(peer: Peer) -> str:
    """Our own address as this peer will see it. Raises OSError where there is no way to it."""
    family = socket.AF_INET6 if ":" in peer.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((peer.host, peer.port))
        return str(probe.getsockname()[0])


def _poll(ask: Callable[[], T | None], deadline_s: float) -> T | None:
    """The first answer that is not None, or None at the deadline."""
    give_up = time.monotonic() + deadline_s
    while (answer := ask()) is None:
        if time.monotonic() >= give_up:
            return None
        time.sleep(POLL_S)
    return answer
