"""Encryption: a ciphertext can be decrypted with its key, and with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.store.encryption import DecryptionFailed, Encryption, new_encryption_key

ENCRYPTION = Encryption([new_encryption_key()])


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_encrypted_can_be_decrypted(text: str) -> None:
    assert ENCRYPTION.decrypt(ENCRYPTION.encrypt(text)) == text


def test_a_ciphertext_shows_nothing_and_is_never_the_same() -> None:
    ciphertexts = {ENCRYPTION.encrypt("hunter2 hunter2") for _ in range(3)}
    assert len(ciphertexts) == 3
    assert not any("hunter2" in text for text in ciphertexts)


def test_no_secret_is_not_encrypted() -> None:
    assert ENCRYPTION.encrypt("") == ""


def test_another_key_decrypts_nothing() -> None:
    with pytest.raises(DecryptionFailed):
        Encryption([new_encryption_key()]).decrypt(ENCRYPTION.encrypt("secret"))


def test_an_altered_ciphertext_is_refused() -> None:
    ciphertext = ENCRYPTION.encrypt("secret")
    with pytest.raises(DecryptionFailed):
        ENCRYPTION.decrypt(ciphertext[:-4] + "AAA=")


def test_an_older_key_still_decrypts_and_the_newest_encrypts() -> None:
    old, new = new_encryption_key(), new_encryption_key()
    rotated = Encryption([new, old])
    assert rotated.decrypt(Encryption([old]).encrypt("secret")) == "secret"
    assert Encryption([new]).decrypt(rotated.encrypt("secret")) == "secret"
