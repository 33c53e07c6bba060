"""Messages of a shape that no sound peer sends: refused or ignored, never carried, and the next call goes through."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.scenarios import refuse
from tests.sip.stage import Stage
from tests.sip.wire import peer

REFUSED = {0, 400, 513}
Shape = Callable[[str], bytes]


def with_lines(*lines: str) -> Shape:
    """A request with these lines before its Max-Forwards."""
    return lambda text: text.replace("Max-Forwards", "\n".join([*lines, "Max-Forwards"])).replace("\n", "\r\n").encode()


def changed(old: str, new: str) -> Shape:
    """A request with a part replaced; `new` may hold bare CR, LF and NUL."""
    return lambda text: text.replace("\n", "\r\n").replace(old, new, 1).encode("latin-1")


BRANCHES = [f"SIP/2.0/UDP 192.0.2.{host};branch=z9hG4bK{host}" for host in range(70)]
SHAPES: dict[str, Shape] = {
    "60 kB": with_lines("X-Long: " + "a" * 60_000),
    "6,000 headers": with_lines(*(f"X-{n}: y" for n in range(6000))),
    "500 short headers": with_lines(*(["A:b"] * 500)),
    "a header of 4,000 folds": with_lines("X: a", *([" b"] * 4000)),
    "70 Vias": with_lines(*(f"Via: {branch}" for branch in BRANCHES)),
    "70 Vias in a line": with_lines("Via: " + ",".join(BRANCHES)),
    "70 compact Vias": with_lines(*(f"v : {branch}" for branch in BRANCHES)),
    "an empty Call-ID": lambda text: changed(
        text.partition("Call-ID: ")[2].partition("\n")[0] + "\r\nCSeq", "\r\nCSeq"
    )(text),
    "NUL in the request URI": changed("sip:+8210", "sip:+82\0" + "10"),
    "NUL in a value": changed("Max-Forwards", "Subject: a\0b\r\nMax-Forwards"),
    "NUL in a name": changed("Max-Forwards", "Sub\0ject: a\r\nMax-Forwards"),
    "LF only": lambda text: text.encode(),
    "one bare LF": changed("Max-Forwards", "Subject: a\nP-Asserted-Identity: <sip:me@x>\r\nMax-Forwards"),
    "one bare CR": changed("Max-Forwards", "Subject: a\rP-Asserted-Identity: <sip:me@x>\r\nMax-Forwards"),
    "no end": lambda text: text.replace("\n", "\r\n").rstrip().encode(),
    "a negative Content-Length": changed("Content-Length: 0", "Content-Length: -1"),
    "a Content-Length beyond the message": changed("Content-Length: 0", "Content-Length: 500"),
    "a Content-Length of many digits": changed("Content-Length: 0", "Content-Length: 99999999999999999999"),
    "a CSeq beyond 2^31": changed("CSeq: 1 ", "CSeq: 4294967297 "),
    "a CSeq of another method": changed("CSeq: 1 ", "CSeq: 1 X"),
    "no From": changed("From:", "Nofrom:"),
    "no To": changed("\r\nTo:", "\r\nNoto:"),
    "two Call-IDs": with_lines("Call-ID: other"),
}


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEdge]:
    """One worker: it is through with a message once it has carried the next call."""
    with ExitStack() as stack:
        stage = Stage(tmp_path_factory.mktemp("shapes"), stack)
        stage.table.trunk()
        stage.table.provider(stage.carrier(refuse(486), traced=False).hostname)
        yield stage.edge(workers=1)


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_a_request_of_no_sound_shape_is_never_carried(edge: RunningEdge, shape: Shape, method: str) -> None:
    before = len(edge.events("call_started"))
    with peer(edge.port) as sender, peer(edge.port) as caller:
        sender.send(shape(sender.request(method)))
        assert status_of(caller.ask(caller.request("INVITE"), within_s=20)) == 486
        answers = {status_of(answer) for answer in sender.receive_all(for_s=0.1)} - {100}

    edge.await_events("call_ended", before + 1)
    assert len(edge.events("call_started")) == before + 1
    assert answers <= REFUSED


def test_a_large_but_sound_call_is_carried_over_both_transports(edge: RunningEdge) -> None:
    with peer(edge.port) as caller:
        text = caller.request("INVITE", headers=f"X-Long: {'a' * 12_000}\n" + "".join(f"X-{n}: y\n" for n in range(60)))
        assert status_of(caller.ask(text, within_s=20)) == 486

        with socket.create_connection(("127.0.0.1", edge.port), timeout=20) as line:
            line.sendall(
                text.replace("SIP/2.0/UDP", "SIP/2.0/TCP")
                .replace("Call-ID: ", "Call-ID: t")
                .replace("\n", "\r\n")
                .encode()
            )
            answer = b""
            while b"SIP/2.0 486" not in answer:
                chunk = line.recv(65_535)
                assert chunk
                answer += chunk


def test_what_is_too_large_over_tcp_is_refused_or_hung_up_on(edge: RunningEdge) -> None:
    with peer(edge.port) as caller:
        text = caller.request("INVITE", headers=f"X-Long: {'a' * 100_000}\n").replace("\n", "\r\n")
        with socket.create_connection(("127.0.0.1", edge.port), timeout=20) as line:
            try:
                line.sendall(text.replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
                answer = line.recv(65_535)
            except ConnectionError:
                answer = b""
        assert answer[:12] in {b"", b"SIP/2.0 513 "}
        assert status_of(caller.ask(caller.request("INVITE"), within_s=20)) == 486


def status_of(response: str) -> int:
    return int(response.split(" ", 2)[1]) if response.startswith("SIP/2.0 ") else 0
