"""HARDENING: each bad input has its exact answer, writes nothing, and is never echoed."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dialplane.api.routes.paging import token
from dialplane.domain.instants import NEVER
from dialplane.store.queries.routes import SORTS, After, Order
from tests.api.serving import SYSTEM_DEFAULT, Api, Caller

JSON = {"Content-Type": "application/json"}
MARK = "Zebra7"
"""Stands in bad inputs where it can, so that an echo would be seen."""

BAD_BODIES: dict[str, bytes] = {
    "empty": b"",
    "truncated": b'{"type": "sip", "hostname": "Zebra7',
    "invalid UTF-8": b'{"type": "sip", "hostname": "\xff\xfe"}',
    "byte order mark": b'\xef\xbb\xbf{"type": "sip", "hostname": "a.example"}',
    "UTF-16": '{"type": "sip", "hostname": "a.example"}'.encode("utf-16"),
    "NaN": b'{"type": "sip", "hostname": "a.example", "max_cps": NaN}',
    "Infinity": b'{"type": "sip", "hostname": "a.example", "max_cps": Infinity}',
    "-Infinity": b'{"type": "sip", "hostname": "a.example", "max_cps": -Infinity}',
    "1e400": b'{"type": "sip", "hostname": "a.example", "metadata": {"x": 1e400}}',
    "duplicate names": b'{"type": "sip", "hostname": "a.example", "hostname": "Zebra7.example"}',
    "duplicate names within": b'{"type": "sip", "hostname": "a.example", "metadata": {"a": 1, "a": 2}}',
    "deep": b'{"type": "sip", "hostname": "a.example", "metadata": ' + b'{"a":' * 40 + b"1" + b"}" * 41,
    "a list": b"[]",
    "a string": b'"Zebra7"',
    "null": b"null",
    "trailing text": b'{"type": "sip", "hostname": "a.example"} Zebra7',
    "a comment": b'{"type": "sip", /* Zebra7 */ "hostname": "a.example"}',
    "5,000 digits": b'{"type": "sip", "hostname": "a.example", "max_cps": ' + b"1" * 5000 + b"}",
}

BAD_TYPES = {
    "none": {},
    "text": {"Content-Type": "text/plain"},
    "form": {"Content-Type": "application/x-www-form-urlencoded"},
    "other charset": {"Content-Type": "application/json; charset=utf-16"},
    "similar": {"Content-Type": "application/jsonp"},
    "gzip": {**JSON, "Content-Encoding": "gzip"},
    "deflate": {**JSON, "Content-Encoding": "deflate"},
}

Row = tuple[str, Any]


def each(field: str, *values: Any) -> list[Row]:
    return [(field, value) for value in values]


BAD_AFFIXES = ("a@evil", "1:pw", ";x=", "<", " ", "%00", "é", "a\n", "x" * 33, 1)

BAD_PROVIDERS: list[Row] = [
    *each("hostname",
        "a\r\nb.example", "a b.example", "u@Zebra7.example", "a/b", "a.example;transport=tcp", "x" * 64 + ".example",
        "a.example:0", "a.example:70000", "a.example:", "sip:a.example", "", ".", "a..example", "-", "[::1", "::1",
        "a.example\n", "a.example\x00", "é.example", "169.254.169.254", "224.0.0.1", "255.255.255.255", "0.0.0.0",
        "[::]", "[fe80::1]", "[ff02::1]", "[::ffff:169.254.169.254]", "1.2.3.4.5", None, 7, ["a.example"],
    ),
    *each("tech_headers",
        {"X-A": "b\r\nc"}, {"X-A": "b\x00"}, {"X A": "b"}, {"": "b"}, {"Via": "b"}, {"v": "b"}, {"Call-ID": "b"},
        {"content-type": "b"}, {"Identity": "b"}, {"X-A": "b" * 65_536}, {f"X-{n}": "b" for n in range(500)},
        {"X-A": 1}, {"X-A": None}, [], "X-A: b", {"X-é": "b"},
    ),
    *each("tech_prefix", *BAD_AFFIXES),
    *each("tech_postfix", *BAD_AFFIXES),
    *each("name", "x" * 256, "\x00", 5),
    ("detail", "x" * 4097),
    *each("codecs", ",", "PCMU,,PCMA", "PC MU", "PCMU\r\n", "é"),
    *each("type", "", "SIP", "pstn", None, 1),
    *each("metadata", [], "x", {"a": "x" * 17_000}),
    *each("transport", "UDP", "ws", ""),
    *each("failover",
        {"200": "next"}, {"700": "stop"}, {"404": "Stop"}, {"4_4": "stop"}, {"+404": "stop"}, {" 404": "stop"},
        {"٤٠٤": "stop"}, {"404": 1}, [], "stop",
    ),
    *each("max_channels", 0, -1, 1.5, "5", True, 1_000_001),
    *each("no_response_timeout_s", 0, 31, 3.0, "3"),
    ("enabled", 1), ("enabled", "true"),
    ("username", 'a"b'), ("password", "é"),
]  # fmt: skip

BAD_ROUTES: list[Row] = [
    *each("priority",
        "1", 1.0, 1.5, True, False, -1, 2**31, 10**26, "1_0", None, [], {}, "",
    ),
    *each("target",
        "٣٤", "²", "44", "+0", "+44\n", "", "+1234567890123456", "' OR 1=1--", "+", "ALL", "all ", " +44", "+٤٤",
        "++44", "+4 4", None, 44,
    ),
    *each("name", "x" * 256, "a\x00b", 1),
    *each("weight", 0, 65_536, 1.0, "1", True),
    *each("valid_from", "2022-10-22", "2022-13-01 00:00:00.000000", 0, "now"),
    ("enabled", "yes"),
]  # fmt: skip

BAD_IDS = (
    "{4dbeabd6-f397-4375-95d2-a38411e07ed1}", "urn:uuid:4dbeabd6-f397-4375-95d2-a38411e07ed1",
    "4dbeabd6f397437595d2a38411e07ed1", "4dbeabd6-f397-4375-95d2-a38411e07ed１", "4dbeabd-6f397-4375-95d2-a38411e07ed1",
    "4dbeabd6-f397-4375-95d2-a38411e07ed", "4dbeabd6-f397-4375-95d2-a38411e07ed1x", "Zebra7", "1", "%00", "..",
)  # fmt: skip

UNKNOWN_IDS = ("00000000-0000-0000-0000-000000000000", "4dbeabd6-f397-4375-95d2-a38411e07ed1")

BAD_QUERIES = (
    "page_size=-5", "page_size=1e3", "page_size=1_0",
    "page_size=1&page_size=1", "page_size=", "page_size=+5", "page_size=%205", "page_size=٣", "page_size=05",
    "page_size=1.0", "page_size=true", "page_token=Zebra7", "page_token=2022-10-22", "page_token=1",
    "page_token=2022-10-22T16:16:16.874761", "page_token=9999-99-99 00:00:00.000000", "custmer_id=" + SYSTEM_DEFAULT,
    "target=44", "target=%2B44%0A", "unknown=1", "Zebra7%0A=1", "page_size=5;page_token=1", "%ff=1", "page_size=%ff",
    "é=1",
)  # fmt: skip


def refused(answer: Any, status: int, reason: str) -> dict[str, Any]:
    """The error of a refusal, once its envelope is seen to be right and its input not in it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert MARK not in answer.text
    body = answer.json()
    assert list(body) == ["error"]
    error: dict[str, Any] = body["error"]
    assert set(error) - {"details"} == {"status", "reason", "message", "request_id"}
    assert error["reason"] == reason
    assert error["request_id"] == answer.headers["x-request-id"]
    assert error["message"]
    return error


