"""The INVITE that a provider gets for a call, by the same functions that an edge sends it by."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from dialplane.control import providers
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.domain.provider import Provider
from dialplane.domain.target import ALL
from dialplane.engine.egress import egress_headers, egress_uri, is_plain
from dialplane.engine.identity import Caller, caller_of, identity_of, is_refused
from dialplane.engine.number import NOT_LOOKED_UP, Ported
from dialplane.engine.reasons import Reason

EXAMPLE_REGION = "GB"
"""Whose example number stands for a provider without a home region."""


class Invite(NamedTuple):
    """`uri`: None if nothing of the number can be sent. `removed`: the caller's headers that are left out, by name.

    `obstacle`: why no such call is sent there; None where one is.
    """

    uri: str | None
    headers: Sequence[tuple[str, str]]
    removed: Sequence[str]
    obstacle: Reason | None


def invite_of(provider: Provider, number: str, caller: Caller, ported: Ported = NOT_LOOKED_UP) -> Invite:
    """The INVITE of a call to a number, `+` and digits."""
    identity = identity_of(provider, caller)
    return Invite(
        egress_uri(provider, number, ported),
        (*egress_headers(provider), *identity.added),
        identity.removed,
        obstacle_of(provider, number, caller, ported),
    )


def obstacle_of(provider: Provider, number: str, caller: Caller, ported: Ported = NOT_LOOKED_UP) -> Reason | None:
    """Why such a call cannot be sent to a provider, though a route leads there."""
    if is_refused(provider, caller):
        return Reason.ANONYMOUS_REFUSED
    is_sendable = is_plain(provider) or egress_uri(provider, number, ported)
    return None if is_sendable else Reason.NUMBER_UNFORMATTABLE


def example_number(provider: Provider) -> str:
    """A number of the provider's home region, as its numbering plan gives one for an example."""
    import phonenumbers  # 30 ms and its tables: only if an example is wanted

    found = phonenumbers.example_number(provider.home_region or EXAMPLE_REGION)
    assert found is not None  # each region that a provider may have has one
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(maxsize=512)
def example_to(target: str) -> str:
    """A number that begins with a target, with the digits that numbers of its country have behind that."""
    import phonenumbers

    countries, digits = phonenumbers.COUNTRY_CODE_TO_REGION_CODE, "" if target == ALL else target[1:]
    known = next((code for end in (3, 2, 1) if (code := int(digits[:end] or 0)) in countries), None)
    found = known and phonenumbers.example_number(countries[known][0])
    example = found or phonenumbers.example_number(EXAMPLE_REGION)
    assert example is not None
    whole = str(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
    return f"+{digits}{whole[len(digits) + 1 :]}"


class ProvidersInvite(NamedTuple):
    """A provider, the number of the call, and its INVITE."""

    provider: Provider
    number: str
    invite: Invite


async def of_provider(
    unit: Unit, actor: Actor, id_: str, *, number: str = "", caller: str = "", routing_number: str = ""
) -> ProvidersInvite:
    """`number`: an example where it is empty. `caller`: From's user part, "" if unknown. Raises NotFound."""
    provider = await providers.get(unit, actor, id_)
    called = number or example_number(provider)
    who = caller_of(caller, "") if caller else Caller()
    ported = Ported(routing_number, True) if routing_number else NOT_LOOKED_UP
    return ProvidersInvite(provider, called, invite_of(provider, called, who, ported))
