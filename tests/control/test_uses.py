"""Last uses of keys and sessions, whatever the clock was when they were noted."""

import pytest

from dialplane.control.login import uses
from dialplane.control.login.uses import Source, Uses
from dialplane.control.units import REQUESTS, Database
from dialplane.domain.instants import DAY_US
from dialplane.system.clock import now_us

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("ahead_us", "expected"), [(10 * DAY_US, "192.0.2.2"), (-DAY_US, "192.0.2.1")])
async def test_a_use_that_a_wrong_clock_noted_gives_way_to_the_next(db: Database, ahead_us: int, expected: str) -> None:
    """A use of the day before does not replace today's, which another node has stored."""
    right = now_us()
    first, second = (right + ahead_us, right) if ahead_us > 0 else (right, right + ahead_us)
    for address, at in (("192.0.2.1", first), ("192.0.2.2", second)):
        seen = Uses()
        seen.of_key("key", Source(address), now=at)
        await seen.store(db)
    async with db.read(REQUESTS) as unit:
        found = await uses.of_keys(unit, Uses(), ["key"])
    assert found["key"].source_ip == expected
