"""Where no call is sent, whatever a provider's hostname says: the edge itself, and networks that settings deny."""

import pytest

from tests.sip.scenarios import ANSWER, HANG_UP, Caller
from tests.sip.sipp import Carrier
from tests.sip.stage import Stage
from tests.sip.wire import peer


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_edge_on_all_addresses_sends_itself_no_call_by_any_of_them(stage: Stage, transport: str) -> None:
    stage.table.trunk(allowed_ips=("127.0.0.0/8",))

    def lead_back(port: int) -> None:
        for host in ("127.0.0.1", "127.0.0.2"):
            stage.table.provider(f"{host}:{port}", transport=transport)
        carriers.append(stage.carrier(ANSWER))
        stage.table.provider(carriers[0].hostname)

    carriers: list[Carrier] = []
    edge = stage.edge_at(lead_back, host="0.0.0.0")

    stage.call(edge)

    edge.await_events("call_ended")
    assert [skip["why"][-1] for skip in edge.events("attempt_skipped")] == ["own_socket", "own_socket"]
    assert [sent["n"] for sent in edge.events("attempt_sent")] == [3]
    assert len(edge.events("call_started")) == 1


@pytest.mark.parametrize("hide_topology", [True, False])
def test_an_edge_on_all_addresses_tells_both_sides_the_advertised_one(stage: Stage, hide_topology: bool) -> None:
    stage.table.trunk(allowed_ips=("127.0.0.0/8",))
    carrier = stage.carrier((*ANSWER[:-1], HANG_UP))
    stage.table.provider(carrier.hostname)
    edge = stage.edge(host="0.0.0.0", advertised="127.0.0.3", hide_topology=hide_topology)

    call = stage.call(edge, Caller(callee_hangs_up=True))

    [invite] = carrier.received("INVITE")
    assert f"127.0.0.3:{edge.port}" in (invite.header("Via") or "")
    assert f"<sip:127.0.0.3:{edge.port}" in (invite.header("Record-Route") or "")
    assert "0.0.0.0" not in invite.text
    assert all("0.0.0.0" not in message.text for message in call.messages)
    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (200, "callee")


def test_a_provider_at_the_advertised_address_is_the_edge_itself(stage: Stage) -> None:
    stage.table.trunk()
    edge = stage.edge_at(lambda port: stage.table.provider(f"203.0.113.9:{port}"), advertised="203.0.113.9")

    stage.call(edge, Caller(expects=503))

    assert edge.await_events("attempt_skipped")[0]["why"][-1] == "own_socket"


def test_a_literal_in_a_network_that_is_denied_since_is_passed_over(stage: Stage) -> None:
    stage.table.trunk()
    denied, spare = stage.carrier(ANSWER, address="127.0.0.2"), stage.carrier(ANSWER)
    stage.table.provider(denied.hostname)
    stage.table.provider(spare.hostname)
    edge = stage.edge(denied_networks=("127.0.0.2/31",))

    stage.call(edge)

    assert edge.await_events("attempt_skipped")[0]["why"][-1] == "denied_network"
    assert (len(denied.received("INVITE")), len(spare.received("INVITE"))) == (0, 1)


def test_no_caller_is_redirected_into_a_denied_network(stage: Stage) -> None:
    stage.table.trunk(mode="redirect")
    stage.table.provider("127.0.0.2:5070")
    stage.table.provider("127.0.0.9:5070")
    edge = stage.edge(denied_networks=("127.0.0.2/31",))

    with peer(edge.port) as caller:
        answer = caller.ask(caller.request("INVITE"))

    assert "@127.0.0.9:5070>" in answer
    assert "127.0.0.2" not in answer
