"""Callers and carriers that answer, give up and cancel at chosen moments: hundreds at once on one event loop.

Each end behaves as RFC 3261 has it: a carrier repeats its 200 until it is acknowledged, a caller acknowledges every 200
and hangs up. What each has seen is kept, to be compared with the edge's record.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

T1_S = 0.5
T2_S = 4.0
GIVE_UP_S = 32.0
_ECHOED = re.compile(r"^(?:Via|From|Call-ID|CSeq|Record-Route): .*$", re.M)
_unique = count(1)


def header(message: str, name: str) -> str:
    """The first header of that name, "" where there is none."""
    found = re.search(rf"^{name}: (.*)$", message, re.M)
    return found[1] if found else ""


def headers(message: str, name: str) -> list[str]:
    """All headers of that name."""
    return re.findall(rf"^{name}: (.*)$", message, re.M)


def tag_of(address: str) -> str:
    """The tag of a From or To."""
    return address.partition(";tag=")[2].partition(";")[0]


class _Socket(asyncio.DatagramProtocol):
    """A UDP socket on loopback; `took` gets each message, with lines ended by LF alone."""

    def __init__(self, took: Callable[[str, tuple[str, int]], None]) -> None:
        self._took = took
        self.transport: asyncio.DatagramTransport | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._took(data.decode().replace("\r\n", "\n"), addr)

    def send(self, message: str, peer: tuple[str, int]) -> None:
        assert self.transport is not None
        self.transport.sendto(message.replace("\n", "\r\n").encode(), peer)

    @property
    def port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])


async def _bound(took: Callable[[str, tuple[str, int]], None], port: int = 0) -> _Socket:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: _Socket(took), local_addr=("127.0.0.1", port))
    protocol.transport = transport
    return protocol


@dataclass
class Leg:
    """One answered INVITE at a carrier: whether it was acknowledged, and hung up."""

    call_id: str
    tag: str
    acknowledged: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Behaviour:
    """What a carrier does with one INVITE; seconds after it. `forks`: with how many To tags it answers. It rings with
    `rings_with`, and `refuses_with` a status 50 ms later, or at once where it does not ring.

    `heeds_cancel`: whether a CANCEL that comes before the answer prevents it, as it should.
    """

    rings_after_s: float | None = None
    rings_with: int = 180
    answers_after_s: float | None = None
    refuses_with: int | None = None
    forks: int = 1
    heeds_cancel: bool = True


class Carrier:
    """Answers each INVITE as `behaviour_of` says for its number."""

    def __init__(self, behaviour_of: Callable[[str], Behaviour]) -> None:
        self._behaviour_of = behaviour_of
        self._socket: _Socket | None = None
        self._answered: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._pending: dict[str, asyncio.Task[None]] = {}
        self.legs: dict[tuple[str, str], Leg] = {}

    async def open(self, port: int = 0) -> None:
        """Bind the socket."""
        self._socket = await _bound(self._took, port)

    @property
    def hostname(self) -> str:
        """What a provider's hostname is to be."""
        assert self._socket is not None
        return f"127.0.0.1:{self._socket.port}"

    def _took(self, message: str, peer: tuple[str, int]) -> None:
        method = message.partition(" ")[0]
        branch = header(message, "Via").partition("branch=")[2].partition(";")[0]
        key = (header(message, "Call-ID"), tag_of(header(message, "To")))
        if method == "INVITE" and branch not in self._pending:
            self._pending[branch] = asyncio.ensure_future(self._serve(message, peer))
        elif method == "CANCEL":
            self._answer(message, 200, peer)
            number = re.search(r"sip:(\+\d+)@", message)
            task = self._pending.get(branch)
            if task is not None and not task.done() and number and self._behaviour_of(number[1]).heeds_cancel:
                task.cancel()
                self._answer(message.replace("CANCEL", "INVITE"), 487, peer, tag="cancelled")
        elif method == "ACK" and key in self.legs:
            self.legs[key].acknowledged = True
        elif method == "BYE":
            known = key in self.legs
            if known:
                self.legs[key].ended = True
            self._answer(message, 200 if known else 481, peer)

    async def _serve(self, invite: str, peer: tuple[str, int]) -> None:
        number = re.search(r"sip:(\+\d+)@", invite)
        behaviour = self._behaviour_of(number[1] if number else "")
        began = asyncio.get_running_loop().time()
        if behaviour.rings_after_s is not None:
            await asyncio.sleep(behaviour.rings_after_s)
            self._answer(invite, behaviour.rings_with, peer, tag="fork1")
        if behaviour.refuses_with is not None:
            await asyncio.sleep(0 if behaviour.rings_after_s is None else 0.05)
            self._answer(invite, behaviour.refuses_with, peer, tag="fork1")
            return
        if behaviour.answers_after_s is None:
            await asyncio.sleep(3600)
        else:
            await asyncio.sleep(max(0.0, began + behaviour.answers_after_s - asyncio.get_running_loop().time()))
        for fork in range(1, behaviour.forks + 1):
            leg = Leg(header(invite, "Call-ID"), f"fork{fork}")
            self.legs[leg.call_id, leg.tag] = leg
            self._answered[leg.call_id, leg.tag] = asyncio.ensure_future(self._repeat(invite, leg, peer))

    async def _repeat(self, invite: str, leg: Leg, peer: tuple[str, int]) -> None:
        wait_s, waited_s = T1_S, 0.0
        while not leg.acknowledged and waited_s < GIVE_UP_S:
            self._answer(invite, 200, peer, tag=leg.tag)
            await asyncio.sleep(wait_s)
            waited_s += wait_s
            wait_s = min(wait_s * 2, T2_S)

    def _answer(self, request: str, status: int, peer: tuple[str, int], *, tag: str = "") -> None:
        assert self._socket is not None
        to = header(request, "To") + (f";tag={tag}" if tag else "")
        contact = f"Contact: <sip:carrier@{self.hostname}>"
        lines = [f"SIP/2.0 {status} Because", *_ECHOED.findall(request), f"To: {to}", contact, "Content-Length: 0"]
        self._socket.send("\n".join([*lines, "", ""]), peer)

    def close(self) -> None:
        """End all that is under way."""
        for task in (*self._pending.values(), *self._answered.values()):
            task.cancel()
        if self._socket is not None and self._socket.transport is not None:
            self._socket.transport.close()


