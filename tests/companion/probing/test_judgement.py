import pytest

from dialplane.companion.probing.judgement import Judgement, Thresholds
from dialplane.domain.health import HEALTHY, UNHEALTHY, UNKNOWN, HealthStatus

THRESHOLDS = Thresholds(down_after=3, up_after=2)


def judge(probes: str, *, begin: HealthStatus = UNKNOWN) -> str:
    """The statuses after each probe, `u` up and `d` down, by their first letters (k: unknown)."""
    judgement, seen = Judgement(begin), ""
    for probe in probes:
        judgement = judgement.after(up=probe == "u", thresholds=THRESHOLDS)
        seen += {HEALTHY: "h", UNHEALTHY: "u", UNKNOWN: "k"}[judgement.status]
    return seen


@pytest.mark.parametrize(
    ("begin", "probes", "statuses"),
    [
        (UNKNOWN, "u", "h"),
        (UNKNOWN, "dddd", "kkuu"),
        (UNKNOWN, "ddu", "kkh"),
        (HEALTHY, "ddudd", "hhhhh"),
        (HEALTHY, "ddd", "hhu"),
        (UNHEALTHY, "udud", "uuuu"),
        (UNHEALTHY, "uu", "uh"),
    ],
)
def test_health_changes_only_after_so_many_probes_in_a_row(begin: HealthStatus, probes: str, statuses: str) -> None:
    assert judge(probes, begin=begin) == statuses


def test_a_probe_against_the_status_leaves_it_in_doubt() -> None:
    assert Judgement(HEALTHY).after(up=False, thresholds=THRESHOLDS).in_doubt
    assert not Judgement(HEALTHY).after(up=True, thresholds=THRESHOLDS).in_doubt
