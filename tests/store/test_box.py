"""The box: what is sealed can be opened with the key, and with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.store.box import Box, SealBroken, new_box_key

BOX = Box([new_box_key()])


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_can_be_opened(text: str) -> None:
    assert BOX.open(BOX.seal(text)) == text


def test_a_seal_shows_nothing_and_is_never_the_same() -> None:
    seals = {BOX.seal("hunter2 hunter2") for _ in range(3)}
    assert len(seals) == 3
    assert not any("hunter2" in seal for seal in seals)


def test_no_secret_needs_no_seal() -> None:
    assert BOX.seal("") == ""


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        Box([new_box_key()]).open(BOX.seal("secret"))


def test_an_altered_seal_is_refused() -> None:
    sealed = BOX.seal("secret")
    with pytest.raises(SealBroken):
        BOX.open(sealed[:-4] + "AAA=")


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    old, new = new_box_key(), new_box_key()
    rotated = Box([new, old])
    assert rotated.open(Box([old]).seal("secret")) == "secret"
    assert Box([new]).open(rotated.seal("secret")) == "secret"
