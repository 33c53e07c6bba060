"""Passwords: argon2id, always in a thread that leaves the processor to others (one costs 150-190 ms)."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from dialplane.domain.agent import MAX_PASSWORD_BYTES
from dialplane.system.process import yield_processor

HASHER = PasswordHash((Argon2Hasher(),))
"""argon2id at the library's cost: 64 MiB, three passes, four lanes (RFC 9106, section 4, the second choice)."""
_MARK = ":"
"""Between the mark and the hash in PHC form, which has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where so many passwords are hashed `at_once`, each by four threads."""

    at_once: int


STRANGERS = Places(max(1, (os.cpu_count() or 1) // 4))
"""For names at addresses that they have not logged in from."""

KNOWN = Places(1)
"""For logins that need not wait behind guessers, and new passwords."""


@cache
def _threads(places: Places) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(places.at_once, thread_name_prefix="dialplane-argon2", initializer=yield_processor)


@cache
def _dummy_hash(hasher: PasswordHash) -> str:
    """The hash that an unknown user's password is compared with, so that it takes the same time."""
    return hasher.hash("an unknown user's password")


async def hash_password(password: str) -> str:
    """The argon2id hash in PHC form."""
    return await asyncio.get_running_loop().run_in_executor(_threads(KNOWN), HASHER.hash, password)


def marked(password_hash: str, number: int) -> str:
    """The hash of the same password as another text, so that sessions which hold the old one's stamp end."""
    return f"{number}{_MARK}{_bare(password_hash)}" if password_hash else ""


def _bare(password_hash: str) -> str:
    return password_hash.rpartition(_MARK)[2]


async def verify_password(password: str, password_hash: str, *, places: Places = STRANGERS) -> bool:
    """Whether this is the password of the hash, which may be marked.

    An empty hash (of an unknown user, or one without a password) costs the same: False.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads(places), _verify, password, password_hash)


def _verify(password: str, password_hash: str) -> bool:
    is_sane = password.isascii() or not any("\ud800" <= char <= "\udfff" for char in password)
    if not is_sane or len(password.encode()) > MAX_PASSWORD_BYTES:
        return False
    matches = HASHER.verify(password, _bare(password_hash) if password_hash else _dummy_hash(HASHER))
    return matches and password_hash != ""
