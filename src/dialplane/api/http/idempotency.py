"""Idempotency-Key: a POST that is sent again gets the first response again, and changes nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.body import THREAD_FROM_BYTES
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.query import CREDENTIALS, query_of
from dialplane.api.http.services import Services
from dialplane.control import idempotency
from dialplane.control.actor import Actor
from dialplane.control.idempotency import Kept
from dialplane.control.units import Change
from dialplane.domain.errors import InvalidValue

HEADER = "Idempotency-Key"

_STORED_HEADERS = ("etag", "x-revision")


class _Stored(msgspec.Struct):
    headers: dict[str, str]
    body: str


class Replayed(Exception):
    """The key has a stored response: nothing is to be done but to send it."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


class IdempotencyKey:
    """The key of one request. `fingerprint` tells requests with the same key apart."""

    def __init__(self, actor: Actor, key: str, fingerprint: str) -> None:
        self._actor = actor
        self._key = key
        self._fingerprint = fingerprint

    async def replay(self, unit: Change) -> None:
        """To be called first in a unit. Raises Replayed if the key has a response, KeyReused if another request's."""
        kept = await idempotency.find(unit, self._actor, self._key, self._fingerprint)
        if kept is not None:
            stored = msgspec.json.decode(kept.answer, type=_Stored)
            headers = {**stored.headers, "Idempotent-Replay": "true"}
            raise Replayed(Response(stored.body, kept.status, media_type="application/json", headers=headers))

    async def store(self, unit: Change, response: Response) -> None:
        """Store the response in the change's own transaction."""
        headers = {name: response.headers[name] for name in _STORED_HEADERS if name in response.headers}
        stored = msgspec.json.encode(_Stored(headers, bytes(response.body).decode())).decode()
        await idempotency.keep(unit, self._actor, self._key, self._fingerprint, Kept(response.status_code, stored))


@asynccontextmanager
async def idempotency_key_of(
    request: Request, actor: Actor, services: Services, body: bytes
) -> AsyncIterator[IdempotencyKey | None]:
    """The request's key, in use while the block runs; None if it has none. Raises ApiError 400, KeyInUse."""
    headers = request.headers.getlist(HEADER)
    if not headers:
        yield None
        return
    key = _parse(headers)
    with services.keys_in_use.using(actor, key):
        yield IdempotencyKey(actor, key, await _fingerprint(request, body))


def _parse(headers: list[str]) -> str:
    try:
        if len(headers) == 1:
            return idempotency.parse_key(headers[0])
    except InvalidValue:
        pass
    message = f"must be given once, 1 to {idempotency.MAX_KEY} printable ASCII characters"
    raise ApiError(reasons.INVALID_REQUEST_HEADER, details=[Detail(HEADER, "invalid_key", message)]) from None


async def _fingerprint(request: Request, body: bytes) -> str:
    """Of method, path, query and body; the credentials may differ."""
    query = {name: value for name, value in query_of(request.scope).items() if name not in CREDENTIALS}
    parts = (request.method.encode(), request.scope["path"].encode(), msgspec.json.encode(sorted(query.items())), body)
    if len(body) < THREAD_FROM_BYTES:
        return idempotency.fingerprint_of(*parts)
    return await asyncio.to_thread(idempotency.fingerprint_of, *parts)
