"""Carriers over TLS: who they are is known before anything is sent to them."""

import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, socket

import psutil
import pytest

from dialplane.kamailio.certificate import ensure_own
from dialplane.kamailio.config import TlsConfig
from tests.authority import Authority
from tests.ports import free_port
from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, TAKE_INVITE, refuse
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer
from tests.waiting import eventually

_ECHOED = re.compile(r"^(?:Via|From|Call-ID|CSeq|Record-Route): .*(?=\r$)", re.M)


@contextmanager
def tls_in_front_of(
    tcp_port: int, certificate: Path, key: Path, *, asked_for: list[str | None] | None = None
) -> Iterator[int]:
    """A port that takes TLS and hands what is in it to a carrier that takes TCP.

    `asked_for` gets the server name of each connection.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if asked_for is not None:
        context.sni_callback = lambda _, name, __: asked_for.append(name)
    context.load_cert_chain(certificate, key)
    with socket(AF_INET, SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=_serve, args=(listener, context, tcp_port))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(2)
            thread.join(5)


def _serve(listener: socket, context: ssl.SSLContext, tcp_port: int) -> None:
    threads = []
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            break
        thread = threading.Thread(target=_carry, args=(raw, context, tcp_port), daemon=True)
        thread.start()
        threads.append(thread)


def _carry(raw: socket, context: ssl.SSLContext, tcp_port: int) -> None:
    with raw, socket(AF_INET, SOCK_STREAM) as carrier:
        try:
            raw.settimeout(5)
            with context.wrap_socket(raw, server_side=True) as outside:
                carrier.connect(("127.0.0.1", tcp_port))
                outside.settimeout(0.02)
                carrier.settimeout(0.02)
                while _moved(outside, carrier) and _moved(carrier, outside):
                    pass
        except OSError:
            return


def _moved(source: socket, target: socket) -> bool:
    try:
        data = source.recv(65_535)
    except TimeoutError:
        return True
    target.sendall(data)
    return bool(data)


def tls_edge(stage: Stage, **settings: object) -> RunningEdge:
    return stage.edge(more_sockets=(f"tls:127.0.0.1:{free_port()}",), **settings)


def test_a_provider_over_tls_is_reached_over_tls(stage: Stage, tmp_path: Path) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER, transport="t1")
    with tls_in_front_of(carrier.port, *Authority(tmp_path, "nobody").sign("carrier.example")) as port:
        stage.table.provider(f"127.0.0.1:{port}", transport="tls")
        edge = tls_edge(stage)

        stage.call(edge)

    [invite] = carrier.received("INVITE")
    assert invite.first_line == f"INVITE sip:+821012345678@127.0.0.1:{port};transport=tls SIP/2.0"
    assert (invite.header("Via") or "").startswith("SIP/2.0/TLS ")
    assert edge.await_events("call_ended")[0]["status"] == 200


def test_a_call_over_tls_asks_for_its_providers_name(stage: Stage, tmp_path: Path) -> None:
    stage.table.trunk()
    names: list[str | None] = []
    carrier = stage.carrier(ANSWER, transport="t1")
    certificate = Authority(tmp_path, "nobody").sign("carrier.example")
    with tls_in_front_of(carrier.port, *certificate, asked_for=names) as port:
        provider = stage.table.provider(f"carrier.example:{port}", transport="tls")
        edge = tls_edge(stage)
        edge.resolve(provider, f"127.0.0.1:{port}")

        stage.call(edge)

    assert names == ["carrier.example"]


@pytest.mark.parametrize(
    ("presents", "answered"),
    [
        ("signed", 1),
        ("its own", 1),
        ("signed by one of a folder", 1),
        ("another's", 2),
        ("another's, to a folder", 2),
        ("expired", 2),
        ("no authorities", 2),
    ],
)
def test_a_carriers_certificate_is_checked_where_authorities_are_named(
    stage: Stage, tmp_path: Path, presents: str, answered: int
) -> None:
    """The provider is an address, so for which name it holds is not asked."""
    stage.table.trunk()
    carrier = stage.carrier(ANSWER, transport="t1")
    certificate, authorities = presented(presents, tmp_path)
    with tls_in_front_of(carrier.port, *certificate) as port:
        stage.table.provider(f"127.0.0.1:{port}", transport="tls", no_response_timeout_s=1)
        stage.table.provider(stage.carrier(ANSWER).hostname)
        edge = tls_edge(stage, tls=TlsConfig(authorities=authorities))

        stage.call(edge)

    assert edge.await_events("attempt_answered")[0]["n"] == answered


NAMES = [("SIP.Carrier.Example", 1), ("*.carrier.example", 1), ("*.example", 2), ("carrier.example", 2)]


@pytest.mark.parametrize(("named", "answered"), [*NAMES, ("other.example", 2)])
def test_a_carrier_whose_certificate_has_another_name_gets_no_call(
    stage: Stage, tmp_path: Path, named: str, answered: int
) -> None:
    """By the rules of RFC 6125, section 6.4, as for the probes."""
    stage.table.trunk()
    carrier = stage.carrier(ANSWER, transport="t1")
    authority = Authority(tmp_path, "authority")
    with tls_in_front_of(carrier.port, *authority.sign(named)) as port:
        provider = stage.table.provider(f"sip.carrier.example:{port}", transport="tls", no_response_timeout_s=1)
        stage.table.provider(stage.carrier(ANSWER).hostname)
        edge = tls_edge(stage, tls=TlsConfig(authorities=authority.file))
        edge.resolve(provider, f"127.0.0.1:{port}")

        stage.call(edge)

    assert edge.await_events("attempt_answered")[0]["n"] == answered
    assert len(carrier.received("INVITE")) == (answered == 1)


@pytest.mark.parametrize(("also_for", "statuses"), [("other.example", [503, 503]), ("third.example", [503, None])])
def test_carriers_of_one_address_share_a_connection_where_the_certificate_is_for_both(
    stage: Stage, tmp_path: Path, also_for: str, statuses: list[int | None]
) -> None:
    """The second carrier is dialled over the first one's connection, or not at all."""
    stage.table.trunk()
    connections: list[str | None] = []
    carrier = stage.carrier((*refuse(503), TAKE_INVITE, *refuse(503)), transport="t1")
    authority = Authority(tmp_path, "authority")
    certificate = authority.sign("carrier.example", also_for)
    with tls_in_front_of(carrier.port, *certificate, asked_for=connections) as port:
        names = ("carrier.example", "other.example")
        providers = [stage.table.provider(f"{name}:{port}", transport="tls", no_response_timeout_s=1) for name in names]
        stage.table.provider(stage.carrier(ANSWER).hostname)
        edge = tls_edge(stage, tls=TlsConfig(authorities=authority.file))
        for provider in providers:
            edge.resolve(provider, f"127.0.0.1:{port}")

        stage.call(edge)

    assert edge.await_events("attempt_answered")[0]["n"] == 3
    assert [event["status"] for event in edge.events("attempt_ended")] == [status for status in statuses if status]
    skipped = [event["why"][-1] for event in edge.events("attempt_skipped")]
    assert skipped == ["connection_taken"] * statuses.count(None)
    assert connections == ["carrier.example"]
    assert len(carrier.received("INVITE")) == len(statuses) - statuses.count(None)


