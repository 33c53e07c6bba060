"""The answer to a carrier's challenge (RFC 3261, section 22; RFC 7616; RFC 8760), with a provider's credentials."""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from typing import NamedTuple

_ANSWERED_BY = {"www-authenticate": "Authorization", "proxy-authenticate": "Proxy-Authorization"}
_FOLD = re.compile(r"\r?\n[ \t]+")
_PARAMETER = re.compile(r'([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', re.IGNORECASE)
_COUNT = "00000001"
_SESSION = "-sess"


class Credentials(NamedTuple):
    """The user name and password with which the edge answers a carrier's challenge."""

    username: str
    password: str


class Challenge(NamedTuple):
    """One that can be answered. `header` is the one that answers it; `has_qop`: it wants `qop=auth`."""

    header: str
    realm: str
    nonce: str
    algorithm: str
    has_qop: bool
    opaque: str
    is_stale: bool


def _hash(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


_HASHES: Mapping[str, Callable[[str], str]] = {
    "md5": _hash("md5"),
    "sha-256": _hash("sha256"),
    "sha-512-256": _hash("sha512_256"),
}


def challenge_in(response: str) -> Challenge | None:
    """The topmost challenge of a response that can be answered (RFC 8760, section 2.4), None if none can.

    That is one for Digest, by a known algorithm, and without the wish that the body be signed (`qop="auth-int"` alone).
    """
    head = _FOLD.sub(" ", response.replace("\r\n\r\n", "\n\n").partition("\n\n")[0])
    for line in head.splitlines():
        name, _, value = line.partition(":")
        header = _ANSWERED_BY.get(name.strip().lower())
        challenge = _challenge(header, value.strip()) if header else None
        if challenge:
            return challenge
    return None


def _challenge(header: str, value: str) -> Challenge | None:
    scheme, _, rest = value.partition(" ")
    found = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
    algorithm = found.get("algorithm", "MD5")
    qops = [qop.strip().lower() for qop in found.get("qop", "").split(",") if qop.strip()]
    is_known = scheme.lower() == "digest" and algorithm.lower().removesuffix(_SESSION) in _HASHES
    if not is_known or not found.get("nonce") or (qops and "auth" not in qops) or not value.isprintable():
        return None
    return Challenge(
        header=header,
        realm=found.get("realm", ""),
        nonce=found["nonce"],
        algorithm=algorithm,
        has_qop=bool(qops),
        opaque=found.get("opaque", ""),
        is_stale=found.get("stale", "").lower() == "true",
    )


def authorization(
    challenge: Challenge, credentials: Credentials, *, method: str, uri: str, client_nonce: str = ""
) -> tuple[str, str]:
    """The name and the body of the header that answers a challenge of this request."""
    client_nonce = client_nonce or secrets.token_hex(8)
    algorithm = challenge.algorithm.lower()
    digest = _HASHES[algorithm.removesuffix(_SESSION)]
    secret = digest(f"{credentials.username}:{challenge.realm}:{credentials.password}")
    if algorithm.endswith(_SESSION):
        secret = digest(f"{secret}:{challenge.nonce}:{client_nonce}")
    request = digest(f"{method}:{uri}")
    middle = f"{_COUNT}:{client_nonce}:auth:" if challenge.has_qop else ""
    response = digest(f"{secret}:{challenge.nonce}:{middle}{request}")
    fields = [
        f'username="{credentials.username}", realm="{challenge.realm}", nonce="{challenge.nonce}", uri="{uri}"',
        f'response="{response}", algorithm={challenge.algorithm}',
        *([f'opaque="{challenge.opaque}"'] if challenge.opaque else []),
        *([f"qop=auth, nc={_COUNT}"] if challenge.has_qop else []),
        *([f'cnonce="{client_nonce}"'] if challenge.has_qop or algorithm.endswith(_SESSION) else []),
    ]
    return challenge.header, f"Digest {', '.join(fields)}"
