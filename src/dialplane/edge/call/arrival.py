"""New INVITEs: identify the trunk, admit the call, decide its dialroute, and start its first attempt.

A trunk in redirect mode gets the decision as Contacts instead, and makes the attempts itself (RFC 3261, 21.3.1).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec import UNSET

from dialplane.domain.hostname import split_hostname
from dialplane.domain.trunk import REDIRECT, Trunk
from dialplane.edge.call.answers import MOST_ROUTES, Answers
from dialplane.edge.call.attempts import Attempts
from dialplane.edge.call.context import CallContext
from dialplane.edge.call.cookie import Origin, has_passed, make_cookie
from dialplane.edge.call.dialog import COMES_FROM, Party
from dialplane.edge.call.message import dialled_in, is_sound, one_line, outbound_proxy
from dialplane.edge.call.path import Path, path_behind_nat
from dialplane.edge.call.plan import Carriers, Plan, decided
from dialplane.edge.call.topology import Topology
from dialplane.edge.call.trunk import TrunkIdentification
from dialplane.edge.limits.channels import TRUNK
from dialplane.engine.admission import Admission, admit
from dialplane.engine.destinations import Destinations
from dialplane.engine.dialroute import Dialroute, dialroute
from dialplane.engine.identity import ASSERTED, DIVERSION, IDENTITY, PRIVACY, Caller, caller_of
from dialplane.engine.reasons import Reason
from dialplane.engine.refusals import Refusal, status_of
from dialplane.eventlog.writer import new_call_id, printable
from dialplane.replica.layout import ReplicaUnavailable
from dialplane.replica.reader import ReplicaReader, View
from dialplane.system.address import is_of_this_machine

CALL_VARIABLE = "call"
"""The dialog variable that holds the call's id."""
INVITE_VARIABLE = "invite"
"""The dialog variable that holds the key of its INVITE (answers.py)."""
TRUSTED = "trusted"
"""The variable of the call and of its dialog that says that the caller's trunk is in our trust domain (RFC 3325)."""
MULTIPLE_CHOICES = 300
REDIRECTED = "redirected"
"""The recorded reason of a call in redirect mode."""

_MAX_DIALLED = 128
_MOST_ASSERTED = 2  # a sip and a tel URI (RFC 3325, section 9.1)
_NO_TABLE = Admission("", (), Refusal.NO_TABLE)


