"""A request as a value, and whether it may be sent twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Methods whose repetition changes nothing more (RFC 9110 section 9.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """`path` is below the base URL; `safe_to_repeat` marks a POST that may be sent twice."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    safe_to_repeat: bool = False

    @property
    def idempotent(self) -> bool:
        """Whether sending it twice is the same as sending it once."""
        return self.safe_to_repeat or self.method in IDEMPOTENT
