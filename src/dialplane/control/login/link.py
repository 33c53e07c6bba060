"""A link that logs in the person who started Dialplane on this machine: good for one use, or until the next is made.

The file holds the code's digest alone, and whom it logs in. Whoever removes it has used the link: one process of all.
"""

import json
import secrets
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

from dialplane.system.files import replace_file

PATH = "/auth/link"
"""Of its URL, with `?code=`."""

CODE_BYTES = 32


def make(file: Path, *, username: str) -> str:
    """The code of a new link, in place of any before it. Raises OSError."""
    code = secrets.token_urlsafe(CODE_BYTES)
    replace_file(file, json.dumps({"digest": _digest(code), "username": username}))
    return code


def redeem(file: Path, code: str) -> str | None:
    """The user whom this code logs in, once; None for a code that is wrong or was used. Raises OSError."""
    try:
        link = json.loads(file.read_text())
        if not compare_digest(link["digest"], _digest(code)):
            return None
        file.unlink()
    except FileNotFoundError:
        return None
    username: str = link["username"]
    return username


def _digest(code: str) -> str:
    return sha256(code.encode()).hexdigest()
