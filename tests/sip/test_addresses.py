"""Carriers over TLS, and carriers with several addresses."""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, socket

import pytest

from dialplane.kamailio.certificate import ensure_own
from dialplane.kamailio.config import TlsConfig
from tests.authority import Authority
from tests.ports import free_port
from tests.sip.edges import RunningEdge
from tests.sip.scenarios import ANSWER, SILENT, TAKE_INVITE, Caller, refuse
from tests.sip.stage import Stage


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


@pytest.mark.parametrize(("named", "answered"), [("carrier.example", 1), ("*.example", 1), ("other.example", 2)])
def test_a_carrier_whose_certificate_has_another_name_answers_no_call(
    stage: Stage, tmp_path: Path, named: str, answered: int
) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER, transport="t1")
    authority = Authority(tmp_path, "authority")
    with tls_in_front_of(carrier.port, *authority.sign(named)) as port:
        provider = stage.table.provider(f"carrier.example:{port}", transport="tls", no_response_timeout_s=1)
        stage.table.provider(stage.carrier(ANSWER).hostname)
        edge = tls_edge(stage, tls=TlsConfig(authorities=authority.file))
        edge.resolve(provider, f"127.0.0.1:{port}")

        stage.call(edge)

    assert edge.await_events("attempt_answered")[0]["n"] == answered


def test_a_connection_to_one_carrier_answers_for_no_other_at_its_address(stage: Stage, tmp_path: Path) -> None:
    stage.table.trunk()
    carrier = stage.carrier((*refuse(503), TAKE_INVITE, *refuse(503)), transport="t1")
    authority = Authority(tmp_path, "authority")
    with tls_in_front_of(carrier.port, *authority.sign("carrier.example")) as port:
        names = ("carrier.example", "other.example")
        providers = [stage.table.provider(f"{name}:{port}", transport="tls", no_response_timeout_s=1) for name in names]
        stage.table.provider(stage.carrier(ANSWER).hostname)
        edge = tls_edge(stage, tls=TlsConfig(authorities=authority.file))
        for provider in providers:
            edge.resolve(provider, f"127.0.0.1:{port}")

        stage.call(edge)

    assert edge.await_events("attempt_answered")[0]["n"] == 3
    assert [event["status"] for event in edge.events("attempt_ended")] == [503, None]


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


def test_the_next_address_is_used_in_the_same_attempt_where_one_cannot_be_reached(stage: Stage) -> None:
    stage.table.trunk()
    refusing, carrier = stage.carrier(refuse(503)), stage.carrier(ANSWER, transport="t1")
    stage.table.provider(refusing.hostname)
    provider = stage.table.provider("carrier.invalid", transport="tcp")
    edge = stage.shared_edge()
    edge.resolve(provider, f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}", carrier.hostname)

    stage.call(edge)

    [invite] = carrier.received("INVITE")
    assert invite.first_line == "INVITE sip:+821012345678@carrier.invalid;transport=tcp SIP/2.0"
    edge.await_events("call_ended")
    assert [event["n"] for event in edge.events("attempt_sent")] == [1, 2]
    assert [event["n"] for event in edge.events("attempt_ended")] == [1]


def test_where_no_address_can_be_reached_the_next_carrier_is_tried_at_once(stage: Stage) -> None:
    stage.table.trunk()
    provider = stage.table.provider("carrier.invalid", transport="tcp", no_response_timeout_s=30)
    stage.table.provider(stage.carrier(ANSWER).hostname)
    edge = stage.shared_edge()
    edge.resolve(provider, f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}")

    stage.call(edge)

    [ended] = edge.await_events("attempt_ended")
    assert (ended["n"], ended["verdict"], ended["status"]) == (1, "transport_error", None)


def test_where_no_other_carrier_is_left_a_silent_address_is_followed_by_the_next(stage: Stage) -> None:
    stage.table.trunk()
    refusing, silent, answering = stage.carrier(refuse(503)), stage.carrier(SILENT), stage.carrier(ANSWER)
    stage.table.provider(refusing.hostname)
    provider = stage.table.provider("carrier.invalid", no_response_timeout_s=1)
    edge = stage.shared_edge()
    edge.resolve(provider, silent.hostname, answering.hostname)

    stage.call(edge)

    assert silent.received("INVITE")
    edge.await_events("call_ended")
    assert [event["n"] for event in edge.events("attempt_sent")] == [1, 2]
    assert [event["n"] for event in edge.events("attempt_answered")] == [2]


def test_where_all_addresses_are_silent_the_attempt_ends_once(stage: Stage) -> None:
    stage.table.trunk()
    silent = [stage.carrier(SILENT) for _ in range(2)]
    provider = stage.table.provider("carrier.invalid", no_response_timeout_s=1)
    edge = stage.shared_edge()
    edge.resolve(provider, *(carrier.hostname for carrier in silent))

    stage.call(edge, Caller(expects=503))

    assert all(carrier.received("INVITE") for carrier in silent)
    [ended] = edge.await_events("attempt_ended")
    assert (ended["n"], ended["verdict"]) == (1, "timeout")


def test_a_silent_address_is_followed_by_the_next_carrier_where_there_is_one(stage: Stage) -> None:
    stage.table.trunk()
    silent, other, answering = stage.carrier(SILENT), stage.carrier(ANSWER), stage.carrier(ANSWER)
    provider = stage.table.provider("carrier.invalid", no_response_timeout_s=1)
    stage.table.provider(answering.hostname)
    edge = stage.shared_edge()
    edge.resolve(provider, silent.hostname, other.hostname)

    stage.call(edge)

    assert answering.received("INVITE")
    assert not other.received("INVITE")


def test_one_address_of_several_that_is_the_edge_itself_is_left_out(stage: Stage) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER)
    provider = stage.table.provider("carrier.invalid")
    edge = stage.shared_edge()
    edge.resolve(provider, f"127.0.0.1:{edge.port}", carrier.hostname)

    stage.call(edge, Caller())

    assert len(carrier.received("INVITE")) == 1
