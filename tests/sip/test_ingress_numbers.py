"""National and emergency numbers as callers dial them, through the real edge."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.scenarios import Caller, refuse
from tests.sip.sipp import Carrier
from tests.sip.stage import Stage

REGIONS = ("GB", "DE", "US", "KR", "FR", "IT")


@pytest.fixture(scope="module")
def countries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, RunningEdge, Carrier]]:
    """An edge with one trunk for each region, told apart by domain, and one carrier for all numbers."""
    with ExitStack() as stack:
        stage = Stage(tmp_path_factory.mktemp("countries"), stack)
        for region in REGIONS:
            stage.table.trunk(default_region=region, domain_name=f"{region}.example".lower())
        stage.table.trunk()
        carrier = stage.carrier(refuse(486))
        stage.table.provider(carrier.hostname)
        yield stage, stage.edge(), carrier


@pytest.mark.parametrize(
    ("region", "uri", "number"),
    [
        ("GB", "sip:01134960000@127.0.0.1", "+441134960000"),  # Leeds: 011 is no access code here
        ("GB", "sip:0034912345678@127.0.0.1", "+34912345678"),
        ("GB", "tel:020-7946-0018", "+442079460018"),
        ("DE", "tel:030-123456;phone-context=+49", "+4930123456"),
        ("DE", "sip:+44%2020%207946%200018@127.0.0.1;user=phone", ""),
        ("DE", "sip:(030)12.34-56@127.0.0.1", "+4930123456"),
        ("US", "sip:2125550123@127.0.0.1", "+12125550123"),
        ("US", "sip:12125550123@127.0.0.1", "+12125550123"),
        ("US", "tel:011-44-20-7946-0018", "+442079460018"),
        ("KR", "sip:01012345678@127.0.0.1", "+821012345678"),
        ("KR", "sip:+4930123456@127.0.0.1", "+4930123456"),
        ("FR", "tel:01%2D23%2D45%2D67%2D89", "+33123456789"),
        ("IT", "sip:0612345678@127.0.0.1", "+390612345678"),  # Italy keeps its zero
        ("", "sip:4930123456@127.0.0.1", "+4930123456"),
        ("", "sip:030123456@127.0.0.1", ""),
        ("", "tel:2125551234;phone-context=+1", "+12125551234"),
        ("", "sip:2125551234;phone-context=+1@127.0.0.1;user=phone", "+12125551234"),
        ("", "tel:863-1234;phone-context=+1-914-555", "+19145558631234"),
        ("", "tel:7042;phone-context=pbx.example", ""),
    ],
)
def test_what_is_dialled_in_a_region_becomes_that_number(
    countries: tuple[Stage, RunningEdge, Carrier], region: str, uri: str, number: str
) -> None:
    stage, edge, carrier = countries
    seen = len(edge.events("call_started"))
    host = f"{region}.example".lower() if region else "nowhere.example"

    stage.call(edge, Caller(uri=uri, from_host=host, expects=486 if number else 484))

    if number:
        started = edge.await_events("call_started", seen + 1)[-1]
        assert started["number"] == number
        assert carrier.received("INVITE")[-1].first_line.startswith(f"INVITE sip:{number}@")
    else:
        assert len(edge.events("call_started")) == seen


@pytest.mark.parametrize(
    ("region", "uri"),
    [
        ("GB", "sip:999@127.0.0.1"),
        ("GB", "tel:112"),
        ("DE", "sip:110@127.0.0.1;user=phone"),
        ("US", "sip:911@127.0.0.1"),
        ("US", "tel:9-1-1"),
        ("KR", "sip:119@127.0.0.1"),
        ("FR", "sip:%31%35@127.0.0.1"),
        ("IT", "sip:118@127.0.0.1"),
        ("", "sip:112@127.0.0.1"),
        ("", "sip:911@127.0.0.1"),
        ("", "sip:999@127.0.0.1"),
        ("", "sip:+112@127.0.0.1"),
        ("", "tel:112;phone-context=+49"),
    ],
)
def test_an_emergency_number_goes_to_no_carrier_by_a_route_for_all(
    countries: tuple[Stage, RunningEdge, Carrier], region: str, uri: str
) -> None:
    stage, edge, carrier = countries
    tried, rejected = len(carrier.received("INVITE")), len(edge.events("call_rejected"))

    stage.call(edge, Caller(uri=uri, from_host=f"{region or 'nowhere'}.example".lower(), expects=404))

    last = edge.await_events("call_rejected", rejected + 1)[-1]
    assert (last["status"], last["reason"]) == (404, "emergency")
    assert len(carrier.received("INVITE")) == tried


def test_an_emergency_number_goes_where_a_route_names_it_and_nowhere_else(stage: Stage) -> None:
    stage.table.trunk(default_region="US")
    everything, prefix, exact = (stage.carrier(refuse(503)) for _ in range(3))
    stage.table.provider(everything.hostname)
    stage.table.provider(prefix.hostname, target="+9")
    stage.table.provider(exact.hostname, target="+911")
    edge = stage.edge()

    stage.call(edge, Caller(number="911", expects=503))

    assert len(exact.received("INVITE")) == 1
    assert not everything.received("INVITE")
    assert not prefix.received("INVITE")


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_routing_number_chooses_the_route_if_its_trunk_is_trusted(stage: Stage, is_trusted: bool) -> None:
    stage.table.trunk(trusted_identity=is_trusted)
    everything, ported = stage.carrier(refuse(486)), stage.carrier(refuse(486))
    stage.table.provider(everything.hostname)
    stage.table.provider(ported.hostname, target="+22233")
    edge = stage.edge()

    stage.call(edge, Caller(uri="sip:+567812345;npdi;rn=+22233000@127.0.0.1", expects=486))

    taken, left = (ported, everything) if is_trusted else (everything, ported)
    assert taken.received("INVITE")[0].first_line == f"INVITE sip:+567812345@{taken.hostname} SIP/2.0"
    assert not left.received("INVITE")
    [started] = edge.await_events("call_started")
    assert (started["number"], started.get("routing_number")) == ("+567812345", "+22233000" if is_trusted else None)


@pytest.mark.parametrize("rn", ["rn=22233000", "rn=+", "rn=+2223x", "rn=;rn-context=+1", "rn"])
def test_a_routing_number_that_is_none_is_ignored_and_the_record_says_so(stage: Stage, rn: str) -> None:
    stage.table.trunk(trusted_identity=True)
    everything, ported = stage.carrier(refuse(486)), stage.carrier(refuse(486))
    stage.table.provider(everything.hostname)
    stage.table.provider(ported.hostname, target="+22233")
    edge = stage.shared_edge()

    stage.call(edge, Caller(uri=f"sip:+567812345;{rn}@127.0.0.1", expects=486))

    assert not ported.received("INVITE")
    [started] = edge.await_events("call_started")
    [place] = started["decision"]
    assert place["reasons"] == ["own_route", "routing_number_ignored"]
    assert (started.get("routing_number"), started["dialled"]) == (None, f"+567812345;{rn}")
