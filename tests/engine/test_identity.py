"""What a carrier gets to know of a caller."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from dialplane.domain.provider import ANONYMITIES, DIVERSIONS, IDENTITY_HEADERS, Provider
from dialplane.engine.identity import Caller, caller_of, has_identity_rules, identity_of, is_refused, privacy_values

ID = "491b6858-5357-11ed-b753-8fd49cd36340"
LONDON, OFFICE = "+442071838750", "+442079460000"


def provider(**fields: Any) -> Provider:
    return Provider(**{"id": ID, "type": "sip", "hostname": "carrier.example:5070", **fields})


@pytest.mark.parametrize(
    ("user", "host", "facts", "expected"),
    [
        (LONDON, "pbx.example", {}, (LONDON, False)),
        ("02071838750", "pbx.example", {"region": "GB"}, (LONDON, False)),
        ("alice", "pbx.example", {}, ("", False)),
        ("anonymous", "anonymous.invalid", {}, ("", True)),
        ("Anonymous", "pbx.example", {}, ("", True)),
        (LONDON, "anonymous.invalid", {}, (LONDON, True)),
        (LONDON, "pbx.example", {"privacy": "id"}, (LONDON, True)),
        (LONDON, "pbx.example", {"privacy": "none"}, (LONDON, False)),
        (LONDON, "pbx.example", {"privacy": "critical; USER"}, (LONDON, True)),
        ("anonymous", "anonymous.invalid", {"asserted": ['"Office" <sip:+442079460000@pbx.example>']}, (OFFICE, True)),
        ("alice", "pbx.example", {"asserted": ["<sip:alice@x>", "<tel:+44-20-7946-0000>"]}, (OFFICE, False)),
    ],
)
def test_who_calls_is_what_is_asserted_or_else_from(
    user: str, host: str, facts: dict[str, Any], expected: tuple[str, bool]
) -> None:
    caller = caller_of(user, host, **facts)
    assert (caller.number, caller.is_anonymous) == expected


def test_a_privacy_header_has_nothing_but_tokens() -> None:
    assert privacy_values("id;USER, critical") == ("id", "user", "critical")
    assert privacy_values("id\r\nX: <y>") == ("id", "x", "y")


WRITTEN = "<sip:{}@carrier.example>"
ALL = {"identity_headers": ["pai", "rpid", "ppi"], "trusted": True}


@pytest.mark.parametrize(
    ("fields", "caller", "removed", "added"),
    [
        ({}, Caller(LONDON), (), ()),
        ({}, Caller(LONDON, asserted=["<sip:1@x>"]), (), [("P-Asserted-Identity", "<sip:1@x>")]),
        (
            ALL,
            Caller(LONDON, asserted=["<sip:1@x>"]),
            (),
            [
                ("P-Asserted-Identity", WRITTEN.format(LONDON)),
                ("Remote-Party-ID", f"{WRITTEN.format(LONDON)};party=calling;screen=yes;privacy=off"),
                ("P-Preferred-Identity", WRITTEN.format(LONDON)),
            ],
        ),
        (
            {"identity_headers": ["pai"], "trusted": True, "caller_format": "national", "home_region": "GB"},
            Caller(LONDON, is_anonymous=True),
            (),
            [("P-Asserted-Identity", WRITTEN.format("02071838750")), ("Privacy", "id")],
        ),
        (
            {"identity_headers": ["rpid"], "trusted": True},
            Caller(LONDON, is_anonymous=True, privacy=("user",)),
            ("Privacy",),
            [
                ("Remote-Party-ID", f"{WRITTEN.format(LONDON)};party=calling;screen=yes;privacy=full"),
                ("Privacy", "user;id"),
            ],
        ),
        ({"identity_headers": ["rpid"]}, Caller(LONDON, is_anonymous=True, privacy=("id",)), (), ()),
        (ALL, Caller("", default=""), (), ()),
        (
            {"identity_headers": ["ppi"]},
            Caller("", default=OFFICE),
            (),
            [("P-Preferred-Identity", WRITTEN.format(OFFICE))],
        ),
        ({"diversion": "drop"}, Caller(LONDON, is_diverted=True), ("Diversion",), ()),
        (
            {"diversion": "add", "caller_format": "digits"},
            Caller(LONDON, default=OFFICE),
            (),
            [("Diversion", f"{WRITTEN.format(OFFICE[1:])};reason=unconditional;privacy=off;counter=1")],
        ),
        ({"diversion": "add"}, Caller(LONDON, default=OFFICE, is_diverted=True), (), ()),
        ({"diversion": "add"}, Caller(OFFICE, default=OFFICE), (), ()),
        ({"diversion": "add"}, Caller(LONDON), (), ()),
        ({"sign": "pass"}, Caller(LONDON, signatures=["token;info=<x>"]), (), [("Identity", "token;info=<x>")]),
        ({}, Caller(LONDON, signatures=["token;info=<x>"]), (), ()),
    ],
)
def test_a_provider_is_told_of_the_caller_by_its_rules(
    fields: dict[str, Any], caller: Caller, removed: Sequence[str], added: Sequence[tuple[str, str]]
) -> None:
    assert identity_of(provider(**fields), caller) == (tuple(removed), tuple(added))


def test_no_header_is_written_twice_and_none_contradicts_another() -> None:
    """Of all combinations of rules and callers."""
    words: tuple[list[str], ...] = ([], ["pai"], ["rpid", "ppi"], ["pai", "rpid", "ppi"])
    callers = (
        caller_of(user, "pbx.example", default=default, privacy=privacy, is_diverted=is_diverted, asserted=asserted)
        for user, default, privacy, is_diverted, asserted in product(
            (LONDON, "anonymous"), ("", OFFICE), ("", "id", "user"), (False, True), ((), (f"<tel:{OFFICE}>",))
        )
    )
    for caller, headers, trusted, diversion in product([*callers], words, (False, True), DIVERSIONS):
        carrier = provider(identity_headers=headers, trusted=trusted, diversion=diversion)
        removed, added = identity_of(carrier, caller)
        names = [name for name, _ in added]
        assert len(names) == len(set(names))
        assert "Privacy" in removed or "Privacy" not in names or not caller.privacy
        written = {value for name, value in added if name in IDENTITY_HEADERS.values() and headers}
        assert len({value.partition(";")[0] for value in written}) <= 1
        if headers and caller.is_anonymous:
            assert "id" in caller.privacy or "Privacy" in names
            assert trusted or not written


@pytest.mark.parametrize("anonymous", ANONYMITIES)
def test_a_caller_without_a_number_is_refused_where_a_provider_says_so(anonymous: str) -> None:
    carrier = provider(anonymous=anonymous)
    assert is_refused(carrier, Caller(LONDON, is_anonymous=True)) == (anonymous == "refuse")
    assert not is_refused(carrier, Caller(LONDON))
    assert has_identity_rules(carrier) == (anonymous == "refuse")
