"""The feed, by which edges follow the control plane: newline-delimited JSON, one object of these classes a line.

First the head, then one change for each object that changed, last the end. The end tells a whole feed from one that
broke off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FeedHead:
    """`revision` is what the reader has after this feed, of the database `epoch`; `full`: it starts from nothing."""

    epoch: str
    revision: int
    full: bool


@dataclass(frozen=True, slots=True)
class FeedChange:
    """`kind` is customer, provider, route or trunk; `record` is the object as `record_of` gives it, deleted or not."""

    kind: str
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeedEnd:
    """`end` is the head's revision again; `count` is the number of changes between them."""

    end: int
    count: int
