"""A job that fails is reported, backs off and recovers; the others go on as if nothing were."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from dialplane.domain.errors import Unavailable
from dialplane.jobs import supervisor
from dialplane.jobs.supervisor import SILENT_AFTER_S, Job, Supervisor, pause_after

pytestmark = pytest.mark.anyio

FAST_S = 0.001


class Rounds:
    """A job's work: counts its rounds; `error` is raised by each while it is set."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.count = 0

    async def __call__(self) -> None:
        self.count += 1
        if self.error is not None:
            raise self.error


def job(name: str, run_round: Callable[[], Awaitable[object]]) -> Job:
    return Job(name=name, every_s=FAST_S, run_round=run_round)


async def until(condition: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 10
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0)


async def test_a_job_that_fails_is_counted_and_tried_again_while_others_go_on() -> None:
    broken, well = Rounds(RuntimeError("fault")), Rounds()
    succeeded: list[str] = []
    failed: list[str] = []
    jobs = Supervisor(
        [job("broken", broken), job("well", well)],
        on_success=succeeded.append,
        on_failure=failed.append,
        longest_wait_s=FAST_S,
    )
    async with jobs.running():
        await until(lambda: len(failed) >= 3)
        rounds = well.count
        await until(lambda: well.count > rounds + 3)
        assert jobs.failing() == ["broken"]
        broken.error = None
        await until(lambda: not jobs.failing())
    assert set(failed) == {"broken"}
    assert {"broken", "well"} <= set(succeeded)


async def test_the_pauses_after_failures_double_up_to_the_longest() -> None:
    pauses: list[float] = []
    gave_up = asyncio.Event()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            gave_up.set()
            await asyncio.Event().wait()

    broken = Job(name="broken", every_s=1.0, run_round=Rounds(RuntimeError("fault")))
    jobs = Supervisor([broken], longest_wait_s=8.0, sleep=sleep)
    async with jobs.running():
        await gave_up.wait()
    for pause_s, doubled_s in zip(pauses, (1, 2, 4, 8, 8, 8), strict=True):
        assert doubled_s / 2 <= pause_s <= doubled_s
        assert pause_s >= 1.0, "never sooner than the interval"


async def test_a_database_that_is_away_leaves_rounds_out_and_is_no_failure_of_the_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "LEFT_OUT_S", FAST_S)
    away = Rounds(Unavailable("unreachable"))
    failed: list[str] = []
    jobs = Supervisor([job("away", away)], on_failure=failed.append)
    with capture_logs() as lines:
        async with jobs.running():
            await until(lambda: away.count > 3)
            assert jobs.failing() == []
            away.error = None
            await until(lambda: jobs.states["away"].left_out == 0)
            away.error = Unavailable("unreachable")
            await until(lambda: jobs.states["away"].left_out > 3)
    assert failed == []
    assert [line["event"] for line in lines] == 2 * ["job left out a round"]


async def test_a_job_that_cannot_reach_the_database_pauses_for_a_second_at_least() -> None:
    pauses: list[float] = []

    async def note(pause_s: float) -> None:
        pauses.append(pause_s)
        await asyncio.sleep(0 if len(pauses) < 3 else 60)

    away = Rounds(Unavailable("unreachable"))
    async with Supervisor([job("away", away)], sleep=note).running():
        await until(lambda: len(pauses) == 3)
    assert pauses == 3 * [supervisor.LEFT_OUT_S]


async def test_a_job_whose_round_does_not_end_is_stuck() -> None:
    hanging = asyncio.Event()
    jobs = Supervisor([job("hanging", hanging.wait), job("well", Rounds())])
    async with jobs.running():
        assert jobs.stuck() == []
        for state in jobs.states.values():
            state.due -= SILENT_AFTER_S + 1
        await until(lambda: jobs.stuck() == ["hanging"])


async def test_a_job_that_has_little_to_do_is_not_stuck_between_its_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    late, work = [0.0], Rounds()
    monkeypatch.setattr(supervisor, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + late[0]))
    jobs = Supervisor([Job(name="rare", every_s=3 * SILENT_AFTER_S, run_round=work)])
    async with jobs.running():
        await until(lambda: work.count == 1)
        await until(lambda: jobs.states["rare"].due > time.monotonic() + 2 * SILENT_AFTER_S)
        late[0] = 3 * SILENT_AFTER_S - 1
        assert jobs.stuck() == []
        late[0] = 4 * SILENT_AFTER_S + 1
        assert jobs.stuck() == ["rare"]


async def test_rounds_in_progress_are_cancelled_at_the_end() -> None:
    cancelled = asyncio.Event()
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with Supervisor([job("hanging", hang)]).running():
        await begun.wait()
    assert cancelled.is_set()


async def test_an_error_of_the_block_is_raised_as_it_is_and_ends_the_jobs() -> None:
    work = Rounds()
    with pytest.raises(ValueError, match="stop"):
        async with Supervisor([job("well", work)]).running():
            raise ValueError("stop")
    rounds = work.count
    await asyncio.sleep(FAST_S * 5)
    assert work.count == rounds


@pytest.mark.parametrize(("round_s", "pause_s"), [(0.0, 15.0), (0.5, 15.0), (1.0, 19.0), (3.0, 57.0), (12.0, 60.0)])
def test_a_long_round_is_followed_by_a_long_pause(round_s: float, pause_s: float) -> None:
    assert pause_after(round_s, every_s=15.0) == pytest.approx(pause_s)


async def test_a_job_is_wound_up_after_its_last_round_and_one_that_cannot_be_keeps_no_other_from_it() -> None:
    went: list[str] = []

    async def round_without_end() -> None:
        try:
            await asyncio.Future()
        finally:
            went.append("round ended")

    async def wind_up() -> None:
        went.append("wound up")

    broken = Job(name="broken", every_s=FAST_S, run_round=Rounds(), when_stopped=Rounds(RuntimeError("fault")))
    well = Job(name="well", every_s=FAST_S, run_round=round_without_end, when_stopped=wind_up)
    rounds = broken.run_round
    assert isinstance(rounds, Rounds)
    async with Supervisor([broken, well]).running():
        await until(lambda: rounds.count > 0)
    assert went == ["round ended", "wound up"]
