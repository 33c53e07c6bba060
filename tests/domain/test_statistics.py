"""Each figure of statistics by its definition, and the error of the histogram of delays."""

from collections.abc import Sequence
from itertools import zip_longest
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.call import LONGEST_CALL_MS
from dialplane.domain.instants import SECOND_US
from dialplane.domain.rollups import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    STEPS_S,
    Total,
    ceiled,
    figures_in,
    floored,
    ranges,
    vector_of,
)
from dialplane.domain.statistics import (
    NO_DELAY,
    AttemptPlace,
    CallPlace,
    CountedAttempt,
    CountedCall,
    Figures,
    acd_ms,
    asr,
    bucket_of,
    change,
    classes_of,
    contribution,
    failover_rate,
    middle_of,
    ner,
    of_shed,
    percentile_ms,
)

CALL = CountedCall(
    edge="e", customer_id="cu", trunk_id="t", tm_start=61_000_000, tm_ringing=None, tm_answered=None, tm_ended=None,
    mono_start=None, mono_ringing=None, mono_answered=None, mono_ended=None,
    tm_lost=None,
)  # fmt: skip
ATTEMPT = CountedAttempt(
    provider_id="p", route_id="r", target="+82", skipped=0, tm_placed=61_000_000, tm_ringing=None, tm_answered=None,
    tm_ended=None, tm_late_answer=None, answered_status=None, ended_status=None, verdict=None, action=None,
)  # fmt: skip
REFUSED = ATTEMPT._replace(tm_ended=62_000_000, ended_status=503, verdict="carrier_error", action="next")


def test_rates_are_shares_of_what_was_seized_and_averages_of_what_has_ended() -> None:
    figures = Figures(seized=8, answered=4, effective=6, moved_on=1, ended=2, duration_ms=90_001)
    assert (asr(figures), ner(figures), failover_rate(figures), acd_ms(figures)) == (0.5, 0.75, 0.125, 45_000)


def test_where_nothing_was_seized_there_are_no_rates() -> None:
    assert [rate(Figures(skipped=3)) for rate in (asr, ner, failover_rate, acd_ms)] == [None] * 4


def test_an_answer_after_another_carrier_has_failed_is_saved_by_the_second_one() -> None:
    second = ATTEMPT._replace(provider_id="q", tm_answered=63_000_000, answered_status=200)
    counted = contribution(CALL._replace(tm_answered=63_000_000), [REFUSED, second])
    assert counted == {
        AttemptPlace(60_000_000, "cu", "p", "r", "+82", "503", NO_DELAY): Figures(seized=1, moved_on=1),
        AttemptPlace(60_000_000, "cu", "q", "r", "+82", "200", bucket_of(2_000)): Figures(
            seized=1, answered=1, effective=1, saved=1
        ),
        CallPlace(60_000_000, "cu", "t", "e", ("p", "q"), bucket_of(2_000)): Figures(
            seized=1, answered=1, effective=1, moved_on=1, saved=1, attempts=2
        ),
        channels_of("p", 60_000_000): Figures(held_ms=1_000),
        channels_of("q", 60_000_000): Figures(taken=1, held_ms=-61_000),
    }


def channels_of(provider_id: str, minute: int) -> AttemptPlace:
    return AttemptPlace(minute, "cu", provider_id, "", "", "", NO_DELAY)


@pytest.mark.parametrize(
    ("attempt_ended", "call_ended", "lost", "freed"),
    [
        (90, 70, None, 70),
        (70, 90, None, 70),
        (None, 70, None, 70),
        (None, None, 70, 70),
        (None, 70, 65, 70),
        (5, 9, 1, 61),
    ],
)
def test_a_channel_is_free_once_its_attempt_or_its_call_is_over_or_the_call_is_lost(
    attempt_ended: int | None, call_ended: int | None, lost: int | None, freed: int
) -> None:
    attempt_us, call_us, lost_us = (
        one if one is None else one * SECOND_US for one in (attempt_ended, call_ended, lost)
    )
    call = CALL._replace(tm_ended=call_us, tm_lost=lost_us)
    counted = contribution(call, [ATTEMPT._replace(tm_ended=attempt_us)])
    assert counted[channels_of("p", 60_000_000)] == Figures(held_ms=(freed - 61) * 1_000)


def test_a_channel_that_goes_on_and_one_that_ends_in_another_minute_count_where_they_change() -> None:
    assert contribution(CALL, [ATTEMPT])[channels_of("p", 60_000_000)] == Figures(taken=1, held_ms=-61_000)
    counted = contribution(CALL._replace(tm_ended=125_000_000), [ATTEMPT])
    assert counted[channels_of("p", 60_000_000)] == Figures(taken=1, held_ms=-61_000)
    assert counted[channels_of("p", 120_000_000)] == Figures(taken=-1, held_ms=125_000)
    skipped = contribution(CALL, [ATTEMPT._replace(skipped=1)])
    assert channels_of("p", 60_000_000) not in skipped


