"""From what was dialled to a number (docs/domain.md, section 6)."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplane.engine.number import normalise


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
        ("6502530000", "US", "+16502530000"),
        ("16502530000", "US", "+16502530000"),
        ("011442079460000", "US", "+442079460000"),
        ("00442079460000", "US", "+442079460000"),
        ("01134960000", "GB", "+441134960000"),
        ("010-1234-5678", "KR", "+821012345678"),
        ("+821012345678", "US", "+821012345678"),
        ("+" + "9" * 15, "", "+" + "9" * 15),
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
    ],
)
def test_what_is_no_number_is_none(user: str) -> None:
    assert normalise(user).number is None


@pytest.mark.parametrize("user", ["21", "alice", "0", "99999999999999999"])
def test_what_is_no_number_in_the_region_is_none(user: str) -> None:
    assert normalise(user, default_region="US").number is None


@pytest.mark.parametrize(("user", "region"), [("911", "US"), ("112", "DE"), ("999", "GB"), ("119", "KR")])
def test_an_emergency_number_is_told(user: str, region: str) -> None:
    assert normalise(user, default_region=region) == (f"+{user}", True)


NUMBER_LIKE = st.one_of(
    st.text(alphabet="0123456789+", max_size=20),
    st.text(alphabet="0123456789+-.() \t\r\n%2Bb;=abx#*٨²", max_size=40),
    st.text(max_size=200),
)


@settings(max_examples=1000)
@given(NUMBER_LIKE, st.sampled_from(["", "US", "GB", "KR", "ZZ"]))
def test_no_text_breaks_it_and_only_numbers_come_out(user: str, region: str) -> None:
    number = normalise(user, default_region=region).number
    assert number is None or re.fullmatch(r"\+[0-9]{1,15}", number)
