"""Sends a probe to one address over UDP, TCP or TLS and waits for its final status."""

import asyncio
import ssl
from collections.abc import Callable

from dialplane.companion.probing.certificates import tls_failure
from dialplane.companion.probing.options import Probe, final_status, new_probe
from dialplane.domain.hostname import split_hostname
from dialplane.system.address import SocketAddress

T1_S = 0.5  # RFC 3261 section 17.1.2.2: retransmissions start here and double
LARGEST_ANSWER = 65_536  # bytes; an answer to OPTIONS has about 500


class NoAnswer(Exception):
    """Silence, a refused connection, or bytes that answer no probe. The message says which."""


async def probe_status(
    endpoint: SocketAddress, *, hostname: str, transport: str, timeout_s: float, tls: ssl.SSLContext | None = None
) -> int:
    """The final status of an OPTIONS to this address. `tls` is needed for that transport. Raises NoAnswer."""
    try:
        async with asyncio.timeout(timeout_s):
            if transport == "udp":
                return await _udp_status(endpoint, hostname)
            return await _stream_status(endpoint, hostname, transport, tls)
    except TimeoutError:
        raise NoAnswer(f"no answer within {timeout_s:g} s") from None
    except ssl.SSLError as error:
        raise NoAnswer(tls_failure(error)) from error
    except OSError as error:
        raise NoAnswer(error.strerror or type(error).__name__) from error


class _Answers(asyncio.DatagramProtocol):
    """Sets the future `answered` to the first final status."""

    def __init__(self) -> None:
        self.probe: Probe | None = None
        self.answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        status = final_status(self.probe, data) if self.probe is not None else None
        if status is not None and not self.answered.done():
            self.answered.set_result(status)

    def error_received(self, exc: Exception) -> None:
        if not self.answered.done():
            self.answered.set_exception(exc)


async def _udp_status(endpoint: SocketAddress, hostname: str) -> int:
    loop = asyncio.get_running_loop()
    transport, answers = await loop.create_datagram_endpoint(_Answers, remote_addr=endpoint)
    try:
        local = str(SocketAddress(*transport.get_extra_info("sockname")[:2]))
        probe = answers.probe = new_probe(hostname=hostname, transport="udp", local=local)
        wait_s = T1_S
        while not answers.answered.done():
            transport.sendto(probe.payload)
            await asyncio.wait((answers.answered,), timeout=wait_s)
            wait_s *= 2
        return answers.answered.result()
    finally:
        transport.close()
        if answers.answered.done() and not answers.answered.cancelled():
            answers.answered.exception()


async def _stream_status(endpoint: SocketAddress, hostname: str, transport: str, tls: ssl.SSLContext | None) -> int:
    is_tls = transport == "tls"
    reader, writer = await asyncio.open_connection(
        *endpoint,
        limit=LARGEST_ANSWER,
        ssl=tls if is_tls else None,
        server_hostname=split_hostname(hostname).host if is_tls else None,
    )
    try:
        local = str(SocketAddress(*writer.get_extra_info("sockname")[:2]))
        probe = new_probe(hostname=hostname, transport=transport, local=local)
        writer.write(probe.payload)
        await writer.drain()
        return await _read_final(reader, lambda message: final_status(probe, message))
    finally:
        writer.close()


async def _read_final(reader: asyncio.StreamReader, status_of: Callable[[bytes], int | None]) -> int:
    """The first final status among the messages of a stream; bodies are skipped."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            raise NoAnswer("the connection was closed without an answer") from None
        except asyncio.LimitOverrunError:
            raise NoAnswer("the answer is too large") from None
        status = status_of(head.lstrip(b"\r\n"))
        if status is not None:
            return status
