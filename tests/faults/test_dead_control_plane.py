"""Calls while the control plane is dead: they go on failing over, and every record arrives once it is back."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from dialplane.client import ApiError
from dialplane.demo.calling import place_call
from tests.serve.instance import Instance, serving
from tests.waiting import eventually

NUMBER = "+821021656521"
CALLS = 12


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Instance]:
    with serving(tmp_path / "data", "--demo") as instance:
        eventually(lambda: "Stop with Ctrl-C" in instance.said(), within_s=60, what="the end of the demo")
        assert "did not work" not in instance.said(), instance.said()
        yield instance


def test_calls_fail_over_with_api_and_companion_dead_and_each_is_recorded_once_after_their_return(
    demo: Instance,
) -> None:
    with demo.client() as client:
        before = {call["id"] for call in client.calls.all()}
    sip = demo.running()["sip"]
    os.kill(demo.process.pid, signal.SIGSTOP)
    try:
        for part in ("dialplane.api", "dialplane.companion"):
            os.kill(demo.main_pid(part), signal.SIGKILL)
        with ThreadPoolExecutor(CALLS) as callers:
            results = list(callers.map(lambda _: place_call(sip, NUMBER, talk_s=0.2), range(CALLS)))
        answered = [result.status for result in results].count(200)
        assert answered == CALLS
    finally:
        os.kill(demo.process.pid, signal.SIGCONT)

    with demo.client() as client:

        def recorded() -> list[str]:
            with suppress(ApiError):
                return [
                    call["sip_call_id"]
                    for call in client.calls.all()
                    if call["id"] not in before and call["status"] == "hangup"
                ]
            return []

        eventually(lambda: len(recorded()) >= CALLS, within_s=30, what="all calls recorded and ended")
        print(
            f"\nAPI and companion dead: {answered} of {CALLS} calls answered after a failover, {len(recorded())} "
            f"recorded after their return"
        )
        assert Counter(recorded()) == Counter(result.call_id for result in results)
        for call in client.calls.all():
            assert [attempt["verdict"] for attempt in call["attempts"]] == ["carrier_error", "answered"]
