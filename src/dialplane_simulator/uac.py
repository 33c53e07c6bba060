"""A caller's side of calls (RFC 3261 sections 8.1, 9.1, 13.2, 15.1.1 and 22), by a plan. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, auto

from dialplane.domain.call import HangupBy
from dialplane_simulator.agenda import Entry
from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.dialog import MAX_FORWARDS, Dialog, dialog_of_caller
from dialplane_simulator.digest import HEADERS, answer
from dialplane_simulator.sdp import session
from dialplane_simulator.timers import Timers
from dialplane_simulator.transactions import ClientTransaction, InviteServer, Server
from dialplane_simulator.useragent import UserAgent
from dialplane_simulator.wire import Peer, Request, Response, response_to, tag_of

MAX_PROVISIONAL = 100
"""Provisional responses noted per call; a carrier may send any number."""


class Phase(StrEnum):
    CALLING = auto()
    CANCELLING = auto()
    TALKING = auto()
    HANGING_UP = auto()
    OVER = auto()


@dataclass(slots=True)
class _Call:
    plan: CallPlan
    call_id: str
    local: str
    started_s: float
    done: Callable[[CallResult], None]
    invite: ClientTransaction | None = None
    phase: Phase = Phase.CALLING
    sequence: int = 1
    wants_cancel: bool = False
    authenticated: bool = False
    provisional: list[tuple[float, int]] = field(default_factory=list)
    final: Response | None = None
    final_s: float | None = None
    cancelled_s: float | None = None
    hangup_by: HangupBy | None = None
    dialog: Dialog | None = None
    acks: dict[str, tuple[bytes, Peer]] = field(default_factory=dict)
    planned: list[Entry] = field(default_factory=list)


class UserAgentClient(UserAgent):
    """All calls of one caller. `answers` tells for each Call-ID which To tags answered, even after the call's end."""

    def __init__(self, *, host: str, port: int, seed: str, timers: Timers | None = None) -> None:
        super().__init__(host=host, port=port, seed=seed, timers=timers)
        self._calls: dict[str, _Call] = {}
        self._probes: dict[str, Callable[[int | None], None]] = {}

    def answers(self, call_id: str) -> tuple[str, ...]:
        """The To tags that sent a 2xx to this call so far. A second one was acknowledged and hung up at once."""
        call = self._calls.get(call_id)
        return tuple(call.acks) if call else ()

    def call(self, plan: CallPlan, now: float, done: Callable[[CallResult], None]) -> str:
        """Begin the call and give its Call-ID; `done(result)` once it is over."""
        call_id = f"{self.token()}@{self.host}"
        local = f"<sip:{plan.caller}@{self.address}>;tag={self.token()}"
        call = self._calls[call_id] = _Call(plan, call_id, local, now, done)
        self._invite(call, now)
        if plan.cancel_after_s is not None:
            self._plan(call, now + plan.cancel_after_s, lambda then: self._cancel(call, then))
        self._plan(call, now + plan.ring_limit_s, lambda then: self._cancel(call, then))
        return call_id

    def probe(self, to: Peer, now: float, done: Callable[[int | None], None]) -> None:
        """Send OPTIONS; `done(status)` with the final status, or None when nothing came within timer F."""
        request = Request(method="OPTIONS", uri=f"sip:{to.address}")
        for name, value in (
            ("Via", self.via(to.transport)),
            ("Max-Forwards", MAX_FORWARDS),
            ("From", f"<sip:probe@{self.address}>;tag={self.token()}"),
            ("To", f"<{request.uri}>"),
            ("Call-ID", f"{self.token()}@{self.host}"),
            ("CSeq", "1 OPTIONS"),
            ("Contact", self.contact("probe", to.transport)),
        ):
            request.headers.add(name, value)
        self._probes[request.call_id] = done
        self.request(
            request,
            to,
            now=now,
            on_response=lambda response, then: self._probed(request.call_id, response.status),
            on_timeout=lambda then: self._probed(request.call_id, None),
        )

    def hang_up_all(self, now: float) -> None:
        """End open calls: CANCEL if not answered, else BYE."""
        for call in list(self._calls.values()):
            if call.phase is Phase.TALKING:
                self._hang_up(call, now)
            else:
                self._cancel(call, now)

    def on_request(self, transaction: Server, now: float) -> None:
        request = transaction.request
        call = self._calls.get(request.call_id)
        known = call is not None and request.to_tag == tag_of(call.local)
        if request.method == "OPTIONS" and not request.to_tag:
            known = True
        transaction.respond(response_to(request, 200 if known else 481, to_tag=self.token()), now)
        if call and known and request.method == "BYE":
            if call.hangup_by is None:
                call.hangup_by = HangupBy.CALLEE
            self._over(call, now)

    def on_invite(self, transaction: InviteServer, now: float) -> None:
        status = 488 if transaction.request.call_id in self._calls else 486
        transaction.respond(response_to(transaction.request, status, to_tag=self.token()), now)

    def on_stray_response(self, response: Response, now: float) -> None:
        """A 2xx whose transaction is long gone must still be acknowledged (section 13.2.2.4)."""
        call = self._calls.get(response.call_id)
        if call and response.cseq.method == "INVITE" and 200 <= response.status < 300:
            self._answered(call, response, now)

    def on_unreachable(self, transaction: ClientTransaction, now: float) -> None:
        self._probed(transaction.request.call_id, None)
        call = self._calls.get(transaction.request.call_id)
        if call and (transaction is call.invite or call.phase is Phase.HANGING_UP):
            self._over(call, now, failure="unreachable" if call.final is None else "")

    def _probed(self, call_id: str, status: int | None) -> None:
        if call_id in self._probes and (status is None or status >= 200):
            self._probes.pop(call_id)(status)

    def _plan(self, call: _Call, when: float, action: Callable[[float], None]) -> None:
        call.planned.append(self.agenda.at(when, action))

    def _invite(self, call: _Call, now: float, *headers: tuple[str, str]) -> None:
        plan = call.plan
        request = Request(method="INVITE", uri=plan.uri)
        for name, value in (
            ("Via", self.via(plan.to.transport)),
            ("Max-Forwards", MAX_FORWARDS),
            ("From", call.local),
            ("To", f"<{plan.uri}>"),
            ("Call-ID", call.call_id),
            ("CSeq", f"{call.sequence} INVITE"),
            ("Contact", self.contact(plan.caller, plan.to.transport)),
            ("User-Agent", "dialplane-simulator"),
            *plan.headers,
            *headers,
        ):
            request.headers.add(name, value)
        request.body = session(user="caller", host=self.host) if plan.body is None else plan.body
        if request.body:
            request.headers.set("Content-Type", "application/sdp")
        call.invite = self.request(
            request,
            plan.to,
            now=now,
            on_response=lambda response, then: self._responded(call, response, then),
            on_timeout=lambda then: self._over(call, then, failure="timeout"),
        )

    def _responded(self, call: _Call, response: Response, now: float) -> None:
        if response.status < 200:
            self._progressed(call, response, now)
        elif response.status < 300:
            self._answered(call, response, now)
        elif call.final is None:
            self._refused(call, response, now)

    def _progressed(self, call: _Call, response: Response, now: float) -> None:
        first_ringing = response.status > 100 and all(status == 100 for _, status in call.provisional)
        if len(call.provisional) < MAX_PROVISIONAL:
            call.provisional.append((now - call.started_s, response.status))
        if call.wants_cancel:
            self._cancel(call, now)
        elif first_ringing and call.plan.cancel_ringing_s is not None:
            self._plan(call, now + call.plan.cancel_ringing_s, lambda then: self._cancel(call, then))

    def _refused(self, call: _Call, response: Response, now: float) -> None:
        credentials = call.plan.credentials
        if response.status in HEADERS and credentials and not call.authenticated and call.phase is Phase.CALLING:
            challenge, authorization = HEADERS[response.status]
            try:
                value = answer(
                    response.first(challenge), credentials, method="INVITE", uri=call.plan.uri, cnonce=self.token()
                )
            except ValueError:
                pass
            else:
                call.authenticated = True
                call.sequence += 1
                self._invite(call, now, (authorization, value))
                return
        call.final, call.final_s = response, now - call.started_s
        self._over(call, now)

    def _answered(self, call: _Call, response: Response, now: float) -> None:
        """Acknowledge; then talk, or hang up at once on a second answer or one after a CANCEL."""
        known = call.acks.get(response.to_tag)
        if known:
            self.send(*known)
            return
        assert call.invite is not None
        dialog = dialog_of_caller(call.invite.request, response, peer=call.plan.to)
        self._acknowledge(call, dialog, response)
        if call.final is not None or call.phase is Phase.OVER:
            self._bye(call, dialog, now, lambda then: None)
            return
        call.final, call.final_s, call.dialog = response, now - call.started_s, dialog
        cancelled, call.phase = call.phase is Phase.CANCELLING or call.wants_cancel, Phase.TALKING
        self._drop_plan(call)
        if cancelled:
            self._hang_up(call, now)
        elif call.plan.talk_s is not None:
            self._plan(call, now + call.plan.talk_s, lambda then: self._hang_up(call, then))

    def _acknowledge(self, call: _Call, dialog: Dialog, response: Response) -> None:
        peer = dialog.next_hop
        ack = dialog.request("ACK", sequence=response.cseq.sequence, via=self.via(peer.transport))
        call.acks[response.to_tag] = (bytes(ack), peer)
        self.send(bytes(ack), peer)

    def _cancel(self, call: _Call, now: float) -> None:
        """CANCEL, or as soon as a provisional response is there. No effect on a call that is answered or over."""
        if call.phase is not Phase.CALLING or call.invite is None:
            return
        call.wants_cancel = True
        if not call.provisional:
            return
        call.phase, call.cancelled_s = Phase.CANCELLING, now - call.started_s
        invite = call.invite.request
        cancel = Request(method="CANCEL", uri=invite.uri)
        for name in ("Via", "Max-Forwards", "From", "To", "Call-ID"):
            cancel.headers.set(name, invite.first(name))
        cancel.headers.set("CSeq", f"{call.sequence} CANCEL")
        self.request(cancel, call.plan.to, now=now, on_response=_ignore, on_timeout=lambda then: None)
        give_up = now + self.timers.give_up_s
        self._plan(call, give_up, lambda then: self._over(call, then, failure="timeout"))

    def _hang_up(self, call: _Call, now: float) -> None:
        assert call.dialog is not None
        call.phase, call.hangup_by = Phase.HANGING_UP, HangupBy.CALLER
        self._drop_plan(call)
        self._bye(call, call.dialog, now, lambda then: self._over(call, then))

    def _bye(self, call: _Call, dialog: Dialog, now: float, done: Callable[[float], None]) -> None:
        call.sequence += 1
        peer = dialog.next_hop
        bye = dialog.request("BYE", sequence=call.sequence, via=self.via(peer.transport))
        self.request(
            bye,
            peer,
            now=now,
            on_response=lambda response, then: done(then) if response.status >= 200 else None,
            on_timeout=done,
        )

    def _drop_plan(self, call: _Call) -> None:
        for entry in call.planned:
            entry.cancel()
        call.planned.clear()

    def _over(self, call: _Call, now: float, *, failure: str = "") -> None:
        """Report the call once. It is remembered for another 64 T1, for answers that come late."""
        if call.phase is Phase.OVER:
            return
        call.phase = Phase.OVER
        self._drop_plan(call)
        self.agenda.at(now + self.timers.give_up_s, lambda then: self._forget(call.call_id))
        call.done(_result_of(call, now, failure))

    def _forget(self, call_id: str) -> None:
        self._calls.pop(call_id, None)


def _ignore(response: Response, now: float) -> None:
    """The answer to a CANCEL says nothing about the call."""


def _result_of(call: _Call, now: float, failure: str) -> CallResult:
    final = call.final
    return CallResult(
        call_id=call.call_id,
        status=final.status if final else None,
        reason=final.reason if final else "",
        failure=failure,
        provisional=tuple(call.provisional),
        final_s=call.final_s,
        ended_s=now - call.started_s,
        cancelled_s=call.cancelled_s,
        hangup_by=call.hangup_by,
        answers=len(call.acks),
        headers=tuple((name, value) for name in final.headers.keys() for value in final.headers.getlist(name))
        if final
        else (),
        body=final.body if final else b"",
    )
