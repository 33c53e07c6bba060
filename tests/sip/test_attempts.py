"""What reaches each carrier's wire, and which carriers are passed over."""

from typing import Any

import pytest

from tests.sip.scenarios import ANSWER, TAKE_ACK, TAKE_INVITE, Caller, Send, refuse
from tests.sip.stage import Stage


def test_each_attempt_starts_from_the_original_number_and_message(stage: Stage) -> None:
    stage.table.trunk()
    first, second, third = stage.carrier(refuse(503)), stage.carrier(refuse(503)), stage.carrier(ANSWER)
    stage.table.provider(first.hostname, tech_prefix="99#", tech_headers={"X-Account": "one", "X-First": "yes"})
    stage.table.provider(second.hostname, tech_postfix="*7", tech_headers={"X-Account": "two"})
    stage.table.provider(third.hostname)
    edge = stage.shared_edge()

    stage.call(edge)

    [one], [two], [three] = (carrier.received("INVITE") for carrier in (first, second, third))
    assert one.first_line == f"INVITE sip:99%23+821012345678@{first.hostname} SIP/2.0"
    assert two.first_line == f"INVITE sip:+821012345678*7@{second.hostname} SIP/2.0"
    assert three.first_line == f"INVITE sip:+821012345678@{third.hostname} SIP/2.0"
    assert [one.header("X-Account"), two.header("X-Account"), three.header("X-Account")] == ["one", "two", None]
    assert (one.header("X-First"), two.header("X-First")) == ("yes", None)
    uris = [event["uri"] for event in edge.await_events("attempt_sent", 3)]
    assert uris == [message.first_line.split()[1] for message in (one, two, three)]


def test_the_offer_is_cut_to_the_providers_codecs_for_that_attempt_only(stage: Stage) -> None:
    stage.table.trunk()
    first, second = stage.carrier(refuse(503)), stage.carrier(ANSWER)
    stage.table.provider(first.hostname, codecs="PCMA")
    stage.table.provider(second.hostname)
    edge = stage.shared_edge()

    stage.call(edge)

    [narrow], [wide] = first.received("INVITE"), second.received("INVITE")
    assert "m=audio 20000 RTP/AVP 8 101" in narrow.text
    assert "m=audio 20000 RTP/AVP 0 8 9 101" in wide.text


def test_what_callers_may_not_say_of_themselves_is_taken_off_every_attempt(stage: Stage) -> None:
    stage.table.trunk()
    carriers = [stage.carrier(refuse(503)), stage.carrier(ANSWER)]
    for carrier in carriers:
        stage.table.provider(carrier.hostname)
    edge = stage.shared_edge()
    forged = (
        "P-Asserted-Identity: <sip:boss@example>\nIdentity: abc\nX-Dialplane-Call: forged\nx-dialplane-b: c\n"
        "y: def\nX-Harmless: kept\n"
    )

    stage.call(edge, Caller(headers=forged))

    for carrier in carriers:
        [invite] = carrier.received("INVITE")
        for name in ("P-Asserted-Identity", "Identity", "y", "X-Dialplane-Call", "X-Dialplane-B"):
            assert invite.header(name) is None
        assert invite.header("X-Harmless") == "kept"


def test_a_provider_over_tcp_is_reached_over_tcp(stage: Stage) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER, transport="t1")
    stage.table.provider(carrier.hostname, transport="tcp")
    edge = stage.shared_edge()

    stage.call(edge)

    [invite] = carrier.received("INVITE")
    assert invite.first_line == f"INVITE sip:+821012345678@{carrier.hostname};transport=tcp SIP/2.0"
    assert edge.await_events("call_ended")[0]["status"] == 200


def test_a_name_that_was_never_resolved_is_passed_over_without_asking_dns(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider("carrier.invalid")
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.shared_edge()

    stage.call(edge)

    [skipped] = edge.await_events("attempt_skipped")
    assert skipped["why"][-1] == "unresolved"
    [sent] = edge.events("attempt_sent")
    assert (skipped["n"], sent["n"]) == (1, 2)


def test_a_disabled_provider_is_passed_over_with_its_reason(stage: Stage) -> None:
    stage.table.trunk()
    resting, working = stage.carrier(ANSWER), stage.carrier(ANSWER)
    disabled = stage.table.provider(resting.hostname, enabled=False)
    enabled = stage.table.provider(working.hostname)
    edge = stage.shared_edge()

    stage.call(edge)

    decision = edge.await_events("call_started")[0]["decision"]
    assert [(place["provider_id"], place["outcome"], place["position"]) for place in decision] == [
        (enabled.id, "tried", 1), (disabled.id, "skipped", None),
    ]  # fmt: skip
    assert "provider_disabled" in decision[1]["reasons"]
    assert not resting.received("INVITE")
    assert edge.await_events("attempt_answered")[0]["n"] == 1


def test_the_address_that_the_agent_resolved_is_used(stage: Stage) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER)
    provider = stage.table.provider("carrier.invalid")
    edge = stage.shared_edge()
    edge.resolve(provider, carrier.hostname)

    stage.call(edge)

    [invite] = carrier.received("INVITE")
    assert invite.first_line == "INVITE sip:+821012345678@carrier.invalid SIP/2.0"


