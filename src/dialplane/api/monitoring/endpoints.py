"""`/healthz`, `/readyz`, `/metrics`: for supervisors and monitoring systems; no credentials needed."""

import asyncio

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.database import missing_secrets, schema_behind
from dialplane.api.http.resource import Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.api.http.services import Services, services_of
from dialplane.api.monitoring.schemas import Health, Readiness
from dialplane.domain.errors import Unavailable
from dialplane.jobs.supervisor import Supervisor

MONITORING = Resource(tag="operation")

DATABASE_CHECK_S = 1.9
OK = "ok"


@MONITORING.endpoint("GET", "/healthz", summary="Is the process alive", answer=Health)
async def get_health(request: Request) -> Response:
    return JsonResponse({"status": OK})


@MONITORING.endpoint("GET", "/readyz", summary="Will requests be carried out", answer=Readiness)
async def get_readiness(request: Request) -> Response:
    services = services_of(request)
    checks = {
        **await _database(services),
        "secrets": await asyncio.to_thread(_secrets, services),
        "loops": _stuck(services.jobs),
        "process": "stopping" if services.stopping.is_set() else OK,
    }
    if any(check != OK for check in checks.values()):
        return JsonResponse({"status": "not_ready", "checks": checks}, status_code=503)
    if failing := services.jobs.failing():
        degraded = {**checks, "loops": f"failing: {', '.join(failing)}"}
        return JsonResponse({"status": "degraded", "checks": degraded})
    return JsonResponse({"status": "ready", "checks": checks})


@MONITORING.endpoint("GET", "/metrics", summary="Metrics in Prometheus' text format", media_type="text/plain")
async def get_metrics(request: Request) -> Response:
    return Response(services_of(request).metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _database(services: Services) -> dict[str, str]:
    try:
        async with asyncio.timeout(DATABASE_CHECK_S), services.db.read() as unit:
            clock, behind = await unit.clock(), await schema_behind(unit)
    except TimeoutError:
        return {"database": "no answer in time"}
    except Unavailable as error:
        return {"database": error.code}
    services.metrics.revision.set(clock.revision)
    return {"database": OK, "schema": behind or OK}


def _secrets(services: Services) -> str:
    missing = missing_secrets(services.secrets_folder)
    return f"gone: {', '.join(missing)}" if missing else OK


def _stuck(jobs: Supervisor) -> str:
    stuck = jobs.stuck()
    return f"not turning: {', '.join(stuck)}" if stuck else OK
