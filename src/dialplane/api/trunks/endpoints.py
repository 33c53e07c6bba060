"""`/v1.0/trunks`."""

from starlette.responses import Response

from dialplane.api.http import reasons
from dialplane.api.http.plain import Plain
from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.trunks import snippets
from dialplane.api.trunks.schemas import TrunkAnswer, TrunkCreate, TrunkList, TrunkUpdate, present
from dialplane.api.trunks.snippets import SnippetsAnswer
from dialplane.control import trunks
from dialplane.domain.kinds import TRUNK

TRUNKS = Resource.of(TRUNK, TrunkAnswer)

_TAKEN = (reasons.ALREADY_EXISTS, reasons.TRUNK_ADDRESS_TAKEN)
_PLAIN = Plain(TRUNKS, trunks.USE_CASES, present)
_PLAIN.list(TrunkList)
_PLAIN.create(TrunkCreate, refuses=[reasons.CUSTOMER_NOT_FOUND, *_TAKEN])
_PLAIN.get()
_PLAIN.update(TrunkUpdate, refuses=_TAKEN)
_PLAIN.delete()


@TRUNKS.endpoint(
    "GET",
    "/{id}/snippets",
    summary="Get what to write into a switch so that its calls come in by a trunk",
    permission="trunk.get",
    answer=SnippetsAnswer,
)
async def get_trunk_snippets(request: AuthenticatedRequest, id_: ObjectId) -> Response:
    async with request.read() as unit:
        trunk = await trunks.USE_CASES.get(unit, request.actor, id_)
    return JsonResponse(snippets.present(trunk, edge=request.services.sip))
