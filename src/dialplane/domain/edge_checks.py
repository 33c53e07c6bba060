"""What is looked at on an edge beside its calls: whether its clock is right, and how long its certificates hold."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dialplane.domain.instants import DAY_US, SECOND_US, format_instant

GOOD, WARN, BAD, NOT_REPORTED = STATES = ("good", "warn", "bad", "not_reported")
CLOCK, CERTIFICATE = CHECKS = ("clock", "certificate")

CLOCK_OFF_US = ((30 * SECOND_US, BAD), (2 * SECOND_US, WARN))
"""From which offset on, either way, a clock is called so: what is less may be the way of a request."""

CERTIFICATE_LEFT_US = ((3 * DAY_US, BAD), (14 * DAY_US, WARN))
"""With so little time left, or less, a certificate is called so."""

SAMPLES = 8
"""Contacts of which the quickest tells the offset."""

_AHEAD = (
    "its clock is {off} ahead of this control plane's: what happens there counts as now, and routes with dates begin "
    "and end so much early there. Set both by NTP: `timedatectl timesync-status` says whether they are"
)
_BEHIND = (
    "its clock is {off} behind this control plane's: calls are on record so much too early, and routes with dates "
    "begin and end so much late there. Set both by NTP: `timedatectl timesync-status` says whether they are"
)
_AGREES = "its clock agrees with this control plane's, to {off}"
_NO_CLOCK = "its clock is not reported: its version tells nothing of it"
_NO_CERTIFICATES = "its certificate is not reported: its version tells nothing of it"
_NONE = "it has no certificate to show: nobody reaches it over TLS"
_HOLDS = "its certificate ({subject}) holds until {date}"
_EXPIRES = (
    "its certificate ({subject}) holds until {date}, {left} more: then switches and carriers that check it take no TLS "
    "from this edge. Put a new one into DIALPLANE_TLS_CERTIFICATE and restart the edge"
)
_EXPIRED = (
    "its certificate ({subject}) has expired, on {date}: switches and carriers that check it take no TLS from this "
    "edge. Put a new one into DIALPLANE_TLS_CERTIFICATE and restart the edge"
)


class Check(NamedTuple):
    """`check`: one of CHECKS, `state`: one of STATES, `detail`: for people, with what it means and what to do."""

    check: str
    state: str
    detail: str


class Held(NamedTuple):
    """A certificate: whose, and until which instant (us) it holds."""

    subject: str
    until: int


def clock_check(ahead_us: int | None) -> Check:
    """Of a clock that is so much ahead of the control plane's, behind if it is less than 0."""
    if ahead_us is None:
        return Check(CLOCK, NOT_REPORTED, _NO_CLOCK)
    off_us = abs(ahead_us)
    state = next((state for at_least, state in CLOCK_OFF_US if off_us >= at_least), GOOD)
    sentence = _AGREES if state == GOOD else _AHEAD if ahead_us > 0 else _BEHIND
    return Check(CLOCK, state, sentence.format(off=_span(off_us)))


def certificate_check(certificates: Sequence[Held] | None, *, now: int) -> Check:
    """Of the one that ends first."""
    if certificates is None:
        return Check(CERTIFICATE, NOT_REPORTED, _NO_CERTIFICATES)
    if not certificates:
        return Check(CERTIFICATE, GOOD, _NONE)
    first = min(certificates, key=lambda one: one.until)
    left_us = first.until - now
    state = next((state for at_most, state in CERTIFICATE_LEFT_US if left_us <= at_most), GOOD)
    sentence = _HOLDS if state == GOOD else _EXPIRES if left_us > 0 else _EXPIRED
    date, left = format_instant(first.until)[:10], _left(left_us)
    return Check(CERTIFICATE, state, sentence.format(subject=first.subject, date=date, left=left))


def _span(off_us: int) -> str:
    return f"{off_us / SECOND_US:.2f} s" if off_us >= SECOND_US else f"{max(1, round(off_us / 1_000))} ms"


def _left(left_us: int) -> str:
    days, hours = left_us // DAY_US, left_us // (3_600 * SECOND_US)
    return f"{days} d" if days else f"{hours} h"


def ahead_us(samples: Iterable[int]) -> int:
    """How far a clock is ahead, by what each of some requests said it was when it was sent, less when it came.

    A request takes its time, so each sample is too small by that: the greatest of them is the nearest.
    """
    return max(samples)
