"""Whether the passwords in the database can be decrypted with the keys that are there."""

from dialplane.control.units import Undecrypted, Unit
from dialplane.store.queries import secrets as queries

LOOKED_AT = 20
"""Secrets of each kind that a look at the newest ones decrypts."""

LOOKED_AT_CLOSELY = 1_000
"""The same if one could not be decrypted."""


async def problem(unit: Unit) -> str:
    """The fault of the keys to stored passwords, or "". Raises Unavailable."""
    encryption = unit.encryption
    ciphertexts = await queries.newest(unit, limit=LOOKED_AT_CLOSELY if encryption.has_failed else LOOKED_AT)
    failed = sum(isinstance(encryption.decrypt(ciphertext), Undecrypted) for ciphertext in ciphertexts)
    encryption.has_failed = failed > 0
    if failed:
        return f"{failed} of {len(ciphertexts)} stored passwords cannot be decrypted with the keys that are there"
    return "" if encryption.has_keys else "the keys to stored passwords are gone"


async def are_there(unit: Unit) -> bool:
    """Whether the database holds passwords. Raises Unavailable."""
    return await queries.are_there(unit)
