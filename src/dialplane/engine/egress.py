"""What reaches a carrier's wire: the one place that builds request URIs and added headers.

Kamailio validates neither (a CR/LF or `1:pw@` would pass), so the values are checked when a Provider is made, and
what SIP does not allow raw in a user part is escaped here (RFC 3261, sections 19.1.2 and 25.1).
"""

from collections.abc import Sequence

from dialplane.domain.provider import Provider

_ESCAPED = str.maketrans({"#": "%23"})


def egress_uri(provider: Provider, number: str) -> str:
    """The request URI of an attempt: `sip:` prefix + number + postfix `@` hostname, and the transport unless UDP.

    `number` is the original one, `+` and digits: each attempt starts from it anew.
    """
    before, after = around_number(provider)
    return f"{before}{number}{after}"


def around_number(provider: Provider) -> tuple[str, str]:
    """What stands before and after the number in the request URI of each attempt with this provider."""
    prefix, postfix = provider.tech_prefix.translate(_ESCAPED), provider.tech_postfix.translate(_ESCAPED)
    transport = "" if provider.transport == "udp" else f";transport={provider.transport}"
    return f"sip:{prefix}", f"{postfix}@{provider.hostname}{transport}"


def egress_headers(provider: Provider) -> Sequence[tuple[str, str]]:
    """The headers that the provider wants added, in order."""
    return tuple(provider.tech_headers.items())
