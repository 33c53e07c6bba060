"""Schemas of rows: the text that was copied out of a spreadsheet, and what becomes of each of its rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.fields import MAX_DETAILS, Body, BodySize, among, longest, optional
from dialplane.api.http.query import Query
from dialplane.api.http.schemas import NAMES
from dialplane.api.revisions.schemas import ObjectChangeAnswer, present_change
from dialplane.api.routes.schemas import RouteIds
from dialplane.control.revisions import ObjectChange
from dialplane.control.sheets import REFUSED, SAME, VERDICTS, Known, Planned
from dialplane.domain.filter import MAX_FILTER
from dialplane.domain.ids import SYSTEM_DEFAULT_CUSTOMER
from dialplane.domain.kinds import ROUTE
from dialplane.domain.records import record_of
from dialplane.system.turns import in_turns

MAX_TEXT = 4_000_000
SHOWN = 500
"""Rows in one answer."""

EXAMPLE: dict[str, Any] = {
    "text": "customer\ttarget\tprovider\tpriority\nSystem default\t+82\tAlpha\t1\nSystem default\t+82\tBravo\t2\n",
    "dry_run": True,
}
ANSWERED: dict[str, Any] = {
    "revision": None,
    "plan": "5d0c1f7a09b64c1e8d2f3a4b5c6d7e8f",
    "counts": {"new": 0, "changed": 0, "same": 0, "refused": 1},
    "rows": [
        {
            "line": 2,
            "verdict": "refused",
            "reasons": ["provider: must be the name of a provider that there is: Alpha is near it"],
            "route": {"customer_id": SYSTEM_DEFAULT_CUSTOMER, "target": "+82"},
        }
    ],
    "names": {SYSTEM_DEFAULT_CUSTOMER: "System default"},
}


class SheetQuery(Query):
    """Which routes."""

    id: RouteIds = optional("Only those with one of these ids.")
    filter: Annotated[str, longest(MAX_FILTER)] = optional("Only those that it means, as in their list.")


class SheetBody(Body):
    """Rows as a spreadsheet copies them, or CSV."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    SIZE: ClassVar = BodySize.CHANGES

    text: Annotated[str, longest(MAX_TEXT), Field(description="A line for each row; see the documentation of routes.")]
    dry_run: bool = optional("Answer what would become of each row, and change nothing.")
    leave_out: bool = optional("Leave out the rows that are refused; by default one of them refuses all.")
    plan: Annotated[str, longest(64)] = optional(
        "That of a dry run: 412 if by now something else would become of the rows."
    )


class RowAnswer(BaseModel):
    """What becomes of a row."""

    line: Annotated[int, Field(description="Of the text, from 1 on.")]
    verdict: Annotated[str, among(*VERDICTS)]
    reasons: Annotated[list[str], Field(description="Why it is refused.")]
    route: Annotated[dict[str, Any], Field(description="What it says, as far as it can be read.")]
    change: ObjectChangeAnswer = optional("Of a row that is new or changed.")


class SheetAnswer(BaseModel):
    """What becomes of the rows."""

    model_config = ConfigDict(json_schema_extra={"examples": [ANSWERED]})

    revision: Annotated[int | None, Field(description="The revision that they made; null if they made none.")]
    plan: Annotated[str, Field(description="Another one wherever something else would become of the rows.")]
    counts: Annotated[dict[str, int], Field(description="How many rows are `new`, `changed`, `same`, `refused`.")]
    rows: Annotated[list[RowAnswer], Field(description="Refused ones first, then by line; the first 500.")]
    names: NAMES


def require_all(planned: Sequence[Planned]) -> None:
    """Raises ApiError 400 if a row is refused."""
    refused = [one for one in planned if one.verdict == REFUSED][:MAX_DETAILS]
    if refused:
        details = [Detail(f"line {one.line}", REFUSED, "; ".join(one.reasons)) for one in refused]
        raise ApiError(reasons.INVALID_ARGUMENT, details=details)


async def present(planned: Sequence[Planned], names: Known, *, plan: str, revision: int | None) -> Mapping[str, Any]:
    """What becomes of the rows."""
    counted = Counter(one.verdict for one in planned)
    shown = sorted(planned, key=lambda one: (one.verdict != REFUSED, one.line))[:SHOWN]
    ids = {one.wanted.get(f"{kind}_id", "") for one in shown for kind in Known._fields}
    return {
        "revision": revision,
        "plan": plan,
        "counts": {verdict: counted[verdict] for verdict in VERDICTS},
        "rows": await in_turns(shown, _row),
        "names": {**names.customer.of(ids), **names.provider.of(ids)},
    }


def _row(one: Planned) -> Mapping[str, Any]:
    route = {name: one.wanted[name] for name in ("customer_id", "target", "provider_id", "id") if name in one.wanted}
    shown: dict[str, Any] = {"line": one.line, "verdict": one.verdict, "reasons": one.reasons, "route": route}
    return shown if one.verdict in (SAME, REFUSED) else shown | {"change": present_change(_change(one))}


def _change(one: Planned) -> ObjectChange:
    assert one.after is not None
    before, after = record_of(one.before) if one.before else None, record_of(one.after)
    changed = [name for name in after if before is None or before[name] != after[name]]
    return ObjectChange(ROUTE.name, one.after.id, before, after, changed)
