"""Request URIs and added headers of what is sent to a carrier; built nowhere else.

Kamailio validates neither (a CR/LF or `1:pw@` would pass), so a Provider checks its values, and what SIP does not allow
unescaped in a user part is escaped here (RFC 3261, sections 19.1.2 and 25.1).
"""

from collections.abc import Sequence

from dialplane.domain.number_format import PLUS
from dialplane.domain.provider import DROP, Provider
from dialplane.engine.number import NOT_LOOKED_UP, Ported
from dialplane.engine.number_format import called_number

_ESCAPED = str.maketrans({"#": "%23"})


def egress_uri(provider: Provider, number: str, ported: Ported = NOT_LOOKED_UP) -> str | None:
    """The request URI of an attempt: `sip:`, prefix, number, postfix, `@`, hostname, and the transport unless UDP.

    `number` is the caller's, `+` and digits, never that of an earlier attempt. None if the provider's form leaves
    nothing of it that can be sent.
    """
    before, after = around_number(provider)
    if is_plain(provider):
        return f"{before}{number}{after}"
    formed = called_number(provider, number)
    if formed is None:
        return None
    postfix, at, place = after.partition("@")
    return f"{before}{escaped(formed)}{postfix}{_look_up(provider, ported)}{at}{place}"


def is_plain(provider: Provider) -> bool:
    """Whether the provider gets each number as it is, between `around_number`."""
    return provider.number_format == PLUS and not provider.digit_rules and provider.portability == DROP


def around_number(provider: Provider) -> tuple[str, str]:
    """The parts before and after the number in the request URI of each attempt at this provider."""
    return f"sip:{escaped(provider.tech_prefix)}", f"{escaped(provider.tech_postfix)}@{location(provider)}"


def location(provider: Provider) -> str:
    """The part of the request URI behind the `@`: the provider's hostname, and its transport unless UDP."""
    return provider.hostname + transport_suffix(provider.transport)


def transport_suffix(transport: str) -> str:
    """The URI parameter for a transport; UDP, which a URI without it means, has none (RFC 3261, section 19.1.2)."""
    return "" if transport == "udp" else f";transport={transport}"


def egress_headers(provider: Provider) -> Sequence[tuple[str, str]]:
    """The headers that the provider adds to an INVITE, in order."""
    return tuple(provider.tech_headers.items())


def escaped(text: str) -> str:
    """The characters that a number or an affix may hold, as a user part may hold it."""
    return text.translate(_ESCAPED)


def _look_up(provider: Provider, ported: Ported) -> str:
    """The user parameters for the result of a portability look-up (RFC 4694, section 4)."""
    if provider.portability == DROP or not ported.is_looked_up:
        return ""
    return f";npdi;rn={ported.routing_number}" if ported.routing_number else ";npdi"
