"""Numbers and identities as each carrier wants them, on the wire of the real edge."""

from typing import Any

import pytest

from tests.sip.edges import Event, RunningEdge
from tests.sip.scenarios import ANSWER, TAKE_ACK, TAKE_INVITE, Caller, Send, refuse
from tests.sip.sipp import Message
from tests.sip.stage import Stage

IDENTITIES = ("P-Asserted-Identity", "Remote-Party-ID", "P-Preferred-Identity", "Privacy", "Diversion", "Identity")
OFFICE = "+442079460000"
SIGNED = "eyJhbGciOiJFUzI1NiJ9.eyJhdHRlc3QiOiJBIn0.c2lnbmF0dXJl;info=<https://cert.example/a.pem>;alg=ES256;ppt=shaken"


def identity(message: Message) -> dict[str, str]:
    """The headers that tell who calls, but for From."""
    values = {name: message.header(name) for name in IDENTITIES}
    return {name: value for name, value in values.items() if value is not None}


def sent_events(edge: RunningEdge, count: int) -> list[Event]:
    return edge.await_events("attempt_sent", count)


def test_each_carrier_gets_the_number_in_its_own_form_from_the_original_one(stage: Stage) -> None:
    stage.table.trunk()
    forms: list[dict[str, Any]] = [
        {"number_format": "digits"},
        {"number_format": "00", "tech_prefix": "99#"},
        {"number_format": "011"},
        {"number_format": "national", "home_region": "KR"},
        {"number_format": "nanp11", "tech_postfix": "*7"},
        {"digit_rules": [{"match": "+8210XXXX.", "strip": 3, "prepend": "0"}], "number_format": "digits"},
        {},
    ]
    carriers = [stage.carrier(refuse(503)) for _ in forms[1:]] + [stage.carrier(ANSWER)]
    for carrier, form in zip(carriers, forms, strict=True):
        stage.table.provider(carrier.hostname, **form)
    edge = stage.shared_edge()

    stage.call(edge)

    users = [
        "821012345678", "99%2300821012345678", "011821012345678", "01012345678", "011821012345678*7", "01012345678",
        "+821012345678",
    ]  # fmt: skip
    lines = [carrier.received("INVITE")[0].first_line for carrier in carriers]
    assert lines == [
        f"INVITE sip:{user}@{carrier.hostname} SIP/2.0" for user, carrier in zip(users, carriers, strict=True)
    ]
    assert [event["uri"] for event in sent_events(edge, len(forms))] == [line.split()[1] for line in lines]
    assert edge.events("call_started")[0]["number"] == "+821012345678"


def test_a_provider_whose_rules_leave_no_number_is_passed_over(stage: Stage) -> None:
    stage.table.trunk()
    impossible, works = stage.carrier(ANSWER), stage.carrier(ANSWER)
    stage.table.provider(impossible.hostname, digit_rules=[{"match": ".", "prepend": "1" * 32}])
    stage.table.provider(works.hostname)
    edge = stage.shared_edge()

    stage.call(edge)

    [skipped] = edge.await_events("attempt_skipped")
    assert skipped["why"][-1] == "number_unformattable"
    assert not impossible.received("INVITE")
    assert works.received("INVITE")


def test_each_carrier_is_told_who_calls_by_its_own_rules_and_nothing_of_anothers(stage: Stage) -> None:
    stage.table.trunk(caller_default=OFFICE)
    rules: list[dict[str, Any]] = [
        {"identity_headers": ["pai", "rpid"], "trusted": True, "caller_format": "nanp11", "diversion": "add"},
        {"identity_headers": ["ppi"], "caller_rules": [{"match": "+1.", "strip": 2, "prepend": "9"}]},
        {},
        {"diversion": "drop"},
    ]
    carriers = [stage.carrier(refuse(503)) for _ in rules[1:]] + [stage.carrier(ANSWER)]
    for carrier, rule in zip(carriers, rules, strict=True):
        stage.table.provider(carrier.hostname, **rule)
    edge = stage.shared_edge()

    stage.call(edge, Caller(headers="P-Asserted-Identity: <sip:boss@example>\n"))

    told = [identity(carrier.received("INVITE")[0]) for carrier in carriers]
    assert told == [
        {
            "P-Asserted-Identity": "<sip:01115550001@127.0.0.1>",
            "Remote-Party-ID": "<sip:01115550001@127.0.0.1>;party=calling;screen=yes;privacy=off",
            "Diversion": "<sip:011442079460000@127.0.0.1>;reason=unconditional;privacy=off;counter=1",
        },
        {"P-Preferred-Identity": "<sip:95550001@127.0.0.1>"},
        {},
        {},
    ]
    for carrier in carriers:
        assert "<sip:+15550001@" in (carrier.received("INVITE")[0].header("From") or "")
    events = sent_events(edge, 4)
    assert events[0]["identity"] == [f"{name}: {value}" for name, value in told[0].items()]
    assert [event.get("identity") for event in events[1:]] == [
        ["P-Preferred-Identity: <sip:95550001@127.0.0.1>"], None, None,
    ]  # fmt: skip


