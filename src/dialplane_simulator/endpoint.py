"""The one file with sockets: a UDP socket and a TCP listener on one port, which move a user agent."""

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from dialplane_simulator.framing import StreamFramer
from dialplane_simulator.useragent import UserAgent
from dialplane_simulator.wire import Malformed, Peer

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 1_000
"""TCP connections at once; the next one is closed. Far more than edges that call a carrier."""
CONNECT_TIMEOUT_S = 5.0
PORT_TRIES = 50

AgentFactory = Callable[[str, int, str], UserAgent]
"""(host, port, seed of tags) -> the user agent that lives there."""


class Endpoint:
    """Sockets, connections and one timer for one user agent. Made by `open_endpoint`."""

    def __init__(self, agent: UserAgent) -> None:
        self.agent = agent
        self.faults = 0
        self._loop = asyncio.get_running_loop()
        self._udp: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._connections: dict[Peer, asyncio.Transport] = {}
        self._connecting: dict[Peer, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def now(self) -> float:
        return self._loop.time()

    async def listen(self, udp: socket.socket, tcp: socket.socket) -> None:
        """Take over these bound sockets."""
        self._udp, _ = await self._loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=udp)
        self._server = await self._loop.create_server(lambda: _Stream(self), sock=tcp)

    def move(self, change: Callable[[float], None]) -> None:
        """Do `change(now)` to the user agent, then send and schedule the consequences.

        An error in our own code must not stop a carrier in the middle of a test: it is logged and counted.
        """
        if self._closed:
            return
        try:
            change(self.now)
            self.agent.agenda.run(self.now)
        except Exception:
            self.faults += 1
            log.exception("a fault in the simulator")
        for data, peer in self.agent.take_outgoing():
            self._send(data, peer)
        self._schedule()

    async def close(self) -> None:
        """Close all sockets and wait until they are. Calls that are going on are left as they are."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in list(self._connections.values()):
            transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        if self._udp is not None:
            self._udp.close()
        await asyncio.sleep(0)

    def accept(self, peer: Peer, transport: asyncio.Transport) -> None:
        """A connection is there, made by the other side or by us."""
        if self._closed or len(self._connections) >= MAX_CONNECTIONS:
            transport.abort()
            return
        self._connections[peer] = transport
        for data in self._connecting.pop(peer, []):
            transport.write(data)

    def lost(self, peer: Peer, transport: asyncio.Transport | None) -> None:
        """The connection is gone."""
        if self._connections.get(peer) is transport:
            del self._connections[peer]
            self.move(lambda now: self.agent.unreachable(peer, now))

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.agent.agenda.next_due
        if due is not None:
            self._timer = self._loop.call_at(due, lambda: self.move(lambda now: None))

    def _send(self, data: bytes, peer: Peer) -> None:
        if not peer.reliable:
            if self._udp is not None:
                self._udp.sendto(data, (peer.host, peer.port))
        elif transport := self._connections.get(peer):
            transport.write(data)
        elif peer in self._connecting:
            self._connecting[peer].append(data)
        else:
            self._connecting[peer] = [data]
            task = self._loop.create_task(self._connect(peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, peer: Peer) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._loop.create_connection(
                    lambda: _Stream(self, peer), peer.host, peer.port, local_addr=(self.agent.host, 0)
                )
        except OSError:
            self._connecting.pop(peer, None)
            self.move(lambda now: self.agent.unreachable(peer, now))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        peer = Peer("udp", addr[0], addr[1])
        self._endpoint.move(partial(self._endpoint.agent.receive, data, peer))


class _Stream(asyncio.Protocol):
    def __init__(self, endpoint: Endpoint, peer: Peer | None = None) -> None:
        self._endpoint = endpoint
        self._framer = StreamFramer()
        self._peer = peer
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._peer is None:
            host, port, *_ = transport.get_extra_info("peername")
            self._peer = Peer("tcp", host, port)
        self._endpoint.accept(self._peer, transport)

    def data_received(self, data: bytes) -> None:
        peer, transport = self._peer, self._transport
        assert peer is not None
        assert transport is not None
        try:
            messages = self._framer.feed(data)
        except Malformed:
            self._endpoint.agent.counts["malformed"] += 1
            transport.abort()
            return
        for message in messages:
            self._endpoint.move(partial(self._endpoint.agent.receive, message, peer))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._peer is not None:
            self._endpoint.lost(self._peer, self._transport)


async def open_endpoint(make_agent: AgentFactory, *, host: str = "127.0.0.1", port: int = 0) -> Endpoint:
    """An endpoint that listens at `host:port` on UDP and TCP; port 0 takes a free one. Raises OSError."""
    udp, tcp = bind_pair(host, port)
    try:
        endpoint = Endpoint(make_agent(host, udp.getsockname()[1], secrets.token_hex(4)))
        await endpoint.listen(udp, tcp)
    except BaseException:
        udp.close()
        tcp.close()
        raise
    return endpoint


def bind_pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket bound to the same port. Raises OSError if the port is in use."""
    for _ in range(PORT_TRIES):
        with contextlib.ExitStack() as stack:
            udp = stack.enter_context(_bound(host, port, socket.SOCK_DGRAM))
            try:
                tcp = stack.enter_context(_bound(host, udp.getsockname()[1], socket.SOCK_STREAM))
            except OSError:
                if port:
                    raise
                continue
            stack.pop_all()
            return udp, tcp
    raise OSError("no port is free for both UDP and TCP")


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, kind)
    try:
        bound.setblocking(False)
        if kind is socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
