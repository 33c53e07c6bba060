"""Trunks: a customer's ways in for calls. Two may share an address: the call's domain tells them apart."""

from dialplane.control import permissions, trunk_sources
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import UseCases
from dialplane.control.units import Change
from dialplane.domain.trunk import Trunk
from dialplane.store.objects import TRUNKS


class Trunks(UseCases[Trunk]):
    """Whose call it is follows from the trunk, so its sources and its trust are not for everyone to set."""

    async def check(self, unit: Change, actor: Actor, before: Trunk | None, after: Trunk) -> None:
        """Raises PermissionDenied if a customer would trust itself, TrunkAddressTaken, InvalidValue."""
        if after.trusted_identity and not (before and before.trusted_identity):
            permissions.require(actor, "trunk.trust")
        await trunk_sources.require_free(unit, actor, after, before=before)


USE_CASES = Trunks(TRUNKS)
create, get, list_ = USE_CASES.create, USE_CASES.get, USE_CASES.list_
update, delete = USE_CASES.update, USE_CASES.delete
