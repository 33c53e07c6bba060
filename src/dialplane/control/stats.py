"""Statistics over a window of time: what was counted of providers, routes, targets, SIP statuses, customers, trunks and
edges, from sums that are kept with the records (domain/rollups.py), and what goes on now.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.permissions import Scope
from dialplane.control.retention import Periods
from dialplane.control.units import Reading
from dialplane.domain import statistics
from dialplane.domain.channels import ChannelChange, average, in_use, most
from dialplane.domain.instants import DAY_US, SECOND_US
from dialplane.domain.rollups import (
    CUSTOMERS,
    DAY_S,
    EDGES,
    GROUPINGS,
    HOUR_S,
    MINUTE_S,
    OF_CALLS,
    PROVIDERS,
    ROUTES,
    STATUSES,
    STEPS_S,
    TARGETS,
    TRUNKS,
    Range,
    Total,
    ceiled,
    floored,
    ranges,
    waiting_beside,
)
from dialplane.domain.statistics import OF_CHANNELS, Figures
from dialplane.store.queries import rollups
from dialplane.store.queries import stats as queries
from dialplane.store.queries.rollups import Part, Selection

__all__ = [
    "BUSIEST", "CUSTOMERS", "EDGES", "GROUPINGS", "OF_CALLS", "ORDERS", "PROVIDERS", "ROUTES", "STATUSES", "TARGETS",
    "TRUNKS", "UNREACHED", "Overview", "Stats", "SumsNotKept", "Window", "before", "list_", "overview", "usual_delays",
    "widened",
]  # fmt: skip


MINUTES_UP_TO = DAY_US
HOURS_UP_TO = 14 * DAY_US
"""The longest window (us) of whole minutes, and of whole hours; a longer one is of days, some thirty for each key."""


BUSIEST, UNREACHED = "busiest", "unreached"
ORDERS: Mapping[str, Callable[[Part], int]] = {BUSIEST: lambda part: part.seized, UNREACHED: statistics.unreached}
"""Word of an order -> the number that puts keys in it, most first."""


class SumsNotKept(Exception):
    """The window begins before the sums of its steps. `kept_s`: the length of the shortest that are there, in s."""

    def __init__(self, kept_s: int) -> None:
        super().__init__(f"steps must be multiples of {kept_s} s so far back")
        self.kept_s = kept_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`since` <= instant < `until` (us). `customer_id`, `provider_id` and `edge` narrow it unless they are None.

    `step_s`: length of the steps that it is divided into, None for none. `finest_s`: length of the shortest sums that
    make it up, once it is `widened`.
    """

    since: int
    until: int
    step_s: int | None = None
    customer_id: str | None = None
    provider_id: str | None = None
    edge: str | None = None
    finest_s: int | None = None

    @property
    def instants(self) -> range:
        """When its steps begin; none if it has none."""
        return range(self.since, self.until, self.step_s * SECOND_US) if self.step_s else range(0)


def widened(window: Window, periods: Periods | None = None, *, now: int = 0) -> Window:
    """The window of which sums are kept: of whole steps; without any, of minutes, or hours or days if it is long.

    With `periods` also if it begins before those that are kept `now` (us). Raises SumsNotKept for shorter steps.
    """
    if window.finest_s is not None:
        return window
    length = window.until - window.since
    kept_s = next((one for one in STEPS_S if periods is None or _is_kept(window, periods, one, now=now)), DAY_S)
    if window.step_s is not None:
        finest_s = next(one for one in (DAY_S, HOUR_S, MINUTE_S) if window.step_s % one == 0)
        if finest_s < kept_s:
            raise SumsNotKept(kept_s)
    else:
        finest_s = MINUTE_S if length <= MINUTES_UP_TO else HOUR_S if length <= HOURS_UP_TO else DAY_S
        finest_s = max(finest_s, kept_s)
    whole_s = window.step_s or finest_s
    since, until = floored(window.since, whole_s), ceiled(window.until, whole_s)
    return replace(window, since=since, until=until, finest_s=finest_s)


def before(window: Window, periods: Periods, *, now: int) -> Window | None:
    """The window before a `widened` one, as long as what has passed of that; None where its sums are kept no longer."""
    finest_s = window.finest_s or MINUTE_S
    passed = min(window.until, ceiled(max(now, window.since + 1), finest_s)) - window.since
    since = window.since - passed
    if since < periods.sums_before(finest_s, now=now):
        return None
    return replace(window, since=since, until=window.since, step_s=None)


