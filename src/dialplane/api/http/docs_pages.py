"""/openapi.json, the same for readers of version 3.0, /docs and /redoc.

Their scripts come with the package `fastapi-offline`, nothing from elsewhere. FastAPI is imported when a page is asked
for: few instances ever show one, and it takes a sixth of the API's start. The first ones take a tenth of a second and
more, so they are made in threads, where Starlette has what is no coroutine.
"""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dialplane.api.http.openapi_3_0 import document_3_0
from dialplane.api.http.prefix import prefix_of

STATIC = "/static-offline-docs"
MOST_PREFIXES = 16
"""Documents that are kept as they are sent: by version, and by the prefixes that proxies say."""

_DOCUMENT = "/openapi.json"
_DOCUMENT_3_0 = "/openapi-3.0.json"
_ICON = f"{STATIC}/favicon.png"


def docs_routes(document: Callable[[], dict[str, Any]], *, title: str) -> list[BaseRoute]:
    """The routes of the documentation. `document` is called at the first request for it."""
    documents = _Documents(document)

    async def openapi(request: Request) -> Response:
        return await documents.response(prefix_of(request), is_3_0=False)

    async def openapi_3_0(request: Request) -> Response:
        return await documents.response(prefix_of(request), is_3_0=True)

    def swagger(request: Request) -> Response:
        from fastapi.openapi.docs import get_swagger_ui_html

        return get_swagger_ui_html(
            openapi_url=prefix_of(request) + _DOCUMENT,
            title=f"{title} - Swagger UI",
            swagger_js_url=f"{prefix_of(request)}{STATIC}/swagger-ui-bundle.js",
            swagger_css_url=f"{prefix_of(request)}{STATIC}/swagger-ui.css",
            swagger_favicon_url=prefix_of(request) + _ICON,
        )

    def redoc(request: Request) -> Response:
        from fastapi.openapi.docs import get_redoc_html

        return get_redoc_html(
            openapi_url=prefix_of(request) + _DOCUMENT,
            title=f"{title} - ReDoc",
            redoc_js_url=f"{prefix_of(request)}{STATIC}/redoc.standalone.js",
            redoc_favicon_url=prefix_of(request) + _ICON,
            with_google_fonts=False,
        )

    return [
        Route(_DOCUMENT, openapi),
        Route(_DOCUMENT_3_0, openapi_3_0),
        Route("/docs", swagger),
        Route("/redoc", redoc),
        Mount(STATIC, StaticFiles(packages=[("fastapi_offline", "static")])),
    ]


class _Documents:
    """The documents as they are sent, each made once, in a thread, however many ask for the first one at a time."""

    def __init__(self, document: Callable[[], dict[str, Any]]) -> None:
        self._document = cache(document)
        self._kept: dict[tuple[str, bool], bytes] = {}
        self._making = asyncio.Lock()

    async def response(self, prefix: str, *, is_3_0: bool) -> Response:
        """The document for clients that reach the API below this prefix."""
        key = prefix, is_3_0
        async with self._making:
            if (content := self._kept.get(key)) is None:
                content = await asyncio.to_thread(self._made, prefix, is_3_0)
                if len(self._kept) >= MOST_PREFIXES:
                    self._kept.clear()
                self._kept[key] = content
        return Response(content, media_type="application/json")

    def _made(self, prefix: str, is_3_0: bool) -> bytes:
        shown = document_3_0(self._document()) if is_3_0 else self._document()
        return msgspec.json.encode({**shown, "servers": [{"url": prefix}]} if prefix else shown)
