"""The calls before the demo's start are what an edge would have reported of such calls."""

from itertools import pairwise
from random import Random

from dialplane.control.folding import Folded
from dialplane.demo.callers import WantedCall, draw
from dialplane.demo.carriers import CARRIERS
from dialplane.demo.past import Carrier, World, events_of
from dialplane.demo.table import CUSTOMERS, routes
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.engine.dialroute import Candidate, group_of
from dialplane.eventlog.kinds import (
    AttemptAnswered,
    AttemptEnded,
    AttemptSent,
    CallEnded,
    CallEvent,
    CallStarted,
    Event,
)

BEGAN = 1_790_000_000_000_000
ACME = CUSTOMERS[0]
KEYS = [*(one.key for one in CUSTOMERS), *(one.key for one in CARRIERS)]
IDS = {key: f"00000000-0000-4000-8000-0000000000{n:02}" for n, key in enumerate(KEYS, 10)}


def world() -> World:
    """The demo's table with ids of its own."""
    groups: dict[str, dict[str, list[Candidate]]] = {}
    for number, route in enumerate(routes()):
        owner = IDS[route.customer] if route.customer else SYSTEM_DEFAULT_CUSTOMER
        candidate = Candidate(f"00000000-0000-4000-9000-{number:012}", IDS[route.provider], route.priority)
        groups.setdefault(owner, {}).setdefault(route.target, []).append(candidate)
    return World(
        edge="edge",
        revision=4,
        customers={one.key: IDS[one.key] for one in CUSTOMERS},
        trunks={one.key: IDS[one.key] for one in CUSTOMERS},
        carriers={
            IDS[one.key]: Carrier(id=IDS[one.key], hostname="127.0.0.1:1", works=True, plan=one.at(0).plan)
            for one in CARRIERS
        },
        groups={
            owner: [
                group_of(target, candidates, own=owner != SYSTEM_DEFAULT_CUSTOMER) for target, candidates in of.items()
            ]
            for owner, of in groups.items()
        },
    )


def call(number: str, *, patience_s: float | None = None, seed: int = 1) -> list[Event]:
    """The events of one call of Acme's."""
    wanted = WantedCall(customer=ACME, number=number, caller="+12125550100", talk_s=9.5, patience_s=patience_s)
    return list(events_of(world(), wanted, BEGAN, Random(seed), number=0))


def carriers(events: list[Event]) -> list[str]:
    names = {id_: key for key, id_ in IDS.items()}
    return [names[event.provider_id] for event in events if isinstance(event, AttemptSent)]


def test_a_call_to_korea_fails_over_from_alpha_to_bravo() -> None:
    events = call("+821021656521")
    assert isinstance(events[0], CallStarted)
    assert [place.outcome for place in events[0].decision][:4] == ["tried"] * 4
    assert carriers(events) == ["alpha", "bravo"]
    [ended] = [event for event in events if isinstance(event, AttemptEnded)]
    assert (ended.status, ended.verdict, ended.action) == (503, "carrier_error", "next")
    [answered] = [event for event in events if isinstance(event, AttemptAnswered)]
    assert isinstance(events[-1], CallEnded)
    assert (events[-1].status, events[-1].at - answered.at) == (200, 9_500_000)


def test_the_silent_carrier_takes_three_seconds_and_the_next_one_answers() -> None:
    events = call("+447700900123")
    assert carriers(events) == ["charlie", "bravo"]
    first, second = (event for event in events if isinstance(event, AttemptSent))
    assert second.at - first.at == 3_000_000


def test_a_busy_callee_ends_the_call() -> None:
    events = call("+821000000486")
    assert carriers(events)[-1] == "bravo"
    assert isinstance(events[-1], CallEnded)
    assert (events[-1].status, events[-1].hangup_by) == (486, "callee")


def test_a_caller_gives_up_while_it_rings() -> None:
    events = call("+12125550199", patience_s=0.2)
    assert isinstance(events[-1], CallEnded)
    assert (events[-1].status, events[-1].hangup_by) == (487, "caller")


def test_one_seed_makes_the_same_events_and_all_of_them_can_be_stored() -> None:
    def made() -> list[Event]:
        random = Random(14)
        return [event for n in range(300) for event in events_of(world(), draw(random), BEGAN + n, random, number=n)]

    events = made()
    assert events == made()
    assert len({event.id for event in events}) == len(events)
    folded = Folded(now=BEGAN * 2)
    for event in events:
        folded.add(event)
    assert folded.count == len(events)
    assert len(folded.calls) == 300
    by_call: dict[str, list[Event]] = {}
    for event in events:
        assert isinstance(event, CallEvent)
        by_call.setdefault(event.call, []).append(event)
    for own in by_call.values():
        assert all(earlier.at <= later.at for earlier, later in pairwise(own))
        assert isinstance(own[-1], CallEnded)
