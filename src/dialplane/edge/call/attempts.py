"""The attempts of a call: one after the other, until one answers, one says stop, or none is left.

Each public method is what one of Kamailio's entry points does.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from dialplane.domain.call import HangupBy, Verdict
from dialplane.domain.sip_status import phrase
from dialplane.edge.call.answers import Answers
from dialplane.edge.call.context import CallContext
from dialplane.edge.call.digest import Credentials, authorization, challenge_in
from dialplane.edge.call.message import one_line
from dialplane.edge.call.plan import Carrier, FirstRow, Plan, PlannedAttempt, Turn
from dialplane.edge.call.progress import Progress
from dialplane.edge.call.server_name import SERVER, ServerNames, server_at
from dialplane.edge.limits.channels import PROVIDER
from dialplane.edge.sip import KsrError
from dialplane.engine import failover
from dialplane.engine.failover import Outcome, Step
from dialplane.engine.reasons import Reason
from dialplane.engine.sdp import restricted
from dialplane.eventlog.writer import new_id

CALL = "call"
INVITE = "invite"
PLAN = "plan"
"""The variables of the script that hold a call's id, the key of its INVITE and its plan, from its decision on."""
AUTHORIZATION = "authorization"
"""The variable that holds `N NAME: BODY`, the header with the credentials of attempt N."""
RAISED = "raised"
"""The variable that holds the attempt whose CSeq has risen, as it does with credentials (RFC 3261, section 22.2)."""
ACCOUNT_VARIABLE = "account"
"""The variable of the dialog that holds the provider whose credentials its requests may need."""
CODECS = "codecs"
"""The variable that holds `N|CODECS` of an attempt, and of the dialog those of its carrier."""
REPLY_TEXT = "$T_rpl($mb)"
"""In a failure route: the final response, as received."""
ROUTE = "ATTEMPT"
"""Kamailio's failure and branch route of an attempt, and the head of the names of its reply routes."""

_ENDED_BY: Mapping[Outcome, HangupBy] = {
    failover.CANCELLED: HangupBy.CALLER,
    failover.NO_ANSWER: HangupBy.TIMEOUT,
}
"""By an outcome that stops; by the callee if it is another one."""
_BEFORE_SENDING = Turn.BEFORE_SENDING.value  # with the enum itself, `&` takes ten times as long
_LONGEST_INVITE = 1024  # Kamailio joins text in buffers of 8 kB, and has nothing for what is longer
_MOST_AUTHENTICATIONS = 2  # the second where the carrier says that the nonce of the first is stale
_REPLY = "tm.reply"
_REQUEST_TERMINATED = 487
_SERVER_ERROR = 500


