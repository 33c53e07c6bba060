"""Hundreds of calls for a quarter of an hour, with sides that no OPTIONS reaches: the edge ends none of them."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from select import select

from tests.faults.counts import FULL, may_take_long, times
from tests.sip.established import NOWHERE, Established, establish
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer

CALLS = times(8, 200)
LASTS_S = times(15, 900)
LOOKED_AT_EACH_S = 30 if FULL else 2
REFRESHED_EACH_S = 20 if FULL else 1
HABITS = ("the carrier refreshes", "the caller refreshes", "the carrier drops OPTIONS", "the carrier moves")


@dataclass
class LongCall:
    """A call, its habit, and where its carrier has moved to."""

    habit: str
    call: Established
    moved: Peer
    cseq: int = 1
    byes: list[str] = field(default_factory=list)

    @property
    def peers(self) -> Sequence[Peer]:
        """The sockets that get its messages."""
        return (self.call.caller, self.call.carrier, self.moved)

    def refresh(self) -> None:
        """What its habit does once in a while."""
        self.cseq += 1
        if self.habit == "the carrier refreshes":
            self.call.carrier.send(self.call.from_carrier("UPDATE", cseq=self.cseq))
        elif self.habit == "the caller refreshes":
            self.call.caller.send(self.call.from_caller("UPDATE", cseq=self.cseq))
        elif self.habit == "the carrier moves" and self.cseq == 2:
            there = f"sip:moved@127.0.0.1:{self.moved.port}"
            self.call.carrier.send(self.call.from_carrier("UPDATE", cseq=self.cseq, contact=there))

    def take(self, at: Peer) -> None:
        """Answer the message that is there for a peer."""
        message = at.receive(within_s=0.1)
        method = message.partition(" ")[0]
        if not message or method == "SIP/2.0":
            return
        is_mute = method == "OPTIONS" and at is self.call.carrier and self.habit.startswith("the carrier ")
        if method == "BYE":
            self.byes.append(message)
        if not is_mute:
            at.answer(message, 200)


def play(calls: Sequence[LongCall], *, for_s: float) -> None:
    """Have each side of each call do its part for so long."""
    owners = {one.fileno(): (call, one) for call in calls for one in call.peers}
    deadline, refreshed_at = time.monotonic() + for_s, time.monotonic()
    while (now := time.monotonic()) < deadline:
        if now - refreshed_at >= REFRESHED_EACH_S:
            refreshed_at = now
            for call in calls:
                call.refresh()
        for ready in select(list(owners), [], [], 0.1)[0]:
            call, one = owners[ready]
            call.take(one)


@may_take_long
def test_no_call_is_ended_by_the_edge(stage: Stage) -> None:
    stage.table.trunk()
    with ExitStack() as stack:
        carriers = [stack.enter_context(peer(0)) for _ in range(CALLS)]
        for place, carrier in enumerate(carriers):
            stage.table.provider(f"127.0.0.1:{carrier.port}", target=f"+82{place:04d}")
        edge = stage.edge(call_keepalive_s=LOOKED_AT_EACH_S, shared_memory_mb=64)
        calls = []
        for place, carrier in enumerate(carriers):
            carrier.reach(edge.port)
            caller, moved = (stack.enter_context(peer(edge.port)) for _ in range(2))
            number = {"+821012345678": f"+82{place:04d}5678"}
            behind_nat = NOWHERE if place // len(HABITS) % 2 else {}
            established = establish(edge, caller, carrier, rewritten={**number, **behind_nat})
            calls.append(LongCall(HABITS[place % len(HABITS)], established, moved))

        play(calls, for_s=LASTS_S)

        ended = edge.events("call_ended")
        hung_up = sum(bool(call.byes) for call in calls)
        print(f"\n{CALLS} calls for {LASTS_S} s, looked at each {LOOKED_AT_EACH_S} s: {len(ended)} ended by the edge")
        assert (ended, hung_up) == ([], 0)
        assert len(edge.events("attempt_answered")) == CALLS
