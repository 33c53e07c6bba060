"""Behaviours in text form."""

import pytest

from dialplane_simulator.behaviour import KINDS, NumberPlan, OnCancel, Step, parse_behaviour, refuse, silent

EXAMPLES = {
    "answer": [100, 200],
    "answer ring=1": [100, 180, 200],
    "answer media=yes ring=1 talk=2": [100, 183, 200],
    "refuse status=486 ring=0.5": [100, 180, 486],
    "refuse": [100, 503],
    "silent": [],
    "dead": [],
    "trying": [100],
    "ring": [100, 180],
    "ring media=1": [100, 183],
    "late after=0.2": [100],
    "late ringing=1": [100, 180],
    "overslept after=4": [200],
    "redirect to=sip:a@b status=301": [100, 301],
    "challenge user=u password=p status=401": [100, 200],
    "fork": [100, 180, 180, 200],
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_text_gives_these_responses(text: str) -> None:
    assert [step.status for step in parse_behaviour(text).steps] == EXAMPLES[text]


def test_every_kind_has_an_example_and_a_description() -> None:
    assert {text.split()[0] for text in EXAMPLES} == set(KINDS)
    assert all(kind.__doc__ for kind in KINDS.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a behaviour is one of"),
        ("shout", "a behaviour is one of"),
        ("refuse 486", "written name=value"),
        ("silent after=1", "takes no parameters"),
        ("redirect", "needs to"),
        ("refuse status=abc", "invalid literal"),
        ("refuse status=99", "from 100 to 699"),
        ("answer ring=-1", "not negative"),
        ("challenge user=u password=p algorithm=MD4", "MD5 or SHA-256"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_behaviour(text)


def test_the_longest_ending_of_the_number_decides() -> None:
    plan = NumberPlan(otherwise=silent(), by_ending={"6": refuse(status=404), "0486": refuse(status=486)})
    assert plan.behaviour_for("+821000000486").steps[-1].status == 486
    assert plan.behaviour_for("+821000000006").steps[-1].status == 404
    assert plan.behaviour_for("+821000000001").steps == ()


def test_a_late_carrier_answers_its_cancel() -> None:
    behaviour = parse_behaviour("late after=0.2")
    assert (behaviour.on_cancel, behaviour.late_s) == (OnCancel.ANSWER, 0.2)


def test_a_step_must_be_possible() -> None:
    with pytest.raises(ValueError, match="a step has"):
        Step(status=700)
