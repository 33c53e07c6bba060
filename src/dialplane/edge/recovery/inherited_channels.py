"""The channels of calls that were answered before Kamailio was restarted, and go on (docs/decisions/0016).

Kamailio counts channels by its dialogs, and has none of these. A table that all workers share holds each such call,
with the keys of its trunk's and its provider's channels and the To tag that answered, and for each key the number of
channels. It is empty but after a restart with calls up.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from dialplane.edge.limits.channels import INHERITED, LOCKS, PROVIDER, TRUNK, member_key
from dialplane.edge.recovery.carried_calls import Carried, CarriedCalls, Snapshot, read_snapshot, write_snapshot
from dialplane.edge.sip import Sip
from dialplane.eventlog.reader import LogTail
from dialplane.system.clock import now_us

_KEYS = 2
"""Keys before the To tag in a call's row."""


class InheritedChannels:
    """`events` is the folder of the event log, `now_us` the wall clock; `warn` writes a line to Kamailio's log."""

    def __init__(
        self,
        sip: Sip,
        *,
        events: Path,
        snapshot: Path,
        max_call_s: int,
        warn: Callable[[str], None],
        now_us: Callable[[], int] = now_us,
    ) -> None:
        self._sip = sip
        self._snapshot = snapshot
        self._max_call_s = max_call_s
        self._warn = warn
        self._now_us = now_us
        self._tail = LogTail(events, on_log_line=sip.log_line)
        self._carried = CarriedCalls()
        self._held: set[str] = set()

    def begin(self) -> None:
        """Take over the calls from before this start; once, before there are workers. None if they cannot be read."""
        self._resume()
        self._carried.forget_unanswered()
        self._carried.expire(self._now_us(), max_call_s=self._max_call_s, is_over=lambda *_: False)
        counts: Counter[str] = Counter()
        self._held = set(self._carried.calls)
        for call, carried in self._carried.calls.items():
            self._sip.put(INHERITED, call, " ".join((*_keys(carried), carried.tag)))
            counts.update(_keys(carried))
        for key, count in counts.items():
            self._sip.put_number(INHERITED, key, count)

    def follow(self, *, is_over: Callable[[str, int], bool]) -> None:
        """Follow the event log, and save the calls that go on for the next start; always in the same process.

        The channels of inherited calls that have ended, or outlast the longest call, are given back. Raises OSError.
        """
        self._read_on()
        self._carried.expire(self._now_us(), max_call_s=self._max_call_s, is_over=is_over)
        for call in self._held - self._carried.calls.keys():
            self.give_back(call)
        self._held &= self._carried.calls.keys()
        write_snapshot(self._snapshot, Snapshot(self._tail.positions, self._carried.calls))

    def give_back(self, call: str) -> None:
        """Free the channels of a call that is over; does nothing if it has none here."""
        with self._sip.locked(LOCKS, call):
            held = self._sip.get(INHERITED, call)
            self._sip.forget(INHERITED, call)
        for key in (held or "").split()[:_KEYS]:
            self._sip.count_down(INHERITED, key)

    def has_answered(self, call: str, tag: str) -> bool:
        """Whether the leg with this To tag answered the call, which goes on."""
        return self._tags(call) == [tag]

    def may_be_within(self, call: str, *tags: str) -> bool:
        """Whether a request with these tags may belong to the call: any may if the call is not in the table."""
        answered_by = self._tags(call)
        return not answered_by or answered_by[0] in tags

    def _tags(self, call: str) -> list[str]:
        return (self._sip.get(INHERITED, call) or "").split()[_KEYS:]

    def _resume(self) -> None:
        """Read the snapshot and the log behind it; the log alone without a snapshot, and nothing without the log."""
        try:
            kept = read_snapshot(self._snapshot)
            self._tail.positions, self._carried = kept.positions, CarriedCalls(kept.calls)
        except (OSError, ValueError) as error:
            self._warn(f"dialplane: the calls from before are not all known: {error}")
        try:
            self._read_on()
        except OSError as error:
            self._tail.positions, self._carried = {}, CarriedCalls()
            self._warn(f"dialplane: the calls from before are not known: {error}")

    def _read_on(self) -> None:
        for line in self._tail.lines():
            self._carried.feed(line)


def _keys(carried: Carried) -> tuple[str, str]:
    return member_key(TRUNK, carried.trunk_id), member_key(PROVIDER, carried.provider_id)
