"""Identifies the trunk that a call comes in by: by its source address, or by digest (RFC 3261, section 22.3).

A call that comes in by no trunk is answered here: 403, or 407 if it could be a digest trunk's. A wrong password and an
unknown user get the same answer after the same work: for the second, the check is against a random secret.
"""

import secrets
from collections.abc import Callable, Sequence

from dialplane.domain.trunk import BASIC, DEFAULT_REALM, IP, Trunk
from dialplane.edge.call.context import CallContext
from dialplane.edge.call.message import dialled_in
from dialplane.edge.limits.refused_sources import RefusedSources
from dialplane.edge.sip import BANNED_TABLE, COUNTERS_TABLE, DIGEST_GOOD, DIGEST_WRONG
from dialplane.engine.refusals import Refusal, SourceFault
from dialplane.replica.reader import View

FAILURES_TABLE = "auth_failures"
KNOWN_TABLE = "known"
FLOOD_TABLE = "flood"
_FAULT_OF_METHOD = {"REGISTER": SourceFault.REGISTERS, "INVITE": SourceFault.SCANNER}
"""Of requests that the script refuses by itself. The INVITEs among them are those of scanners."""
STRANGER_ROUTE = "STRANGER"
"""Kamailio's route that counts the requests of a source without a trunk, and bans it if they are too many."""


class TrunkIdentification:
    """Settings: `drops_strangers` (no answer instead of 403), `max_auth_failures` (wrong passwords before a ban)."""

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._sip = context.sip
        self._refused = RefusedSources(context.sip, context.log, now_us=context.now_us)
        self._secret_of_no_user = secrets.token_hex(16)

    def trunk_of_call(self, view: View) -> Trunk | None:
        """The trunk of an INVITE, whose transaction is begun; None if the INVITE is answered, now or before.

        Credentials are checked first, as a caller behind an allowed address may be another trunk's. If they are wrong,
        the address still counts.
        """
        sip = self._sip
        realm = sip.text("$ar")
        has_credentials = bool(realm) and view.has_realm(realm)
        trunk = self._by_address(view)
        if not has_credentials and trunk is None:
            self._refuse(view)
            return None
        if not sip.begin_transaction():
            return None
        return (self._by_digest(view, realm, trunk) if has_credentials else None) or trunk

    def is_address_of_trunk(self, view: View) -> bool:
        """Whether a trunk that is enabled allows the source address of a request."""
        return any(trunk.enabled for trunk in view.trunks_at(self._sip.text("$si")))

    def _by_address(self, view: View) -> Trunk | None:
        return trunk_by_address(view.trunks_at(self._sip.text("$si")), self._hosts)

    def _by_digest(self, view: View, realm: str, fallback: Trunk | None) -> Trunk | None:
        """The trunk whose credentials the INVITE has; without a `fallback`, an INVITE with others is challenged."""
        sip = self._sip
        trunk = trunk_by_realm(view.trunks_of_user(sip.text("$au")), realm)
        outcome = sip.check_digest(realm, trunk.ha1 if trunk else self._secret_of_no_user)
        if trunk and outcome == DIGEST_GOOD:
            self._know(sip.text("$si"))
            return trunk
        if outcome == DIGEST_WRONG:
            self._count_failure()
        if fallback is None:
            if outcome == DIGEST_WRONG:
                self._note(SourceFault.WRONG_PASSWORD if trunk else SourceFault.UNKNOWN_USER)
            sip.run_route(STRANGER_ROUTE)
            sip.challenge(realm, stale=outcome != DIGEST_WRONG)
        return None

    def _know(self, source: str) -> None:
        """Note that a source has proved a password. Until then, it was refused if it came without one."""
        if not self._sip.counted(KNOWN_TABLE, source):
            self._refused.forget(source)
        self._sip.mark(KNOWN_TABLE, source)

    def note_other(self, view: View) -> None:
        """Note a request outside dialogs, of a source without a trunk, that is refused whatever the source."""
        fault = _FAULT_OF_METHOD.get(self._sip.text("$rm"))
        if fault is not None and not self.is_address_of_trunk(view):
            self._note(fault)

    def _count_failure(self) -> None:
        """Count a wrong password. Its nonce was sent to this source (kamailio.cfg), so none is banned for another."""
        sip = self._sip
        source = sip.text("$si")
        sip.count(COUNTERS_TABLE, "auth_failures")
        if sip.count(FAILURES_TABLE, source) >= self._context.settings.max_auth_failures:
            sip.mark(BANNED_TABLE, source)
            if sip.count(FLOOD_TABLE, f"banned:{sip.text('$Ts')}") == 1:  # one line a second, as in STRANGER
                sip.log_warning(f"dialplane: {source} is banned for wrong passwords")

    def _refuse(self, view: View) -> None:
        sip = self._sip
        realm = realm_of_hosts(view, self._hosts())
        if not (realm and sip.counted(KNOWN_TABLE, sip.text("$si"))):
            self._note(self._fault(view, realm))
        sip.run_route(STRANGER_ROUTE)
        if realm:
            sip.challenge(realm)
        elif not self._context.settings.drops_strangers:
            self._context.refuse_stateless(Refusal.UNKNOWN_SOURCE)

    def _note(self, fault: SourceFault) -> None:
        self._refused.note(fault, dialled=dialled_in(self._sip.text("$ru")))

    def _fault(self, view: View, realm: str) -> SourceFault:
        if view.trunks_at(self._sip.text("$si")):
            return SourceFault.NO_USABLE_TRUNK
        return SourceFault.NO_PASSWORD if realm else SourceFault.UNKNOWN_SOURCE

    def _hosts(self) -> Sequence[str]:
        """The hosts that a request names: of its request URI, To and From."""
        return tuple(self._sip.text(variable) for variable in ("$rd", "$td", "$fd"))


def trunk_by_address(trunks: Sequence[Trunk], hosts: Callable[[], Sequence[str]]) -> Trunk | None:
    """The trunk, of those that allow the source address (most specific network first), or None.

    If there are several, the one whose domain_name is among the `hosts` that the request names, else the first without
    a domain_name.
    """
    usable = [trunk for trunk in trunks if trunk.enabled and IP in trunk.auth_types]
    if len(usable) <= 1:
        return usable[0] if usable else None
    names = {host.lower() for host in hosts()}
    return next(
        (trunk for trunk in usable if trunk.domain_name and trunk.domain_name in names),
        next((trunk for trunk in usable if not trunk.domain_name), None),
    )


def trunk_by_realm(trunks: Sequence[Trunk], realm: str) -> Trunk | None:
    """The trunk, of those with a digest user name, whose callers are challenged in this realm, or None."""
    return next(
        (
            trunk
            for trunk in trunks
            if trunk.enabled and BASIC in trunk.auth_types and trunk.ha1 and trunk.realm == realm
        ),
        None,
    )


def realm_of_hosts(view: View, hosts: Sequence[str]) -> str:
    """The realm in which a caller that names these hosts is challenged, "" if it can be no digest trunk's."""
    names = (host.lower() for host in hosts)
    return next((realm for realm in (*names, DEFAULT_REALM) if view.has_realm(realm)), "")