def presented(what: str, folder: Path) -> tuple[tuple[Path, Path], Path]:
    """The carrier's certificate and key, and the edge's authorities: in one file, or in a folder."""
    authority, own = Authority(folder, "authority"), (folder / "own.crt", folder / "own.key")
    ensure_own(*own, name="carrier", addresses=["127.0.0.1"])
    signer = Authority(folder, "other") if what.startswith("another's") else authority
    bundle = folder / ("missing" if what == "no authorities" else "bundle.pem")
    if what != "no authorities":
        bundle.write_text(authority.file.read_text() + own[0].read_text())
    certificate = own if what == "its own" else signer.sign("carrier.example", expired=what == "expired")
    return certificate, rehashed(authority, folder) if what.endswith("folder") else bundle


def rehashed(authority: Authority, folder: Path) -> Path:
    """A folder of authorities as the system has one."""
    authorities = folder / "authorities"
    authorities.mkdir()
    shutil.copy(authority.file, authorities)
    subprocess.run(["openssl", "rehash", authorities], check=True, timeout=30)
    return authorities


def test_a_caller_may_come_over_tls_and_sees_a_certificate(stage: Stage) -> None:
    stage.table.trunk()
    port = free_port()
    edge = stage.edge(more_sockets=(f"tls:127.0.0.1:{port}",))

    presented = ssl.get_server_certificate(("127.0.0.1", port))

    assert presented.strip() == (edge.config.run / "tls.crt").read_text().strip()
    assert (edge.config.run / "tls.key").stat().st_mode & 0o077 == 0


