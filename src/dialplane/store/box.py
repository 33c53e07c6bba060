"""The box: secrets at rest, sealed with a key that is kept outside the database."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealBroken(Exception):
    """A sealed value was made with a key this box does not have, or it was altered."""


class Box:
    """Seals with the first key, opens with any of them (so that keys can be rotated)."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` as `new_box_key` makes them, the newest first. Raises ValueError."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str) -> str:
        """The sealed form, different each time; "" stays "", so that "no secret" can be seen without a key."""
        return self._fernet.encrypt(text.encode()).decode() if text else ""

    def open(self, sealed: str) -> str:
        """What was sealed. Raises SealBroken."""
        try:
            return self._fernet.decrypt(sealed).decode() if sealed else ""
        except InvalidToken:
            raise SealBroken("a sealed value cannot be opened with the box key in use") from None


def new_box_key() -> str:
    """A fresh random key, as text for a file."""
    return Fernet.generate_key().decode()
