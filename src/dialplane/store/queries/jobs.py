"""Jobs."""

import json
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update

from dialplane.domain.job import OVER, Job, JobState
from dialplane.store import tables
from dialplane.store.unit import Unit, Writing

_JOBS = tables.jobs.c
_COLUMNS = [_JOBS[part.name] for part in fields(Job)]
_DOCUMENTS = ("parameters", "result", "error")
_INSERT = insert(tables.jobs)
_NEWEST_FIRST = select(*_COLUMNS).order_by(_JOBS.tm_create.desc())
_UNDER_WAY = _JOBS.state.not_in([state.value for state in OVER])


def _row(job: Job) -> dict[str, Any]:
    row = asdict(job)
    return row | {name: None if row[name] is None else json.dumps(row[name]) for name in _DOCUMENTS}


def _job(row: Any) -> Job:
    values = row._asdict()
    documents = {name: None if values[name] is None else json.loads(values[name]) for name in _DOCUMENTS}
    return Job(**values | documents | {"state": JobState(values["state"])})


async def add(unit: Writing, job: Job) -> None:
    """Stores a new job. Raises Unavailable."""
    await unit.execute(_INSERT, [_row(job)], short=True)


async def put(unit: Writing, job: Job) -> None:
    """Stores what a job has come to; one that is over stays as it is. Raises Unavailable."""
    row = _row(job)
    changed = {name: row[name] for name in ("state", "done", "total", "result", "error", "tm_start", "tm_end")}
    goes_on = update(tables.jobs).where(_JOBS.id == bindparam("id_"), _UNDER_WAY)
    values: dict[str, Any] = {name: bindparam(name) for name in changed}
    await unit.execute(goes_on.values(values), [{"id_": job.id, **changed}], short=True)


async def find(unit: Unit, id_: str) -> Job | None:
    """The job of this id. Raises Unavailable."""
    row = await unit.first(_NEWEST_FIRST.where(_JOBS.id == id_), short=True)
    return None if row is None else _job(row)


async def page(unit: Unit, *, page_size: int, before: int | None) -> list[Job]:
    """The newest first; `before` is the tm_create of the last one of the page before. Raises Unavailable."""
    where = [] if before is None else [_JOBS.tm_create < before]
    return [_job(row) for row in await unit.fetch(_NEWEST_FIRST.where(*where).limit(page_size))]


async def under_way(unit: Unit, *, node: str) -> list[Job]:
    """Those of a node that are not over. Raises Unavailable."""
    return [_job(row) for row in await unit.fetch(_NEWEST_FIRST.where(_JOBS.node == node, _UNDER_WAY))]


async def delete_old(unit: Writing, *, ended_before: int, begun_before: int) -> None:
    """Deletes those that ended, or that were made and never ended, before these instants. Raises Unavailable."""
    is_old = or_(_JOBS.tm_end < ended_before, _JOBS.tm_create < begun_before)
    await unit.execute(delete(tables.jobs).where(is_old))
