"""`dialplane rotate-session-keys`."""

from dialplane.cli.becoming import become_service
from dialplane.cli.serve import Data


def rotate_session_keys(data: Data = None) -> None:
    """Sign logins with a new key from now on, also in a running Dialplane. Nobody is logged out."""
    become_service("rotate-session-keys", {"data": data})
