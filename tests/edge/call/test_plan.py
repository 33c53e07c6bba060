import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
import pytest

from dialplane.domain.hostname import split_hostname
from dialplane.domain.provider import Provider
from dialplane.edge.call.plan import Carriers, Column, Plan, PlannedAttempt, Turn, attempts_in, decided, rows_of
from dialplane.engine.destinations import Destinations
from dialplane.engine.dialroute import Candidate, Choice, Dialroute
from dialplane.engine.identity import Caller
from dialplane.engine.reasons import Reason
from dialplane.eventlog.kinds import ConsideredRoute

CALL = "0e1c9a4e-6d3f-4c52-9d0c-5b2b6f1f2a11"


def place(**fields: Any) -> Choice:
    provider = Provider(id=str(uuid.uuid4()), type="sip", hostname="10.0.0.1", **fields)
    candidate = Candidate(str(uuid.uuid4()), provider.id, 1)
    return candidate, "all", provider, (Reason.OWN_ROUTE,)


class Table(NamedTuple):
    """A table in which all providers have the same addresses."""

    state: Sequence[str]

    def addresses(self, provider_id: str) -> Sequence[str]:
        return self.state


def destinations(*own_sockets: str) -> Destinations:
    return Destinations(map(split_hostname, own_sockets), is_local=lambda address: address.is_loopback)


def plan(*places: Choice, address: str = "10.0.0.1:5060", own_sockets: tuple[str, ...] = ()) -> Plan:
    addresses = [address] if address else []
    return planned(Carriers(destinations(*own_sockets)), addresses, *places)


def planned(carriers: Carriers, addresses: Sequence[str], *places: Choice) -> Plan:
    made = decided(Dialroute(places, ()), "+8210", carriers=carriers, table=Table(addresses))
    return Plan(CALL, "an invite", made.rows)


def replace_why(attempt: PlannedAttempt, why: tuple[str, ...]) -> PlannedAttempt:
    return PlannedAttempt(attempt.route_id, attempt.uri, why, attempt.carrier)


def test_a_plan_outlives_its_text_form() -> None:
    rich = place(
        tech_prefix="9#",
        tech_headers={"X-A": "b", "X-Umlaut": "\u00e4"},
        codecs="PCMU",
        failover={404: "stop"},
        max_channels=3,
        max_cps=2,
        username="me",
        transport="tcp",
        ring_timeout_s=20,
    )
    made = plan(rich, place())

    assert (made.call, made.invite) == (CALL, "an invite")
    first = made.attempts[0]
    assert first.uri == "sip:9%23+8210@10.0.0.1;transport=tcp"
    carrier = first.carrier
    assert carrier.next_hops[0] == "sip:10.0.0.1:5060;transport=tcp"
    assert [tuple(header) for header in carrier.headers] == [("X-A", "b"), ("X-Umlaut", "\u00e4")]
    assert (carrier.overrides, carrier.max_channels, carrier.max_cps) == ({404: "stop"}, 3, 2)
    assert (carrier.ring_s, carrier.codecs, carrier.has_credentials) == (20, "PCMU", True)
    assert made.moved_to_end(2, Reason.BREAKER_OPEN).moved_to_end(1, Reason.BREAKER_OPEN).attempts == tuple(
        replace_why(attempt, (*attempt.why, Reason.BREAKER_OPEN)) for attempt in reversed(made.attempts)
    )


def test_the_first_row_says_who_sends_it_and_has_its_event_ready() -> None:
    assert plan().first is None
    one = place(max_channels=3)

    first = plan(one, place()).first

    assert first is not None
    route, _, provider, _ = one
    assert provider is not None
    assert Turn(first.flags) == Turn.BEFORE_SENDING | Turn.AFTER_FAILURE
    assert first.breaker == f"{provider.id}@10.0.0.1"
    assert json.loads(f"{{{first.event}}}") == {
        "provider_id": provider.id,
        "route_id": route.route_id,
        "uri": "sip:+8210@10.0.0.1",
        "why": ["own_route"],
    }


