"""`POST /auth/login`, also at `/v1.0/auth/login`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.auth.schemas import Login, LoginAnswer
from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.api.http.rate_limits import origin_of
from dialplane.api.http.request import source_ip, unnamed_proxy
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.http.services import Services, services_of
from dialplane.control.login.credentials import InvalidCredentials, check_login
from dialplane.control.units import CREDENTIALS
from dialplane.system.clock import now_us

log = structlog.get_logger("dialplane.api")

AUTH = Resource(tag="auth")


WAIT_S = 5.0
"""Longest wait until a password is looked at."""


@asynccontextmanager
async def _turn(services: Services, *, username: str, address: str) -> AsyncIterator[None]:
    """Each address has one password looked at at a time; a name at an address it is known at waits behind no stranger.

    Raises ApiError 503.
    """
    limits = services.rate_limits
    is_known = limits.is_known(username=username, address=address)
    places, origin = services.known_hashing if is_known else services.hashing, origin_of(address)
    try:
        await places.wait(origin, within_s=WAIT_S)
    except TimeoutError:
        await limits.login_not_tried(username=username, address=address)
        raise ApiError(reasons.OVERLOADED) from None
    try:
        yield
    finally:
        places.leave(origin)


def _login(path: str, *, operation_id: str) -> None:
    @AUTH.endpoint(
        "POST",
        path,
        operation_id=operation_id,
        summary="Log in",
        answer=LoginAnswer,
        work=CREDENTIALS,
        refuses=[reasons.INVALID_CREDENTIALS, reasons.CUSTOMER_FROZEN, reasons.RATE_LIMIT_EXCEEDED],
    )
    async def log_in(request: Request, body: Login) -> Response:
        services, address = services_of(request), source_ip(request)
        if proxy := unnamed_proxy(request):
            log.warning("proxy not in DIALPLANE_TRUSTED_PROXIES: its clients share one limit of logins", proxy=proxy)
        await services.rate_limits.admit_login(username=body.username, address=address)
        try:
            async with _turn(services, username=body.username, address=address):
                agent, stamp = await check_login(services.db, body.username, body.password)
        except InvalidCredentials:
            services.metrics.logins.labels("refused").inc()
            raise
        await services.rate_limits.login_succeeded(username=body.username, address=address)
        services.metrics.logins.labels("accepted").inc()
        token = services.session_keys.issue(agent.id, stamp, now=now_us())
        return JsonResponse({"username": agent.username, "token": token})


_login("/auth/login", operation_id="login")
_login("/v1.0/auth/login", operation_id="loginVersioned")
