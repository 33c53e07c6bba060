"""A carrier's side of calls (RFC 3261 sections 8.2, 9.2, 12, 13.3 and 15.1.2), moved by a behaviour. Pure."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from dialplane_simulator.agenda import Entry
from dialplane_simulator.behaviour import Behaviour, OnCancel, Step
from dialplane_simulator.dialog import Dialog, dialog_of_callee
from dialplane_simulator.digest import HEADERS
from dialplane_simulator.sdp import session
from dialplane_simulator.timers import Timers
from dialplane_simulator.transactions import InviteServer, Server
from dialplane_simulator.useragent import UserAgent
from dialplane_simulator.wire import Peer, Request, Response, response_to

MAX_LEGS = 20_000
"""Calls at once; the next one gets 503. Far above what one process can carry, below what hurts."""
MAX_RECORDED = 20_000
"""Requests, and calls, kept for a look afterwards; the oldest go first."""
MAX_NONCES = 20_000
"""Challenges that may still be answered; the oldest go first."""
ALLOWED = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "PRACK")
ALLOW = ("Allow", ", ".join(ALLOWED))

DialogKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came, retransmissions included. `at_s` is on the endpoint's monotonic clock."""

    at_s: float
    peer: Peer
    request: Request


@dataclass(slots=True)
class Leg:
    """One call as the carrier has it. Times are on the endpoint's monotonic clock, None until it happens."""

    user: str
    call_id: str
    started_s: float
    answered_s: float | None = None
    cancelled_s: float | None = None
    ended_s: float | None = None
    hangup_by: str = ""
    invite: InviteServer = field(repr=False, kw_only=True)
    behaviour: Behaviour = field(repr=False, kw_only=True)
    tag: str = field(repr=False, kw_only=True)
    dialog: Dialog | None = field(default=None, repr=False)
    keys: list[DialogKey] = field(default_factory=list, repr=False)
    planned: list[Entry] = field(default_factory=list, repr=False)
    unacknowledged: dict[int, Entry] = field(default_factory=dict, repr=False)
    """CSeq of an INVITE whose 2xx is still repeated."""

    def tag_of(self, step: Step) -> str:
        return f"{self.tag}{step.branch}"


