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

from dialplane.domain.call import LONGEST_SETUP_S
from dialplane.domain.sip_status import phrase
from dialplane.edge.call.answers import MOST_ROUTES, Answers
from dialplane.edge.call.arrival import CALL_VARIABLE, Incoming
from dialplane.edge.call.attempts import CALLEE, CALLER, EDGE, TIMEOUT, Credentials, Outgoing
from dialplane.edge.call.cookie import Origin, origin_of_cookie
from dialplane.edge.call.plan import branches_for
from dialplane.edge.limits.breakers import Breakers
from dialplane.edge.limits.channels import Caps
from dialplane.edge.limits.shedding import EVENTS_LOST, Shedding
from dialplane.edge.recovery.dialog_report import LivingCalls
from dialplane.edge.recovery.inherited_channels import Inherited
from dialplane.edge.settings import ScriptSettings
from dialplane.edge.sip import COUNTERS_TABLE, Sip
from dialplane.eventlog.writer import EventLog, printable
from dialplane.replica.reader import ReplicaReader
from dialplane.system.clock import now_ms
from dialplane.system.datafolder import KamailioFolder
from dialplane.system.process import die_with_parent

CANCELLED_VARIABLE = "$var(cancelled)"
CONTINUE = 1
REFUSE = -1

_WARNING_INTERVAL_S = 1.0


