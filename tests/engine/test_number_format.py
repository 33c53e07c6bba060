"""Numbers in the form that a carrier wants."""

import re
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.errors import InvalidValue
from dialplane.domain.number_format import NUMBER_FORMATS, parse_digit_rules
from dialplane.domain.provider import Provider, require_form
from dialplane.domain.region import REGIONS
from dialplane.engine.egress import egress_uri
from dialplane.engine.number import NOT_LOOKED_UP, Ported
from dialplane.engine.number_format import called_number, caller_number, home_of, in_format, is_match, rewritten

ID = "491b6858-5357-11ed-b753-8fd49cd36340"
GB_MOBILE, NEW_YORK = "+447911123456", "+12125550123"


def provider(**fields: Any) -> Provider:
    return Provider(**{"id": ID, "type": "sip", "hostname": "carrier.example", **fields})


@pytest.mark.parametrize(
    ("number", "fields", "user"),
    [
        (GB_MOBILE, {"tech_prefix": "99#"}, "99%23+447911123456"),
        (GB_MOBILE, {"number_format": "digits"}, "447911123456"),
        (GB_MOBILE, {"number_format": "00"}, "00447911123456"),
        (GB_MOBILE, {"number_format": "011"}, "011447911123456"),
        (GB_MOBILE, {"number_format": "national", "home_region": "GB"}, "07911123456"),
        (GB_MOBILE, {"number_format": "national", "home_region": "US"}, "011447911123456"),
        (GB_MOBILE, {"number_format": "national", "home_region": "AU"}, "0011447911123456"),
        (GB_MOBILE, {"number_format": "national", "home_region": "BR"}, "00447911123456"),
        (
            GB_MOBILE,
            {"number_format": "digits", "digit_rules": [{"match": "+44.", "strip": 3, "prepend": "0"}]},
            "07911123456",
        ),
        (NEW_YORK, {"number_format": "nanp11"}, "12125550123"),
        (GB_MOBILE, {"number_format": "nanp11"}, "011447911123456"),
        ("+11125550123", {"number_format": "nanp11"}, "01111125550123"),
        (NEW_YORK, {"number_format": "national", "home_region": "US"}, "2125550123"),
        ("+390612345678", {"number_format": "national", "home_region": "IT"}, "0612345678"),
        ("+112", {"digit_rules": [{"match": "+112", "strip": 1}]}, "112"),
        (GB_MOBILE, {"number_format": "digits", "tech_prefix": "9011", "tech_postfix": "*7"}, "9011447911123456*7"),
        (GB_MOBILE, {"number_format": "digits", "tech_prefix": "+"}, "+447911123456"),
        (GB_MOBILE, {"digit_rules": [{"match": ".", "prepend": "12#"}]}, "12%23+447911123456"),
    ],
)
def test_a_number_goes_out_in_its_providers_form(number: str, fields: dict[str, Any], user: str) -> None:
    assert egress_uri(provider(**fields), number) == f"sip:{user}@carrier.example"


def test_a_callers_number_has_a_form_of_its_own() -> None:
    carrier = provider(
        caller_format="digits", caller_rules=[{"match": "+44.", "strip": 3, "prepend": "0"}], number_format="00"
    )
    assert [caller_number(carrier, number) for number in (GB_MOBILE, NEW_YORK)] == ["07911123456", "12125550123"]
    assert called_number(carrier, GB_MOBILE) == "00447911123456"


@pytest.mark.parametrize(
    ("match", "number", "matches"),
    [
        ("+44.", "+447911123456", True),
        ("+44.", "+44", True),
        ("+44", "+447911123456", False),
        ("44.", "+447911123456", False),
        ("+1NXXNXXXXXX", "+12125550123", True),
        ("+1NXXNXXXXXX", "+11125550123", False),
        ("+1NXXNXXXXXX", "+121255501234", False),
        ("+Z.", "+447911123456", True),
        ("+44Z.", "+440911123456", False),
        (".", "+447911123456", True),
    ],
)
def test_a_match_is_read_sign_by_sign_from_the_first(match: str, number: str, matches: bool) -> None:
    assert is_match(match, number) == matches


