"""The rules of DOMAIN section 2: what each value accepts, and that nothing else passes."""

from dataclasses import replace
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.customer import CustomerStatus
from dialplane.domain.errors import InvalidValue
from dialplane.domain.health import Breaker, Health, HealthStatus
from dialplane.domain.hostname import parse_hostname, parse_network, split_hostname
from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER, format_instant, parse_instant
from dialplane.domain.kinds import KINDS
from dialplane.domain.permission import Permission
from dialplane.domain.provider import parse_failover, parse_metadata
from dialplane.domain.region import REGIONS, parse_region
from dialplane.domain.route import parse_priority
from dialplane.domain.target import matches, parse_number, parse_target
from dialplane.domain.tech import parse_affix, parse_headers
from dialplane.domain.texts import parse_name
from dialplane.domain.trunk import Trunk

ID = "491b6858-5357-11ed-b753-8fd49cd36340"


def test_an_id_is_canonical_and_comes_back_in_lower_case() -> None:
    assert parse_id(ID.upper()) == ID


@pytest.mark.parametrize(
    "text",
    [
        f"{{{ID}}}",
        f"urn:uuid:{ID}",
        ID.replace("-", ""),
        "491b68585-357-11ed-b753-8fd49cd36340",
        ID + "\n",
        "",
        "١" * 36,
    ],
)
def test_no_other_form_of_an_id_passes(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_id(text, field="provider_id")
    assert refused.value.field == "provider_id"


@given(st.integers(min_value=-(10**16), max_value=NEVER))
def test_an_instant_is_what_its_text_says(instant_us: int) -> None:
    assert parse_instant(format_instant(instant_us)) == instant_us


def test_never_prints_as_the_contract_says() -> None:
    assert format_instant(NEVER) == "9999-01-01 00:00:00.000000"


@pytest.mark.parametrize("text", ["2022-10-22", "2022-13-22 16:16:16.874761", "2022-10-22T16:16:16.874761", "", "now"])
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_instant(text)


@pytest.mark.parametrize("text", ["all", "+1", "+82", "+999999999999999"])
def test_targets_that_are(text: str) -> None:
    assert parse_target(text) == text


@pytest.mark.parametrize(
    "text", ["٣٤", "²", "44", "+0", "+44\n", "", "+1234567890123456", "' OR 1=1--", "ALL", "+", "+4 4", "+٤٤"]
)
def test_targets_that_are_not(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_target(text)
    with pytest.raises(InvalidValue):
        parse_number(text)


@pytest.mark.parametrize("value", [-1, 2**31, 10**26, True, 1.0, "1"])
def test_a_priority_is_an_integer_in_its_range(value: int) -> None:
    with pytest.raises(InvalidValue):
        parse_priority(value)
    assert parse_priority(0) == 0
    assert parse_priority(2**31 - 1) == 2**31 - 1


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("sip.example.com", "sip.example.com", None),
        ("sip.example.com:5080", "sip.example.com", 5080),
        ("_sip._udp.example.com", "_sip._udp.example.com", None),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("[2001:db8::1]:65535", "2001:db8::1", 65535),
        ("[::1]", "::1", None),
    ],
)
def test_hostnames_that_are(text: str, host: str, port: int | None) -> None:
    parsed = split_hostname(parse_hostname(text))
    assert (parsed.host, parsed.port, str(parsed)) == (host, port, text)


