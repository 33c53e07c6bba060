"""Places a call through the edge, finds its record, prints it as a timeline."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from rich.console import Console

from dialplane.client import Client
from dialplane.client.schemas import CallAnswer
from dialplane.demo.screen import print_timeline
from dialplane.domain.errors import DialplaneError, InvalidValue
from dialplane.domain.hostname import split_hostname
from dialplane.domain.instants import NEVER, format_instant
from dialplane.engine.number import normalise
from dialplane.system.address import resolve, source_address
from dialplane_simulator.caller import open_caller
from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.timers import Timers
from dialplane_simulator.wire import Peer

POLL_S = 0.05
SIP_PORT = 5060
RECORD_WITHIN_S = 10.0
WITHOUT_RECORD_S = 3.0
_OF_NO_TRUNK = 403
"""The answer to callers of no trunk, whose calls have no record; other refusals with this status have one."""
NEVER_TEXT = format_instant(NEVER)
T = TypeVar("T")


class DemoFailed(DialplaneError):
    """Something did not happen in time; the message says what, and where to look."""


def call_and_print(console: Console, client: Client, *, sip: str, number: str) -> None:
    """Place a call through the edge at `sip`, wait for its record, print it.

    Raises InvalidValue, OSError, ApiError and DemoFailed.
    """
    print_record(console, client, place_call(sip, number), number=number)


def print_record(console: Console, client: Client, result: CallResult, *, number: str) -> None:
    """Wait for the record of a call to the number, which is over, and print it. Raises ApiError and DemoFailed."""
    names = {provider["id"]: provider["name"] for provider in client.providers.all()}
    deadline_s = WITHOUT_RECORD_S if result.status == _OF_NO_TRUNK else RECORD_WITHIN_S
    call = fetch_call(client, result, number=normalise(number).number, deadline_s=deadline_s)
    print_timeline(console, call, names=names)


def place_call(sip_address: str, number: str, *, talk_s: float = 2.0, transport: str = "udp") -> CallResult:
    """Call the number through the edge at `host:port`, talk, hang up. Blocks until the call is over.

    Raises InvalidValue if the address is none, OSError if it cannot be reached from here.
    """
    edge = peer_at(sip_address, transport=transport)

    async def run() -> CallResult:
        async with open_caller(host=source_address(edge.host)) as caller:
            return await caller.call(CallPlan(to=edge, user=number, talk_s=talk_s))

    return asyncio.run(run())


def wait_until_answering(sip_address: str, *, deadline_s: float = 20.0) -> None:
    """Wait until the edge or a carrier answers an OPTIONS, with whatever status. Raises DemoFailed."""
    peer = peer_at(sip_address, transport="udp")

    async def run() -> bool:
        async with open_caller(host=source_address(peer.host), timers=Timers(t1_s=0.1, t2_s=0.2)) as caller:
            give_up = time.monotonic() + deadline_s
            while time.monotonic() < give_up:
                if await caller.probe(peer) is not None:
                    return True
            return False

    if not asyncio.run(run()):
        raise DemoFailed(f"nobody answers SIP at {sip_address}: see the logs in the data folder")


def wait_until_used(revision: int, edge_revision: Callable[[], int | None], *, deadline_s: float = 20.0) -> None:
    """Wait until the edge's table has this revision (`edge_revision()`: None without a table). Raises DemoFailed."""

    def reached() -> bool | None:
        return (edge_revision() or 0) >= revision or None

    if _poll(reached, deadline_s) is None:
        raise DemoFailed("the edge did not take over the demo's routes: see logs/companion.log in the data folder")


def fetch_call(
    client: Client, result: CallResult, *, number: str | None, deadline_s: float = RECORD_WITHIN_S
) -> CallAnswer:
    """The record of a call that is over, with its decision; complete, or as far as it has arrived at the deadline.

    `number` is the normalised one, None if it is no number. Raises ApiError, and DemoFailed if there is no record.
    """
    found: CallAnswer | None = None

    def complete() -> CallAnswer | None:
        nonlocal found
        page = client.calls.list(number=number, page_size=20)
        found = next((call for call in page["result"] if call["sip_call_id"] == result.call_id), found)
        return found if found and is_complete(found) else None

    call = _poll(complete, deadline_s) or found
    if call is None:
        raise DemoFailed(_no_record(result))
    return client.calls.get(call["id"])


def _no_record(result: CallResult) -> str:
    if result.status == _OF_NO_TRUNK:
        return f"the call got {heard(result)} and is in no record: it belongs to no customer's trunk"
    return f"the call got {heard(result)} and is in no record yet: see logs/companion.log in the data folder"


def heard(result: CallResult) -> str:
    """What the caller heard in the end, as in `200 OK`."""
    return f"{result.status} {result.reason}" if result.status else f"no answer ({result.failure})"


def is_complete(call: CallAnswer) -> bool:
    """Whether the call and all of its attempts have their end."""
    sent = [item for item in call["attempts"] if item["tm_sent"] != NEVER_TEXT]
    return call["tm_hangup"] != NEVER_TEXT and all(item["tm_ended"] != NEVER_TEXT for item in sent)


def peer_at(sip_address: str, *, transport: str) -> Peer:
    """The edge at `host:port`, by loopback if it listens on all addresses. Raises InvalidValue."""
    parsed = split_hostname(sip_address, field="sip")
    host = "127.0.0.1" if parsed.host == "localhost" else parsed.host
    try:
        return Peer(transport, *resolve(host, parsed.port or SIP_PORT).from_here)
    except OSError:
        raise InvalidValue("sip", "unknown_host", "must be the address of the edge, like 127.0.0.1:5060") from None


def _poll(question: Callable[[], T | None], deadline_s: float) -> T | None:
    """The first answer that is not None, or None at the deadline."""
    give_up = time.monotonic() + deadline_s
    while (answer := question()) is None:
        if time.monotonic() >= give_up:
            return None
        time.sleep(POLL_S)
    return answer
