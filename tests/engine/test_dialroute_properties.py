"""What holds of every decision, whatever the table; that each is the right one: tests/replica/test_decisions.py."""

from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.health import HEALTHY
from dialplane.domain.provider import Provider
from dialplane.engine.dialroute import Candidate, Group, dialroute, group_of, groups_for, standing_of

PROVIDERS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(6)]

digits = st.text("123", min_size=0, max_size=5)
candidates = st.builds(
    Candidate,
    route_id=st.uuids().map(str),
    provider_id=st.sampled_from(PROVIDERS),
    priority=st.integers(0, 3),
    weight=st.sampled_from([None, 1, 3]),
    enabled=st.sampled_from([True, True, True, False]),
    valid_from=st.sampled_from([0, 0, 60]),
    valid_until=st.sampled_from([100, 100, 40]),
    tm_create=st.integers(0, 3),
)
groups = st.lists(
    st.builds(
        group_of,
        target=st.one_of(st.just("all"), digits.map(lambda text: f"+1{text}")),
        candidates=st.lists(candidates, min_size=1, max_size=5),
        own=st.booleans(),
    ),
    max_size=5,
)


@given(groups, digits.map(lambda text: f"+1{text}"), st.integers(1, 40))
def test_no_provider_twice_and_every_candidate_has_its_reasons(drawn: list[Group], number: str, most: int) -> None:
    decision = dialroute(
        groups_for(number, drawn),
        now=50,
        call_id="call",
        standing=lambda id_: standing_of(Provider(id=id_, type="sip", hostname="a.example"), HEALTHY),
        max_attempts=most,
    )
    tried = [place.candidate.provider_id for place in decision.attempts]
    assert len(tried) == len(set(tried))
    assert [place.position for place in decision.attempts] == list(range(1, len(tried) + 1))
    matching = [group for group in drawn if group.target == "all" or number.startswith(group.target)]
    found = sorted(candidate.route_id for group in matching for candidate in group.candidates)
    assert sorted(place.candidate.route_id for place in decision.places) == found
    assert all(place.reasons for place in decision.places)
