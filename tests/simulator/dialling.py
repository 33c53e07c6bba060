"""What the simulator's tests share: fast timers, a plan for a carrier, messages as bytes."""

from typing import Any

from dialplane_simulator.callplan import CallPlan
from dialplane_simulator.carrier import Carrier
from dialplane_simulator.timers import Timers
from dialplane_simulator.wire import Peer

FAST = Timers(t1_s=0.05, t2_s=0.4, t4_s=0.2)
FASTEST = Timers(t1_s=0.01, t2_s=0.08, t4_s=0.1)
NUMBER = "+821012345678"


def plan_for(carrier: Carrier, *, transport: str = "udp", **given: Any) -> CallPlan:
    return CallPlan(to=Peer(transport, carrier.host, carrier.port), user=NUMBER, **{"talk_s": 0.05, **given})


def message(
    start: str = f"INVITE sip:{NUMBER}@127.0.0.1:5070 SIP/2.0",
    *,
    branch: str = "z9hG4bKone",
    cseq: str = "1 INVITE",
    to: str = f"<sip:{NUMBER}@127.0.0.1>",
    call_id: str = "call-1",
    extra: tuple[str, ...] = (),
    body: str = "",
) -> bytes:
    lines = (
        start,
        f"Via: SIP/2.0/UDP 127.0.0.1:5999;branch={branch}",
        "From: <sip:alice@127.0.0.1>;tag=alice",
        f"To: {to}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq}",
        "Contact: <sip:alice@127.0.0.1:5999>",
        *extra,
        f"Content-Length: {len(body)}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
