import io

import pytest

from dialplane.client import FeedTruncated, read_feed
from dialplane.client.feed import LONGEST_END_LINE, require_end
from dialplane.domain.feed import FeedChange

HEAD = b'{"epoch":"e","revision":7,"full":false}'
CHANGE = b'{"kind":"route","record":{"id":"x"}}'
END = b'{"end":7,"count":1}'


def test_a_whole_feed_gives_its_head_and_its_changes() -> None:
    head, changes = read_feed([HEAD, CHANGE, END])

    assert (head.epoch, head.revision, head.full) == ("e", 7, False)
    assert list(changes) == [FeedChange("route", {"id": "x"})]


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


@pytest.mark.parametrize("lines", [[HEAD, END], [HEAD, CHANGE, END], [HEAD, CHANGE * LONGEST_END_LINE, END]])
def test_a_whole_response_has_its_end(lines: list[bytes]) -> None:
    require_end(io.BytesIO(b"\n".join(lines) + b"\n"))


def test_a_response_cut_anywhere_has_no_end() -> None:
    whole = b"\n".join([HEAD, CHANGE, END])
    for size in range(len(whole)):
        with pytest.raises(FeedTruncated):
            require_end(io.BytesIO(whole[:size]))
