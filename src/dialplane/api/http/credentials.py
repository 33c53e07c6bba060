"""The credentials of a request, and the actors that they were found to stand for a moment ago."""

import time
from collections import OrderedDict
from typing import NamedTuple

from starlette.types import Scope

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.api.http.query import query_of
from dialplane.control.actor import Actor
from dialplane.control.login.credentials import looks_like_accesskey

MAX_TOKEN = 4096
KNOWN_FOR_S = 1.0
MAX_KNOWN = 4096


class Credential(NamedTuple):
    """One credential as it was sent; `is_accesskey` or else a session's JWT."""

    is_accesskey: bool
    token: str


def credentials_of(scope: Scope, *, from_query: bool) -> list[Credential]:
    """All credentials that the request carries, each once. Raises ApiError 401 for a form that is none of ours."""
    found: dict[Credential, None] = {}
    for name, value in scope["headers"]:
        if name == b"authorization":
            found[_bearer(value)] = None
    if from_query:
        query = query_of(scope)
        for name, is_accesskey in (("token", False), ("accesskey", True)):
            if name in query:
                found[Credential(is_accesskey, _token(query[name]))] = None
    return list(found)


def _bearer(value: bytes) -> Credential:
    scheme, _, token = value.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise ApiError(reasons.INVALID_CREDENTIALS)
    token = _token(token.strip())
    return Credential(looks_like_accesskey(token), token)


def _token(token: str) -> str:
    if not token or len(token) > MAX_TOKEN or not token.isascii():
        raise ApiError(reasons.INVALID_CREDENTIALS)
    return token


class KnownCallers:
    """Credentials that were valid less than a second ago, so that a busy caller costs no database look-up each time.

    `forget` must follow every change of agents, access keys and customers. A change made by another control node
    is seen after KNOWN_FOR_S.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Credential, tuple[float, Actor]] = OrderedDict()
        self._generation = 0

    @property
    def generation(self) -> int:
        """To be read before a look-up and handed to `remember`, so that an older truth is not kept."""
        return self._generation

    def find(self, credential: Credential) -> Actor | None:
        """The actor of a credential that was valid a moment ago."""
        until, actor = self._known.get(credential, (0.0, None))
        return actor if time.monotonic() < until else None

    def remember(self, credential: Credential, actor: Actor, *, generation: int) -> None:
        """Keeps what was just looked up, unless something was forgotten since `generation`."""
        if generation == self._generation:
            self._known[credential] = (time.monotonic() + KNOWN_FOR_S, actor)
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)

    def forget(self) -> None:
        """Nobody is known any more."""
        self._generation += 1
        self._known.clear()
