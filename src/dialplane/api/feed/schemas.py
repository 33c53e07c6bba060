"""The feed's query."""

from typing import Annotated

from pydantic import Field

from dialplane.api.http.fields import Rule, longest, optional
from dialplane.api.http.query import Query, decimal
from dialplane.domain.ids import parse_id


def _epoch(text: str) -> str:
    return parse_id(text) if text else ""


class FeedQuery(Query):
    """From where, and how long to wait for news."""

    since: Annotated[int, decimal(0, 2**63 - 1), Field(description="The newest revision that the edge has.")] = 0
    epoch: Annotated[
        str, Rule(_epoch, {"type": "string"}), Field(description="The epoch of that revision; empty for none.")
    ] = ""
    wait: Annotated[int, decimal(0, 30), Field(description="Seconds to wait when there is nothing newer.")] = 0
    edge: Annotated[str, longest(255)] = optional("Name of the edge.")
