"""`/healthz`, `/readyz`, `/metrics`: for supervisors and monitors; no credentials needed."""

import asyncio
import time

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from dialplane.api.http.answers import answer
from dialplane.api.http.asking import services_of
from dialplane.api.http.operation import operation
from dialplane.api.http.routing import resource
from dialplane.api.ops.schemas import Health, Readiness
from dialplane.api.process.opening import missing_secrets
from dialplane.api.process.services import Services
from dialplane.domain.errors import Unavailable
from dialplane.store import migrations

router = resource(tag="operation")

DATABASE_CHECK_S = 1.9

LOOP_SILENT_S = 300.0
"""How long a round beside the requests may take: one over the calls of a busy day takes seconds, and then pauses."""


@router.get("/healthz", **operation("getHealth", "Is the process alive", answer=Health))
async def get_health() -> Response:
    return answer({"status": "ok"})


@router.get("/readyz", **operation("getReadiness", "Will requests be carried out", answer=Readiness))
async def get_readiness(request: Request) -> Response:
    services = services_of(request)
    missing = await asyncio.to_thread(missing_secrets, services.secrets_folder)
    checks = {
        **await _database(services),
        "secrets": f"gone: {', '.join(missing)}" if missing else "ok",
        "loops": _loops(services),
        "process": "stopping" if services.stopping.is_set() else "ok",
    }
    is_ready = all(check == "ok" for check in checks.values())
    told = {"status": "ready" if is_ready else "not_ready", "checks": checks}
    return Response(msgspec.json.encode(told), status_code=200 if is_ready else 503, media_type="application/json")


@router.get("/metrics", **operation("getMetrics", "Metrics in Prometheus' text format", media_type="text/plain"))
async def get_metrics(request: Request) -> Response:
    return Response(services_of(request).metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _database(services: Services) -> dict[str, str]:
    try:
        async with asyncio.timeout(DATABASE_CHECK_S), services.db.read() as unit:
            clock, behind = await unit.clock(), await migrations.behind(unit)
    except TimeoutError:
        return {"database": "no answer in time"}
    except Unavailable as error:
        return {"database": error.code}
    services.metrics.revision.set(clock.revision)
    return {"database": "ok", "schema": behind or "ok"}


def _loops(services: Services) -> str:
    late = [loop for loop, turned in services.turned.items() if time.monotonic() - turned > LOOP_SILENT_S]
    return f"not turning: {', '.join(sorted(late))}" if late else "ok"
