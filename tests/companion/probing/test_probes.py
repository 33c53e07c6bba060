import asyncio
import ssl
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from dialplane.domain.health import HEALTHY, UNHEALTHY, UNKNOWN
from dialplane.replica.layout import DAMAGED, PROVIDERS
from tests.companion.nameserver import serving
from tests.companion.probed import CARRIER, PLAN, Carrier, probing, provider, self_signed, spoil, udp_carrier
from tests.ports import free_port
from tests.waiting import eventually_async


@pytest.mark.parametrize("status", [200, 403, 404, 405, 501])
def test_a_provider_that_answers_is_healthy_whatever_it_thinks_of_options(tmp_path: Path, status: int) -> None:
    async def scenario() -> None:
        async with udp_carrier(status) as (_, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            assert edge.detail() == f"127.0.0.1:{port}: {status}"
            event = (await eventually_async(edge.events))[-1]
        assert (event["kind"], event["provider_id"], event["status"]) == ("provider_health", CARRIER, HEALTHY)
        assert event["hostname"] == f"127.0.0.1:{port}"

    asyncio.run(scenario())


@pytest.mark.parametrize(("status", "why"), [(503, "503, it says that it is unavailable"), (None, "no answer")])
def test_503_and_silence_are_unhealthy_after_the_threshold(tmp_path: Path, status: int | None, why: str) -> None:
    async def scenario() -> None:
        async with udp_carrier(status) as (carrier, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == UNHEALTHY)
            assert carrier.asked >= 3
            assert why in edge.detail()

    asyncio.run(scenario())


def test_a_provider_that_nobody_listens_for_is_unhealthy(tmp_path: Path) -> None:
    port = free_port()

    async def scenario() -> None:
        async with probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == UNHEALTHY)
            assert "refused" in edge.detail()

    asyncio.run(scenario())


def test_health_goes_and_comes_with_the_provider_and_each_change_is_an_event(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            for status, health in ((503, UNHEALTHY), (200, HEALTHY), (None, UNHEALTHY), (200, HEALTHY)):
                carrier.status = status
                await eventually_async(lambda: edge.status() == health)
            wanted_changes = [UNHEALTHY, HEALTHY, UNHEALTHY, HEALTHY]
            await eventually_async(lambda: [event["status"] for event in edge.events()][-4:] == wanted_changes)
            changes = [event["status"] for event in edge.events()]
        assert all(before != after for before, after in pairwise(changes))

    asyncio.run(scenario())


def test_one_lost_probe_changes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            carrier.status, asked = 503, carrier.asked
            await eventually_async(lambda: carrier.asked > asked)
            carrier.status, asked = 200, carrier.asked
            await eventually_async(lambda: carrier.asked > asked + 2)
            assert [event["status"] for event in edge.events()] == [HEALTHY]

    asyncio.run(scenario())


def test_health_is_reported_again_and_again_so_that_its_age_is_known(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port), probing(tmp_path, plan=replace(PLAN, report_s=0.2)) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: len(edge.events()) >= 3)
            assert {event["status"] for event in edge.events()} == {HEALTHY}

    asyncio.run(scenario())


def test_a_changed_hostname_begins_at_unknown(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port), udp_carrier(None) as (silent, other), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            await edge.put(provider(f"127.0.0.1:{other}"))
            assert edge.status() == UNKNOWN
            await eventually_async(lambda: edge.status() == UNHEALTHY)
            assert silent.asked >= 3

    asyncio.run(scenario())


def test_a_deleted_or_disabled_provider_is_probed_no_more(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path) as edge:
            present = provider(f"127.0.0.1:{port}")
            for gone in (replace(present, enabled=False), replace(present, tm_delete=5)):
                await edge.put(present)
                await eventually_async(lambda: carrier.asked > 0)
                await edge.put(gone)
                await eventually_async(lambda: not edge.probes._watches)
                carrier.asked = 0
                await asyncio.sleep(0.3)
                assert carrier.asked <= 1

    asyncio.run(scenario())


def test_a_provider_is_probed_over_its_own_transport(tmp_path: Path) -> None:
    async def scenario() -> None:
        carrier = Carrier(200)
        server = await asyncio.start_server(carrier.over_tcp, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}", transport="tcp"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            server.close()
            await eventually_async(lambda: edge.status() == UNHEALTHY)

    asyncio.run(scenario())


def test_names_are_resolved_ahead_of_calls_and_an_address_that_answers_stands_first(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port):
            zone = {
                ("_sip._udp.carrier.example", "SRV"): [f"1 0 {port} dead.example.", f"2 0 {port} live.example."],
                ("dead.example", "A"): ["127.0.0.77"],
                ("live.example", "A"): ["127.0.0.1"],
            }
            with serving(zone) as dns:
                async with probing(tmp_path, nameserver_port=dns.port) as edge:
                    await edge.put(provider("carrier.example"))
                    await eventually_async(lambda: edge.status() == HEALTHY)
                    assert edge.addresses() == [f"127.0.0.1:{port}", f"127.0.0.77:{port}"]

    asyncio.run(scenario())


