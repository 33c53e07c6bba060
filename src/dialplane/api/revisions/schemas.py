"""Schemas of revisions, with a difference of fields that people can read."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialplane.api.http.fields import Id, among, optional
from dialplane.api.http.query import FilterText, Instant, Page, Query, decimal, expanding, filtering, several
from dialplane.api.http.responses import timestamp
from dialplane.api.http.schemas import NAMES, AnsweredId, AnsweredInstant, Presenter
from dialplane.control.names import NAMED
from dialplane.control.revision_filter import LIKE, WORDS
from dialplane.control.revisions import Difference, ObjectChange, Revision
from dialplane.domain.instants import NEVER
from dialplane.domain.kinds import KINDS
from dialplane.system.turns import in_turns

MAX_CHANGES = 1_000
"""Changes of a revision in one answer."""


class RevisionList(Page):
    """Filters of the list of revisions."""

    filter: FilterText = filtering(WORDS, like=LIKE)
    object_id: Id = optional("Only those that changed this object.")
    kind: Annotated[str, among(*KINDS)] = optional("Only those that changed an object of this kind.")
    actor_id: Id = optional("Only those made by this agent or access key.")
    since: Instant = optional("Only those made then or later.")
    until: Instant = optional("Only those made before.")


class ChangesQuery(Query):
    """Which part of a large revision's changes."""

    page_size: Annotated[int, decimal(1, MAX_CHANGES)] = Field(MAX_CHANGES, description="How many changes at most.")
    after: Annotated[int, decimal(0, 2**31 - 1)] = optional("`next_after` of the page before.")
    expand: Annotated[tuple[str, ...], several(*NAMED)] = expanding(*NAMED)


class ComparedQuery(Query):
    """The other revision."""

    to: Annotated[int, decimal(0, 2**63 - 1)] = Field(description="The other revision's number; 0: before the first.")
    expand: Annotated[tuple[str, ...], several(*NAMED)] = expanding(*NAMED)


class FieldChange(BaseModel):
    """One field that differs."""

    field: str
    before: Any
    after: Any


class ObjectChangeAnswer(BaseModel):
    """The change that a revision made to one object."""

    kind: str
    object_id: AnsweredId
    action: Annotated[str, Field(description="`created`, `updated` or `deleted`.")]
    identity: Annotated[
        dict[str, Any],
        Field(
            description="What tells it from others of its kind: its name, or the target, provider, customer of a route."
        ),
    ]
    fields: list[FieldChange]


class RevisionAnswer(BaseModel):
    """A revision: one change, by whom, from where."""

    number: int
    operation: str
    actor_kind: str
    actor_id: AnsweredId
    actor_name: str
    source_ip: str
    request_id: str
    change_count: Annotated[int, Field(description="How many objects it changed.")]
    changes: list[ObjectChangeAnswer] = optional("In the answer of one revision.")
    contents_deleted: bool = optional("Shown as true where what it changed is kept no longer, or never was.")
    next_after: int = optional("Shown where there are more changes: `after` of the next page.")
    names: NAMES = optional()
    tm_create: AnsweredInstant


class DifferenceAnswer(BaseModel):
    """What differs between how all was after one revision and after another."""

    first: Annotated[int, Field(description="The earlier revision; its own changes are not among these.")]
    last: Annotated[int, Field(description="The later one; its own changes are.")]
    revisions: Annotated[int, Field(description="How many revisions came after the first, up to the last.")]
    changes: Annotated[
        list[ObjectChangeAnswer],
        Field(description="One for each object that differs, from before the first change of it to after the last."),
    ]
    contents_deleted: bool = optional("Shown as true where what some of them changed is kept no longer.")
    names: NAMES = optional()


_IDENTITIES: Mapping[str, Sequence[str]] = {
    "route": ("target", "provider_id", "customer_id", "name"),
    "provider": ("name", "hostname"),
    "agent": ("username",),
}
"""Kind -> the fields by which people know an object; its name for the others."""

_present = Presenter(RevisionAnswer, Revision)


def present(revision: Revision) -> dict[str, Any]:
    """The revision without its changes, as lists show it."""
    return _present(revision, tm_create=timestamp(revision.instant))


async def present_whole(revision: Revision, *, after: int = -1) -> dict[str, Any]:
    """The revision with what it changed, field by field; `next_after` if this page does not hold all changes."""
    if not revision.has_contents:
        return {**present(revision), "changes": [], "contents_deleted": True}
    shown_so_far = after + 1 + len(revision.changes)
    more = {"next_after": shown_so_far - 1} if shown_so_far < revision.change_count else {}
    return {**present(revision), "changes": await in_turns(revision.changes, present_change), **more}


async def present_difference(difference: Difference) -> dict[str, Any]:
    """What differs between two revisions."""
    return {
        "first": difference.first,
        "last": difference.last,
        "revisions": difference.revisions,
        "changes": await in_turns(difference.changes, present_change),
        **({} if difference.has_contents else {"contents_deleted": True}),
    }


def present_change(change: ObjectChange) -> dict[str, Any]:
    """The fields of an object that differ. Values of secrets are masked; that they differ is shown."""
    before, after = change.before or {}, change.after or {}
    return {
        "kind": change.kind,
        "object_id": change.object_id,
        "action": _action(before, after),
        "identity": _identity(change.kind, after or before),
        "fields": [
            {"field": name, "before": _shown(name, before.get(name)), "after": _shown(name, after.get(name))}
            for name in change.changed
        ],
    }


def _identity(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in _IDENTITIES.get(kind, ("name",)) if record.get(name)}


def _action(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if not before:
        return "created"
    is_deleted = before.get("tm_delete", NEVER) == NEVER and after.get("tm_delete", NEVER) != NEVER
    return "deleted" if is_deleted or not after else "updated"


def _shown(name: str, value: Any) -> Any:
    is_instant = isinstance(value, int) and (name.startswith("tm_") or name in ("valid_from", "valid_until"))
    return timestamp(value) if is_instant else value
