"""News: what has changed of calls, carriers and edges since somebody last looked, as this process got to know it.

Whoever stores a report notes here what it is about; whoever watches takes it, a few times a second. So a call that
changes five times between two looks is one piece of news.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST = 5_000
"""Pieces of each sort that wait; of more, the oldest are left out, and those who watch learn that there is a gap."""


@dataclass(slots=True)
class News:
    """What has changed: ids of calls, names of edges, reports about providers by provider and edge.

    `has_gap`: something was left out.
    """

    has_gap: bool = False
    calls: dict[str, None] = field(default_factory=dict)
    edges: dict[str, None] = field(default_factory=dict)
    health: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    breakers: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def of_calls(self, ids: Iterable[str]) -> None:
        """Calls are new, or have changed."""
        self._note(self.calls, dict.fromkeys(ids))

    def of_edges(self, names: Iterable[str]) -> None:
        """Edges have reported, or have another revision."""
        self._note(self.edges, dict.fromkeys(names))

    def of_providers(
        self,
        health: Mapping[tuple[str, str], Mapping[str, Any]],
        breakers: Mapping[tuple[str, str], Mapping[str, Any]],
    ) -> None:
        """Edges have reported what they think of providers: rows by provider and edge."""
        self._note(self.health, health)
        self._note(self.breakers, breakers)

    def gap(self) -> None:
        """Something is gone that was published before: whoever watches must look anew."""
        self.has_gap = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        return not (self.has_gap or self.calls or self.edges or self.health or self.breakers)

    def taken(self) -> "News":
        """What there is; from now on it is no news."""
        taken = News(self.has_gap, self.calls, self.edges, self.health, self.breakers)
        self.has_gap = False
        self.calls, self.edges, self.health, self.breakers = {}, {}, {}, {}
        return taken

    def again(self, taken: "News") -> None:
        """It could not be published: it is news still."""
        newer = self.taken()
        for name in ("calls", "edges", "health", "breakers"):
            self._note(getattr(self, name), getattr(taken, name))
            self._note(getattr(self, name), getattr(newer, name))
        self.has_gap = self.has_gap or taken.has_gap or newer.has_gap

    def _note(self, kept: dict[Any, Any], news: Mapping[Any, Any]) -> None:
        kept.update(news)
        while len(kept) > MOST:
            del kept[next(iter(kept))]
            self.has_gap = True