class Worker:
    """One per Kamailio process; made before the fork, so it opens nothing until it is first asked."""

    def __init__(self, sip: Sip, settings: ScriptSettings, *, outgoing: type[Outgoing] = Outgoing) -> None:
        self._sip = sip
        self._cookie_key = bytes.fromhex(settings.cookie_key)
        self._replica = ReplicaReader(Path(settings.replica))
        self._log = EventLog(Path(settings.events), edge=settings.edge_name, on_lost=self._count_lost)
        self._inherited = Inherited(
            sip,
            events=Path(settings.events),
            snapshot=KamailioFolder(Path(settings.run)).calls,
            max_call_s=settings.max_call_s,
            warn=self._warn,
        )
        self._answers = Answers(sip, self._log, call_of=self._call_of_answer, won_before=self._inherited.won)
        self._breakers = Breakers(sip, self._log, settings.breakers, now_s=time.monotonic)
        caps = Caps(sip, now_s=time.monotonic)
        self._outgoing = outgoing(
            sip,
            self._log,
            answers=self._answers,
            breakers=self._breakers,
            caps=caps,
            credentials_of=self._credentials_of,
            most_branches=branches_for(settings.max_attempts),
        )
        self._incoming = Incoming(
            sip,
            settings,
            self._log,
            replica=self._replica,
            answers=self._answers,
            outgoing=self._outgoing,
            breakers=self._breakers,
            caps=caps,
            warn=self._warn,
        )
        self._shedding = Shedding(sip, sockets=settings.sockets, run=Path(settings.run), warn=self._warn)
        self._living = LivingCalls(sip, self._log)
        self._main_pid = os.getpid()
        self._max_call_s = settings.max_call_s
        self._started_ms = now_ms()
        self._is_quiet = settings.is_quiet
        self._is_refused = False
        self._warned_at = 0.0

    def child_init(self, rank: int) -> int:
        """Kamailio's call in each new process."""
        if os.getpid() != self._main_pid:
            die_with_parent(self._main_pid)  # an orphan would hold the SIP port and answer nobody
        self._log.forget_process()
        if self._is_quiet and rank > 0:
            self._sip.keep_quiet()
        gc.freeze()  # what was loaded before the fork stays: no collection looks at it, nor copies its pages
        return 0

    def calls_inherited(self, message: Any) -> int:
        """The moment before there are workers: which calls go on from before this start."""
        return self._run(self._inherited.begin)

    def call_arrived(self, message: Any) -> int:
        """An INVITE that begins a dialog."""
        return self._run(self._incoming.arrive, answers=True)

    def request_sound(self, message: Any) -> int:
        """Whether a request that is no call is well-formed beyond what Kamailio checks."""
        return self._ask(self._incoming.is_sound)

    def source_known(self, message: Any) -> int:
        """Whether a request comes from some trunk's address."""
        return self._ask(self._incoming.is_known)

    def attempt_branched(self, message: Any) -> int:
        """The INVITE of an attempt is about to be built: whether it has all that it is to carry."""
        return self._ask(self._outgoing.branch)

    def attempt_replied(self, message: Any, n: str) -> int:
        """A 18x or a 2xx to attempt `n`."""
        return self._run(partial(self._outgoing.replied, int(n)))

    def attempt_failed(self, message: Any) -> int:
        """The current attempt is over without an answer."""
        return self._run(self._outgoing.failed, answers=True)

    def answered_again(self, message: Any) -> int:
        """A 2xx to a call that is settled: whether it may pass, being the winner's again."""
        return self._ask(self._answers.is_repeated)

    def answered_after_all(self, message: Any) -> int:
        """A 2xx that matches no transaction: whether it may pass, being the winner's again."""
        return self._ask(self._answers.is_ours_without_transaction)

    def dialog_unknown(self, message: Any) -> int:
        """A request within a dialog that Kamailio does not know: refused, or of a call from before a restart."""
        self._is_refused = True
        self._run(self._within_dialog, answers=True)
        return REFUSE if self._is_refused else CONTINUE

    def dialog_ended(self, message: Any) -> int:
        """An answered call is over by a BYE, or its time was up."""
        return self._run(self._dialog_ended)

    def dialog_timed_out(self, message: Any) -> int:
        """The time of an answered call is up; once for each such call."""
        return self._run(self._dialog_timed_out)

    def dialog_failed(self, message: Any) -> int:
        """A call got its final answer without having been answered."""
        return self._run(self._dialog_failed)

    def load_sampled(self, message: Any) -> int:
        """The moment to look at how busy the edge is; in a process that does nothing else."""
        return self._run(self._shedding.sample)

    def calls_listed(self, message: Any) -> int:
        """The moment to tell which calls go on, and to keep it; in a process that does nothing else."""
        self._run(self._living.report)
        return self._run(partial(self._inherited.look, is_over=self._living.is_over))

    def _ask(self, question: Callable[[], bool]) -> int:
        """Yes or no; no where that cannot be told."""
        self._is_refused = True

        def entry() -> None:
            self._is_refused = not question()

        self._run(entry)
        return REFUSE if self._is_refused else CONTINUE

    def _call_of_answer(self) -> str | None:
        origin = self._origin(",".join(self._sip.headers("Record-Route", most=MOST_ROUTES)))
        return origin and origin.call

    def _origin(self, route: str) -> Origin | None:
        return origin_of_cookie(route, self._sip.text("$ci"), key=self._cookie_key)

    def _run(self, entry: Callable[[], None], *, answers: bool = False) -> int:
        try:
            entry()
        except Exception as error:
            self._report(error)
            if answers:
                self._give_up()
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

    def _count_lost(self, events: int) -> None:
        for _ in range(events):
            self._sip.count(COUNTERS_TABLE, EVENTS_LOST)

    def _give_up(self) -> None:
        call, self._incoming.open_call = self._incoming.open_call, ""
        try:
            if call:
                self._log.call_ended(call, status=500, reason="script_error", hangup_by=EDGE)
            self._sip.reply(500, phrase(500))
        except Exception:
            self._sip.log_error("dialplane: a failed request could not be answered")

    def _warn(self, text: str) -> None:
        now = time.monotonic()
        if now - self._warned_at >= _WARNING_INTERVAL_S:
            self._warned_at = now
            self._sip.log_warning(text)

    # dialogs

    def _within_dialog(self) -> None:
        """A call that began since Kamailio was started has a dialog, or is over; one from before has none."""
        sip = self._sip
        method = sip.text("$rm")
        origin = self._origin(sip.header("Route"))
        if origin is None or not self._may_go_on(origin):
            if method != "ACK":
                sip.reply_stateless(481, phrase(481))
        elif method != "BYE":
            self._is_refused = False
        elif sip.begin_transaction():
            self._hung_up(origin.call)
            self._run(partial(self._inherited.give_back, origin.call))
            self._is_refused = False

    def _may_go_on(self, origin: Origin) -> bool:
        oldest_ms = now_ms() - (self._max_call_s + LONGEST_SETUP_S) * 1000
        return oldest_ms < origin.began_ms < self._started_ms and self._inherited.may_be_within(
            origin.call, self._sip.text("$ft"), self._sip.text("$tt")
        )

    def _hung_up(self, call: str) -> None:
        by = CALLER if self._sip.is_from_caller() else CALLEE
        self._log.call_ended(call, status=200, reason=phrase(200), hangup_by=by)

    def _dialog_failed(self) -> None:
        call = self._sip.dialog_variable(CALL_VARIABLE)
        self._outgoing.settled_elsewhere(call, cancelled=self._sip.number(CANCELLED_VARIABLE) > 0)

    def _dialog_ended(self) -> None:
        if self._sip.text("$rm") == "BYE":
            self._hung_up(self._sip.dialog_variable(CALL_VARIABLE))

    def _dialog_timed_out(self) -> None:
        call = self._sip.dialog_variable(CALL_VARIABLE)
        self._log.call_ended(call, status=200, reason="call timed out", hangup_by=TIMEOUT)

    def _credentials_of(self, provider_id: str) -> Credentials | None:
        with self._replica.view() as view:
            provider = view.provider(provider_id)
        return Credentials(provider.username, provider.password) if provider and provider.username else None
