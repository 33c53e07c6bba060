"""Query strings are read as Python's own parser reads them, only stricter."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.api.http.errors import ApiError
from dialplane.api.http.query import MAX_PARAMETERS, query_of


def parsed(raw: bytes) -> dict[str, str]:
    return query_of({"query_string": raw})


@given(st.text("ab=&%+0123456789abcdefE", max_size=40))
def test_every_string_is_read_as_the_standard_library_reads_it_or_refused(text: str) -> None:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        pairs = None
    if pairs is None or len(dict(pairs)) < len(pairs):
        with pytest.raises(ApiError):
            parsed(text.encode())
    else:
        assert parsed(text.encode()) == dict(pairs)


def test_there_may_be_so_many_parameters_and_no_more() -> None:
    most = "&".join(f"p{n}=1" for n in range(MAX_PARAMETERS))
    assert len(parsed(most.encode())) == MAX_PARAMETERS
    with pytest.raises(ApiError):
        parsed(f"{most}&one=2".encode())


@pytest.mark.parametrize("raw", [b"a=\xff", b"a=%ff", b"%ff=1", b"a=1&a=2"])
def test_what_is_no_text_or_given_twice_is_refused(raw: bytes) -> None:
    with pytest.raises(ApiError):
        parsed(raw)
