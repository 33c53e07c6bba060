"""The 49 torture test messages of RFC 4475: what the edge does with each, and that the next call goes through."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.sip.edges import RunningEdge
from tests.sip.process_group import members
from tests.sip.scenarios import refuse
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer
from tests.waiting import eventually

MESSAGES = Path(__file__).with_name("torture")
CALLS_GO_ON = 486
_VIA = re.compile(rb"((?:^|\r\n)(?:v|via)[ \t]*:\s*SIP\s*/\s*[27]\.0\s*/\s*)[A-Z]+(\s+)[^;,\r\n]+", re.IGNORECASE)


class Outcome(NamedTuple):
    """The statuses that come back (of both requests, where the message holds two), and whether TCP is hung up."""

    statuses: frozenset[int] = frozenset()
    hung_up: bool = False


def only(*statuses: int) -> Outcome:
    return Outcome(frozenset(statuses))


def hung_up_after(status: int) -> Outcome:
    return Outcome(frozenset({status}), hung_up=True)


SILENCE = Outcome()
HUNG_UP = Outcome(hung_up=True)
"""Over TCP nobody knows where the next message begins after one that cannot be parsed."""

ALIKE = {
    # section 3.1.1, valid
    "esc01": only(484),  # an INVITE for sip%3Auser%40example.com: no number
    "escnull": only(405),
    "lwsdisp": only(200),
    "intmeth": only(400),  # has a NUL, if a quoted one: valid, and refused by decision 20
    "esc02": only(405),  # escapes mean nothing in the names of methods and headers: both are unknown ones
    "longreq": only(484),  # an INVITE for no number, whose 34 Vias are not too many
    "semiuri": only(200),
    "transports": only(200),
    "mpart01": only(405),
    "unreason": SILENCE,  # a response to nothing
    "noreason": SILENCE,
    # section 3.1.2, invalid
    "scalar02": only(400),
    "scalarlg": SILENCE,  # a response with numbers that are too large, to be discarded
    "ltgtruri": only(400),
    "trws": only(200),  # blanks at the end of the request line: read with leniency, as the RFC allows
    "escruri": only(484),
    "baddate": only(484),
    "regbadct": only(405),
    "badaspec": only(200),  # an unquoted comma in a display name: leniency again, in an OPTIONS
    "mismatch01": only(400),
    "mismatch02": only(400),
    # sections 3.2 and 3.3: what transactions and applications make of it
    "badbranch": only(200),
    "unkscm": only(400),
    "novelsc": only(400),
    "unksm2": only(400),
    "bext01": only(420),
    "invut": only(484),
    "regaut01": only(405),
    "bcast": SILENCE,  # a response whose second Via is a broadcast address, to be discarded
    "zeromf": only(200),  # an OPTIONS that ends here may be answered (RFC 3261, 11)
    "cparam01": only(405),
    "cparam02": only(405),
    "regescrt": only(405),
    "sdp01": only(484),
}
"""The same over both transports."""

TELLING = {
    # the body is longer than Content-Length says: over TCP, where it says where a message ends, there are two
    "dblreq": (only(400), Outcome(frozenset({405, 400}), hung_up=True)),
    # from before RFC 3261: no Contact, without which there is no dialog; no Content-Length, which TCP cannot do without
    "inv2543": (only(400), HUNG_UP),
    # the body is shorter than Content-Length says: over TCP the rest may still come
    "clerr": (only(400), SILENCE),
    "baddn": (only(400), SILENCE),
    # nobody knows how long the body is
    "ncl": (only(400), HUNG_UP),
    "mcl01": (only(400), hung_up_after(400)),
    "multi01": (only(400), only(400)),  # several From, To, Call-ID and CSeq: the first ones stand in the answer
    "insuf": (SILENCE, SILENCE),  # no From, To and Call-ID: no answer could have what each must have
    # Kamailio's parser reads none of these, and what can be answered is. The first is valid: CSeq is folded
    **dict.fromkeys(("wsinv", "badinv01", "quotbal", "lwsruri", "lwsstart"), (only(400), hung_up_after(400))),
    "badvers": (only(505), hung_up_after(505)),
    "bigcode": (SILENCE, HUNG_UP),  # a response with a status that is too large, to be dropped
}
OUTCOMES = {**{name: (outcome, outcome) for name, outcome in ALIKE.items()}, **TELLING}


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEdge]:
    """One worker for each transport: it is through with a message once it has carried the next call."""
    with ExitStack() as stack:
        stage = Stage(tmp_path_factory.mktemp("torture"), stack)
        stage.table.trunk()
        stage.table.provider(stage.carrier(refuse(CALLS_GO_ON), traced=False).hostname)
        yield stage.edge(workers=1)


@pytest.fixture(scope="module")
def caller(edge: RunningEdge) -> Iterator[Peer]:
    with peer(edge.port) as one:
        yield one


def test_all_49_are_here() -> None:
    assert {path.stem for path in MESSAGES.glob("*.dat")} == OUTCOMES.keys()
    assert len(OUTCOMES) == 49


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("name", OUTCOMES)
def test_each_has_its_outcome_and_calls_go_on(edge: RunningEdge, caller: Peer, name: str, transport: str) -> None:
    expected = OUTCOMES[name][transport == "tcp"]
    workers = members(edge.group)
    raw = (MESSAGES / f"{name}.dat").read_bytes()
    with _connection(edge, transport) as line:
        line.send(raw)
        assert _status_of_a_call(caller) == CALLS_GO_ON
        eventually(lambda: line.heard(expected), what=str(expected))
        line.listen(within_s=0.1)
        assert Outcome(line.statuses, line.hung_up) == expected

    assert workers <= members(edge.group)


class _Line:
    """A connected socket, and what came back on it."""

    def __init__(self, sock: socket.socket, transport: str) -> None:
        self._socket = sock
        self._transport = transport
        self._text = b""
        self.hung_up = False

    def send(self, raw: bytes) -> None:
        """Send a message whose topmost Via leads here."""
        host, port = self._socket.getsockname()
        here = f"{host}:{port}".encode()
        name = self._transport.upper().encode()
        message, count = _VIA.subn(lambda found: found[1] + name + found[2] + here, raw, count=1)
        assert count == 1
        self._socket.sendall(message)

    def heard(self, expected: Outcome) -> bool:
        """Whether all that is expected has come."""
        self.listen(within_s=0.02)
        return self.statuses >= expected.statuses and self.hung_up >= expected.hung_up

    def listen(self, *, within_s: float) -> None:
        """Take what comes in that time."""
        self._socket.settimeout(within_s)
        while not self.hung_up:
            try:
                chunk = self._socket.recv(65_535)
            except TimeoutError:
                return
            except ConnectionError:
                chunk = b""
            self._text += chunk
            self.hung_up = self._transport == "tcp" and not chunk

    @property
    def statuses(self) -> frozenset[int]:
        """Those of the final responses so far."""
        found = re.findall(rb"(?:^|\r\n)SIP/2\.0 ([2-6]\d{2}) ", self._text)
        return frozenset(map(int, found))


@contextmanager
def _connection(edge: RunningEdge, transport: str) -> Iterator[_Line]:
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.connect(("127.0.0.1", edge.port))
        yield _Line(sock, transport)


def _status_of_a_call(caller: Peer) -> int:
    answer = caller.ask(caller.request("INVITE"), within_s=20)
    return int(answer.split(" ", 2)[1]) if answer else 0
