"""Schemas of the search."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.fields import among, matching
from dialplane.api.http.query import Query, several
from dialplane.control.search import EACH, KINDS_SEARCHED, Hit
from dialplane.domain.errors import InvalidValue
from dialplane.domain.texts import parse_text

MAX_TEXT = 128
EXAMPLE: dict[str, Any] = {
    "kind": "provider",
    "id": "4dbeabd6-f397-4375-95d2-a38411e07ed1",
    "name": "Alpha",
    "text": "sip.alpha.example",
}


def parse_sought(text: str) -> str:
    """A text that is not empty. Raises InvalidValue."""
    if not text:
        raise InvalidValue("q", "required", "must not be empty")
    return parse_text(text, field="q", longest=MAX_TEXT)


class SearchQuery(Query):
    """What is looked for."""

    q: Annotated[
        str,
        matching(parse_sought, f"^.{{1,{MAX_TEXT}}}$"),
        Field(
            description="A piece of a name, host, user name or e-mail address; a number; 8 characters of an id; a "
            "Call-ID.",
            examples=["alpha"],
        ),
    ]
    kinds: Annotated[tuple[str, ...], several(*KINDS_SEARCHED)] = Field(
        default_factory=lambda: KINDS_SEARCHED,
        description="Only these, with commas between; all that the caller may list by default.",
    )


class HitAnswer(BaseModel):
    """Something that was found."""

    model_config = ConfigDict(title="Hit", json_schema_extra={"examples": [EXAMPLE]})

    kind: Annotated[str, among(*KINDS_SEARCHED)]
    id: str
    name: Annotated[str, Field(description="What people know it by; of a call, the number that was called.")]
    text: Annotated[str, Field(description="Where it was found: the host, the target of a route, the Call-ID ...")]


class SearchAnswer(BaseModel):
    """What was found."""

    result: Annotated[list[HitAnswer], Field(description=f"By kind, at most {EACH} of each.")]


def present(hit: Hit) -> dict[str, str]:
    """A hit as its schema shows it."""
    return hit._asdict()
