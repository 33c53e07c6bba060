"""`dialplane migrate`."""

from dialplane.cli.becoming import become_service
from dialplane.cli.serve import Data


def migrate(data: Data = None) -> None:
    """Bring the database's schema to the one that this version works with. [DIALPLANE_DATABASE_URL]"""
    become_service("migrate", {"data": data})
