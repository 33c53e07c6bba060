"""The simulated caller and carriers with each other, over real sockets."""

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable
from itertools import groupby

import pytest

from dialplane_simulator.behaviour import parse_behaviour
from dialplane_simulator.caller import Caller, open_caller
from dialplane_simulator.callplan import CallPlan, CallResult
from dialplane_simulator.carrier import Carrier, open_carrier
from dialplane_simulator.digest import Credentials
from dialplane_simulator.endpoint import bind_pair
from dialplane_simulator.timers import Timers
from dialplane_simulator.wire import Peer
from tests.simulator.dialling import FAST, FASTEST, NUMBER, message, plan_for
from tests.waiting import eventually_async

Scene = Callable[[Carrier, Caller], Awaitable[None]]


def play(behaviour: str, scene: Scene, *, timers: Timers = FAST) -> None:
    """The scene with one carrier and one caller; neither may have had a fault of its own."""

    async def run() -> None:
        async with open_carrier(parse_behaviour(behaviour), timers=timers) as carrier, open_caller(timers=timers) as by:
            await asyncio.wait_for(scene(carrier, by), 20)
            assert (carrier.faults, by.faults) == (0, 0)

    asyncio.run(run())


def call(
    behaviour: str, *, transport: str = "udp", timers: Timers = FAST, **given: object
) -> tuple[CallResult, Carrier]:
    """One call to one carrier, and what both saw."""
    seen: list[tuple[CallResult, Carrier]] = []

    async def scene(carrier: Carrier, by: Caller) -> None:
        seen.append((await by.call(plan_for(carrier, transport=transport, **given)), carrier))

    play(behaviour, scene, timers=timers)
    return seen[0]


BOTH = pytest.mark.parametrize("transport", ["udp", "tcp"])


@BOTH
@pytest.mark.parametrize(
    ("behaviour", "status", "provisional"),
    [
        ("answer", 200, [100]),
        ("answer after=0.05 ring=0.05", 200, [100, 180]),
        ("answer ring=0.05 media=1", 200, [100, 183]),
        ("refuse", 503, [100]),
        ("refuse status=486 ring=0.05", 486, [100, 180]),
        ("refuse status=603 reason=Never", 603, [100]),
        ("redirect to=sip:b@127.0.0.1", 302, [100]),
        ("overslept after=0.1", 200, []),
        ("fork ring=0.05", 200, [100, 180, 180]),
        ("challenge user=u password=p", 407, [100]),
    ],
)
def test_the_caller_sees_what_the_carrier_is_told_to_do(
    behaviour: str, status: int, provisional: list[int], transport: str
) -> None:
    result, carrier = call(behaviour, transport=transport)
    assert result.status == status
    # A challenge is final before anything else; all other behaviours are seen step by step.
    assert [code for _, code in result.provisional] == (provisional if status != 407 else [])
    assert result.answers == (1 if status == 200 else 0)
    assert result.failure == ""
    assert carrier.received[0].request.user == NUMBER
    assert carrier.received[0].peer.transport == transport


@BOTH
def test_an_answered_call_is_acknowledged_talked_and_hung_up(transport: str) -> None:
    result, carrier = call("answer ring=0.1", transport=transport, talk_s=0.2)
    assert carrier.methods() == ["INVITE", "ACK", "BYE"]
    assert result.hangup_by == "caller"
    assert result.ringing_s is not None
    assert result.final_s is not None
    assert result.ringing_s < 0.1 <= result.final_s < result.ended_s
    assert result.ended_s >= result.final_s + 0.2
    assert b"m=audio" in result.body
    (leg,) = carrier.legs
    assert leg.hangup_by == "caller"


@BOTH
def test_the_carrier_can_hang_up(transport: str) -> None:
    result, carrier = call("answer talk=0.1", transport=transport, talk_s=None)
    assert result.hangup_by == "callee"
    assert carrier.legs[0].hangup_by == "carrier"


