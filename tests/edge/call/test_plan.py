import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from dialplane.domain.hostname import split_hostname
from dialplane.domain.provider import Provider
from dialplane.edge.call.plan import Carriers, Column, Plan, Turn, attempts_in, decision_of, make_plan
from dialplane.engine.destinations import Destinations
from dialplane.engine.dialroute import DROPPED, TRIED, Candidate, Dialroute, Place
from dialplane.engine.identity import Caller
from dialplane.engine.reasons import Reason

CALL = "0e1c9a4e-6d3f-4c52-9d0c-5b2b6f1f2a11"


def place(**fields: Any) -> Place:
    provider = Provider(id=str(uuid.uuid4()), type="sip", hostname="10.0.0.1", **fields)
    candidate = Candidate(str(uuid.uuid4()), provider.id, 1)
    return Place(candidate, "all", provider, TRIED, 1, (Reason.OWN_ROUTE,))


class Table(NamedTuple):
    """A table in which all providers have the same addresses."""

    state: Sequence[str]

    def addresses(self, provider_id: str) -> Sequence[str]:
        return self.state


def destinations(*own_sockets: str) -> Destinations:
    return Destinations(map(split_hostname, own_sockets), is_local=lambda address: address.is_loopback)


def plan(*places: Place, address: str = "10.0.0.1:5060", own_sockets: tuple[str, ...] = ()) -> Plan:
    addresses = [address] if address else []
    return planned(Carriers(destinations(*own_sockets)), addresses, *places)


def planned(carriers: Carriers, addresses: Sequence[str], *places: Place) -> Plan:
    return make_plan(CALL, "an invite", "+8210", Dialroute(places, ()), carriers=carriers, table=Table(addresses))


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

    read = Plan(CALL, "an invite", attempts_in(made.to_text()))

    assert (made.call, made.invite) == (CALL, "an invite")
    first = read.attempts[0]
    assert first.uri == "sip:9%23+8210@10.0.0.1;transport=tcp"
    carrier = first.carrier
    assert carrier.next_hops[0] == "sip:10.0.0.1:5060;transport=tcp"
    assert [tuple(header) for header in carrier.headers] == [("X-A", "b"), ("X-Umlaut", "\u00e4")]
    assert (carrier.overrides, carrier.max_channels, carrier.max_cps) == ({404: "stop"}, 3, 2)
    assert (carrier.ring_s, carrier.codecs, carrier.has_credentials) == (20, "PCMU", True)
    assert read.to_text() == made.to_text()


def test_what_is_of_one_attempt_alone_outlives_the_plans_text_form_and_is_pythons_turn() -> None:
    places = [
        place(identity_headers=["ppi"], caller_rules=[{"match": ".", "prepend": "a"}]),
        place(number_format="digits", diversion="drop"),
        place(digit_rules=[{"match": ".", "prepend": "1" * 32}]),
        place(anonymous="refuse"),
        place(),
    ]
    caller = Caller("+442079460000", is_anonymous=True, is_diverted=True, asserted=['"a|b^" <sip:1@x>'])
    made = make_plan(
        CALL,
        "an invite",
        "+8210",
        Dialroute(tuple(places), ()),
        carriers=Carriers(destinations()),
        table=Table(["10.0.0.1:5060"]),
        caller=lambda: caller,
    )

    read = attempts_in(made.to_text())

    assert Plan(CALL, "an invite", read).to_text() == made.to_text()
    hides, digits, impossible, refuses, usual = read
    assert [tuple(header) for header in hides.form.added] == [("Privacy", "id")]
    assert (digits.uri, digits.form.removed) == ("sip:8210@10.0.0.1", ["Diversion"])
    assert [tuple(header) for header in usual.form.added] == [("P-Asserted-Identity", '"a|b^" <sip:1@x>')]
    assert [attempt.obstacle for attempt in read] == [
        None, None, Reason.NUMBER_UNFORMATTABLE, Reason.ANONYMOUS_REFUSED, None,
    ]  # fmt: skip
    assert impossible.uri == refuses.uri == "sip:+8210@10.0.0.1"
    assert all(attempt.turns & Turn.BEFORE_SENDING for attempt in read)
    assert [row.split("|")[Column.FLAGS] for row in made.to_text().split("^")[1:]] == ["1"] * 5


def test_who_calls_is_asked_for_a_provider_with_rules_alone() -> None:
    def unneeded() -> Caller:
        raise AssertionError("no provider needs it")

    made = make_plan(
        CALL,
        "an invite",
        "+8210",
        Dialroute((place(number_format="digits"), place()), ()),
        carriers=Carriers(destinations()),
        table=Table(["10.0.0.1:5060"]),
        caller=unneeded,
    )
    assert [attempt.turns.value for attempt in made.attempts] == [0, 0]
    assert [attempt.uri for attempt in made.attempts] == ["sip:8210@10.0.0.1", "sip:+8210@10.0.0.1"]


def test_what_is_kept_of_a_carrier_follows_its_provider_and_its_addresses() -> None:
    carriers, before = Carriers(destinations()), place(ring_timeout_s=20)
    assert before.provider is not None
    after = before._replace(provider=replace(before.provider, ring_timeout_s=30))

    plans = [
        planned(carriers, ["10.0.0.1:5060"], before),
        planned(carriers, ["10.0.0.1:5060"], after),
        planned(carriers, ["10.0.0.2:5060"], after),
    ]

    kept = [(made.attempts[0].carrier.ring_s, made.attempts[0].carrier.next_hops[0]) for made in plans]
    assert kept == [(20, "sip:10.0.0.1:5060"), (30, "sip:10.0.0.1:5060"), (30, "sip:10.0.0.2:5060")]


def test_a_carriers_password_is_not_in_the_plan() -> None:
    assert "secret" not in plan(place(username="me", password="secret")).to_text()


@pytest.mark.parametrize(
    ("address", "obstacle"),
    [("", Reason.UNRESOLVED), ("127.0.0.1:5060", Reason.OWN_SOCKET), ("10.0.0.1:5060", None)],
)
def test_an_obstacle_to_a_carrier_is_in_the_plan(address: str, obstacle: Reason | None) -> None:
    made = plan(place(), address=address, own_sockets=("127.0.0.1:5060",))

    assert made.attempts[0].carrier.obstacle is obstacle
    assert attempts_in(made.to_text())[0].carrier.obstacle is obstacle


def test_the_record_of_a_decision_holds_every_candidate() -> None:
    tried = place()
    dropped = place()._replace(outcome=DROPPED, position=None, reasons=(Reason.OWN_ROUTE, Reason.PROVIDER_REPEATED))

    record = decision_of(Dialroute((tried,), (dropped,)))

    assert [entry.outcome for entry in record] == ["tried", "dropped"]
    assert [entry.position for entry in record] == [1, None]
    assert record[1].reasons == ("own_route", "provider_repeated")
