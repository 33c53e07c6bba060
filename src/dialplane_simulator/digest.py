"""Digest authentication (RFC 7616, RFC 8760): challenges, answers to them, and their check.

`sipmessage` splits parameters at the comma of `qop="auth,auth-int"`, so they are read here.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_ALGORITHMS: Mapping[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}
ALGORITHMS = tuple(_ALGORITHMS)
HEADERS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
"""Status of the challenge: the header that carries it, the header that answers it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """How a carrier asks for credentials. `status` is 401 or 407, `algorithm` MD5 or SHA-256."""

    credentials: Credentials
    status: int = 407
    realm: str = "carrier"
    algorithm: str = "MD5"

    def __post_init__(self) -> None:
        if self.status not in HEADERS or self.algorithm not in _ALGORITHMS:
            raise ValueError("a challenge has status 401 or 407 and algorithm MD5 or SHA-256")

    def header(self, nonce: str) -> tuple[str, str]:
        """Name and value of the challenging header."""
        name = HEADERS[self.status][0]
        return name, f'Digest realm="{self.realm}", nonce="{nonce}", algorithm={self.algorithm}, qop="auth"'

    def accepts(self, value: str, *, method: str, is_ours: Callable[[str], bool]) -> bool:
        """Whether this Authorization value proves the password, for a nonce that we gave."""
        parameters = parameters_of(value)
        if parameters.get("username") != self.credentials.username or not is_ours(parameters.get("nonce", "")):
            return False
        return parameters.get("response") == _response(
            self.credentials, parameters | {"realm": self.realm}, method=method
        )


def parameters_of(value: str) -> dict[str, str]:
    """The parameters of a challenge or of credentials, unquoted, names in lower case."""
    return {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(value)}


def answer(challenge: str, credentials: Credentials, *, method: str, uri: str, cnonce: str) -> str:
    """The Authorization value for this challenge. Raises ValueError for an unsupported scheme or algorithm."""
    challenged = parameters_of(challenge)
    algorithm = challenged.get("algorithm", "MD5")
    if not challenge.lower().startswith("digest") or algorithm.upper() not in _ALGORITHMS:
        raise ValueError("a challenge that cannot be answered")
    copied: tuple[str, ...] = ("realm", "nonce", "opaque")
    parameters = {name: challenged[name] for name in copied if name in challenged}
    parameters |= {"username": credentials.username, "uri": uri, "algorithm": algorithm}
    if "auth" in [item.strip() for item in challenged.get("qop", "").split(",")]:
        parameters |= {"qop": "auth", "nc": "00000001", "cnonce": cnonce}
    parameters["response"] = _response(credentials, parameters, method=method)
    bare = ("algorithm", "qop", "nc")
    return "Digest " + ", ".join(f"{k}={v}" if k in bare else f'{k}="{v}"' for k, v in parameters.items())


def _response(credentials: Credentials, parameters: Mapping[str, str], *, method: str) -> str:
    digest = _ALGORITHMS.get(parameters.get("algorithm", "MD5").upper(), _ALGORITHMS["MD5"])
    ha1 = digest(f"{credentials.username}:{parameters.get('realm', '')}:{credentials.password}".encode())
    ha2 = digest(f"{method}:{parameters.get('uri', '')}".encode())
    middle = [parameters.get("nonce", "")]
    if parameters.get("qop"):
        middle += [parameters.get("nc", ""), parameters.get("cnonce", ""), parameters["qop"]]
    return digest(":".join((ha1, *middle, ha2)).encode())