class NewCalls:
    """`open_call` is the call that was begun and has no attempt yet, or ""."""

    def __init__(
        self,
        context: CallContext,
        *,
        replica: ReplicaReader,
        answers: Answers,
        attempts: Attempts,
        topology: Topology,
        cookie_key: bytes,
    ) -> None:
        settings = context.settings
        self._context = context
        self._sip = context.sip
        self._replica = replica
        self._answers = answers
        self._attempts = attempts
        self._topology = topology
        self._cookie_key = cookie_key
        self._trunks = TrunkIdentification(context)
        sockets = map(split_hostname, settings.sockets)
        self._carriers = Carriers(Destinations(sockets, denied=settings.denied_networks, is_local=is_of_this_machine))
        self.open_call = ""

    def is_sound(self) -> bool:
        """Whether a request is well-formed beyond what Kamailio checks."""
        settings = self._context.settings
        return is_sound(self._sip.raw(), most_headers=settings.max_headers, most_vias=settings.max_vias)

    def is_from_trunk(self) -> bool:
        """Whether a request comes from a trunk's address; True if there is no table to tell."""
        try:
            with self._replica.view() as view:
                self._trunks.note_other(view)
                return self._trunks.is_address_of_trunk(view)
        except ReplicaUnavailable:
            return True

    def arrive(self) -> bool:
        """Process an INVITE that begins a dialog: start its first attempt, redirect it, or refuse it.

        True if Kamailio's script is to send the first attempt.
        """
        self.open_call = ""
        refusal = self._fault_of_message()
        if refusal:
            self._context.refuse_stateless(refusal)
            return False
        now_us = self._context.now_us()
        try:
            with self._replica.view() as view:
                plan = self._decide(view, now_us)
        except ReplicaUnavailable as error:
            self._refuse_without_table(error)
            return False
        return plan is not None and self._begin(plan)

    def _fault_of_message(self) -> Refusal | None:
        if not self.is_sound():
            return Refusal.UNSOUND
        routes = self._sip.headers("Route", most=2)
        if routes:
            proxy = outbound_proxy(routes)
            if not proxy or not self._sip.is_ours(proxy):
                return Refusal.FOREIGN_ROUTE
            self._sip.remove_header("Route")
        return None

    def _has_looped(self, number: str) -> bool:
        """Whether this INVITE has passed here before, for the same number (RFC 3261, section 16.3, 4)."""
        record_routes = self._sip.headers("Record-Route", most=MOST_ROUTES)
        return bool(record_routes) and has_passed(record_routes, self._sip.text("$ci"), number, key=self._cookie_key)

    def _begin(self, plan: Plan) -> bool:
        if self._context.settings.hide_topology:
            self._topology.seal_vias(plan.invite.rpartition("|")[2])
        is_left_to_script = self._attempts.begin(plan)
        self.open_call = ""
        return is_left_to_script

    def _decide(self, view: View, now_us: int) -> Plan | None:
        """The plan of an admitted call, recorded as started; None if the INVITE is answered, now or before."""
        trunk = self._trunks.trunk_of_call(view)
        if trunk is None:
            return None
        dialled = dialled_in(self._sip.text("$ru"))
        admission = admit(trunk, view.customer(trunk.customer_id), dialled, groups=view.groups)
        if self._has_looped(admission.number or ""):
            self._context.refuse(Refusal.LOOP)
            return None
        facts = self._facts(trunk, dialled, admission, view.revision)
        call = new_call_id()
        refusal = admission.refusal or self._full_cap(trunk)
        if refusal:
            self._refuse(call, facts, refusal)
            return None
        decision = self._dialroute(view, trunk, call, admission, now_us)
        if admission.ported.is_malformed:
            decision = decision.also_for(Reason.ROUTING_NUMBER_IGNORED)
        made = decided(
            decision,
            admission.number,
            carriers=self._carriers,
            table=view,
            ported=admission.ported,
            caller=partial(self._caller, trunk),
        )
        facts["decision"] = made.considered
        plan = Plan(call, self._answers.begin(), made.rows, made.tells_identity)
        if trunk.mode == REDIRECT:
            self._redirect(plan, facts)
            return None
        return plan if self._has_started(plan, trunk, facts) else None

    def _dialroute(self, view: View, trunk: Trunk, call: str, admission: Admission, now_us: int) -> Dialroute:
        context = self._context
        return dialroute(
            admission.groups,
            now=now_us,
            call_id=call,
            standing=view.standing,
            breakers=context.breakers.open_providers(view.provider, may_try=trunk.mode != REDIRECT),
            max_attempts=context.settings.max_attempts,
        )

    def _has_started(self, plan: Plan, trunk: Trunk, facts: dict[str, Any]) -> bool:
        """Follow the call's dialog and record that the call has started; False if it is refused."""
        path = self._path_to_caller()
        refusal = self._begin_dialog(trunk, plan, path)
        if refusal:
            self._refuse(plan.call, facts, refusal)
            return False
        if trunk.trusted_identity and not plan.tells_identity:
            self._assert_identity()
        origin = Origin(plan.call, self._context.now_us() // 1000, path)
        self._sip.record_route(make_cookie(origin, self._sip.text("$ci"), facts["number"], key=self._cookie_key))
        self._context.log.call_started(plan.call, facts)
        self.open_call = plan.call
        return True

    def _path_to_caller(self) -> Path | None:
        """The path to a caller that is behind NAT, None if it is not."""
        sip = self._sip
        via_host, source = sip.text("$sel(via[1].host)"), sip.text("$si")
        if via_host == source:
            return None
        return path_behind_nat(
            Path(source, sip.number("$sp"), sip.text("$pr").lower()),
            via_host=via_host,
            record_routes=sip.headers("Record-Route", most=1),
            contact=sip.header("Contact"),
        )

    def _begin_dialog(self, trunk: Trunk, plan: Plan, path: Path | None) -> Refusal | None:
        """Follow the call's dialog, in a channel of the trunk."""
        more = {f"{Party.CALLER}_{COMES_FROM}": path.uri} if path else {}
        if trunk.trusted_identity:
            more[TRUSTED] = "1"
            self._sip.keep(TRUSTED, 1)
        if not self._sip.begin_dialog(**{CALL_VARIABLE: plan.call, INVITE_VARIABLE: plan.invite, **more}):
            return Refusal.NO_DIALOG
        has_taken = self._context.caps.take_channel(TRUNK, trunk.id, trunk.max_channels)
        return None if has_taken else Refusal.TRUNK_CHANNELS_FULL

    def _assert_identity(self) -> None:
        """Put back the identities that every INVITE lost at the border (route SCRUB): this trunk may assert them."""
        for line in self._lines(ASSERTED, most=_MOST_ASSERTED):
            self._sip.add_header(ASSERTED, line)

    def _lines(self, name: str, *, most: int) -> Sequence[str]:
        """The bodies of the headers of that name that may stand in a header again."""
        return tuple(filter(None, map(one_line, self._sip.headers(name, most=most))))

    def _caller(self, trunk: Trunk) -> Caller:
        """Who calls by this trunk, as far as carriers may get to know it."""
        sip = self._sip
        is_trusted = trunk.trusted_identity
        return caller_of(
            sip.text("$fU"),
            sip.text("$fd"),
            region=trunk.default_region,
            default=trunk.caller_default,
            privacy=",".join(sip.headers(PRIVACY, most=_MOST_ASSERTED)),
            is_diverted=bool(sip.header(DIVERSION)),
            asserted=self._lines(ASSERTED, most=_MOST_ASSERTED) if is_trusted else (),
            signatures=self._lines(IDENTITY, most=_MOST_ASSERTED) if is_trusted else (),
        )

    def _redirect(self, plan: Plan, facts: dict[str, Any]) -> None:
        values = contacts(plan)
        if not values:
            self._refuse(plan.call, facts, Refusal.NO_CARRIER)
            return
        self._context.log.call_redirected(plan.call, facts, status=MULTIPLE_CHOICES, reason=REDIRECTED)
        for value in values:
            self._sip.add_reply_header("Contact", value)
        self._context.reply(MULTIPLE_CHOICES)

    def _full_cap(self, trunk: Trunk) -> Refusal | None:
        caps = self._context.caps
        if not caps.has_channel(TRUNK, trunk.id, trunk.max_channels):
            return Refusal.TRUNK_CHANNELS_FULL
        return None if caps.take_turn(trunk.id, trunk.max_cps) else Refusal.TRUNK_CPS_FULL

    def _refuse_without_table(self, error: ReplicaUnavailable) -> None:
        """Refuse a call that cannot be decided, and record it without its customer and trunk."""
        sip = self._sip
        self._context.warn(f"dialplane: {error}")
        if sip.has_transaction() or sip.begin_transaction():
            facts = self._facts(None, dialled_in(sip.text("$ru")), _NO_TABLE, None)
            self._refuse(new_call_id(), facts, Refusal.NO_TABLE)

    def _refuse(self, call: str, facts: dict[str, Any], refusal: Refusal) -> None:
        self._context.log.call_rejected(call, facts, status=status_of(refusal), reason=refusal)
        self._context.refuse(refusal)

    def _facts(self, trunk: Trunk | None, dialled: str, admission: Admission, revision: int | None) -> dict[str, Any]:
        """The caller's part of a call's record; the decision is not made yet."""
        sip = self._sip
        return {
            "customer_id": trunk and trunk.customer_id,
            "trunk_id": trunk and trunk.id,
            "sip_call_id": printable(sip.text("$ci")),
            "source": printable(sip.text("$fU")),
            "source_address": sip.text("$si"),
            "dialled": printable(dialled, longest=_MAX_DIALLED),
            "number": admission.number,
            "routing_number": admission.ported.routing_number or UNSET,
            "revision": revision,
            "decision": (),
        }


def contacts(plan: Plan) -> Sequence[str]:
    """The values of a redirect's Contact headers: each attempt's URI, its q falling from 1 in equal steps.

    An obstacle to the edge alone (a name that it cannot resolve) leaves no carrier out.
    """
    obstacles = (Reason.OWN_SOCKET, Reason.DENIED_NETWORK, Reason.NUMBER_UNFORMATTABLE, Reason.ANONYMOUS_REFUSED)
    uris = [attempt.uri for attempt in plan.attempts if attempt.obstacle not in obstacles]
    return tuple(f"<{uri}>;q={1 - place / len(uris):.3f}" for place, uri in enumerate(uris))
