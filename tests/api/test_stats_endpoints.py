"""Statistics over HTTP: the same records by four keys, over the window that is asked for."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from dialplane.domain.instants import format_instant
from dialplane.domain.permission import CUSTOMER_MANAGER
from tests.api.serving import Api, Caller

FIGURES = [
    "skipped", "answered", "asr", "ner", "acd_ms", "pdd_p50_ms", "pdd_p95_ms", "failover_rate", "late_answers",
    "channels",
]  # fmt: skip
GROUPINGS = ("providers", "routes", "targets", "customers")
SECOND = 1_000_000


def now_us() -> int:
    return time.time_ns() // 1_000


class Reported:
    """A call of an own customer that two own providers refused and answered, as an edge reports it."""

    def __init__(self, api: Api, make_provider: Callable[..., dict[str, Any]], *, began: int) -> None:
        self.began = began
        self.customer = api.admin.made("customers", name="Stats")["id"]
        self.providers = [make_provider()["id"] for _ in range(2)]
        self.target = f"+99{uuid.uuid4().int % 10**9:09d}"
        self.routes = [
            api.admin.made("routes", customer_id=self.customer, provider_id=one, priority=n, target=self.target)["id"]
            for n, one in enumerate(self.providers)
        ]
        self._call = str(uuid.uuid4())
        self._caller = api.admin

    def report(self, *, ended: bool = True) -> None:
        events = [
            self._event("call_started", 0, customer_id=self.customer, number=f"{self.target}1"),
            self._event("attempt_sent", 1, n=1, provider_id=self.providers[0], route_id=self.routes[0], why=[]),
            self._event("attempt_ended", 2, n=1, status=503, verdict="carrier_error", action="next"),
            self._event("attempt_sent", 2, n=2, provider_id=self.providers[1], route_id=self.routes[1], why=[]),
            self._event("attempt_ringing", 4, n=2, status=180),
            self._event("attempt_answered", 5, n=2, status=200),
            *([self._event("call_ended", 35, status=200, hangup_by="caller")] if ended else []),
        ]
        answer = self._caller.post("/v1.0/events", {"edge": "edge-1", "events": events})
        assert answer.json() == {"accepted": len(events)}

    def _event(self, kind: str, at_s: int, **fields: Any) -> dict[str, Any]:
        at = self.began + at_s * SECOND
        common = {"v": 1, "id": str(uuid.uuid4()), "kind": kind, "edge": "edge-1", "at": at, "mono": at_s * 10**9 + 1}
        return {**common, "call": self._call, **fields}


@pytest.fixture
def reported(api: Api, make_provider: Callable[..., dict[str, Any]]) -> Reported:
    made = Reported(api, make_provider, began=now_us() - 60 * SECOND)
    made.report()
    return made


def result_of(caller: Caller, by: str, **params: str) -> list[dict[str, Any]]:
    answer = caller.get(f"/v1.0/stats/{by}", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["result"]
    return found


def test_a_providers_figures_count_attempts(api: Api, reported: Reported) -> None:
    found = {one["provider_id"]: one for one in result_of(api.admin, "providers", customer_id=reported.customer)}
    assert set(found) == set(reported.providers)
    refused, answered = (found[one] for one in reported.providers)
    assert list(refused) == ["provider_id", "attempts", *FIGURES]
    assert refused | {"provider_id": ""} == {
        "provider_id": "", "attempts": 1, "skipped": 0, "answered": 0, "asr": 0.0, "ner": 0.0, "acd_ms": None,
        "pdd_p50_ms": None, "pdd_p95_ms": None, "failover_rate": 1.0, "late_answers": 0, "channels": 0,
    }  # fmt: skip
    assert answered | {"provider_id": ""} == {
        "provider_id": "", "attempts": 1, "skipped": 0, "answered": 1, "asr": 1.0, "ner": 1.0, "acd_ms": 30_000,
        "pdd_p50_ms": 2_000, "pdd_p95_ms": 2_000, "failover_rate": 0.0, "late_answers": 0, "channels": 0,
    }  # fmt: skip


def test_a_customers_figures_count_calls(api: Api, reported: Reported) -> None:
    (found,) = result_of(api.admin, "customers", customer_id=reported.customer)
    assert list(found) == ["customer_id", "calls", *FIGURES]
    assert (found["calls"], found["asr"], found["failover_rate"], found["pdd_p50_ms"]) == (1, 1.0, 1.0, 4_000)


def test_routes_and_targets_have_their_own_figures(api: Api, reported: Reported) -> None:
    routes = result_of(api.admin, "routes", customer_id=reported.customer)
    assert {one["route_id"]: one["asr"] for one in routes} == dict(zip(reported.routes, (0.0, 1.0), strict=True))
    (target,) = result_of(api.admin, "targets", customer_id=reported.customer)
    assert (target["target"], target["attempts"], target["asr"]) == (reported.target, 2, 0.5)


def test_a_provider_as_a_filter_narrows_every_grouping(api: Api, reported: Reported) -> None:
    first = reported.providers[0]
    assert [one["provider_id"] for one in result_of(api.admin, "providers", provider_id=first)] == [first]
    assert [one["route_id"] for one in result_of(api.admin, "routes", provider_id=first)] == [reported.routes[0]]
    assert [one["attempts"] for one in result_of(api.admin, "targets", provider_id=first)] == [1]
    assert [one["calls"] for one in result_of(api.admin, "customers", provider_id=first)] == [1]


@pytest.mark.parametrize("by", GROUPINGS)
def test_what_is_outside_the_window_does_not_count(api: Api, reported: Reported, by: str) -> None:
    def counted(begin_s: int, end_s: int) -> int:
        instants = [format_instant(reported.began + seconds * SECOND) for seconds in (begin_s, end_s)]
        window = dict(zip(("from", "to"), instants, strict=True))
        return len(result_of(api.admin, by, customer_id=reported.customer, **window))

    assert counted(0, 3) > 0
    assert counted(-10, 0) == 0
    assert counted(3, 10) == 0


def test_the_window_is_the_last_hour_unless_another_is_asked_for(api: Api) -> None:
    begin, end = (api.admin.get("/v1.0/stats/providers").json()[name] for name in ("from", "to"))
    assert end > begin
    now = now_us()
    assert format_instant(now - 3_660 * SECOND) < begin < format_instant(now - 3_590 * SECOND)
    asked = {"from": "2022-10-22 16:16:16.874761", "to": "2022-10-23 16:16:16.874761"}
    answer = api.admin.get("/v1.0/stats/providers", params=asked).json()
    assert answer == {**asked, "result": []} or all(one["attempts"] == 0 for one in answer["result"])
    until = api.admin.get("/v1.0/stats/providers", params={"to": asked["to"]}).json()
    assert until["from"] == "2022-10-23 15:16:16.874761"


@pytest.mark.parametrize(
    "window",
    [
        {"from": "2022-10-22 16:16:16.874761", "to": "2022-10-22 16:16:16.874761"},
        {"from": "2022-10-23 16:16:16.874761", "to": "2022-10-22 16:16:16.874761"},
        {"from": "2022-10-22 16:16:16.874761", "to": "2022-11-22 16:16:16.874762"},
        {"from": "9999-01-01 00:00:00.000000"},
        {"from": "yesterday"},
        {"from_": "2022-10-22 16:16:16.874761"},
    ],
)
def test_a_window_that_is_none_is_refused(api: Api, window: dict[str, str]) -> None:
    for by in GROUPINGS:
        answer = api.admin.get(f"/v1.0/stats/{by}", params=window)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "INVALID_REQUEST_PARAMETER")
        assert answer.json()["error"]["details"][0]["field"] in ("from", "from_")


def test_channels_are_in_use_until_the_call_ends(api: Api, make_provider: Callable[..., dict[str, Any]]) -> None:
    going_on = Reported(api, make_provider, began=now_us() - 7_200 * SECOND)
    going_on.report(ended=False)
    for by, key in (("providers", going_on.providers[1]), ("customers", going_on.customer)):
        (found,) = result_of(api.admin, by, customer_id=going_on.customer)
        assert key in found.values()
        assert (found["channels"], found["asr"]) == (1, None)
    going_on.report()
    assert result_of(api.admin, "providers", customer_id=going_on.customer) == []


def test_a_customer_sees_its_own_calls_only(api: Api, reported: Reported, customer: dict[str, Any]) -> None:
    own, foreign = (api.caller_with(CUSTOMER_MANAGER, one) for one in (reported.customer, customer["id"]))
    window = {"from": format_instant(reported.began), "to": format_instant(reported.began + 60 * SECOND)}
    for by in GROUPINGS:
        assert result_of(own, by, **window) == result_of(api.admin, by, **window, customer_id=reported.customer)
        assert result_of(foreign, by, **window) == []
        absent = foreign.get(f"/v1.0/stats/{by}", params={**window, "customer_id": str(uuid.uuid4())})
        not_own = foreign.get(f"/v1.0/stats/{by}", params={**window, "customer_id": reported.customer})
        assert absent.content == not_own.content


def test_only_so_many_are_told_of(api: Api, reported: Reported) -> None:
    assert len(result_of(api.admin, "routes", customer_id=reported.customer, page_size="1")) == 1
