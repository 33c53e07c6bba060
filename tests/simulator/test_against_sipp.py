"""The simulator against SIPp, so that it is not only right with itself."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dialplane_simulator.behaviour import parse_behaviour
from dialplane_simulator.caller import open_caller
from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.carrier import Carrier, open_carrier
from dialplane_simulator.endpoint import bind_pair
from dialplane_simulator.wire import Peer
from tests.simulator.dialling import NUMBER
from tests.simulator.sipp import Run, finish, recv, request, response, scenario, send, start_sipp
from tests.waiting import eventually, eventually_async

TRANSPORTS = pytest.mark.parametrize("transport", ["u1", "t1"])
CALLS = 50


def call_with_sipp(folder: Path, behaviour: str, *arguments: str, acks: int = 0) -> tuple[Run, Carrier]:
    """SIPp calls a carrier of ours, which stays until it has read so many ACKs: SIPp ends once it has sent its last."""

    async def run() -> tuple[Run, Carrier]:
        async with open_carrier(parse_behaviour(behaviour)) as carrier:
            process = start_sipp(folder, *arguments, "-s", NUMBER, carrier.address)
            ended = await asyncio.to_thread(finish, process, folder)
            if ended.status == 0:
                await eventually_async(lambda: carrier.counts["ACK"] >= acks, within_s=20.0, what=f"{acks} ACKs")
            assert carrier.faults == 0
            return ended, carrier

    return asyncio.run(run())


@TRANSPORTS
def test_sipp_calls_a_carrier_that_answers(tmp_path: Path, transport: str) -> None:
    ended, carrier = call_with_sipp(
        tmp_path, "answer ring=0.2", "-sn", "uac", "-t", transport, "-m", str(CALLS), "-r", "50", "-d", "100"
    )
    assert ended.status == 0, ended.output
    assert carrier.counts["answered"] == carrier.counts["acknowledged"] == CALLS
    assert carrier.counts["BYE"] >= len(carrier.legs) == CALLS  # one that was answered late is sent again
    assert {leg.hangup_by for leg in carrier.legs} == {"caller"}


@pytest.mark.parametrize("status", [404, 486, 503, 603])
def test_sipp_calls_a_carrier_that_refuses(tmp_path: Path, status: int) -> None:
    steps = scenario(
        tmp_path,
        "refused",
        send(*request("INVITE", to=""), retrans=True),
        recv(100, optional=True),
        recv(status),
        send(*request("ACK", branch="[branch-3]")),
    )
    ended, carrier = call_with_sipp(
        tmp_path, f"refuse status={status}", "-sf", str(steps), "-m", str(CALLS), "-r", "50", acks=CALLS
    )
    assert ended.status == 0, ended.output
    assert carrier.counts["ACK"] == CALLS
    assert carrier.counts["stray_acks"] == 0


@pytest.mark.parametrize(
    ("behaviour", "final"),
    [("ring", 487), ("late after=0.1 ringing=1", 200)],
)
def test_sipp_cancels_a_call(tmp_path: Path, behaviour: str, final: int) -> None:
    ack = request("ACK", branch="[branch-6]" if final == 487 else "[branch]")
    hangup = (send(*request("BYE", sequence=2), retrans=True), recv(200)) if final == 200 else ()
    steps = scenario(
        tmp_path,
        "cancelled",
        send(*request("INVITE", to=""), retrans=True),
        recv(100, optional=True),
        recv(180),
        send(*request("CANCEL", branch="[branch-3]", to=""), retrans=True),
        recv(200),
        recv(final),
        send(*ack),
        *hangup,
    )
    ended, carrier = call_with_sipp(tmp_path, behaviour, "-sf", str(steps), "-m", "10", "-r", "20", acks=10)
    assert ended.status == 0, ended.output
    assert carrier.counts["cancelled"] == 10
    assert carrier.counts["stray_acks"] == 0
    assert carrier.counts["late_answers"] == (10 if final == 200 else 0)


def call_sipp(folder: Path, *arguments: str, transport: str = "udp", **given: Any) -> tuple[Run, list[CallResult]]:
    """A caller of ours calls SIPp, ten times at once."""
    udp, tcp = bind_pair("127.0.0.1", 0)
    port = udp.getsockname()[1]
    udp.close()
    tcp.close()
    process = start_sipp(folder, *arguments, "-t", f"{transport[0]}1", "-p", str(port), "-m", "10")

    async def run() -> tuple[Run, list[CallResult]]:
        async with open_caller() as caller:
            plan = CallPlan(to=Peer(transport, "127.0.0.1", port), user=NUMBER, **{"talk_s": 0.1, **given})
            results = await asyncio.wait_for(asyncio.gather(*(caller.call(plan) for _ in range(10))), 30)
            return await asyncio.to_thread(finish, process, folder), results

    with process:
        try:
            eventually(lambda: process.poll() is not None or is_taken(port, transport), what="SIPp listens")
            return asyncio.run(run())
        finally:
            process.kill()


def is_taken(port: int, transport: str) -> bool:
    """Whether somebody has bound it, as the kernel says: to try would keep SIPp from it, if that comes meanwhile."""
    table = Path(f"/proc/net/{transport}").read_text() + Path(f"/proc/net/{transport}6").read_text()
    return any(line.split()[1].endswith(f":{port:04X}") for line in table.splitlines() if ":" in line.split()[0])


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_caller_calls_sipp(tmp_path: Path, transport: str) -> None:
    ended, results = call_sipp(tmp_path, "-sn", "uas", transport=transport)
    assert ended.status == 0, ended.output
    assert {(item.status, item.hangup_by, item.answers) for item in results} == {(200, "caller", 1)}
    assert all(180 in [status for _, status in item.provisional] for item in results)


def test_a_caller_takes_the_recorded_route_back(tmp_path: Path) -> None:
    routes = (
        "Record-Route: <sip:[local_ip]:[local_port];lr;id=far>\nRecord-Route: <sip:[local_ip]:[local_port];lr;id=near>"
    )
    route_seen = (
        '<recv request="{method}"><action><ereg regexp="id=near.*" search_in="hdr" header="Route:" check_it="true" '
        'assign_to="1"/></action></recv><Reference variables="1"/>'
    )
    steps = scenario(
        tmp_path,
        "routed",
        recv("INVITE"),
        send(*response("200 OK", routes), retrans=True),
        route_seen.format(method="ACK"),
        route_seen.format(method="BYE"),
        send("SIP/2.0 200 OK", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]"),
    )
    ended, results = call_sipp(tmp_path, "-sf", str(steps))
    assert ended.status == 0, ended.output
    assert {item.status for item in results} == {200}


def test_a_caller_acknowledges_a_refusal_of_sipp(tmp_path: Path) -> None:
    steps = scenario(tmp_path, "busy", recv("INVITE"), send(*response("486 Busy Here"), retrans=True), recv("ACK"))
    ended, results = call_sipp(tmp_path, "-sf", str(steps))
    assert ended.status == 0, ended.output
    assert {(item.status, item.reason) for item in results} == {(486, "Busy Here")}


def test_a_caller_cancels_sipp(tmp_path: Path) -> None:
    done = ("[last_Via:]", "[last_From:]", "[last_To:];tag=[pid]SIPpTag[call_number]", "[last_Call-ID:]")
    steps = scenario(
        tmp_path,
        "cancelled",
        recv("INVITE"),
        send(*response("180 Ringing")),
        recv("CANCEL"),
        send("SIP/2.0 200 OK", *done, "CSeq: 1 CANCEL"),
        send("SIP/2.0 487 Request Terminated", *done, "CSeq: 1 INVITE", retrans=True),
        recv("ACK"),
    )
    ended, results = call_sipp(tmp_path, "-sf", str(steps), cancel_ringing_s=0.1)
    assert ended.status == 0, ended.output
    assert {item.status for item in results} == {487}


def test_a_caller_hears_sipp_hang_up(tmp_path: Path) -> None:
    bye = (
        "BYE sip:caller@[remote_ip]:[remote_port] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "From: <sip:sipp@[local_ip]>;tag=[pid]SIPpTag[call_number]",
        "To: [$1]",
        "Call-ID: [call_id]",
        "CSeq: 1 BYE",
    )
    remember = '<action><ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/></action>'
    steps = scenario(
        tmp_path,
        "hangup",
        f'<recv request="INVITE">{remember}</recv>',
        send(*response("200 OK"), retrans=True),
        recv("ACK"),
        send(*bye, retrans=True),
        recv(200),
    )
    ended, results = call_sipp(tmp_path, "-sf", str(steps), talk_s=None)
    assert ended.status == 0, ended.output
    assert {(item.status, item.hangup_by) for item in results} == {(200, "callee")}
