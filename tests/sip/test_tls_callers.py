"""Whole calls of a caller that speaks SIP over TLS, which SIPp as Debian builds it cannot."""

import os
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from socket import create_connection

from tests.ports import free_port
from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, HANG_UP, SDP, TAKE_ACK, Pause, Send, Step
from tests.sip.stage import Stage


class TlsPhone:
    """One call on one TLS connection: the next request's headers come from what was answered."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")
        self.port: int = connection.getsockname()[1]
        self._call_id = os.urandom(6).hex()
        self._to = "<sip:+821012345678@127.0.0.1>"
        self.target = "sip:+821012345678@127.0.0.1"
        self._routes: Sequence[str] = ()

    def send(self, method: str, *, number: int, body: str = "") -> None:
        """A request; within the dialog once it was answered."""
        lines = [
            f"{method} {self.target} SIP/2.0",
            f"Via: SIP/2.0/TLS 127.0.0.1:{self.port};branch=z9hG4bK{os.urandom(6).hex()}",
            f"From: <sip:+15550001@127.0.0.1>;tag=phone\r\nTo: {self._to}",
            f"Call-ID: {self._call_id}\r\nCSeq: {number} {method}\r\nMax-Forwards: 70",
            f"Contact: <sip:phone@127.0.0.1:{self.port};transport=tls>",
            *(f"Route: {route}" for route in self._routes),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}\r\n\r\n{body}",
        ]
        self._connection.sendall("\r\n".join(lines).encode())

    def receive(self) -> str:
        """The next message that is no provisional response. Raises TimeoutError where none comes."""
        while True:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = self._stream.readline()
                assert line, "the edge has closed the connection"
                head += line
            text = head.decode()
            body = self._stream.read(int(value_of(text, "Content-Length")))
            if not text.startswith("SIP/2.0 1"):
                return text + body.decode()

    def call(self) -> str:
        """INVITE and, once it is answered, ACK; the answer."""
        self.send("INVITE", number=1, body=SDP.replace("\n", "\r\n"))
        answer = self.receive()
        self._to = value_of(answer, "To")
        self.target = value_of(answer, "Contact").partition("<")[2].partition(">")[0]
        self._routes = re.findall(r"^Record-Route: (.*?)\r$", answer, re.M)[::-1]
        self.send("ACK", number=1)
        return answer

    def answer(self, request: str) -> None:
        """200 to a request within the call."""
        echoed = re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*?(?=\r$)", request, re.M)
        lines = ["SIP/2.0 200 OK", *echoed, "Content-Length: 0", "", ""]
        self._connection.sendall("\r\n".join(lines).encode())


def value_of(message: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r$", message, re.M)
    assert found is not None, message
    return found[1]


@contextmanager
def tls_phone(stage: Stage, carrier: Sequence[Step]) -> Iterator[tuple[TlsPhone, RunningEdge]]:
    """A phone on its connection to an edge whose one carrier, over UDP, does these steps."""
    stage.table.trunk()
    stage.table.provider(stage.carrier(carrier).hostname)
    port = free_port()
    edge = stage.edge(more_sockets=(f"tls:127.0.0.1:{port}",))
    context = ssl.create_default_context(cafile=str(edge.config.run / "tls.crt"))
    context.check_hostname = False
    with (
        create_connection(("127.0.0.1", port), timeout=10) as raw,
        context.wrap_socket(raw) as connection,
    ):
        yield TlsPhone(connection), edge


def test_a_whole_call_over_tls_that_the_caller_hangs_up(stage: Stage) -> None:
    with tls_phone(stage, ANSWER) as (phone, edge):
        assert phone.call().startswith("SIP/2.0 200 ")
        edge.await_events("attempt_answered")

        phone.send("BYE", number=2)
        assert phone.receive().startswith("SIP/2.0 200 ")

    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (200, "caller")


def test_a_call_that_is_to_be_secure_is_carried_from_who_uses_tls_itself(stage: Stage) -> None:
    with tls_phone(stage, ANSWER) as (phone, edge):
        phone.target = "sips:+821012345678@127.0.0.1"
        assert phone.call().startswith("SIP/2.0 200 ")

        [sent] = edge.await_events("attempt_sent")
        assert sent["uri"].startswith("sip:+821012345678@")


def test_the_carriers_bye_comes_back_on_the_callers_own_tls_connection(stage: Stage) -> None:
    hanging_up = (Send(180), Pause(40), Send(200, with_sdp=True), TAKE_ACK, Pause(200), HANG_UP)
    with tls_phone(stage, hanging_up) as (phone, edge):
        assert phone.call().startswith("SIP/2.0 200 ")

        bye = phone.receive()
        phone.answer(bye)
        assert bye.startswith(f"BYE sip:phone@127.0.0.1:{phone.port};transport=tls SIP/2.0\r\n")
        assert "Via: SIP/2.0/TLS " in bye

    [ended] = edge.await_events("call_ended")
    assert (ended["status"], ended["hangup_by"]) == (200, "callee")