def test_the_first_rule_that_matches_holds() -> None:
    rules = parse_digit_rules([{"match": "+4420.", "strip": 3, "prepend": "0"}, {"match": "+44.", "strip": 1}])
    assert [rewritten(number, rules) for number in ("+442079460000", GB_MOBILE, NEW_YORK)] == [
        "02079460000",
        "447911123456",
        NEW_YORK,
    ]


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"match": ""},
        {"match": "+44.5"},
        {"match": "44+"},
        {"match": "+44[0-9]"},
        {"match": "x."},
        {"match": "1" * 21},
        {"match": "+44.", "strip": 4},
        {"match": "+44.", "strip": -1},
        {"match": "+44.", "strip": True},
        {"match": "+44.", "prepend": "0 "},
        {"match": "+44.", "prepend": 0},
        {"match": "+44.", "replace": "0"},
        {"match": 44},
        "+44.",
        {"match": "٤."},
    ],
)
def test_a_rule_that_is_none_is_refused(rule: Any) -> None:
    with pytest.raises(InvalidValue):
        parse_digit_rules([rule])


def test_rules_are_complete_and_at_most_sixteen() -> None:
    assert parse_digit_rules([{"match": "+."}]) == ({"match": "+.", "strip": 0, "prepend": ""},)
    with pytest.raises(InvalidValue):
        parse_digit_rules([{"match": "."}] * 17)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tech_prefix": "9+"}, "tech_prefix"),
        ({"number_format": "national"}, "home_region"),
        ({"caller_format": "national"}, "home_region"),
        ({"identity_headers": ["pai"]}, "identity_headers"),
        ({"identity_headers": ["rpid"], "tech_headers": {"remote-party-id": "x"}}, "tech_headers"),
    ],
)
def test_fields_that_contradict_one_another_are_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        require_form(provider(**fields))
    assert refused.value.field == field


def test_a_number_that_rules_leave_nothing_of_is_not_sent() -> None:
    assert egress_uri(provider(digit_rules=[{"match": "+112", "strip": 4}]), "+112") is None
    assert egress_uri(provider(digit_rules=[{"match": ".", "prepend": "1" * 32}]), "+112") is None


def test_a_ported_number_is_told_to_a_provider_that_wants_it() -> None:
    carrier = provider(portability="rn", tech_postfix="*7")
    sent = [
        egress_uri(carrier, NEW_YORK, ported)
        for ported in (Ported("+13125550000", True), Ported("", True), Ported("+13125550000", False), NOT_LOOKED_UP)
    ]
    assert sent == [
        "sip:+12125550123*7;npdi;rn=+13125550000@carrier.example",
        "sip:+12125550123*7;npdi@carrier.example",
        "sip:+12125550123*7@carrier.example",
        "sip:+12125550123*7@carrier.example",
    ]
    assert egress_uri(provider(), NEW_YORK, Ported("+13125550000", True)) == "sip:+12125550123@carrier.example"


numbers = st.from_regex(r"\+[1-9][0-9]{0,14}", fullmatch=True)
rule_lists = st.lists(
    st.from_regex(r"\+?[0-9XZN]{0,8}\.?", fullmatch=True)
    .filter(bool)
    .flatmap(
        lambda match: st.fixed_dictionaries(
            {
                "match": st.just(match),
                "strip": st.integers(0, len(match.removesuffix("."))),
                "prepend": st.text("0123456789abYZ*#+", max_size=32),
            }
        )
    ),
    max_size=16,
)


@given(numbers, rule_lists, st.sampled_from(NUMBER_FORMATS), st.sampled_from(sorted(REGIONS)))
def test_whatever_the_rules_a_user_part_holds_what_it_may(
    number: str, rules: list[dict[str, Any]], form: str, region: str
) -> None:
    uri = egress_uri(provider(digit_rules=rules, number_format=form, home_region=region), number)
    assert uri is None or re.fullmatch(r"sip:([0-9A-Za-z*+]|%23){1,32}@carrier\.example", uri)


def as_expression(match: str) -> str:
    """The same as a regular expression, to compare with."""
    signs = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", "+": r"\+", ".": ".*"}
    return "".join(signs.get(sign, sign) for sign in match)


@given(st.from_regex(r"\+?[0-9XZN]{0,4}\.?", fullmatch=True), st.from_regex(r"\+?[0-9]{0,5}", fullmatch=True))
def test_a_match_means_what_a_regular_expression_would(match: str, number: str) -> None:
    assert is_match(match, number) == bool(re.fullmatch(as_expression(match), number))


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_a_national_number_is_read_in_its_region_as_the_number_that_it_was(region: str) -> None:
    example = phonenumbers.example_number(region)
    assert example is not None
    number = f"+{example.country_code}{phonenumbers.national_significant_number(example)}"
    dialled = in_format(number, "national", region)

    assert home_of(region).country_code == str(example.country_code)
    read = phonenumbers.parse(dialled, region)
    assert f"+{read.country_code}{phonenumbers.national_significant_number(read)}" == number
