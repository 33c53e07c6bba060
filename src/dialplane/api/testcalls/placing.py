"""A process of its own places a test call. It hangs up when the API ends, however that ends: their pipe does then."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from typing import Any

from dialplane.api.http.services import OwnEdge, Services
from dialplane.control.testcalls import TALK_S, WAIT_S, CallPlan, WayIn

_PASSED_ON = ("PATH", "LANG", "PYTHONPATH", "LD_LIBRARY_PATH")
"""Variables that Python may need; none is a setting, and none leads to the database."""


async def begin(services: Services, call: CallPlan, way: WayIn, *, caller: str) -> "asyncio.Task[dict[str, Any]]":
    """The call as a task, whose result is empty where it could not be placed; `caller` holds a slot until it ends.

    Raises NoFreeSlot, OSError.
    """
    services.test_calls.enter(caller)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "dialplane_simulator.once", stdin=PIPE, stdout=PIPE,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )  # fmt: skip
    except BaseException:
        services.test_calls.leave(caller)
        raise
    task = asyncio.create_task(_carry(process, _described(services.own_edge, call, way)))
    services.background.add(task)

    def ended(task: "asyncio.Task[dict[str, Any]]") -> None:
        services.background.discard(task)
        services.test_calls.leave(caller)

    task.add_done_callback(ended)
    return task


def _described(edge: OwnEdge, call: CallPlan, way: WayIn) -> bytes:
    wanted = {
        "host": edge.sip.host,
        "port": edge.sip.port,
        "source": way.source,
        "number": call.number,
        "caller": call.caller,
        "domain": call.trunk.domain_name,
        "username": way.username,
        "password": way.password,
        "wait_s": WAIT_S,
        "talk_s": TALK_S,
    }
    return json.dumps(wanted).encode() + b"\n"


async def _carry(process: Process, wanted: bytes) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(wanted)
        await process.stdin.drain()
        output = await process.stdout.read()
        await process.wait()
    except ConnectionError:
        return {}
    finally:
        process.stdin.close()
    return dict(json.loads(output)) if output.strip() else {}
