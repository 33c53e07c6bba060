"""`GET /v1.0/me`."""

from fastapi import APIRouter
from starlette.responses import Response

from dialplane.api.answers import answer
from dialplane.api.asking import Asks
from dialplane.api.me.schemas import MeAnswer, present
from dialplane.api.operation import operation
from dialplane.control import me

router = APIRouter(prefix="/v1.0/me", tags=["me"])


@router.get("", **operation("getMe", "Who the caller is", permission="me.get", answer=MeAnswer))
async def get_me(asks: Asks) -> Response:
    async with asks.read() as unit:
        found = await me.get(unit, asks.actor)
    return answer(present(found))
