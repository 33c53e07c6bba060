"""Every object comes back from its record as it was."""

import json
from typing import Any

import pytest

from dialplane.domain.errors import InvalidValue
from dialplane.domain.kinds import KINDS
from dialplane.domain.records import fields_of, from_record, record_of

ID = "491b6858-5357-11ed-b753-8fd49cd36340"
SAMPLES: dict[str, dict[str, Any]] = {
    "customer": {"name": "Acme", "status": "frozen"},
    "provider": {"type": "sip", "hostname": "a.example:5080", "failover": {404: "stop"}, "tech_headers": {"X-A": "1"}},
    "route": {"customer_id": ID, "provider_id": ID, "priority": 1, "target": "+82", "weight": 3},
    "trunk": {"customer_id": ID, "allowed_ips": ("10.0.0.0/8",), "auth_types": ("ip",)},
    "accesskey": {"customer_id": ID, "permission": "edge", "token_hash": "0" * 64},
    "agent": {"customer_id": ID, "username": "ann", "permission": "customer_admin"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_json_and_gives_the_object_again(kind: str) -> None:
    value = KINDS[kind].cls(id=ID, **SAMPLES[kind])
    record = json.loads(json.dumps(record_of(value)))
    assert from_record(KINDS[kind].cls, record) == value
    assert record_of(from_record(KINDS[kind].cls, record | {"of_a_newer_version": 1})) == record


def test_a_record_that_breaks_a_rule_is_refused() -> None:
    record = record_of(KINDS["route"].cls(id=ID, **SAMPLES["route"]))
    with pytest.raises(ValueError, match="target"):
        from_record(KINDS["route"].cls, record | {"target": "82"})


@pytest.mark.parametrize("kind", KINDS)
def test_fields_have_the_types_of_the_object(kind: str) -> None:
    value = KINDS[kind].cls(id=ID, **SAMPLES[kind])
    for name, found in fields_of(KINDS[kind].cls, json.loads(json.dumps(record_of(value)))).items():
        assert found == getattr(value, name)
        if isinstance(found, (str, tuple)):
            assert type(found) is type(getattr(value, name))


def test_a_word_of_a_newer_version_is_left_for_the_rules_to_refuse() -> None:
    record = record_of(KINDS["customer"].cls(id=ID)) | {"status": "suspended"}
    assert fields_of(KINDS["customer"].cls, record)["status"] == "suspended"
    with pytest.raises(InvalidValue):
        from_record(KINDS["customer"].cls, record)
