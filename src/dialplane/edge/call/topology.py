"""Hides one side's network from the other (docs/decisions/0008): Contacts, Routes and Vias that only we can read.

The text that is hidden stands, sealed, in a parameter of a URI or a Via of ours, so that nothing must be kept for it: a
peer sends it back. Kamailio's script replaces the headers (kamailio/hide.cfg); it enters Python for what its tables do
not hold yet, and for what is rare.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b, shake_256

from dialplane.edge.call.message import one_line
from dialplane.edge.sip import UNDECODABLE, Sip

CONTACTS = "contacts"
TARGETS = "targets"
"""Kamailio's tables of Contacts, as they came -> as the other side gets them, and of sealed URIs -> URIs."""
HIDDEN = "$var(hidden)"
TARGET = "$var(target)"
SEALED_VIAS = "$var(sealed)"
VIAS = "vias"
"""The script's variables: a Contact or a URI that was asked for, a parameter of our Via, the Vias for the replies."""

_MAC_BYTES = 9
_LONGEST = 2048  # of a text that is sealed; Kamailio joins text in buffers of 8 kB
_MOST_VIAS = 64
_MOST_ROUTES = 16
_OWN_ROUTE = ";dp="
_BRACKETED = re.compile(r'((?:"(?:[^"\\]|\\.)*"|[^"<,])*)<([^<>]*)>([^,]*)')
_BARE = re.compile(r"()([^;,\s<>\"]+)([^,]*)")
_ROUTE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^"<,])*(<[^<>]*>[^,]*)')
_SEALED_ROUTE = re.compile(r"<[^<>]*;dpr=([A-Za-z0-9_-]+)[^<>]*>")
_SEALED_TARGET = re.compile(r"sips?:[^;?<>]*;dpc=([A-Za-z0-9_-]+)")
_SEALED_VIAS = re.compile(r";dpv=([A-Za-z0-9_-]+)")
_BRANCH = re.compile(r"(?<=;branch=)[^;,\s]*")
_VIA_PLACE = re.compile(r";\s*(?:received|rport)\s*(?:=[^;,]*)?(?=[;,\s]|$)", re.IGNORECASE)
_VIA_HOST = re.compile(r"\s(\[[^\]]*\]|[^\s:;]+)")
_RPORT = re.compile(r";\s*rport\s*(?=[=;,\s]|$)", re.IGNORECASE)


class Seal:
    """Seals text so that only who has the key can read it, and that nobody else can make what opens.

    The same text is always sealed alike. A seal is the MAC of the text and the text under a stream of that MAC, as
    RFC 5297 has it (synthetic initialization vector), in base64url: fit for parameters of URIs and Vias.
    """

    def __init__(self, key: bytes) -> None:
        self._mac_key = blake2b(b"mac", key=key).digest()
        self._stream_key = blake2b(b"stream", key=key).digest()

    def sealed(self, text: str) -> str:
        """`text` as only this key opens it."""
        plain = text.encode(errors="surrogatepass")
        mac = self._mac(plain)
        return urlsafe_b64encode(mac + self._under_stream(plain, mac)).rstrip(b"=").decode()

    def opened(self, seal: str) -> str | None:
        """The text that was sealed, None if it was not sealed with this key."""
        try:
            data = urlsafe_b64decode(seal + "=" * (-len(seal) % 4))
        except ValueError:
            return None
        mac = data[:_MAC_BYTES]
        plain = self._under_stream(data[_MAC_BYTES:], mac)
        return plain.decode(errors="surrogatepass") if self._mac(plain) == mac else None

    def _mac(self, plain: bytes) -> bytes:
        return blake2b(plain, key=self._mac_key, digest_size=_MAC_BYTES).digest()

    def _under_stream(self, data: bytes, mac: bytes) -> bytes:
        stream = shake_256(self._stream_key + mac).digest(len(data))
        return (int.from_bytes(data) ^ int.from_bytes(stream)).to_bytes(len(data))


def hidden_contact(body: str, own: str, seal: Seal) -> tuple[str, str, str]:
    """A Contact for the other side, the seal in it and the URI that it stands for; both "" if the Contact has no URI.

    `own` is the `host:port` that takes the place of what is hidden. Of several Contacts, the first.
    """
    line = one_line(body)
    match = _BRACKETED.match(line) or _BARE.match(line)
    if match is None or not match[2] or len(line) > _LONGEST:
        return f"<sip:{own}>", "", ""
    name, uri, parameters = match.groups()
    sealed = seal.sealed(uri)
    return f"{name}<sip:{own};dpc={sealed}>{parameters}", sealed, uri


def hidden_routes(bodies: Sequence[str], own: str, seal: Seal, *, opens: bool) -> Sequence[str]:
    """Record-Routes for the other side: each that is not ours is sealed, in its place.

    `opens`: those that we sealed on the way to the answering side are the asking side's own, which gets them back.
    """
    routes = []
    for route in _ROUTE.findall(one_line(",".join(bodies))):
        match = _SEALED_ROUTE.match(route)
        known = seal.opened(match[1]) if match and opens else None
        if known is not None or _OWN_ROUTE in route:
            routes.append(known or route)
        else:
            routes.append(f"<sip:{own};lr;dpr={seal.sealed(route)}>")
    return routes