@BOTH
@pytest.mark.parametrize(("status", "algorithm"), [(401, "MD5"), (407, "MD5"), (407, "SHA-256")])
def test_credentials_are_given_when_asked_for(status: int, algorithm: str, transport: str) -> None:
    behaviour = f"challenge user=u password=p status={status} algorithm={algorithm}"
    result, carrier = call(behaviour, transport=transport, credentials=Credentials("u", "p"))
    assert result.status == 200
    assert [method for method, _ in groupby(carrier.methods())] == ["INVITE", "ACK", "INVITE", "ACK", "BYE"]
    first, second = (item.request for item in carrier.received if item.request.method == "INVITE")
    assert (first.cseq.sequence, second.cseq.sequence) == (1, 2)
    assert first.call_id == second.call_id


def test_wrong_credentials_are_given_once() -> None:
    result, carrier = call("challenge user=u password=p", credentials=Credentials("u", "wrong"))
    assert result.status == 407
    assert carrier.counts["INVITE"] == 2


@BOTH
@pytest.mark.parametrize(("behaviour", "provisional"), [("ring", [100, 180]), ("trying", [100])])
def test_a_cancelled_call_ends_with_487(behaviour: str, provisional: list[int], transport: str) -> None:
    result, carrier = call(behaviour, transport=transport, cancel_after_s=0.1)
    assert (result.status, result.answers) == (487, 0)
    assert result.cancelled_s is not None
    assert result.cancelled_s >= 0.1
    assert [code for _, code in result.provisional] == provisional
    assert carrier.counts["cancelled"] == 1


def test_a_cancel_can_follow_the_first_ringing() -> None:
    result, _ = call("ring after=0.1", cancel_ringing_s=0.1)
    assert result.status == 487
    assert result.cancelled_s is not None
    assert result.ringing_s is not None
    assert result.cancelled_s >= result.ringing_s + 0.09


def test_a_cancel_waits_for_the_first_response_of_the_carrier() -> None:
    result, carrier = call("overslept after=0.3", cancel_after_s=0.05)
    assert result.cancelled_s is None
    assert carrier.counts["CANCEL"] == 0
    assert (result.status, result.hangup_by) == (200, "caller")
    assert result.ended_s < 0.5


def test_a_call_that_rings_too_long_is_cancelled() -> None:
    result, _ = call("ring", ring_limit_s=0.1)
    assert result.status == 487


@BOTH
def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up_at_once(transport: str) -> None:
    result, carrier = call("late after=0.1", transport=transport, cancel_after_s=0.05, talk_s=60)
    assert (result.status, result.answers, result.hangup_by) == (200, 1, "caller")
    assert carrier.methods() == ["INVITE", "CANCEL", "ACK", "BYE"]


@BOTH
@pytest.mark.parametrize("behaviour", ["silent", "dead"])
def test_silence_is_a_timeout(behaviour: str, transport: str) -> None:
    result, carrier = call(behaviour, transport=transport, timers=FASTEST)
    assert (result.status, result.failure) == (None, "timeout")
    assert carrier.counts["INVITE"] in (range(4, 8) if transport == "udp" else (1,))  # exact on a clock of its own
    assert result.ended_s >= FASTEST.give_up_s


def test_nobody_at_the_port_is_unreachable_over_tcp() -> None:
    udp, tcp = bind_pair("127.0.0.1", 0)

    async def run() -> CallResult:
        async with open_caller(timers=FAST) as by:
            return await by.call(CallPlan(to=Peer("tcp", "127.0.0.1", udp.getsockname()[1]), user=NUMBER))

    with udp, tcp:  # bound and not listening: refused
        result = asyncio.run(asyncio.wait_for(run(), 10))
    assert (result.status, result.failure) == (None, "unreachable")


