"""Minutes at a high rate while carriers, the API and the table are anything but quiet: no call lost, no record wrong.

`SOAK_S` sets how long.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.faults.counts import FULL, times
from tests.faults.soak import CALLS, MORTAL, Callers, Memory, Node, Recorded, invited, recorded
from tests.serve.instance import serving
from tests.sip.scenarios import Caller
from tests.waiting import eventually

LASTS_S = int(os.environ.get("SOAK_S") or times(10, 600))
CALLS_PER_S = times(40, 300)
"""To the two carriers that live. Two processors held 450 of these for 20 s, with SIPp and the database beside the edge;
a third less can be held for long, and on a day when the machine is slower."""

MORTAL_PER_S = CALLS_PER_S // len(CALLS)
API_KILLED_EVERY_S = times(5, 20)
CARRIER_LIVES_S, CARRIER_IS_DEAD_S = times(5, 25), times(4, 10)
LAST_BYE_S = 40
"""A BYE to a dead carrier is given up after 32 s."""

RECORDED_WITHIN_S = 120
WARM_S = LASTS_S / 2 if LASTS_S < 240 else 120
"""Half of the first minute's growth is of tables that keep their entries for 64 s: what is flat is flat after two."""

LEAST_SHARE = 0.1 * CARRIER_LIVES_S / (CARRIER_LIVES_S + CARRIER_IS_DEAD_S)
"""Of its calls, what a carrier that keeps dying gets at the least."""

MOST_GROWTH = 1.05 if LASTS_S >= 240 else 1.5

pytestmark = pytest.mark.timeout(LASTS_S + 300)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    settings = {
        "DIALPLANE_EDGE_NAME": "here",
        "DIALPLANE_BREAKER_OPEN_S": "5",
        "DIALPLANE_CALL_KEEPALIVE_S": "30",  # Kamailio remembers every call that long, though it be over
    }
    with ExitStack() as stack:
        instance = stack.enter_context(serving(tmp_path / "data", environment=settings))
        made = Node(instance, tmp_path, stack)
        eventually(lambda: made.answers(), within_s=60, what="the edge to have the table")
        yield made


def be_unquiet(node: Node, callers: list[Callers]) -> tuple[Memory, Memory, int]:
    """Kill, change and look while calls are placed. Kamailio's memory, the companion's, how often the API died."""
    kamailio, companion, kills, second = Memory(), Memory(), 0, 0
    carrier_s = 0
    while time.monotonic() - kamailio.began < LASTS_S:
        time.sleep(max(0.0, second - (time.monotonic() - kamailio.began)))
        second, carrier_s = second + 1, carrier_s + 1
        kamailio.sample(node.instance.pids("kamailio.cfg"))
        companion.sample(node.instance.pids("dialplane.companion"))
        node.routes.change()
        if second % API_KILLED_EVERY_S == 0:
            with suppress(ProcessLookupError):
                os.kill(node.instance.main_pid("dialplane.api"), signal.SIGKILL)
                kills += 1
        if carrier_s >= (CARRIER_LIVES_S if node.mortal.is_alive else CARRIER_IS_DEAD_S):
            carrier_s = 0
            (node.mortal.die if node.mortal.is_alive else node.mortal.live)()
        assert all(one.process.poll() in (None, 0) for one in callers), "SIPp has failed"
    if not node.mortal.is_alive:
        node.mortal.live()
    return kamailio, companion, kills


@pytest.mark.alone
def test_a_node_carries_and_records_every_call_whatever_dies_and_changes_around_it(node: Node, tmp_path: Path) -> None:
    before = recorded(node.instance.data)
    within_s = LASTS_S + LAST_BYE_S + 20
    most = node.call(
        CALLS, Caller(number="[field0]"), calls=CALLS_PER_S * LASTS_S, per_second=CALLS_PER_S, within_s=within_s
    )
    some = node.call(
        [f"{MORTAL}0"], Caller(number="[field0]", callee_may_die=True), calls=MORTAL_PER_S * LASTS_S,
        per_second=MORTAL_PER_S, within_s=within_s,
    )  # fmt: skip
    callers = [most, some]
    kamailio, companion, kills = be_unquiet(node, callers)
    placed = most.calls + some.calls
    for one in callers:
        assert one.process.wait(LAST_BYE_S + 40) == 0, one.why()
        assert one.statistics("SuccessfulCall(C)") == one.calls

    def now() -> Recorded:
        return recorded(node.instance.data).since(before)

    eventually(lambda: now().ended >= placed, within_s=RECORDED_WITHIN_S, what=f"{placed} ended calls: {now()}")
    told = now()
    tell(node, told, callers, kills)
    tell_memory("Kamailio", kamailio)
    tell_memory("companion", companion)
    assert (told.calls, told.answered, told.ended, told.lost) == (placed, placed, placed, 0)
    assert told.sip_call_ids == placed
    check_attempts(node, told, most, placed, earlier=before.answered)
    assert node.routes.changed > 0
    for memory in (kamailio, companion):
        assert growth(memory) < MOST_GROWTH


def check_attempts(node: Node, told: Recorded, most: Callers, placed: int, *, earlier: int) -> None:
    """Each carrier's count is the records'; but the mortal one takes a second of its own statistics with it.

    `earlier`: calls that the steady carrier had answered before.
    """
    answered, refused = (node.steady_id, "answered"), (node.refusing_id, "rejected")
    mortal = Counter(
        {verdict: count for (provider, verdict), count in told.attempts.items() if provider == node.mortal_id}
    )
    for carrier, attempts in (
        (node.steady, told.attempts[answered] + earlier),
        (node.refusing, told.attempts[refused]),
    ):
        eventually(lambda: invited(carrier) >= attempts, what=f"{attempts} INVITEs, not {invited(carrier)}")
        assert invited(carrier) == attempts
    assert told.attempts[refused] == most.calls // len(CALLS)
    assert told.attempts[answered] + mortal["answered"] == placed
    assert mortal.keys() <= {"answered", "timeout"}
    assert mortal["answered"] > placed / len(CALLS) * LEAST_SHARE
    assert told.attempts.total() == placed + told.attempts[refused] + mortal["timeout"]


def growth(memory: Memory) -> float:
    """What is held at the end, of what was held once everything had been in use."""
    until_s = memory.samples[-1][0]
    window_s = (until_s - WARM_S) / 4
    return memory.median(until_s - window_s, until_s + 1) / memory.median(WARM_S, WARM_S + window_s)


def tell_memory(what: str, memory: Memory) -> None:
    minute = 60 if LASTS_S >= 240 else LASTS_S / 4
    medians = [memory.median(n * minute, (n + 1) * minute) / 1e6 for n in range(int(memory.samples[-1][0] // minute))]
    print(f"{what}, MB by {minute:g} s: {' '.join(f'{size:.1f}' for size in medians)}; x{growth(memory):.3f}")


def tell(node: Node, told: Recorded, callers: list[Callers], kills: int) -> None:
    sent, failed = told.attempts.total(), told.attempts.total() - told.answered
    good = sum(one.statistics("SuccessfulCall(C)") for one in callers)
    print(
        f"\nSoak of {LASTS_S} s at {CALLS_PER_S + MORTAL_PER_S} calls/s{'' if FULL else ' (short)'}: "
        f"{told.calls} calls, {told.answered} answered, {sent} attempts of which {failed} failed over "
        f"({failed / sent:.1%}); the API killed {kills} times, a carrier "
        f"{node.mortal.lives - 1} times; {node.routes.changed} route changes ({node.routes.refused} while the API was "
        f"dead); SIPp: {good} good, 0 failed; the records differ by {told.answered - good}"
    )
