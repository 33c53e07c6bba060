"""Hundreds of INVITEs with something broken in each: the edge answers or ignores them, and never stumbles."""

import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.process_group import members
from tests.sip.scenarios import SDP
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer

MUTANTS = 300
BATCH = 25
SEEDS = (4475, 3261)
NASTY = (
    b"\r\n", b"\n", b"\r", b"\0", b"\x80\xff", b"%00", b"%0d%0a", b"<", b">", b'"', b"\\", b";", b",", b"@",
    b":", b"=", b" ",
    b"\t", b"\xef\xbb\xbf", b"$ru", b"%s%n", b"-1", b"0", b"4294967296", b"99999999999999999999", b"a" * 3000,
    b"sip:", b"tel:", b"sips:", b"SIP/2.0", b";lr", b";tag=x", b";transport=tls", b"[::1]", b"?X=y", b"{}",
    b"\r\n \r\n",
)  # fmt: skip
LINES = (
    b"Route: <sip:192.0.2.1;lr>", b"Record-Route: <sip:192.0.2.1;lr>", b"Proxy-Require: x", b"Require: 100rel",
    b"Proxy-Authorization: Digest username=\"\", realm=\"dialplane\"", b"Content-Encoding: gzip", b"Expires: -1",
    b"Replaces: a;to-tag=b;from-tag=c", b"Via: SIP/2.0/UDP 192.0.2.1", b"Contact: *", b"Max-Forwards: 256",
    b": x", b"x",
    b"Session-Expires: 1", b"Date: never", b"To: \"", b"From: <", b"Call-ID:", b"CSeq: 2 ACK", b"Content-Length: 9999",
)  # fmt: skip
Mutation = Callable[[random.Random, bytes], bytes]


def flip(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text))
    return text[:at] + bytes([text[at] ^ (1 << rng.randrange(8))]) + text[at + 1 :]


def insert(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(NASTY) + text[at:]


def cut(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text))
    return text[:at] + text[at + rng.randrange(1, 40) :]


def truncate(rng: random.Random, text: bytes) -> bytes:
    return text[: rng.randrange(1, len(text))]


def repeat(rng: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\r\n")
    at = rng.randrange(len(lines))
    return b"\r\n".join(lines[:at] + [lines[at]] * rng.randrange(2, 30) + lines[at + 1 :])


def add_line(rng: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\r\n")
    lines.insert(rng.randrange(1, 9), rng.choice(LINES))
    return b"\r\n".join(lines)


def swap(rng: random.Random, text: bytes) -> bytes:
    tokens = re.split(rb"([ :;,<>@=\r\n]+)", text)
    one, two = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[one], tokens[two] = tokens[two], tokens[one]
    return b"".join(tokens)


MUTATIONS: tuple[Mutation, ...] = (flip, insert, insert, cut, truncate, repeat, add_line, swap)


def mutant(rng: random.Random, text: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        text = rng.choice(MUTATIONS)(rng, text) or b"x"
    return text[:60_000]


@pytest.mark.parametrize("seed", SEEDS)
def test_broken_invites_stop_no_call_and_end_no_worker(stage: Stage, seed: int) -> None:
    rng = random.Random(seed)
    with busy_carrier() as hostname:
        stage.table.trunk()
        stage.table.provider(hostname)
        edge = stage.edge(workers=2)
        workers = members(edge.group)
        statuses: Counter[int] = Counter()
        with peer(edge.port) as sender, peer(edge.port) as caller:
            for number in range(MUTANTS):
                sender.send(mutant(rng, valid_invite(sender)))
                if number % BATCH == BATCH - 1:
                    assert status_of(caller.ask(caller.request("INVITE"), within_s=20)) == 486, (
                        number,
                        edge.log()[-2000:],
                    )
                    statuses.update(answers_so_far(sender))

    assert workers <= members(edge.group)
    assert 500 not in statuses
    assert " at worker.py" not in edge.log()
    assert statuses.keys() <= {
        100,
        180,
        200,
        400,
        403,
        404,
        405,
        407,
        414,
        416,
        420,
        481,
        483,
        484,
        486,
        500,
        503,
        505,
        513,
    }
    assert statuses[486] + statuses[484] > 10, statuses
    check_records(edge)


def check_records(edge: RunningEdge) -> None:
    """Every line is an event, and every call that began was tried at most once and ends."""
    started = {event["call"] for event in edge.events("call_started")}
    ended = edge.await_events("call_ended", len(started), within_s=40)
    assert Counter(event["call"] for event in ended) == Counter(started)


def valid_invite(sender: Peer) -> bytes:
    head = sender.request("INVITE").replace("Content-Length: 0\n\n", "").replace("\n", "\r\n")
    body = SDP.replace("\n", "\r\n")
    return f"{head}Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def answers_so_far(sender: Peer) -> Counter[int]:
    return Counter(status_of(answer) for answer in sender.receive_all(for_s=0.05))


def status_of(response: str) -> int:
    found = re.match(r"(?i)SIP/2\.0.{0,8}? (\d{3}) ", response)  # Kamailio echoes the version that came
    return int(found[1]) if found else 0


@contextmanager
def busy_carrier() -> Iterator[str]:
    """A carrier that is busy whatever an INVITE looks like, and takes what it does not understand."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.1)
        stopped = threading.Event()
        thread = threading.Thread(target=_be_busy, args=(sock, stopped))
        thread.start()
        try:
            yield f"127.0.0.1:{sock.getsockname()[1]}"
        finally:
            stopped.set()
            thread.join(timeout=5)


_ECHOED = re.compile(rb"^(?:via|v|from|f|to|t|call-id|i|cseq|record-route)[ \t]*:.*?\r\n(?![ \t])", re.I | re.M | re.S)


def _be_busy(sock: socket.socket, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            request, source = sock.recvfrom(65_535)
        except TimeoutError:
            continue
        if request.startswith((b"INVITE ", b"CANCEL ")):
            status = b"486 Busy Here" if request.startswith(b"INVITE ") else b"200 OK"
            head = request.partition(b"\r\n\r\n")[0] + b"\r\n"
            lines = b"".join(_ECHOED.findall(head + b"\r\n"))
            sock.sendto(b"SIP/2.0 " + status + b"\r\n" + lines + b"Content-Length: 0\r\n\r\n", source)
