"""Looks whether both sides of each answered call are still in it, and has a lost call ended (engine/life.py).

Runs inside Kamailio, in a timer process of its own, which keeps what it knows of each call.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dialplane.edge.call.dialog import CONFIRMED, SEEN_AT, Dialog, OwnRequest, Party, dialog_in, own_request
from dialplane.edge.call.own_requests import OwnRequests
from dialplane.edge.recovery.dialog_dump import dialog_lines
from dialplane.edge.sip import Sip
from dialplane.engine.life import Look, Side

LOOKED = "looked"
"""The table: `<Call-ID>|<tag>` -> the status that a side answered the last OPTIONS with, and each `<call>` that is
lost."""

_AT_ONCE = 1  # seconds until the dialog module ends the call
_LOST_AGAIN_S = 10
"""No sooner is a lost call looked at again: with a look each second, each would put its end off by another second."""

_MOST_ADDRESSES = 10_000


@dataclass(slots=True)
class _Watched:
    """A call: when it is looked at next, when it was last (Unix time in seconds), and its sides."""

    next_s: float
    looked_s: float
    sides: dict[Party, Side] = field(default_factory=lambda: {party: Side() for party in Party})


class Keepalive:
    """`now_s` is the wall clock, by which the script notes when a side was heard."""

    def __init__(
        self, sip: Sip, own: OwnRequests, *, interval_s: int, most_silences: int, now_s: Callable[[], float] = time.time
    ) -> None:
        self._sip = sip
        self._own = own
        self._interval_s = interval_s
        self._most_silences = most_silences
        self._now_s = now_s
        self._watched: dict[str, _Watched] = {}
        self._answering: set[str] = set()

    def look(self) -> None:
        """Look at the calls that are due; often, always in the same process. Raises KsrError, OSError."""
        with dialog_lines(self._sip) as lines:
            self._look(dialog for line in lines if (dialog := dialog_in(line)) and dialog.state == CONFIRMED)

    def _look(self, dialogs: Iterable[Dialog]) -> None:
        now_s = self._now_s()
        before, self._watched = self._watched, {}
        for dialog in dialogs:
            call = dialog.variables.get("call", "")
            watched = before.get(call) or _Watched(dialog.start_ts + self._interval_s, dialog.start_ts)
            self._watched[call] = watched
            if now_s >= watched.next_s:
                is_lost = self._look_at(dialog, call, watched)
                pause_s = max(self._interval_s, _LOST_AGAIN_S) if is_lost else self._interval_s
                watched.looked_s, watched.next_s = now_s, now_s + pause_s

    def _look_at(self, dialog: Dialog, call: str, watched: _Watched) -> bool:
        """End the call if a side has lost it, and say so; else ask those that said nothing."""
        questions = {party: own_request(dialog, party, "OPTIONS") for party in Party}
        looks = {
            party: self._look_at_side(dialog, party, watched, request)
            for party, request in questions.items()
            if request is not None
        }
        if Look.LOST in looks.values():
            self._sip.mark(LOOKED, call)
            self._sip.end_dialog(dialog.h_entry, dialog.h_id, after_s=_AT_ONCE)
            return True
        for party, look in looks.items():
            if look is Look.ASK and (question := questions[party]) is not None:
                self._own.send(question)
        return False

    def _look_at_side(self, dialog: Dialog, party: Party, watched: _Watched, request: OwnRequest) -> Look:
        answer = self._take_answer(dialog, party)
        if answer is not None:
            self._remember(request.next_hop)
        seen_at = dialog.noted(party, SEEN_AT)
        return watched.sides[party].look(
            answer=answer,
            has_spoken=seen_at.isdigit() and int(seen_at) >= int(watched.looked_s),
            answers_options=request.next_hop in self._answering,
            most_silences=self._most_silences,
        )

    def _take_answer(self, dialog: Dialog, party: Party) -> int | None:
        key = f"{dialog.call_id}|{dialog.leg(party).tag}"
        status = self._sip.counted(LOOKED, key)
        if status:
            self._sip.forget(LOOKED, key)
        return status or None

    def _remember(self, address: str) -> None:
        if len(self._answering) >= _MOST_ADDRESSES:
            self._answering.clear()
        self._answering.add(address)