class TlsCarrier:
    """A carrier of one call, which closes its connections as it likes; `asked_for` has the name of each."""

    def __init__(self, listener: socket, certificate: tuple[Path, Path]) -> None:
        self.asked_for: list[str | None] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._context.sni_callback = lambda _, name, __: self.asked_for.append(name)
        self._listener = listener
        self.port: int = listener.getsockname()[1]

    @contextmanager
    def connection(self) -> Iterator[ssl.SSLSocket]:
        """The next connection; after the block the edge has seen that it is over, and sends nothing more on it."""
        raw, _ = self._listener.accept()
        raw.settimeout(5)
        with raw, self._context.wrap_socket(raw, server_side=True) as connection:
            yield connection
        eventually(lambda: not self._is_open(), what="the edge to close the connection, too")

    def _is_open(self) -> bool:
        over = (psutil.CONN_LISTEN, psutil.CONN_TIME_WAIT, psutil.CONN_CLOSE)
        connections = psutil.net_connections("tcp4")
        return any(one.laddr.port == self.port and one.status not in over for one in connections if one.laddr)

    def take(self, connection: ssl.SSLSocket, method: str) -> str:
        """The next message, which must be a request of that method."""
        text = connection.recv(65_535).decode()
        assert text.startswith(f"{method} "), text
        return text

    def answer(self, connection: ssl.SSLSocket, request: str, *headers: str) -> None:
        to = re.search(r"^To: .*(?=\r$)", request, re.M)
        lines = ["SIP/2.0 200 OK", *headers, *_ECHOED.findall(request), f"{to[0] if to else ''};tag=carrier"]
        lines += [f"Contact: <sip:carrier@127.0.0.1:{self.port};transport=tls>", "Content-Length: 0", "", ""]
        connection.sendall("\r\n".join(lines).encode())


