"""`/v1.0/providers`."""

from typing import Any

from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.names import names_of
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse, created, page, updated
from dialplane.api.providers.absence import AbsenceAnswer, AbsenceQuery, present_absence
from dialplane.api.providers.destinations import check_hostname
from dialplane.api.providers.invite import InviteAnswer, InviteQuery, present_invite
from dialplane.api.providers.schemas import (
    EDGES,
    USE,
    Force,
    HealthAnswer,
    ProviderAnswer,
    ProviderCreate,
    ProviderList,
    ProviderUpdate,
    present,
    present_health,
)
from dialplane.control import absence, health, invites, providers
from dialplane.control.units import STATISTICS
from dialplane.domain.health import Health
from dialplane.domain.kinds import PROVIDER
from dialplane.domain.provider import Provider
from dialplane.system.clock import now_us

PROVIDERS = Resource.of(PROVIDER, ProviderAnswer)


@PROVIDERS.verb("list")
async def list_providers(request: AuthenticatedRequest, query: ProviderList) -> Response:
    async with request.read() as unit:
        found = await providers.list_(unit, request.actor, **query.listing())
        healths = await health.of_providers(unit, found)
        views = await health.views_of(unit, found) if EDGES in query.show else {}
        use = await providers.use(unit, found, now=now_us()) if USE in query.show else {}

    def shown(provider: Provider) -> dict[str, Any]:
        id_ = provider.id
        return present(provider, healths[id_], views=views.get(id_), use=use.get(id_))

    return await page(found, shown)


@PROVIDERS.verb("create")
async def create_provider(request: AuthenticatedRequest, body: ProviderCreate) -> Response:
    check_hostname(body.hostname, request.services.destinations)
    async with request.change() as unit:
        provider = await providers.create(unit, request.actor, body.named_fields())
        return await request.keep(unit, created(present(provider, Health()), unit))


@PROVIDERS.verb("get")
async def get_provider(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        provider = await providers.get(unit, request.actor, id_)
        healths = await health.of_providers(unit, [provider])
    return JsonResponse(present(provider, healths[id_]), version=unit.version_of(id_))


@PROVIDERS.endpoint(
    "GET",
    "/{id}/health",
    summary="Get each edge's view of a provider",
    permission="provider.get",
    answer=HealthAnswer,
)
async def get_provider_health(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        provider = await providers.get(unit, request.actor, id_)
        views = await health.views(unit, provider)
    return JsonResponse(present_health(provider, views))


@PROVIDERS.endpoint(
    "GET",
    "/{id}/absence",
    summary="What would have become of the last day's calls without a provider",
    description="By the decisions that are stored with them; the newest 500 calls that had it in their plan.",
    permission="provider.absence",
    answer=AbsenceAnswer,
    work=STATISTICS,
)
async def get_provider_absence(request: AuthenticatedRequest, id_: ObjectId, query: AbsenceQuery) -> Response:
    async with request.read() as unit:
        found = await absence.of(unit, request.actor, id_, now=now_us())
        names = await names_of(unit, request.actor, query.expand, found.next, found.stranded_targets)
    return JsonResponse(present_absence(found) | names)


@PROVIDERS.endpoint(
    "GET",
    "/{id}/invite",
    summary="Get the INVITE that a provider would get",
    description="What the provider's settings make of a call; the rest of it is the caller's own.",
    permission="provider.get",
    answer=InviteAnswer,
)
async def get_provider_invite(request: AuthenticatedRequest, id_: ObjectId, query: InviteQuery) -> Response:
    async with request.read() as unit:
        found = await invites.of_provider(
            unit,
            request.actor,
            id_,
            number=query.number or "",
            caller=query.caller or "",
            routing_number=query.rn or "",
        )
    return JsonResponse(present_invite(found))


@PROVIDERS.verb("update")
async def update_provider(
    request: AuthenticatedRequest, id_: ObjectId, body: ProviderUpdate, if_version: int | None
) -> Response:
    if body.hostname is not None:
        check_hostname(body.hostname, request.services.destinations)
    async with request.change() as unit:
        if body.repeats:
            body.require_as_stored(present(await providers.get(unit, request.actor, id_), Health()))
        provider = await providers.update(unit, request.actor, id_, body.named_fields(), if_version=if_version)
        healths = await health.of_providers(unit, [provider])
    return updated(present(provider, healths[id_]), unit)


@PROVIDERS.verb("delete", refuses=[reasons.PROVIDER_IN_USE])
async def delete_provider(
    request: AuthenticatedRequest, id_: ObjectId, query: Force, if_version: int | None
) -> Response:
    async with request.change() as unit:
        provider = await providers.delete(unit, request.actor, id_, if_version=if_version, force=query.force)
        healths = await health.of_providers(unit, [provider])
    return updated(present(provider, healths[id_]), unit)
