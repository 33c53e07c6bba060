"""The client's generator: what its rules cover, and that it says so if they do not."""

from typing import Any

import pytest

from tools.generate_client import blocking
from tools.generate_client.document import Document
from tools.generate_client.python import annotation


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"$ref": "#/components/schemas/RouteAnswer"}, "RouteAnswer"),
        ({"type": "string", "pattern": "x"}, "str"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "int | None"),
        ({"type": "array", "items": {"$ref": "#/x/Thing"}}, "list[Thing]"),
        ({"type": "string", "enum": ["udp", "tcp"]}, 'Literal["udp", "tcp"]'),
        ({"type": "string", "enum": [str(n) for n in range(99)]}, "TheField"),
        ({"type": "object"}, "dict[str, Any]"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "dict[str, int]"),
        ({"type": "object", "patternProperties": {"^a$": {"type": "number"}}}, "dict[str, float]"),
        ({}, "Any"),
    ],
)
def test_a_schema_becomes_a_type(schema: dict[str, Any], text: str) -> None:
    assert annotation(schema, name="the_field") == text


def test_a_schema_without_a_rule_is_an_error() -> None:
    with pytest.raises(ValueError, match="no type for"):
        annotation({"type": "tuple"}, name="x")


def operation(name: str, **more: Any) -> dict[str, Any]:
    return {"operationId": name, "summary": name, "responses": {"200": {}}, **more}


def test_operations_are_named_by_their_paths() -> None:
    paths = {
        "/v1.0/keys": {"get": operation("listBigKeys"), "post": operation("createBigKey")},
        "/v1.0/keys/{id}": {"get": operation("getBigKey"), "put": operation("u"), "delete": operation("d")},
        "/v1.0/keys/{id}/undo": {"post": operation("undoKey")},
        "/v1.0/key": {"get": operation("getOwn"), "put": operation("updateOwnKey")},
        "/auth/login": {"post": operation("login")},
        "/readyz": {"get": operation("getReadiness")},
    }
    document = Document({"paths": paths, "components": {"schemas": {}}})

    assert [(each.resource, each.verb) for each in document.endpoints] == [
        ("keys", "list"), ("keys", "create"), ("keys", "get"), ("keys", "update"), ("keys", "delete"),
        ("keys", "undo"), ("", "key"), ("", "update_own_key"), ("auth", "login"), ("", "readyz"),
    ]  # fmt: skip
    assert document.resources() == {"keys": "BigKeys", "auth": "Auth"}


def test_the_blocking_client_is_the_async_one_without_its_waiting() -> None:
    source = """
import asyncio
from collections.abc import AsyncIterator

class AsyncThing:
    '''The async client: use it in `async with`.'''

    async def __aenter__(self) -> AsyncIterator[int]:
        await asyncio.sleep(1)
        async for chunk in response.aiter_bytes():
            await http.aclose()
"""
    assert (
        blocking.module(source)
        == """
import time
from collections.abc import Iterator

class Thing:
    '''The blocking client: use it in `with`.'''

    def __enter__(self) -> Iterator[int]:
        time.sleep(1)
        for chunk in response.iter_bytes():
            http.close()
"""
    )


@pytest.mark.parametrize("line", ["asyncio.gather(a, b)", "async_lock = 1", "await(x)", "def __anext__(self): ..."])
def test_a_word_without_a_rule_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="no rule takes"):
        blocking.module(line)
