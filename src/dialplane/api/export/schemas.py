"""The export's query, and how it shows objects: as lists do."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Field

from dialplane.api.customers.schemas import present as present_customer
from dialplane.api.http import reasons
from dialplane.api.http.errors import ApiError, Detail
from dialplane.api.http.fields import Id, among, longest, optional
from dialplane.api.http.query import Query
from dialplane.api.providers.schemas import present as present_provider
from dialplane.api.routes.schemas import present as present_route
from dialplane.api.trunks.schemas import present as present_trunk
from dialplane.control.export import KINDS
from dialplane.domain.filter import MAX_FILTER
from dialplane.domain.health import Health
from dialplane.domain.kinds import KINDS as ALL_KINDS
from dialplane.domain.kinds import ROUTE

PRESENTERS: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
    "customer": present_customer,
    "provider": lambda provider: present_provider(provider, Health()),
    "route": present_route,
    "trunk": present_trunk,
}
"""Kind -> how an object is shown. What edges report is left out: it is no part of an object."""


class ExportQuery(Query):
    """What is exported."""

    kind: Annotated[str, among(*KINDS), Field(description="Of which kind.", examples=["route"])]
    customer_id: Id = optional("Only this customer's.")
    provider_id: Id = optional("Of routes: only those to this provider.")
    filter: Annotated[str, longest(MAX_FILTER)] = optional("Of routes: only those that it means, as in their list.")

    def filters(self) -> Mapping[str, str | None]:
        """The fields that objects must have. Raises ApiError 400 for one that this kind has not."""
        filters = {"customer_id": self.customer_id, "provider_id": self.provider_id}
        unknown = [
            name for name, value in filters.items() if value is not None and name not in ALL_KINDS[self.kind].fields
        ]
        unknown += ["filter"] if self.filter and self.kind != ROUTE.name else []
        if unknown:
            details = [Detail(name, "not_applicable", f"no {self.kind} has that") for name in unknown]
            raise ApiError(reasons.INVALID_REQUEST_PARAMETER, details=details)
        return filters