def test_the_last_good_addresses_are_kept_and_probed_while_dns_is_away(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port):
            with serving({("carrier.example", "A"): ["127.0.0.1"]}) as dns:
                async with probing(tmp_path, nameserver_port=dns.port) as edge:
                    await edge.put(provider(f"carrier.example:{port}"))
                    await eventually_async(lambda: edge.addresses() == [f"127.0.0.1:{port}"])
                    dns.silent = {"A", "AAAA", "SRV"}
                    asked = carrier.asked
                    await eventually_async(lambda: carrier.asked > asked + 4, within_s=30)
                    assert edge.status() == HEALTHY
                async with probing(tmp_path, nameserver_port=dns.port) as restarted:
                    asked = carrier.asked
                    await eventually_async(lambda: carrier.asked > asked + 4, within_s=30)
                    assert (restarted.status(), restarted.addresses()) == (HEALTHY, [f"127.0.0.1:{port}"])
                    carrier.status = None
                    await eventually_async(lambda: restarted.status() == UNHEALTHY, within_s=30)
                    assert restarted.addresses() == [f"127.0.0.1:{port}"]
                    assert "carrier.example" in restarted.detail()

    asyncio.run(scenario())


def test_a_name_that_leads_to_a_forbidden_address_gets_no_probe_and_no_call(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port):
            with serving({("carrier.example", "A"): ["169.254.169.254"], ("own.example", "A"): ["127.0.0.1"]}) as dns:
                async with probing(tmp_path, nameserver_port=dns.port, own=("127.0.0.1", port)) as edge:
                    await edge.put(provider("carrier.example"))
                    await eventually_async(lambda: edge.status() == UNHEALTHY)
                    assert edge.detail() == "leads to a link-local address, where no call is sent"
                    await edge.put(provider(f"own.example:{port}"))
                    await eventually_async(lambda: edge.status() == UNHEALTHY)
                    assert "own SIP socket" in edge.detail()
                    assert edge.addresses() == []
                    assert carrier.asked == 0

    asyncio.run(scenario())


def test_a_name_that_leads_to_a_forbidden_address_since_the_companion_was_restarted_gets_no_call(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port):
            with serving({("carrier.example", "A"): ["127.0.0.1"]}) as dns:
                async with probing(tmp_path, nameserver_port=dns.port) as edge:
                    await edge.put(provider(f"carrier.example:{port}"))
                    await eventually_async(lambda: edge.addresses() == [f"127.0.0.1:{port}"])
            with serving({("carrier.example", "A"): ["169.254.169.254"]}) as dns:
                async with probing(tmp_path, nameserver_port=dns.port) as edge:
                    await eventually_async(lambda: edge.addresses() == [])

    asyncio.run(scenario())


def test_a_restarted_companion_keeps_the_health_that_it_knew(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port):
            async with probing(tmp_path) as edge:
                await edge.put(provider(f"127.0.0.1:{port}"))
                await eventually_async(lambda: edge.status() == HEALTHY)
            carrier.status = None
            async with probing(tmp_path, plan=replace(PLAN, timeout_s=0.05)) as edge:
                await eventually_async(lambda: len(edge.events()) >= 2)
                assert edge.events()[1]["status"] == HEALTHY
                await eventually_async(lambda: edge.status() == UNHEALTHY)

    asyncio.run(scenario())


def test_damage_in_the_replica_ends_no_probe_and_is_left_for_the_follower_to_mend(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            await edge.tables._run(lambda: spoil(edge.tables, PROVIDERS))
            edge.probes.refresh()
            await eventually_async((tmp_path / "replica" / DAMAGED).exists)
            asked = carrier.asked
            await eventually_async(lambda: carrier.asked > asked + 2)

    asyncio.run(scenario())


def test_a_replica_that_was_rebuilt_gets_its_health_and_addresses_again_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (_, port):
            with serving({("carrier.example", "A"): ["127.0.0.1"]}) as dns:
                plan = replace(PLAN, interval_s=60.0)
                async with probing(tmp_path, plan=plan, nameserver_port=dns.port) as edge:
                    await edge.put(provider(f"carrier.example:{port}"))
                    await eventually_async(lambda: edge.status() == HEALTHY)
                    await edge.tables.forget()
                    await edge.load(provider(f"carrier.example:{port}"))
                    await eventually_async(lambda: edge.addresses() == [f"127.0.0.1:{port}"])
                    await eventually_async(lambda: edge.status() == HEALTHY)

    asyncio.run(scenario())


def test_a_replica_that_cannot_be_written_ends_no_probe(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with udp_carrier() as (carrier, port), probing(tmp_path, plan=replace(PLAN, report_s=0.0)) as edge:
            await edge.put(provider(f"127.0.0.1:{port}"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            (tmp_path / "events").rename(tmp_path / "away")
            (tmp_path / "events").write_text("in the way")
            asked = carrier.asked
            await eventually_async(lambda: carrier.asked > asked + 3)
            (tmp_path / "events").unlink()
            (tmp_path / "away").rename(tmp_path / "events")
            known = len(edge.events())
            await eventually_async(lambda: len(edge.events()) > known)

    asyncio.run(scenario())


def test_a_provider_over_tls_is_probed_over_tls_whoever_signed_its_certificate(tmp_path: Path) -> None:
    async def scenario() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self_signed(tmp_path))
        server = await asyncio.start_server(Carrier(405).over_tcp, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        async with server, probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}", transport="tls"))
            await eventually_async(lambda: edge.status() == HEALTHY)
            assert edge.detail() == f"127.0.0.1:{port}: 405"

    asyncio.run(scenario())


def test_a_provider_that_speaks_no_tls_is_unhealthy_over_tls(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = await asyncio.start_server(Carrier(200).over_tcp, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, probing(tmp_path) as edge:
            await edge.put(provider(f"127.0.0.1:{port}", transport="tls"))
            await eventually_async(lambda: edge.status() == UNHEALTHY)

    asyncio.run(scenario())
