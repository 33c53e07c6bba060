"""The door for new calls: by which trunk a caller comes in, told by its source address or by digest.

Who comes in by none gets one answer here: 403, or 407 where some trunk could be meant. A wrong password and an unknown
user look and cost the same: the second is checked against a secret that nobody has.
"""

import secrets
from collections.abc import Sequence

from dialplane.domain.sip_status import phrase
from dialplane.domain.trunk import Trunk
from dialplane.edge.call import ingress
from dialplane.edge.sip import COUNTERS_TABLE, DIGEST_GOOD, DIGEST_WRONG, Sip
from dialplane.replica.reader import View

FAILURES_TABLE = "auth_failures"
KNOWN_TABLE = "known"
BANNED_TABLE = "banned"
FLOOD_TABLE = "flood"
STRANGER_ROUTE = "STRANGER"
"""Kamailio's route that counts what a source without a trunk asks, and bans it when that is too much."""


class Door:
    """`drops_strangers`: no answer for who has no business here. `most_failures`: wrong passwords before a ban."""

    def __init__(self, sip: Sip, *, drops_strangers: bool, most_failures: int) -> None:
        self._sip = sip
        self._drops_strangers = drops_strangers
        self._most_failures = most_failures
        self._nobodys_ha1 = secrets.token_hex(16)

    def trunk_of_call(self, view: View) -> Trunk | None:
        """The trunk that an INVITE comes in by, its transaction begun; None where it is answered, or was before.

        Credentials come first, so that a caller behind an allowed address may be another trunk's. Where they do not
        hold, the address still does.
        """
        sip = self._sip
        realm = sip.text("$ar")
        has_credentials = bool(realm) and view.has_realm(realm)
        trunk = self._by_address(view)
        if has_credentials or trunk is not None:
            if not sip.begin_transaction():
                return None
            return (self._by_digest(view, realm, trunk) if has_credentials else None) or trunk
        realm = ingress.realm_for(view, self._hosts())
        sip.run_route(STRANGER_ROUTE)
        if realm:
            sip.challenge(realm)
        else:
            self._turn_away()
        return None

    def knows(self, view: View) -> bool:
        """Whether the source of a request is some trunk's address."""
        return any(trunk.enabled for trunk in view.trunks_at(self._sip.text("$si")))

    def _by_address(self, view: View) -> Trunk | None:
        return ingress.trunk_of(view.trunks_at(self._sip.text("$si")), self._hosts)

    def _by_digest(self, view: View, realm: str, fallback: Trunk | None) -> Trunk | None:
        sip = self._sip
        found = ingress.trunk_of_user(view.trunks_of_user(sip.text("$au")), realm)
        outcome = sip.check_digest(realm, found.ha1 if found else self._nobodys_ha1)
        if found and outcome == DIGEST_GOOD:
            sip.mark(KNOWN_TABLE, sip.text("$si"))
            return found
        if outcome == DIGEST_WRONG:
            self._count_failure()
        if fallback is None:
            sip.run_route(STRANGER_ROUTE)
            sip.challenge(realm, stale=outcome != DIGEST_WRONG)
        return None

    def _count_failure(self) -> None:
        """A nonce that holds was sent to this very source (kamailio.cfg): nobody has another banned in its name."""
        sip = self._sip
        source = sip.text("$si")
        sip.count(COUNTERS_TABLE, "auth_failures")
        if sip.count(FAILURES_TABLE, source) >= self._most_failures:
            sip.mark(BANNED_TABLE, source)
            if sip.count(FLOOD_TABLE, f"banned:{sip.text('$Ts')}") == 1:  # one line a second, as STRANGER has it
                sip.log_warning(f"dialplane: {source} is banned for wrong passwords")

    def _turn_away(self) -> None:
        if not self._drops_strangers:
            self._sip.reply_stateless(403, phrase(403))

    def _hosts(self) -> Sequence[str]:
        return tuple(self._sip.text(variable) for variable in ("$rd", "$td", "$fd"))
