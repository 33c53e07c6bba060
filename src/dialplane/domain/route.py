"""A route: calls of this customer to this target may go to this provider, in this order of priority."""

from dataclasses import dataclass

from dialplane.domain.ids import parse_id
from dialplane.domain.instants import NEVER
from dialplane.domain.target import parse_target
from dialplane.domain.texts import parse_detail, parse_name, parse_range

MAX_PRIORITY = 2_147_483_647
MAX_WEIGHT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The ten fields of the contract (route-struct), and extensions that are at their default unless used.

    `priority`: lower is tried first. `weight`: share of the calls among routes of equal priority; None stands
    behind all that have one. `valid_from` <= now < `valid_until`, in instants, is when the route is a candidate.
    """

    id: str
    customer_id: str
    provider_id: str
    priority: int
    target: str
    name: str = ""
    detail: str = ""
    enabled: bool = True
    weight: int | None = None
    valid_from: int = 0
    valid_until: int = NEVER
    tm_create: int = 0
    tm_update: int = NEVER
    tm_delete: int = NEVER

    def __post_init__(self) -> None:
        parse_id(self.id)
        parse_id(self.customer_id, field="customer_id")
        parse_id(self.provider_id, field="provider_id")
        parse_priority(self.priority)
        parse_target(self.target)
        parse_name(self.name)
        parse_detail(self.detail)
        parse_weight(self.weight)


def parse_priority(value: int, *, field: str = "priority") -> int:
    """0 ... 2147483647; lower is tried first. Raises InvalidValue."""
    return parse_range(value, field=field, least=0, most=MAX_PRIORITY)


def parse_weight(value: int | None, *, field: str = "weight") -> int | None:
    """1 ... 65535, or None for no weight. Raises InvalidValue."""
    return None if value is None else parse_range(value, field=field, least=1, most=MAX_WEIGHT)
