"""The sources that were refused last: bounded, whatever strangers send, and reported when they change."""

import ipaddress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dialplane.edge.limits.refused_sources import REPORT_INTERVAL_S, SLOTS, RefusedSources, slot_of
from dialplane.edge.sip import BANNED_TABLE, Sip
from dialplane.engine.refusals import FAULTS, SourceFault
from dialplane.eventlog.kinds import RefusedSource
from dialplane.eventlog.writer import EventLog
from tests.edge.fakeksr import FakeKsr


class Reports(EventLog):
    """Keeps what is reported."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"), edge="test")
        self.sources: list[tuple[RefusedSource, ...]] = []

    def edge_refusals(self, sources: Any) -> None:
        self.sources.append(tuple(sources))


class World:
    """Kamailio's tables, and clocks that the test moves."""

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], Any] = {}
        self.address = ""
        ksr = FakeKsr(
            {
                "htable.sht_get": lambda table, key: self.tables.get((table, key)),
                "htable.sht_sets": lambda table, key, text: self.tables.update({(table, key): text}),
                "htable.sht_seti": lambda table, key, number: self.tables.update({(table, key): number}),
                "htable.sht_rm": lambda table, key: self.tables.pop((table, key), None),
                "pv.get": lambda variable: {"$si": self.address}[variable],
            }
        )
        self.sip = Sip(ksr)
        self.reports = Reports()
        self.now = 1_000
        self.refused = RefusedSources(
            self.sip, self.reports, now_us=lambda: self.now, monotonic_s=lambda: self.now * REPORT_INTERVAL_S
        )

    def refuse(self, address: str, fault: SourceFault = SourceFault.UNKNOWN_SOURCE, dialled: str = "+8210") -> None:
        self.now += 1
        self.address = address
        self.refused.note(fault, dialled=dialled)

    def report(self) -> tuple[RefusedSource, ...]:
        self.now += 1
        self.refused.report()
        return self.reports.sources[-1]


def test_a_source_is_reported_with_its_last_refusal_and_their_count() -> None:
    world = World()
    world.refuse("192.0.2.7", SourceFault.NO_PASSWORD, "112")
    world.refuse("192.0.2.7", SourceFault.WRONG_PASSWORD, "+44\x00" + "1" * 100)
    world.refuse("192.0.2.9")
    world.sip.mark(BANNED_TABLE, "192.0.2.9")

    last, first = world.report()

    assert (last.address, last.count, last.reason, last.banned) == ("192.0.2.9", 1, "unknown_source", True)
    assert (first.address, first.count, first.reason, first.banned) == ("192.0.2.7", 2, "wrong_password", False)
    assert (first.first, first.last) == (1_001, 1_002)
    assert first.dialled == "+44?" + "1" * 60


def test_nothing_is_reported_where_nothing_has_changed_nor_sooner_than_the_interval() -> None:
    world = World()
    world.refused.report()
    assert world.reports.sources == []
    world.refuse("192.0.2.7")
    world.refused.report()
    world.refused.report()
    assert len(world.reports.sources) == 1
    world.report()
    assert len(world.reports.sources) == 1


def test_a_source_whose_call_was_let_in_after_all_is_forgotten_and_no_other() -> None:
    world = World()
    world.refuse("192.0.2.7")
    world.refuse("192.0.2.9")
    world.refused.forget("192.0.2.7")
    neighbour = next(
        address
        for n in range(1, 1_000)
        if (address := str(ipaddress.ip_address(n))) and slot_of(address) == slot_of("192.0.2.9")
    )
    world.refused.forget(neighbour)
    assert [source.address for source in world.report()] == ["192.0.2.9"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.ip_addresses().map(str), min_size=1, max_size=300))
def test_it_takes_no_more_memory_than_its_places_whatever_comes(addresses: list[str]) -> None:
    world = World()
    for address in addresses:
        world.refuse(address)

    sources = world.report()

    assert len(sources) <= SLOTS
    assert sources[0].address == addresses[-1]
    assert {source.address for source in sources} <= set(addresses)
    assert len(world.tables) <= SLOTS


def test_each_fault_has_a_sentence() -> None:
    assert set(FAULTS) == set(SourceFault)