def test_a_provider_that_is_the_edge_itself_is_passed_over(stage: Stage) -> None:
    stage.table.trunk()
    edge = stage.edge_at(lambda port: stage.table.provider(f"127.0.0.1:{port}"))

    stage.call(edge, Caller(expects=503))

    assert edge.await_events("attempt_skipped")[0]["why"][-1] == "own_socket"


@pytest.mark.parametrize(
    ("cap", "reason"),
    [({"max_channels": 1}, "channel_cap_full"), ({"max_cps": 1}, "cps_cap_full")],
)
def test_a_full_provider_is_passed_over_and_the_call_goes_on(stage: Stage, cap: dict[str, Any], reason: str) -> None:
    stage.table.trunk()
    full, spare = stage.carrier(ANSWER), stage.carrier(ANSWER)
    stage.table.provider(full.hostname, **cap)
    stage.table.provider(spare.hostname)
    edge = stage.shared_edge()

    stage.call(edge, Caller(talk_ms=1500), calls=3, per_second=30)

    edge.await_events("call_ended", 3)
    skips = edge.events("attempt_skipped")
    assert {skip["why"][-1] for skip in skips} == {reason}
    assert len(full.received("INVITE")) == 1
    assert len(skips) == len(spare.received("INVITE")) == 2


def test_attempts_that_begin_at_once_never_hold_more_channels_than_the_provider_has(stage: Stage) -> None:
    stage.table.trunk()
    provider = stage.table.provider(stage.carrier(ANSWER, traced=False).hostname, max_channels=3)
    stage.table.provider(stage.carrier(ANSWER, traced=False).hostname)
    edge = stage.edge(workers=4)

    stage.attempt_call(edge, Caller(talk_ms=3000), calls=30, per_second=1000, traced=False)

    ended = {event["call"]: event["at"] for event in edge.await_events("call_ended", 30, within_s=30)}
    sent = [event for event in edge.events("attempt_sent") if event["provider_id"] == provider.id]
    moments = sorted([(one["at"], 1) for one in sent] + [(ended[one["call"]], -1) for one in sent])
    held = [sum(step for _, step in moments[: place + 1]) for place in range(len(moments))]
    assert max(held) == 3
    assert {event["why"][-1] for event in edge.events("attempt_skipped")} == {"channel_cap_full"}


def test_a_channel_is_free_again_when_its_call_or_attempt_has_ended(stage: Stage) -> None:
    stage.table.trunk()
    refusing, answering = stage.carrier(refuse(503)), stage.carrier(ANSWER)
    stage.table.provider(refusing.hostname, max_channels=1)
    stage.table.provider(answering.hostname, max_channels=1)
    edge = stage.shared_edge()

    for _ in range(3):
        stage.call(edge)

    edge.await_events("call_ended", 3)
    assert edge.events("attempt_skipped") == []


def test_a_challenge_is_met_with_the_providers_credentials_once(stage: Stage) -> None:
    challenge = 'Proxy-Authenticate: Digest realm="carrier", nonce="abcdef", algorithm=MD5\n'
    stage.table.trunk()
    carrier = stage.carrier((Send(407, headers=challenge), TAKE_ACK, TAKE_INVITE, *ANSWER))
    stage.table.provider(carrier.hostname, username="me", password="secret", tech_headers={"X-Account": "one"})
    edge = stage.shared_edge()

    stage.call(edge)

    first, second = carrier.received("INVITE")
    assert 'username="me"' in (second.header("Proxy-Authorization") or "")
    assert (first.header("X-Account"), second.header("X-Account")) == ("one", "one")
    assert first.first_line == second.first_line
    edge.await_events("call_ended")
    assert [kind for kind in edge.kinds() if kind.startswith("attempt")] == [
        "attempt_sent:1", "attempt_ringing:1", "attempt_answered:1",
    ]  # fmt: skip


def test_credentials_that_are_refused_lead_to_the_next_carrier(stage: Stage) -> None:
    challenge = 'WWW-Authenticate: Digest realm="carrier", nonce="abcdef", algorithm=MD5\n'
    stage.table.trunk()
    again = (Send(401, headers=challenge), TAKE_ACK, TAKE_INVITE, Send(401, headers=challenge), TAKE_ACK)
    carrier = stage.carrier(again)
    stage.table.provider(carrier.hostname, username="me", password="wrong")
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.shared_edge()

    stage.call(edge)

    assert len(carrier.received("INVITE")) == 2
    edge.await_events("call_ended")
    assert edge.events("attempt_ended")[0]["status"] == 401
    assert "attempt_answered:2" in edge.kinds()
