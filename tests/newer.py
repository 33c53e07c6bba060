"""A version of Dialplane that is newer than this one by a migration, to upgrade to and to go back from."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import dialplane
from dialplane.store import migrations

REVISION = "9999"
_MIGRATION = '''"""A column more."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("customers", sa.Column("colour", sa.Text(), nullable=True))
'''


def newer_version(folder: Path) -> Mapping[str, str]:
    """The environment in which `python -m dialplane...` is the newer version, of which a copy is in the folder."""
    shutil.copytree(Path(dialplane.__file__).parent, folder / "dialplane", ignore=shutil.ignore_patterns("__pycache__"))
    text = _MIGRATION.format(revision=REVISION, before=migrations.head())
    (folder / "dialplane/store/migrations/versions/r9999_colour.py").write_text(text)
    return {**os.environ, "PYTHONPATH": str(folder)}
