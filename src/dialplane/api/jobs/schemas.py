"""Schemas of jobs, and the parameters of each kind of job."""

import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.fields import Body, Id, among, longest, optional, within
from dialplane.api.http.query import Page, parse_query
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant, Presenter
from dialplane.api.revisions.schemas import present_change
from dialplane.api.routes.paging import filters_of
from dialplane.api.routes.schemas import RouteList, RouteUpdate
from dialplane.control.actor import Actor
from dialplane.control.job_kinds import ChangeRoutes, Work
from dialplane.control.many_routes import Becoming, Deleted, Moved, Shifted, Updated
from dialplane.control.routes import Filters
from dialplane.control.units import Unit
from dialplane.domain.job import Job, JobState
from dialplane.domain.route import MAX_PRIORITY
from dialplane.system.clock import now_us

CHANGE_ROUTES = "routes.change"
KINDS = (CHANGE_ROUTES,)
MAX_FILTERS = 4_096
"""Enough for as many ids of routes as a filter takes."""

NOT_FILTERS = {"page_size", "page_token", "sort", "count", "expand"}

UPDATE, SHIFT, MOVE, DELETE = "update", "shift", "move", "delete"
NEEDS: Mapping[str, str] = {UPDATE: "fields", SHIFT: "by", MOVE: "customer_id", DELETE: ""}
"""Action -> the parameter that says how, if it needs one; no other has it."""

EXAMPLE: dict[str, Any] = {
    "kind": CHANGE_ROUTES,
    "parameters": {"filters": "target_prefix=%2B82&state=live", "action": UPDATE, "fields": {"priority": 2}},
}


class JobCreate(Body):
    """A new job."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    kind: Annotated[str, among(*KINDS)]
    parameters: Annotated[dict[str, Any], Field(description="By kind; see the documentation of jobs.")]

    async def work(self, unit: Unit, actor: Actor) -> Work:
        """What is to be done. Raises ApiError 400, InvalidValue, Unavailable."""
        return await ChangeRoutesBody.of(self.parameters).work(unit, actor)


class ChangeRoutesBody(Body):
    """The parameters of `routes.change`: which routes, and what becomes of them."""

    SIZE: ClassVar = JobCreate.SIZE

    filters: Annotated[str, longest(MAX_FILTERS), Field(description="As in the query of `GET /v1.0/routes`.")]
    action: Annotated[str, among(*NEEDS)]
    fields: dict[str, Any] = optional("Of an update: as in the body of `PUT /v1.0/routes/{id}`.")
    by: Annotated[int, within(-MAX_PRIORITY, MAX_PRIORITY)] = optional(
        "Of a shift: so much greater, or less, is each priority; not 0."
    )
    customer_id: Id = optional("Of a move: whose they are then. Each has a new id, and is otherwise as it was.")
    dry_run: bool = optional("Only count what would change, and show the first of it.")

    async def work(self, unit: Unit, actor: Actor) -> ChangeRoutes:
        """What is to be done. Raises ApiError 400, InvalidValue, Unavailable."""
        for action, name in NEEDS.items():
            if name and (self.action == action) != bool(getattr(self, name)):
                raise _refused(name, f"must be given for the action {action}, and for nothing else")
        return ChangeRoutes(
            filters=await self._filters(unit, actor),
            becoming=self._becoming(),
            is_rehearsal=bool(self.dry_run),
            show=present_change,
        )

    def _becoming(self) -> Becoming:
        """Raises ApiError 400."""
        becomings: Mapping[str, Callable[[], Becoming]] = {
            UPDATE: lambda: Updated(RouteUpdate.of(self.fields, is_update=True).named_fields()),
            SHIFT: lambda: Shifted(self.by),
            MOVE: lambda: Moved(self.customer_id),
            DELETE: Deleted,
        }
        return becomings[self.action]()

    async def _filters(self, unit: Unit, actor: Actor) -> Filters:
        """At least one of them counts: all routes are never meant by what was left empty."""
        query = parse_query(RouteList, {"query_string": self.filters.encode()}, credentials=False)
        filters = await filters_of(unit, actor, query, now=now_us())
        if filters.mean_all or query.model_fields_set & NOT_FILTERS:
            raise _refused("filters", "must hold filters alone, and one at least")
        return filters


def _refused(field: str, rule: str) -> ApiError:
    return ApiError(reasons.INVALID_ARGUMENT, details=[Detail(field, "invalid_value", rule)])


class JobList(Page):
    """Which part of the list of jobs."""


class ProgressAnswer(BaseModel):
    """How far a job has come."""

    done: Annotated[int, Field(description="Rows.")]
    total: Annotated[int | None, Field(description="Of how many; null while that is unknown.")]
    percent: Annotated[float | None, Field(description="0 to 100.")]
    eta_s: Annotated[float | None, Field(description="Seconds that it will take, at its pace so far.")]


class JobErrorAnswer(BaseModel):
    """Why a job is over and not done."""

    reason: str
    message: str


class JobAnswer(BaseModel):
    """A job."""

    model_config = ConfigDict(title="Job")

    id: AnsweredId
    kind: str
    parameters: dict[str, Any]
    state: Annotated[
        str, among(*JobState), Field(description="`interrupted`: the process ended before it; nothing of it was kept.")
    ]
    progress: ProgressAnswer
    result: Annotated[dict[str, Any] | None, Field(description="Of one that is done; kept for a day.")]
    error: Annotated[JobErrorAnswer | None, Field(description="Of one that is over and not done.")]
    actor_kind: str
    actor_id: str
    actor_name: str
    tm_create: AnsweredInstant
    tm_start: AnsweredInstant
    tm_end: AnsweredInstant


_present = Presenter(JobAnswer, Job)


def present(job: Job) -> dict[str, Any]:
    """A job with its progress."""
    return _present(job, progress=progress_of(job, now=time.time_ns() // 1_000))


def progress_of(job: Job, *, now: int) -> Mapping[str, Any]:
    """How far a job has come at the instant `now` (us)."""
    percent = None if not job.total else round(100 * min(job.done, job.total) / job.total, 1)
    goes_on = job.tm_start is not None and job.tm_end is None
    eta_s = None
    if goes_on and job.total and job.done and job.tm_start is not None:
        eta_s = round((now - job.tm_start) / 1e6 * max(0, job.total - job.done) / job.done, 1)
    return {"done": job.done, "total": job.total, "percent": percent, "eta_s": eta_s}