@dataclass
class CallSeen:
    """What a caller has seen: the final statuses, each new To tag of a 200 once."""

    call_id: str
    statuses: list[int] = field(default_factory=list)
    answered_tags: set[str] = field(default_factory=set)


class Caller:
    """Places calls to an edge from one socket."""

    def __init__(self, edge_port: int) -> None:
        self._edge = ("127.0.0.1", edge_port)
        self._socket: _Socket | None = None
        self._calls: dict[str, CallSeen] = {}
        self._invites: dict[str, str] = {}
        self._final: dict[str, asyncio.Event] = {}
        self._ended: dict[str, asyncio.Event] = {}

    async def open(self) -> None:
        """Bind the socket."""
        self._socket = await _bound(self._took)

    async def call(self, number: str, *, cancel_after_s: float | None = None, within_s: float = 30.0) -> CallSeen:
        """Place a call, cancel it after a while where asked, hang up where it is answered; once all that is over."""
        call_id = f"race-{next(_unique)}"
        seen = self._calls[call_id] = CallSeen(call_id)
        self._final[call_id], self._ended[call_id] = asyncio.Event(), asyncio.Event()
        invite = self._invites[call_id] = self._request("INVITE", call_id, number, branch=f"z9hG4bK{call_id}")
        self._send(invite)
        if cancel_after_s is not None:
            await asyncio.sleep(cancel_after_s)
            if not self._final[call_id].is_set():
                self._send(self._request("CANCEL", call_id, number, branch=f"z9hG4bK{call_id}"))
        async with asyncio.timeout(within_s):
            await self._final[call_id].wait()
            if seen.answered_tags:
                await self._ended[call_id].wait()
        return seen

    def _took(self, message: str, peer: tuple[str, int]) -> None:
        method, call_id = header(message, "CSeq").split()[1], header(message, "Call-ID")
        status = int(message.split()[1]) if message.startswith("SIP/2.0 ") else 0
        if method == "BYE" and status >= 200:
            self._ended[call_id].set()
        if method != "INVITE" or status < 200:
            return
        seen = self._calls[call_id]
        to, is_new = header(message, "To"), True
        if status < 300:
            is_new = tag_of(to) not in seen.answered_tags
            seen.answered_tags.add(tag_of(to))
            self._within(message, "ACK", 1)
        else:
            is_new = status not in seen.statuses
            ack = self._invites[call_id].replace("INVITE", "ACK")
            self._send(re.sub(r"^To: .*$", f"To: {to}", ack, flags=re.M))
        if is_new:
            seen.statuses.append(status)
        if status < 300 and is_new:
            self._within(message, "BYE", 2)
        self._final[call_id].set()

    def _within(self, answer: str, method: str, cseq: int) -> None:
        target = header(answer, "Contact").partition("<")[2].partition(">")[0]
        routes = "".join(f"Route: {route}\n" for route in headers(answer, "Record-Route")[::-1])
        call_id = header(answer, "Call-ID")
        self._send(
            f"{method} {target} SIP/2.0\n{self._via(f'z9hG4bK{call_id}{method}{next(_unique)}')}"
            f"From: {header(answer, 'From')}\nTo: {header(answer, 'To')}\nCall-ID: {call_id}\nCSeq: {cseq} {method}\n"
            f"{routes}Max-Forwards: 70\nContent-Length: 0\n\n"
        )

    def _request(self, method: str, call_id: str, number: str, *, branch: str) -> str:
        assert self._socket is not None
        return (
            f"{method} sip:{number}@127.0.0.1:{self._edge[1]} SIP/2.0\n{self._via(branch)}"
            f"From: <sip:+15550001@127.0.0.1>;tag={call_id}\nTo: <sip:{number}@127.0.0.1>\nCall-ID: {call_id}\n"
            f"CSeq: 1 {method}\nMax-Forwards: 70\nContact: <sip:me@127.0.0.1:{self._socket.port}>\n"
            "Content-Length: 0\n\n"
        )

    def _via(self, branch: str) -> str:
        assert self._socket is not None
        return f"Via: SIP/2.0/UDP 127.0.0.1:{self._socket.port};branch={branch}\n"

    def _send(self, message: str) -> None:
        assert self._socket is not None
        self._socket.send(message, self._edge)

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None and self._socket.transport is not None:
            self._socket.transport.close()


async def until(condition: Callable[[], bool], *, within_s: float) -> bool:
    """Whether the condition came true in that time."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


async def in_parallel(works: Iterable[Callable[[], Awaitable[CallSeen]]], *, most: int) -> list[CallSeen]:
    """Do all of them, so many at one time."""
    places = asyncio.Semaphore(most)

    async def one(work: Callable[[], Awaitable[CallSeen]]) -> CallSeen:
        async with places:
            return await work()

    return list(await asyncio.gather(*(one(work) for work in works)))
