"""The demo's callers: real calls by SIP, one a second, and an account of what became of each.

The account is kept apart from Dialplane: what the callers saw is compared with the records that the API has. It is
renewed each second in a file, which the API shows.
"""

import asyncio
import json
import logging
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from dialplane.client import ApiError, Client
from dialplane.client.retries import NO_RETRIES
from dialplane.demo.callers import WantedCall, draw
from dialplane.demo.calling import is_complete, peer_at
from dialplane.demo.carriers import CARRIERS, SWITCHED, switches
from dialplane.demo.prepare import of_demo
from dialplane.demo.table import CUSTOMERS
from dialplane.domain.demo import Switch
from dialplane.system.clock import now_us
from dialplane.system.datafolder import DataFolder
from dialplane.system.files import read_json, replace_file
from dialplane_simulator.caller import Caller, open_caller
from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.stopping import stopping

log = logging.getLogger(__name__)

LOOK_S = 4.0
"""How often records are asked for."""

MISSING_S = 60.0
"""A record that has not come so long after the end of its call, and after the API was back, is lost."""

MOST_PAGES = 20
NOT_WANTED = frozenset({480, 486, 487, 600, 603})
"""Answers that speak of the callee, or of a caller who gave up: a carrier has taken the call."""

OF_NO_TRUNK = 403
"""The answer to callers of no trunk, whose calls have no record: somebody has deleted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A call that is over. `able`: the keys of the carriers that would have taken it, from its beginning to its end."""

    status: int | None
    at_us: int
    ended_s: float
    able: frozenset[str]


class Account:
    """What became of the calls. Instants are seconds of a monotonic clock.

    `waiting`: Call-ID -> a call that is over and whose record is not there. `counts`: by the words of COUNTED.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.waiting: dict[str, Ended] = {}
        self.lost: list[str] = []
        self.in_progress = 0
        self._apart: dict[str, Ended] = {}
        self.reached_since: float | None = None

    def over(self, call_id: str, ended: Ended) -> None:
        """A caller's call is over; one that nobody took is judged when its record says what was tried."""
        if ended.status is not None and 200 <= ended.status < 300:
            self.counts["answered"] += 1
        elif ended.status in NOT_WANTED:
            self.counts["not_wanted"] += 1
        elif ended.status is None:
            self._lose(call_id, "no answer at all")
            return
        elif ended.status == OF_NO_TRUNK:
            self.counts["nobody_left"] += 1
            return
        self.waiting[call_id] = ended

    def arrived(self, call_id: str) -> Ended | None:
        """Its record is there; the call if it is one that nobody took."""
        ended = self.waiting.pop(call_id, None)
        is_taken = ended is None or ended.status is None or ended.status < 300 or ended.status in NOT_WANTED
        return None if is_taken else ended

    def judge(self, call_id: str, ended: Ended, chain: list[str]) -> None:
        """Nobody took the call, whose routes led to these carriers."""
        if able := ended.able & set(chain):
            self._lose(call_id, f"{ended.status}, though {', '.join(sorted(able))} would have taken it")
        else:
            self.counts["nobody_left"] += 1

    def reached(self, now: float) -> None:
        """The API has answered."""
        if self.reached_since is None:
            self.reached_since = now

    def away(self) -> None:
        """It has not."""
        self.reached_since = None

    def miss(self, now: float) -> None:
        """Give up on records that should have come."""
        if self.reached_since is None:
            return
        for call_id, ended in list(self.waiting.items()):
            if now - max(ended.ended_s, self.reached_since) > MISSING_S:
                del self.waiting[call_id]
                self._lose(call_id, "no record")

    def _lose(self, call_id: str, why: str) -> None:
        self.counts["lost"] += 1
        self.lost = [*self.lost, f"{call_id}: {why}"][-20:]
        log.warning("lost call %s: %s", call_id, why)

    def as_json(self) -> dict[str, Any]:
        """The account as the API shows it."""
        words = ("placed", "answered", "not_wanted", "nobody_left", "lost")
        return {
            **{word: self.counts[word] for word in words},
            "in_progress": self.in_progress,
            "waiting": len(self.waiting),
            "lost_calls": self.lost,
        }


class Outage:
    """Calls that ended while the API was to be kept away, and how many of their records have arrived since."""

    def __init__(self, folder: DataFolder) -> None:
        self._path = folder.demo_outage
        self.calls: set[str] = set()
        self.arrived = 0
        self._at = 0

    def note(self, call_id: str, at_us: int) -> None:
        """A call has ended at this instant."""
        stored = read_json(self._path)
        if not isinstance(stored, dict):
            return
        if stored["at"] != self._at:
            self._at, self.calls, self.arrived = stored["at"], set(), 0
        if stored["at"] <= at_us <= stored["at"] + stored["for_s"] * 1_000_000:
            self.calls.add(call_id)

    def has_record(self, call_id: str) -> None:
        """The record of a call is there."""
        self.arrived += call_id in self.calls

    def as_json(self) -> dict[str, int]:
        """`calls` ended in it, the records of `arrived` are there."""
        return {"calls": len(self.calls), "arrived": self.arrived}


