"""A caller's half of SIP digest authentication (RFC 3261, section 22; RFC 7616), right or wrong as a test wants it."""

import hashlib
import os
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Challenge:
    """What a 407 asks for."""

    realm: str
    nonce: str
    qop: str
    stale: bool


def challenge_in(response: str) -> Challenge:
    """The challenge of a 407. Raises AssertionError where there is none."""
    found = re.search(r"^Proxy-Authenticate: Digest (.*?)\r?$", response, re.M)
    assert found is not None, response
    fields = dict(re.findall(r'(\w+)="?([^",]*)"?', found[1]))
    return Challenge(fields["realm"], fields["nonce"], fields.get("qop", ""), fields.get("stale", "").lower() == "true")


def credentials(
    challenge: Challenge,
    *,
    username: str,
    password: str,
    uri: str,
    method: str = "INVITE",
    realm: str | None = None,
    count: int = 1,
    with_qop: bool = True,
) -> str:
    """The Proxy-Authorization line that answers a challenge. `count` is the nonce count."""
    named = challenge.realm if realm is None else realm
    secret = _md5(f"{username}:{named}:{password}")
    request = _md5(f"{method}:{uri}")
    fields = f'username="{username}", realm="{named}", nonce="{challenge.nonce}", uri="{uri}", algorithm=MD5'
    if not with_qop:
        return f'Proxy-Authorization: Digest {fields}, response="{_md5(f"{secret}:{challenge.nonce}:{request}")}"\n'
    client = os.urandom(8).hex()
    response = _md5(f"{secret}:{challenge.nonce}:{count:08x}:{client}:auth:{request}")
    fields += f', qop=auth, nc={count:08x}, cnonce="{client}"'
    return f'Proxy-Authorization: Digest {fields}, response="{response}"\n'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
