"""The stages of a decision know every reason; that they are right: tests/replica/test_decisions.py."""

from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.health import HEALTHY, UNHEALTHY
from dialplane.domain.provider import Provider
from dialplane.engine.dialroute import Group, dialroute, group_of, groups_for, standing_of
from dialplane.engine.number import STEPS, steps_of
from dialplane.engine.reasons import Reason
from dialplane.engine.stages import RULES, Recorded, stages, stages_of_record
from tests.engine.test_dialroute_properties import PROVIDERS, digits, groups

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


def without_equals(drawn: list[Group]) -> list[Group]:
    """Each target once, its candidates in the order of their priorities."""
    once = {(group.target, group.own): group.candidates for group in drawn}
    return [
        group_of(target, [one._replace(priority=rank, weight=None) for rank, one in enumerate(candidates)], own=own)
        for (target, own), candidates in once.items()
    ]


@given(
    groups,
    digits.map(lambda text: f"+1{text}"),
    st.sets(st.sampled_from(PROVIDERS)),
    st.sets(st.sampled_from(PROVIDERS)),
)
def test_a_record_has_the_stages_of_its_decision(
    drawn: list[Group], number: str, unhealthy: set[str], broken: set[str]
) -> None:
    matching = groups_for(number, without_equals(drawn))
    decided = dialroute(
        matching,
        now=50,
        call_id="call",
        standing=lambda id_: standing_of(
            Provider(id=id_, type="sip", hostname="a.example"), UNHEALTHY if id_ in unhealthy else HEALTHY
        ),
        breakers=broken,
        max_attempts=3,
    )
    places = [
        Recorded(place.candidate.route_id, place.target, place.candidate.priority, place.position, place.reasons)
        for place in decided.places
    ]
    assert stages_of_record(places) == stages(matching, decided, call_id="call")
