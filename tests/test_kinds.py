"""A noun is complete: its row in domain/kinds.py has a table, a schema, endpoints, permissions and a document."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from sqlalchemy import Integer, Text

from dialplane.api.app import ENDPOINTS
from dialplane.api.changes import schemas as changes
from dialplane.api.console.forms import FORMS
from dialplane.api.export.schemas import PRESENTERS
from dialplane.api.http.reasons import NOT_FOUND_OF_KIND
from dialplane.control.nouns import NOUNS
from dialplane.control.permissions import TABLE
from dialplane.domain.kinds import KINDS, LIFE, Kind, depth
from dialplane.replica.writer import ReplicaWriter
from dialplane.store import tables
from tests.replica import records

DOCS = Path(__file__).parents[1] / "docs" / "api"
VERBS = ("create", "list", "get", "update", "delete")

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


def model(kind: Kind[Any], suffix: str) -> Any:
    """RouteCreate, RouteUpdate, RouteAnswer."""
    schemas = import_module(f"dialplane.api.{kind.collection}.schemas")
    return getattr(schemas, f"{kind.cls.__name__}{suffix}")


def arguments(kind: Kind[Any], fields: frozenset[str]) -> set[str]:
    """The fields by the names that a request has for them."""
    second = {kind.second_names[name] for name in fields if name in kind.second_names}
    return {kind.argument_of.get(name, name) for name in fields} | second


@each_kind
def test_each_field_is_set_by_a_request_or_by_the_service(kind: Kind[Any]) -> None:
    by_service = {*LIFE, *kind.computed, *kind.service_set}
    assert kind.settable | by_service == set(kind.fields)
    assert not kind.settable & by_service
    assert kind.changeable == kind.settable - {*kind.create_only}
    assert set(kind.needed) <= kind.settable


@each_kind
def test_each_field_has_a_rule(kind: Kind[Any]) -> None:
    hints = get_type_hints(kind.cls, include_extras=True)
    without = {name for name, type_ in kind.types.items() if hints[name] is type_ and type_ is not bool}
    assert {name for name in without if not issubclass(kind.types[name], StrEnum)} == set()


@each_kind
def test_a_row_speaks_of_fields_that_there_are(kind: Kind[Any]) -> None:
    assert KINDS[kind.name] is kind
    assert {*kind.computed, *kind.service_set, *kind.secret, *kind.argument_of, *kind.references} <= set(kind.fields)
    assert set(kind.create_only) <= kind.settable
    assert set(kind.references.values()) <= set(KINDS)
    assert kind.owner is None or kind.owner in kind.fields
    assert not set(kind.sealed) & set(kind.hashed)
    assert depth(kind) > max((depth(KINDS[name]) for name in kind.references.values()), default=-1)


@each_kind
def test_a_field_that_looks_like_a_reference_is_one(kind: Kind[Any]) -> None:
    assert {name for name in kind.fields if name.endswith("_id")} == set(kind.references)


@each_kind
def test_secrets_are_in_no_repr(kind: Kind[Any]) -> None:
    shown = {name for name, field in kind.cls.__dataclass_fields__.items() if field.repr}
    assert not shown & {*kind.secret, *kind.computed}


@each_kind
def test_the_table_has_a_column_for_each_field_in_the_form_that_the_store_writes(kind: Kind[Any]) -> None:
    columns = tables.metadata.tables[kind.collection].c
    assert set(columns.keys()) == set(kind.fields) - set(kind.computed) | {"revision"}
    for name, type_ in kind.types.items():
        if name not in kind.computed:
            is_text = name in kind.documents or name in kind.sealed or _is_text(type_)
            assert isinstance(columns[name].type, Text if is_text else Integer), name


def _is_text(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, str)


@each_kind
def test_lists_and_mappings_are_documents_and_nothing_else_is(kind: Kind[Any]) -> None:
    plain = {str, int, bool, type(None)}
    for name, type_ in kind.types.items():
        is_document = get_origin(type_) in (Sequence, Mapping)
        assert is_document == (name in kind.documents), name
        assert is_document or all(part in plain or _is_text(part) for part in get_args(type_) or (type_,)), name


@each_kind
def test_the_api_takes_the_fields_that_may_be_set(kind: Kind[Any]) -> None:
    assert set(model(kind, "Create").model_fields) == arguments(kind, kind.settable)
    assert set(model(kind, "Update").model_fields) == arguments(kind, kind.changeable)
    required = {name for name, field in model(kind, "Create").model_fields.items() if field.is_required()}
    assert required - {"customer_id"} <= arguments(kind, frozenset(kind.needed))


@each_kind
def test_the_api_answers_every_field_but_secrets(kind: Kind[Any]) -> None:
    answered = set(model(kind, "Answer").model_fields)
    hidden = {*kind.secret, *kind.computed}
    assert not answered & hidden
    assert answered >= set(kind.fields) - hidden | set(kind.second_names.values())


@each_kind
def test_null_stands_for_a_default_that_the_class_would_take(kind: Kind[Any]) -> None:
    assert set(kind.defaults) <= set(kind.settable)
    assert model(kind, "Update").KIND is model(kind, "Create").KIND is kind


@each_kind
def test_the_api_has_an_endpoint_for_each_verb(kind: Kind[Any]) -> None:
    path = f"/v1.0/{kind.collection}"
    expected = {("POST", path), ("GET", path), *((method, f"{path}/{{id}}") for method in ("GET", "PUT", "DELETE"))}
    assert expected <= {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}


@each_kind
def test_the_table_of_permissions_has_a_row_for_each_verb(kind: Kind[Any]) -> None:
    assert {f"{kind.name}.{verb}" for verb in VERBS} <= set(TABLE)


@each_kind
def test_there_are_use_cases_a_not_found_and_a_document(kind: Kind[Any]) -> None:
    assert NOUNS[kind.name].storage.kind is kind
    assert NOT_FOUND_OF_KIND[kind.name].meaning == f"There is no such {kind.title}."
    documents = "".join(file.read_text() for file in DOCS.glob("*.md"))
    assert f'curl "$API/v1.0/{kind.collection}"' in documents


def test_a_kind_that_may_be_changed_in_bulk_has_its_bodies() -> None:
    in_bulk = {kind.name for kind in KINDS.values() if kind.in_bulk}
    assert set(changes._BODIES) == in_bulk
    for name in in_bulk:
        assert changes._BODIES[name] == {
            "create": model(KINDS[name], "Create"),
            "update": model(KINDS[name], "Update"),
        }


def test_no_credential_is_made_in_bulk_or_sent_to_an_edge() -> None:
    hashed = [kind for kind in KINDS.values() if kind.hashed]
    assert {kind.name for kind in hashed} == {"agent", "accesskey"}
    assert not any(kind.in_bulk or kind.in_feed for kind in hashed)
    assert all(kind.changes_callers for kind in hashed)


def test_an_edge_gets_no_object_before_one_that_it_refers_to() -> None:
    seen: set[str] = set()
    for kind in KINDS.values():
        assert set(kind.references.values()) <= seen
        seen.add(kind.name)


def test_every_kind_is_in_the_tables_that_other_rooms_keep_by_kind() -> None:
    """Its form in the console; how an export shows one that is changed in bulk."""
    assert set(FORMS) == set(KINDS)
    assert set(PRESENTERS) == {kind.name for kind in KINDS.values() if kind.in_bulk}


def test_a_replica_takes_every_kind_that_the_feed_has(tmp_path: Path) -> None:
    objects = [records.customer(), records.provider(1), records.route(1, "+44", via=1), records.trunk(1)]
    writer = ReplicaWriter(tmp_path)
    try:
        assert writer.replace(objects, revision=1, epoch="one") == len(objects)
    finally:
        writer.close()
    assert {kind for kind, _ in objects} == {kind.name for kind in KINDS.values() if kind.in_feed}
