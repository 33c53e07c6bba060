"""What every test of the real edge plays on: carriers, callers and a Kamailio that leave nothing behind."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.sip.edges import Event, RunningEdge, SharedEdge, Table
from tests.sip.polite import PoliteCarrier, polite_carrier
from tests.sip.scenarios import Caller, Step
from tests.sip.sipp import Call, Carrier, place_calls, running_carrier, start_calls
from tests.sip.wire import Peer, peer, peer_at_edge
from tests.waiting import eventually


class Stage:
    """Carriers, an edge, and calls through it."""

    def __init__(self, folder: Path, stack: ExitStack, shared: SharedEdge | None = None) -> None:
        self._folder = folder
        self._shared = shared
        self._stack = stack
        self._carriers: list[Carrier] = []
        self._calls = 0
        self.table = Table()

    def carrier(self, steps: Sequence[Step], **settings: Any) -> Carrier:
        """A carrier that does these steps with each INVITE."""
        folder = self._folder / f"carrier-{len(self._carriers)}"
        self._carriers.append(self._stack.enter_context(running_carrier(folder, steps, **settings)))
        return self._carriers[-1]

    def polite_carrier(self, *, refuse_after_s: float) -> PoliteCarrier:
        """A carrier that can be cancelled at any moment."""
        return self._stack.enter_context(polite_carrier(refuse_after_s=refuse_after_s))

    def edge(self, **settings: Any) -> RunningEdge:
        """Kamailio, started with the table as it stands."""
        return self.edge_at(lambda port: None, **settings)

    def shared_edge(self) -> RunningEdge:
        """That of the test's file, with the table as it stands and the usual settings. The test must not end it."""
        assert self._shared is not None
        return self._shared.with_table(self.table)

    def edge_at(self, prepare: Callable[[int], object], **settings: Any) -> RunningEdge:
        """The same, where the table depends on the port."""
        port = free_port()
        prepare(port)
        edge = RunningEdge(self._folder, self.table, port=port, **settings)
        self._stack.callback(edge.kill, signal.SIGKILL)
        edge.start()
        return edge

    def at_end(self, undo: Callable[[], object]) -> None:
        """Have this done when the test is over."""
        self._stack.callback(undo)

    @contextmanager
    def by_hand(self, **settings: Any) -> Iterator[tuple[RunningEdge, Peer, Peer]]:
        """The edge, and the caller and the one carrier on both sides of it, which the test plays itself."""
        with peer_at_edge() as carrier:
            self.table.provider(f"127.0.0.1:{carrier.port}")
            edge = self.edge(**settings)
            carrier.reach(edge.port)
            with peer(edge.port) as caller:
                yield edge, caller, carrier

    def neighbour(self) -> None:
        """A process that is always busy, on the processors that this one may use now."""
        process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)

    def call(self, edge: RunningEdge, caller: Caller | None = None, **settings: Any) -> Call:
        """Place a call and wait for its end; it must go as its scenario says."""
        call = self.attempt_call(edge, caller, **settings)
        assert call.exit_code == 0, f"{call.why()}\n{edge.log()[-3000:]}\n{edge.kinds()[-300:]}"
        return call

    def attempt_call(self, edge: RunningEdge, caller: Caller | None = None, **settings: Any) -> Call:
        """Place a call and wait for its end, whatever comes."""
        self._calls += 1
        return place_calls(self._folder / f"caller-{self._calls}", caller or Caller(), edge.port, **settings)

    def await_call(self, edge: RunningEdge) -> Event:
        """Wait until the first call is up on both sides; the event of its answer."""
        [answered] = edge.await_events("attempt_answered")
        eventually(lambda: any(carrier.received("ACK") for carrier in self._carriers), what="a carrier to get the ACK")
        return answered

    @contextmanager
    def calling(self, edge: RunningEdge, caller: Caller, **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
        """Calls that go on during the block."""
        self._calls += 1
        process = start_calls(self._folder / f"caller-{self._calls}", caller, edge.port, **settings)
        try:
            yield process
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
            process.wait()
