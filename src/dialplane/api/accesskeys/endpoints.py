"""`/v1.0/accesskeys`."""

from collections.abc import Mapping
from functools import partial

from starlette.responses import Response

from dialplane.api.accesskeys.schemas import (
    DEFAULT_EXPIRE_S,
    USED,
    AccessKeyAnswer,
    AccessKeyCreate,
    AccessKeyList,
    AccessKeyUpdate,
    present,
    present_expanded,
)
from dialplane.api.http import reasons
from dialplane.api.http.names import names_of
from dialplane.api.http.plain import Plain
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import created, page
from dialplane.control import accesskeys
from dialplane.control.login import uses
from dialplane.control.login.uses import KeyUse
from dialplane.domain.kinds import ACCESSKEY, CUSTOMER
from dialplane.system.clock import now_us

ACCESSKEYS = Resource.of(ACCESSKEY, AccessKeyAnswer)

_PLAIN = Plain(ACCESSKEYS, accesskeys.USE_CASES, present)


@ACCESSKEYS.verb("list")
async def list_access_keys(request: AuthenticatedRequest, query: AccessKeyList) -> Response:
    async with request.read() as unit:
        found = await accesskeys.list_(unit, request.actor, **query.listing())
        names = await names_of(unit, request.actor, [word for word in query.expand if word == CUSTOMER.name], found)
        used: Mapping[str, KeyUse] = {}
        if USED in query.expand:
            used = await uses.of_keys(unit, request.services.uses, {key.id for key in found})
    shown = partial(present_expanded, expand=query.expand, uses=used, now=now_us())
    return await page(found, shown, **names)


@ACCESSKEYS.verb("create", refuses=[reasons.CUSTOMER_NOT_FOUND])
async def create_access_key(request: AuthenticatedRequest, body: AccessKeyCreate) -> Response:
    async with request.change() as unit:
        key, token = await accesskeys.create(unit, request.actor, {"expire": DEFAULT_EXPIRE_S, **body.named_fields()})
        return await request.keep(unit, created(present(key, token=token), unit))


_PLAIN.get()
_PLAIN.update(AccessKeyUpdate)
_PLAIN.delete()
