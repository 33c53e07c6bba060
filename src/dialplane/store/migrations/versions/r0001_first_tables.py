"""The first tables, and the clock's one row.

Revision: 0001
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = sa.text("tm_delete = 253370764800000000")


def upgrade() -> None:
    _attempts()
    _calls()
    _clock()
    _customers()
    _edges()
    _idempotency_keys()
    _provider_health()
    _providers()
    _revisions()
    _accesskeys()
    _agents()
    _revision_changes()
    _routes()
    _trunks()
    table = sa.table("clock", *(sa.column(name) for name in ("id", "epoch", "revision", "last_instant_us")))
    op.execute(sa.insert(table).values(id=1, epoch=str(uuid.uuid4()), revision=0, last_instant_us=0))


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=True),
        sa.Column("route_id", sa.Text, nullable=True),
        sa.Column("uri", sa.Text, nullable=True),
        sa.Column("why", sa.Text, nullable=True),
        sa.Column("tm_placed", BIG, nullable=True),
        sa.Column("skipped", sa.Integer, nullable=True),
        sa.Column("tm_ringing", BIG, nullable=True),
        sa.Column("tm_answered", BIG, nullable=True),
        sa.Column("tm_ended", BIG, nullable=True),
        sa.Column("tm_late_answer", BIG, nullable=True),
        sa.Column("answered_status", sa.Integer, nullable=True),
        sa.Column("ended_status", sa.Integer, nullable=True),
        sa.Column("late_status", sa.Integer, nullable=True),
        sa.Column("sip_reason", sa.Text, nullable=True),
        sa.Column("verdict", sa.Text, nullable=True),
        sa.Column("action", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("call_id", "number"),
        sqlite_strict=True,
    )
    op.create_index("attempts_of_provider", "attempts", ["provider_id", "call_id"], unique=False)


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("edge", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=True),
        sa.Column("trunk_id", sa.Text, nullable=True),
        sa.Column("sip_call_id", sa.Text, nullable=True),
        sa.Column("source", sa.Text, nullable=True),
        sa.Column("source_address", sa.Text, nullable=True),
        sa.Column("dialled", sa.Text, nullable=True),
        sa.Column("number", sa.Text, nullable=True),
        sa.Column("table_revision", BIG, nullable=True),
        sa.Column("decision", sa.Text, nullable=True),
        sa.Column("sip_status", sa.Integer, nullable=True),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("hangup_by", sa.Text, nullable=True),
        sa.Column("tm_start", BIG, nullable=True),
        sa.Column("tm_ringing", BIG, nullable=True),
        sa.Column("tm_answered", BIG, nullable=True),
        sa.Column("tm_ended", BIG, nullable=True),
        sa.Column("mono_start", BIG, nullable=True),
        sa.Column("mono_ringing", BIG, nullable=True),
        sa.Column("mono_answered", BIG, nullable=True),
        sa.Column("mono_ended", BIG, nullable=True),
        sa.Column("tm_create", BIG, nullable=False),
        sa.Column("tm_update", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("calls_by_creation", "calls", ["tm_create"], unique=True)
    op.create_index("calls_by_number", "calls", ["number", "tm_create"], unique=False)
    op.create_index("calls_by_start", "calls", ["tm_start"], unique=False)
    op.create_index("calls_of_customer", "calls", ["customer_id", "tm_create"], unique=False)
    op.create_index("calls_of_trunk", "calls", ["trunk_id", "tm_create"], unique=False)


def _clock() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("last_instant_us", BIG, nullable=False),
        sa.CheckConstraint("id = 1", name="clock_is_one_row"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("phone_number", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("webhook_method", sa.Text, nullable=False),
        sa.Column("webhook_uri", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("tm_create", BIG, nullable=False),
        sa.Column("tm_update", BIG, nullable=False),
        sa.Column("tm_delete", BIG, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("customers_by_creation", "customers", ["tm_create"], unique=True)
    op.create_index("customers_by_revision", "customers", ["revision"], unique=False)


def _edges() -> None:
    op.create_table(
        "edges",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("last_contact", BIG, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
    )


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("tm_create", BIG, nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "key"),
        sqlite_strict=True,
    )
    op.create_index("idempotency_keys_by_creation", "idempotency_keys", ["tm_create"], unique=False)


def _provider_health() -> None:
    op.create_table(
        "provider_health",
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("edge", sa.Text, nullable=False),
        sa.Column("hostname", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("checked_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "edge"),
        sqlite_strict=True,
    )


def _providers() -> None:
    op.create_table(
        "providers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("hostname", sa.Text, nullable=False),
        sa.Column("tech_prefix", sa.Text, nullable=False),
        sa.Column("tech_postfix", sa.Text, nullable=False),
        sa.Column("tech_headers", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("codecs", sa.Text, nullable=False),
        sa.Column("enabled", sa.Integer, nullable=False),
        sa.Column("transport", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("max_channels", sa.Integer, nullable=True),
        sa.Column("max_cps", sa.Integer, nullable=True),
        sa.Column("failover", sa.Text, nullable=False),
        sa.Column("no_response_timeout_s", sa.Integer, nullable=False),
        sa.Column("progress_timeout_s", sa.Integer, nullable=False),
        sa.Column("ring_timeout_s", sa.Integer, nullable=False),
        sa.Column("tm_create", BIG, nullable=False),
        sa.Column("tm_update", BIG, nullable=False),
        sa.Column("tm_delete", BIG, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("providers_by_creation", "providers", ["tm_create"], unique=True)
    op.create_index("providers_by_revision", "providers", ["revision"], unique=False)


def _revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("number", BIG, autoincrement=False, nullable=False),
        sa.Column("instant", BIG, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("source_ip", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("change_count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_strict=True,
    )
    op.create_index("revisions_by_actor", "revisions", ["actor_id", "instant"], unique=False)
    op.create_index("revisions_by_instant", "revisions", ["instant"], unique=True)


def _accesskeys() -> None:
    op.create_table(
        "accesskeys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("permission", sa.Text, nullable=False),
        sa.Column("token_prefix", sa.Text, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("tm_expire", BIG, nullable=False),
        sa.Column("tm_create", BIG, nullable=False),
        sa.Column("tm_update", BIG, nullable=False),
        sa.Column("tm_delete", BIG, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("accesskeys_by_creation", "accesskeys", ["tm_create"], unique=True)
    op.create_index("accesskeys_by_revision", "accesskeys", ["revision"], unique=False)
    op.create_index("accesskeys_by_token_hash", "accesskeys", ["token_hash"], unique=True)
    op.create_index(
        "accesskeys_of_customer",
        "accesskeys",
        ["customer_id", "tm_create"],
        unique=False,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("permission", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("tm_create", BIG, nullable=False),
        sa.Column("tm_update", BIG, nullable=False),
        sa.Column("tm_delete", BIG, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("agents_by_creation", "agents", ["tm_create"], unique=True)
    op.create_index("agents_by_revision", "agents", ["revision"], unique=False)
    op.create_index("agents_by_username", "agents", ["username"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_index(
        "agents_of_customer",
        "agents",
        ["customer_id", "tm_create"],
        unique=False,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _revision_changes() -> None:
    op.create_table(
        "revision_changes",
        sa.Column("revision", BIG, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=True),
        sa.Column("after", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(
            ["revision"],
            ["revisions.number"],
        ),
        sa.PrimaryKeyConstraint("revision", "seq"),
        sqlite_strict=True,
    )
    op.create_index("revision_changes_of_object", "revision_changes", ["object_id", "revision"], unique=False)


def _routes() -> None:
    op.create_table(
        "routes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("enabled", sa.Integer, nullable=False),
        sa.Column("weight", sa.Integer, nullable=True),
        sa.Column("valid_from", BIG, nullable=False),
        sa.Column("valid_until", BIG, nullable=False),
        sa.Column("tm_create", BIG, nullable=False),
        sa.Column("tm_update", BIG, nullable=False),
        sa.Column("tm_delete", BIG, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["providers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("routes_by_creation", "routes", ["tm_create"], unique=True)
    op.create_index(
        "routes_by_customer_target",
        "routes",
        ["customer_id", "target", "tm_create"],
        unique=False,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index("routes_by_revision", "routes", ["revision"], unique=False)
    op.create_index(
        "routes_by_target", "routes", ["target", "tm_create"], unique=False, sqlite_where=LIVE, postgresql_where=LIVE
    )
    op.create_index(
        "routes_of_customer",
        "routes",
        ["customer_id", "tm_create"],
        unique=False,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index(
        "routes_of_provider",
        "routes",
        ["provider_id", "tm_create"],
        unique=False,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _trunks() -> None:
    op.create_table(
        "trunks",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("domain_name", sa.Text, nullable=False),
        sa.Column("auth_types", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("allowed_ips", sa.Text, nullable=False),
        sa.Column("enabled", sa.Integer, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("max_channels", sa.Integer, nullable=True),
        sa.Column("max_cps", sa.Integer, nullable=True),
        sa.Column("default_region", sa.Text, nullable=False),
        sa.Column("tm_create", BIG, nullable=False),
        sa.Column("tm_update", BIG, nullable=False),
        sa.Column("tm_delete", BIG, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("trunks_by_creation", "trunks", ["tm_create"], unique=True)
    op.create_index("trunks_by_revision", "trunks", ["revision"], unique=False)
    op.create_index(
        "trunks_of_customer",
        "trunks",
        ["customer_id", "tm_create"],
        unique=False,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
