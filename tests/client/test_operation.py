"""Requests out of an operation's description."""

from dataclasses import replace

from dialplane.client import schemas
from dialplane.client.operation import Operation, Parameter

UPDATE = Operation(
    name="updateThing",
    resource="things",
    verb="update",
    method="PUT",
    path="/v1.0/things/{id}",
    summary="Change a thing",
    parameters=(
        Parameter("id", "path", str, required=True),
        Parameter("If-Match", "header", str),
        Parameter("force", "query", bool),
        Parameter("page_size", "query", int),
    ),
    body=schemas.CustomerUpdate,
    answer=schemas.CustomerAnswer,
)


def test_each_argument_goes_to_its_place() -> None:
    request = UPDATE.request({"id": "x", "If-Match": '"7"', "force": True, "page_size": 3}, {"name": "n"})

    assert (request.method, request.path) == ("PUT", "/v1.0/things/x")
    assert request.params == {"force": "true", "page_size": "3"}
    assert request.headers == {"If-Match": '"7"'}
    assert request.body == {"name": "n"}


def test_an_argument_that_is_none_is_left_out_but_a_field_that_is_none_is_sent() -> None:
    request = UPDATE.request({"id": "x", "If-Match": None, "force": None}, {"max_cps": None})

    assert (request.params, request.headers) == ({}, {})
    assert request.body == {"max_cps": None}


def test_a_part_of_a_path_cannot_lead_elsewhere() -> None:
    assert UPDATE.request({"id": "../a b?c"}).path == "/v1.0/things/..%2Fa%20b%3Fc"


def test_a_post_is_safe_to_repeat_with_an_idempotency_key_or_by_its_nature() -> None:
    post = Operation(
        name="p",
        resource="",
        verb="p",
        method="POST",
        path="/p",
        summary="",
        parameters=(Parameter("Idempotency-Key", "header", str),),
        answer=str,
    )

    assert not post.request({}).idempotent
    assert post.request({"Idempotency-Key": "k"}).idempotent
    assert replace(post, safe_to_repeat=True).request({}).idempotent
