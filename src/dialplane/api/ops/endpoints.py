"""`/healthz`, `/readyz`, `/metrics`: for supervisors and monitors; no credentials needed."""

import asyncio

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.answers import answer
from dialplane.api.asking import services_of
from dialplane.api.operation import operation
from dialplane.api.ops.schemas import Health, Readiness
from dialplane.api.routing import resource
from dialplane.api.services import Services
from dialplane.domain.errors import Unavailable

router = resource(tag="operation")

DATABASE_CHECK_S = 1.9


@router.get("/healthz", **operation("getHealth", "Is the process alive", answer=Health))
async def get_health() -> Response:
    return answer({"status": "ok"})


@router.get("/readyz", **operation("getReadiness", "Will requests be carried out", answer=Readiness))
async def get_readiness(request: Request) -> Response:
    services = services_of(request)
    checks = {
        "database": await _database(services),
        "process": "stopping" if services.stopping.is_set() else "ok",
    }
    is_ready = all(check == "ok" for check in checks.values())
    told = {"status": "ready" if is_ready else "not_ready", "checks": checks}
    return Response(msgspec.json.encode(told), status_code=200 if is_ready else 503, media_type="application/json")


@router.get("/metrics", **operation("getMetrics", "Metrics in Prometheus' text format", media_type="text/plain"))
async def get_metrics(request: Request) -> Response:
    return Response(services_of(request).metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _database(services: Services) -> str:
    try:
        async with asyncio.timeout(DATABASE_CHECK_S):
            clock = await services.db.clock()
    except TimeoutError:
        return "no answer in time"
    except Unavailable as error:
        return error.code
    services.metrics.revision.set(clock.revision)
    return "ok"
