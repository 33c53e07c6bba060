"""Schemas of access keys. The token is in the answer to the create, and never again."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from dialplane.api.http.fields import DetailText, Id, Name, ObjectBody, OwnerId, among, bit, optional, within
from dialplane.api.http.query import FilterText, Page, filtering, several
from dialplane.api.http.responses import timestamp
from dialplane.api.http.schemas import AnsweredId, AnsweredInstant, Presenter
from dialplane.control.list_filter import LIKE, WORDS
from dialplane.control.login.uses import KeyUse
from dialplane.domain.accesskey import MAX_EXPIRE_S, MIN_EXPIRE_S, STATES, AccessKey, state_at
from dialplane.domain.kinds import ACCESSKEY, CUSTOMER
from dialplane.domain.permission import BITS, PERMISSIONS, Permission

DEFAULT_EXPIRE_S = 31_536_000
"""One year: the contract lets `expire` be left out."""

STATE, USED = "state", "used"
"""What `expand` adds to each key."""

_READ_ONLY = ObjectBody.READ_ONLY | {"token", "token_prefix", "tm_expire"}

EXAMPLE: dict[str, Any] = {
    "id": "2f1f8f7e-9b3d-4c60-8465-b69e9f28b6dc",
    "customer_id": "a1d9b2cd-4578-4b23-91b6-5f5ec4a2f840",
    "name": "reporting",
    "detail": "",
    "token_prefix": "Xo3kD9aa",
    "permission": 64,
    "role": "customer_manager",
    "tm_expire": "2023-10-22 16:16:16.874761",
    "tm_create": "2022-10-22 16:16:16.874761",
    "tm_update": "9999-01-01 00:00:00.000000",
    "tm_delete": "9999-01-01 00:00:00.000000",
}


class AccessKeyUpdate(ObjectBody):
    """The fields to change; the others stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "reporting"}]})
    KIND: ClassVar = ACCESSKEY
    READ_ONLY: ClassVar = _READ_ONLY | {"permission", "role", "expire", "edge"}

    customer_id: OwnerId = optional("Must be the key's own, if given.")
    name: Name = optional()
    detail: DetailText = optional()


class AccessKeyCreate(ObjectBody):
    """A new access key."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "reporting", "expire": 31536000}]})
    KIND: ClassVar = ACCESSKEY
    READ_ONLY: ClassVar = _READ_ONLY
    NULLS: ClassVar = {"expire": DEFAULT_EXPIRE_S}

    customer_id: OwnerId = optional("Whose key it is; the caller's own customer where it is left away.")
    name: Name = optional()
    detail: DetailText = optional()
    expire: Annotated[int, within(MIN_EXPIRE_S, MAX_EXPIRE_S)] = optional(
        "Seconds until it expires; one year where it is left away."
    )
    permission: Annotated[Permission, bit(*PERMISSIONS)] = optional("At most the caller's own, which is the default.")
    role: Annotated[str, among(*PERMISSIONS)] = optional("The same as a word; either will do.")
    edge: Name = optional("The one edge that a key with permission `edge` may speak for; any if it is left out.")


class AccessKeyList(Page):
    """Filters of the list of access keys."""

    filter: FilterText = filtering(WORDS["accesskey"], like=LIKE["accesskey"])
    customer_id: Id = optional("Only this customer's.")
    expand: Annotated[tuple[str, ...], several(CUSTOMER.name, STATE, USED)] = Field(
        default_factory=tuple,
        description="Add `names`: the names of the customers that are referred to, by id; `state`: what each key is "
        "now; `used`: when, and from where, each was used last.",
    )


class AccessKeyAnswer(BaseModel):
    """An access key."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: AnsweredId
    customer_id: AnsweredId
    name: str
    detail: str
    token: str = optional("The key itself; in the answer to the create only.")
    token_prefix: str
    permission: Annotated[int, bit(*PERMISSIONS)]
    role: Annotated[str, among(*PERMISSIONS)]
    edge: str = optional("The edge that the key is bound to, if it is bound to one.")
    state: Annotated[str, among(*STATES)] = optional(
        "What it is at the time of the answer, `expiring` in its last 14 days; with `expand=state`."
    )
    tm_used: AnsweredInstant = optional("Its last use; with `expand=used`, if one is known.")
    used_from: str = optional("The address of its last use; with `expand=used`, if one is known.")
    tm_expire: AnsweredInstant
    tm_create: AnsweredInstant
    tm_update: AnsweredInstant
    tm_delete: AnsweredInstant


_present = Presenter(AccessKeyAnswer, AccessKey)


def present(key: AccessKey, *, token: str = "") -> dict[str, Any]:
    """An access key; `token` only if it has just been created."""
    shown = _present(key, permission=BITS[key.permission], role=key.permission)
    return {**shown, "token": token} if token else shown


def present_expanded(
    key: AccessKey, *, expand: Collection[str], uses: Mapping[str, KeyUse], now: int
) -> dict[str, Any]:
    """A key with what `expand` adds to it."""
    shown = present(key)
    if STATE in expand:
        shown["state"] = state_at(key, now)
    if use := uses.get(key.id):
        shown |= {"tm_used": timestamp(use.tm_used), "used_from": use.source_ip}
    return shown
