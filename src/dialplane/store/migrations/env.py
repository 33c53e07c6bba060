"""Alembic's entry: runs migrations on the connection that `migrations.upgrade` has opened, in its transaction."""

from alembic import context

from dialplane.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
