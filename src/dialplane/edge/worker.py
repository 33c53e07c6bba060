"""The entry points that Kamailio calls in each of its workers, none of which may fail unseen.

An exception in an entry point would mean no SIP reply at all, so each is wrapped: logged, counted, answered 500.
"""

import gc
import os
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from dialplane.domain.call import HangupBy
from dialplane.edge.call.answers import Answers
from dialplane.edge.call.arrival import NewCalls
from dialplane.edge.call.attempts import Attempts
from dialplane.edge.call.context import CallContext
from dialplane.edge.call.dialogs import Dialogs
from dialplane.edge.call.digest import Credentials
from dialplane.edge.call.keepalive import Keepalive
from dialplane.edge.call.own_requests import OwnRequests
from dialplane.edge.call.plan import branches_for
from dialplane.edge.call.topology import Topology
from dialplane.edge.call.unparsable import answer_to
from dialplane.edge.limits.breakers import Breakers
from dialplane.edge.limits.channels import Caps
from dialplane.edge.limits.refused_sources import RefusedSources
from dialplane.edge.limits.shedding import EVENTS_LOST, Shedding
from dialplane.edge.nativelog import NativeLog, NativeTerms
from dialplane.edge.recovery.dialog_report import DialogReport
from dialplane.edge.recovery.inherited_channels import InheritedChannels
from dialplane.edge.settings import ScriptSettings
from dialplane.edge.sip import COUNTERS_TABLE, Sip
from dialplane.engine.refusals import Refusal, status_of
from dialplane.eventlog.writer import EventLog, printable
from dialplane.replica.reader import ReplicaReader
from dialplane.system.datafolder import KamailioFolder
from dialplane.system.process import die_with_parent

CANCELLED_VARIABLE = "$var(cancelled)"
CONTINUE = 1
REFUSE = -1

_WARNING_INTERVAL_S = 1.0