class Attempts:
    """`credentials_of` returns those of a provider by its id, None if it has none.

    A call is sent in at most `most_branches` branches of its transaction.
    """

    def __init__(
        self,
        context: CallContext,
        *,
        answers: Answers,
        credentials_of: Callable[[str], Credentials | None],
        most_branches: int,
    ) -> None:
        self._sip = context.sip
        self._log = context.log
        self._context = context
        self._answers = answers
        self.server_names = ServerNames(context.sip, is_checked=context.settings.checks_names)
        self._breakers = context.breakers
        self._caps = context.caps
        self._credentials_of = credentials_of
        self._most_branches = most_branches

    def begin(self, plan: Plan) -> bool:
        """Make the first attempt that can be made; in the request route of the INVITE.

        True if it is left to Kamailio's script to send it: it is on record then.
        """
        self._sip.keep(CALL, plan.call)
        self._sip.keep(INVITE, plan.invite)
        self._sip.keep(PLAN, plan.rows)
        first = plan.first
        if first is None or not self._may_be_left_to_script(plan, first):
            self._try_next(plan, Progress())
            return False
        Progress.begin_in_script(self._sip)
        self._log.attempt_sent_as(plan.call, 1, first.event)
        self._log.flush()
        return True

    def try_next(self) -> None:
        """Make the next attempt that can be made; in the failure route, if the script leaves it to Python."""
        self._try_next(self._plan(), self._progress())

    def not_sent(self) -> None:
        """Go on after the script could not send the current attempt."""
        plan, progress = self._plan(), self._progress()
        if self._sip.is_cancelled() or not self._send(plan, progress):
            self._go_on_unsent(plan, progress)

    def complete_invite(self) -> bool:
        """Give the current attempt its headers and filter its codecs; in its branch route. True once done."""
        progress = self._progress()
        attempt = self._plan().attempt(progress.current)
        carrier = attempt.carrier
        if progress.authentications:
            self._add_credentials(progress)
        for name in attempt.form.removed:
            self._sip.remove_header(name)
        for name, value in (*carrier.headers, *attempt.form.added):
            self._sip.add_header(name, value)
        if carrier.codecs:
            offer = self._sip.body()
            cut = restricted(offer, carrier.codecs.split(",")) if offer else None
            if cut is not None and cut != offer:
                self._sip.set_body(cut)
        return True

    def _add_credentials(self, progress: Progress) -> None:
        n, _, header = self._sip.kept_text(AUTHORIZATION).partition(" ")
        name, _, body = header.partition(": ")
        if n == str(progress.current):
            self._sip.add_header(name, body)
            cseq = self._sip.number("$cs") + progress.authentications
            self._sip.replace_header("CSeq", [f"{cseq} INVITE"])

    def replied(self, n: int) -> None:
        """Process a response to attempt `n`; in its reply route."""
        status = self._sip.number("$rs")
        if status < 180 or status >= 300:
            return
        progress = self._progress()
        if status >= 200:
            self._answered(n, status, progress)
        elif status < 190 and progress.is_under_way(n) and not progress.has_rung:
            self._rang(n, status, progress)

    def failed(self) -> None:
        """End the current attempt, which got no answer, and go on or answer the caller; in the failure route."""
        plan, progress = self._plan(), self._progress()
        if progress.is_over:
            return
        branch = progress.branch = self._sip.branches() - 1
        carrier = plan.attempt(progress.current).carrier
        outcome, status = self._outcome(progress)
        if outcome == failover.NO_RESPONSE and self._try_next_address(plan, progress):
            return
        can_authenticate = carrier.has_credentials and progress.authentications < _MOST_AUTHENTICATIONS
        step = _step(outcome, carrier, progress, can_authenticate=can_authenticate)
        if step.action == failover.AUTHENTICATE:
            if self._authenticate(plan, progress):
                return
            step = _step(outcome, carrier, progress, can_authenticate=False)
        is_best = self._end_attempt(plan, progress, outcome, status, step)
        if status is None:
            account = carrier.provider_id if carrier.has_credentials else ""
            self._answers.give_up(plan.invite, plan.call, progress.current, branch=branch, account=account)
        if step.action == failover.NEXT:
            self._try_next(plan, progress, relayed=(status, branch) if is_best and status else None)
        else:
            self._stop(plan, progress, outcome, step.caller_status or failover.ALL_FAILED)

    def cancelled(self, invite: str) -> None:
        """The caller has changed their mind: answer 487 to the INVITE at once, whatever the carriers make of it.

        tm cancels them. The transaction is found by its id, however the caller writes its headers, and whichever of
        several INVITEs of one Call-ID it is.
        """
        pending = self._answers.pending(invite)
        if pending is None:
            return
        terminated = phrase(_REQUEST_TERMINATED)
        with suppress(KsrError):  # the INVITE has had a final answer meanwhile
            self._sip.call_rpc(_REPLY, _REQUEST_TERMINATED, terminated, pending.transaction, new_id()[:8], "", "")

    def answered_by_kamailio(self, invite: str, *, cancelled: bool) -> None:
        """Record that Kamailio gave the caller a final answer by itself, as a rule to a CANCEL.

        Other workers may process the call's responses now, so the progress is not touched.
        """
        pending = self._answers.pending(invite)
        if pending is None:
            return
        call = pending.call
        verdict = Verdict.CANCELLED if cancelled else Verdict.TRANSPORT_ERROR
        self._log.attempt_ended(call, pending.n, status=None, reason="", verdict=verdict, action=failover.STOP)
        self._answers.give_up(invite, call, pending.n, branch=pending.branch)
        if cancelled:
            self._record_end(call, invite, _REQUEST_TERMINATED, HangupBy.CALLER)
        else:
            self._record_end(call, invite, _SERVER_ERROR, HangupBy.EDGE)

    def _plan(self) -> Plan:
        sip = self._sip
        return Plan(sip.kept_text(CALL), sip.kept_text(INVITE), sip.kept_text(PLAN))

    def _progress(self) -> Progress:
        return Progress.of(self._sip)

    def _keep(self, progress: Progress) -> None:
        progress.keep(self._sip)

    # responses

    def _rang(self, n: int, status: int, progress: Progress) -> None:
        plan = self._plan()
        progress.rang()
        self._keep(progress)
        carrier = plan.attempt(n).carrier
        self._sip.set_timers(silent_s=carrier.no_response_s, provisional_s=carrier.ring_s)
        self._log.attempt_ringing(plan.call, n, status=status)

    def _answered(self, n: int, status: int, progress: Progress) -> None:
        if progress.winner == n:
            return
        plan = self._plan()
        if not progress.is_under_way(n):
            self._answers.end_late(plan.call, n)
            self._sip.hold_back()
            return
        progress.answered()
        self._keep(progress)
        tag = self._answers.won(plan.invite, plan.call, n)
        self._log.attempt_answered(plan.call, n, status=status, tag=tag)
        carrier = plan.attempt(n).carrier
        if carrier.has_credentials:
            self._sip.note(ACCOUNT_VARIABLE, carrier.provider_id)
        if carrier.codecs:
            self._sip.note(CODECS, carrier.codecs)
        if carrier.server_name:
            self._sip.note(SERVER, server_at(carrier.next_hops[progress.hop], carrier.server_name))
        self._count_for_breaker(plan.attempt(n), status)

    def _outcome(self, progress: Progress) -> tuple[Outcome, int | None]:
        """The outcome of the attempt, and its final SIP status, None if none came."""
        status = None if self._sip.has_timed_out() else self._sip.failed_status()
        if self._sip.is_cancelled() or self._answers.is_gone(self._sip.kept_text(INVITE)):
            return failover.CANCELLED, None  # a carrier's 487 may be faster than the caller's: none is on record
        if status is not None:
            return status, status
        if progress.has_rung:
            return failover.NO_ANSWER, None
        return failover.NO_PROGRESS if self._sip.was_replied() else failover.NO_RESPONSE, None

    def _end_attempt(self, plan: Plan, progress: Progress, outcome: Outcome, status: int | None, step: Step) -> bool:
        """Record the end of the attempt; whether its answer is the best so far."""
        n = progress.current
        attempt = plan.attempt(n)
        self._free(attempt.carrier)
        self._count_for_breaker(attempt, outcome, has_rung=bool(progress.has_rung))
        if outcome == failover.ALL_FAILED:
            self._breakers.hold_off(attempt.carrier.breaker, self._sip.text("$T_rpl($hdr(Retry-After))"))
        reason = self._sip.text("$T_reply_reason") if status else ""
        self._log.attempt_ended(plan.call, n, status=status, reason=reason, verdict=step.verdict, action=step.action)
        if progress.failed(status):
            progress.best_headers = self._best_headers()
            return True
        return False

    def _best_headers(self) -> str:
        """The header lines of the attempt's answer that tell the caller something; in the failure route."""
        lines = []
        for name in failover.TELLING_HEADERS:
            body = one_line(self._sip.text(f"$T_rpl($hdr({name}))"))
            if body:
                lines.append(f"{name}: {body}\r\n")
        return "".join(lines)

    # sending

    def _try_next_address(self, plan: Plan, progress: Progress) -> bool:
        """If the last provider is silent, send to its next address; False if there is none."""
        n, silent_branch = progress.current, progress.branch
        if n < len(plan.attempts) or not self._send(plan, progress):
            return False
        self._answers.give_up(plan.invite, plan.call, n, branch=silent_branch)
        return True

    def _authenticate(self, plan: Plan, progress: Progress) -> bool:
        """Send the current attempt once more, with the provider's credentials; False if that cannot be done.

        They are refused if they are challenged again, unless only their nonce is stale: carriers of several nodes do
        so.
        """
        n = progress.current
        attempt = plan.attempt(n)
        credentials = self._credentials_of(attempt.carrier.provider_id)
        challenge = challenge_in(self._sip.text(REPLY_TEXT))
        if credentials is None or challenge is None or not self._has_branch(progress):
            return False
        if progress.authentications and not challenge.is_stale:
            return False
        name, body = authorization(challenge, credentials, method="INVITE", uri=attempt.uri)
        self._sip.keep(AUTHORIZATION, f"{n} {name}: {body}")
        self._sip.keep(RAISED, n)
        progress.authenticating()
        self._sip.note(RAISED, str(progress.authentications))
        return self._send(plan, progress)

    def _try_next(self, plan: Plan, progress: Progress, *, relayed: tuple[int, int] | None = None) -> None:
        """Make the next attempt that can be made, or answer the caller if none is left.

        `relayed` is the status of the answer that tm relays then, and its branch, if that of the attempt which has just
        failed is the best. tm relays no answer of an earlier branch.
        """
        while progress.current < len(plan.attempts):
            n = progress.current + 1
            attempt = plan.attempt(n)
            if not self._is_its_turn(attempt, progress):
                plan = plan.moved_to_end(n, Reason.BREAKER_OPEN)
                self._sip.keep(PLAN, plan.rows)
                continue
            self._lower_cseq()
            progress.begin(n)
            obstacle = self._obstacle(attempt, progress) or self._take(attempt.carrier)
            if obstacle:
                self._record_skipped(plan.call, n, attempt, (*attempt.why, obstacle))
                continue
            self._record_sent(plan.call, n, attempt)
            if not self._send(plan, progress):
                self._go_on_unsent(plan, progress)
            return
        if relayed is not None and progress.branch == relayed[1]:
            self._settle(plan, progress, relayed[0], HangupBy.EDGE)
        else:
            self._end(plan, progress, progress.final_status, HangupBy.EDGE)

    def _lower_cseq(self) -> None:
        """The next attempt starts from the caller's own CSeq."""
        if self._sip.kept(RAISED):
            self._sip.keep(RAISED, 0)
            self._sip.note(RAISED, "0")

    def _go_on_unsent(self, plan: Plan, progress: Progress) -> None:
        """End the current attempt, which could not be sent: make the next one, or end the call if it is cancelled."""
        n = progress.current
        if self._sip.is_cancelled():
            self._record_not_sent(plan.call, n, plan.attempt(n), failover.CANCELLED)
            self._end(plan, progress, _REQUEST_TERMINATED, HangupBy.CALLER)
        else:
            self._record_not_sent(plan.call, n, plan.attempt(n), failover.TRANSPORT_ERROR)
            self._try_next(plan, progress)

    def _may_be_left_to_script(self, plan: Plan, first: FirstRow) -> bool:
        """Whether Kamailio's script can carry the first attempt, and write what becomes of it."""
        if first.flags & _BEFORE_SENDING or len(plan.invite) > _LONGEST_INVITE:
            return False
        return self._context.script_writes() and self._breakers.is_closed(first.breaker)

    def _is_its_turn(self, attempt: PlannedAttempt, progress: Progress) -> bool:
        """Whether the attempt keeps its place: its breaker was closed, or due for a trial, when it was planned."""
        if Reason.BREAKER_OPEN in attempt.why or self._obstacle(attempt, progress):
            return True
        return self._breakers.admits(attempt.carrier.provider_id, attempt.uri)

    def _send(self, plan: Plan, progress: Progress) -> bool:
        """Send the current attempt to the next of the provider's addresses that can be reached: still one attempt."""
        attempt = plan.attempt(progress.current)
        carrier = attempt.carrier
        branch_route = ROUTE if attempt.changes_headers or progress.authentications else ""
        for next_hop in carrier.next_hops[progress.hop + 1 :]:
            if not self._has_branch(progress):
                break
            with self.server_names.way(next_hop, carrier.server_name) as is_free:
                if not is_free:
                    progress.passed_over()
                    continue
                progress.sent()
                self._prepare(plan, progress, next_hop, branch_route)
                if self._sip.relay():
                    return True
            if self._sip.is_cancelled():
                break
        return False

    def _prepare(self, plan: Plan, progress: Progress, next_hop: str, branch_route: str) -> None:
        """Have the current attempt go there, and its outcome come back."""
        n = progress.current
        attempt = plan.attempt(n)
        carrier = attempt.carrier
        self._sip.set_target(attempt.uri, next_hop)
        if carrier.codecs:
            self._sip.keep(CODECS, f"{n}|{carrier.codecs}")
        if carrier.server_name:
            self._sip.keep(SERVER, f"{n}|{server_at(next_hop, carrier.server_name)}")
        self._sip.set_timers(silent_s=carrier.no_response_s, provisional_s=carrier.progress_s)
        self._sip.on_outcome(failure=ROUTE, reply=f"{ROUTE}_{n}", branch=branch_route)
        self._keep(progress)
        self._answers.sent(plan.invite, plan.call, n, branch=progress.branch)

    def _obstacle(self, attempt: PlannedAttempt, progress: Progress) -> Reason | None:
        """Why this carrier cannot be tried, but for its caps."""
        if attempt.obstacle:
            return attempt.obstacle
        if not self._has_branch(progress):
            return Reason.NO_BRANCH_LEFT
        if not self._shares_codec(attempt.carrier):
            return Reason.NO_SHARED_CODEC
        name = attempt.carrier.server_name
        if name and all(self.server_names.leads_elsewhere(hop, name) for hop in attempt.carrier.next_hops):
            return Reason.CONNECTION_TAKEN
        return None

    def _shares_codec(self, carrier: Carrier) -> bool:
        offer = self._sip.body() if carrier.codecs else None
        return offer is None or restricted(offer, carrier.codecs.split(",")) is not None

    def _has_branch(self, progress: Progress) -> bool:
        return progress.branch + 1 < self._most_branches

    # caps and breakers

    def _take(self, carrier: Carrier) -> Reason | None:
        """Take a channel and a turn of the provider; the reason of the cap that is reached, if one is."""
        if not self._caps.take_channel(PROVIDER, carrier.provider_id, carrier.max_channels):
            return Reason.CHANNEL_CAP_FULL
        if not self._caps.take_turn(carrier.provider_id, carrier.max_cps):
            self._free(carrier)
            return Reason.CPS_CAP_FULL
        return None

    def _free(self, carrier: Carrier) -> None:
        self._caps.free_channel(PROVIDER, carrier.provider_id, carrier.max_channels)

    def _count_for_breaker(self, attempt: PlannedAttempt, outcome: Outcome, *, has_rung: bool = False) -> None:
        self._breakers.attempt_ended(attempt.carrier.provider_id, attempt.uri, outcome, has_rung=has_rung)

    # the caller's answer

    def _stop(self, plan: Plan, progress: Progress, outcome: Outcome, caller_status: int) -> None:
        """Give the caller the answer of the attempt that said stop: the carrier's own message if it may be relayed."""
        hangup_by = failover.hangup_by(outcome)
        may_be_heard = caller_status >= 400 and caller_status not in failover.NEVER_RELAYED
        if not may_be_heard:
            self._end(plan, progress, failover.ALL_FAILED, hangup_by)
        elif outcome == caller_status:
            self._settle(plan, progress, caller_status, hangup_by)
        else:
            self._end(plan, progress, caller_status, hangup_by)

    def _end(self, plan: Plan, progress: Progress, status: int, hangup_by: HangupBy) -> None:
        self._settle(plan, progress, status, hangup_by)
        if hangup_by is HangupBy.EDGE and progress.best_headers:
            self._sip.add_reply_headers(progress.best_headers)
        self._context.reply(status)

    def _settle(self, plan: Plan, progress: Progress, status: int, hangup_by: HangupBy) -> None:
        progress.ended()
        self._keep(progress)
        self._record_end(plan.call, plan.invite, status, hangup_by)

    # records

    def _record_sent(self, call: str, n: int, attempt: PlannedAttempt) -> None:
        """Record an attempt and write the record out, before a carrier sees the INVITE, whatever dies then."""
        self._log.attempt_sent(
            call,
            n,
            provider_id=attempt.carrier.provider_id,
            route_id=attempt.route_id,
            uri=attempt.uri,
            why=attempt.why,
            identity=attempt.form.lines,
        )
        self._log.flush()

    def _record_not_sent(self, call: str, n: int, attempt: PlannedAttempt, outcome: str) -> None:
        self._free(attempt.carrier)
        self._count_for_breaker(attempt, outcome)
        step = failover.after(outcome, ringing=False)
        self._log.attempt_ended(call, n, status=None, reason="", verdict=step.verdict, action=step.action)

    def _record_skipped(self, call: str, n: int, attempt: PlannedAttempt, why: Sequence[str]) -> None:
        provider_id = attempt.carrier.provider_id
        self._log.attempt_skipped(call, n, provider_id=provider_id, route_id=attempt.route_id, why=why)

    def _record_end(self, call: str, invite: str, status: int, hangup_by: HangupBy) -> None:
        self._answers.over(invite, call)
        self._log.call_ended(call, status=status, reason=phrase(status), hangup_by=hangup_by)


def _step(outcome: Outcome, carrier: Carrier, progress: Progress, *, can_authenticate: bool) -> Step:
    return failover.after(
        outcome, ringing=bool(progress.has_rung), overrides=carrier.overrides, can_authenticate=can_authenticate
    )