def opened_routes(bodies: Sequence[str], seal: Seal) -> Sequence[str] | None:
    """The Routes of a request within a dialog with those opened that were sealed; None if none was."""
    routes = _ROUTE.findall(one_line(",".join(bodies)))
    matches = [_SEALED_ROUTE.match(route) for route in routes]
    opened = [seal.opened(match[1]) if match else None for match in matches]
    if not any(opened):
        return None
    return [known or route for known, route in zip(opened, routes, strict=True)]


def vias_for_replies(bodies: Sequence[str], address: str, port: int) -> str:
    """The Vias that a request's replies have: the first says where it came from (RFC 3261, 18.2.1; RFC 3581)."""
    first, comma, others = one_line(",".join(bodies)).partition(",")
    host = _VIA_HOST.search(first)
    place = f";rport={port}" if _RPORT.search(first) else ""
    if place or "received" in first or host is None or host[1].strip("[]") != address:
        place += f";received={address}"
    return f"{_VIA_PLACE.sub('', first)}{place}{comma}{others}"


def without_branch(vias: str, branch: str) -> str:
    """The Vias with nothing where the first one has this branch; `with_branch` puts it back."""
    own = _BRANCH.search(vias)
    return vias[: own.start()] + vias[own.end() :] if own and own[0] == branch else vias


def with_branch(vias: str, branch: str) -> str:
    """The Vias with this branch where `without_branch` has left nothing."""
    return _BRANCH.sub(lambda own: own[0] or branch, vias, count=1)


class Topology:
    """Entries for Kamailio's script; `own` is the `host:port` that takes the place of what is hidden."""

    def __init__(self, sip: Sip, key: bytes) -> None:
        self._sip = sip
        self._seal = Seal(key)
        self._sealed_vias = lru_cache(maxsize=1024)(self._seal.sealed)

    def hide_contact(self, own: str) -> None:
        """Hide this message's Contact, and keep that for the messages to come."""
        sip = self._sip
        body = sip.text("$ct")
        if body == UNDECODABLE:  # a name that is not UTF-8, as a rule
            body = sip.text("$sel(contact.uri)")
        contact, sealed, uri = hidden_contact(body.replace(UNDECODABLE, ""), own, self._seal)
        sip.set_variable(HIDDEN, contact)
        if sealed:
            sip.put(CONTACTS, body, contact)
            sip.put(TARGETS, sealed, uri)

    def open_target(self, sealed: str) -> bool:
        """Find the URI that a request URI of ours stands for; False if it is none of ours."""
        uri = self._seal.opened(sealed)
        if uri is None:
            return False
        self._sip.set_variable(TARGET, uri)
        self._sip.put(TARGETS, sealed, uri)
        return True

    def hide_routes(self, own: str, *, opens: bool) -> None:
        """Hide this message's Record-Routes."""
        bodies = self._sip.headers("Record-Route", most=_MOST_ROUTES)
        self._sip.replace_header("Record-Route", hidden_routes(bodies, own, self._seal, opens=opens))

    def open_routes(self) -> bool:
        """Open this request's Routes; False if none is sealed."""
        routes = opened_routes(self._sip.headers("Route", most=_MOST_ROUTES), self._seal)
        if routes is None:
            return False
        self._sip.replace_header("Route", routes)
        return True

    def open_reference(self) -> None:
        """Open the URI that a REFER refers to: who is transferred calls it past us (RFC 3515)."""
        body = one_line(self._sip.header("Refer-To"))
        opened = _SEALED_TARGET.sub(lambda match: self._seal.opened(match[1]) or match[0], body)
        if opened != body:
            self._sip.replace_header("Refer-To", [opened])

    def list_vias(self) -> None:
        """Keep this request's Vias for its replies, where they are not as they mostly are."""
        sip = self._sip
        bodies = sip.headers("Via", most=_MOST_VIAS)
        sip.keep(VIAS, vias_for_replies(bodies, sip.text("$si"), sip.number("$sp")))

    def seal_vias(self, branch: str) -> None:
        """Have the INVITE take its Vias along: its answer may come again when its transaction is gone.

        `branch` is that of the topmost, which our Via has in the open. Without it they are the same in each call of a
        caller, and so is their seal.
        """
        vias = without_branch(self._sip.kept_text(VIAS), branch)
        self._sip.set_variable(SEALED_VIAS, f";dpv={self._sealed_vias(vias)}" if len(vias) < _LONGEST else "")

    def restore_vias(self) -> None:
        """Put the caller's Vias into a reply that is too long for the script."""
        self._sip.insert_header("Via", self._sip.kept_text(VIAS))

    def open_vias(self) -> bool:
        """Put the caller's Vias below ours in an answer whose transaction is gone; False if it does not have them."""
        ours, _, others = ",".join(self._sip.headers("Via", most=_MOST_VIAS)).partition(",")
        match = _SEALED_VIAS.search(others)
        vias = self._seal.opened(match[1]) if match else None
        if vias is None:
            return False
        branch = _BRANCH.search(others)
        self._sip.replace_header("Via", [ours, with_branch(vias, branch[0] if branch else "")], first=True)
        return True
