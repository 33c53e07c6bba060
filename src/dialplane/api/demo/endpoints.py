"""`/v1.0/demo`: a switch for each of the demo's carriers, the plug of the control plane, and what became of the calls.

Only a demo has it, for its own machine: the demo's processes read and write small files in the data folder.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from starlette.responses import Response

from dialplane.api.demo.schemas import (
    DemoAnswer,
    OutageBegun,
    SwitchAnswer,
    SwitchBody,
    present_position,
)
from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError
from dialplane.api.http.request import AuthenticatedRequest, is_from_this_machine
from dialplane.api.http.resource import ObjectId, Resource
from dialplane.api.http.responses import JsonResponse
from dialplane.control import providers
from dialplane.domain.demo import COUNTED, MEANINGS, METADATA, OUTAGE, OUTAGE_S, Switch
from dialplane.domain.errors import NotFound
from dialplane.domain.provider import Provider
from dialplane.system.clock import now_us
from dialplane.system.datafolder import DataFolder
from dialplane.system.files import read_json, replace_file

MOST_PROVIDERS = 100
"""Providers among which the demo's are looked for, the newest."""

DEMO = Resource("/v1.0/demo", tag="demo", kind="provider")


def _folder(request: AuthenticatedRequest) -> DataFolder:
    """The folder of the demo. Raises ApiError 404 for whoever is not on this machine."""
    folder = request.services.demo
    if folder is None or not is_from_this_machine(request.http):
        raise ApiError(reasons.ENDPOINT_NOT_FOUND)
    return folder


@DEMO.endpoint("GET", summary="The demo's carriers and calls", permission="demo.get", answer=DemoAnswer)
async def get_demo(request: AuthenticatedRequest) -> Response:
    folder = _folder(request)
    async with request.read() as unit:
        found = await providers.list_(unit, request.actor, page_size=MOST_PROVIDERS)
    carriers = {str(one.metadata[METADATA]): one for one in found if METADATA in one.metadata}
    return JsonResponse(await asyncio.to_thread(_present, folder, carriers))


@DEMO.endpoint("PUT", "/{id}", summary="Set a carrier's switch", permission="demo.update", answer=SwitchAnswer)
async def set_switch(request: AuthenticatedRequest, id_: ObjectId, body: SwitchBody) -> Response:
    folder, switch = _folder(request), Switch(body.switch)
    async with request.read() as unit:
        provider = await providers.get(unit, request.actor, id_)
    if METADATA not in provider.metadata:
        raise NotFound("provider")
    await asyncio.to_thread(_set, folder, str(provider.metadata[METADATA]), switch)
    return JsonResponse(present_position(switch))


@DEMO.endpoint(
    "POST", "/outage", summary="Pull the plug of the control plane", permission="demo.update", answer=OutageBegun
)
async def begin_outage(request: AuthenticatedRequest) -> Response:
    folder = _folder(request)
    content = json.dumps({"at": now_us(), "for_s": OUTAGE_S})
    await asyncio.to_thread(replace_file, folder.demo_outage, content, durable=False)
    return JsonResponse({"for_s": OUTAGE_S, "meaning": OUTAGE})


def _set(folder: DataFolder, key: str, switch: Switch) -> None:
    replace_file(folder.demo_switches, json.dumps({**_read(folder.demo_switches), key: switch}), durable=False)


def _present(folder: DataFolder, carriers: dict[str, Provider]) -> dict[str, Any]:
    switches, calls = _read(folder.demo_switches), _read(folder.demo_calls)
    outage = calls.get("outage", {})
    return {
        "carriers": [
            {
                "provider_id": one.id,
                "name": one.name,
                "character": one.detail,
                "switch": switches.get(key, Switch.ANSWERS),
            }
            for key, one in sorted(carriers.items())
        ],
        "positions": [{"switch": switch, "meaning": meaning} for switch, meaning in MEANINGS.items()],
        "counted": [
            {"counter": name, "count": calls[name], "meaning": meaning}
            for name, meaning in COUNTED.items()
            if name in calls
        ],
        "lost_calls": calls.get("lost_calls", []),
        "outage": {
            "for_s": OUTAGE_S,
            "meaning": OUTAGE,
            "calls": outage.get("calls", 0),
            "arrived": outage.get("arrived", 0),
        },
    }


def _read(path: Path) -> dict[str, Any]:
    stored = read_json(path)
    return stored if isinstance(stored, dict) else {}
