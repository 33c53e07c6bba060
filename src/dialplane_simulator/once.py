"""`python -m dialplane_simulator.once`: places the one call that a line of JSON on standard input describes.

It hangs up and ends when standard input ends, so whoever wants the call need only die. The result is JSON on standard
output: what `CallResult` has of status, reason, failure and Call-ID.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

from dialplane_simulator.caller import open_caller
from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.digest import Credentials
from dialplane_simulator.stopping import stopping
from dialplane_simulator.wire import Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class OneCall:
    """`source` calls `number` at `host:port`. `wait_s` bounds the call up to its answer, `talk_s` from there on.

    `username` and `password` answer a digest challenge; none if the name is empty.
    """

    host: str
    port: int
    source: str
    number: str
    caller: str
    domain: str
    username: str
    password: str
    wait_s: float
    talk_s: float

    @property
    def plan(self) -> CallPlan:
        """The call as a caller's plan."""
        return CallPlan(
            to=Peer("udp", self.host, self.port),
            user=self.number,
            caller=self.caller,
            domain=self.domain,
            cancel_after_s=self.wait_s,
            talk_s=self.talk_s,
            credentials=Credentials(self.username, self.password) if self.username else None,
        )


def main() -> int:
    """Exit status 0 with a result, 1 if the call could not be placed from `source`."""
    wanted = OneCall(**json.loads(sys.stdin.readline()))
    try:
        result = asyncio.run(_place(wanted))
    except OSError as error:
        sys.stderr.write(f"{wanted.source}: {error}\n")
        return 1
    sys.stdout.write(json.dumps(_shown(result)) + "\n")
    return 0


async def _place(wanted: OneCall) -> CallResult | None:
    """The result; None if standard input ended before, which hangs up."""
    with stopping(until_stdin_ends=True) as stop:
        async with open_caller(host=wanted.source) as caller:
            call, ended = asyncio.create_task(caller.call(wanted.plan)), asyncio.create_task(stop.wait())
            await asyncio.wait({call, ended}, return_when=asyncio.FIRST_COMPLETED)
            for task in (call, ended):
                if not task.done():
                    task.cancel()
            return call.result() if call.done() and not call.cancelled() else None


def _shown(result: CallResult | None) -> dict[str, Any]:
    if result is None:
        return {}
    return {name: getattr(result, name) for name in ("call_id", "status", "reason", "failure")}


if __name__ == "__main__":
    sys.exit(main())
