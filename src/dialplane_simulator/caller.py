"""A simulated caller on a real port: places any number of calls at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.endpoint import Endpoint, open_endpoint
from dialplane_simulator.timers import Timers
from dialplane_simulator.uac import UserAgentClient
from dialplane_simulator.wire import Peer


class Caller:
    """Places calls from one address. Made by `open_caller`."""

    def __init__(self, endpoint: Endpoint, agent: UserAgentClient) -> None:
        self._endpoint = endpoint
        self._agent = agent

    @property
    def host(self) -> str:
        return self._agent.host

    @property
    def port(self) -> int:
        return self._agent.port

    @property
    def faults(self) -> int:
        """Errors of the simulator's own code; must be 0."""
        return self._endpoint.faults

    def answers(self, call_id: str) -> tuple[str, ...]:
        """The To tags that answered this call so far, also after its end (for 64 T1)."""
        return self._agent.answers(call_id)

    async def call(self, plan: CallPlan) -> CallResult:
        """Place one call and wait until it is over. Cancelling the wait leaves the call to `close`."""
        over: asyncio.Future[CallResult] = asyncio.get_running_loop().create_future()

        def done(result: CallResult) -> None:
            if not over.done():
                over.set_result(result)

        def begin(now: float) -> None:
            self._agent.call(plan, now, done)

        self._endpoint.move(begin)
        return await over

    async def probe(self, to: Peer) -> int | None:
        """The status that an OPTIONS gets, None for silence."""
        answered: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

        def done(status: int | None) -> None:
            if not answered.done():
                answered.set_result(status)

        self._endpoint.move(lambda now: self._agent.probe(to, now, done))
        return await answered

    async def close(self) -> None:
        """Hang up open calls (without waiting for the other side) and close the sockets."""
        self._endpoint.move(self._agent.hang_up_all)
        await self._endpoint.close()


@asynccontextmanager
async def open_caller(*, host: str = "127.0.0.1", port: int = 0, timers: Timers | None = None) -> AsyncIterator[Caller]:
    """A caller that can place calls for as long as the block lasts. Raises OSError if the port is in use."""
    agent: UserAgentClient | None = None

    def make(host: str, port: int, seed: str) -> UserAgentClient:
        nonlocal agent
        agent = UserAgentClient(host=host, port=port, seed=seed, timers=timers)
        return agent

    endpoint = await open_endpoint(make, host=host, port=port)
    assert agent is not None
    caller = Caller(endpoint, agent)
    try:
        yield caller
    finally:
        await caller.close()


async def place_call(plan: CallPlan, *, host: str = "127.0.0.1") -> CallResult:
    """One call from a port of its own."""
    async with open_caller(host=host) as caller:
        return await caller.call(plan)