class Worker:
    """One per Kamailio process; created before the fork, so it opens nothing before its first use."""

    def __init__(self, sip: Sip, settings: ScriptSettings, *, attempts: type[Attempts] = Attempts) -> None:
        self._sip = sip
        self._log = EventLog(Path(settings.events), edge=settings.edge_name, on_lost=self._count_lost)
        self._replica = ReplicaReader(Path(settings.replica))
        self._inherited = InheritedChannels(
            sip,
            events=Path(settings.events),
            snapshot=KamailioFolder(Path(settings.run)).calls,
            max_call_s=settings.max_call_s,
            warn=self._warn,
        )
        self._native_terms = NativeTerms(sip, events=Path(settings.events), is_allowed=settings.script_carries)
        self._native_log = NativeLog(sip, self._log)
        self._context = self._context_of(settings)
        cookie_key = bytes.fromhex(settings.cookie_key)
        self._own = OwnRequests(sip, credentials_of=self._credentials_of)
        self._dialogs = Dialogs(
            self._context,
            inherited=self._inherited,
            cookie_key=cookie_key,
            run=self._run,
            own=self._own,
            credentials_of=self._credentials_of,
        )
        self._answers = Answers(
            self._context, own=self._own, call_of=self._dialogs.call_of_answer, won_before=self._inherited.has_answered
        )
        self._attempts = attempts(
            self._context,
            answers=self._answers,
            credentials_of=self._credentials_of,
            most_branches=branches_for(settings.max_attempts),
        )
        self._topology = Topology(sip, cookie_key)
        self._new_calls = NewCalls(
            self._context,
            topology=self._topology,
            replica=self._replica,
            answers=self._answers,
            attempts=self._attempts,
            cookie_key=cookie_key,
        )
        self._shedding = Shedding(sip, sockets=settings.sockets, run=Path(settings.run), warn=self._warn)
        self._dialog_report = DialogReport(sip, self._log)
        self._keepalive = Keepalive(
            sip, self._own, interval_s=settings.call_keepalive_s, most_silences=settings.call_keepalive_failures
        )
        self._refused = RefusedSources(sip, self._log)
        self._main_pid = os.getpid()
        self._warned_at = 0.0

    def _context_of(self, settings: ScriptSettings) -> CallContext:
        return CallContext(
            sip=self._sip,
            log=self._log,
            settings=settings,
            breakers=Breakers(self._sip, self._log, settings.breakers, now_s=time.monotonic),
            caps=Caps(self._sip, now_s=time.monotonic),
            warn=self._warn,
            script_writes=self._native_log.is_writing,
        )

    def child_init(self, rank: int) -> int:
        """Kamailio's call in each new process."""
        if os.getpid() != self._main_pid:
            die_with_parent(self._main_pid)  # an orphan would hold the SIP port and answer nobody
        self._log.forget_process()
        if self._context.settings.is_quiet and rank > 0:
            self._sip.keep_quiet()
        gc.freeze()  # what was loaded before the fork stays: no collection looks at it, nor copies its pages
        return 0

    def calls_inherited(self, message: Any) -> int:
        """Before there are workers: take over the calls from before this start."""
        self._run(self._native_terms.sample)
        return self._run(self._inherited.begin)

    def call_arrived(self, message: Any) -> int:
        """An INVITE that begins a dialog: CONTINUE if the script is to send the first attempt."""
        return self._ask(self._new_calls.arrive, answers=True)

    def request_sound(self, message: Any) -> int:
        """Whether a request that is no call is well-formed beyond what Kamailio checks."""
        return self._ask(self._new_calls.is_sound)

    def source_known(self, message: Any) -> int:
        """Whether a request comes from a trunk's address."""
        return self._ask(self._new_calls.is_from_trunk)

    def attempt_branched(self, message: Any) -> int:
        """The INVITE of an attempt is about to be built: whether it has all that its provider wants."""
        return self._ask(self._attempts.complete_invite)

    def attempt_replied(self, message: Any, n: str) -> int:
        """A 18x or a 2xx to attempt `n`."""
        return self._run(partial(self._attempts.replied, int(n)))

    def attempt_not_sent(self, message: Any) -> int:
        """The script could not send the current attempt."""
        return self._run(self._attempts.not_sent, answers=True)

    def attempt_due(self, message: Any) -> int:
        """The script leaves the next attempt to Python."""
        return self._run(self._attempts.try_next, answers=True)

    def carrier_failed(self, message: Any, what: str) -> int:
        """KEY|COUNT|OUTCOME: so many attempts in a row have failed as open a breaker."""
        key, count, outcome = what.split("|")
        return self._run(partial(self._context.breakers.failed, key, int(count), outcome))

    def carrier_busy(self, message: Any, what: str) -> int:
        """KEY|RETRY-AFTER: a carrier said 503, and when to try again."""
        key, _, retry_after = what.partition("|")
        return self._run(partial(self._context.breakers.hold_off, key, retry_after))

    def carrier_works(self, message: Any, what: str) -> int:
        """KEY|COUNT|OUTCOME: an attempt shows that a carrier works whose attempts had failed."""
        key, _, outcome = what.split("|")
        return self._run(partial(self._context.breakers.works, key, outcome))

    def log_changed(self, message: Any) -> int:
        """The script is to write events into another file, or not at all, or may begin to."""
        return self._run(self._native_log.follow)

    def warned(self, message: Any, text: str) -> int:
        """A line for the log, from the script."""
        self._sip.log_warning(text)
        return CONTINUE

    def attempt_failed(self, message: Any) -> int:
        """The current attempt is over without an answer."""
        return self._run(self._attempts.failed, answers=True)

    def certificate_shown(self, message: Any) -> int:
        """The first answer to an INVITE that came by a connection over TLS."""
        return self._run(self._attempts.server_names.note_certificate)

    def answered_again(self, message: Any) -> int:
        """A 2xx to a call that has its answer: whether it may pass, as that answer repeated."""
        return self._ask(self._answers.is_repeated)

    def answered_after_all(self, message: Any) -> int:
        """A 2xx that matches no transaction: whether it may pass, as a call's answer repeated."""
        return self._ask(self._answers.is_ours_without_transaction)

    def vias_listed(self, message: Any) -> int:
        """The Vias of a request are needed for its replies."""
        return self._run(self._topology.list_vias)

    def vias_restored(self, message: Any) -> int:
        """A reply needs Vias that are too long for the script."""
        return self._run(self._topology.restore_vias)

    def vias_opened(self, message: Any) -> int:
        """An answer whose transaction is gone needs the caller's Vias: whether it brought them."""
        return self._ask(self._topology.open_vias)

    def contact_unknown(self, message: Any, own: str) -> int:
        """A Contact is to be hidden that the script has not met of late."""
        return self._run(partial(self._topology.hide_contact, own))

    def target_unknown(self, message: Any, sealed: str) -> int:
        """The request URI of a request within a dialog is sealed: whether by us."""
        return self._ask(partial(self._topology.open_target, sealed))

    def routes_hidden(self, message: Any, own: str) -> int:
        """A request has Record-Routes of its sender's proxies."""
        return self._run(partial(self._topology.hide_routes, own, opens=False))

    def routes_of_both(self, message: Any, own: str) -> int:
        """A reply has more Record-Routes than ours."""
        return self._run(partial(self._topology.hide_routes, own, opens=True))

    def routes_opened(self, message: Any) -> int:
        """A request within a dialog has several Routes: whether some of them are sealed."""
        return self._ask(self._topology.open_routes)

    def reference_opened(self, message: Any) -> int:
        """A REFER within a dialog."""
        return self._run(self._topology.open_reference)

    def call_cancelled(self, message: Any, invite: str) -> int:
        """The caller has sent CANCEL, or BYE in the early dialog, for the INVITE with this key."""
        return self._run(partial(self._attempts.cancelled, invite))

    def dialog_challenged(self, message: Any) -> int:
        """A carrier has challenged a caller's request within a call: whether it is to be sent with credentials."""
        return self._ask(self._dialogs.challenged)

    def offered_again(self, message: Any) -> int:
        """A caller's INVITE or UPDATE within a call whose carrier takes some codecs only."""
        return self._run(self._dialogs.restrict_offer)

    def own_challenged(self, message: Any) -> int:
        """A carrier has challenged a request of the edge's own."""
        return self._run(self._own.challenged)

    def dialog_unknown(self, message: Any) -> int:
        """A request within a dialog that Kamailio does not know: whether it may pass."""
        return self._ask(self._dialogs.goes_on, answers=True)

    def dialog_ended(self, message: Any) -> int:
        """An answered call is over by a BYE, or has lasted as long as it may."""
        return self._run(self._dialogs.ended)

    def dialog_timed_out(self, message: Any) -> int:
        """An answered call has lasted as long as it may, or is lost; once for each such call."""
        return self._run(self._dialogs.timed_out)

    def dialog_failed(self, message: Any) -> int:
        """A call got its final answer without having been answered."""
        return self._run(self._dialog_failed)

    def load_sampled(self, message: Any) -> int:
        """Some fifty times a second, in a process of its own: measure the load, and what the script writes with."""
        self._run(self._native_terms.sample)
        self._run(self._refused.report)
        return self._run(self._shedding.sample)

    def calls_listed(self, message: Any) -> int:
        """Each minute, in a process of its own: report which calls go on, and save them for the next start."""
        self._run(self._dialog_report.report)
        return self._run(partial(self._inherited.follow, is_over=self._dialog_report.is_over))

    def unparsable(self, message: Any) -> int:
        """A message that Kamailio cannot parse."""
        return self._run(self._answer_unparsable)

    def _answer_unparsable(self) -> None:
        sip = self._sip
        transport = sip.text("$pr").lower()
        message = sip.raw().decode(errors="replace")
        answer = answer_to(message, sip.number("$sp"), by_connection=transport != "udp")
        if answer:
            sip.send_text(f"sip:{sip.text('$siz')}:{answer.port};transport={transport}", answer.text)

    def calls_watched(self, message: Any) -> int:
        """Often, in a process of its own: look whether the sides of each answered call are still in it."""
        return self._run(self._keepalive.look)

    def _dialog_failed(self) -> None:
        cancelled = self._sip.number(CANCELLED_VARIABLE) > 0
        self._attempts.answered_by_kamailio(self._dialogs.invite(), cancelled=cancelled)

    def _ask(self, question: Callable[[], bool], *, answers: bool = False) -> int:
        """CONTINUE if the answer is yes; REFUSE if it is no, or the question fails."""
        answer: list[bool] = []
        self._run(lambda: answer.append(question()), answers=answers)
        return CONTINUE if any(answer) else REFUSE

    def _run(self, entry: Callable[[], None], *, answers: bool = False) -> int:
        """Run an entry point to its end, whatever happens. `answers`: if it fails, its request is answered 500."""
        try:
            entry()
        except Exception as error:
            self._report(error)
            if answers:
                self._answer_failure()
        self._log.flush()
        return CONTINUE

    def _report(self, error: Exception) -> None:
        try:
            self._sip.count(COUNTERS_TABLE, "script_errors")
            trace = traceback.extract_tb(error.__traceback__)
            where = f"{Path(trace[-1].filename).name}:{trace[-1].lineno}" if trace else "?"
            self._warn(f"dialplane: {type(error).__name__} at {where}: {printable(str(error))}")
        except Exception:
            self._sip.log_error("dialplane: a script error could not be reported")

    def _answer_failure(self) -> None:
        call, self._new_calls.open_call = self._new_calls.open_call, ""
        try:
            if call:
                status = status_of(Refusal.SCRIPT_ERROR)
                self._log.call_ended(call, status=status, reason=Refusal.SCRIPT_ERROR, hangup_by=HangupBy.EDGE)
            self._context.refuse(Refusal.SCRIPT_ERROR)
        except Exception:
            self._sip.log_error("dialplane: a failed request could not be answered")

    def _count_lost(self, events: int) -> None:
        for _ in range(events):
            self._sip.count(COUNTERS_TABLE, EVENTS_LOST)

    def _warn(self, text: str) -> None:
        now = time.monotonic()
        if now - self._warned_at >= _WARNING_INTERVAL_S:
            self._warned_at = now
            self._sip.log_warning(text)

    def _credentials_of(self, provider_id: str) -> Credentials | None:
        with self._replica.view() as view:
            provider = view.provider(provider_id)
        return Credentials(provider.username, provider.password) if provider and provider.username else None
