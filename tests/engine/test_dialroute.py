"""Which routes, in which order, and why (docs/domain.md, section 3)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dialplane.domain.health import HEALTHY, UNHEALTHY
from dialplane.domain.provider import Provider
from dialplane.engine.dialroute import (
    Candidate,
    Dialroute,
    Standing,
    dialroute,
    group_of,
    groups_for,
    standing_of,
)
from dialplane.engine.reasons import REASONS, Reason

NUMBER = "+821012345678"


def provider_id(name: str) -> str:
    return f"00000000-0000-4000-8000-{ord(name):012d}"


class Drawn(NamedTuple):
    """A route as these tests write it down: its place, and the fields that decide."""

    target: str
    own: bool
    candidate: Candidate


def candidate(
    name: str, target: str = "all", priority: int = 1, *, via: str = "", own: bool = True, **rest: Any
) -> Drawn:
    return Drawn(target, own, Candidate(name, provider_id(via or name), priority, **rest))


def decide(routes: Sequence[Drawn], **rest: Any) -> Dialroute:
    def standing(id_: str) -> Standing:
        provider = Provider(id=id_, type="sip", hostname="carrier.example", enabled=id_ not in rest.get("disabled", ()))
        is_live = id_ not in rest.get("deleted", ())
        return standing_of(provider if is_live else None, UNHEALTHY if id_ in rest.get("unhealthy", ()) else HEALTHY)

    places = {(target, own) for target, own, _ in routes}
    groups = [group_of(place[0], (one for *of, one in routes if (*of,) == place), own=place[1]) for place in places]
    return dialroute(
        groups_for(NUMBER, groups),
        now=rest.get("now", 100),
        call_id=rest.get("call_id", "call"),
        standing=standing,
        breakers=rest.get("breakers", ()),
        full=rest.get("full"),
        max_attempts=rest.get("max_attempts", 10),
    )


def names(decision: Dialroute) -> str:
    return "".join(place.candidate.route_id for place in decision.attempts)


def why(decision: Dialroute, name: str) -> tuple[str, tuple[str, ...]]:
    return next((place.outcome, place.reasons) for place in decision.places if place.candidate.route_id == name)


def test_the_customers_own_routes_stand_before_the_default_ones() -> None:
    assert names(decide([candidate("a", "+8210", own=False), candidate("b", "all", 9)])) == "ba"


def test_longest_target_wins_over_priority() -> None:
    assert names(decide([candidate("a", "all", 0), candidate("b", "+82", 1), candidate("c", "+8210", 9)])) == "cba"


def test_lower_priority_is_tried_first() -> None:
    assert names(decide([candidate("a", priority=3), candidate("b", priority=0), candidate("c", priority=2)])) == "bca"


def test_an_older_route_stands_first_among_equals_and_then_the_smaller_id() -> None:
    assert (
        names(decide([candidate("c", tm_create=2), candidate("b", tm_create=2), candidate("a", tm_create=3)])) == "bca"
    )


def test_a_route_for_other_numbers_is_no_candidate() -> None:
    decision = decide([candidate("a", "+83"), candidate("b", NUMBER + "9"), candidate("c", NUMBER)])
    assert [place.candidate.route_id for place in decision.places] == ["c"]


def test_a_provider_keeps_the_first_place_that_it_earns() -> None:
    decision = decide([candidate("a", "+82"), candidate("b", "+82", 2), candidate("c", "all", via="a")])
    assert names(decision) == "ab"
    assert why(decision, "c") == ("dropped", (Reason.OWN_ROUTE, Reason.PROVIDER_REPEATED))


def test_a_route_that_is_off_earns_no_place_for_its_provider() -> None:
    decision = decide([candidate("a", "+82", enabled=False), candidate("b"), candidate("c", priority=2, via="a")])
    assert names(decision) == "bc"
    assert why(decision, "a") == ("skipped", (Reason.OWN_ROUTE, Reason.ROUTE_DISABLED))


def test_a_route_is_a_candidate_from_its_first_instant_until_before_its_last() -> None:
    routes = [candidate("a", valid_from=100, valid_until=200), candidate("b", priority=2)]
    assert [names(decide(routes, now=now)) for now in (99, 100, 199, 200)] == ["b", "ab", "ab", "b"]


def test_unhealthy_providers_move_behind_in_the_same_order_and_are_never_lost() -> None:
    routes = [candidate(name, priority=place) for place, name in enumerate("abcd")]
    decision = decide(routes, unhealthy={provider_id("a")}, breakers={provider_id("c")})
    assert names(decision) == "bdac"
    assert why(decision, "a") == ("tried", (Reason.OWN_ROUTE, Reason.UNHEALTHY))
    assert why(decision, "c") == ("tried", (Reason.OWN_ROUTE, Reason.BREAKER_OPEN))


def test_what_calls_met_says_more_than_what_a_probe_met() -> None:
    routes = [candidate(name, priority=place) for place, name in enumerate("abc")]
    all_unhealthy = {provider_id(name) for name in "abc"}
    assert names(decide(routes, unhealthy=all_unhealthy, breakers={provider_id("a")})) == "bca"


def test_a_full_provider_is_skipped_and_the_call_goes_on() -> None:
    decision = decide([candidate("a"), candidate("b", priority=2)], full={provider_id("a"): Reason.CPS_CAP_FULL})
    assert names(decision) == "b"
    assert why(decision, "a")[1][-1] == Reason.CPS_CAP_FULL


def test_a_disabled_provider_is_skipped() -> None:
    decision = decide([candidate("a"), candidate("b", priority=2)], disabled={provider_id("a")})
    assert names(decision) == "b"
    assert why(decision, "a")[1][-1] == Reason.PROVIDER_DISABLED


def test_a_provider_that_is_gone_is_skipped() -> None:
    assert why(decide([candidate("a")], deleted={provider_id("a")}), "a")[1][-1] == Reason.PROVIDER_MISSING


def test_no_more_attempts_than_allowed_and_never_more_than_thirty() -> None:
    routes = [candidate(chr(ord("!") + place), priority=place) for place in range(40)]
    assert len(decide(routes).attempts) == 10
    decision = decide(routes, max_attempts=99)
    assert len(decision.attempts) == 30
    assert {place.reasons[-1] for place in decision.places[30:]} == {Reason.BEYOND_MAX_ATTEMPTS}


def test_weights_share_the_calls_and_the_call_id_decides() -> None:
    routes = [candidate("a", weight=3), candidate("b", weight=1), candidate("c")]
    firsts = [names(decide(routes, call_id=f"call {number}"))[0] for number in range(4000)]
    assert names(decide(routes, call_id="call 7")) == names(decide(routes[::-1], call_id="call 7"))
    assert 0.70 < firsts.count("a") / 4000 < 0.80
    assert "c" not in firsts


def test_every_reason_has_a_sentence() -> None:
    assert set(Reason) == set(REASONS)
