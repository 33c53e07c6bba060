"""`POST /auth/login`, also at `/v1.0/auth/login`."""

from typing import Annotated

from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.auth.schemas import Login, LoginAnswer
from dialplane.api.http import reasons
from dialplane.api.http.answers import answer
from dialplane.api.http.asking import services_of, source_ip
from dialplane.api.http.checks import body
from dialplane.api.http.errors import ApiError
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import resource
from dialplane.api.process.services import instant_now
from dialplane.control.login.credentials import InvalidCredentials, check_login

router = resource(tag="auth")

_SUMMARY = "Log in"
_REFUSES = (reasons.INVALID_CREDENTIALS, reasons.RATE_LIMIT_EXCEEDED)


@router.post("/auth/login", **operation("login", _SUMMARY, takes=Login, answer=LoginAnswer, refuses=_REFUSES))
@router.post(
    "/v1.0/auth/login", **operation("loginVersioned", _SUMMARY, takes=Login, answer=LoginAnswer, refuses=_REFUSES)
)
async def log_in(request: Request, given: Annotated[Login, body(Login)]) -> Response:
    services, address = services_of(request), source_ip(request)
    await services.throttle.admit_login(username=given.username, address=address)
    try:
        agent, stamp = await check_login(services.db, given.username, given.password)
    except InvalidCredentials:
        services.metrics.logins.labels("refused").inc()
        raise ApiError(reasons.INVALID_CREDENTIALS) from None
    await services.throttle.login_succeeded(username=given.username, address=address)
    services.metrics.logins.labels("accepted").inc()
    token = services.session_keys.issue(agent.id, stamp, now=instant_now())
    return answer({"username": agent.username, "token": token})
