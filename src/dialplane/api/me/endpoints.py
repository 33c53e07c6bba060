"""`GET /v1.0/me`."""

from starlette.responses import Response

from dialplane.api.answers import answer
from dialplane.api.asking import Asks
from dialplane.api.me.schemas import MeAnswer, present
from dialplane.api.operation import operation
from dialplane.api.routing import resource
from dialplane.control import me

router = resource("/v1.0/me", tag="me")


@router.get("", **operation("getMe", "Who the caller is", permission="me.get", answer=MeAnswer))
async def get_me(asks: Asks) -> Response:
    async with asks.read() as unit:
        found = await me.get(unit, asks.actor)
    return answer(present(found))
