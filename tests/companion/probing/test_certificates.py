"""Probes over TLS: who signed a carrier's certificate, and for which name, decides whether it is up."""

import asyncio
import ssl
from pathlib import Path

import pytest

from dialplane.companion.probing.certificates import carriers_context
from dialplane.companion.probing.transports import NoAnswer, probe_status
from dialplane.system.address import SocketAddress
from tests.authority import Authority
from tests.companion.probed import Carrier


def probe(certificate: tuple[Path, Path], authorities: Path | None, *, hostname: str = "carrier.example") -> int:
    async def scenario() -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server = await asyncio.start_server(Carrier(405).over_tcp, "127.0.0.1", 0, ssl=context)
        async with server:
            endpoint = SocketAddress(*server.sockets[0].getsockname()[:2])
            tls = carriers_context(authorities)
            return await probe_status(endpoint, hostname=hostname, transport="tls", timeout_s=5.0, tls=tls)

    return asyncio.run(scenario())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.mark.parametrize("hostname", ["carrier.example", "CARRIER.example:5071"])
def test_a_certificate_for_the_providers_name_holds(authority: Authority, hostname: str) -> None:
    assert probe(authority.sign("carrier.example"), authority.file, hostname=hostname) == 405


def test_a_certificate_for_another_name_does_not_hold_and_the_reason_says_so(authority: Authority) -> None:
    with pytest.raises(NoAnswer, match=r"does not hold: Hostname mismatch.*'carrier\.example'"):
        probe(authority.sign("other.example"), authority.file)


def test_a_certificate_that_another_authority_signed_does_not_hold(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(NoAnswer, match="does not hold: unable to get local issuer certificate"):
        probe(Authority(tmp_path, "other").sign("carrier.example"), authority.file)


def test_a_certificate_that_has_expired_does_not_hold(authority: Authority) -> None:
    with pytest.raises(NoAnswer, match="does not hold: certificate has expired"):
        probe(authority.sign("carrier.example", expired=True), authority.file)


def test_without_a_file_of_authorities_no_certificate_holds(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(NoAnswer, match="does not hold"):
        probe(authority.sign("carrier.example"), tmp_path / "missing.pem")


def test_where_none_are_to_be_checked_every_certificate_will_do(authority: Authority) -> None:
    assert probe(authority.sign("other.example", expired=True), None) == 405
