"""A call on its way in: who it is from, whether it may be, what is decided of it; until its attempts begin.

`outgoing.py` has it from there.
"""

from collections.abc import Callable
from typing import Any

from dialplane.domain.hostname import split_hostname
from dialplane.domain.sip_status import phrase
from dialplane.domain.trunk import REDIRECT, Trunk
from dialplane.edge.call import ingress, redirect
from dialplane.edge.call.answers import Answers
from dialplane.edge.call.attempts import Outgoing
from dialplane.edge.call.cookie import Origin, make_cookie
from dialplane.edge.call.ingress import Admission
from dialplane.edge.call.plan import Carriers, Plan, decision_of, make_plan
from dialplane.edge.call.soundness import is_sound
from dialplane.edge.call.trunk import Door
from dialplane.edge.limits.breakers import Breakers
from dialplane.edge.limits.channels import TRUNK, Caps
from dialplane.edge.settings import ScriptSettings
from dialplane.edge.sip import Sip
from dialplane.engine.destinations import Destinations
from dialplane.engine.dialroute import dialroute
from dialplane.engine.failover import RETRY_AFTER_S
from dialplane.eventlog.writer import EventLog, new_id, printable
from dialplane.replica.layout import ReplicaUnavailable
from dialplane.replica.reader import ReplicaReader, View
from dialplane.system.address import is_of_this_machine
from dialplane.system.clock import now_ms, now_us

CALL_VARIABLE = "call"
ASSERTED = "P-Asserted-Identity"
FORKED_TABLE = "forked"
"""Call-IDs that have had several INVITEs at once; see route CANCEL."""

_MAX_DIALLED = 128
_MOST_ASSERTED = 2  # a sip and a tel URI (RFC 3325, section 9.1)


class Incoming:
    """`warn` writes a line to the log. `open_call` is the call that was begun and has no attempt yet, or ""."""

    def __init__(
        self,
        sip: Sip,
        settings: ScriptSettings,
        log: EventLog,
        *,
        replica: ReplicaReader,
        answers: Answers,
        outgoing: Outgoing,
        breakers: Breakers,
        caps: Caps,
        warn: Callable[[str], None],
    ) -> None:
        self._sip = sip
        self._settings = settings
        self._log = log
        self._replica = replica
        self._carriers = Carriers(
            Destinations(
                map(split_hostname, settings.sockets), denied=settings.denied_networks, is_local=is_of_this_machine
            )
        )
        self._answers = answers
        self._outgoing = outgoing
        self._breakers = breakers
        self._caps = caps
        self._warn = warn
        self._cookie_key = bytes.fromhex(settings.cookie_key)
        self._door = Door(sip, drops_strangers=settings.drops_strangers, most_failures=settings.max_auth_failures)
        self.open_call = ""

    def is_sound(self) -> bool:
        """Whether a request is well-formed beyond what Kamailio checks."""
        settings = self._settings
        return is_sound(self._sip.raw(), most_headers=settings.max_headers, most_vias=settings.max_vias)

    def is_known(self) -> bool:
        """Whether a request comes from some trunk's address; yes where there is no table to tell from."""
        try:
            with self._replica.view() as view:
                return self._door.knows(view)
        except ReplicaUnavailable:
            return True

    def arrive(self) -> None:
        """An INVITE that begins a dialog: decide it, begin its first attempt, or refuse it."""
        sip = self._sip
        self.open_call = ""
        if not self.is_sound():
            sip.reply_stateless(400, phrase(400))
            return
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
        self.open_call = plan.call
        origin = Origin(plan.call, now_ms())
        self._sip.record_route(make_cookie(origin, self._sip.text("$ci"), key=self._cookie_key))
        self._outgoing.begin(plan)
        self.open_call = ""

    def _decide(self) -> Plan | None:
        """The plan of a call that is let in, recorded as started; None where it is refused, or decided before."""
        sip = self._sip
        with self._replica.view() as view:
            trunk = self._door.trunk_of_call(view)
            if trunk is None:
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

    def _plan(self, view: View, trunk: Trunk, call: str, admission: Admission, facts: dict[str, Any]) -> Plan | None:
        decision = dialroute(
            admission.candidates,
            number=admission.number,
            now=now_us(),
            call_id=call,
            providers=view.provider,
            health=view.health_status,
            breakers=self._breakers.open_ones(view.provider, may_try=trunk.mode != REDIRECT),
            max_attempts=self._settings.max_attempts,
        )
        facts["decision"] = decision_of(decision)
        plan = make_plan(
            call,
            self._answers.invite(),
            admission.number,
            decision,
            carriers=self._carriers,
            addresses=view.addresses,
        )
        if trunk.mode == REDIRECT:
            self._redirect(plan, facts)
            return None
        refusal = self._follow(trunk, call)
        if refusal:
            self._refuse(call, facts, refusal)
            return None
        if trunk.trusted_identity:
            self._assert_identity()
        self._log.call_started(call, facts)
        self.open_call = call
        return plan

    def _assert_identity(self) -> None:
        """Put back what every INVITE has lost at the border (route SCRUB): this trunk's word on who calls is taken."""
        for value in self._sip.headers(ASSERTED, most=_MOST_ASSERTED):
            line = ingress.one_line(value)
            if line:
                self._sip.add_header(ASSERTED, line)

    def _redirect(self, plan: Plan, facts: dict[str, Any]) -> None:
        sip, contacts = self._sip, redirect.contacts(plan)
        if not contacts:
            self._refuse(plan.call, facts, ingress.NO_CARRIER)
            return
        status = redirect.MULTIPLE_CHOICES
        self._log.call_redirected(plan.call, facts, status=status, reason=ingress.REDIRECTED)
        for contact in contacts:
            sip.add_reply_header("Contact", contact)
        sip.reply(status, phrase(status))

    def _follow(self, trunk: Trunk, call: str) -> str:
        """Follow the call's dialog, in a channel of the trunk's; the reason why not, or ""."""
        if self._sip.has_dialog():
            self._sip.mark(FORKED_TABLE, self._sip.text("$ci"))
        if not self._sip.begin_dialog(**{CALL_VARIABLE: call}):
            return ingress.NO_DIALOG
        has_taken = self._caps.take_channel(TRUNK, trunk.id, trunk.max_channels)
        return "" if has_taken else ingress.TRUNK_CHANNELS_FULL

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
        if not self._caps.has_channel(TRUNK, trunk.id, trunk.max_channels):
            return ingress.TRUNK_CHANNELS_FULL
        return "" if self._caps.take_turn(trunk.id, trunk.max_cps) else ingress.TRUNK_CPS_FULL

    def _refuse(self, call: str, facts: dict[str, Any], refusal: str) -> None:
        status = ingress.STATUSES[refusal]
        self._log.call_rejected(call, facts, status=status, reason=refusal)
        if status == 503:
            self._sip.add_reply_header("Retry-After", str(RETRY_AFTER_S))
        self._sip.reply(status, phrase(status))
