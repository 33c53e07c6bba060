"""Encryption: a ciphertext can be decrypted with its key, and with nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.domain.errors import SecretsMissing
from dialplane.store.encryption import Encryption, Undecrypted, new_encryption_key

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
    ciphertext = ENCRYPTION.encrypt("secret")
    other = Encryption([new_encryption_key()])
    found = other.decrypt(ciphertext)
    assert isinstance(found, Undecrypted)
    assert (found, other.has_failed) == ("", True)
    assert other.encrypt(found) == ciphertext


def test_an_altered_ciphertext_is_refused() -> None:
    ciphertext = ENCRYPTION.encrypt("secret")
    assert isinstance(ENCRYPTION.decrypt(ciphertext[:-4] + "AAA="), Undecrypted)


def test_an_older_key_still_decrypts_and_the_newest_encrypts() -> None:
    old, new = new_encryption_key(), new_encryption_key()
    rotated = Encryption([new, old])
    assert rotated.decrypt(Encryption([old]).encrypt("secret")) == "secret"
    assert Encryption([new]).decrypt(rotated.encrypt("secret")) == "secret"


def test_keys_that_come_back_to_their_file_are_used_at_once(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    encryption = Encryption(file=file)
    assert not encryption.has_keys
    with pytest.raises(SecretsMissing):
        encryption.encrypt("secret")
    assert encryption.encrypt("") == ""
    key = new_encryption_key()
    ciphertext = Encryption([key]).encrypt("secret")
    assert isinstance(encryption.decrypt(ciphertext), Undecrypted)

    file.write_text(f"nonsense\n{key}\n")
    assert encryption.decrypt(ciphertext) == "secret"
    assert not encryption.has_failed
    newer = new_encryption_key()
    file.write_text(f"{newer}\n{key}\n")
    assert Encryption([newer]).decrypt(encryption.encrypt("new")) == "new"
    assert encryption.decrypt(ciphertext) == "secret"


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe\x00"])
def test_a_file_without_keys_is_as_one_that_is_missing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "keys"
    file.write_bytes(content)
    assert not Encryption(file=file).has_keys
