"""Request URIs and added headers of what is sent to a carrier; built nowhere else.

Kamailio validates neither (a CR/LF or `1:pw@` would pass), so a Provider checks its values, and what SIP does not allow
unescaped in a user part is escaped here (RFC 3261, sections 19.1.2 and 25.1).
"""

from collections.abc import Sequence

from dialplane.domain.provider import Provider

_ESCAPED = str.maketrans({"#": "%23"})


def egress_uri(provider: Provider, number: str) -> str:
    """The request URI of an attempt: `sip:`, prefix, number, postfix, `@`, hostname, and the transport unless UDP.

    `number` is the caller's, `+` and digits, never that of an earlier attempt.
    """
    before, after = around_number(provider)
    return f"{before}{number}{after}"


def around_number(provider: Provider) -> tuple[str, str]:
    """The parts before and after the number in the request URI of each attempt at this provider."""
    prefix, postfix = provider.tech_prefix.translate(_ESCAPED), provider.tech_postfix.translate(_ESCAPED)
    return f"sip:{prefix}", f"{postfix}@{location(provider)}"


def location(provider: Provider) -> str:
    """The part of the request URI behind the `@`: the provider's hostname, and its transport unless UDP."""
    return provider.hostname + transport_suffix(provider.transport)


def transport_suffix(transport: str) -> str:
    """The URI parameter for a transport; UDP, which a URI without it means, has none (RFC 3261, section 19.1.2)."""
    return "" if transport == "udp" else f";transport={transport}"


def egress_headers(provider: Provider) -> Sequence[tuple[str, str]]:
    """The headers that the provider adds to an INVITE, in order."""
    return tuple(provider.tech_headers.items())