def test_a_number_that_is_withheld_reaches_trusted_carriers_alone(stage: Stage) -> None:
    stage.table.trunk()
    rules: list[dict[str, Any]] = [
        {"anonymous": "refuse"},
        {"identity_headers": ["rpid"]},
        {"identity_headers": ["pai", "rpid"], "trusted": True},
        {},
    ]
    carriers = [stage.carrier(refuse(503)) for _ in rules[1:]] + [stage.carrier(ANSWER)]
    for carrier, rule in zip(carriers, rules, strict=True):
        stage.table.provider(carrier.hostname, **rule)
    edge = stage.shared_edge()

    stage.call(edge, Caller(headers="Privacy: user\n"))

    refuses, *takes = carriers
    assert not refuses.received("INVITE")
    [skipped] = edge.await_events("attempt_skipped")
    assert skipped["why"][-1] == "anonymous_refused"
    assert [identity(carrier.received("INVITE")[0]) for carrier in takes] == [
        {"Privacy": "user;id"},
        {
            "P-Asserted-Identity": "<sip:+15550001@127.0.0.1>",
            "Remote-Party-ID": "<sip:+15550001@127.0.0.1>;party=calling;screen=yes;privacy=full",
            "Privacy": "user;id",
        },
        {"Privacy": "user"},
    ]


@pytest.mark.parametrize("is_trusted", [True, False])
def test_what_a_trusted_trunk_asserts_and_signs_goes_where_the_provider_says(stage: Stage, is_trusted: bool) -> None:
    stage.table.trunk(trusted_identity=is_trusted)
    rules: list[dict[str, Any]] = [
        {"identity_headers": ["pai"], "trusted": True},
        {"sign": "pass"},
        {},
    ]
    carriers = [stage.carrier(refuse(503)) for _ in rules[1:]] + [stage.carrier(ANSWER)]
    for carrier, rule in zip(carriers, rules, strict=True):
        stage.table.provider(carrier.hostname, **rule)
    edge = stage.shared_edge()

    asserted = '"Office" <sip:+442079460000@pbx.example>'
    stage.call(edge, Caller(headers=f"P-Asserted-Identity: {asserted}\nIdentity: {SIGNED}\n"))

    told = [identity(carrier.received("INVITE")[0]) for carrier in carriers]
    number = OFFICE if is_trusted else "+15550001"
    as_sent = {"P-Asserted-Identity": asserted} if is_trusted else {}
    assert told == [
        {"P-Asserted-Identity": f"<sip:{number}@127.0.0.1>"},
        as_sent | ({"Identity": SIGNED} if is_trusted else {}),
        as_sent,
    ]
    for carrier, headers in zip(carriers, told, strict=True):
        assert carrier.received("INVITE")[0].text.count("P-Asserted-Identity") == ("P-Asserted-Identity" in headers)


def test_a_challenge_is_answered_with_the_same_number_and_identity(stage: Stage) -> None:
    challenge = 'Proxy-Authenticate: Digest realm="carrier", nonce="abcdef", algorithm=MD5\n'
    stage.table.trunk()
    carrier = stage.carrier((Send(407, headers=challenge), TAKE_ACK, TAKE_INVITE, *ANSWER))
    stage.table.provider(
        carrier.hostname, username="me", password="secret", number_format="digits", identity_headers=["ppi"],
        diversion="drop",
    )  # fmt: skip
    edge = stage.shared_edge()

    stage.call(edge, Caller(headers="Diversion: <sip:+49301234@pbx.example>;reason=user-busy\n"))

    first, second = carrier.received("INVITE")
    assert second.header("Proxy-Authorization")
    assert first.first_line == second.first_line == f"INVITE sip:821012345678@{carrier.hostname} SIP/2.0"
    assert identity(first) == identity(second) == {"P-Preferred-Identity": "<sip:+15550001@127.0.0.1>"}
    edge.await_events("call_ended")


def test_a_ported_number_is_sent_with_its_routing_number_to_a_provider_that_wants_it(stage: Stage) -> None:
    stage.table.trunk(trusted_identity=True)
    wants, does_not = stage.carrier(refuse(503)), stage.carrier(refuse(486))
    stage.table.provider(wants.hostname, portability="rn")
    stage.table.provider(does_not.hostname)
    edge = stage.shared_edge()

    stage.call(edge, Caller(uri="sip:+12125550123;npdi;rn=+13125550000@127.0.0.1", expects=486))

    lines = [carrier.received("INVITE")[0].first_line for carrier in (wants, does_not)]
    assert lines == [
        f"INVITE sip:+12125550123;npdi;rn=+13125550000@{wants.hostname} SIP/2.0",
        f"INVITE sip:+12125550123@{does_not.hostname} SIP/2.0",
    ]


def test_a_redirected_trunk_is_told_the_numbers_in_their_forms(stage: Stage) -> None:
    stage.table.trunk(mode="redirect")
    stage.table.provider("127.0.0.9:5070", number_format="digits")
    stage.table.provider("127.0.0.9:5071", digit_rules=[{"match": ".", "prepend": "1" * 32}])
    stage.table.provider("127.0.0.9:5072")
    edge = stage.shared_edge()

    call = stage.call(edge, Caller(expects=300))

    contacts = [line for line in call.response(300).text.splitlines() if line.startswith("Contact")]
    assert [line.partition("<")[2].partition(">")[0] for line in contacts] == [
        "sip:821012345678@127.0.0.9:5070",
        "sip:+821012345678@127.0.0.9:5072",
    ]
