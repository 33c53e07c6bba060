"""When probes are sent: beside one another, and not in step."""

import asyncio
import uuid
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dialplane.companion.probing.judgement import Thresholds
from dialplane.companion.probing.probes import ProbePlan
from dialplane.domain.health import UNHEALTHY
from tests.companion.probed import PLAN, probing, provider, udp_carrier
from tests.waiting import eventually_async


def test_silent_providers_are_asked_beside_one_another_and_not_one_after_the_other(tmp_path: Path) -> None:
    plan = replace(PLAN, timeout_s=3.0, thresholds=Thresholds(down_after=1))

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            silent = [await stack.enter_async_context(udp_carrier(None)) for _ in range(20)]
            edge = await stack.enter_async_context(probing(tmp_path, plan=plan))
            await edge.put(*(replace(provider(f"127.0.0.1:{port}"), id=str(uuid.uuid4())) for _, port in silent))
            await eventually_async(lambda: all(carrier.asked for carrier, _ in silent) or edge.events())
            assert edge.events() == [], "one was given up before all had been asked"
            await eventually_async(lambda: len({event["provider_id"] for event in edge.events()}) == len(silent))
            first = {event["provider_id"]: event for event in reversed(edge.events())}.values()
        assert {event["status"] for event in first} == {UNHEALTHY}
        given_up_at = [event["at"] / 1e6 for event in first]
        assert max(given_up_at) - min(given_up_at) < plan.timeout_s

    asyncio.run(scenario())


@given(
    interval_s=st.floats(0.1, 3600),
    doubt_interval_s=st.floats(0.1, 3600),
    jitter=st.floats(0.01, 0.5),
    in_doubt=st.booleans(),
)
def test_the_wait_for_the_next_probe_is_drawn_within_the_jitter(
    interval_s: float, doubt_interval_s: float, jitter: float, in_doubt: bool
) -> None:
    plan = ProbePlan(interval_s=interval_s, doubt_interval_s=doubt_interval_s, jitter=jitter)
    middle_s = min(interval_s, doubt_interval_s) if in_doubt else interval_s

    waits = [plan.wait_s(in_doubt=in_doubt) for _ in range(50)]

    assert all(abs(wait_s - middle_s) <= jitter * middle_s * (1 + 1e-9) for wait_s in waits)
    assert min(waits) < middle_s < max(waits)
