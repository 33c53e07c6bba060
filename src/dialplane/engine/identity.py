"""The headers that tell a carrier who calls: P-Asserted-Identity, Remote-Party-ID, Privacy, Diversion.

A provider without rules of its own gets what a trusted trunk asserts, as it is. One with `identity_headers` gets just
these, all of one number, so that they cannot contradict one another. From is never changed.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from dialplane.domain.hostname import HostPort, split_hostname
from dialplane.domain.provider import ADD, DROP, IDENTITY_HEADERS, KEEP, PASS, REFUSE, RPID, Provider
from dialplane.engine.egress import escaped
from dialplane.engine.number import normalise
from dialplane.engine.number_format import caller_number

PRIVACY = "Privacy"
DIVERSION = "Diversion"
ASSERTED = "P-Asserted-Identity"
IDENTITY = "Identity"
_ASSERTED_USER = re.compile(r"(?:sips?|tel):([^@>;,\s]+)", re.IGNORECASE)
_TOKEN = re.compile(r"[0-9a-z.!%*_+`'~-]+")
ANONYMOUS = "anonymous"
_ANONYMOUS_HOST = "anonymous.invalid"
_WITHHOLDING = frozenset({"id", "user", "header"})
_ID = "id"


class Caller(NamedTuple):
    """Who calls, as far as an INVITE and its trunk say.

    `number`: `+` and digits, "" if none is known. `default`: the trunk's `caller_default`. `privacy`: the values of the
    Privacy header. `asserted` and `signatures`: the P-Asserted-Identity and Identity headers of a trusted trunk.
    """

    number: str = ""
    is_anonymous: bool = False
    default: str = ""
    privacy: Sequence[str] = ()
    is_diverted: bool = False
    asserted: Sequence[str] = ()
    signatures: Sequence[str] = ()


class Identity(NamedTuple):
    """The caller's headers that an attempt leaves out, by name, and those that it adds instead."""

    removed: Sequence[str] = ()
    added: Sequence[tuple[str, str]] = ()


AS_RECEIVED = Identity()


def is_anonymous(user: str, host: str, privacy: Sequence[str]) -> bool:
    """Whether a caller withholds its number, by From and Privacy (RFC 3323, section 4.1; RFC 3325, section 9.3)."""
    return user.lower() == ANONYMOUS or host.lower() == _ANONYMOUS_HOST or not _WITHHOLDING.isdisjoint(privacy)


def caller_of(
    user: str,
    host: str,
    *,
    region: str = "",
    default: str = "",
    privacy: str = "",
    is_diverted: bool = False,
    asserted: Sequence[str] = (),
    signatures: Sequence[str] = (),
) -> Caller:
    """Who calls: by what a trusted trunk asserts, else by `user` and `host` of From.

    `region` is the trunk's, whose national numbers are read; `privacy` the body of the Privacy header.
    """
    users = [match[1] for value in asserted if (match := _ASSERTED_USER.search(value))]
    numbers = (normalise(dialled, default_region=region) for dialled in (*users, user))
    return Caller(
        number=next((found.number for found in numbers if found.number and not found.emergency), ""),
        is_anonymous=is_anonymous(user, host, values := privacy_values(privacy)),
        default=default,
        privacy=values,
        is_diverted=is_diverted,
        asserted=asserted,
        signatures=signatures,
    )


def privacy_values(header: str) -> Sequence[str]:
    """The values of a Privacy header, in small letters; other proxies write them with commas, too."""
    return tuple(_TOKEN.findall(header.lower()))


def has_identity_rules(provider: Provider) -> bool:
    """Whether what this provider gets to know of a caller differs from what the caller's message says."""
    return bool(
        provider.identity_headers or provider.diversion != KEEP or provider.anonymous == REFUSE or provider.sign == PASS
    )


def is_refused(provider: Provider, caller: Caller) -> bool:
    """Whether the provider takes no calls of a caller who withholds its number."""
    return provider.anonymous == REFUSE and caller.is_anonymous


def identity_of(provider: Provider, caller: Caller) -> Identity:
    """The caller as an attempt at this provider presents them."""
    removed: list[str] = []
    added: list[tuple[str, str]] = []
    if provider.identity_headers:
        added += _written(provider, caller)
    else:
        added += [(ASSERTED, value) for value in caller.asserted]
    if any(name == PRIVACY for name, _ in added) and caller.privacy:
        removed.append(PRIVACY)
    if provider.diversion == DROP and caller.is_diverted:
        removed.append(DIVERSION)
    elif provider.diversion == ADD:
        added += _diversion(provider, caller)
    if provider.sign == PASS:
        added += [(IDENTITY, value) for value in caller.signatures]
    return Identity(tuple(removed), tuple(added))


def _written(provider: Provider, caller: Caller) -> Sequence[tuple[str, str]]:
    """The provider's `identity_headers`. The number of a caller who withholds it is for trusted carriers alone."""
    written: list[tuple[str, str]] = []
    number = caller_number(provider, caller.number or caller.default)
    if number and (provider.trusted or not caller.is_anonymous):
        uri = _uri(provider, number)
        screened = f"{uri};party=calling;screen=yes;privacy={'full' if caller.is_anonymous else 'off'}"
        written = [(IDENTITY_HEADERS[word], screened if word == RPID else uri) for word in provider.identity_headers]
    if caller.is_anonymous and _ID not in caller.privacy:
        written.append((PRIVACY, ";".join((*caller.privacy, _ID))))
    return written


def _diversion(provider: Provider, caller: Caller) -> Sequence[tuple[str, str]]:
    """A Diversion (RFC 5806) by the customer's own number, for a call that shows another one and has none yet."""
    number = caller_number(provider, caller.default)
    if caller.is_diverted or caller.default in ("", caller.number) or not number:
        return ()
    return ((DIVERSION, f"{_uri(provider, number)};reason=unconditional;privacy=off;counter=1"),)


def _uri(provider: Provider, number: str) -> str:
    """A number at the carrier: its own domain is the one that it takes numbers of."""
    domain = HostPort(split_hostname(provider.hostname).host, None)
    return f"<sip:{escaped(number)}@{domain}>"
