"""The four transactions of RFC 3261 section 17, with the Accepted state of RFC 6026. Pure: `now` comes in.

Each machine is a table (state, event) -> state; an event that the table does not have in a state is ignored.
What a transition does besides stands in the method that raised the event.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum, auto
from typing import Protocol

from dialplane_simulator.agenda import Agenda, Entry
from dialplane_simulator.timers import Timers
from dialplane_simulator.wire import Peer, Request, Response, response_to


class State(StrEnum):
    TRYING = auto()
    CALLING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    ACCEPTED = auto()
    TERMINATED = auto()


class Event(StrEnum):
    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()
    ACK = auto()
    EXPIRED = auto()


Table = Mapping[tuple[State, Event], State]

INVITE_SERVER: Table = {
    (State.PROCEEDING, Event.PROVISIONAL): State.PROCEEDING,
    (State.PROCEEDING, Event.SUCCESS): State.ACCEPTED,
    (State.PROCEEDING, Event.FAILURE): State.COMPLETED,
    (State.ACCEPTED, Event.SUCCESS): State.ACCEPTED,
    (State.ACCEPTED, Event.EXPIRED): State.TERMINATED,
    (State.COMPLETED, Event.ACK): State.CONFIRMED,
    (State.COMPLETED, Event.EXPIRED): State.TERMINATED,
    (State.CONFIRMED, Event.EXPIRED): State.TERMINATED,
}
SERVER: Table = {
    (State.TRYING, Event.PROVISIONAL): State.PROCEEDING,
    (State.TRYING, Event.SUCCESS): State.COMPLETED,
    (State.TRYING, Event.FAILURE): State.COMPLETED,
    (State.PROCEEDING, Event.PROVISIONAL): State.PROCEEDING,
    (State.PROCEEDING, Event.SUCCESS): State.COMPLETED,
    (State.PROCEEDING, Event.FAILURE): State.COMPLETED,
    (State.COMPLETED, Event.EXPIRED): State.TERMINATED,
}
INVITE_CLIENT: Table = {
    (State.CALLING, Event.PROVISIONAL): State.PROCEEDING,
    (State.CALLING, Event.SUCCESS): State.ACCEPTED,
    (State.CALLING, Event.FAILURE): State.COMPLETED,
    (State.CALLING, Event.EXPIRED): State.TERMINATED,
    (State.PROCEEDING, Event.PROVISIONAL): State.PROCEEDING,
    (State.PROCEEDING, Event.SUCCESS): State.ACCEPTED,
    (State.PROCEEDING, Event.FAILURE): State.COMPLETED,
    (State.ACCEPTED, Event.SUCCESS): State.ACCEPTED,
    (State.ACCEPTED, Event.EXPIRED): State.TERMINATED,
    (State.COMPLETED, Event.FAILURE): State.COMPLETED,
    (State.COMPLETED, Event.EXPIRED): State.TERMINATED,
}
CLIENT: Table = {
    (State.TRYING, Event.PROVISIONAL): State.PROCEEDING,
    (State.TRYING, Event.SUCCESS): State.COMPLETED,
    (State.TRYING, Event.FAILURE): State.COMPLETED,
    (State.TRYING, Event.EXPIRED): State.TERMINATED,
    (State.PROCEEDING, Event.PROVISIONAL): State.PROCEEDING,
    (State.PROCEEDING, Event.SUCCESS): State.COMPLETED,
    (State.PROCEEDING, Event.FAILURE): State.COMPLETED,
    (State.PROCEEDING, Event.EXPIRED): State.TERMINATED,
    (State.COMPLETED, Event.EXPIRED): State.TERMINATED,
}


class Line(Protocol):
    """The parts common to all transactions: agenda, timers, and transport."""

    agenda: Agenda
    timers: Timers

    def send(self, data: bytes, peer: Peer) -> None: ...


def event_of(status: int) -> Event:
    """The event that a response of this status is to a transaction."""
    if status < 200:
        return Event.PROVISIONAL
    return Event.SUCCESS if status < 300 else Event.FAILURE


class Transaction:
    """A state, its table, one timer that repeats a message and one that ends the state."""

    table: Table
    first: State

    def __init__(self, request: Request, peer: Peer, *, line: Line, on_end: Callable[[], None]) -> None:
        self.request = request
        self.peer = peer
        self.state = self.first
        self._line = line
        self._on_end = on_end
        self._repeat: Entry | None = None
        self._expiry: Entry | None = None

    @property
    def ended(self) -> bool:
        return self.state is State.TERMINATED

    def end(self) -> None:
        """Forget the transaction now, whatever its state."""
        if not self.ended:
            self.state = State.TERMINATED
            self._stop()
            self._on_end()

    def _step(self, event: Event) -> bool:
        """Take the transition. False if the table has none: the event is then ignored."""
        following = self.table.get((self.state, event))
        if following is None:
            return False
        if following is not self.state:
            self._stop()
        if following is State.TERMINATED:
            self.end()
        self.state = following
        return True

    def _stop(self) -> None:
        for entry in (self._repeat, self._expiry):
            if entry is not None:
                entry.cancel()
        self._repeat = self._expiry = None

    def _expire_at(self, when: float) -> None:
        self._expiry = self._line.agenda.at(when, self._expired)

    def _expired(self, now: float) -> None:
        self._step(Event.EXPIRED)

    def _send(self, data: bytes) -> None:
        self._line.send(data, self.peer)

    def _repeat_every(self, data: bytes, interval_s: float, *, now: float, cap: bool = True) -> None:
        """Send again after the interval, which doubles each time (up to T2 if `cap`). UDP only."""
        if self.peer.reliable:
            return

        def again(now: float) -> None:
            self._send(data)
            following = self._line.timers.next_interval_s(interval_s) if cap else 2 * interval_s
            self._repeat_every(data, following, now=now, cap=cap)

        self._repeat = self._line.agenda.at(now + interval_s, again)


class InviteServer(Transaction):
    """An INVITE server transaction (section 17.2.1). Timers G, H, I and L."""

    table = INVITE_SERVER
    first = State.PROCEEDING

    def __init__(self, request: Request, peer: Peer, *, line: Line, on_end: Callable[[], None]) -> None:
        super().__init__(request, peer, line=line, on_end=on_end)
        self._last = b""

    def respond(self, response: Response, now: float) -> bool:
        """Send it if the state still allows it. A 2xx is repeated by the call, not here (section 13.3.1.4)."""
        event = event_of(response.status)
        if not self._step(event):
            return False
        data = bytes(response)
        self._send(data)
        if event is Event.SUCCESS:
            self._last = b""
            if self._expiry is None:
                self._expire_at(now + self._line.timers.give_up_s)
            return True
        self._last = data
        if event is Event.FAILURE:
            self._repeat_every(data, self._line.timers.t1_s, now=now)
            self._expire_at(now + self._line.timers.give_up_s)
        return True

    def retransmitted(self) -> None:
        """The same INVITE came again."""
        if self._last and self.state in (State.PROCEEDING, State.COMPLETED):
            self._send(self._last)

    def acknowledged(self, now: float) -> None:
        """The ACK of a final response other than 2xx came."""
        if self._step(Event.ACK) and not self.ended:
            self._expire_at(now + (0 if self.peer.reliable else self._line.timers.t4_s))


class Server(Transaction):
    """Section 17.2.2: BYE, CANCEL, OPTIONS and the like, from the other side. Timer J."""

    table = SERVER
    first = State.TRYING

    def __init__(self, request: Request, peer: Peer, *, line: Line, on_end: Callable[[], None]) -> None:
        super().__init__(request, peer, line=line, on_end=on_end)
        self._last = b""

    def respond(self, response: Response, now: float) -> bool:
        """Send it, unless a final response went out before."""
        if not self._step(event_of(response.status)):
            return False
        self._last = bytes(response)
        self._send(self._last)
        if self.state is State.COMPLETED:
            self._expire_at(now + (0 if self.peer.reliable else self._line.timers.give_up_s))
        return True

    def retransmitted(self) -> None:
        """The same request came again."""
        if self._last:
            self._send(self._last)


class ClientTransaction(Transaction):
    """The parts common to client transactions of INVITE and of other requests."""

    def __init__(
        self,
        request: Request,
        peer: Peer,
        *,
        line: Line,
        on_end: Callable[[], None],
        on_response: Callable[[Response, float], None],
        on_timeout: Callable[[float], None],
    ) -> None:
        super().__init__(request, peer, line=line, on_end=on_end)
        self._on_response = on_response
        self._on_timeout = on_timeout
        self._data = bytes(request)

    def start(self, now: float) -> None:
        """Send the request; timers A or E, and B or F, run from here."""
        self._send(self._data)
        self._repeat_every(self._data, self._line.timers.t1_s, now=now, cap=self.request.method != "INVITE")
        self._expire_at(now + self._line.timers.give_up_s)

    def received(self, response: Response, now: float) -> None:
        raise NotImplementedError

    def _expired(self, now: float) -> None:
        unanswered = self.state in (State.CALLING, State.TRYING, State.PROCEEDING)
        self._step(Event.EXPIRED)
        if unanswered:
            self._on_timeout(now)


class InviteClient(ClientTransaction):
    """An INVITE client transaction (section 17.1.1). Timers A, B, D and M."""

    table = INVITE_CLIENT
    first = State.CALLING

    def received(self, response: Response, now: float) -> None:
        """Acknowledge a failure here; hand up every provisional, every 2xx, and the first failure."""
        before = self.state
        if not self._step(event_of(response.status)):
            return
        if self.state is State.COMPLETED:
            self._send(bytes(self._ack(response)))
        if self.state is not before and self.state in (State.COMPLETED, State.ACCEPTED):
            linger_s = 0 if self.peer.reliable and self.state is State.COMPLETED else self._line.timers.give_up_s
            self._expire_at(now + linger_s)
        if before is not State.COMPLETED:
            self._on_response(response, now)

    def _ack(self, response: Response) -> Request:
        """Section 17.1.1.3: the same Request-URI, top Via and Route; the To of the response."""
        ack = Request(method="ACK", uri=self.request.uri)
        for name in ("Via", "From", "Call-ID", "Route", "Max-Forwards"):
            if values := self.request.headers.getlist(name):
                ack.headers.setlist(name, list(values))
        ack.headers.set("To", response.first("To"))
        ack.headers.set("CSeq", f"{self.request.cseq.sequence} ACK")
        return ack


class Client(ClientTransaction):
    """Section 17.1.2: BYE, CANCEL and the like. Timers E, F and K."""

    table = CLIENT
    first = State.TRYING

    def start(self, now: float) -> None:
        super().start(now)
        self._deadline = now + self._line.timers.give_up_s

    def received(self, response: Response, now: float) -> None:
        before = self.state
        if not self._step(event_of(response.status)) or before is State.COMPLETED:
            return
        if self.state is State.COMPLETED:
            self._expire_at(now + (0 if self.peer.reliable else self._line.timers.t4_s))
        elif before is State.TRYING:
            self._repeat_every(self._data, self._line.timers.t2_s, now=now)
            self._expire_at(self._deadline)
        self._on_response(response, now)


def trying(request: Request) -> Response:
    """100 Trying, without a To tag."""
    return response_to(request, 100)
