"""`GET /v1.0/settings`: read-only; the environment sets them."""

from starlette.responses import Response

from dialplane.api.http.request import AuthenticatedRequest
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.settings.schemas import SettingsAnswer

SETTINGS = Resource("/v1.0/settings", tag="settings")


@SETTINGS.endpoint(
    "GET",
    summary="The settings in effect",
    description="Of the process that answers: each control node and each edge has its own.",
    permission="settings.get",
    answer=SettingsAnswer,
)
async def get_settings(request: AuthenticatedRequest) -> Response:
    return JsonResponse({"result": [setting._asdict() for setting in request.services.settings]})
