"""`GET /v1.0/me`."""

from starlette.responses import Response

from dialplane.api.http.answers import answer
from dialplane.api.http.asking import Asks
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import resource
from dialplane.api.me.schemas import MeAnswer, present
from dialplane.control import me

router = resource("/v1.0/me", tag="me")


@router.get("", **operation("getMe", "Who the caller is", permission="me.get", answer=MeAnswer))
async def get_me(asks: Asks) -> Response:
    async with asks.read() as unit:
        found = await me.get(unit, asks.actor)
    return answer(present(found))
