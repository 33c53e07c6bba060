"""`python -m dialplane_simulator.once`: one call, which does not outlive whoever wanted it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process

from dialplane_simulator.behaviour import parse_behaviour
from dialplane_simulator.carrier import Carrier, open_carrier
from tests.simulator.dialling import NUMBER
from tests.waiting import eventually_async

LONG_S = 600.0


async def begun(carrier: Carrier, *, talk_s: float) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dialplane_simulator.once", stdin=PIPE, stdout=PIPE
    )
    wanted = {
        "host": carrier.host, "port": carrier.port, "source": "127.0.0.1", "number": NUMBER, "caller": "anonymous",
        "domain": "", "username": "", "password": "", "wait_s": LONG_S, "talk_s": talk_s,
    }  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps(wanted).encode() + b"\n")
    await process.stdin.drain()
    return process


def test_it_talks_as_long_as_it_may_and_says_how_it_ended() -> None:
    async def run() -> None:
        async with open_carrier(parse_behaviour("answer")) as carrier:
            process = await begun(carrier, talk_s=0.05)
            assert process.stdout is not None
            result = json.loads(await asyncio.wait_for(process.stdout.read(), 30))
            assert (result["status"], await process.wait()) == (200, 0)
            [leg] = carrier.legs
            assert (leg.user, leg.hangup_by, leg.call_id) == (NUMBER, "caller", result["call_id"])

    asyncio.run(run())


def test_it_hangs_up_when_whoever_wanted_it_is_gone() -> None:
    async def run() -> None:
        async with open_carrier(parse_behaviour("answer")) as carrier:
            process = await begun(carrier, talk_s=LONG_S)
            await eventually_async(
                lambda: carrier.legs and carrier.legs[0].answered_s is not None, within_s=30, what="it is answered"
            )
            assert process.stdin is not None
            process.stdin.close()
            await eventually_async(lambda: carrier.legs[0].ended_s is not None, within_s=30, what="it is hung up")
            assert carrier.legs[0].hangup_by == "caller"
            await asyncio.wait_for(process.wait(), 30)

    asyncio.run(run())
