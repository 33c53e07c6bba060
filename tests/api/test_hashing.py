"""Places where passwords are hashed: who has had many hashed rests, and nobody rests with him."""

import asyncio

import pytest

from dialplane.api.http import hashing
from dialplane.api.http.errors import ApiError
from dialplane.api.http.hashing import FREE_S, Hashing
from dialplane.system.pace import Pace

pytestmark = pytest.mark.anyio

AGES_S = 600.0


class Resting(Pace):
    """Whoever has taken anything has taken too much."""

    def delay_s(self, caller: str, size: float = 1.0) -> float:
        return AGES_S


async def test_who_has_had_many_passwords_hashed_rests_and_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "Pace", Resting)
    monkeypatch.setattr(hashing, "WAIT_S", 0.1)
    places = Hashing()
    async with places.place_of_known("many"):
        pass
    async with places.place_of_known("others"):
        pass
    with pytest.raises(ApiError):
        async with places.place_of_known("many"):
            pass


async def test_a_place_is_free_again_for_others_whatever_became_of_who_had_it() -> None:
    places = Hashing()
    with pytest.raises(LookupError):
        async with places.place_of_known("one"):
            raise LookupError
    left = asyncio.ensure_future(_hold(places, "two"))
    await asyncio.sleep(0)
    left.cancel()
    async with asyncio.timeout(30), places.place_of_known("three"):
        pass


async def _hold(places: Hashing, caller: str) -> None:
    async with places.place_of_known(caller):
        await asyncio.Event().wait()


def test_an_offices_people_come_in_at_once() -> None:
    """Twenty-five passwords of 0.2 s each; whoever goes on has a quarter of each second."""
    now = 1_000.0
    pace = Pace(4 * FREE_S, most_s=3.0, now=lambda: now)
    assert [pace.delay_s("office", 4 * 0.2) for _ in range(25)] == [0.0] * 25
    assert pace.delay_s("office", 4 * 0.2) == pytest.approx(0.8)
    assert pace.delay_s("others", 4 * 0.2) == 0.0
