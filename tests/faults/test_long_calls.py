"""Hundreds of calls for a quarter of an hour, with sides that no OPTIONS reaches: the edge ends none of them.

Half of the callers are behind NAT: a real one where network namespaces are allowed, else they write addresses that
nobody reaches.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from select import select

from tests.faults.counts import FULL, may_take_long, times
from tests.ports import free_port
from tests.sip import nat as networks
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
    with ExitStack() as stack:
        why_not = networks.why_not()
        nat = None if why_not else stack.enter_context(networks.nat())
        edge_at, port = nat.edge_at if nat else "127.0.0.1", free_port()
        stage.table.trunk(allowed_ips=("127.0.0.1", nat.seen_from if nat else "127.0.0.2"))
        carriers = [stack.enter_context(peer(0)) for _ in range(CALLS)]
        for place, carrier in enumerate(carriers):
            stage.table.provider(f"127.0.0.1:{carrier.port}", target=f"+82{place:04d}")
        socket = f"udp:{edge_at}:{port}"
        edge = stage.edge(call_keepalive_s=LOOKED_AT_EACH_S, more_sockets=(socket,))
        calls = []
        for place, carrier in enumerate(carriers):
            carrier.reach(port, edge_at=edge_at)
            is_behind_nat = place // len(HABITS) % 2
            inside = nat.peer(port) if nat and is_behind_nat else peer(port, edge_at=edge_at)
            caller, moved = stack.enter_context(inside), stack.enter_context(peer(port, edge_at=edge_at))
            rewritten = {"+821012345678": f"+82{place:04d}5678"}
            if is_behind_nat and not nat:
                rewritten |= NOWHERE
            established = establish(edge, caller, carrier, rewritten=rewritten)
            calls.append(LongCall(HABITS[place % len(HABITS)], established, moved))

        play(calls, for_s=LASTS_S)

        ended = edge.events("call_ended")
        hung_up = sum(bool(call.byes) for call in calls)
        print(f"\n{CALLS} calls for {LASTS_S} s, looked at each {LOOKED_AT_EACH_S} s: {len(ended)} ended by the edge")
        print(f"half of them behind {'a NAT of network namespaces' if nat else f'NAT by what they write: {why_not}'}")
        assert (ended, hung_up) == ([], 0)
        assert len(edge.events("attempt_answered")) == CALLS
