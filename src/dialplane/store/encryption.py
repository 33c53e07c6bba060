"""Encryption of stored secrets (Fernet: AES-128-CBC with HMAC-SHA-256), with keys kept outside the database."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from dialplane.domain.errors import SecretsMissing

MOST_DECRYPTED = 20_000
"""Secrets kept in memory: to decrypt one costs more than to read its row. A ciphertext never means another text."""


class Undecrypted(str):
    """A stored secret whose key is not there: an empty text, which is stored again as the ciphertext that it was."""

    ciphertext: str

    def __new__(cls, ciphertext: str) -> "Undecrypted":
        self = super().__new__(cls)
        self.ciphertext = ciphertext
        return self


class Encryption:
    """Encrypts with the first key, decrypts with any of them (so that keys can be rotated).

    Keys of a file (one a line, the newest first) are read again when the file has changed and one is needed; a file
    that is missing has none. `has_failed`: some secret could not be decrypted with the present keys.
    """

    def __init__(self, keys: Sequence[str] = (), *, file: Path | None = None) -> None:
        """`keys` as `new_encryption_key` returns them, the newest first. Raises ValueError."""
        self.has_failed = False
        self._file = file
        self._file_state: object = None
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None
        self._decrypted = lru_cache(MOST_DECRYPTED)(self._decrypt)
        self._reload()

    @property
    def has_keys(self) -> bool:
        """Whether secrets can be stored. Reads the file if it has changed."""
        self._reload()
        return self._fernet is not None

    def encrypt(self, text: str) -> str:
        """The ciphertext, different each time; "" stays "", so that "no secret" can be seen without a key.

        Raises SecretsMissing without a key.
        """
        if isinstance(text, Undecrypted):
            return text.ciphertext
        if not text:
            return ""
        self._reload()
        if self._fernet is None:
            raise SecretsMissing
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, ciphertext: str) -> str:
        """The text that was encrypted, or Undecrypted if its key is not there, or the ciphertext was altered."""
        if not ciphertext:
            return ""
        try:
            return self._decrypted(ciphertext)
        except InvalidToken:
            pass
        if self._reload():
            return self.decrypt(ciphertext)
        self.has_failed = True
        return Undecrypted(ciphertext)

    def _decrypt(self, ciphertext: str) -> str:
        if self._fernet is None:
            raise InvalidToken
        return self._fernet.decrypt(ciphertext).decode()

    def _reload(self) -> bool:
        """Reads the keys if the file has changed; whether it has."""
        if self._file is None or (state := _state_of(self._file)) == self._file_state:
            return False
        self._file_state, self.has_failed = state, False
        keys = _keys_in(self._file)
        self._fernet = MultiFernet(keys) if keys else None
        return True


def _state_of(file: Path) -> object:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _keys_in(file: Path) -> list[Fernet]:
    """The keys of a file; a line that is none is left out."""
    keys = []
    try:
        lines = file.read_text(errors="replace").split()
    except OSError:
        return []
    for line in lines:
        try:
            keys.append(Fernet(line))
        except ValueError:
            continue
    return keys


def new_encryption_key() -> str:
    """A fresh random key, as text for a file."""
    return Fernet.generate_key().decode()
