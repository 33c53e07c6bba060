"""The stages of a decision know every reason; that they are right: tests/replica/test_decisions.py."""

from dialplane.engine.number import STEPS, steps_of
from dialplane.engine.reasons import Reason
from dialplane.engine.stages import RULES

OF_ORDER = {Reason.OWN_ROUTE, Reason.DEFAULT_ROUTE, Reason.WEIGHTED, Reason.ROUTING_NUMBER_IGNORED}


def test_every_reason_is_of_one_rule() -> None:
    of_rules = [reason for rule in RULES.values() for reason in (*rule.drops, *rule.moves)]
    assert sorted([*of_rules, *OF_ORDER]) == sorted(Reason)


def test_the_steps_of_a_number_follow_one_from_the_other() -> None:
    steps = steps_of("%2B44-20-7946-0000;npdi")
    assert [step.rule for step in steps] == ["decoded", "parameters", "separators"]
    assert [step.before for step in steps[1:]] == [step.after for step in steps[:-1]]
    assert steps[-1].after == "+442079460000"
    used = {
        step.rule
        for text in ("0044207946", "112", "44207946", "2125551234;phone-context=+1")
        for step in steps_of(text)
    }
    assert used | {step.rule for step in (*steps, *steps_of("0207946", default_region="GB"))} == set(STEPS)
