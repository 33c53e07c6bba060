"""Whatever comes, a carrier goes on answering."""

import asyncio
import random
import socket
from itertools import pairwise

from dialplane_simulator.behaviour import parse_behaviour
from dialplane_simulator.caller import open_caller
from dialplane_simulator.carrier import Carrier, open_carrier
from tests.simulator.dialling import FAST, message, plan_for
from tests.waiting import eventually_async

WHOLE = [
    b"",
    b"\r\n\r\n",
    b"\x00" * 1000,
    bytes(range(256)) * 100,
    b"SIP/2.0 200 OK\r\n\r\n",
    message("SIP/2.0 200 OK"),
    message("SIP/2.0 200 OK", cseq="1 BYE"),
    message("ACK sip:x SIP/2.0", cseq="1 ACK"),
    message("CANCEL sip:x SIP/2.0", cseq="1 CANCEL"),
    message("BYE sip:x SIP/2.0", cseq="1 BYE"),
    message("PRACK sip:x SIP/2.0", cseq="1 PRACK"),
    message("WHATEVER sip:x SIP/2.0", cseq="1 WHATEVER"),
    message("INVITE sip:" + "9" * 60_000 + " SIP/2.0"),
    message(to="<" * 10_000),
    message(to='"' * 10_001),
    message(extra=("Via: SIP/2.0/UDP 1.1.1.1;branch=z9hG4bKx",) * 70),
    message(extra=("X-Y: z",) * 3_000),
    message(extra=("Record-Route: <sip:no port:99999;lr>", "Require: ,,,")),
    message(extra=("Record-Route: " + ",".join(["<sip:1.2.3.4;lr>"] * 500),)),
    message(branch=""),
    message(cseq="99999999999999999999999999 INVITE"),
    message(call_id="é\u2028"),
    message().replace(b"alice", b"\xff\xfe"),
]


def mutations(seed: int, count: int) -> list[bytes]:
    """Messages with pieces replaced, repeated and cut, always the same ones for a seed."""
    draw = random.Random(seed)
    out = []
    for _ in range(count):
        data = bytearray(draw.choice([item for item in WHOLE if 100 < len(item) < 5_000]))
        for _ in range(draw.randint(1, 6)):
            at = draw.randrange(len(data))
            data[at : at + draw.randint(0, 5)] = bytes(draw.choices(b'\r\n\x00 ;:,<>"%\xff=09AZ', k=draw.randint(0, 5)))
        out.append(bytes(data))
    return out


async def still_answers(carrier: Carrier) -> None:
    async with open_caller() as caller:
        for transport in ("udp", "tcp"):
            result = await asyncio.wait_for(caller.call(plan_for(carrier, transport=transport)), 20)
            assert result.status == 200
    assert carrier.faults == 0


def test_no_datagram_kills_a_carrier() -> None:
    async def run() -> None:
        async with open_carrier(parse_behaviour("answer talk=0.05"), timers=FAST) as carrier:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for data in WHOLE + mutations(1, 2_000):
                    sender.sendto(data, (carrier.host, carrier.port))
                    await asyncio.sleep(0)
            await still_answers(carrier)
            assert carrier.counts["malformed"] > 100
            assert carrier.counts["INVITE"] > 10

    asyncio.run(run())


def test_no_stream_kills_a_carrier() -> None:
    async def run() -> None:
        async with open_carrier(parse_behaviour("answer talk=0.05"), timers=FAST) as carrier:
            for first, second in pairwise(WHOLE + mutations(2, 100)):
                _, writer = await asyncio.open_connection(carrier.host, carrier.port)
                writer.write(first + second)
                writer.close()
            await still_answers(carrier)

    asyncio.run(run())


def test_a_connection_that_never_ends_its_message_is_closed() -> None:
    async def run() -> None:
        async with open_carrier(parse_behaviour("answer"), timers=FAST) as carrier:
            reader, writer = await asyncio.open_connection(carrier.host, carrier.port)
            writer.write(b"INVITE sip:a SIP/2.0\r\nX: " + b"y" * 200_000)
            try:
                assert await asyncio.wait_for(reader.read(), 10) == b""
            except ConnectionResetError:
                pass
            writer.close()
            await still_answers(carrier)

    asyncio.run(run())


def test_a_caller_survives_carriers_that_send_nonsense() -> None:
    async def run() -> None:
        async with open_carrier(parse_behaviour("answer ring=0.3"), timers=FAST) as carrier, open_caller() as caller:
            calling = asyncio.create_task(caller.call(plan_for(carrier)))
            await eventually_async(lambda: carrier.counts["INVITE"])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for data in WHOLE + mutations(3, 500):
                    sender.sendto(data, (caller.host, caller.port))
                    await asyncio.sleep(0)
            assert (await asyncio.wait_for(calling, 20)).status == 200
            assert caller.faults == 0

    asyncio.run(run())
