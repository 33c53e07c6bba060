"""Which targets would try a provider first, over HTTP; how it is decided: tests/control."""

from typing import Any

import pytest

from tests.api.serving import SYSTEM_DEFAULT, Api

TARGETS = ("+44", "+4420", "+82", "all")


@pytest.fixture(scope="module")
def table(api: Api) -> dict[str, Any]:
    """A customer whose calls to TARGETS go to the first of two providers, and then to the second."""
    admin = api.admin
    customer = admin.made("customers", name="Reversed")["id"]
    first, second = (
        admin.made("providers", type="sip", name=name, hostname=f"{name}.example")["id"] for name in ("first", "second")
    )
    for target in TARGETS:
        for priority, provider in enumerate((first, second), 1):
            route = {"customer_id": customer, "provider_id": provider, "priority": priority, "target": target}
            admin.made("routes", **route)
    return {"admin": admin, "first": first, "then": second, "query": {"customer_id": customer}}


def answer(table: dict[str, Any], provider: str = "first", **more: str) -> Any:
    path = f"/v1.0/providers/{table.get(provider, provider)}/targets"
    return table["admin"].get(path, params={**table["query"], **more}).json()


def test_a_page_at_a_time_in_the_order_of_their_text(table: dict[str, Any]) -> None:
    found, sizes, token = list[str](), list[int](), ""
    while True:
        page = answer(table, page_size="3", page_token=token, expand="provider")
        found += [one["target"] for one in page["result"]]
        sizes.append(page["examined"])
        assert all(one["then_provider_id"] == table["then"] for one in page["result"])
        assert page["names"] == {table["then"]: "second"}
        if not (token := page["next_page_token"]):
            break
    assert (found, sizes) == (list(TARGETS), [3, 1])


def test_each_says_by_which_route_and_how_many_are_tried(table: dict[str, Any]) -> None:
    one = answer(table)["result"][1]
    route = table["admin"].get(f"/v1.0/routes/{one['route_id']}").json()
    assert (route["target"], route["provider_id"]) == ("+4420", table["first"])
    assert (one["share"], one["own"], one["attempts"]) == (1.0, True, 2)


def test_what_if_another_were_first(table: dict[str, Any]) -> None:
    assert answer(table, removed=table["first"])["result"] == []
    assert answer(table, "then")["result"] == []
    assert len(answer(table, "then", removed=table["first"])["result"]) == len(TARGETS)


@pytest.mark.parametrize(
    ("provider", "more", "expected"),
    [
        (SYSTEM_DEFAULT, {}, "PROVIDER_NOT_FOUND"),
        ("x", {}, "INVALID_ID"),
        ("first", {"customer_id": "4dbeabd6-f397-4375-95d2-a38411e07ed1"}, "CUSTOMER_NOT_FOUND"),
        ("first", {"page_token": "+0"}, "INVALID_REQUEST_PARAMETER"),
        ("first", {"rn": "+13125550000"}, "INVALID_REQUEST_PARAMETER"),
    ],
    ids=str,
)
def test_what_there_is_not_is_refused(
    table: dict[str, Any], provider: str, more: dict[str, str], expected: str
) -> None:
    assert answer(table, provider, **more)["error"]["reason"] == expected