def _is_kept(window: Window, periods: Periods, step_s: int, *, now: int) -> bool:
    """Whether sums of this length make up the window from its begin on, which is that of a whole step or sum."""
    return floored(window.since, window.step_s or step_s) >= periods.sums_before(step_s, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The figures of one key; see `Figures`. Rates are None if nothing was seized, times in ms.

    `pdd_classes`: how many delays are in each class of `DELAYS_UNTIL_MS`.
    `channels`: going on now, whatever the window. `steps`: the same of each step of the window. `in_use`: the channels
    that were in use on average in each step, None for one that is still to come; `most_in_use`: the most of them that
    were on average in the shortest sums of the step, minutes of steps that are not of whole hours.
    """

    key: str = ""
    seized: int = 0
    skipped: int = 0
    answered: int = 0
    effective: int = 0
    moved_on: int = 0
    saved: int = 0
    refused: int = 0
    late_answers: int = 0
    ended: int = 0
    duration_ms: int = 0
    attempts: int = 0
    shed: int = 0
    pdd_p50_ms: int | None = None
    pdd_p95_ms: int | None = None
    pdd_classes: Sequence[int] = field(default=(), compare=False)
    channels: int = 0
    steps: Sequence["Stats"] = field(default=())
    in_use: Sequence[float | None] = field(default=(), compare=False)
    most_in_use: Sequence[float | None] = field(default=(), compare=False)

    @property
    def asr(self) -> float | None:
        """Answer-seizure ratio, 0 to 1."""
        return statistics.asr(self)

    @property
    def ner(self) -> float | None:
        """Network effectiveness ratio, 0 to 1."""
        return statistics.ner(self)

    @property
    def unreached(self) -> int:
        """How many reached nobody, so far."""
        return statistics.unreached(self)

    @property
    def failover_rate(self) -> float | None:
        """Share of what moved on to the next carrier, 0 to 1."""
        return statistics.failover_rate(self)

    @property
    def acd_ms(self) -> int | None:
        """Average duration of answered calls."""
        return statistics.acd_ms(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The figures of all calls, and of all attempts."""

    calls: Stats
    attempts: Stats


async def list_(
    unit: Reading,
    actor: Actor,
    by: str,
    window: Window,
    *,
    limit: int = 100,
    order: str = BUSIEST,
    now: int | None = None,
) -> list[Stats]:
    """The first of one of GROUPINGS over the window, `widened`, by one of ORDERS, at most `limit`.

    With the channels in use in its steps, by provider, if `now` (us) says when `channels` are.

    Those with nothing in the window and no channel in use are left out. Raises PermissionDenied, Unavailable.
    """
    window = widened(window)
    selection = _selection(actor, by, window)
    if selection is None:
        return []
    channels = await queries.channels(unit, selection)
    parts = await _parts(unit, selection, window)
    first = await asyncio.to_thread(_first, parts, channels, window, limit=limit, order=order)
    if now is None or by != PROVIDERS or window.step_s is None:
        return first
    since = await _since(unit, selection, window, now=now)
    return await asyncio.to_thread(_with_channels, first, parts, since, window, now=now)


async def _since(unit: Reading, selection: Selection, window: Window, *, now: int) -> dict[str, list[Part]]:
    """Key -> the sums of the time from the end of the window until now. Raises Unavailable."""
    finest_s = window.finest_s or MINUTE_S
    until = max(window.until, ceiled(now + 1, finest_s))
    return await _parts(unit, selection, replace(window, since=window.until, until=until, step_s=None))


def _with_channels(
    groups: Sequence[Stats],
    parts: Mapping[str, Sequence[Part]],
    since: Mapping[str, Sequence[Part]],
    window: Window,
    *,
    now: int,
) -> list[Stats]:
    return [_with_channels_of(one, parts.get(one.key, ()), since.get(one.key, ()), window, now=now) for one in groups]


def _with_channels_of(
    figures: Stats, parts: Sequence[Part], since: Sequence[Part], window: Window, *, now: int
) -> Stats:
    """Counted back from the channels in use now: at an instant there were as many, less those that were taken since.

    Exact, to the rounding of milliseconds, and as cheap as the sums of the window are: records are read for what is
    open now alone. Where one end is not reported, neither number has it, so nothing adds up to a drift.
    """
    finest_us = (window.finest_s or MINUTE_S) * SECOND_US
    changes = {instant: ChannelChange() for instant in range(window.since, window.until, finest_us)}
    for part in parts:
        sums = part.total.sums
        instant = floored(part.instant, window.finest_s or MINUTE_S)
        changes[instant] = changes[instant].plus(sums.taken, sums.held_ms)
    at_begin = figures.channels - sum(part.total.sums.taken for part in since)
    at_begin -= sum(change.taken for change in changes.values())
    used = in_use(list(changes.items()), at_begin=at_begin, length_us=finest_us, now=now)
    per_step = (window.step_s or MINUTE_S) * SECOND_US // finest_us
    steps = [used[first : first + per_step] for first in range(0, len(used), per_step)]
    return replace(figures, in_use=tuple(map(average, steps)), most_in_use=tuple(map(most, steps)))


def _first(
    parts: Mapping[str, Sequence[Part]], channels: Mapping[str, int], window: Window, *, limit: int, order: str
) -> list[Stats]:
    """The figures of the first keys by an order, and of others that have channels."""
    ranks = {key: sum(ORDERS[order](part) for part in found) for key, found in parts.items()}
    first = sorted(ranks, key=lambda key: (-ranks[key], key))[:limit]
    idle = sorted(channels.keys() - ranks.keys())[: limit - len(first)]
    made = [_stats(parts.get(key, ()), window, key=key, channels=channels.get(key, 0)) for key in (*first, *idle)]
    return [one for one in made if one.channels or replace(one, key="", steps=()) != Stats()]


async def overview(unit: Reading, actor: Actor, window: Window) -> Overview:
    """The figures of all of the actor's calls over the window, `widened`. Raises PermissionDenied, Unavailable."""
    window = widened(window)
    calls, attempts = [await _all_of(unit, actor, by, window) for by in (EDGES, PROVIDERS)]
    return Overview(calls=calls, attempts=attempts)


async def usual_delays(unit: Reading, actor: Actor, *, now: int) -> dict[str, int]:
    """Provider -> the median of its post-dial delays in the last hour (ms), if any of its attempts rang.

    Of the actor's calls alone, if it may not see others'. Raises PermissionDenied, Unavailable.
    """
    window = widened(Window(since=now - HOUR_S * SECOND_US, until=now))
    selection = _selection(actor, PROVIDERS, window)
    parts = {} if selection is None else await _parts(unit, selection, window)
    return await asyncio.to_thread(_medians, parts, window)


def _medians(parts: Mapping[str, Sequence[Part]], window: Window) -> dict[str, int]:
    delays = {key: _stats(found, window).pdd_p50_ms for key, found in parts.items()}
    return {key: delay for key, delay in delays.items() if delay is not None}


async def _all_of(unit: Reading, actor: Actor, by: str, window: Window) -> Stats:
    selection = _selection(actor, by, window)
    if selection is None:
        return Stats(steps=(Stats(),) * len(window.instants))
    channels = await queries.channels(unit, selection)
    found = await _parts(unit, selection, window)
    parts = [part for of_key in found.values() for part in of_key]
    return await asyncio.to_thread(_stats, parts, window, channels=sum(channels.values()))


def _selection(actor: Actor, by: str, window: Window) -> Selection | None:
    """What the actor may see of a window; None for nothing of it. Raises PermissionDenied."""
    customer_id = window.customer_id
    if permissions.require(actor, "stats.list") is Scope.OWN:
        if customer_id not in (None, actor.customer_id):
            return None
        customer_id = actor.customer_id
    return Selection(grouped_by=by, customer_id=customer_id, provider_id=window.provider_id, edge=window.edge)


async def _parts(unit: Reading, selection: Selection, window: Window) -> dict[str, list[Part]]:
    """Key -> the sums that make up its figures in a window. Raises Unavailable."""
    finest_s = window.finest_s or MINUTE_S
    if window.step_s is None:
        made = ranges(window.since, window.until, finest_s=finest_s)
    else:
        made = [Range(finest_s, window.since, window.until)]
    made += waiting_beside(made)
    found: dict[str, list[Part]] = {}
    for part in [
        *await rollups.parts(unit, selection, made, is_one_sum=window.step_s is None),
        *await rollups.pending_parts(unit, selection, since=window.since, until=window.until),
    ]:
        found.setdefault(part.key, []).append(part)
    return found


def _shown(figures: Figures) -> dict[str, Any]:
    """All but those of channels, which are shown as what they make up."""
    return {name: count for name, count in figures._asdict().items() if name not in OF_CHANNELS}


def _stats(parts: Iterable[Part], window: Window, *, key: str = "", channels: int = 0) -> Stats:
    """The figures that these sums make up."""
    total, steps = Total(), {instant: Total() for instant in window.instants}
    for part in parts:
        sums = part.total
        total.add(sums.vector, sums.delays)
        if window.step_s is not None:
            steps[floored(part.instant, window.step_s)].add(sums.vector, sums.delays)
    whole, *each = (
        Stats(key=key, **_shown(one.sums), pdd_p50_ms=one.pdd_ms(50), pdd_p95_ms=one.pdd_ms(95))
        for one in (total, *steps.values())
    )
    return replace(whole, channels=channels, steps=tuple(each), pdd_classes=statistics.classes_of(total.delays))
