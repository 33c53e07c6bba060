"""Hostile callers, as a process of their own: all that their permission lets them do to bring the API down.

`python -m tests.faults.hostile` reads an `Attack` as JSON, prints a line when it begins, and in the end how often each
answer came, by attack.
"""

import asyncio
import json
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count

from dialplane.domain.permission import CUSTOMER_ADMIN, CUSTOMER_MANAGER, EDGE, SUPER_ADMIN

MEGABYTE = 1 << 20
SLOW_S = 5.0
NICENESS = 10
"""What they take of the API is the matter, not of the processor that all have in common here."""

ADDRESSES = 60
"""Of loopback, from which passwords are guessed."""

_serial = count(1)


@dataclass(frozen=True)
class Attack:
    """`keys`: access keys by permission. `login`: a right one, of a customer's. `window`: query of 31 days of
    statistics. `poll`: path of a long poll.
    """

    port: int
    seconds: float
    keys: Mapping[str, str]
    login: Mapping[str, str]
    window: str
    poll: str
    crowd: int


class Attackers:
    """Everybody attacks until the time is up. `answers`: attack and status -> how often; 0 for a connection cut off."""

    def __init__(self, attack: Attack) -> None:
        self.attack = attack
        self.answers: Counter[str] = Counter()
        self._ends = 0.0
        self._large = b'{"changes":[' + b"[]," * (20 * MEGABYTE) + b"[]]}"
        self._login = json.dumps({str(n): 1 for n in range(90_000)}).encode()

    async def run(self) -> None:
        self._ends = time.monotonic() + self.attack.seconds
        crowd = self.attack.crowd
        works = [self.reads_slowly() for _ in range(crowd)] + [self.sends_long_login() for _ in range(4)]
        works += [self.guesses(n) for n in range(ADDRESSES)]
        works += [self.logs_in(n) for n in range(ADDRESSES // 2)]
        works += [self.sets_passwords() for _ in range(4)]
        for permission, key in self.attack.keys.items():
            works += [self.asks(f"statistics {permission}", key, path) for path in self._statistics() for _ in range(2)]
            works += [self.asks(f"scans {permission}", key, self._scan()) for _ in range(4)]
            works += [self.sends_large(f"large body {permission}", key, path) for path in ("changes", "events")]
            works += [self.asks(f"long poll {permission}", key, self.attack.poll) for _ in range(crowd)]
            works += [self.asks_and_goes(f"gone {permission}", key) for _ in range(2)]
        await asyncio.gather(*works)
        for answer, once in self._met().items():
            await self._until_met(answer, once)

    def _met(self) -> Mapping[str, Callable[[], Awaitable[int]]]:
        """Attack and the status that is meant for it."""

        def large(permission: str, path: str) -> Callable[[], Awaitable[int]]:
            return lambda: self._answer("POST", f"/v1.0/{path}", self.attack.keys[permission], self._large)

        return {
            "guess 401": lambda: self._guess(0),
            "right login 200": lambda: self._log_in(0),
            "new password 409": self._set_password,
            "long login 413": lambda: self._answer("POST", "/auth/login", "", self._login),
            f"large body {EDGE} 413": large(EDGE, "events"),
            f"large body {SUPER_ADMIN} 400": large(SUPER_ADMIN, "changes"),
            f"large body {CUSTOMER_ADMIN} 403": large(CUSTOMER_ADMIN, "changes"),
        }

    async def _until_met(self, answer: str, once: Callable[[], Awaitable[int]]) -> None:
        """On a busy machine it was not in so short a time."""
        name = answer.rpartition(" ")[0]
        while not self.answers[answer]:
            status = 0
            with suppress(OSError, asyncio.IncompleteReadError):
                status = await once()
            self.answers[f"{name} {status}"] += 1

    def _statistics(self) -> list[str]:
        groups = ("providers", "routes", "targets", "statuses", "customers", "trunks", "edges", "overview")
        return [f"/v1.0/stats/{group}?{self.attack.window}" for group in groups]

    def _scan(self) -> str:
        return "/v1.0/calls?provider_id=00000000-0000-4000-8000-000000000000"

    async def _until_the_end(self, name: str, once: Callable[[], Awaitable[int]]) -> None:
        while (left_s := self._ends - time.monotonic()) > 0:
            status = 0
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(left_s + 0.1):
                    status = await once()
            self.answers[f"{name} {status}"] += 1
            await asyncio.sleep(0 if status == 200 else 0.05)

    async def asks(self, name: str, key: str, path: str) -> None:
        await self._until_the_end(name, lambda: self._answer("GET", path, key))

    async def asks_and_goes(self, name: str, key: str) -> None:
        async def once() -> int:
            async with self._connection() as (_, writer):
                writer.write(self._head("GET", self._statistics()[0], key))
                await asyncio.sleep(0.3)
            return 200

        await self._until_the_end(name, once)

    async def sends_large(self, name: str, key: str, path: str) -> None:
        await self._until_the_end(name, lambda: self._answer("POST", f"/v1.0/{path}", key, self._large))

    async def sends_long_login(self) -> None:
        await self._until_the_end("long login", lambda: self._answer("POST", "/auth/login", "", self._login))

    async def guesses(self, number: int) -> None:
        await self._until_the_end("guess", lambda: self._guess(number))

    async def _guess(self, number: int) -> int:
        username = "admin@localhost" if number % 2 else f"unknown{number}@localhost"
        body = json.dumps({"username": username, "password": f"guess {next(_serial)}"}).encode()
        return await self._answer("POST", "/auth/login", "", body, address=f"127.0.1.{number + 1}")

    async def logs_in(self, number: int) -> None:
        await self._until_the_end("right login", lambda: self._log_in(number))

    async def _log_in(self, number: int) -> int:
        body = json.dumps(self.attack.login).encode()
        return await self._answer("POST", "/auth/login", "", body, address=f"127.0.2.{number + 1}")

    async def sets_passwords(self) -> None:
        await self._until_the_end("new password", self._set_password)

    async def _set_password(self) -> int:
        """Of a person who cannot be made, since the name is taken: nothing but the hash is to pay for."""
        new = {"username": self.attack.login["username"], "password": f"new {next(_serial)}, and long enough"}
        body = json.dumps({"permission": CUSTOMER_MANAGER, **new}).encode()
        return await self._answer("POST", "/v1.0/agents", self.attack.keys[CUSTOMER_ADMIN], body)

    async def reads_slowly(self) -> None:
        async def once() -> int:
            with socket.socket() as wire:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                wire.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_connect(wire, ("127.0.0.1", self.attack.port))
                await loop.sock_sendall(wire, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 14)
                await asyncio.sleep(SLOW_S)
                got = await loop.sock_recv(wire, 16)
            return 0 if got else 1

        await self._until_the_end("slow reader", once)

    @asynccontextmanager
    async def _connection(
        self, *, address: str = "127.0.0.1"
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.attack.port, local_addr=(address, 0))
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def _answer(self, method: str, path: str, key: str, body: bytes = b"", *, address: str = "127.0.0.1") -> int:
        async with self._connection(address=address) as (reader, writer):
            writer.write(self._head(method, path, key, len(body)))
            sending = asyncio.ensure_future(self._send(writer, body))
            try:
                head = await reader.readline()
                await reader.read(65_536)
            finally:
                sending.cancel()
            return int(head.split()[1]) if head else 0

    async def _send(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        with suppress(OSError):
            for begin in range(0, len(body), MEGABYTE):
                writer.write(body[begin : begin + MEGABYTE])
                await writer.drain()

    def _head(self, method: str, path: str, key: str, length: int = 0) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", "Content-Type: application/json", "Connection: close"]
        lines += [f"Authorization: Bearer {key}"] if key else []
        lines += [f"Content-Length: {length}"] if length else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def main() -> None:
    attackers = Attackers(Attack(**json.loads(sys.stdin.read())))
    print("under way", flush=True)
    os.nice(NICENESS)
    asyncio.run(attackers.run())
    print(json.dumps(attackers.answers))


if __name__ == "__main__":
    main()
