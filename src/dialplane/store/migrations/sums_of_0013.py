"""What calls count for in statistics, as migration 0013 has it: a copy of its day, since migrations never change.

Figures in their order: seized, skipped, answered, effective, moved on, saved, refused, late answers, ended, duration in
ms. Sums are by block (grouping, customer, length in s, instant in us), and in it by key and provider.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Row = Mapping[str, Any]
FIGURES = 10
MINUTE_US = 60_000_000
LENGTHS_US = {60: MINUTE_US, 3_600: 60 * MINUTE_US, 86_400: 1_440 * MINUTE_US}
LONGEST_MS = 31 * 86_400_000


class Counted(NamedTuple):
    """Figures of a call or an attempt: whose, when, under which keys; `delay`: its histogram's bucket, -1 for none."""

    minute: int
    customer_id: str
    keys: Sequence[tuple[str, str, str]]
    """Grouping, provider and key."""

    delay: int
    figures: Sequence[int]


Total = tuple[list[int], dict[int, int]]
Blocks = dict[tuple[str, str, int, int], dict[tuple[str, str], Total]]


def add(blocks: Blocks, one: Counted) -> None:
    """Adds figures to all sums that they belong to."""
    for by, provider_id, key in one.keys:
        for customer_id in {"", "" if by == "customers" else one.customer_id}:
            for step_s, length in LENGTHS_US.items():
                block = blocks.setdefault((by, customer_id, step_s, one.minute - one.minute % length), {})
                figures, delays = block.setdefault((key, provider_id), ([0] * FIGURES, {}))
                for n, figure in enumerate(one.figures):
                    figures[n] += figure
                if one.delay >= 0:
                    delays[one.delay] = delays.get(one.delay, 0) + one.figures[0]


def counted(call: Row, attempts: Sequence[Row]) -> Iterator[Counted]:
    """What a call and its attempts, in their order, count for."""
    customer_id = call["customer_id"] or ""
    talk_ms = _elapsed_ms(call["tm_answered"], call["tm_ended"], call["mono_answered"], call["mono_ended"])
    each: list[list[int]] = []
    for attempt in attempts:
        each.append(_of_attempt(attempt, talk_ms, is_second=any(figures[0] for figures in each)))
        if attempt["tm_placed"] is not None:
            yield _placed(attempt, customer_id, each[-1])
    if call["tm_start"] is None:
        return
    sent, answered = sum(figures[0] for figures in each), call["tm_answered"] is not None
    of_call = [
        1, sum(figures[1] for figures in each), answered, answered or any(figures[3] for figures in each), sent > 1,
        any(figures[5] for figures in each), not sent and not answered and call["tm_ended"] is not None,
        sum(figures[7] for figures in each), talk_ms is not None, talk_ms or 0,
    ]  # fmt: skip
    providers = sorted({attempt["provider_id"] for attempt in attempts if attempt["provider_id"]})
    keys = [("trunks", "", call["trunk_id"] or ""), ("edges", "", call["edge"])]
    keys += [("customers", provider_id, customer_id) for provider_id in ("", *providers)]
    sign = "answered" if call["tm_ringing"] is None else "ringing"
    delay = _elapsed_ms(call["tm_start"], call[f"tm_{sign}"], call["mono_start"], call[f"mono_{sign}"])
    yield _counted(call["tm_start"], customer_id, keys, delay, list(map(int, of_call)))


def _of_attempt(attempt: Row, talk_ms: int | None, *, is_second: bool) -> list[int]:
    sent, answered = attempt["skipped"] == 0, attempt["tm_answered"] is not None
    late = attempt["tm_late_answer"] is not None
    reached = answered or (not late and attempt["verdict"] in ("busy", "no_answer"))
    moved_on, has_ended = attempt["action"] == "next", answered and talk_ms is not None
    figures = [sent, attempt["skipped"] == 1, answered, reached, moved_on, answered and sent and is_second]
    return list(map(int, (*figures, 0, late, has_ended, (answered and talk_ms) or 0)))


def _placed(attempt: Row, customer_id: str, figures: Sequence[int]) -> Counted:
    status, provider_id = "", attempt["provider_id"] or ""
    if attempt["tm_answered"] is not None:
        status = str(attempt["answered_status"] or 200)
    elif attempt["tm_ended"] is not None:
        status = str(attempt["ended_status"] or "none")
    names = {"providers": provider_id, "routes": attempt["route_id"], "targets": attempt["target"], "statuses": status}
    keys = [(by, provider_id, key or "") for by, key in names.items()]
    ringing = attempt["tm_ringing"]
    delay = _elapsed_ms(attempt["tm_placed"], attempt["tm_answered"] if ringing is None else ringing)
    return _counted(attempt["tm_placed"], customer_id, keys, delay if figures[0] else None, figures)


def _counted(
    at: int, customer_id: str, keys: Sequence[tuple[str, str, str]], delay_ms: int | None, figures: Sequence[int]
) -> Counted:
    named = [key for key in keys if key[2]]
    return Counted(at - at % MINUTE_US, customer_id, named, -1 if delay_ms is None else _bucket_of(delay_ms), figures)


def _elapsed_ms(
    first_us: int | None, second_us: int | None, first_ns: int | None = None, second_ns: int | None = None
) -> int | None:
    if first_us is None or second_us is None:
        return None
    if first_ns and second_ns and first_ns <= second_ns:
        return min((second_ns - first_ns) // 1_000_000, LONGEST_MS)
    return min(max(0, second_us - first_us) // 1_000, LONGEST_MS)


def _bucket_of(delay_ms: int) -> int:
    shift = delay_ms.bit_length() - 5
    return delay_ms if shift <= 0 else 16 * shift + (delay_ms >> shift)
