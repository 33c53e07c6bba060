"""/openapi.json, the same for readers of version 3.0, /docs and /redoc.

Their scripts come with the package `fastapi-offline`, nothing from elsewhere. FastAPI is imported when a page is asked
for: few instances ever show one, and it takes a sixth of the API's start.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dialplane.api.http.openapi_3_0 import document_3_0

STATIC = "/static-offline-docs"
_DOCUMENT = "/openapi.json"
_DOCUMENT_3_0 = "/openapi-3.0.json"
_ICON = f"{STATIC}/favicon.png"


def docs_routes(document: Callable[[], dict[str, Any]], *, title: str) -> list[BaseRoute]:
    """The routes of the documentation. `document` is called at the first request for it."""
    document = cache(document)
    encoded = cache(lambda: msgspec.json.encode(document()))
    encoded_3_0 = cache(lambda: msgspec.json.encode(document_3_0(document())))

    async def openapi(request: Request) -> Response:
        return Response(encoded(), media_type="application/json")

    async def openapi_3_0(request: Request) -> Response:
        return Response(encoded_3_0(), media_type="application/json")

    async def swagger(request: Request) -> Response:
        from fastapi.openapi.docs import get_swagger_ui_html

        return get_swagger_ui_html(
            openapi_url=_DOCUMENT,
            title=f"{title} - Swagger UI",
            swagger_js_url=f"{STATIC}/swagger-ui-bundle.js",
            swagger_css_url=f"{STATIC}/swagger-ui.css",
            swagger_favicon_url=_ICON,
        )

    async def redoc(request: Request) -> Response:
        from fastapi.openapi.docs import get_redoc_html

        return get_redoc_html(
            openapi_url=_DOCUMENT,
            title=f"{title} - ReDoc",
            redoc_js_url=f"{STATIC}/redoc.standalone.js",
            redoc_favicon_url=_ICON,
            with_google_fonts=False,
        )

    return [
        Route(_DOCUMENT, openapi),
        Route(_DOCUMENT_3_0, openapi_3_0),
        Route("/docs", swagger),
        Route("/redoc", redoc),
        Mount(STATIC, StaticFiles(packages=[("fastapi_offline", "static")])),
    ]
