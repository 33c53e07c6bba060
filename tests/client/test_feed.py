import pytest

from dialplane.client import FeedTruncated, read_feed
from dialplane.client.feed import split_lines

HEAD = b'{"epoch":"e","revision":7,"full":false}'
CHANGE = b'{"kind":"route","record":{"id":"x"}}'
END = b'{"end":7,"count":1}'


def test_a_whole_feed_gives_its_head_and_its_changes() -> None:
    head, changes = read_feed([HEAD, CHANGE, END])

    assert (head.epoch, head.revision, head.full) == ("e", 7, False)
    assert list(changes) == [("route", {"id": "x"})]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [CHANGE, END],
        [HEAD],
        [HEAD, CHANGE],
        [HEAD, CHANGE, END[:-3]],
        [HEAD, END],
        [HEAD, CHANGE, CHANGE, END],
        [HEAD, CHANGE, b'{"end":8,"count":1}'],
        [HEAD, b"{}", END],
        [HEAD, b'{"kind":"route","record":[]}', END],
        [HEAD, b"[]", END],
        [b'{"epoch":"e","revision":"x","full":false}', CHANGE, END],
    ],
)
def test_anything_else_is_thrown_away(lines: list[bytes]) -> None:
    with pytest.raises(FeedTruncated):
        list(read_feed(lines)[1])


def test_lines_are_whole_however_the_stream_is_cut() -> None:
    text = b"\n".join([HEAD, CHANGE, END]) + b"\n"
    for size in range(1, len(text)):
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        assert list(split_lines(chunks)) == [HEAD, CHANGE, END]
