"""An authenticated request: who asks, and the units of work that the asker's request may open."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from dialplane.api.http import reasons
from dialplane.api.http.credentials import Credential, credentials_of
from dialplane.api.http.errors import ApiError
from dialplane.api.process.services import Services, instant_now
from dialplane.control.actor import Actor
from dialplane.control.login.credentials import InvalidCredentials, actor_of_accesskey, actor_of_session
from dialplane.control.units import Change, Drafts, Reading
from dialplane.domain.kinds import KINDS

_CREDENTIAL_NOUNS = {"revision", "changes", *(kind.name for kind in KINDS.values() if kind.changes_callers)}


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and through what; `read` and `change` open a unit of work for one use case."""

    actor: Actor
    services: Services
    request: Request

    def read(self) -> AbstractAsyncContextManager[Reading]:
        """One snapshot."""
        return self.services.db.read()

    @asynccontextmanager
    async def change(self, operation: str, *, drafts: Sequence[Drafts] = ()) -> AsyncIterator[Change]:
        """One transaction, one revision; committed when the block ends well."""
        request_id = self.request.scope["state"]["request_id"]
        author = replace(self.actor, source_ip=source_ip(self.request), request_id=request_id)
        async with self.services.db.change(author, operation=operation, drafts=drafts) as unit:
            yield unit
        if unit.is_committed:
            self.services.metrics.revision.set(unit.revision)
        if operation.partition(".")[0] in _CREDENTIAL_NOUNS:
            self.services.callers.forget()


def services_of(request: Request) -> Services:
    """The process's services."""
    services: Services = request.scope["app"].state.services
    return services


async def asking(request: Request) -> Asking:
    """Who asks, by all the credentials that the request carries. Raises ApiError 401 or 429."""
    services = services_of(request)
    found = credentials_of(request.scope, from_query=services.limits.query_credentials)
    if not found:
        raise ApiError(reasons.AUTHENTICATION_REQUIRED)
    actor = await _actor_of(services, found[0])
    for credential in found[1:]:
        other = await _actor_of(services, credential)
        if (other.kind, other.id) != (actor.kind, actor.id):
            raise ApiError(reasons.INVALID_CREDENTIALS)
    services.throttle.admit_request(kind=actor.kind, id_=actor.id)
    request.scope["state"]["actor"] = actor
    return Asking(actor, services, request)


async def _actor_of(services: Services, credential: Credential) -> Actor:
    known = services.callers.find(credential)
    if known is not None:
        return known
    generation = services.callers.generation
    try:
        async with services.db.read() as unit:
            if credential.is_accesskey:
                actor = await actor_of_accesskey(unit, credential.token, now=instant_now())
            else:
                actor = await actor_of_session(unit, services.session_keys, credential.token, now=instant_now())
    except InvalidCredentials:
        raise ApiError(reasons.INVALID_CREDENTIALS) from None
    services.callers.remember(credential, actor, generation=generation)
    return actor


def source_ip(request: Request) -> str:
    """The address that the request came from, as far as the server may believe it."""
    return request.client.host if request.client else ""


Asks = Annotated[Asking, Depends(asking)]