def revision(caller: Caller) -> int:
    newest = caller.get("/v1.0/revisions?page_size=1").json()["result"]
    number: int = newest[0]["number"]
    return number


@pytest.fixture(scope="module")
def nothing_written(api: Api, provider_made_before: str) -> Iterator[None]:
    """Around the whole table: after all of it the newest revision is the one before."""
    before = revision(api.admin)
    yield
    assert revision(api.admin) == before


pytestmark = pytest.mark.usefixtures("nothing_written")


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_body_that_is_not_one_clear_json_object_is_refused(admin: Caller, name: str) -> None:
    answer = admin("POST", "/v1.0/providers", content=BAD_BODIES[name], headers=JSON)
    refused(answer, 400, "INVALID_JSON_BODY")


def test_a_hundred_thousand_nested_lists_are_refused_within_50_ms(admin: Caller) -> None:
    admin.get("/v1.0/me")
    fastest = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        answer = admin("POST", "/v1.0/providers", content=b"[" * 100_000, headers=JSON)
        fastest = min(fastest, time.perf_counter() - started)
        refused(answer, 400, "INVALID_JSON_BODY")
    assert fastest < 0.05


@pytest.mark.parametrize("name", BAD_TYPES)
def test_a_body_of_another_type_or_encoding_is_refused(admin: Caller, name: str) -> None:
    body = json.dumps({"type": "sip", "hostname": "a.example"}).encode()
    refused(admin("POST", "/v1.0/providers", content=body, headers=BAD_TYPES[name]), 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_over_one_mebibyte_is_refused(admin: Caller) -> None:
    body = b'{"name": "' + b"x" * 1_048_576 + b'"}'
    refused(admin("POST", "/v1.0/providers", content=body, headers=JSON), 413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(("field", "value"), BAD_PROVIDERS, ids=repr)
def test_a_provider_field_that_breaks_its_rule_is_named(admin: Caller, field: str, value: Any) -> None:
    answer = admin.post("/v1.0/providers", {"type": "sip", "hostname": "a.example", field: value})
    error = refused(answer, 400, "INVALID_ARGUMENT")
    assert [detail["field"] for detail in error["details"]] == [field]


@pytest.mark.parametrize(("field", "value"), BAD_ROUTES, ids=repr)
def test_a_route_field_that_breaks_its_rule_is_named(admin: Caller, field: str, value: Any) -> None:
    given = {"customer_id": SYSTEM_DEFAULT, "provider_id": UNKNOWN_IDS[1], "priority": 1, "target": "+82"}
    error = refused(admin.post("/v1.0/routes", {**given, field: value}), 400, "INVALID_ARGUMENT")
    assert [detail["field"] for detail in error["details"]] == [field]


@pytest.mark.parametrize(
    "field", ["id", "tm_create", "tm_update", "tm_delete", "health_status", "health_checked_at", "Zebra-7", "__proto__"]
)
def test_a_read_only_or_unknown_field_is_named(admin: Caller, field: str) -> None:
    answer = admin.post("/v1.0/providers", {"type": "sip", "hostname": "a.example", field: "x"})
    error = refused(answer, 400, "INVALID_ARGUMENT")
    assert [detail["field"] for detail in error["details"]] == [field]
    assert error["details"][0]["code"] in ("read_only", "unknown_field")


def test_an_unreadable_field_name_is_not_echoed(admin: Caller) -> None:
    error = refused(admin.post("/v1.0/providers", {"Zebra7\r\n": 1}), 400, "INVALID_ARGUMENT")
    assert "(unreadable name)" in [detail["field"] for detail in error["details"]]


@pytest.mark.parametrize("value", [b'{"a": "\\ud800"}', b'{"\\udfff": 1}', b'{"a": [{"b": "x\\udc00"}]}'])
def test_a_lone_surrogate_within_an_object_is_refused(admin: Caller, value: bytes) -> None:
    provider = b'{"type": "sip", "hostname": "a.example", "metadata": ' + value + b"}"
    error = refused(admin("POST", "/v1.0/providers", content=provider, headers=JSON), 400, "INVALID_ARGUMENT")
    assert [detail["field"] for detail in error["details"]] == ["metadata"]
    agent = b'{"username": "a", "password": "long enough", "permission": 64, "addresses": [' + value + b"]}"
    error = refused(admin("POST", "/v1.0/agents", content=agent, headers=JSON), 400, "INVALID_ARGUMENT")
    assert [detail["field"] for detail in error["details"]] == ["addresses"]


@pytest.mark.parametrize(
    "body",
    [b'{"name": "\\ud800"}', b'{"name": "\\udfff\\ud800"}', b'{"name": "a\\u0000b"}'],
    ids=["high", "both", "NUL"],
)
def test_text_that_no_database_holds_is_refused(admin: Caller, body: bytes) -> None:
    error = refused(admin("POST", "/v1.0/customers", content=body, headers=JSON), 400, "INVALID_ARGUMENT")
    assert error["details"][0]["field"] == "name"


@pytest.mark.parametrize("id_", BAD_IDS)
def test_an_id_in_another_form_is_refused(admin: Caller, id_: str) -> None:
    for path in ("routes", "providers", "customers", "trunks", "accesskeys", "agents", "calls"):
        answer = admin.get(f"/v1.0/{path}/{id_}")
        if id_ == "..":
            refused(answer, 404, "ENDPOINT_NOT_FOUND")
        else:
            refused(answer, 400, "INVALID_ID")


@pytest.mark.parametrize("id_", [*BAD_IDS[:8], "", None, 7], ids=repr)
def test_an_id_in_another_form_is_refused_in_a_body(admin: Caller, id_: Any) -> None:
    given = {"customer_id": SYSTEM_DEFAULT, "provider_id": id_, "priority": 1, "target": "+82"}
    error = refused(
        admin.post("/v1.0/routes", given), 400, "INVALID_ID" if isinstance(id_, str) else "INVALID_ARGUMENT"
    )
    assert [detail["field"] for detail in error["details"]] == ["provider_id"]


@pytest.mark.parametrize("id_", UNKNOWN_IDS)
def test_an_unknown_id_is_not_found(admin: Caller, id_: str) -> None:
    for path in ("routes", "providers", "customers", "trunks", "accesskeys", "agents", "calls"):
        refused(admin.get(f"/v1.0/{path}/{id_}"), 404, path[:-1].upper() + "_NOT_FOUND")
        if path != "calls":
            refused(admin.delete(f"/v1.0/{path}/{id_}"), 404, path[:-1].upper() + "_NOT_FOUND")
            refused(admin.put(f"/v1.0/{path}/{id_}", {"name": "x"}), 404, path[:-1].upper() + "_NOT_FOUND")


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_query_that_breaks_a_rule_is_refused(admin: Caller, query: str) -> None:
    refused(admin.get(f"/v1.0/routes?{query}"), 400, "INVALID_REQUEST_PARAMETER")


def test_a_query_id_in_another_form_is_refused(admin: Caller) -> None:
    refused(admin.get("/v1.0/routes?customer_id=Zebra7"), 400, "INVALID_ID")


@pytest.mark.parametrize("given", ["force=yes", "force=True", "force=1", "force=", "force=true&force=true"])
def test_a_flag_is_true_or_false(admin: Caller, given: str) -> None:
    refused(admin.delete(f"/v1.0/providers/{UNKNOWN_IDS[1]}?{given}"), 400, "INVALID_REQUEST_PARAMETER")


@pytest.mark.parametrize("path", ["/v1.0", "/v1.0/route", "/v1.0/route/", "/v2.0/routes", "/v1.0/routes/a/b"])
def test_an_unknown_path_is_not_found_for_anybody(admin: Caller, api: Api, path: str) -> None:
    refused(admin.get(path), 404, "ENDPOINT_NOT_FOUND")
    refused(api.nobody.get(path), 404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("TRACE", "/v1.0/routes", "GET, HEAD, POST"),
        ("PATCH", f"/v1.0/routes/{UNKNOWN_IDS[1]}", "DELETE, GET, HEAD, PUT"),
        ("PUT", "/v1.0/routes", "GET, HEAD, POST"),
        ("OPTIONS", "/v1.0/customer", "GET, HEAD, PUT"),
        ("GET", "/auth/login", "POST"),
        ("DELETE", "/healthz", "GET, HEAD"),
        ("BREW", "/v1.0/calls", "GET, HEAD"),
    ],
)
def test_another_method_is_refused_with_those_there_are(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.nobody(method, path)
    if method == "BREW":
        refused(answer, 400, "INVALID_HTTP_REQUEST")
    else:
        refused(answer, 405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("tag", ["1", 'W/"1"', '"x"', '""', '"1', "*, *", '"1", "2"', '"9999999999999999999"'])
def test_an_if_match_that_is_no_version_of_ours_changes_nothing(
    admin: Caller, provider_made_before: str, tag: str
) -> None:
    answer = admin.put(f"/v1.0/providers/{provider_made_before}", {"name": "x"}, headers={"If-Match": tag})
    reason = "INVALID_REQUEST_HEADER" if "," in tag else "VERSION_MISMATCH"
    refused(answer, 400 if "," in tag else 412, reason)


@pytest.fixture(scope="session")
def provider_made_before(api: Api) -> str:
    made: str = api.admin.made("providers", type="sip", hostname="a.example")["id"]
    return made


def test_a_number_at_the_ends_of_its_range_is_one_to_the_database_too(api: Api) -> None:
    """PostgreSQL's integers end where SQLite's do not."""
    paths = api.admin.get("/openapi.json").json()["paths"]
    asked = 0
    for path, operations in paths.items():
        for parameter in operations.get("get", {}).get("parameters", []):
            rule = parameter["schema"]
            if rule.get("type") == "integer" and parameter["name"] not in ("wait", "for_s"):
                for number in (rule["minimum"], rule.get("maximum", 10**18)):
                    params = {parameter["name"]: str(number)} if parameter["in"] == "query" else {}
                    place = path.replace("{number}", "1" if params else str(number)).replace("{id}", SYSTEM_DEFAULT)
                    answer = api.admin.get(place, params=params)
                    assert answer.status_code < 500, (place, params, answer.text)
                    asked += 1
    assert asked >= 10
    for key in SORTS.keys() - {"target", "tm_create"}:
        page = {"sort": key, "page_token": token(After(NEVER, 1), Order(key))}
        answer = api.admin.get("/v1.0/routes", params=page)
        assert answer.status_code < 500, (page, answer.text)
