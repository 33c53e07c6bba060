"""Tells news to those who watch: a few times a second, each piece read and written once for all of them."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from dialplane.api.calls.schemas import present_listed, without_carriers
from dialplane.api.edges.schemas import present as present_edge
from dialplane.api.http.published import Published
from dialplane.api.http.responses import timestamp
from dialplane.api.revisions.schemas import present as present_revision
from dialplane.api.stream.schemas import BREAKERS, CALLS, EDGES, HEALTH, MEANINGS, REVISIONS
from dialplane.control import calls, edges, revisions
from dialplane.control.calls import CallRecord
from dialplane.control.edges import Contacts
from dialplane.control.news import News
from dialplane.control.units import Database
from dialplane.system.clock import now_us
from dialplane.system.slots import Slots
from dialplane.system.turns import in_turns

LINGERS_S = 60.0
"""After the last of those who watch has gone, so that one whose connection broke off misses nothing."""

CALLS_AT_ONCE = 500
"""Calls that one statement reads, between which others have their turn."""

MOST_REVISIONS = 100


class Publisher:
    """`streams`: the slots of those who watch. While nobody does, nothing is read."""

    def __init__(self, db: Database, news: News, published: Published, contacts: Contacts, streams: Slots) -> None:
        self._db = db
        self._news = news
        self.published = published
        self._contacts = contacts
        self.streams = streams
        self._revision: int | None = None
        self._watched_at = -LINGERS_S

    async def tell(self) -> None:
        """One round. What happens while nobody watches is left out; whoever comes back after that must look anew.

        Whoever comes in the middle of a round has the next one, and all that is new by then.
        """
        if self.streams.held:
            self._watched_at = time.monotonic()
        if time.monotonic() - self._watched_at < LINGERS_S:
            await self._tell(self._news.taken())
            return
        latest = await self._db.latest_revision()
        if self.streams.held:
            return
        news = self._news.taken()
        if latest != self._revision or not news.is_empty:
            self.published.gap()
        self._revision = latest

    async def _tell(self, news: News) -> None:
        before = self.published.last
        if news.has_gap:
            self.published.gap()
        try:
            await self._tell_revisions()
            await self._tell_edges(list(news.edges))
            await self._tell_calls(list(news.calls))
        except BaseException:
            self._news.again(news)
            raise
        self._add_all(HEALTH, (_with_instant(row, "checked_at") for row in news.health.values()))
        self._add_all(BREAKERS, (_with_instant(row, "changed_at") for row in news.breakers.values()))
        if self.published.last != before:
            self.published.announce()

    async def _tell_calls(self, ids: list[str]) -> None:
        for start in range(0, len(ids), CALLS_AT_ONCE):
            async with self._db.read() as unit:
                records = await calls.listed(unit, ids[start : start + CALLS_AT_ONCE])
            await in_turns(sorted(records, key=lambda record: record.tm_create), self._add_call)
            self.published.announce()

    def _add_call(self, record: CallRecord) -> None:
        shown = present_listed(record)
        self.published.add(
            CALLS,
            MEANINGS[CALLS].event,
            msgspec.json.encode(shown),
            customer_id=record.call.customer_id,
            for_customer=msgspec.json.encode(without_carriers(shown)),
        )

    async def _tell_edges(self, names: list[str]) -> None:
        if names:
            async with self._db.read() as unit:
                found = await edges.of_names(unit, names, now=now_us(), contacts=self._contacts)
            self._add_all(EDGES, map(present_edge, found))

    async def _tell_revisions(self) -> None:
        latest = await self._db.latest_revision()
        if self._revision is not None and latest > self._revision:
            async with self._db.read() as unit:
                found = await revisions.after(unit, self._revision, limit=MOST_REVISIONS)
            self._add_all(REVISIONS, map(present_revision, found))
            latest = found[-1].number if found else latest
        self._revision = latest

    def _add_all(self, topic: str, shown: Iterable[Mapping[str, Any]]) -> None:
        for each in shown:
            self.published.add(topic, MEANINGS[topic].event, msgspec.json.encode(each))


def _with_instant(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {**row, name: timestamp(row[name])}
