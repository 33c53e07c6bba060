"""The tables. Ids are text, instants BIGINT microseconds, flags 0 or 1, JSON and sealed secrets text.

Every object's row carries `revision`, that of its last change: the feed and If-Match read it.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    column,
    func,
    text,
)
from sqlalchemy.sql.elements import TextClause

from dialplane.domain.instants import NEVER

metadata = MetaData()

LIVE: TextClause = text(f"tm_delete = {NEVER}")
"""Written out, not bound, in indexes and queries alike: only then do the planners match the partial indexes."""

DELETED: TextClause = text(f"tm_delete <> {NEVER}")

OPEN: TextClause = text("tm_ended IS NULL AND tm_lost IS NULL")
"""Of calls: no edge has reported its end, and it was not found to be lost.

The columns, always null there, lead the index of these: SQLite then takes it as the most selective there is.
"""

LOST: TextClause = text("tm_lost IS NOT NULL")
"""Of calls: closed without a report of their end."""

NEAR_US = 60_000_000
"""As a rule a call is stored so soon after it began, by its edge's clock; or so soon before, if that is ahead."""

APART: TextClause = text(f"abs(tm_create - tm_start) > {NEAR_US}")
"""Of calls: stored later, or earlier, than that. They were reported late, or by an edge whose clock is wrong."""

LOWER_NAME = func.lower(column("name", Text)).label("lower_name")
"""What the index of names has: their beginnings are looked for in whatever case."""

_BIG = BigInteger().with_variant(Integer(), "sqlite")


def _table(name: str, *parts: Any) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True)


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **options)


def _big(name: str, **options: Any) -> Column[int]:
    return Column(name, _BIG, nullable=False, **options)


def _maybe_big(name: str) -> Column[int]:
    return Column(name, _BIG)


def _flag(name: str, *, server_default: str | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=server_default)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _maybe_number(name: str) -> Column[int]:
    return Column(name, Integer)


def _of(table: str, name: str) -> Column[str]:
    return Column(name, Text, ForeignKey(f"{table}.id"), nullable=False)


def _labels() -> tuple[Column[str], Column[str]]:
    return _text("name"), _text("detail")


def _life(table: str) -> tuple[Any, ...]:
    """The columns and indexes that every object has: times, revision, and what paging and feed need."""
    return (
        _big("tm_create"),
        _big("tm_update"),
        _big("tm_delete"),
        _big("revision"),
        Index(f"{table}_by_creation", "tm_create", unique=True),
        Index(f"{table}_by_revision", "revision"),
        Index(f"{table}_deleted", "tm_delete", sqlite_where=DELETED, postgresql_where=DELETED),
    )


def _live_index(name: str, *columns: Any, unique: bool = False, also: str = "", **options: Any) -> Index:
    """`also`: a condition besides that of living."""
    where = text(f"{LIVE.text} AND {also}") if also else LIVE
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where, **options)


clock = _table(
    "clock",
    Column("id", Integer, primary_key=True, autoincrement=False),
    _text("epoch"),
    _big("revision"),
    _big("last_instant_us"),
    _big("purged_revision", server_default="0"),
    CheckConstraint("id = 1", name="clock_is_one_row"),
)

customers = _table(
    "customers",
    _text("id", primary_key=True),
    *_labels(),
    _text("email"),
    _text("phone_number"),
    _text("address"),
    _text("webhook_method"),
    _text("webhook_uri"),
    _text("status"),
    *_life("customers"),
)

agents = _table(
    "agents",
    _text("id", primary_key=True),
    _of("customers", "customer_id"),
    _text("username"),
    *_labels(),
    _text("permission"),
    _text("password_hash"),
    _text("ring_method", server_default=""),
    _text("tag_ids", server_default="[]"),
    _text("addresses", server_default="[]"),
    *_life("agents"),
    _live_index("agents_by_username", "username", unique=True),
    _live_index("agents_of_customer", "customer_id", "tm_create"),
)

accesskeys = _table(
    "accesskeys",
    _text("id", primary_key=True),
    _of("customers", "customer_id"),
    *_labels(),
    _text("permission"),
    _text("edge", server_default=""),
    _text("token_prefix"),
    _text("token_hash"),
    _big("tm_expire"),
    *_life("accesskeys"),
    Index("accesskeys_by_token_hash", "token_hash", unique=True),
    _live_index("accesskeys_of_customer", "customer_id", "tm_create"),
)

accesskey_uses = _table("accesskey_uses", _text("id", primary_key=True), _text("source_ip"), _big("tm_used"))
"""When an access key was used last, and from where."""

sessions = _table(
    "sessions",
    _text("id", primary_key=True),
    _text("agent_id"),
    _text("stamp"),
    _flag("is_browser"),
    _text("source_ip"),
    _text("user_agent"),
    _big("tm_login"),
    _big("tm_used"),
    _big("tm_end"),
    Index("sessions_of_agent", "agent_id", "tm_used"),
)
"""Logins, as far as they are remembered. Whether a token is good is not decided by these rows."""

