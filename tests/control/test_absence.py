"""What calls would have become without a provider, by their stored decisions."""

import json
from typing import Any

import pytest

from dialplane.control.absence import Absence, NextProvider, StrandedTarget, absence_of, plan_of

ACME = "acme"
A, B, C = "a", "b", "c"


def place(provider_id: str, position: int | None, *, target: str = "+44", outcome: str = "tried") -> dict[str, Any]:
    return {"provider_id": provider_id, "position": position, "target": target, "outcome": outcome}


def decided(*places: dict[str, Any], is_all: bool = True) -> Absence:
    plan = plan_of(ACME, json.loads(json.dumps(places)), A)
    return absence_of([plan] if plan else [], is_all=is_all)


def test_a_call_with_no_other_carrier_is_stranded() -> None:
    absence = decided(place(A, 1), place(B, None, outcome="skipped"))
    assert (absence.stranded, absence.last_leg) == (1, 0)
    assert absence.stranded_targets == [StrandedTarget(ACME, "+44", 1)]
    assert absence.summary.endswith("1 (100%) would have had no other carrier.")


def test_a_call_with_one_other_is_on_its_last_leg_and_goes_there() -> None:
    absence = decided(place(B, 2), place(A, 1))
    assert (absence.stranded, absence.last_leg, absence.next) == (0, 1, [NextProvider(B, 1)])
    assert "none would have been left without a carrier; 1 would have had just one" in absence.summary


def test_the_load_goes_to_the_first_of_those_that_are_left() -> None:
    assert decided(place(A, 1), place(C, 2), place(B, 3)).next == [NextProvider(C, 1)]
    assert decided(place(B, 1), place(A, 2), place(C, 3)).next == [NextProvider(B, 1)]


@pytest.mark.parametrize("places", [(), (place(B, 1),), (place(A, None, outcome="dropped"), place(B, 1))])
def test_a_call_that_would_not_have_tried_it_does_not_count(places: tuple[dict[str, Any], ...]) -> None:
    absence = decided(*places)
    assert absence.calls == 0
    assert absence.summary == "No call of the last 24 hours went to it."


def test_the_sentence_says_that_there_are_more() -> None:
    assert decided(place(A, 1), is_all=False).summary.startswith("Of the newest 1 call of")