@pytest.mark.parametrize(
    "text",
    [
        "", "a b", "a\r\nb", "user@host", "host/path", "host;transport=tcp", "sip:host", "a" * 64 + ".com", "host:0",
        "host:70000", "host:", "host:5060:5060", "2001:db8::1", "[::1", "[::1]x", "[fe80::1%eth0]", "1.2.3",
        "1.2.3.256", "a..b", "-a.com", ".", "host:5060\n", "hôst", "host:٥",
        "0x7f000001:15660", "0xA9FEA9FE", "127.0.0.0x1", "0x7f.0x1", "1.2.3.", "0x", "0x7f000001.",
    ],
)  # fmt: skip
def test_hostnames_that_are_not(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_hostname(text)


@pytest.mark.parametrize(
    "text",
    ["169.254.169.254", "224.0.0.1", "0.0.0.0", "0.1.2.3", "255.255.255.255", "[::]", "[fe80::1]", "[ff02::1]",
     "[::ffff:169.254.169.254]:80", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::169.254.169.254]",
     "[64:ff9b:1:a9fe:a9:fe00::]", "[64:ff9b:1:ffa9:fe:a9fe::]", "[64:ff9b:1:0:a9:fea9:fe00:0]",
     "[2002:a9fe:a9fe::1]", "[::169.254.169.254]", "[::ffff:0:a9fe:a9fe]", "[64:ff9b::]", "[2002:e000:1::]"],
)  # fmt: skip
def test_a_provider_may_not_lead_where_no_carrier_lives(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_hostname(text)
    assert refused.value.code == "forbidden_address"


@pytest.mark.parametrize(
    "text",
    ["10.1.2.3", "192.168.0.1:5062", "127.0.0.1", "[fd00::1]", "[::1]", "[64:ff9b::c000:201]", "[2002:c000:201::1]",
     "[64:ff9b:1::c000:201]", "[64:ff9b:1:c000:2:100::]", "[::ffff:10.0.0.1]"],
)  # fmt: skip
def test_private_and_loopback_networks_are_allowed(text: str) -> None:
    assert parse_hostname(text) == text


@pytest.mark.parametrize("text", ["a@evil", "1:pw", ";x=", "<", " ", "%00", "é", "1" * 33, "1\n"])
def test_a_tech_prefix_cannot_leave_the_user_part(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_affix(text, field="tech_prefix")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "1\r\nVia: x"}, {"X-A": "1\x00"}, {"X A": "1"}, {"X-A:": "1"}, {"": "1"}, {"Via": "1"}, {"v": "1"},
        {"CONTACT": "1"}, {"m": "1"}, {"Content-Disposition": "1"}, {"identity": "1"}, {"Max-Forwards": "1"},
        {f"X-{n}": "1" for n in range(21)}, {"X-A": "v" * 257}, {"X-A": 1},
    ],
)  # fmt: skip
def test_headers_that_would_break_the_message_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        parse_headers(headers)


def test_other_headers_pass_as_they_are() -> None:
    assert parse_headers({"X-Account": "42", "P-Charge-Info": "<sip:1@a>"})["X-Account"] == "42"


