"""Why is this PBX refused: the sources that the real edge turned away, and its reasons."""

import pytest

from dialplane.domain.trunk import BASIC
from dialplane.edge.limits import refused_sources
from tests.sip.digests import challenge_in, credentials
from tests.sip.edges import Event, RunningEdge
from tests.sip.scenarios import refuse
from tests.sip.stage import Stage
from tests.sip.wire import peer
from tests.waiting import eventually


def refused_at(edge: RunningEdge, address: str, count: int) -> Event:
    """The report in which this source has been refused so often."""

    def found() -> list[Event]:
        sources = [source for event in edge.events("edge_refusals") for source in event["sources"]]
        return [one for one in sources if (one["address"], one["count"]) == (address, count)]

    within_s = refused_sources.REPORT_INTERVAL_S + 10
    return eventually(found, within_s=within_s, what="the report of a refused source")[-1]


def test_a_source_without_a_trunk_is_reported_with_what_it_dialled(stage: Stage) -> None:
    stage.table.trunk(allowed_ips=("127.0.0.2",), enabled=False)
    stage.table.trunk(allowed_ips=("127.0.0.3",))
    edge = stage.edge()
    for address, times in (("127.0.0.1", 2), ("127.0.0.2", 1)):
        with peer(edge.port, address=address) as stranger:
            for n in range(times):
                request = stranger.request("INVITE", uri=f"sip:+4930{n}@127.0.0.1:{edge.port}")
                assert stranger.ask(request).startswith("SIP/2.0 403 ")
    with peer(edge.port, address="127.0.0.4") as phone:
        assert phone.ask(phone.request("REGISTER", uri="sip:pbx.example")).startswith("SIP/2.0 405 ")

    unknown, disabled, registers = (
        refused_at(edge, address, count) for address, count in (("127.0.0.1", 2), ("127.0.0.2", 1), ("127.0.0.4", 1))
    )

    assert (unknown["reason"], unknown["dialled"], unknown["banned"]) == ("unknown_source", "+49301", False)
    assert (disabled["reason"], disabled["dialled"]) == ("no_usable_trunk", "+49300")
    assert registers["reason"] == "registers"
    assert unknown["first"] <= unknown["last"] < disabled["last"]


@pytest.mark.parametrize(
    ("username", "password", "reason"),
    [("pbx", "wrong", "wrong_password"), ("nobody", "secret", "unknown_user"), ("", "", "no_password")],
)
def test_a_source_that_does_not_prove_its_password_is_reported_with_the_reason(
    stage: Stage, username: str, password: str, reason: str
) -> None:
    stage.table.trunk(auth_types=(BASIC,), allowed_ips=(), username="pbx", password="secret")
    edge = stage.edge()
    uri = f"sip:+4930@127.0.0.1:{edge.port}"
    with peer(edge.port) as caller:
        challenged = caller.ask(caller.request("INVITE", uri=uri))
        assert challenged.startswith("SIP/2.0 407 ")
        if username:
            proof = credentials(challenge_in(challenged), username=username, password=password, uri=uri)
            assert caller.ask(caller.request("INVITE", uri=uri, headers=proof)).startswith("SIP/2.0 407 ")

    assert refused_at(edge, "127.0.0.1", 2 if username else 1)["reason"] == reason


def test_a_source_that_proves_its_password_is_not_among_them(stage: Stage) -> None:
    stage.table.trunk(auth_types=(BASIC,), allowed_ips=(), username="pbx", password="secret")
    stage.table.provider(stage.carrier(refuse(486)).hostname)
    edge = stage.edge()
    uri = f"sip:+4930@127.0.0.1:{edge.port}"
    with peer(edge.port) as caller:
        for _ in range(2):
            challenge = challenge_in(caller.ask(caller.request("INVITE", uri=uri)))
            proof = credentials(challenge, username="pbx", password="secret", uri=uri)
            assert caller.ask(caller.request("INVITE", uri=uri, headers=proof)).startswith("SIP/2.0 486 ")
    with peer(edge.port, address="127.0.0.2") as stranger:
        assert stranger.ask(stranger.request("INVITE")).startswith("SIP/2.0 407 ")

    refused_at(edge, "127.0.0.2", 1)
    [*_, last] = edge.events("edge_refusals")
    assert [source["address"] for source in last["sources"]] == ["127.0.0.2"]
