"""The answered calls of an edge and the channels that they hold, folded from the lines of its event log.

Nothing here knows Kamailio. A snapshot keeps the fold and how far the log was read for it, so that a start reads only
the rest: by then, hours that are over and shipped have been deleted.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from dialplane.domain.call import LONGEST_SETUP_S
from dialplane.eventlog.kinds import AttemptAnswered, AttemptSent, CallEnded, CallStarted
from dialplane.eventlog.reader import event_in
from dialplane.system.files import replace_file

_US_PER_S = 1_000_000


class Carried(msgspec.Struct, array_like=True):
    """A call that has not ended: its trunk, and the provider of its last attempt.

    `since` is the instant (µs) of its answer, or of its start as long as it is not answered; `tag` is the To tag of the
    dialog that answered.
    """

    trunk_id: str
    since: int
    provider_id: str = ""
    is_answered: bool = False
    tag: str = ""


class Snapshot(msgspec.Struct):
    """The calls by id, and how far each file of the log was read for them, in bytes."""

    positions: dict[str, int]
    calls: dict[str, Carried]


class CarriedCalls:
    """The fold. `calls` has also those that are being set up."""

    def __init__(self, calls: Mapping[str, Carried] | None = None) -> None:
        self.calls = dict(calls or {})

    def feed(self, line: bytes) -> None:
        """Fold one line in. A line without an event, and an event of another kind, change nothing.

        A call has one attempt at a time, so the attempt that was sent last is the one that answers.
        """
        match event_in(line):
            case CallStarted(call=call, at=at, trunk_id=trunk_id):
                self.calls[call] = Carried(trunk_id or "", at)
            case CallEnded(call=call):
                self.calls.pop(call, None)
            case AttemptSent(call=call, provider_id=provider_id) if call in self.calls:
                self.calls[call].provider_id = provider_id
            case AttemptAnswered(call=call, at=at, tag=tag) if call in self.calls:
                carried = self.calls[call]
                carried.is_answered, carried.since, carried.tag = True, at, tag

    @property
    def answered(self) -> Mapping[str, Carried]:
        """The calls that were answered and have not ended."""
        return {call: carried for call, carried in self.calls.items() if carried.is_answered}

    def forget_unanswered(self) -> None:
        """Kamailio has ended: calls that it was setting up cannot be answered any more."""
        self.calls = dict(self.answered)

    def expire(self, now_us: int, *, max_call_s: int, is_over: Callable[[str, int], bool]) -> None:
        """Remove the calls whose end event must have been lost.

        These are the calls that have lasted longer than one may, and the answered ones that are over according to
        `is_over` (call id, instant of the answer).
        """
        longest_us = max_call_s * _US_PER_S
        for call, carried in list(self.calls.items()):
            age_us = now_us - carried.since
            if carried.is_answered:
                is_gone = age_us > longest_us or is_over(call, carried.since)
            else:
                is_gone = age_us > LONGEST_SETUP_S * _US_PER_S
            if is_gone:
                del self.calls[call]


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot in the file, an empty one if there is no file. Raises OSError, ValueError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except FileNotFoundError:
        return Snapshot({}, {})


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Replace the file as a whole. Raises OSError."""
    replace_file(path, msgspec.json.encode(snapshot))
