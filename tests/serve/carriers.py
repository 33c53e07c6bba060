"""Simulated carriers on real ports, which a test changes while calls come in; they live in a thread of their own."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from typing import TypeVar

from dialplane_simulator.behaviour import Behaviour, answer
from dialplane_simulator.carrier import Carrier, open_carrier

T = TypeVar("T")
DONE_WITHIN_S = 10.0


class LiveCarrier:
    """`hostname` is what a provider's is to be. It answers calls and OPTIONS until it is told otherwise."""

    def __init__(self, carriers: "Carriers", carrier: Carrier) -> None:
        self._carriers = carriers
        self._carrier = carrier
        self.hostname = carrier.address
        self.port = carrier.port

    @property
    def calls(self) -> int:
        """How many it was sent."""
        return len(self._carrier.legs)

    def behave(self, behaviour: Behaviour) -> None:
        """Treat calls and OPTIONS like this from now on."""
        self._carrier.behave(behaviour)

    def answer_options(self, status: int | None) -> None:
        """Answer OPTIONS with this status from now on; None is silence. Calls are treated as before."""
        self.behave(replace(self._carrier.plan.otherwise, options_status=status))

    def die(self) -> None:
        """Close its ports for good."""
        self._carriers.run(self._carrier.close())


class Carriers:
    """`open` makes one; all are closed at the end of `live_carriers`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._opened = AsyncExitStack()

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Do this among the carriers."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DONE_WITHIN_S)

    def open(self, behaviour: Behaviour | None = None, *, host: str = "127.0.0.1", port: int = 0) -> LiveCarrier:
        """A carrier that answers calls at once, or behaves like this."""
        opening = open_carrier(behaviour or answer(), host=host, port=port)
        return LiveCarrier(self, self.run(self._opened.enter_async_context(opening)))

    def close(self) -> None:
        """All of them, those that are dead too."""
        self.run(self._opened.aclose())


@contextmanager
def live_carriers() -> Iterator[Carriers]:
    """Room for carriers."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    carriers = Carriers(loop)
    try:
        yield carriers
    finally:
        carriers.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DONE_WITHIN_S)
        loop.close()
