"""`/healthz`, `/readyz`, `/metrics`: for supervisors and monitoring systems; no credentials needed."""

import asyncio
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.database import missing_secrets, schema_behind
from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.api.http.request import source_ip
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.http.services import Services, services_of
from dialplane.api.monitoring.schemas import Health, Readiness
from dialplane.control import stored_secrets
from dialplane.control.units import READINESS, Clock, Reading
from dialplane.domain.errors import Unavailable
from dialplane.jobs.supervisor import Supervisor

MONITORING = Resource(tag="operation")

DATABASE_CHECK_S = 1.9
OK = "ok"
CLOCK_AHEAD_S = 60
"""Seconds that the latest change may be dated ahead: clocks of several nodes differ, and a bulk change takes instants
ahead, a microsecond for each object."""

DEGRADING = ("secrets", "storage", "clock")
"""Checks that may fail while requests are carried out; any other that fails is the end of readiness."""


@MONITORING.endpoint("GET", "/healthz", summary="Is the process alive", answer=Health, work=READINESS)
async def get_health(request: Request) -> Response:
    return JsonResponse({"status": OK})


@MONITORING.endpoint("GET", "/readyz", summary="Will requests be carried out", answer=Readiness, work=READINESS)
async def get_readiness(request: Request) -> Response:
    services = services_of(request.scope)
    found, missing = await _look(services)
    checks = {
        **dict.fromkeys(DEGRADING, OK),
        **found,
        "storage": "full: nothing can be stored" if services.db.is_full else OK,
        "loops": _stuck(services.jobs),
        "process": "stopping" if services.stopping.is_set() else OK,
    }
    failing = services.jobs.failing()
    degraded = {
        **({"secrets": f"gone: {', '.join(missing)}"} if missing else {}),
        **({"loops": f"failing: {', '.join(failing)}"} if failing and checks["loops"] == OK else {}),
    }
    shown = {**checks, **degraded}
    if any(check != OK for name, check in checks.items() if name not in DEGRADING):
        return JsonResponse({"status": "not_ready", "checks": shown}, status_code=503)
    is_whole = all(check == OK for check in shown.values())
    return JsonResponse({"status": "ready" if is_whole else "degraded", "checks": shown})


@MONITORING.endpoint(
    "GET",
    "/metrics",
    summary="Metrics in Prometheus' text format",
    media_type="text/plain",
    work=READINESS,
    refuses=[reasons.PERMISSION_DENIED],
)
async def get_metrics(request: Request) -> Response:
    networks = services_of(request.scope).limits.metrics_networks
    if networks and not _is_in(networks, source_ip(request)):
        raise ApiError(reasons.PERMISSION_DENIED)
    return Response(services_of(request.scope).metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _is_in(networks: Sequence[IPv4Network | IPv6Network], address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in networks)


async def _look(services: Services) -> tuple[dict[str, str], list[str]]:
    """Checks of the database, and the secrets that are missing. One look for all who ask at the same time: anybody may
    ask, and as often as they like.
    """
    if services.looking is None:
        services.looking = asyncio.create_task(_looked(services))
        services.looking.add_done_callback(lambda _: setattr(services, "looking", None))
    return await asyncio.shield(services.looking)


async def _looked(services: Services) -> tuple[dict[str, str], list[str]]:
    folder = services.secrets_folder
    try:
        async with asyncio.timeout(DATABASE_CHECK_S), services.db.read(READINESS) as unit:
            clock, behind, problem, missing = await unit.whole(lambda: _read(unit, folder))
    except TimeoutError:
        return {"database": "no answer in time"}, await asyncio.to_thread(missing_secrets, folder)
    except Unavailable as error:
        return {"database": error.code}, await asyncio.to_thread(missing_secrets, folder)
    services.metrics.revision.set(clock.revision)
    ahead_s = (clock.instant - services.db.now()) // 1_000_000
    is_ahead = ahead_s > CLOCK_AHEAD_S
    checks = {
        "database": OK,
        "schema": behind or OK,
        "secrets": problem or OK,
        "clock": f"the latest change is dated {ahead_s} s ahead of this machine's clock" if is_ahead else OK,
    }
    return checks, missing


async def _read(unit: Reading, folder: Path) -> tuple[Clock, str, str, list[str]]:
    clock, behind, problem = await unit.clock(), await schema_behind(unit), await stored_secrets.problem(unit)
    return clock, behind, problem, missing_secrets(folder)


def _stuck(jobs: Supervisor) -> str:
    stuck = jobs.stuck()
    return f"not turning: {', '.join(stuck)}" if stuck else OK
