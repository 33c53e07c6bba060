"""Cutting a byte stream into messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane_simulator.framing import StreamFramer
from dialplane_simulator.wire import MAX_MESSAGE, Malformed
from tests.simulator.dialling import message


@given(st.lists(st.integers(1, 60), min_size=1, max_size=60), st.integers(1, 4))
def test_messages_come_out_whole_however_the_stream_is_cut(cuts: list[int], count: int) -> None:
    messages = [message(call_id=f"c{number}", body="b" * number) for number in range(count)]
    stream = b"\r\n\r\n".join(messages)
    framer, out, at = StreamFramer(), [], 0
    for size in cuts:
        out += framer.feed(stream[at : at + size])
        at += size
    assert out + framer.feed(stream[at:]) == messages


def test_keep_alives_are_no_messages() -> None:
    assert StreamFramer().feed(b"\r\n\r\n" * 1000) == []


@pytest.mark.parametrize(
    "stream",
    [
        b"INVITE sip:a SIP/2.0\r\nX: no length\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"A" * (MAX_MESSAGE + 1),
        message().replace(b"Content-Length: 0", b"Content-Length: 70000"),
        message().replace(b"Content-Length: 0", b"Content-Length: -5"),
    ],
)
def test_a_stream_that_cannot_be_followed_is_given_up(stream: bytes) -> None:
    with pytest.raises(Malformed):
        StreamFramer().feed(stream)