@contextmanager
def tls_carrier(certificate: tuple[Path, Path]) -> Iterator[TlsCarrier]:
    with socket(AF_INET, SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(10)
        yield TlsCarrier(listener, certificate)


@pytest.mark.parametrize("ends", ["caller", "edge"])
def test_a_connection_that_is_opened_within_a_call_asks_for_the_name_as_well(
    stage: Stage, tmp_path: Path, ends: str
) -> None:
    stage.table.trunk()
    authority = Authority(tmp_path, "authority")
    with tls_carrier(authority.sign("carrier.example")) as carrier:
        provider = stage.table.provider(f"carrier.example:{carrier.port}", transport="tls")
        longest_s = 2 if ends == "edge" else 60
        edge = tls_edge(stage, tls=TlsConfig(authorities=authority.file), max_call_s=longest_s)
        edge.resolve(provider, f"127.0.0.1:{carrier.port}")
        with peer(edge.port) as caller:
            answer = begin_call(caller, carrier)
            if ends == "caller":
                caller.send(caller.request_within(answer, "BYE", cseq=2))
            with carrier.connection() as connection:
                carrier.take(connection, "BYE")

    assert carrier.asked_for == ["carrier.example"] * 2


def test_a_connection_that_was_opened_within_a_call_carries_the_next_one(stage: Stage, tmp_path: Path) -> None:
    """An answer on it has shown whose it is, be it to a BYE."""
    stage.table.trunk()
    authority = Authority(tmp_path, "authority")
    with (
        tls_carrier(authority.sign("carrier.example")) as carrier,
        peer_of(stage, authority, carrier) as caller,
    ):
        caller.send(caller.request_within(begin_call(caller, carrier), "BYE", cseq=2))
        with carrier.connection() as connection:
            carrier.answer(connection, carrier.take(connection, "BYE"))
            assert caller.receive_final().startswith("SIP/2.0 200")
            caller.send(caller.request("INVITE"))
            carrier.take(connection, "INVITE")

    assert carrier.asked_for == ["carrier.example"] * 2


def test_another_server_within_a_call_is_not_asked_for_the_carriers_name(stage: Stage, tmp_path: Path) -> None:
    """A carrier may have what comes later go by a server of which the edge knows no name (RFC 5922, section 7)."""
    stage.table.trunk()
    authority = Authority(tmp_path, "authority")
    with (
        tls_carrier(authority.sign("carrier.example")) as carrier,
        tls_carrier(authority.sign("sbc.example")) as sbc,
        peer_of(stage, authority, carrier) as caller,
    ):
        caller.send(caller.request("INVITE"))
        with carrier.connection() as connection:
            request = carrier.take(connection, "INVITE")
            carrier.answer(connection, request, f"Record-Route: <sip:127.0.0.1:{sbc.port};transport=tls;lr>")
            caller.send(caller.request_within(caller.receive_final(), "ACK", cseq=1))
            with sbc.connection() as other:
                sbc.take(other, "ACK")

    assert (carrier.asked_for, sbc.asked_for) == (["carrier.example"], [None])


def begin_call(caller: Peer, carrier: TlsCarrier) -> str:
    """The final answer to a call whose connection is closed once the call is up."""
    caller.send(caller.request("INVITE"))
    with carrier.connection() as connection:
        carrier.answer(connection, carrier.take(connection, "INVITE"))
        answer = caller.receive_final()
        caller.send(caller.request_within(answer, "ACK", cseq=1))
        carrier.take(connection, "ACK")
    return answer


@contextmanager
def peer_of(stage: Stage, authority: Authority, carrier: TlsCarrier) -> Iterator[Peer]:
    """A caller at an edge that has this carrier."""
    provider = stage.table.provider(f"carrier.example:{carrier.port}", transport="tls")
    edge = tls_edge(stage, tls=TlsConfig(authorities=authority.file))
    edge.resolve(provider, f"127.0.0.1:{carrier.port}")
    with peer(edge.port) as caller:
        yield caller


def test_a_carrier_that_is_an_address_is_asked_for_no_name_after_one_that_has_a_name(
    stage: Stage, tmp_path: Path
) -> None:
    stage.table.trunk()
    asked_for: list[str | None] = []
    authority = Authority(tmp_path, "authority")
    named, address = stage.carrier(refuse(503), transport="t1"), stage.carrier(ANSWER, transport="t1")
    with (
        tls_in_front_of(named.port, *authority.sign("carrier.example"), asked_for=asked_for) as first,
        tls_in_front_of(address.port, *authority.sign("other.example"), asked_for=asked_for) as second,
    ):
        provider = stage.table.provider(f"carrier.example:{first}", transport="tls")
        stage.table.provider(f"127.0.0.1:{second}", transport="tls")
        edge = tls_edge(stage, tls=TlsConfig(authorities=authority.file))
        edge.resolve(provider, f"127.0.0.1:{first}")

        stage.call(edge)

    assert edge.await_events("attempt_answered")[0]["n"] == 2
    assert asked_for == ["carrier.example", None]
