"""The entry points that Kamailio calls in each of its workers, none of which may fail unseen.

An exception in an entry point would mean no SIP reply at all, so each is wrapped: logged, counted, answered 500.
"""

import gc
import os
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dialplane.domain.trunk import Trunk
from dialplane.edge import ingress
from dialplane.edge.config import ScriptSettings
from dialplane.edge.cookie import call_of_cookie, make_cookie
from dialplane.edge.events import EventLog, new_id, printable
from dialplane.edge.ingress import Admission
from dialplane.edge.ksr import Sip
from dialplane.edge.orphans import die_with_main
from dialplane.edge.outgoing import (
    CALLEE,
    CALLER,
    CPS_TABLE,
    EDGE,
    TIMEOUT,
    Credentials,
    Outgoing,
)
from dialplane.edge.phrases import phrase
from dialplane.edge.plan import Plan, decision_of, make_plan
from dialplane.engine.dialroute import dialroute
from dialplane.engine.failover import RETRY_AFTER_S
from dialplane.replica.layout import ReplicaUnavailable
from dialplane.replica.reader import ReplicaReader, View

TRUNK_PROFILE = "trunk"
CALL_VARIABLE = "call"
COUNTERS_TABLE = "counters"
CONTINUE = 1
REFUSE = -1

_MAX_DIALLED = 128
_WARNING_INTERVAL_S = 1.0


