"""The decision against a naive oracle: the rules of docs/domain.md, section 4, one sentence after the other."""

from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.health import HEALTHY, UNHEALTHY
from dialplane.domain.provider import Provider
from dialplane.engine.dialroute import TRIED, Candidate, dialroute

PROVIDERS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(6)]
NOW = 50

digits = st.text("123", min_size=0, max_size=5)
candidates = st.lists(
    st.builds(
        Candidate,
        route_id=st.uuids().map(str),
        provider_id=st.sampled_from(PROVIDERS),
        target=st.one_of(st.just("all"), digits.map(lambda text: f"+1{text}")),
        priority=st.integers(0, 3),
        weight=st.none(),
        enabled=st.sampled_from([True, True, True, False]),
        valid_from=st.sampled_from([0, 0, 60]),
        valid_until=st.sampled_from([100, 100, 40]),
        tm_create=st.integers(0, 3),
        own=st.booleans(),
    ),
    max_size=25,
)


@given(candidates, digits.map(lambda text: f"+1{text}"), st.sets(st.sampled_from(PROVIDERS)), st.integers(1, 6))
def test_the_attempts_are_what_the_rules_say(
    routes: list[Candidate], number: str, unhealthy: set[str], most: int
) -> None:
    live = set(PROVIDERS[1:])
    decision = dialroute(
        routes,
        number=number,
        now=NOW,
        call_id="call",
        providers=lambda id_: Provider(id=id_, type="sip", hostname="a.example") if id_ in live else None,
        health=lambda id_: UNHEALTHY if id_ in unhealthy else HEALTHY,
        max_attempts=most,
    )
    expected: list[Candidate] = []
    for own in (True, False):
        for length in range(15, -1, -1):
            target = number[: length + 1] if length else "all"
            group = [
                route
                for route in routes
                if route.own == own
                and route.target == target
                and (length < len(number))
                and route.enabled
                and route.valid_from <= NOW < route.valid_until
                and route.provider_id in live
            ]
            for route in sorted(group, key=lambda route: (route.priority, route.tm_create, route.route_id)):
                if route.provider_id not in {placed.provider_id for placed in expected}:
                    expected.append(route)
    healthy = [route for route in expected if route.provider_id not in unhealthy]
    ordered = healthy + [route for route in expected if route.provider_id in unhealthy]
    assert [place.candidate for place in decision.attempts] == ordered[:most]


@given(candidates, digits.map(lambda text: f"+1{text}"))
def test_no_provider_twice_and_every_candidate_has_its_reasons(routes: list[Candidate], number: str) -> None:
    decision = dialroute(
        routes,
        number=number,
        now=NOW,
        call_id="call",
        providers=lambda id_: Provider(id=id_, type="sip", hostname="a.example"),
        health=lambda _: HEALTHY,
    )
    tried = [place.candidate.provider_id for place in decision.attempts]
    assert len(tried) == len(set(tried))
    assert [place.position for place in decision.attempts] == list(range(1, len(tried) + 1))
    assert sorted(place.candidate for place in decision.places if place.outcome == TRIED) == sorted(
        place.candidate for place in decision.attempts
    )
    matching = [route for route in routes if route.target == "all" or number.startswith(route.target)]
    assert sorted(place.candidate.route_id for place in decision.places) == sorted(route.route_id for route in matching)
    assert all(place.reasons for place in decision.places)
