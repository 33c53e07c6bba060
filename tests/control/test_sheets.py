"""Names in rows of a spreadsheet: an unknown one is compared with so many others that nobody waits for it."""

from collections.abc import Iterable

import pytest

from dialplane.control.named import MOST_READ
from dialplane.control.sheets import MOST_NEAR, Names
from dialplane.domain.errors import InvalidValue

NAMES = {f"id-{n}": f"{n:05} Ltd" for n in range(2 * MOST_READ)}


def test_an_unknown_name_is_answered_with_the_one_near_it() -> None:
    with pytest.raises(InvalidValue, match="00007 Ltd is near it"):
        Names("customer", NAMES).id_of("00007 Lt")


def test_of_many_unknown_names_only_the_first_are_compared_and_with_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = list[int]()

    def close(_text: str, among: Iterable[str], **_most: int) -> list[str]:
        compared.append(len(list(among)))
        return []

    monkeypatch.setattr("dialplane.control.sheets.get_close_matches", close)
    names = Names("customer", NAMES)
    for n in range(3 * MOST_NEAR):
        with pytest.raises(InvalidValue):
            names.id_of(f"unknown {n}")
    assert compared == [MOST_READ] * MOST_NEAR
