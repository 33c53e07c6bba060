"""The served documentation: complete, true, and with nothing fetched from elsewhere."""

import re
from typing import Any

import jsonschema_rs
import pytest

from dialplane.api.app import openapi_document
from dialplane.api.http.examples import NoExample, example_of
from dialplane.api.http.reasons import REASONS
from tests.api.serving import Api


@pytest.fixture(scope="module")
def document(sqlite_api: Api) -> dict[str, Any]:
    answer = sqlite_api.nobody.get("/openapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, told) for path, methods in document["paths"].items() for method, told in methods.items()]


def test_it_is_openapi_3_1_and_names_every_operation_once(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    names = [told["operationId"] for _, _, told in operations(document)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][A-Za-z]+", name) for name in names)


def test_every_operation_tells_its_credentials_answers_and_refusals(document: dict[str, Any]) -> None:
    for path, method, told in operations(document):
        assert told["summary"], path
        assert "security" in told, path
        assert "200" in told["responses"], path
        assert {"500", "503"} <= set(told["responses"]), path
        if told["security"]:
            assert {"401", "403", "429"} <= set(told["responses"]), path
            assert "x-permission" in told
        assert ("requestBody" in told) == (
            method in ("post", "put") and not path.endswith(("/undo", "/freeze", "/recover", "/cancel", "/logout"))
        ), path
        if "requestBody" in told:
            assert {"400", "413", "415"} <= set(told["responses"]), path
            assert "$ref" in told["requestBody"]["content"]["application/json"]["schema"]
        if "{id}" in path:
            assert "404" in told["responses"], path


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return found.union(*(references(item) for item in value.values()))
        return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()

    for reference in references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_every_body_and_every_object_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for _, _, told in operations(document):
        if "requestBody" in told:
            name = told["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert schemas[name]["examples"], name
    for name in ("Route", "Provider", "Customer", "Trunk", "AccessKey", "Agent"):
        assert schemas[f"{name}Answer"]["examples"], name


def test_every_answer_has_an_example_that_its_schema_allows() -> None:
    document = openapi_document(is_demo=True)
    for _, _, told in operations(document):
        (content,) = told["responses"]["200"]["content"].values()
        schema = {**content["schema"], "components": document["components"]}
        jsonschema_rs.validate(schema, content["example"])


def test_an_answer_without_an_example_cannot_be_documented() -> None:
    schemas = {"A": {"properties": {"new": {"type": "string"}, "old": {"type": "string"}}, "required": ["new"]}}
    with pytest.raises(NoExample, match=r"A\.new"):
        example_of({"$ref": "#/components/schemas/A"}, schemas)


def test_the_catalogue_of_reasons_is_in_the_document(document: dict[str, Any]) -> None:
    for name in REASONS:
        assert f"`{name}`" in document["info"]["description"]
        assert name in document["components"]["examples"]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_a_page_needs_nothing_from_elsewhere(sqlite_api: Api, page: str) -> None:
    answer = sqlite_api.nobody.get(page)
    assert answer.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert links
    for link in links:
        assert link.startswith("/"), link
        assert sqlite_api.nobody.get(link).status_code == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]