class Worker:
    """One per Kamailio process; made before the fork, so it opens nothing until it is first asked."""

    def __init__(self, sip: Sip, settings: ScriptSettings, *, outgoing: type[Outgoing] = Outgoing) -> None:
        self._sip = sip
        self._settings = settings
        self._cookie_key = bytes.fromhex(settings.cookie_key)
        self._replica = ReplicaReader(Path(settings.replica))
        self._log = EventLog(Path(settings.events), edge=settings.edge)
        self._outgoing = outgoing(sip, self._log, credentials_of=self._credentials_of, now_s=lambda: int(time.time()))
        self._main_pid = os.getpid()
        self._open_call = ""
        self._is_refused = False
        self._warned_at = 0.0

    def child_init(self, rank: int) -> int:
        """Kamailio's call in each new process."""
        die_with_main(self._main_pid)
        self._log.forget_process()
        gc.freeze()  # what was loaded before the fork stays: no collection looks at it, nor copies its pages
        return 0

    def call_arrived(self, message: Any) -> int:
        """An INVITE that begins a dialog."""
        return self._run(self._invite, answers=True)

    def attempt_branched(self, message: Any) -> int:
        """The INVITE of an attempt is about to be built."""
        return self._run(self._outgoing.branch)

    def attempt_replied(self, message: Any, n: str) -> int:
        """A 18x or a 2xx to attempt `n`."""
        return self._run(partial(self._outgoing.replied, int(n)))

    def attempt_failed(self, message: Any) -> int:
        """The current attempt is over without an answer."""
        return self._run(self._outgoing.failed, answers=True)

    def dialog_unknown(self, message: Any) -> int:
        """A request within a dialog that Kamailio does not know: refused, or of a call from before a restart."""
        self._is_refused = True
        self._run(self._within_dialog, answers=True)
        return REFUSE if self._is_refused else CONTINUE

    def dialog_ended(self, message: Any) -> int:
        """An answered call is over: a BYE, or its time is up."""
        return self._run(self._dialog_ended)

    def dialog_failed(self, message: Any) -> int:
        """A call got its final answer without having been answered."""
        return self._run(self._outgoing.settled_elsewhere)

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

    def _give_up(self) -> None:
        call, self._open_call = self._open_call, ""
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
        sip = self._sip
        method = sip.text("$rm")
        call = call_of_cookie(sip.header("Route"), sip.text("$ci"), key=self._cookie_key)
        if call is None:
            if method != "ACK":
                sip.reply_stateless(481, phrase(481))
        elif method != "BYE":
            self._is_refused = False
        elif sip.begin_transaction():
            self._hung_up(call)
            self._is_refused = False

    def _hung_up(self, call: str) -> None:
        by = CALLER if self._sip.is_from_caller() else CALLEE
        self._log.call_ended(call, status=200, reason=phrase(200), hangup_by=by)

    def _dialog_ended(self) -> None:
        call = self._sip.dialog_variable(CALL_VARIABLE)
        if self._sip.text("$rm") == "BYE":
            self._hung_up(call)
        else:
            self._log.call_ended(call, status=200, reason="call timed out", hangup_by=TIMEOUT)

    # calls

    def _invite(self) -> None:
        sip = self._sip
        self._open_call = ""
        routes = sip.headers("Route", most=2)
        if routes:
            proxy = ingress.outbound_proxy(routes)
            if not proxy or not sip.is_ours(proxy):
                sip.reply_stateless(403, phrase(403))
                return
            sip.remove_header("Route")
        try:
            plan = self._decide()
        except ReplicaUnavailable as error:
            self._warn(f"dialplane: {error}")
            sip.add_reply_header("Retry-After", str(RETRY_AFTER_S))
            sip.reply(503, phrase(503))
            return
        if plan is not None:
            self._begin(plan)

    def _begin(self, plan: Plan) -> None:
        self._open_call = plan.call
        self._sip.record_route(make_cookie(plan.call, self._sip.text("$ci"), key=self._cookie_key))
        self._outgoing.begin(plan)
        self._open_call = ""

    def _decide(self) -> Plan | None:
        """The plan of a call that is let in, recorded as started; None where it is refused, or decided before."""
        sip = self._sip
        with self._replica.view() as view:
            trunk = ingress.trunk_of(view.trunks_at(sip.text("$si")), self._hosts)
            if trunk is None:
                self._turn_away()
                return None
            if not sip.begin_transaction():
                return None
            dialled = ingress.dialled_in(sip.text("$ru"))
            admission = ingress.admit(view, trunk, dialled)
            refusal = admission.refusal or self._trunk_cap_reached(trunk)
            call = new_id()
            facts = self._facts(trunk, dialled, admission, view.revision)
            if refusal:
                self._refuse(call, facts, refusal)
                return None
            return self._plan(view, trunk, call, admission, facts)

    def _plan(self, view: View, trunk: Trunk, call: str, admission: Admission, facts: dict[str, Any]) -> Plan:
        decision = dialroute(
            admission.candidates,
            number=admission.number,
            now=time.time_ns() // 1000,
            call_id=call,
            providers=view.provider,
            health=lambda provider_id: view.health(provider_id).status,
            max_attempts=self._settings.max_attempts,
        )
        facts["decision"] = decision_of(decision)
        self._log.call_started(call, facts)
        self._open_call = call
        self._sip.begin_dialog(**{CALL_VARIABLE: call})
        if trunk.max_channels is not None:
            self._sip.take_channel(TRUNK_PROFILE, trunk.id)
        return make_plan(call, admission.number, decision, addresses=view.addresses, own_sockets=self._settings.sockets)

    def _hosts(self) -> Sequence[str]:
        return tuple(self._sip.text(variable) for variable in ("$rd", "$td", "$fd"))

    def _facts(self, trunk: Trunk, dialled: str, admission: Admission, revision: int) -> dict[str, Any]:
        sip = self._sip
        return {
            "customer_id": trunk.customer_id,
            "trunk_id": trunk.id,
            "sip_call_id": printable(sip.text("$ci")),
            "source": printable(sip.text("$fU")),
            "source_address": sip.text("$si"),
            "dialled": printable(dialled, longest=_MAX_DIALLED),
            "number": admission.number,
            "revision": revision,
            "decision": [],
        }

    def _trunk_cap_reached(self, trunk: Trunk) -> str:
        sip = self._sip
        if trunk.max_channels is not None and sip.channels(TRUNK_PROFILE, trunk.id) >= trunk.max_channels:
            return ingress.TRUNK_CHANNELS_FULL
        if trunk.max_cps is not None and sip.count(CPS_TABLE, f"{trunk.id}:{int(time.time())}") > trunk.max_cps:
            return ingress.TRUNK_CPS_FULL
        return ""

    def _refuse(self, call: str, facts: dict[str, Any], refusal: str) -> None:
        status = ingress.STATUSES[refusal]
        self._log.call_rejected(call, facts, status=status, reason=refusal)
        if status == 503:
            self._sip.add_reply_header("Retry-After", str(RETRY_AFTER_S))
        self._sip.reply(status, phrase(status))

    def _turn_away(self) -> None:
        """An unknown source: one fixed answer, no state, no record."""
        self._sip.count(COUNTERS_TABLE, "strangers")
        if not self._settings.drops_strangers:
            self._sip.reply_stateless(403, phrase(403))

    def _credentials_of(self, provider_id: str) -> Credentials | None:
        with self._replica.view() as view:
            provider = view.provider(provider_id)
        return Credentials(provider.username, provider.password) if provider and provider.username else None