async def run_calls(folder: DataFolder, *, sip: str, url: str, calls_per_s: float) -> None:
    """Make calls and keep the account until the starter is gone; calls that go on are hung up then."""
    traffic = Traffic(folder, sip=sip, url=url, token=folder.operator_key.read_text().strip())
    with stopping(until_stdin_ends=True) as stop:
        async with AsyncExitStack() as stack:
            for customer in CUSTOMERS:
                traffic.callers[customer.key] = await stack.enter_async_context(open_caller(host=customer.address))
            async with asyncio.TaskGroup() as group:
                going = [
                    group.create_task(traffic.make_calls(calls_per_s)),
                    group.create_task(traffic.write_account()),
                    group.create_task(traffic.look_for_records()),
                ]
                await stop.wait()
                for task in (*going, *traffic.calls):
                    task.cancel()


class Traffic:
    """The calls and their account. `callers` by the keys of their customers."""

    def __init__(self, folder: DataFolder, *, sip: str, url: str, token: str) -> None:
        self._folder = folder
        self._edge = peer_at(sip, transport="udp")
        self._client = Client(url, token=token, timeout_s=5.0, retries=NO_RETRIES)
        self._random = Random()
        self._account = Account()
        self._outage = Outage(folder)
        self._plans = {one.key: one.at(0).plan for one in CARRIERS}
        self.callers: dict[str, Caller] = {}
        self.calls: set[asyncio.Task[None]] = set()

    async def make_calls(self, calls_per_s: float) -> None:
        """One call after the other, not quite regularly."""
        while True:
            await asyncio.sleep(self._random.uniform(0.6, 1.4) / calls_per_s)
            self._begin(draw(self._random))

    def _begin(self, wanted: WantedCall) -> None:
        task = asyncio.create_task(self._call(wanted))
        self.calls.add(task)
        task.add_done_callback(self.calls.discard)

    async def write_account(self) -> None:
        """Renew the file each second."""
        while True:
            account = {**self._account.as_json(), "outage": self._outage.as_json()}
            with suppress(OSError):
                await asyncio.to_thread(replace_file, self._folder.demo_calls, json.dumps(account), durable=False)
            await asyncio.sleep(1.0)

    async def look_for_records(self) -> None:
        """Ask for the records of calls that are over."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await asyncio.to_thread(self._look)
                self._account.reached(time.monotonic())
            except (ApiError, OSError):
                self._account.away()
            self._account.miss(time.monotonic())

    async def _call(self, wanted: WantedCall) -> None:
        able = self._able(wanted.number)
        account = self._account
        account.counts["placed"] += 1
        account.in_progress += 1
        plan = CallPlan(
            to=self._edge,
            user=wanted.number,
            caller=wanted.caller,
            talk_s=wanted.talk_s,
            cancel_ringing_s=wanted.patience_s,
        )
        try:
            result = await self.callers[wanted.customer.key].call(plan)
        finally:
            account.in_progress -= 1
        at_us = now_us()
        self._outage.note(result.call_id, at_us)
        account.over(result.call_id, self._ended(result, at_us, able & self._able(wanted.number)))

    def _ended(self, result: CallResult, at_us: int, able: frozenset[str]) -> Ended:
        return Ended(status=result.status, at_us=at_us, ended_s=time.monotonic(), able=able)

    def _able(self, number: str) -> frozenset[str]:
        """The carriers that would take a call to this number as their switches are now."""
        return frozenset(
            key
            for key, switch in switches(self._folder).items()
            if switch in (Switch.ANSWERS, Switch.SLOW)
            and _takes(SWITCHED.get(switch, self._plans[key]).behaviour_for(number).steps)
        )

    def _look(self) -> None:
        """Find records of calls that are over, the newest first, back to the oldest that is waited for."""
        waiting = self._account.waiting
        if not waiting:
            self._client.me()
            return
        keys = None
        pages = self._pages()
        for call in pages:
            call_id = call["sip_call_id"]
            if call_id not in waiting or not is_complete(call):
                continue
            self._outage.has_record(call_id)
            if untaken := self._account.arrived(call_id):
                keys = keys or {one["id"]: key for key, one in of_demo(self._client).items()}
                places = self._client.calls.get(call["id"]).get("decision", [])
                chain = [keys[one["provider_id"]] for one in places if one["position"] and one["provider_id"] in keys]
                self._account.judge(call_id, untaken, chain)
            if not waiting:
                return

    def _pages(self) -> Any:
        token = None
        for _ in range(MOST_PAGES):
            page = self._client.calls.list(page_size=50, page_token=token)
            yield from page["result"]
            if not (token := page.get("next_page_token")):
                return


def _takes(steps: Any) -> bool:
    return any(200 <= step.status < 300 or step.status in NOT_WANTED for step in steps)
