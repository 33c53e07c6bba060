"""From what was dialled to a number (docs/domain.md, section 6)."""

import re
from itertools import product

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplane.engine.number import NOT_LOOKED_UP, SHORT_CODE, Ported, normalise, ported


@pytest.mark.parametrize(
    ("user", "region", "number"),
    [
        ("+82 10".replace(" ", ""), "", "+8210"),
        ("8210", "", "+8210"),
        ("008210", "", "+8210"),
        ("0118210", "", "+8210"),
        ("+1(650)253-0000", "", "+16502530000"),
        ("1.650.253.0000", "", "+16502530000"),
        ("%2B8210", "", "+8210"),
        ("+8210;npdi;rn=+1", "", "+8210"),
        ("+8210;phone-context=+44", "", "+8210"),
        ("2125551234;phone-context=+1", "", "+12125551234"),
        ("2125551234;Phone-Context=%2B1", "GB", "+12125551234"),
        ("863-1234;phone-context=+1-914-555", "", "+19145558631234"),
        ("030-123456;phone-context=+49", "", "+4930123456"),
        ("30123456;phone-context=+49", "", "+4930123456"),
        ("06 1234 5678".replace(" ", "") + ";phone-context=+39", "", "+390612345678"),
        ("6502530000", "US", "+16502530000"),
        ("16502530000", "US", "+16502530000"),
        ("011442079460000", "US", "+442079460000"),
        ("00442079460000", "US", "+442079460000"),
        ("01134960000", "GB", "+441134960000"),
        ("010-1234-5678", "KR", "+821012345678"),
        ("+821012345678", "US", "+821012345678"),
        ("+" + "9" * 15, "", "+" + "9" * 15),
        ("+49", "", "+49"),
    ],
)
def test_what_is_dialled_becomes_a_number(user: str, region: str, number: str) -> None:
    assert normalise(user, default_region=region) == (number, False)


@pytest.mark.parametrize(
    "user",
    [
        "",
        "+",
        "alice",
        "+82x",
        "82%00",
        "82:1",
        "٨٢١٠",
        "²",
        "+0123",
        "0123",
        "9" * 16,
        "9" * 40,
        "+82+10",
        "1" * 200,
        "8\n",
        "7042;phone-context=pbx.example",
        "7911123456;phone-context=",
        "7911123456;phone-context=+0",
    ],
)
def test_what_is_no_number_is_none(user: str) -> None:
    assert normalise(user).number is None


@pytest.mark.parametrize("user", ["21", "alice", "0", "99999999999999999"])
def test_what_is_no_number_in_the_region_is_none(user: str) -> None:
    assert normalise(user, default_region="US").number is None


@pytest.mark.parametrize(
    ("user", "region"),
    [
        *(("911", "US"), ("112", "DE"), ("999", "GB"), ("119", "KR")),
        *(("112", ""), ("911", ""), ("999", ""), ("000", ""), ("17", ""), ("1122", ""), ("+112", "DE"), ("+999", "")),
    ],
)
def test_an_emergency_number_is_told(user: str, region: str) -> None:
    assert normalise(user, default_region=region) == (f"+{user.removeprefix('+')}", True)


@pytest.mark.parametrize(
    ("user", "number"),
    [
        ("112;phone-context=+49", "+112"),
        ("911;phone-context=+1", "+911"),  # RFC 3966, section 5.1.5: +1911 would be none
        ("911;phone-context=+1-914", "+911"),
        ("00112", "+112"),
        ("9%2D1.1", "+911"),
    ],
)
def test_an_emergency_number_is_one_however_it_is_written(user: str, number: str) -> None:
    assert normalise(user) == (number, True)


def test_every_emergency_number_of_every_region_is_a_short_code() -> None:
    patterns = [
        metadata.emergency.national_number_pattern
        for region in phonenumbers.SUPPORTED_SHORT_REGIONS
        if (metadata := phonenumbers.PhoneMetadata.short_metadata_for_region(region)) and metadata.emergency
    ]
    emergency = re.compile("|".join(f"(?:{pattern})" for pattern in {*patterns} if pattern))
    longer = ("".join(digits) for length in (4, 5, 6) for digits in product("0123456789", repeat=length))
    listed = {digits for digits in longer if emergency.fullmatch(digits)}

    assert {digits for digits in listed if not SHORT_CODE.fullmatch(digits)} == set()
    assert max(map(len, listed)) == 6
    assert not emergency.fullmatch("8210")


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("+5678;rn=+22233", Ported("+22233", False)),
        ("+16305550100;npdi;rn=+1-630-555-0000", Ported("+16305550000", True)),
        ("+16305550100;NPDI;RN=6305550000;rn-context=+1", Ported("+16305550000", True)),
        ("+16305550100;npdi", Ported("", True)),
        ("+16305550100;rn=6305550000", Ported("", False, True)),
        ("+16305550100;rn=+1630555000F", Ported("", False, True)),
        ("+16305550100;rn=pstn", Ported("", False, True)),
        ("+16305550100;rn=;rn-context=+1", Ported("", False, True)),
        ("+16305550100", NOT_LOOKED_UP),
    ],
)
def test_a_routing_number_is_read_where_it_is_one(user: str, expected: Ported) -> None:
    assert ported(user) == expected


digits = st.text(alphabet="0123456789+-", max_size=12)
NUMBER_LIKE = st.one_of(
    st.text(alphabet="0123456789+", max_size=20),
    st.text(alphabet="0123456789+-.() \t\r\n%2Bb;=abx#*٨²", max_size=40),
    st.builds("{};{}={}".format, digits, st.sampled_from(["phone-context", "rn"]), digits),
    st.text(max_size=200),
)


@settings(max_examples=1000)
@given(NUMBER_LIKE, st.sampled_from(["", "US", "GB", "KR", "ZZ"]))
def test_no_text_breaks_it_and_only_numbers_come_out(user: str, region: str) -> None:
    number, is_emergency = normalise(user, default_region=region)
    assert number is None or re.fullmatch(r"\+[0-9]{1,15}", number)
    assert is_emergency or region or not re.fullmatch("[0-9]{1,3}", user)
    assert is_emergency or number not in ("+112", "+911", "+999", "+000")
    assert re.fullmatch(r"(\+[1-9][0-9]{0,14})?", ported(user).routing_number)
