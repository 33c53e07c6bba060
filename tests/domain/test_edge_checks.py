"""What is said of an edge's clock and certificates: from which offset, and with how much time left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.edge_checks import Held, ahead_us, certificate_check, clock_check
from dialplane.domain.instants import DAY_US, SECOND_US

NOW = 1_700_000_000 * SECOND_US


@pytest.mark.parametrize(
    ("ahead_s", "state", "says"),
    [
        (0, "good", "agrees with this control plane's, to 1 ms"),
        (0.02, "good", "agrees with this control plane's, to 20 ms"),
        (-1.999, "good", "to 2.00 s"),
        (2, "warn", "2.00 s ahead of"),
        (-2, "warn", "2.00 s behind"),
        (29.99, "warn", "routes with dates begin and end so much early"),
        (-30, "bad", "routes with dates begin and end so much late"),
    ],
)
def test_a_clock_is_warned_of_by_its_offset_either_way(ahead_s: float, state: str, says: str) -> None:
    found = clock_check(int(ahead_s * SECOND_US))
    assert found.state == state
    assert says in found.detail
    assert ("NTP" in found.detail) == (state != "good")


@pytest.mark.parametrize(
    ("left_us", "state", "says"),
    [
        (14 * DAY_US + 1, "good", "holds until 2023-11-28"),
        (14 * DAY_US, "warn", "14 d more"),
        (3 * DAY_US + 1, "warn", "3 d more"),
        (3 * DAY_US, "bad", "3 d more"),
        (3_600 * SECOND_US, "bad", "1 h more"),
        (0, "bad", "has expired, on 2023-11-14"),
        (-DAY_US, "bad", "has expired, on 2023-11-13"),
    ],
)
def test_a_certificate_is_warned_of_by_the_time_left(left_us: int, state: str, says: str) -> None:
    found = certificate_check([Held("CN=later", NOW + 99 * DAY_US), Held("CN=a", NOW + left_us)], now=NOW)
    assert (found.state, "(CN=a)" in found.detail) == (state, True)
    assert says in found.detail
    assert ("DIALPLANE_TLS_CERTIFICATE" in found.detail) == (state != "good")


def test_what_an_edge_tells_nothing_of_is_not_reported_and_none_is_good() -> None:
    assert clock_check(None).state == certificate_check(None, now=NOW).state == "not_reported"
    assert certificate_check([], now=NOW).state == "good"


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=8))
def test_an_offset_is_off_by_the_quickest_way_alone(offset: int, ways: list[int]) -> None:
    assert offset - min(ways) == ahead_us(offset - way for way in ways)
