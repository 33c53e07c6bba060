"""A simulated carrier on a real port."""

from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dialplane_simulator.behaviour import Behaviour, NumberPlan
from dialplane_simulator.endpoint import Endpoint, open_endpoint
from dialplane_simulator.timers import Timers
from dialplane_simulator.uas import MAX_RECORDED, Leg, Received, UserAgentServer


class Carrier:
    """Answers calls at `host:port` as its plan says, over UDP and TCP. Made by `open_carrier`."""

    def __init__(self, name: str, plan: NumberPlan) -> None:
        self.name = name
        self.plan = plan
        self._endpoint: Endpoint
        self._agent: UserAgentServer

    async def _open(self, host: str, port: int, timers: Timers | None, recorded: int) -> None:
        def make(host: str, port: int, seed: str) -> UserAgentServer:
            self._agent = UserAgentServer(
                host=host,
                port=port,
                seed=seed,
                behaviour_for=self._behaviour_for,
                name=self.name,
                timers=timers,
                recorded=recorded,
            )
            return self._agent

        self._endpoint = await open_endpoint(make, host=host, port=port)

    def _behaviour_for(self, user: str) -> Behaviour:
        return self.plan.behaviour_for(user)

    def behave(self, behaviour: Behaviour) -> None:
        """Treat the calls from now on like this; those going on stay as they are."""
        self.plan = NumberPlan(otherwise=behaviour)

    @property
    def host(self) -> str:
        return self._agent.host

    @property
    def port(self) -> int:
        return self._agent.port

    @property
    def address(self) -> str:
        """`host:port`, as a provider's hostname is written."""
        return self._agent.address

    @property
    def received(self) -> deque[Received]:
        """Every request that came, retransmissions included, oldest first."""
        return self._agent.received

    @property
    def legs(self) -> deque[Leg]:
        """Every call that came, oldest first."""
        return self._agent.legs

    @property
    def counts(self) -> Counter[str]:
        """How often: methods by name, `answered`, `acknowledged`, `unacknowledged`, `cancelled`, `malformed`, ..."""
        return self._agent.counts

    @property
    def faults(self) -> int:
        """Errors of the simulator's own code; must be 0."""
        return self._endpoint.faults

    def methods(self) -> list[str]:
        """The methods of all requests that came, in order."""
        return [item.request.method for item in self.received]

    async def close(self) -> None:
        await self._endpoint.close()


@asynccontextmanager
async def open_carrier(
    plan: Behaviour | NumberPlan,
    *,
    name: str = "carrier",
    host: str = "127.0.0.1",
    port: int = 0,
    timers: Timers | None = None,
    recorded: int = MAX_RECORDED,
) -> AsyncIterator[Carrier]:
    """A carrier that listens for as long as the block lasts. Raises OSError if the port is in use.

    `recorded`: how many requests and calls it keeps for a look afterwards.
    """
    carrier = Carrier(name, plan if isinstance(plan, NumberPlan) else NumberPlan(otherwise=plan))
    await carrier._open(host, port, timers, recorded)
    try:
        yield carrier
    finally:
        await carrier.close()
