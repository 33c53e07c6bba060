"""`/v1.0/providers`."""

from typing import Annotated

from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.answers import IfMatch, answer, changed, created, page, tm_create
from dialplane.api.http.asking import Asks
from dialplane.api.http.checks import body, query
from dialplane.api.http.once import Once
from dialplane.api.http.operation import ObjectId, operation
from dialplane.api.http.routing import resource
from dialplane.api.http.schemas import page_of
from dialplane.api.providers.destinations import check_hostname
from dialplane.api.providers.schemas import (
    Force,
    HealthAnswer,
    ProviderAnswer,
    ProviderCreate,
    ProviderList,
    ProviderUpdate,
    present,
    present_health,
)
from dialplane.control import health, providers
from dialplane.domain.health import Health

router = resource("/v1.0/providers", tag="providers")


@router.get(
    "",
    **operation(
        "listProviders",
        "List providers",
        permission="provider.list",
        query=ProviderList,
        answer=page_of(ProviderAnswer),
    ),
)
async def list_providers(asks: Asks, asked: Annotated[ProviderList, query(ProviderList)]) -> Response:
    async with asks.read() as unit:
        found = await providers.list_(unit, asks.actor, **asked.listing())
        known = await health.of_providers(unit, found)
    return page(found, lambda item: present(item, known[item.id]), token=tm_create)


@router.post(
    "",
    **operation(
        "createProvider",
        "Create a provider",
        permission="provider.create",
        versioned=True,
        takes=ProviderCreate,
        answer=ProviderAnswer,
        repeatable=True,
    ),
)
async def create_provider(
    asks: Asks, given: Annotated[ProviderCreate, body(ProviderCreate)], attempted: Once
) -> Response:
    check_hostname(given.hostname, asks.services.destinations)
    async with asks.change("provider.create") as unit:
        if (earlier := await attempted.before(unit)) is not None:
            return earlier
        made = await providers.create(unit, asks.actor, given.named())
        return await attempted.keep(unit, created(present(made, Health()), unit))


@router.get(
    "/{id}",
    **operation(
        "getProvider",
        "Get a provider, deleted ones too",
        permission="provider.get",
        versioned=True,
        answer=ProviderAnswer,
        refuses=[reasons.INVALID_ID, reasons.PROVIDER_NOT_FOUND],
    ),
)
async def get_provider(asks: Asks, id_: ObjectId) -> Response:
    async with asks.read() as unit:
        found = await providers.get(unit, asks.actor, id_)
        known = await health.of_providers(unit, [found])
    return answer(present(found, known[id_]), version=unit.version_of(id_))


@router.get(
    "/{id}/health",
    **operation(
        "getProviderHealth",
        "Get each edge's view of a provider",
        permission="provider.get",
        answer=HealthAnswer,
        refuses=[reasons.INVALID_ID, reasons.PROVIDER_NOT_FOUND],
    ),
)
async def get_provider_health(asks: Asks, id_: ObjectId) -> Response:
    async with asks.read() as unit:
        found = await providers.get(unit, asks.actor, id_)
        seen = await health.views(unit, found)
    return answer(present_health(found, seen))


@router.put(
    "/{id}",
    **operation(
        "updateProvider",
        "Change a provider",
        permission="provider.update",
        versioned=True,
        takes=ProviderUpdate,
        answer=ProviderAnswer,
        refuses=[reasons.PROVIDER_NOT_FOUND, reasons.STATE_INVALID, reasons.VERSION_MISMATCH],
    ),
)
async def update_provider(
    asks: Asks, id_: ObjectId, given: Annotated[ProviderUpdate, body(ProviderUpdate)], version: IfMatch
) -> Response:
    if given.hostname is not None:
        check_hostname(given.hostname, asks.services.destinations)
    async with asks.change("provider.update") as unit:
        made = await providers.update(unit, asks.actor, id_, given.named(), if_version=version)
        known = await health.of_providers(unit, [made])
    return changed(present(made, known[id_]), unit)


@router.delete(
    "/{id}",
    **operation(
        "deleteProvider",
        "Delete a provider; again answers the same",
        permission="provider.delete",
        versioned=True,
        query=Force,
        answer=ProviderAnswer,
        refuses=[
            reasons.INVALID_ID,
            reasons.PROVIDER_NOT_FOUND,
            reasons.STORAGE_FULL,
            reasons.PROVIDER_IN_USE,
            reasons.VERSION_MISMATCH,
        ],
    ),
)
async def delete_provider(
    asks: Asks, id_: ObjectId, version: IfMatch, asked: Annotated[Force, query(Force)]
) -> Response:
    async with asks.change("provider.delete") as unit:
        made = await providers.delete(unit, asks.actor, id_, if_version=version, force=asked.force)
        known = await health.of_providers(unit, [made])
    return changed(present(made, known[id_]), unit)