class UserAgentServer(UserAgent):
    """All calls of one carrier. `legs` has the newest `recorded` calls that it was sent, `received` the requests."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        seed: str,
        behaviour_for: Callable[[str], Behaviour],
        name: str = "carrier",
        timers: Timers | None = None,
        recorded: int = MAX_RECORDED,
    ) -> None:
        super().__init__(host=host, port=port, seed=seed, timers=timers)
        self.name = name
        self.behaviour_for = behaviour_for
        self.received: deque[Received] = deque(maxlen=recorded)
        self.legs: deque[Leg] = deque(maxlen=recorded)
        self._live: dict[DialogKey, Leg] = {}
        self._by_invite: dict[InviteServer, Leg] = {}
        self._nonces: deque[str] = deque(maxlen=MAX_NONCES)

    def on_message(self, request: Request, peer: Peer, now: float) -> None:
        self.received.append(Received(now, peer, request))

    def on_invite(self, transaction: InviteServer, now: float) -> None:
        request = transaction.request
        if request.to_tag:
            self._reinvite(transaction, now)
        elif required := [item for item in request.values("Require") if item.lower() != "100rel"]:
            self._refuse(transaction, 420, now, ("Unsupported", ", ".join(required)))
        elif len(self._by_invite) >= MAX_LEGS:
            self._refuse(transaction, 503, now, ("Retry-After", "5"))
        else:
            self._take(transaction, now)

    def on_cancel(self, invite: InviteServer, cancel: Server, now: float) -> None:
        leg = self._by_invite.get(invite)
        if leg is None:
            cancel.respond(response_to(cancel.request, 200, to_tag=self.token()), now)
            return
        leg.cancelled_s = now
        self.counts["cancelled"] += 1
        if leg.behaviour.on_cancel is OnCancel.IGNORE:
            return
        cancel.respond(response_to(cancel.request, 200, to_tag=leg.tag), now)
        if leg.answered_s is not None:
            return
        self._drop_plan(leg)
        if leg.behaviour.on_cancel is OnCancel.ACCEPT:
            self._play(leg, Step(status=487), now)
        else:
            step = Step(status=200, sdp=True)
            self._plan(leg, now + leg.behaviour.late_s, partial(self._play, leg, step))

    def on_request(self, transaction: Server, now: float) -> None:
        request = transaction.request
        if request.method == "OPTIONS" and not request.to_tag:
            status = self.behaviour_for(request.user).options_status
            if status is not None:
                transaction.respond(response_to(request, status, to_tag=self.token(), headers=(ALLOW,)), now)
            return
        leg = self._live.get(_dialog_key(request))
        if leg is None:
            transaction.respond(response_to(request, 481, to_tag=self.token()), now)
            return
        known = request.method in ALLOWED
        transaction.respond(response_to(request, 200 if known else 405, headers=(ALLOW,)), now)
        if request.method == "BYE":
            self._end(leg, now, by="caller")

    def on_ack(self, ack: Request, now: float) -> None:
        leg = self._live.get(_dialog_key(ack))
        entry = leg.unacknowledged.pop(ack.cseq.sequence, None) if leg else None
        if entry is None:
            self.counts["stray_acks"] += 1
        else:
            entry.cancel()
            self.counts["acknowledged"] += 1

    def hang_up(self, leg: Leg, now: float) -> None:
        """BYE from the carrier's side. A leg that is not answered, or over, is left as it is."""
        if leg.dialog is None or leg.ended_s is not None:
            return
        peer = leg.dialog.next_hop
        bye = leg.dialog.request("BYE", sequence=1, via=self.via(peer.transport))
        self.request(bye, peer, now=now, on_response=lambda response, then: None, on_timeout=lambda then: None)
        self._end(leg, now, by="carrier")

    def _take(self, transaction: InviteServer, now: float) -> None:
        request = transaction.request
        behaviour = self.behaviour_for(request.user)
        if behaviour.challenge and not self._has_credentials(request, behaviour):
            nonce = self.token()
            self._nonces.append(nonce)
            self._refuse(transaction, behaviour.challenge.status, now, behaviour.challenge.header(nonce))
            return
        leg = Leg(request.user, request.call_id, now, invite=transaction, behaviour=behaviour, tag=self.token())
        self.legs.append(leg)
        self._by_invite[transaction] = leg
        when = now
        for step in behaviour.steps:
            when += step.after_s
            self._plan(leg, when, partial(self._play, leg, step))
        self.agenda.run(now)

    def _has_credentials(self, request: Request, behaviour: Behaviour) -> bool:
        challenge = behaviour.challenge
        assert challenge is not None
        value = request.first(HEADERS[challenge.status][1])
        return bool(value) and challenge.accepts(value, method="INVITE", is_ours=self._nonces.__contains__)

    def _plan(self, leg: Leg, when: float, action: Callable[[float], None]) -> None:
        leg.planned.append(self.agenda.at(when, action))

    def _drop_plan(self, leg: Leg) -> None:
        for entry in leg.planned:
            entry.cancel()
        leg.planned.clear()

    def _play(self, leg: Leg, step: Step, now: float) -> None:
        """Send one step's response; a final one ends or answers the leg."""
        request = leg.invite.request
        tag = leg.tag_of(step) if step.status > 100 else ""
        contact = ("Contact", self.contact("carrier", leg.invite.peer.transport))
        has_contact = any(name == "Contact" for name, _ in step.headers)
        headers = step.headers if has_contact or not 100 < step.status < 300 else (contact, ALLOW, *step.headers)
        body = session(user="carrier", host=self.host) if step.sdp else b""
        response = response_to(request, step.status, reason=step.reason, to_tag=tag, headers=headers, body=body)
        if not leg.invite.respond(response, now):
            return
        if tag:
            key = (request.call_id, tag, request.from_tag)
            self._live[key] = leg
            leg.keys.append(key)
        if 200 <= step.status < 300:
            self._answered(leg, response, now)
        elif step.status >= 300:
            self._end(leg, now, by="caller" if leg.cancelled_s is not None else "carrier")

    def _answered(self, leg: Leg, response: Response, now: float) -> None:
        leg.answered_s = now
        leg.dialog = dialog_of_callee(leg.invite.request, response, peer=leg.invite.peer)
        self.counts["answered"] += 1
        if leg.cancelled_s is not None:
            self.counts["late_answers"] += 1
        self._drop_plan(leg)
        self._repeat_until_ack(leg, leg.invite, response, now)
        if leg.behaviour.talk_s is not None:
            self._plan(leg, now + leg.behaviour.talk_s, partial(self.hang_up, leg))

    def _repeat_until_ack(self, leg: Leg, invite: InviteServer, response: Response, now: float) -> None:
        """Section 13.3.1.4: the 2xx again after T1, 2 T1 ... T2; after 64 T1 without ACK the call is ended."""
        sequence = invite.request.cseq.sequence
        give_up = now + self.timers.give_up_s

        def again(then: float, interval_s: float) -> None:
            if then >= give_up:
                del leg.unacknowledged[sequence]
                self.counts["unacknowledged"] += 1
                self.hang_up(leg, then)
                return
            self.send(bytes(response), invite.peer)
            following = self.timers.next_interval_s(interval_s)
            leg.unacknowledged[sequence] = self.agenda.at(then + following, lambda at: again(at, following))

        first = self.timers.t1_s
        leg.unacknowledged[sequence] = self.agenda.at(now + first, lambda at: again(at, first))

    def _reinvite(self, transaction: InviteServer, now: float) -> None:
        request = transaction.request
        leg = self._live.get(_dialog_key(request))
        if leg is None or leg.answered_s is None:
            self._refuse(transaction, 481 if leg is None else 491, now)
            return
        contact = ("Contact", self.contact("carrier", transaction.peer.transport))
        body = session(user="carrier", host=self.host)
        response = response_to(request, 200, headers=(contact, ALLOW), body=body)
        transaction.respond(response, now)
        self._repeat_until_ack(leg, transaction, response, now)

    def _refuse(self, transaction: InviteServer, status: int, now: float, *headers: tuple[str, str]) -> None:
        response = response_to(transaction.request, status, to_tag=self.token(), headers=headers)
        transaction.respond(response, now)

    def _end(self, leg: Leg, now: float, *, by: str) -> None:
        """The leg is over: a final response other than 2xx went out, or a BYE came or went."""
        self._drop_plan(leg)
        leg.ended_s = now
        leg.hangup_by = by
        self._by_invite.pop(leg.invite, None)
        for key in leg.keys:
            self._live.pop(key, None)
        for entry in leg.unacknowledged.values():
            entry.cancel()
        leg.unacknowledged.clear()
        if leg.answered_s is None:
            leg.invite.respond(response_to(leg.invite.request, 487, to_tag=leg.tag), now)


def _dialog_key(request: Request) -> DialogKey:
    return request.call_id, request.to_tag, request.from_tag