@pytest.mark.parametrize("text", ["x" * 256, "a\x00b", "\ud800"])
def test_a_name_is_storable_text(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_name(text)
    assert parse_name("\u202e👩‍🚀" * 60) == "\u202e👩‍🚀" * 60


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0", "::1/129", "all", "", "10.0.0.1 "])
def test_a_network_has_no_host_bits(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_network(text)
    assert (parse_network("10.0.0.7/32"), parse_network("10.0.0.0/8")) == ("10.0.0.7", "10.0.0.0/8")


def test_metadata_has_a_size() -> None:
    assert parse_metadata({"a": [1, None]}) == {"a": [1, None]}
    for value in ({"a": "x" * 17_000}, {"a": float("nan")}):
        with pytest.raises(InvalidValue):
            parse_metadata(value)


@pytest.mark.parametrize("value", [{200: "next"}, {700: "stop"}, {404: "retry"}, {True: "next"}])
def test_a_failover_override_is_a_final_status_and_an_action(value: dict[int, str]) -> None:
    with pytest.raises(InvalidValue):
        parse_failover(value)
    assert parse_failover({404: "stop", 503: "next"})


@given(st.from_regex(r"\+[1-9][0-9]{0,14}", fullmatch=True), st.integers(1, 16))
def test_a_target_matches_the_numbers_that_begin_with_it(number: str, cut: int) -> None:
    target = number[: 1 + cut]
    assert matches(target, number)
    assert matches("all", number)
    assert not matches(number + "0", number)


def test_a_region_is_one_whose_numbers_the_engine_knows() -> None:
    assert phonenumbers.SUPPORTED_REGIONS == REGIONS
    assert [parse_region(text) for text in ("", "GB", "XK")] == ["", "GB", "XK"]


@pytest.mark.parametrize("text", ["UK", "ZZ", "EU", "001", "de", "D", "DEU", "DE\n", " "])
def test_no_other_region_passes(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_region(text)
    assert (refused.value.field, refused.value.code) == ("default_region", "invalid_region")


def test_an_edge_learns_the_digest_secret_and_not_the_password() -> None:
    trunk = Trunk(id=ID, customer_id=ID, username="pbx", password="open sesame", domain_name="a.example")
    told = trunk.for_edge()
    # printf '%s' 'pbx:a.example:open sesame' | md5sum
    assert (told.password, told.ha1) == ("", "52afc4c8df0153960a8cf804d055f1a7")
    assert "sesame" not in repr(trunk)


VALID: dict[str, dict[str, Any]] = {
    "customer": {},
    "provider": {"type": "sip", "hostname": "a.example"},
    "route": {"customer_id": ID, "provider_id": ID, "priority": 1, "target": "+82"},
    "trunk": {"customer_id": ID},
    "accesskey": {"customer_id": ID, "permission": "edge"},
    "agent": {"customer_id": ID, "username": "ann", "permission": "customer_admin"},
}


def value(kind: str, **fields: Any) -> Any:
    return KINDS[kind].cls(**{"id": ID, **VALID[kind], **fields})


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("route", {"id": f"{{{ID}}}"}),
        ("route", {"enabled": "yes"}),
        ("route", {"enabled": 1}),
        ("route", {"valid_until": "x"}),
        ("route", {"valid_from": True}),
        ("route", {"tm_create": -1}),
        ("route", {"tm_delete": NEVER + 1}),
        ("route", {"priority": "1"}),
        ("route", {"name": 5}),
        ("route", {"name": ()}),
        ("route", {"target": None}),
        ("accesskey", {"permission": "nonsense"}),
        ("accesskey", {"permission": ""}),
        ("accesskey", {"token_prefix": "x" * 9}),
        ("agent", {"permission": "edge"}),
        ("agent", {"permission": "root"}),
        ("agent", {"username": "a b"}),
        ("customer", {"status": "deleted"}),
        ("customer", {"status": "asleep"}),
        ("trunk", {"allowed_ips": ("10.0.0.1/8",)}),
        ("trunk", {"allowed_ips": (5,)}),
        ("trunk", {"allowed_ips": None}),
        ("trunk", {"auth_types": ("ip", "ip")}),
        ("trunk", {"default_region": "uk"}),
        ("trunk", {"trusted_identity": None}),
        ("provider", {"hostname": 7}),
        ("provider", {"tech_headers": [1]}),
        ("provider", {"metadata": {"a": float("inf")}}),
        ("provider", {"failover": {"404": "stop"}}),
        ("provider", {"transport": "sctp"}),
        ("provider", {"max_channels": 0}),
        ("provider", {"ring_timeout_s": 601}),
    ],
)
def test_no_value_can_be_made_that_breaks_a_rule(kind: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as refused:
        value(kind, **fields)
    assert [refused.value.field] == list(fields)
    valid = value(kind)
    with pytest.raises(InvalidValue):
        replace(valid, **fields)


@pytest.mark.parametrize(
    ("kind", "fields", "canonical"),
    [
        ("route", {"id": ID.upper(), "provider_id": ID.upper()}, {"id": ID, "provider_id": ID}),
        ("route", {"valid_from": -5, "valid_until": NEVER + 7}, {"valid_from": 0, "valid_until": NEVER}),
        (
            "trunk",
            {"allowed_ips": ["10.0.0.1/32", "2001:DB8::1"], "auth_types": ["ip"], "domain_name": "PBX.Acme.example"},
            {"allowed_ips": ("10.0.0.1", "2001:db8::1"), "auth_types": ("ip",), "domain_name": "pbx.acme.example"},
        ),
        ("accesskey", {"permission": "edge"}, {"permission": Permission.EDGE}),
        ("customer", {"status": "frozen"}, {"status": CustomerStatus.FROZEN}),
        ("customer", {"status": "frozen", "tm_delete": 7}, {"status": CustomerStatus.DELETED}),
    ],
)
def test_a_value_is_kept_in_its_canonical_form(kind: str, fields: dict[str, Any], canonical: dict[str, Any]) -> None:
    made = value(kind, **fields)
    for name, expected in canonical.items():
        found = getattr(made, name)
        assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("field", ["tech_headers", "metadata", "failover"])
def test_a_mapping_is_not_changed_with_the_one_that_was_sent(field: str) -> None:
    sent = {404: "stop"} if field == "failover" else {"X-A": "1"}
    provider = value("provider", **{field: sent})
    sent.clear()
    assert len(getattr(provider, field)) == 1


def test_the_health_that_an_edge_kept_is_of_the_closed_words() -> None:
    document: dict[str, Any] = {"status": "healthy", "checked_at": 1}
    assert Health(**document).status is HealthStatus.HEALTHY
    refused: tuple[Any, Any] = ("fine", "ajar")
    with pytest.raises(InvalidValue):
        Health(refused[0])
    with pytest.raises(InvalidValue):
        Breaker(refused[1])
