"""How an edge is installed: its access key, and the commands that make a machine one.

The console shows them with the key that it has made, and docs/operations/nodes-and-edges.md for an example.
"""

from collections.abc import Mapping
from typing import Any

from dialplane.domain.permission import EDGE

NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
"""Names that stand in a file of settings as they are; an expression."""

YEARS_S = 315_360_000
"""How long an edge's key holds: ten years, since an edge without one is cut off."""

INSTALL = """\
cat >/etc/dialplane/edge.env <<END
DIALPLANE_CONTROL_URL={url}
DIALPLANE_EDGE_NAME={name}
DIALPLANE_SIP={sip}
END
install --owner dialplane --mode 400 /dev/stdin /etc/dialplane/edge.key <<END
{token}
END
systemctl disable --now kamailio
systemctl enable --now dialplane-edge
"""
"""As root, on a machine that has the package."""

EXAMPLE: Mapping[str, str] = {
    "url": "https://control.example", "name": "berlin", "sip": "192.0.2.20:5060", "token": "$KEY",
}  # fmt: skip


def key_of(name: str) -> dict[str, Any]:
    """The body of a request that makes an edge's access key."""
    return {"name": f"edge {name}", "permission": EDGE, "edge": name, "expire": YEARS_S}
