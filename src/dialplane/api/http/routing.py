"""How a path finds its endpoint: FastAPI's routes, with a first look at the path that costs next to nothing."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Refuse = Callable[[Request, Exception], Coroutine[Any, Any, Response]]


class Route(APIRoute):
    """Most paths are told apart by their beginning, before any regular expression is asked."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **rest: Any) -> None:
        super().__init__(path, endpoint, **rest)
        self._beginning = path.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not scope["path"].startswith(self._beginning):
            return Match.NONE, {}
        return super().matches(scope)


class DirectRoute(Route):
    """An endpoint that takes the request alone and asks its dependencies itself; `Direct` calls it.

    For the few that are asked thousands of times a second: FastAPI's way to them costs more than they do.
    """

    def get_route_handler(self) -> Handler:
        handler: Handler = self.endpoint
        return handler


class Direct:
    """ASGI layer that hands GET requests for direct routes to them, and all others on."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute], refuse: Refuse) -> None:
        """`refuse` turns an error into an answer, or raises it."""
        self.app = app
        self._routes = {route.path: route for route in routes if isinstance(route, DirectRoute)}
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if route is None:
            await self.app(scope, receive, send)
            return
        scope["route"] = route
        request = Request(scope, receive)
        try:
            answer = await route.endpoint(request)
        except Exception as error:
            answer = await self._refuse(request, error)
        await answer(scope, receive, send)


def resource(prefix: str = "", *, tag: str, route_class: type[Route] = Route) -> APIRouter:
    """The router of one resource."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=route_class)
