"""Requests out of an operation's description."""

from dataclasses import replace

import pytest

from dialplane.client import schemas
from dialplane.client.connection import connection_options
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


@pytest.mark.parametrize(
    ("base_url", "verified", "trusting"),
    [
        ("http://127.0.0.1:8080", False, False),
        ("http://localhost", False, False),
        ("https://127.0.0.1:8443", True, False),
        ("https://api.example", True, True),
        ("http://api.example", True, True),
    ],
)
def test_certificates_are_verified_but_for_plain_http_on_this_machine(
    base_url: str, verified: bool, trusting: bool
) -> None:
    options = connection_options(base_url, token=None, timeout_s=1.0)
    assert (options["verify"], options["trust_env"]) == (verified, trusting)
