"""Periodic `edge_calls` events: the calls of which Kamailio has dialogs, so that one whose end was lost is found.

Runs inside Kamailio, in a timer process of its own: no worker waits for it. docs/decisions/0006 has the rule.
"""

import re
from collections.abc import Callable, Sequence
from itertools import product

from dialplane.edge.recovery.dialog_dump import dialog_lines
from dialplane.edge.sip import Sip
from dialplane.eventlog.writer import EventLog
from dialplane.system.clock import now_us

CALLS_IN_EVENT = 1000
"""Calls in one event: a line of 40 kB. More are split by how their ids end, which is random."""

_CALL = re.compile(rb'[{,]"call":"([0-9a-f]{8}-[0-9a-f-]{27})"')  # a quote within text has a backslash before it
_HEX = "0123456789abcdef"
_MOST_DIGITS = 3


class DialogReport:
    """`report` is called periodically, always in the same process. `now_us` is the wall clock."""

    def __init__(self, sip: Sip, log: EventLog, *, now_us: Callable[[], int] = now_us) -> None:
        self._sip = sip
        self._log = log
        self._now_us = now_us
        self._since = now_us()
        self._listed_at = 0
        self._before: frozenset[str] = frozenset()
        self._reported_before = 0
        self._reported: frozenset[str] = frozenset()

    def report(self) -> None:
        """List the dialogs, and report the calls of this list and the one before. Raises KsrError, OSError.

        A call that began before the earlier list, and that is in neither, is over: its end was recorded before the
        later one, if it ever was.
        """
        began = self._now_us()
        now = self._dialogs()
        listed_at, before = self._listed_at, self._before
        self._listed_at, self._before = began, now
        if not listed_at:
            return
        self._reported_before, self._reported = listed_at, now | before
        for suffix, calls in split(sorted(self._reported)):
            self._log.edge_calls(since=self._since, before=listed_at, suffix=suffix, calls=calls)

    def is_over(self, call: str, at: int) -> bool:
        """Whether the last report covers a call that was up at an instant, and does not name it."""
        return self._since <= at < self._reported_before and call not in self._reported

    def _dialogs(self) -> frozenset[str]:
        """The calls with a dialog."""
        with dialog_lines(self._sip) as lines:
            return frozenset(match[1].decode() for line in lines if (match := _CALL.search(line)))


def split(calls: Sequence[str], *, most: int = CALLS_IN_EVENT) -> Sequence[tuple[str, Sequence[str]]]:
    """Suffixes that together cover every id, each with the calls whose ids end so, about `most` at most."""
    digits = next((digits for digits in range(_MOST_DIGITS) if len(calls) <= most * 16**digits), _MOST_DIGITS)
    parts: dict[str, list[str]] = {"".join(suffix): [] for suffix in product(_HEX, repeat=digits)}
    for call in calls:
        parts[call[len(call) - digits :]].append(call)
    return list(parts.items())