def test_numbers_can_be_treated_differently_and_the_behaviour_changed() -> None:
    async def scene(carrier: Carrier, by: Caller) -> None:
        assert (await by.call(plan_for(carrier))).status == 503
        carrier.behave(parse_behaviour("answer"))
        assert (await by.call(plan_for(carrier))).status == 200

    play("refuse", scene)


def test_a_probe_tells_whether_anybody_answers() -> None:
    async def scene(carrier: Carrier, by: Caller) -> None:
        there = Peer("udp", carrier.host, carrier.port)
        assert await by.probe(there) == 200
        carrier.behave(parse_behaviour("dead"))
        assert await by.probe(there) is None

    play("answer", scene, timers=FASTEST)


def test_fifty_calls_at_once_are_all_told_apart() -> None:
    async def scene(carrier: Carrier, by: Caller) -> None:
        results = await asyncio.gather(*(by.call(plan_for(carrier, talk_s=0.2)) for _ in range(50)))
        assert {result.status for result in results} == {200}
        assert len({result.call_id for result in results}) == 50
        assert carrier.counts["answered"] == carrier.counts["acknowledged"] == 50
        assert carrier.counts["BYE"] >= len(carrier.legs) == 50
        assert {leg.hangup_by for leg in carrier.legs} == {"caller"}

    play("answer ring=0.1", scene, timers=Timers())


def test_a_second_leg_that_answers_is_counted_and_hung_up() -> None:
    """A proxy that lets two 200s through must be seen: the carrier's 200 is sent again with another tag."""

    async def scene(carrier: Carrier, by: Caller) -> None:
        result = await by.call(plan_for(carrier))
        agent = carrier._agent
        answered = carrier.legs[0]
        second = message(
            "SIP/2.0 200 OK",
            call_id=result.call_id,
            to=f"<sip:{NUMBER}@127.0.0.1>;tag=second",
            branch=answered.invite.request.via.branch,
            extra=(f"Contact: <sip:carrier@{agent.address}>",),
        ).replace(b"Contact: <sip:alice@127.0.0.1:5999>\r\n", b"")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(second, (by.host, by.port))
        await eventually_async(lambda: len(by.answers(result.call_id)) == 2)
        await eventually_async(lambda: carrier.counts["BYE"] == 2)

    play("answer", scene)


def test_a_lost_ack_is_made_good() -> None:
    """The carrier repeats its 200 until it hears the ACK; the caller answers each one."""

    async def scene(carrier: Carrier, by: Caller) -> None:
        result = await by.call(plan_for(carrier, talk_s=0.4))
        assert result.answers == 1
        ok = message("SIP/2.0 200 OK", call_id=result.call_id, to=f"<sip:a>;tag={carrier.legs[0].tag}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(ok, (by.host, by.port))
        await eventually_async(lambda: carrier.counts["ACK"] == 2)

    play("answer", scene)


def test_closing_a_caller_ends_its_calls() -> None:
    async def run() -> None:
        async with open_carrier(parse_behaviour("answer"), timers=FAST) as carrier:
            async with open_caller(timers=FAST) as by:
                waiting = asyncio.create_task(by.call(plan_for(carrier, talk_s=60)))
                await eventually_async(lambda: carrier.counts["acknowledged"] == 1)
            waiting.cancel()
            await eventually_async(lambda: carrier.legs[0].hangup_by == "caller")

    asyncio.run(run())


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_that_is_taken_is_refused(kind: socket.SocketKind) -> None:
    async def run(port: int) -> None:
        async with open_carrier(parse_behaviour("silent"), port=port):
            pass

    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(OSError, match="in use"):
            asyncio.run(run(taken.getsockname()[1]))


def test_no_socket_is_left() -> None:
    def sockets() -> int:
        gc.collect()
        return sum(isinstance(item, socket.socket) and item.fileno() >= 0 for item in gc.get_objects())

    before = sockets()
    for transport in ("udp", "tcp"):
        call("answer", transport=transport)
    assert sockets() <= before
