"""A filter as people type it: its terms, and what is wrong with one that cannot be read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.control.route_filter import WORDS
from dialplane.domain.errors import InvalidValue
from dialplane.domain.filter import MAX_FILTER, MOST_TERMS, TERM, Age, Name, Term, parse_filter, past, quoted, unquoted
from dialplane.domain.instants import DAY_US, NEVER, parse_instant
from dialplane.domain.route import MAX_PRIORITY


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        (
            "provider:bics -customer:acme",
            [Term("provider", [Name("bics")], False), Term("customer", [Name("acme")], True)],
        ),
        ('provider:bics,"New York, Inc"', [Term("provider", [Name("bics"), Name("New York, Inc")], False)]),
        ('provider:"a ""b"""*', [Term("provider", [Name('a "b"', True)], False)]),
        ('provider:"b*"', [Term("provider", [Name("b*")], False)]),
        ("target:+44*  target:all", [Term("target", "+44*", False), Term("target", "all", False)]),
        ("priority:3 priority:2..4", [Term("priority", (3, 3), False), Term("priority", (2, 4), False)]),
        ("priority:<3", [Term("priority", (0, 2), False)]),
        ("priority:<=3", [Term("priority", (0, 3), False)]),
        ("priority:>3", [Term("priority", (4, MAX_PRIORITY), False)]),
        ("priority:>=3", [Term("priority", (3, MAX_PRIORITY), False)]),
        ("is:disabled -is:expiring", [Term("is", "disabled", False), Term("is", "expiring", True)]),
        ("updated:<7d", [Term("updated", Age(True, 7 * DAY_US), False)]),
        ("created:>12h", [Term("created", Age(False, DAY_US // 2), False)]),
        ('+44 -"two words"', [Term("", "+44", False), Term("", "two words", True)]),
        ('"is:disabled"', [Term("", "is:disabled", False)]),
        ("10.0.0.1:5060", [Term("", "10.0.0.1:5060", False)]),
    ],
)
def test_what_a_filter_says(text: str, terms: list[Term]) -> None:
    assert parse_filter(text, WORDS) == terms


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("is:live providr:x", "term 2 must be text or have a word that is known: `provider:` is near it"),
        ("xyz:1", "term 1 .*: `provider:`, `customer:`, `target:`"),
        ("priority:low", "term 1 must be like 3, <3, <=3, >3, >=3 or 2..4 after `priority:`"),
        ("priority:<2..4", "must be like 3"),
        ("is:off", "term 1 must be one of disabled, expired, expiring, live, not_yet after `is:`"),
        ("target:44", r"must be like \+44, \+44\* "),
        ("target:all*", "must be like"),
        ("covers:all", "must be '\\+' and 1 to 15 digits"),
        ("updated:7d", "must be like <7d"),
        ("created:<7y", "must be like <7d"),
        ("provider:", "term 1 must have a value"),
        ("provider:,", "must be a name"),
        ("provider:a,*", "must be a name"),
        ("-", "term 1 must have a value"),
        ('a provider:"b', "a quotation mark that is not closed"),
        ("a " * (MOST_TERMS + 1), f"at most {MOST_TERMS} terms"),
        ("a" * (MAX_FILTER + 1), f"at most {MAX_FILTER} characters"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(text: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as refused:
        parse_filter(text, WORDS)
    assert refused.value.field == "filter"


def test_every_value_that_is_proposed_is_one() -> None:
    for word in WORDS:
        assert [parse_filter(f"{word.name}:{value}", WORDS)[0].word for value in word.values] == [word.name] * len(
            word.values
        )


@pytest.mark.parametrize(
    ("value", "first", "until"),
    [
        (">=2026-03-01", "2026-03-01 00:00:00.000000", NEVER),
        ("<2026-03-01T08:30", 0, "2026-03-01 08:30:00.000000"),
        ("2026-03-01..2026-03-02T12:30:05Z", "2026-03-01 00:00:00.000000", "2026-03-02 12:30:05.000000"),
    ],
)
def test_a_period_is_named_by_its_bounds_in_utc(value: str, first: str | int, until: str | int) -> None:
    first, until = (parse_instant(bound) if isinstance(bound, str) else bound for bound in (first, until))
    assert past(value).period(0) == (first, until)


@pytest.mark.parametrize(
    "value", ["2026-03-01", ">=2026-03-01..2026-03-02", ">=2026-13-01", ">=2026-03-01T25:00", ">2026-03-01", "<1y", "x"]
)
def test_what_is_no_period_is_refused_with_what_would_be_one(value: str) -> None:
    with pytest.raises(InvalidValue, match=r"must be like <7d .*2026-03-01T08:00\.\.2026-03-02"):
        past(value)


def test_how_long_ago_is_a_period_too() -> None:
    assert past("<1d").period(3 * DAY_US) == (2 * DAY_US, NEVER)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_a_name_in_quotes_means_just_it(name: str) -> None:
    assert unquoted(quoted(name)) == name
    assert parse_filter(f"provider:{quoted(name)}", WORDS) == [Term("provider", [Name(name)], False)]


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        terms = parse_filter(text, WORDS)
    except InvalidValue:
        return
    assert len(terms) == len([found for found in re.finditer(TERM, text) if found[0]])