def test_what_is_of_one_attempt_alone_outlives_the_plans_text_form_and_is_pythons_turn() -> None:
    places = [
        place(identity_headers=["ppi"], caller_rules=[{"match": ".", "prepend": "a"}]),
        place(number_format="digits", diversion="drop"),
        place(digit_rules=[{"match": ".", "prepend": "1" * 32}]),
        place(anonymous="refuse"),
        place(),
    ]
    caller = Caller("+442079460000", is_anonymous=True, is_diverted=True, asserted=['"a|b^" <sip:1@x>'])
    made = decided(
        Dialroute(places, ()),
        "+8210",
        carriers=Carriers(destinations()),
        table=Table(["10.0.0.1:5060"]),
        caller=lambda: caller,
    )

    read = attempts_in(made.rows)

    assert rows_of(read) == made.rows
    assert made.tells_identity
    hides, digits, impossible, refuses, usual = read
    assert [tuple(header) for header in hides.form.added] == [("Privacy", "id")]
    assert (digits.uri, digits.form.removed) == ("sip:8210@10.0.0.1", ["Diversion"])
    assert [tuple(header) for header in usual.form.added] == [("P-Asserted-Identity", '"a|b^" <sip:1@x>')]
    assert [attempt.obstacle for attempt in read] == [
        None, None, Reason.NUMBER_UNFORMATTABLE, Reason.ANONYMOUS_REFUSED, None,
    ]  # fmt: skip
    assert impossible.uri == refuses.uri == "sip:+8210@10.0.0.1"
    assert all(attempt.turns & Turn.BEFORE_SENDING for attempt in read)
    assert [row.split("|")[Column.FLAGS] for row in made.rows.split("^")[1:]] == ["1"] * 5


def test_who_calls_is_asked_for_a_provider_with_rules_alone() -> None:
    def unneeded() -> Caller:
        raise AssertionError("no provider needs it")

    made = decided(
        Dialroute((place(number_format="digits"), place()), ()),
        "+8210",
        carriers=Carriers(destinations()),
        table=Table(["10.0.0.1:5060"]),
        caller=unneeded,
    )
    read = attempts_in(made.rows)
    assert not made.tells_identity
    assert [attempt.turns.value for attempt in read] == [0, 0]
    assert [attempt.uri for attempt in read] == ["sip:8210@10.0.0.1", "sip:+8210@10.0.0.1"]


def test_what_is_kept_of_a_carrier_follows_its_provider_and_its_addresses() -> None:
    carriers, before = Carriers(destinations()), place(ring_timeout_s=20)
    route, target, provider, why = before
    assert provider is not None
    after = route, target, replace(provider, ring_timeout_s=30), why

    plans = [
        planned(carriers, ["10.0.0.1:5060"], before),
        planned(carriers, ["10.0.0.1:5060"], after),
        planned(carriers, ["10.0.0.2:5060"], after),
    ]

    kept = [(made.attempts[0].carrier.ring_s, made.attempts[0].carrier.next_hops[0]) for made in plans]
    assert kept == [(20, "sip:10.0.0.1:5060"), (30, "sip:10.0.0.1:5060"), (30, "sip:10.0.0.2:5060")]


def test_a_carriers_password_is_not_in_the_plan() -> None:
    assert "secret" not in plan(place(username="me", password="secret")).rows


@pytest.mark.parametrize(
    ("address", "obstacle"),
    [("", Reason.UNRESOLVED), ("127.0.0.1:5060", Reason.OWN_SOCKET), ("10.0.0.1:5060", None)],
)
def test_an_obstacle_to_a_carrier_is_in_the_plan(address: str, obstacle: Reason | None) -> None:
    made = plan(place(), address=address, own_sockets=("127.0.0.1:5060",))

    assert made.attempts[0].carrier.obstacle is obstacle
    assert attempts_in(made.rows)[0].carrier.obstacle is obstacle


def test_the_record_of_a_decision_holds_every_candidate_as_the_contract_says() -> None:
    tried, unhealthy, (route, _, provider, _) = place(), place(), place()
    dropped = route._replace(priority=7), "+82", provider, (Reason.OWN_ROUTE, Reason.PROVIDER_REPEATED)
    skipped = route, "+82", None, (Reason.DEFAULT_ROUTE, Reason.PROVIDER_MISSING)
    dialroute = Dialroute((tried, (*unhealthy[:3], (Reason.OWN_ROUTE, Reason.UNHEALTHY))), (dropped, skipped))

    made = decided(dialroute, "+8210", carriers=Carriers(destinations()), table=Table(["10.0.0.1:5060"]))

    assert msgspec.json.decode(msgspec.json.encode(made.considered), type=list[ConsideredRoute]) == [
        ConsideredRoute(
            route_id=place.candidate.route_id,
            provider_id=place.candidate.provider_id,
            target=place.target,
            priority=place.candidate.priority,
            outcome=place.outcome,
            position=place.position,
            reasons=tuple(map(str, place.reasons)),
        )
        for place in dialroute.places
    ]
    assert [place.outcome for place in dialroute.places] == ["tried", "tried", "dropped", "skipped"]