providers = _table(
    "providers",
    _text("id", primary_key=True),
    _text("type"),
    _text("hostname"),
    _text("tech_prefix"),
    _text("tech_postfix"),
    _text("tech_headers"),
    *_labels(),
    _text("metadata"),
    _text("codecs"),
    _flag("enabled"),
    _text("transport"),
    _text("username"),
    _text("password"),
    _maybe_number("max_channels"),
    _maybe_number("max_cps"),
    _text("failover"),
    _number("no_response_timeout_s"),
    _number("progress_timeout_s"),
    _number("ring_timeout_s"),
    _text("number_format", server_default="plus"),
    _text("caller_format", server_default="plus"),
    _text("home_region", server_default=""),
    _text("digit_rules", server_default="[]"),
    _text("caller_rules", server_default="[]"),
    _text("identity_headers", server_default="[]"),
    _flag("trusted", server_default="0"),
    _text("anonymous", server_default="header"),
    _text("diversion", server_default="keep"),
    _text("sign", server_default="none"),
    _text("portability", server_default="drop"),
    *_life("providers"),
)

routes = _table(
    "routes",
    _text("id", primary_key=True),
    _of("customers", "customer_id"),
    _of("providers", "provider_id"),
    _number("priority"),
    _text("target"),
    *_labels(),
    _flag("enabled"),
    _maybe_number("weight"),
    _big("valid_from"),
    _big("valid_until"),
    *_life("routes"),
    _live_index("routes_by_customer_target", "customer_id", "target", "tm_create"),
    _live_index("routes_of_customer", "customer_id", "tm_create"),
    _live_index("routes_of_provider", "provider_id", "tm_create"),
    _live_index("routes_by_target", "target", "tm_create"),
    _live_index("routes_of_provider_by_target", "provider_id", "target", "tm_create"),
    _live_index("routes_of_provider_by_priority", "provider_id", "priority", "tm_create"),
    _live_index("routes_of_provider_by_change", "provider_id", "revision", "tm_create"),
    _live_index("routes_of_customer_by_priority", "customer_id", "priority", "tm_create"),
    _live_index("routes_of_customer_by_change", "customer_id", "revision", "tm_create"),
    _live_index("routes_by_priority", "priority", "tm_create", "target"),
    _live_index("routes_by_change", "revision", "tm_create"),
    _live_index("routes_disabled", "tm_create", also="enabled = 0"),
    _live_index("routes_by_begin", "valid_from", also="valid_from > 0"),
    _live_index("routes_by_end", "valid_until", also=f"valid_until < {NEVER}"),
    _live_index("routes_by_name", LOWER_NAME, also="name <> ''", postgresql_ops={"lower_name": "text_pattern_ops"}),
)

trunks = _table(
    "trunks",
    _text("id", primary_key=True),
    _of("customers", "customer_id"),
    *_labels(),
    _text("domain_name"),
    _text("auth_types"),
    _text("username"),
    _text("password"),
    _text("allowed_ips"),
    _flag("enabled"),
    _text("mode"),
    _maybe_number("max_channels"),
    _maybe_number("max_cps"),
    _text("default_region"),
    _flag("trusted_identity", server_default="0"),
    _text("caller_default", server_default=""),
    *_life("trunks"),
    _live_index("trunks_of_customer", "customer_id", "tm_create"),
)

revisions = _table(
    "revisions",
    _big("number", primary_key=True, autoincrement=False),
    _big("instant"),
    _text("actor_kind"),
    _text("actor_id"),
    _text("actor_name"),
    _text("operation"),
    _text("source_ip"),
    _text("request_id"),
    _number("change_count"),
    Index("revisions_by_instant", "instant", unique=True),
    Index("revisions_by_actor", "actor_id", "instant"),
)

