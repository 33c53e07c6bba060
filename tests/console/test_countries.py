"""The country behind a target is the one that the longest beginning of the table has."""

import pytest

from dialplane.api.console.countries import countries


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("+82", "South Korea"),
        ("+821021656521", "South Korea"),
        ("+1", "North America"),
        ("+1800", "North America"),
        ("+12", "North America"),
        ("+1212", "United States"),
        ("+1416", "Canada"),
        ("+1876", "Jamaica"),
        ("+1809", "Dominican Republic"),
        ("+7", "Russia and Kazakhstan"),
        ("+7495", "Russia"),
        ("+77", "Kazakhstan"),
        ("+441481", "United Kingdom"),
        ("+3906698", "Vatican"),
        ("+35818", "\u00c5land Islands"),
        ("+383", "Kosovo"),
        ("+870", "Inmarsat"),
        ("+3", ""),
        ("all", ""),
    ],
)
def test_the_country_of_a_target(target: str, name: str) -> None:
    beginnings = {digits: of for of, all_ in countries().items() for digits in all_.split()}
    known = [target[1:end] for end in range(len(target), 1, -1) if target[1:end] in beginnings]
    assert (beginnings[known[0]] if known else "") == name


def test_no_beginning_is_of_two_countries_and_none_is_without_a_name() -> None:
    every = [digits for all_ in countries().values() for digits in all_.split()]
    assert len(every) == len(set(every)) > 600
    assert "" not in countries()
