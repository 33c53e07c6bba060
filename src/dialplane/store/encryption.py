"""Encryption of stored secrets (Fernet: AES-128-CBC with HMAC-SHA-256), with keys kept outside the database."""

from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

MOST_DECRYPTED = 20_000
"""Secrets kept in memory: to decrypt one costs more than to read its row. A ciphertext never means another text."""


class DecryptionFailed(Exception):
    """A stored secret was encrypted with a key that is not there, or it was altered."""


class Encryption:
    """Encrypts with the first key, decrypts with any of them (so that keys can be rotated)."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` as `new_encryption_key` returns them, the newest first. Raises ValueError."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._decrypted = lru_cache(MOST_DECRYPTED)(self._decrypt)

    def encrypt(self, text: str) -> str:
        """The ciphertext, different each time; "" stays "", so that "no secret" can be seen without a key."""
        return self._fernet.encrypt(text.encode()).decode() if text else ""

    def decrypt(self, ciphertext: str) -> str:
        """The text that was encrypted. Raises DecryptionFailed."""
        return self._decrypted(ciphertext) if ciphertext else ""

    def _decrypt(self, ciphertext: str) -> str:
        try:
            return self._fernet.decrypt(ciphertext).decode()
        except InvalidToken:
            raise DecryptionFailed("a stored secret cannot be decrypted with the keys in use") from None


def new_encryption_key() -> str:
    """A fresh random key, as text for a file."""
    return Fernet.generate_key().decode()