def test_calls_that_an_edge_shed_count_where_it_told_of_them() -> None:
    assert of_shed({61_000_000: 2, 62_000_000: 3, 120_000_000: 1}, edge="e") == {
        CallPlace(60_000_000, "", "", "e", (), NO_DELAY): Figures(shed=5),
        CallPlace(120_000_000, "", "", "e", (), NO_DELAY): Figures(shed=1),
    }


def test_a_call_that_ended_without_an_invite_is_refused() -> None:
    ended = CALL._replace(tm_ended=61_000_000)
    assert contribution(ended, []) == {
        CallPlace(60_000_000, "cu", "t", "e", (), NO_DELAY): Figures(seized=1, refused=1)
    }
    assert Figures(*next(iter(contribution(CALL, []).values()))).refused == 0


def test_what_has_no_begin_on_record_counts_nowhere() -> None:
    assert contribution(CALL._replace(tm_start=None), [ATTEMPT._replace(tm_placed=None, skipped=None)]) == {}


def test_two_like_attempts_of_one_call_count_twice() -> None:
    counted = contribution(CALL, [REFUSED, REFUSED])
    assert Figures(*counted[AttemptPlace(60_000_000, "cu", "p", "r", "+82", "503", NO_DELAY)]).seized == 2


def test_a_change_is_what_was_is_subtracted_and_what_is_added() -> None:
    before = contribution(CALL, [ATTEMPT])
    after = contribution(CALL, [REFUSED])
    total: dict[Any, Sequence[int]] = dict(before)
    for place, figures in change(before, after).items():
        total[place] = Figures(*map(sum, zip(total.get(place, Figures()), figures, strict=True)))
    assert {place: figures for place, figures in total.items() if any(figures)} == after
    assert change(after, after) == {}


@given(st.integers(0, LONGEST_CALL_MS))
def test_a_bucket_is_at_most_one_part_in_32_away_from_what_it_holds(delay_ms: int) -> None:
    middle = middle_of(bucket_of(delay_ms))
    assert bucket_of(middle) == bucket_of(delay_ms)
    assert abs(middle - delay_ms) * 32 <= delay_ms


@given(st.lists(st.integers(0, 100_000), min_size=1), st.integers(1, 100))
def test_a_percentile_of_merged_histograms_is_the_nearest_rank_but_for_the_bucket(
    delays: list[int], percent: int
) -> None:
    first, second = Total(), Total()
    for n, delay_ms in enumerate(delays):
        (first, second)[n % 2].add(0, {bucket_of(delay_ms): 1})
    first.add(second.vector, second.delays)
    exact = sorted(delays)[ceil(len(delays) * percent / 100) - 1]
    assert first.pdd_ms(percent) == middle_of(bucket_of(exact))


@given(st.lists(st.lists(st.integers(-(1 << 40), 1 << 40), max_size=14), max_size=8))
def test_sums_of_vectors_are_vectors_of_sums_however_many_figures_a_version_has(all_figures: list[list[int]]) -> None:
    sums = [sum(column) for column in zip_longest(*all_figures, fillvalue=0)]
    found = figures_in(sum(map(vector_of, all_figures)))
    assert len(found) >= len(Figures._fields)
    assert [one for one, _ in zip_longest(found, sums, fillvalue=0)][: len(sums)] == sums
    assert not any(found[len(sums) :])


def test_delays_are_counted_in_classes_and_what_never_rang_in_none() -> None:
    delays = {bucket_of(ms): count for ms, count in ((20, 1), (70, 2), (1_500, 3), (60_000, 4))} | {NO_DELAY: 9}
    assert classes_of(delays) == (1, 2, 0, 0, 0, 3, 0, 0, 0, 4)


def test_an_empty_histogram_has_no_percentile() -> None:
    assert percentile_ms({}, 50) is None
    assert percentile_ms({7: 0}, 50) is None


@given(st.integers(0, 200_000), st.integers(0, 200_000), st.sampled_from(STEPS_S))
def test_ranges_make_up_a_window_without_gap_or_overlap(begin: int, length: int, finest_s: int) -> None:
    since, until = (minute * finest_s * SECOND_US for minute in (begin, begin + length))
    made = ranges(since, until, finest_s=finest_s)
    reached = since
    for one in made:
        assert one.since == reached < one.until
        assert one.step_s >= finest_s
        assert floored(one.since, one.step_s) == one.since
        assert ceiled(one.until, one.step_s) == one.until
        reached = one.until
    assert reached == until or (not made and not length)


@pytest.mark.parametrize(
    ("since_s", "until_s", "steps"),
    [
        (0, DAY_S, [DAY_S]),
        (60, DAY_S, [MINUTE_S, HOUR_S]),
        (HOUR_S - 60, 2 * DAY_S + HOUR_S + 60, [MINUTE_S, HOUR_S, DAY_S, HOUR_S, MINUTE_S]),
    ],
)
def test_a_window_is_made_of_the_longest_sums(since_s: int, until_s: int, steps: list[int]) -> None:
    assert [one.step_s for one in ranges(since_s * SECOND_US, until_s * SECOND_US)] == steps
