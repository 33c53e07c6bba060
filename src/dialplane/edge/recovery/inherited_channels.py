"""The channels of calls that were answered before Kamailio was started (again), and go on.

Kamailio counts channels by its dialogs, and has none of these. They stand in a table that all workers share, each call
with whose channels it holds and the To tag that answered, and for each holder how many: empty but after a start with
calls up.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from dialplane.edge.limits.channels import INHERITED, LOCKS, PROVIDER, TRUNK, member_key
from dialplane.edge.recovery.carried_calls import Carried, CarriedCalls, Snapshot, read_snapshot, write_snapshot
from dialplane.edge.sip import Sip
from dialplane.eventlog.reader import LogTail
from dialplane.system.clock import now_us

_HOLDERS = 2
"""Keys that stand before the To tag in a call's row."""


class Inherited:
    """`events` is the folder of the event log, `now_us` the wall clock; `warn` writes a line to the log."""

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
        self._tail = LogTail(events)
        self._carried = CarriedCalls()
        self._held: set[str] = set()

    def begin(self) -> None:
        """Take over the calls of before; once, before there are workers. What cannot be read is none."""
        self._resume()
        self._carried.forget_unanswered()
        self._carried.expire(self._now_us(), max_call_s=self._max_call_s, is_over=lambda *_: False)
        counts: Counter[str] = Counter()
        self._held = set(self._carried.calls)
        for call, carried in self._carried.calls.items():
            self._sip.put(INHERITED, call, " ".join((*_holders(carried), carried.tag)))
            counts.update(_holders(carried))
        for key, count in counts.items():
            self._sip.put_number(INHERITED, key, count)

    def look(self, *, is_over: Callable[[str, int], bool]) -> None:
        """Follow the log, and keep what it tells for the next start; now and then, always in the same process.

        Inherited calls that outlive the longest call give their channels back. Raises OSError.
        """
        self._follow()
        self._carried.expire(self._now_us(), max_call_s=self._max_call_s, is_over=is_over)
        for call in self._held - self._carried.calls.keys():
            self.give_back(call)
        self._held &= self._carried.calls.keys()
        write_snapshot(self._snapshot, Snapshot(self._tail.positions, self._carried.calls))

    def give_back(self, call: str) -> None:
        """The call is over: its channels are free. Nothing where it is none of those, or has given them back."""
        with self._sip.locked(LOCKS, call):
            held = self._sip.get(INHERITED, call)
            self._sip.forget(INHERITED, call)
        for key in (held or "").split()[:_HOLDERS]:
            self._sip.count_down(INHERITED, key)

    def won(self, call: str, tag: str) -> bool:
        """Whether the leg with this To tag answered the call, which goes on."""
        return self._tags(call) == [tag]

    def may_be_within(self, call: str, *tags: str) -> bool:
        """Whether a request with these tags may belong to the call: to what is not in the table, any may."""
        known = self._tags(call)
        return not known or known[0] in tags

    def _tags(self, call: str) -> list[str]:
        return (self._sip.get(INHERITED, call) or "").split()[_HOLDERS:]

    def _resume(self) -> None:
        """Without a snapshot, what the log still holds has to do; without the log, nobody knows what has ended."""
        try:
            kept = read_snapshot(self._snapshot)
            self._tail.positions, self._carried = kept.positions, CarriedCalls(kept.calls)
        except (OSError, ValueError) as error:
            self._warn(f"dialplane: the calls of before are not known whole: {error}")
        try:
            self._follow()
        except OSError as error:
            self._tail.positions, self._carried = {}, CarriedCalls()
            self._warn(f"dialplane: the calls of before are not known: {error}")

    def _follow(self) -> None:
        for line in self._tail.lines():
            self._carried.feed(line)


def _holders(carried: Carried) -> tuple[str, str]:
    return member_key(TRUNK, carried.trunk_id), member_key(PROVIDER, carried.provider_id)
