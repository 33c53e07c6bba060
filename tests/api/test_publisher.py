"""The publisher of the stream: whoever begins to watch gets all that happens from then on."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from dialplane.api.http.published import Published
from dialplane.api.stream.publisher import Publisher
from dialplane.control.edges import Contacts
from dialplane.control.news import News
from dialplane.system.slots import Slots

pytestmark = pytest.mark.anyio


class Revisions:
    """A database that is asked for its revision; `meanwhile` happens while it is."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], None] = lambda: None

    async def latest_revision(self) -> int:
        self.meanwhile()
        return 7


async def test_who_begins_to_watch_in_the_middle_of_a_round_need_not_look_anew() -> None:
    db, news, published, streams = Revisions(), News(), Published(), Slots(2, each=2)
    publisher = Publisher(cast(Any, db), news, published, Contacts(), streams)
    await publisher.tell()
    began: list[int] = []

    def begin() -> None:
        streams.enter("somebody")
        began.append(published.last)
        news.of_calls(["a call that began just then"])

    db.meanwhile = begin
    news.of_calls(["a call before"])
    await publisher.tell()

    assert published.has_all_after(began[0])
    assert "a call that began just then" in news.calls


async def test_what_happens_while_nobody_watches_is_a_gap() -> None:
    news, published = News(), Published()
    publisher = Publisher(cast(Any, Revisions()), news, published, Contacts(), Slots(2, each=2))
    await publisher.tell()
    before = published.last
    news.of_calls(["a call"])
    await publisher.tell()
    assert not published.has_all_after(before)
