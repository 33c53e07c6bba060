"""Jobs: work that takes longer than a request should, with its progress, and its result for a day.

This module keeps what is known of them; `jobs/runner.py` carries them out, and `control/job_kinds.py` says what each
kind does.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dialplane.control import permissions
from dialplane.control.actor import Actor
from dialplane.control.lifecycle import new_id
from dialplane.control.units import Database, Unit, Writing
from dialplane.domain.errors import NotFound
from dialplane.domain.instants import DAY_US
from dialplane.domain.job import Job, JobState
from dialplane.store.queries import jobs as queries

KEPT_US = DAY_US
"""How long a job is kept after its end, with its result."""

ABANDONED_US = 2 * KEPT_US
"""After which one that has not ended is thought to belong to a node that is gone."""

INTERRUPTED = {
    "reason": "INTERRUPTED",
    "message": "The process that carried it out has ended before it did. Nothing of it was kept: start it again.",
}

CANCELLED = {"reason": "CANCELLED", "message": "It was cancelled. Nothing of it was kept."}


async def create(db: Database, actor: Actor, kind: str, parameters: Mapping[str, Any], *, node: str) -> Job:
    """A new job, which waits for its turn. Raises PermissionDenied, Unavailable."""
    permissions.require(actor, "job.create")
    async with db.write(caller=actor.caller) as unit:
        job = Job(
            id=new_id(),
            kind=kind,
            parameters=parameters,
            node=node,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            tm_create=unit.next_instant(),
        )
        await queries.add(unit, job)
    return job


async def get(unit: Unit, actor: Actor, id_: str) -> Job:
    """Raises NotFound."""
    permissions.require(actor, "job.get")
    job = await queries.find(unit, id_)
    if job is None:
        raise NotFound("job")
    return job


async def list_(unit: Unit, actor: Actor, *, page_size: int = 100, before: int | None = None) -> list[Job]:
    """Newest first."""
    permissions.require(actor, "job.list")
    return await queries.page(unit, page_size=page_size, before=before)


async def put(db: Database, job: Job) -> None:
    """Stores what a job has come to, unless it is over already. Raises Unavailable."""
    async with db.write() as unit:
        await queries.put(unit, job)


async def put_end(unit: Writing, job: Job) -> None:
    """Stores the end of a job in the transaction that does its work: both are there, or neither. Raises Unavailable."""
    await queries.put(unit, job)


async def interrupt(db: Database, *, node: str, now: int) -> int:
    """Ends the jobs that this node's earlier process has left unfinished, and says so in them; how many there were."""
    async with db.write() as unit:
        left = await queries.under_way(unit, node=node)
        for job in left:
            ended = replace(job, state=JobState.INTERRUPTED, error=INTERRUPTED, tm_end=now)
            await queries.put(unit, ended)
    return len(left)


async def delete_old(db: Database, *, now: int) -> None:
    """Deletes those that are kept no longer. Raises Unavailable."""
    async with db.write() as unit:
        await queries.delete_old(unit, ended_before=now - KEPT_US, begun_before=now - ABANDONED_US)
