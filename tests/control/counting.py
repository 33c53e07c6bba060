"""A naive count over the records of calls, for tests: what statistics must say, in plain words and without any sum."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from sqlalchemy import create_engine, text

from dialplane.control.stats import (
    CUSTOMERS,
    EDGES,
    OF_CALLS,
    PROVIDERS,
    ROUTES,
    STATUSES,
    TARGETS,
    TRUNKS,
    Stats,
    Window,
)
from dialplane.domain.statistics import bucket_of, middle_of
from dialplane.store.address import parse_address

Row = dict[str, Any]


class Recorded:
    """All records of a database: a call's row, and the rows of its attempts."""

    def __init__(self, url: str) -> None:
        engine = create_engine(parse_address(url))
        with engine.connect() as connection:
            self.calls = [dict(row) for row in connection.execute(text("SELECT * FROM calls")).mappings()]
            rows = [dict(row) for row in connection.execute(text("SELECT * FROM attempts")).mappings()]
        engine.dispose()
        self.attempts = {
            call["id"]: sorted((row for row in rows if row["call_id"] == call["id"]), key=lambda row: row["number"])
            for call in self.calls
        }

    def count(self, by: str, window: Window) -> list[Stats]:
        """The figures of a grouping, by key; those of what goes on now are left out."""
        groups: dict[str, list[Stats]] = {}
        delays: dict[str, list[int]] = {}
        for call in self.calls:
            if window.customer_id not in (None, call["customer_id"]):
                continue
            for key, figures, delay in self._of_call(by, call, window):
                groups.setdefault(key, []).append(figures)
                delays.setdefault(key, []).extend([] if delay is None else [delay])
        return sorted((_sum(key, groups[key], delays[key]) for key in groups), key=lambda one: one.key)

    def channels(self, provider_id: str, since: int, until: int) -> float:
        """The channels of a provider in use on average from `since` to `until` (us)."""
        held = 0
        for call in self.calls:
            for one in self.attempts[call["id"]]:
                if one["provider_id"] == provider_id and was_sent(one) and one["tm_placed"] is not None:
                    end = freed(call, one)
                    held += max(0, min(until, until if end is None else end) - max(since, one["tm_placed"]))
        return held / (until - since)

    def _of_call(self, by: str, call: Row, window: Window) -> list[tuple[str, Stats, int | None]]:
        attempts = self.attempts[call["id"]]
        if by not in OF_CALLS:
            wanted = [one for one in attempts if window.provider_id in (None, one["provider_id"])]
            within = [one for one in wanted if one["tm_placed"] is not None and is_within(one["tm_placed"], window)]
            found = [(key_of_attempt(by, one), *of_attempt(call, attempts, one)) for one in within]
            return [one for one in found if one[0]]
        if call["tm_start"] is None or not is_within(call["tm_start"], window):
            return []
        if window.provider_id is not None and window.provider_id not in [one["provider_id"] for one in attempts]:
            return []
        key = {CUSTOMERS: call["customer_id"], TRUNKS: call["trunk_id"], EDGES: call["edge"]}[by]
        return [(key, *of_call(call, attempts))] if key else []


def is_within(instant: int, window: Window) -> bool:
    return window.since <= instant < window.until


def key_of_attempt(by: str, attempt: Row) -> str:
    if by == STATUSES:
        if attempt["tm_answered"] is not None:
            return str(attempt["answered_status"] or 200)
        return str(attempt["ended_status"] or "none") if attempt["tm_ended"] is not None else ""
    return {PROVIDERS: attempt["provider_id"], ROUTES: attempt["route_id"], TARGETS: attempt["target"]}[by] or ""


def was_sent(attempt: Row) -> bool:
    return bool(attempt["skipped"] == 0)


def was_effective(attempt: Row) -> bool:
    if attempt["tm_answered"] is not None:
        return True
    return attempt["tm_late_answer"] is None and attempt["verdict"] in ("busy", "no_answer")


def duration(call: Row) -> int | None:
    if call["tm_answered"] is None or call["tm_ended"] is None:
        return None
    return between(call, "answered", "ended")


def between(call: Row, first: str, second: str) -> int:
    """By the edge's own clock, if that ran on."""
    if call[f"mono_{first}"] and call[f"mono_{second}"] and call[f"mono_{first}"] <= call[f"mono_{second}"]:
        took: int = (call[f"mono_{second}"] - call[f"mono_{first}"]) // 1_000_000
    else:
        took = max(0, call[f"tm_{second}"] - call[f"tm_{first}"]) // 1_000
    return min(took, 31 * 86_400_000)


def of_attempt(call: Row, attempts: Sequence[Row], one: Row) -> tuple[Stats, int | None]:
    sign = one["tm_answered"] if one["tm_ringing"] is None else one["tm_ringing"]
    delay = (
        min(max(0, sign - one["tm_placed"]) // 1_000, 31 * 86_400_000) if was_sent(one) and sign is not None else None
    )
    answered = one["tm_answered"] is not None
    before = [other for other in attempts if other["number"] < one["number"] and was_sent(other)]
    took = duration(call) if answered else None
    figures = Stats(
        seized=int(was_sent(one)),
        skipped=int(one["skipped"] == 1),
        answered=int(answered),
        effective=int(was_effective(one)),
        moved_on=int(one["action"] == "next"),
        saved=int(answered and was_sent(one) and bool(before)),
        late_answers=int(one["tm_late_answer"] is not None),
        ended=int(took is not None),
        duration_ms=took or 0,
    )
    return figures, delay


def of_call(call: Row, attempts: Sequence[Row]) -> tuple[Stats, int | None]:
    sent = [one for one in attempts if was_sent(one)]
    first_sign = "answered" if call["tm_ringing"] is None else "ringing"
    delay = None if call[f"tm_{first_sign}"] is None else between(call, "start", first_sign)
    took = duration(call)
    answered = call["tm_answered"] is not None
    saved = [one for one in sent if one["tm_answered"] is not None and one["number"] > min(s["number"] for s in sent)]
    figures = Stats(
        seized=1,
        skipped=sum(one["skipped"] == 1 for one in attempts),
        answered=int(answered),
        effective=int(answered or any(map(was_effective, attempts))),
        moved_on=int(len(sent) > 1),
        saved=int(bool(saved)),
        refused=int(not sent and not answered and call["tm_ended"] is not None),
        late_answers=sum(one["tm_late_answer"] is not None for one in attempts),
        ended=int(took is not None),
        duration_ms=took or 0,
        attempts=len(sent),
    )
    return figures, delay


def freed(call: Row, attempt: Row) -> int | None:
    """When the channel of an INVITE was free again."""
    ends = [attempt["tm_ended"], call["tm_ended"] if call["tm_ended"] is not None else call["tm_lost"]]
    known = [end for end in ends if end is not None]
    return max(attempt["tm_placed"], min(known)) if known else None


def _sum(key: str, group: Sequence[Stats], delays: Sequence[int]) -> Stats:
    names = (
        *("seized", "skipped", "answered", "effective", "moved_on", "saved", "refused", "late_answers"),
        *("ended", "duration_ms", "attempts"),
    )
    sums: dict[str, Any] = {name: sum(getattr(one, name) for one in group) for name in names}
    return Stats(key=key, **sums, pdd_p50_ms=percentile(delays, 50), pdd_p95_ms=percentile(delays, 95))


def percentile(delays: Sequence[int], percent: int) -> int | None:
    """The middle of the bucket of the nearest rank."""
    return middle_of(bucket_of(sorted(delays)[ceil(len(delays) * percent / 100) - 1])) if delays else None
