"""Schemas of trunks."""

from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from dialplane.api.http.fields import (
    DetailText,
    Id,
    Name,
    ObjectBody,
    OwnerId,
    Rule,
    among,
    matching,
    optional,
    secret,
    within_or_null,
)
from dialplane.api.http.query import FilterText, Page, expanding, filtering, several
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant, Presenter
from dialplane.control.list_filter import LIKE, WORDS
from dialplane.domain.hostname import parse_domain_name
from dialplane.domain.kinds import TRUNK
from dialplane.domain.provider import MAX_CHANNELS, MAX_CPS, parse_credential
from dialplane.domain.region import REGIONS, parse_region
from dialplane.domain.trunk import (
    AUTH_TYPES,
    MAX_ALLOWED_IPS,
    MODES,
    Trunk,
    parse_allowed_ips,
    parse_auth_types,
    parse_caller_default,
)

AuthTypes = Annotated[
    list[str],
    Rule(
        parse_auth_types, {"type": "array", "items": {"type": "string", "enum": list(AUTH_TYPES)}, "uniqueItems": True}
    ),
]
AllowedIps = Annotated[
    list[str],
    Rule(
        parse_allowed_ips,
        {
            "type": "array",
            "items": {"type": "string"},
            "maxItems": MAX_ALLOWED_IPS,
            "examples": [["192.0.2.10", "198.51.100.0/24"]],
        },
    ),
]
DomainName = Annotated[str, Rule(parse_domain_name, {"type": "string", "maxLength": 253})]
Region = Annotated[str, Rule(parse_region, {"type": "string", "enum": ["", *sorted(REGIONS)]})]
CallerDefault = Annotated[str, matching(parse_caller_default, r"^(\+[1-9][0-9]{0,14})?$")]
Credential = Annotated[str, Rule(partial(parse_credential, field=""), {"type": "string", "maxLength": 255})]
NewSecret = Annotated[str | None, secret(partial(parse_credential, field=""), 0, 255)]

EXAMPLE: dict[str, Any] = {
    "id": "c6d1ea8e-6a5b-4f0f-9f6e-0a4bb0f2a9c1",
    "customer_id": "5e4a0680-804e-11ec-8477-2fea5968d85b",
    "name": "Office PBX",
    "detail": "",
    "domain_name": "",
    "auth_types": ["ip"],
    "username": "",
    "allowed_ips": ["192.0.2.10"],
    "tm_create": "2022-10-22 16:16:16.874761",
    "tm_update": "9999-01-01 00:00:00.000000",
    "tm_delete": "9999-01-01 00:00:00.000000",
}


class TrunkUpdate(ObjectBody):
    """The fields to change; the others stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"allowed_ips": ["192.0.2.10", "192.0.2.11"]}]})
    KIND: ClassVar = TRUNK

    customer_id: OwnerId = optional("Must be the trunk's own, if given.")
    name: Name = optional()
    detail: DetailText = optional()
    domain_name: DomainName = optional("Tells trunks at the same address apart, and is the digest realm.")
    auth_types: AuthTypes = optional("`ip`: by source address; `basic`: by digest. Either lets a call in.")
    username: Credential = optional("For digest.")
    password: NewSecret = optional("For digest; never answered. Empty keeps it, null clears it.")
    allowed_ips: AllowedIps = optional("Source addresses and networks of the PBX.")
    enabled: bool = optional("Calls of a trunk that is not enabled are refused.")
    mode: Annotated[str, among(*MODES)] = optional("`redirect` answers 300 with the carriers in order.")
    max_channels: Annotated[int | None, within_or_null(1, MAX_CHANNELS)] = optional("Cap on concurrent calls.")
    max_cps: Annotated[int | None, within_or_null(1, MAX_CPS)] = optional("Cap on calls per second.")
    default_region: Region = optional("ISO country whose national numbers it dials; empty for international digits.")
    trusted_identity: bool = optional(
        "Whether carriers get the P-Asserted-Identity of its calls; it is removed else. For project_super_admin to set."
    )
    caller_default: CallerDefault = optional(
        "A number of the customer's own, for carriers that want one where a call has none; empty for none."
    )


class TrunkCreate(TrunkUpdate):
    """A new trunk."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Office PBX", "auth_types": ["ip"], "allowed_ips": ["192.0.2.10"]}]}
    )

    customer_id: OwnerId = optional("Whose calls come in here; the caller's own customer where it is left away.")


class TrunkList(Page):
    """Filters of the list of trunks."""

    filter: FilterText = filtering(WORDS["trunk"], like=LIKE["trunk"])
    customer_id: Id = optional("Only this customer's.")
    expand: Annotated[tuple[str, ...], several("customer")] = expanding("customer")


class TrunkAnswer(BaseModel):
    """A trunk."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: AnsweredId
    customer_id: AnsweredId
    name: str
    detail: str
    domain_name: str
    auth_types: list[str]
    username: str
    allowed_ips: list[str]
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant
    enabled: bool = optional("Shown where false.")
    mode: str = optional("Shown where not proxy.")
    max_channels: int = optional("Shown where there is a cap.")
    max_cps: int = optional("Shown where there is a cap.")
    default_region: str = optional("Shown where there is one.")
    trusted_identity: bool = optional("Shown where true.")
    caller_default: str = optional("Shown where there is one.")


present = Presenter(TrunkAnswer, Trunk)
