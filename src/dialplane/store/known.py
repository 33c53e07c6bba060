"""Committed objects of kinds that are few and asked for with every decision: kept while nothing of the kind changes."""

from typing import Any

MOST_KNOWN = 20_000
"""Objects of one kind, some 2 KB each."""


class Known:
    """Objects by kind and id, each kind as it was at one revision: that of its latest change.

    A revision is given once, so equal ones mean that nothing of the kind has changed, whoever writes to the database.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[int, dict[str, Any]]] = {}

    def at(self, kind: str, revision: int) -> dict[str, Any]:
        """The objects of this kind that were seen at this revision; the caller adds what it finds."""
        kept_at, objects = self._kinds.get(kind, (-1, {}))
        if kept_at != revision or len(objects) >= MOST_KNOWN:
            objects = {}
            self._kinds[kind] = (revision, objects)
        return objects
