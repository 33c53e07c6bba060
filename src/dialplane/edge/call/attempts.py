"""A call on its way out: one attempt after the other, until one is answered, one says stop, or none is left.

Each method is what one of Kamailio's entry points does. A failure route and a reply route run under the transaction's
reply lock, so the progress they read and keep is never written by two workers at once (Kamailio 5.6.3, tm/t_reply.c).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dialplane.domain.call import Verdict
from dialplane.domain.sip_status import phrase
from dialplane.edge.call.answers import Answers
from dialplane.edge.call.plan import Carrier, Plan, PlannedAttempt, Progress, plan_of
from dialplane.edge.limits.breakers import Breakers
from dialplane.edge.limits.channels import PROVIDER, Caps
from dialplane.edge.sip import Sip
from dialplane.engine import failover, reasons
from dialplane.eventlog.writer import EventLog

PLAN = "plan"
PROGRESS = "progress"
ROUTE = "ATTEMPT"

CALLER = "caller"
CALLEE = "callee"
EDGE = "edge"
TIMEOUT = "timeout"

_ALWAYS_KEPT_CODEC = "telephone-event"  # DTMF is no codec of the carrier's choosing: without it no menu works
_NEVER_RELAYED = (401, 407)


class Credentials(NamedTuple):
    """What a carrier knows us by."""

    username: str
    password: str


class Outgoing:
    """`credentials_of` gives a provider's, or None where it has none (any more)."""

    def __init__(
        self,
        sip: Sip,
        log: EventLog,
        *,
        answers: Answers,
        breakers: Breakers,
        caps: Caps,
        credentials_of: Callable[[str], Credentials | None],
        most_branches: int,
    ) -> None:
        self._sip = sip
        self._log = log
        self._answers = answers
        self._breakers = breakers
        self._caps = caps
        self._credentials_of = credentials_of
        self._most_branches = most_branches

    def begin(self, plan: Plan) -> None:
        """Make the first attempt that can be made; in the request route of the INVITE."""
        self._sip.keep(PLAN, plan.to_text())
        self._try_next(plan, Progress())

    def branch(self) -> bool:
        """Apply to the message what the current attempt alone is to carry; in the branch route. True once done."""
        carrier = self._plan().attempts[self._progress().current - 1].carrier
        for name, value in carrier.headers:
            self._sip.add_header(name, value)
        if carrier.codecs:
            self._sip.keep_codecs(f"{carrier.codecs},{_ALWAYS_KEPT_CODEC}")
        return True

    def replied(self, n: int) -> None:
        """Note a response to attempt `n`; in its reply route."""
        status = self._sip.number("$rs")
        if status < 180 or status >= 300:
            return
        progress = self._progress()
        if status >= 200:
            self._answered(n, status, progress)
        elif status < 190 and n == progress.current and not (progress.ringing or progress.answered or progress.ended):
            plan = self._plan()
            progress.ringing = True
            self._keep(progress)
            carrier = plan.attempts[n - 1].carrier
            self._sip.set_timers(silent_s=carrier.no_response_s, provisional_s=carrier.ring_s)
            self._log.attempt_ringing(plan.call, n, status=status)

    def failed(self) -> None:
        """The current attempt is over without an answer: record it, go on or tell the caller; in the failure route."""
        plan, progress = self._plan(), self._progress()
        if progress.ended:
            return
        n = progress.current
        failed = progress.branch = self._sip.branches() - 1
        attempt = plan.attempts[n - 1]
        carrier = attempt.carrier
        outcome, status = self._outcome(progress)
        if outcome == failover.NO_RESPONSE and n == len(plan.attempts) and self._try_next_address(plan, n, progress):
            return
        can_authenticate = carrier.has_credentials and not progress.authenticated
        step = self._after(outcome, progress, carrier, can_authenticate=can_authenticate)
        if step.action == failover.AUTHENTICATE:
            if self._authenticate(plan, n, progress):
                return
            step = self._after(outcome, progress, carrier, can_authenticate=False)
        self._free(carrier)
        self._breakers.ended(carrier.provider_id, attempt.uri, outcome, has_rung=progress.ringing)
        self._log.attempt_ended(
            plan.call,
            n,
            status=status,
            reason=self._sip.text("$T_reply_reason") if status else "",
            verdict=step.verdict,
            action=step.action,
        )
        if status is not None:
            progress.statuses.append(status)
        else:
            self._answers.give_up(plan.invite, plan.call, n, branch=failed)
        if step.action == failover.NEXT:
            self._try_next(plan, progress)
        else:
            self._stop(plan, progress, outcome, step.caller_status or failover.ALL_FAILED)

    def settled_elsewhere(self, call: str, *, cancelled: bool) -> None:
        """Kamailio has given the caller a final answer by itself, to a CANCEL as a rule.

        Other workers may be at the call's responses now, so what is kept with the transaction is not touched.
        """
        pending = self._answers.pending(call)
        if pending is None:
            return
        verdict = Verdict.CANCELLED if cancelled else Verdict.TRANSPORT_ERROR
        self._log.attempt_ended(call, pending.n, status=None, reason="", verdict=verdict, action=failover.STOP)
        self._answers.give_up(pending.invite, call, pending.n, branch=pending.branch)
        self._record_end(call, pending.invite, 487 if cancelled else 500, CALLER if cancelled else EDGE)

    def _plan(self) -> Plan:
        return plan_of(self._sip.kept(PLAN))

    def _progress(self) -> Progress:
        text = self._sip.kept(PROGRESS)
        return Progress.from_text(text) if text else Progress()

    def _keep(self, progress: Progress) -> None:
        self._sip.keep(PROGRESS, progress.to_text())

    def _answered(self, n: int, status: int, progress: Progress) -> None:
        if progress.answered == n:
            return
        plan = self._plan()
        call = plan.call
        if n != progress.current or progress.answered or progress.ended:
            self._answers.end_late(call, n)
            self._sip.hold_back()
            return
        progress.answered = n
        self._keep(progress)
        tag = self._answers.won(plan.invite, call, n)
        self._log.attempt_answered(call, n, status=status, tag=tag)
        attempt = plan.attempts[n - 1]
        self._breakers.ended(attempt.carrier.provider_id, attempt.uri, status)

    def _outcome(self, progress: Progress) -> tuple[failover.Outcome, int | None]:
        """What the attempt came to, and the SIP status that came, if one did."""
        timed_out = self._sip.has_timed_out()
        status = None if timed_out else self._sip.failed_status()
        if self._sip.is_cancelled():
            return failover.CANCELLED, status
        if status is not None:
            return status, status
        if progress.ringing:
            return failover.NO_ANSWER, None
        return failover.NO_PROGRESS if self._sip.was_replied() else failover.NO_RESPONSE, None

    @staticmethod
    def _after(
        outcome: failover.Outcome, progress: Progress, carrier: Carrier, *, can_authenticate: bool
    ) -> failover.Step:
        return failover.after(
            outcome, ringing=progress.ringing, overrides=carrier.overrides, can_authenticate=can_authenticate
        )

    def _try_next_address(self, plan: Plan, n: int, progress: Progress) -> bool:
        """Where no other provider is left, the last one's further addresses; False where there is none."""
        silent = progress.branch
        if not self._send(plan, n, progress):
            return False
        self._answers.give_up(plan.invite, plan.call, n, branch=silent)
        return True

    def _authenticate(self, plan: Plan, n: int, progress: Progress) -> bool:
        """Send attempt `n` once more with the provider's credentials; False where that cannot be done."""
        credentials = self._credentials_of(plan.attempts[n - 1].carrier.provider_id)
        if credentials is None or not self._has_branch(progress):
            return False
        if not self._sip.authenticate(username=credentials.username, password=credentials.password):
            return False
        progress.authenticated = True
        progress.hop -= 1
        return self._send(plan, n, progress)

    def _try_next(self, plan: Plan, progress: Progress) -> None:
        while progress.current < len(plan.attempts):
            n = progress.current + 1
            attempt = plan.attempts[n - 1]
            if not self._may_come_now(attempt, progress):
                plan = plan.with_last(n, reasons.BREAKER_OPEN)
                self._sip.keep(PLAN, plan.to_text())
                continue
            progress.current, progress.hop, progress.ringing, progress.authenticated = n, -1, False, False
            refusal = self._refusal(attempt.carrier, progress) or self._take(attempt.carrier)
            if refusal:
                self._skip(plan.call, n, attempt, (*attempt.why, refusal))
                continue
            self._note_sent(plan.call, n, attempt)
            if self._send(plan, n, progress):
                return
            if self._sip.is_cancelled():
                self._not_sent(plan.call, n, attempt, failover.CANCELLED)
                self._end(plan, progress, 487, CALLER)
                return
            self._not_sent(plan.call, n, attempt, failover.TRANSPORT_ERROR)
        self._end(plan, progress, failover.final_status(progress.statuses), EDGE)

    def _may_come_now(self, attempt: PlannedAttempt, progress: Progress) -> bool:
        """Whether no breaker speaks against an attempt, which was closed, or due for a trial, when it was planned."""
        if reasons.BREAKER_OPEN in attempt.why or self._refusal(attempt.carrier, progress):
            return True
        return self._breakers.admits(attempt.carrier.provider_id, attempt.uri)

    def _note_sent(self, call: str, n: int, attempt: PlannedAttempt) -> None:
        """Record an attempt before a carrier hears of it, whatever dies then."""
        self._log.attempt_sent(
            call,
            n,
            provider_id=attempt.carrier.provider_id,
            route_id=attempt.route_id,
            uri=attempt.uri,
            why=attempt.why,
        )
        self._log.flush()

    def _send(self, plan: Plan, n: int, progress: Progress) -> bool:
        """Send attempt `n` to the next of the provider's addresses that can be reached: still one attempt."""
        attempt = plan.attempts[n - 1]
        carrier = attempt.carrier
        has_changes = carrier.headers or carrier.codecs
        for next_hop in carrier.next_hops[progress.hop + 1 :]:
            if not self._has_branch(progress):
                break
            progress.hop += 1
            progress.branch += 1
            self._sip.set_target(attempt.uri, next_hop)
            self._sip.set_timers(silent_s=carrier.no_response_s, provisional_s=carrier.progress_s)
            self._sip.on_outcome(failure=ROUTE, reply=f"{ROUTE}_{n}", branch=ROUTE if has_changes else "")
            self._keep(progress)
            self._answers.sent(plan.invite, plan.call, n, branch=progress.branch)
            if self._sip.relay():
                return True
            if self._sip.is_cancelled():
                break
        return False

    def _not_sent(self, call: str, n: int, attempt: PlannedAttempt, outcome: str) -> None:
        self._free(attempt.carrier)
        self._breakers.ended(attempt.carrier.provider_id, attempt.uri, outcome)
        step = failover.after(outcome, ringing=False)
        self._log.attempt_ended(call, n, status=None, reason="", verdict=step.verdict, action=step.action)

    def _skip(self, call: str, n: int, attempt: PlannedAttempt, why: Sequence[str]) -> None:
        provider_id = attempt.carrier.provider_id
        self._log.attempt_skipped(call, n, provider_id=provider_id, route_id=attempt.route_id, why=why)

    def _refusal(self, carrier: Carrier, progress: Progress) -> str:
        """The reason code why this carrier cannot be tried, or ""."""
        if carrier.refusal:
            return carrier.refusal
        if not self._has_branch(progress):
            return reasons.NO_BRANCH_LEFT
        return "" if self._shares_codec(carrier) else reasons.NO_SHARED_CODEC

    def _shares_codec(self, carrier: Carrier) -> bool:
        speech = [name for name in carrier.codecs.split(",") if name.lower() != _ALWAYS_KEPT_CODEC]
        return not carrier.codecs or self._sip.has_codec_of(",".join(speech))

    def _has_branch(self, progress: Progress) -> bool:
        return progress.branch + 1 < self._most_branches

    def _take(self, carrier: Carrier) -> str:
        """Take a channel and a turn of the provider's; the reason code of the cap that is reached, or ""."""
        if not self._caps.take_channel(PROVIDER, carrier.provider_id, carrier.max_channels):
            return reasons.CHANNEL_CAP_FULL
        if not self._caps.take_turn(carrier.provider_id, carrier.max_cps):
            self._free(carrier)
            return reasons.CPS_CAP_FULL
        return ""

    def _free(self, carrier: Carrier) -> None:
        self._caps.free_channel(PROVIDER, carrier.provider_id, carrier.max_channels)

    def _stop(self, plan: Plan, progress: Progress, outcome: failover.Outcome, caller_status: int) -> None:
        """Give the caller the answer of the attempt that said stop: the carrier's own message where it may be seen."""
        relayed = outcome == caller_status and caller_status >= 400 and caller_status not in _NEVER_RELAYED
        hangup_by = {failover.CANCELLED: CALLER, failover.NO_ANSWER: TIMEOUT}.get(str(outcome), CALLEE)
        if relayed:
            self._settle(plan, progress, caller_status, hangup_by)
        elif caller_status < 400 or caller_status in _NEVER_RELAYED:
            self._end(plan, progress, failover.ALL_FAILED, hangup_by)
        else:
            self._end(plan, progress, caller_status, hangup_by)

    def _end(self, plan: Plan, progress: Progress, status: int, hangup_by: str) -> None:
        self._settle(plan, progress, status, hangup_by)
        if status == failover.ALL_FAILED:
            self._sip.add_reply_header("Retry-After", str(failover.RETRY_AFTER_S))
        self._sip.reply(status, phrase(status))

    def _settle(self, plan: Plan, progress: Progress, status: int, hangup_by: str) -> None:
        progress.ended = True
        self._keep(progress)
        self._record_end(plan.call, plan.invite, status, hangup_by)

    def _record_end(self, call: str, invite: str, status: int, hangup_by: str) -> None:
        self._answers.over(invite, call)
        self._log.call_ended(call, status=status, reason=phrase(status), hangup_by=hangup_by)
