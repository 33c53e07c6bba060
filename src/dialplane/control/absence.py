"""What would have become of the last calls without one provider, by their own stored decisions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dialplane.control import decisions, permissions, providers
from dialplane.control.actor import Actor
from dialplane.control.units import Unit
from dialplane.domain.instants import DAY_US
from dialplane.engine.dialroute import TRIED
from dialplane.store.queries import calls as queries
from dialplane.store.queries.calls import Filters
from dialplane.system.turns import in_turns

MOST_CALLS = 500
"""The newest calls of the window that are looked at."""

WINDOW_US = DAY_US
MOST_TARGETS = 10


class StrandedTarget(NamedTuple):
    """Calls of one customer's that one target's routes would have left without a carrier."""

    customer_id: str
    target: str
    calls: int


class NextProvider(NamedTuple):
    """The provider that would have been tried first instead, and how many calls."""

    provider_id: str
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """`calls`: all that were looked at and had it in their plan. `stranded`: had no other; `last_leg`: had just one."""

    calls: int
    is_all: bool
    stranded: int
    last_leg: int
    stranded_targets: Sequence[StrandedTarget]
    next: Sequence[NextProvider]

    @property
    def summary(self) -> str:
        """The same as a sentence."""
        if not self.calls:
            return "No call of the last 24 hours went to it."
        calls = f"{'' if self.is_all else 'newest '}{self.calls} call{'s' if self.calls > 1 else ''}"
        those = f"Of the {calls} of the last 24 hours that went to it"
        if not self.stranded:
            lost = f"{those}, none would have been left without a carrier"
        else:
            lost = f"{those}, {self.stranded} ({self.stranded / self.calls:.0%}) would have had no other carrier"
        return f"{lost}; {self.last_leg} would have had just one." if self.last_leg else f"{lost}."


class Plan(NamedTuple):
    """One call's plan. `own`: the target of the provider's route; `others`: those tried without it, in order."""

    customer_id: str
    own: str
    others: Sequence[str]


async def of(unit: Unit, actor: Actor, provider_id: str, *, now: int) -> Absence:
    """Raises NotFound, Unavailable."""
    permissions.require(actor, "provider.absence")
    provider = await providers.get(unit, actor, provider_id)
    filters = Filters(provider_id=provider.id, started_from=now - WINDOW_US)
    rows = await queries.page(unit, filters, page_size=MOST_CALLS + 1, before=None)
    made = await queries.decisions_of(unit, [row.id for row in rows[:MOST_CALLS]])
    plans = await in_turns(
        made, lambda row: plan_of(row.customer_id or "", decisions.read(row.decision).places, provider.id)
    )
    return absence_of([plan for plan in plans if plan], is_all=len(rows) <= MOST_CALLS)


def plan_of(customer_id: str, decision: Iterable[Mapping[str, Any]], provider_id: str) -> Plan | None:
    """The plan of a stored decision; None where the provider is not in it."""
    tried = sorted((place for place in decision if place.get("outcome") == TRIED), key=lambda place: place["position"])
    own = next((place["target"] for place in tried if place["provider_id"] == provider_id), None)
    others = [place["provider_id"] for place in tried if place["provider_id"] != provider_id]
    return None if own is None else Plan(customer_id, own, others)


def absence_of(plans: Sequence[Plan], *, is_all: bool) -> Absence:
    """The sums over plans that all have the provider."""
    stranded = Counter((plan.customer_id, plan.own) for plan in plans if not plan.others)
    following = Counter(plan.others[0] for plan in plans if plan.others)
    return Absence(
        calls=len(plans),
        is_all=is_all,
        stranded=stranded.total(),
        last_leg=sum(len(plan.others) == 1 for plan in plans),
        stranded_targets=[StrandedTarget(*of, calls) for of, calls in stranded.most_common(MOST_TARGETS)],
        next=[NextProvider(provider_id, calls) for provider_id, calls in following.most_common()],
    )