revision_changes = _table(
    "revision_changes",
    Column("revision", _BIG, ForeignKey("revisions.number"), primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("object_id"),
    Column("before", Text),
    Column("after", Text),
    Index("revision_changes_of_object", "object_id", "revision"),
)

# On PostgreSQL these two are partitioned by day: store/partitions.py.
calls = _table(
    "calls",
    _text("id", primary_key=True),
    _text("edge"),
    Column("customer_id", Text),
    Column("trunk_id", Text),
    Column("sip_call_id", Text),
    Column("source", Text),
    Column("source_address", Text),
    Column("dialled", Text),
    Column("number", Text),
    Column("routing_number", Text),
    _maybe_big("table_revision"),
    Column("decision", Text),
    _maybe_number("sip_status"),
    Column("reason", Text),
    Column("hangup_by", Text),
    _maybe_big("tm_start"),
    _maybe_big("tm_ringing"),
    _maybe_big("tm_answered"),
    _maybe_big("tm_ended"),
    _maybe_big("tm_lost"),
    Column("lost_reason", Text),
    _maybe_big("mono_start"),
    _maybe_big("mono_ringing"),
    _maybe_big("mono_answered"),
    _maybe_big("mono_ended"),
    _big("tm_create"),
    _big("tm_update"),
    Index("calls_by_creation", "tm_create"),
    Index("calls_by_start", "tm_start"),
    Index("calls_apart", "tm_start", sqlite_where=APART, postgresql_where=APART),
    Index("calls_open", "tm_ended", "tm_lost", "edge", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("calls_lost", "tm_lost", sqlite_where=LOST, postgresql_where=LOST),
    Index("calls_of_customer", "customer_id", "tm_create"),
    Index("calls_of_trunk", "trunk_id", "tm_create"),
    Index("calls_by_number", "number", "tm_create"),
    Index("calls_by_caller", "source", "tm_create"),
    Index("calls_by_sip_call_id", "sip_call_id", "tm_create"),
)

attempts = _table(
    "attempts",
    _text("call_id", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("provider_id", Text),
    Column("route_id", Text),
    Column("target", Text),
    Column("uri", Text),
    Column("why", Text),
    Column("identity", Text),
    _maybe_big("tm_placed"),
    _maybe_number("skipped"),
    _maybe_big("tm_ringing"),
    _maybe_big("tm_answered"),
    _maybe_big("tm_ended"),
    _maybe_big("tm_late_answer"),
    _maybe_number("answered_status"),
    _maybe_number("ended_status"),
    _maybe_number("late_status"),
    Column("sip_reason", Text),
    Column("verdict", Text),
    Column("action", Text),
    Index("attempts_of_provider", "provider_id", "call_id"),
    Index("attempts_by_placing", "tm_placed"),
)

rollups = _table(
    "rollups",
    _text("grouped_by", primary_key=True),
    _text("customer_id", primary_key=True),
    Column("step_s", Integer, primary_key=True, autoincrement=False),
    _big("instant", primary_key=True, autoincrement=False),
    _text("sums"),
    _big("written", server_default="0"),
    Index("rollups_by_instant", "step_s", "instant"),
)
"""Blocks of sums of what calls and attempts count for: domain/rollups.py, and store/queries/rollups.py for `sums`.

`written`: when they were written last, or 0 if by a version before this column.
"""

rollup_changes = _table(
    "rollup_changes",
    _text("id", primary_key=True),
    _big("first"),
    _big("last"),
    _text("contribution"),
)
"""What is still to be added to the sums: one row for each transaction that changed records.

`first` and `last`: the earliest and latest minute that it changes.
"""

erased_calls = _table(
    "erased_calls",
    _text("id", primary_key=True),
    _big("tm_create"),
    Index("erased_calls_by_creation", "tm_create"),
)

outgoing_events = _table(
    "outgoing_events",
    _big("instant", primary_key=True, autoincrement=False),
    _number("count"),
    _number("bytes"),
    Column("events", LargeBinary, nullable=False),
    Index("outgoing_events_by_size", "instant", "count", "bytes"),
)
"""Events that are to be handed on to the operator's own engine: one row for each transaction that stored some."""

leases = _table(
    "leases",
    _text("name", primary_key=True),
    _text("holder"),
    _big("until"),
)
"""What one node does at a time, and which, until this instant."""

provider_health = _table(
    "provider_health",
    _text("provider_id", primary_key=True),
    _text("edge", primary_key=True),
    _text("hostname"),
    _text("status"),
    _text("detail"),
    _big("checked_at"),
)

provider_breakers = _table(
    "provider_breakers",
    _text("provider_id", primary_key=True),
    _text("edge", primary_key=True),
    Column("hostname", Text),
    _text("state"),
    _text("detail"),
    _big("changed_at"),
)

edges = _table(
    "edges",
    _text("name", primary_key=True),
    _maybe_big("last_contact"),
    _maybe_big("tm_polled"),
    _maybe_big("revision"),
    Column("epoch", Text),
    _maybe_big("tm_status"),
    Column("agent_version", Text),
    Column("kamailio_version", Text),
    _maybe_big("kamailio_started"),
    _maybe_number("max_call_s"),
    _maybe_big("calls_shed"),
    _maybe_number("shed_percent"),
    _maybe_big("events_lost"),
    Column("counters", Text),
    Column("reports", Text),
    Column("certificates", Text),
    _maybe_big("tm_clock"),
    _maybe_big("clock_ahead_us"),
    _maybe_big("tm_refusals"),
    Column("refusals", Text),
    _big("tm_create"),
    Index("edges_by_creation", "tm_create", unique=True),
)

jobs = _table(
    "jobs",
    _text("id", primary_key=True),
    _text("kind"),
    _text("parameters"),
    _text("state"),
    _text("node"),
    _text("actor_kind"),
    _text("actor_id"),
    _text("actor_name"),
    _big("done"),
    _maybe_big("total"),
    Column("result", Text),
    Column("error", Text),
    _big("tm_create"),
    _maybe_big("tm_start"),
    _maybe_big("tm_end"),
    Index("jobs_by_creation", "tm_create", unique=True),
)

idempotency_keys = _table(
    "idempotency_keys",
    _text("actor_id", primary_key=True),
    _text("key", primary_key=True),
    _text("fingerprint"),
    _number("status"),
    _text("answer"),
    _big("tm_create"),
    Index("idempotency_keys_by_creation", "tm_create"),
)
