"""`/v1.0/accesskeys`."""

from starlette.responses import Response

from dialplane.api.accesskeys.schemas import (
    DEFAULT_EXPIRE_S,
    AccessKeyAnswer,
    AccessKeyCreate,
    AccessKeyList,
    AccessKeyUpdate,
    present,
)
from dialplane.api.http import reasons
from dialplane.api.http.plain import Plain
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import created
from dialplane.control import accesskeys
from dialplane.domain.kinds import ACCESSKEY

ACCESSKEYS = Resource.of(ACCESSKEY, AccessKeyAnswer)

_PLAIN = Plain(ACCESSKEYS, accesskeys.USE_CASES, present)
_PLAIN.list(AccessKeyList)


@ACCESSKEYS.verb("create", refuses=[reasons.CUSTOMER_NOT_FOUND])
async def create_access_key(request: AuthenticatedRequest, body: AccessKeyCreate) -> Response:
    async with request.change() as unit:
        key, token = await accesskeys.create(unit, request.actor, {"expire": DEFAULT_EXPIRE_S, **body.named_fields()})
        return await request.keep(unit, created(present(key, token=token), unit))


_PLAIN.get()
_PLAIN.update(AccessKeyUpdate)
_PLAIN.delete()
