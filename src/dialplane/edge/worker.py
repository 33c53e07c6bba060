"""The entry points that Kamailio calls in each of its workers, none of which may fail unseen.

An exception in an entry point would mean no SIP reply at all, so each is wrapped: logged, counted, answered 500.
"""

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
from dialplane.edge.ksr import UNDECODABLE, Sip
from dialplane.edge.orphans import die_with_main
from dialplane.edge.outgoing import (
    BRANCH_ROUTE,
    CALLEE,
    CALLER,
    CPS_TABLE,
    EDGE,
    FAILURE_ROUTE,
    REPLY_ROUTE,
    TIMEOUT,
    Credentials,
    Outgoing,
)
from dialplane.edge.phrases import phrase
from dialplane.edge.plan import Plan, decision_of, make_plan
from dialplane.engine.dialroute import MOST_ATTEMPTS, dialroute
from dialplane.engine.failover import RETRY_AFTER_S
from dialplane.replica.layout import ReplicaUnavailable
from dialplane.replica.reader import ReplicaReader, View

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, REFER, NOTIFY, MESSAGE"
SCANNERS = ("friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sundayddr", "vaxsipuseragent", "pplsip", "sipsak")
TRUNK_PROFILE = "trunk"
CALL_VARIABLE = "call"
COUNTERS_TABLE = "counters"
CONTINUE = 1

_OURS_ALONE = ("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Identity", "y")
_OUR_PREFIX = "X-Dialplane-"
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
        self._warned_at = 0.0
        for n in range(1, MOST_ATTEMPTS + 1):
            setattr(self, f"{FAILURE_ROUTE}{n}", partial(self._run, partial(self._outgoing.failed, n), answers=True))
            setattr(self, f"{REPLY_ROUTE}{n}", partial(self._run, partial(self._outgoing.replied, n)))
            setattr(self, f"{BRANCH_ROUTE}{n}", partial(self._run, partial(self._outgoing.branch, n)))

    def child_init(self, rank: int) -> int:
        """Kamailio's call in each new process."""
        die_with_main(self._main_pid)
        return 0

    def ksr_request_route(self, message: Any) -> int:
        """A request."""
        return self._run(self._request, message, answers=True)

    def ksr_stray_reply(self, message: Any, event: str) -> int:
        """A reply that matches no transaction: forwarding it would let anybody send through us."""
        return self._run(self._sip.drop, message)

    def ksr_dialog_event(self, message: Any, event: str) -> int:
        """A dialog that we follow has changed."""
        return self._run(partial(self._dialog_changed, event), message)

    def ksr_reply_route(self, message: Any) -> int:
        """A reply, before its transaction sees it. The configuration leaves it out; were it in, it must exist."""
        return CONTINUE

    def ksr_onsend_route(self, message: Any) -> int:
        """A message about to leave. The configuration leaves it out; were it in, it must exist."""
        return CONTINUE

    def _run(self, entry: Callable[[], None], message: Any = None, event: str = "", *, answers: bool = False) -> int:
        try:
            entry()
        except Exception as error:
            self._report(error)
            if answers:
                self._give_up()
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
            if self._sip.text("$rm") != "ACK":
                self._sip.reply(500, phrase(500))
        except Exception:
            self._sip.log_error("dialplane: a failed request could not be answered")

    def _warn(self, text: str) -> None:
        now = time.monotonic()
        if now - self._warned_at >= _WARNING_INTERVAL_S:
            self._warned_at = now
            self._sip.log_warning(text)

    # requests

    def _request(self) -> None:
        sip = self._sip
        self._open_call = ""
        method = sip.text("$rm")
        if sip.number("$ml") > self._settings.max_message_bytes:
            if method != "ACK":
                sip.reply_stateless(513, phrase(513))
            return
        if not sip.is_sane():
            return
        if not sip.text("$ci"):
            sip.reply_stateless(400, phrase(400))
            return
        if method == "CANCEL":
            self._cancel()
        elif sip.has_to_tag():
            self._within_dialog(method)
        elif method == "INVITE":
            self._invite()
        elif method == "ACK":
            sip.belongs_to_transaction()
        else:
            self._other_method(method)

    def _cancel(self) -> None:
        if self._sip.belongs_to_transaction():
            self._sip.relay()
        else:
            self._sip.reply_stateless(481, phrase(481))

    def _other_method(self, method: str) -> None:
        status = 200 if method == "OPTIONS" else 405
        self._sip.add_reply_header("Allow", ALLOW)
        self._sip.reply_stateless(status, phrase(status))

    def _within_dialog(self, method: str) -> None:
        sip = self._sip
        call = call_of_cookie(sip.header("Route"), sip.text("$ci"), key=self._cookie_key)
        if call is None:
            if method == "ACK":
                sip.belongs_to_transaction()
            else:
                sip.reply_stateless(481, phrase(481))
            return
        if not sip.has_hops_left():
            sip.reply_stateless(483, phrase(483))
            return
        if not sip.follow_route():
            sip.reply_stateless(481, phrase(481))
            return
        if method == "BYE" and not sip.is_known_dialog() and sip.begin_transaction():
            self._hung_up(call)
        sip.relay()

    def _hung_up(self, call: str) -> None:
        by = CALLER if self._sip.is_from_caller() else CALLEE
        self._log.call_ended(call, status=200, reason=phrase(200), hangup_by=by)

    def _dialog_changed(self, event: str) -> None:
        if event == "dialog:end":
            call = self._sip.dialog_variable(CALL_VARIABLE)
            if self._sip.text("$rm") == "BYE":
                self._hung_up(call)
            else:
                self._log.call_ended(call, status=200, reason="call timed out", hangup_by=TIMEOUT)
        elif event == "dialog:failed":
            self._outgoing.settled_elsewhere()

    # calls

    def _invite(self) -> None:
        sip = self._sip
        routes = sip.headers("Route", most=2)
        if routes:
            proxy = ingress.outbound_proxy(routes)
            if not proxy or not sip.is_ours(proxy):
                sip.reply_stateless(403, phrase(403))
                return
            sip.remove_header("Route")
        if self._is_scanner(sip.text("$ua")):
            self._turn_away()
            return
        if not sip.has_hops_left():
            sip.reply_stateless(483, phrase(483))
            return
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
        self._scrub()
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

    @staticmethod
    def _is_scanner(user_agent: str) -> bool:
        lowered = user_agent.lower()
        return any(scanner in lowered for scanner in SCANNERS)

    def _scrub(self) -> None:
        """Take off what callers may not say of themselves; the whole message is looked at once, before any removal."""
        message = self._sip.text("$mb")
        lowered = message.lower()
        for name in _OURS_ALONE:
            if message == UNDECODABLE or f"\n{name.lower()}" in lowered:
                self._sip.remove_header(name)
        if message == UNDECODABLE or f"\n{_OUR_PREFIX.lower()}" in lowered:
            self._sip.remove_headers(f"^{_OUR_PREFIX}")

    def _credentials_of(self, provider_id: str) -> Credentials | None:
        with self._replica.view() as view:
            provider = view.provider(provider_id)
        return Credentials(provider.username, provider.password) if provider and provider.username else None
