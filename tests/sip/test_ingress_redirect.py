"""Redirect mode: the decision goes to the caller as Contacts, and no carrier hears of the call."""

import re
from typing import Any

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, Caller
from tests.sip.stage import Stage
from tests.sip.wire import peer


def redirecting(stage: Stage, **trunk: Any) -> None:
    stage.table.trunk(mode="redirect", **trunk)


def contacts_of(response: str) -> list[tuple[str, float]]:
    found = re.findall(r"^Contact: <([^>]*)>;q=([0-9.]+)\r?$", response, re.M)
    return [(uri, float(q)) for uri, q in found]


def redirection(edge: RunningEdge) -> str:
    with peer(edge.port) as caller:
        return caller.ask(caller.request("INVITE"))


def test_the_ordered_carriers_are_the_contacts_and_none_is_called(stage: Stage) -> None:
    redirecting(stage)
    carrier = stage.carrier(ANSWER)
    first = stage.table.provider(carrier.hostname, tech_prefix="9#", tech_postfix="77")
    second = stage.table.provider("carrier.invalid:5070", transport="tcp")
    third = stage.table.provider("192.0.2.7")
    edge = stage.shared_edge()

    call = stage.call(edge, Caller(expects=300))

    assert call.response(300).first_line == "SIP/2.0 300 Multiple Choices"
    assert contacts_of(call.response(300).text) == [
        (f"sip:9%23+82101234567877@{carrier.hostname}", 1.0),
        ("sip:+821012345678@carrier.invalid:5070;transport=tcp", 0.667),
        ("sip:+821012345678@192.0.2.7", 0.333),
    ]
    [event] = edge.await_events("call_redirected")
    assert edge.kinds() == ["call_redirected"]
    assert (event["status"], event["reason"], event["number"]) == (300, "redirected", "+821012345678")
    decided = [(place["provider_id"], place["outcome"], place["position"]) for place in event["decision"]]
    assert decided == [(provider.id, "tried", n) for n, provider in enumerate((first, second, third), 1)]
    assert not carrier.received("INVITE")


def test_thirty_carriers_have_thirty_different_preferences(stage: Stage) -> None:
    redirecting(stage)
    for host in range(30):
        stage.table.provider(f"192.0.2.{host + 1}")
    edge = stage.edge(max_attempts=30)

    contacts = contacts_of(redirection(edge))

    assert [uri.rpartition(".")[2] for uri, _ in contacts] == [str(host + 1) for host in range(30)]
    preferences = [q for _, q in contacts]
    assert preferences == sorted(set(preferences), reverse=True)
    assert all(0 < q <= 1 for q in preferences)


def test_the_edge_itself_is_no_carrier_to_be_sent_to(stage: Stage) -> None:
    redirecting(stage)
    edge = stage.edge_at(
        lambda port: (stage.table.provider(f"127.0.0.1:{port}"), stage.table.provider("192.0.2.7")),
    )

    assert contacts_of(redirection(edge)) == [("sip:+821012345678@192.0.2.7", 1.0)]


def test_a_redirect_without_a_usable_carrier_is_503_in_answer_and_record(stage: Stage) -> None:
    redirecting(stage)
    stage.table.provider("192.0.2.7", enabled=False)
    edge = stage.shared_edge()

    call = stage.call(edge, Caller(expects=503))

    assert call.response(503).header("Retry-After") == "5"
    [event] = edge.await_events("call_rejected")
    assert (event["status"], event["reason"]) == (503, "no_usable_carrier")
    assert [place["outcome"] for place in event["decision"]] == ["skipped"]


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        (Caller(uri="sip:alice@127.0.0.1", expects=484), "invalid_number"),
        (Caller(number="+4930", expects=404), "no_route"),
    ],
)
def test_refusals_are_those_of_any_trunk(stage: Stage, caller: Caller, reason: str) -> None:
    redirecting(stage)
    stage.table.provider("192.0.2.7", target="+82")
    edge = stage.shared_edge()

    stage.call(edge, caller)

    assert edge.await_events("call_rejected")[0]["reason"] == reason


def test_calls_per_second_count_for_redirects_too(stage: Stage) -> None:
    redirecting(stage, max_cps=1)
    stage.table.provider("192.0.2.7")
    edge = stage.shared_edge()

    statuses = {int(redirection(edge).split(" ", 2)[1]) for _ in range(8)}

    assert statuses == {300, 503}


def test_a_redirected_invite_sent_eleven_times_is_one_decision(stage: Stage) -> None:
    redirecting(stage)
    stage.table.provider("192.0.2.7")
    edge = stage.edge(workers=4)
    with peer(edge.port) as caller:
        invite = caller.request("INVITE")
        for _ in range(10):
            caller.send(invite)
        assert caller.ask(invite).startswith("SIP/2.0 300 ")
        caller.receive_all(for_s=0.5)

    assert edge.kinds() == ["call_redirected"]


def test_calls_that_are_redirected_take_no_channel(stage: Stage) -> None:
    redirecting(stage, max_channels=1)
    stage.table.provider("192.0.2.7")
    edge = stage.shared_edge()

    assert [redirection(edge)[:11] for _ in range(4)] == ["SIP/2.0 300"] * 4


def test_calls_that_are_redirected_count_each_second(stage: Stage) -> None:
    redirecting(stage, max_cps=1)
    stage.table.provider("192.0.2.7")
    edge = stage.shared_edge()

    answers = [redirection(edge) for _ in range(8)]

    refused = [answer for answer in answers if answer.startswith("SIP/2.0 503")]
    seconds = {event["at"] // 1_000_000 for event in edge.await_events("call_redirected")}
    assert len(answers) - len(refused) <= len(seconds) + 1
    assert refused
    assert all("Retry-After: " in answer for answer in refused)
