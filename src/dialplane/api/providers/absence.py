"""Schema of what calls would have become without a provider."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialplane.api.http.fields import optional
from dialplane.api.http.query import Query, expanding, several
from dialplane.api.http.schemas import NAMES, AnsweredId
from dialplane.control.absence import Absence


class AbsenceQuery(Query):
    """What is added to the answer."""

    expand: Annotated[tuple[str, ...], several("provider", "customer")] = expanding("provider", "customer")


class StrandedTargetAnswer(BaseModel):
    """Calls of one customer's that would have had no carrier, by the target of the provider's route."""

    customer_id: AnsweredId
    target: str
    calls: int


class NextProviderAnswer(BaseModel):
    """The provider that would have been tried first instead."""

    provider_id: AnsweredId
    calls: int


class AbsenceAnswer(BaseModel):
    """The calls of the last 24 hours without one provider."""

    summary: Annotated[str, Field(description="The same as a sentence.")]
    calls: Annotated[int, Field(description="Calls that were looked at: the provider was in their plan.")]
    is_all: Annotated[bool, Field(description="Whether these are all; if not, the newest.")]
    stranded: Annotated[int, Field(description="Calls without any other carrier in their plan.")]
    last_leg: Annotated[int, Field(description="Calls with just one other.")]
    stranded_targets: Annotated[list[StrandedTargetAnswer], Field(description="The ten with the most such calls.")]
    next: Annotated[list[NextProviderAnswer], Field(description="Where the calls would have gone first.")]
    names: NAMES = optional()


def present_absence(absence: Absence) -> dict[str, Any]:
    """The answer."""
    return {
        "summary": absence.summary,
        "calls": absence.calls,
        "is_all": absence.is_all,
        "stranded": absence.stranded,
        "last_leg": absence.last_leg,
        "stranded_targets": [target._asdict() for target in absence.stranded_targets],
        "next": [provider._asdict() for provider in absence.next],
    }
