"""Test calls: a short real call by a trunk, through the edge of this machine, as the trunk's own switch would make it.

Nothing is passed by: the edge recognises the call by the trunk's addresses or its login, decides on its own table, and
the record is one as of any call.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from dialplane.control import permissions, trunks
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.domain.errors import InvalidValue
from dialplane.domain.hostname import Address
from dialplane.domain.trunk import BASIC, IP, Trunk
from dialplane.engine.number import normalise

WAIT_S = 30
"""A test call that nobody answers is given up then."""

TALK_S = 5
"""One that is answered is hung up then."""

DEFAULT_CALLER = "anonymous"

CALLER = "[A-Za-z0-9+._-]{0,64}"
"""Who calls: the user part of a SIP URI (RFC 3261, section 25.1) without what has to be escaped anywhere."""


def parse_caller(text: str, *, field: str = "caller") -> str:
    """A caller as it is, or "". Raises InvalidValue."""
    if not re.fullmatch(CALLER, text):
        raise InvalidValue(field, "invalid_caller", "must be a number, or a name of letters, digits and + . _ -")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class WayIn:
    """How a call from this machine comes in by a trunk: from which of its addresses, and with which login."""

    source: str
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """`number` in E.164. `way`: None if `obstacle` says why the call cannot be placed here."""

    number: str
    trunk: Trunk
    caller: str
    way: WayIn | None
    obstacle: str

    @property
    def meaning(self) -> str:
        """What would happen, or what to do instead."""
        if self.way is None:
            return f"{self.obstacle} On the machine of an edge `dialplane call {self.number}` places it."
        by = f"with the login {self.way.username}" if self.way.username else f"from {self.way.source}"
        return (
            f"It really rings at {self.number}, and may cost money. The call comes in by the trunk "
            f"{_name(self.trunk)}, {by}. It is given up after {WAIT_S} s without an answer, and hung up "
            f"{TALK_S} s after one."
        )


async def plan(
    unit: Unit, actor: Actor, *, trunk_id: str, number: str, caller: str, has_edge: bool, own: Sequence[str],
    is_own: Callable[[Address], bool],
) -> CallPlan:  # fmt: skip
    """The call to this number by this trunk. `own`: addresses of this machine to try first; `has_edge`: one runs here.

    Raises NotFound, and InvalidValue for what is no number, or an emergency or special one.
    """
    permissions.require(actor, "testcall.place")
    trunk = await trunks.get(unit, actor, trunk_id)
    read = normalise(number, default_region=trunk.default_region)
    if read.number is None:
        raise InvalidValue("number", "invalid_number", "must be a number, as the trunk dials it")
    if read.emergency:
        raise InvalidValue(
            "number", "emergency_number", "must not be an emergency or special number: it would ring there"
        )
    way = way_in(trunk, own=own, is_own=is_own) if has_edge else None
    return CallPlan(
        number=read.number,
        trunk=trunk,
        caller=caller or trunk.caller_default or DEFAULT_CALLER,
        way=way,
        obstacle=_obstacle(trunk, has_edge=has_edge),
    )


def way_in(trunk: Trunk, *, own: Sequence[str], is_own: Callable[[Address], bool]) -> WayIn | None:
    """The way in for a call from this machine; None if the trunk knows no address of it and has no login."""
    networks = [ip_network(text) for text in trunk.allowed_ips] if IP in trunk.auth_types else []
    for source in own:
        if any(ip_address(source) in network for network in networks):
            return WayIn(source=source)
    for network in networks:
        if network.num_addresses == 1 and is_own(network.network_address):
            return WayIn(source=str(network.network_address))
    if BASIC in trunk.auth_types and trunk.username and trunk.password:
        return WayIn(source=own[0], username=trunk.username, password=trunk.password)
    return None


def _obstacle(trunk: Trunk, *, has_edge: bool) -> str:
    if not has_edge:
        return "No edge runs on the machine of this control plane."
    known = ", ".join(trunk.allowed_ips) or "no address"
    return f"The trunk {_name(trunk)} is recognised by {known}, which is not this machine's, and has no login."


def _name(trunk: Trunk) -> str:
    return trunk.name or trunk.id
