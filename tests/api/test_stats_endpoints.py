"""Statistics over HTTP: the same records by four keys, over the window that is asked for."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from dialplane.domain.instants import format_instant
from dialplane.domain.permission import CUSTOMER_MANAGER
from dialplane.domain.statistics import bucket_of, middle_of
from tests.api.serving import Api, Caller

FIGURES = [
    "skipped", "answered", "asr", "ner", "acd_ms", "pdd_p50_ms", "pdd_p95_ms", "failover_rate", "late_answers",
    "channels", "saved", "unreached",
]  # fmt: skip
GROUPINGS = ("providers", "routes", "targets", "statuses", "customers", "trunks", "edges")
SECOND, MINUTE = 1_000_000, 60_000_000


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
        self.trunk = api.admin.made("trunks", customer_id=self.customer)["id"]
        self._call = str(uuid.uuid4())
        self._caller = api.admin

    def report(self, *, ended: bool = True) -> None:
        events = [
            self._event("call_started", 0, customer_id=self.customer, number=f"{self.target}1", trunk_id=self.trunk),
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
    assert [(one["until_ms"], one["attempts"]) for one in answered.pop("pdd") if one["attempts"]] == [(3_000, 1)]
    assert not any(one["attempts"] for one in refused.pop("pdd"))
    assert list(refused) == ["provider_id", "attempts", *FIGURES]
    assert refused | {"provider_id": ""} == {
        "provider_id": "", "attempts": 1, "skipped": 0, "answered": 0, "asr": 0.0, "ner": 0.0, "acd_ms": None,
        "pdd_p50_ms": None, "pdd_p95_ms": None, "failover_rate": 1.0, "late_answers": 0, "channels": 0, "saved": 0,
        "unreached": 1,
    }  # fmt: skip
    assert answered | {"provider_id": ""} == {
        "provider_id": "", "attempts": 1, "skipped": 0, "answered": 1, "asr": 1.0, "ner": 1.0, "acd_ms": 30_000,
        "pdd_p50_ms": middle_of(bucket_of(2_000)), "pdd_p95_ms": middle_of(bucket_of(2_000)), "failover_rate": 0.0,
        "late_answers": 0, "channels": 0, "saved": 1, "unreached": 0,
    }  # fmt: skip


def test_names_are_added_of_what_is_deleted_too(api: Api, reported: Reported) -> None:
    for id_ in reported.routes:
        api.admin.delete(f"/v1.0/routes/{id_}")
    provider = reported.providers[0]
    stored = api.admin.get(f"/v1.0/providers/{provider}").json()
    assert api.admin.delete(f"/v1.0/providers/{provider}").status_code == 200

    answer = api.admin.get(f"/v1.0/stats/providers?customer_id={reported.customer}&expand=provider").json()

    assert answer["names"][provider] == (stored["name"] or stored["hostname"])
    assert "names" not in api.admin.get("/v1.0/stats/providers").json()
    of_customer = f"customer_id={reported.customer}&expand=customer,provider"
    customers = api.admin.get(f"/v1.0/stats/customers?{of_customer}").json()
    assert customers["names"] == {reported.customer: "Stats"}


def test_a_customers_figures_count_calls(api: Api, reported: Reported) -> None:
    (found,) = result_of(api.admin, "customers", customer_id=reported.customer)
    assert list(found) == ["customer_id", "calls", *FIGURES, "refused"]
    assert (found["calls"], found["asr"], found["failover_rate"], found["saved"]) == (1, 1.0, 1.0, 1)
    assert found["pdd_p50_ms"] == middle_of(bucket_of(4_000))


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


def test_one_edge_is_narrowed_to_among_edges_alone(api: Api, reported: Reported) -> None:
    of_customer = {"customer_id": reported.customer}
    assert [one["calls"] for one in result_of(api.admin, "edges", edge="edge-1", **of_customer)] == [1]
    assert result_of(api.admin, "edges", edge="edge-2", **of_customer) == []
    answer = api.admin.get("/v1.0/stats/trunks?edge=edge-1")
    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, "edge")


@pytest.mark.parametrize("by", GROUPINGS)
def test_what_is_outside_the_minutes_of_the_window_does_not_count(api: Api, reported: Reported, by: str) -> None:
    def counted(begin_min: int, end_min: int) -> int:
        first = reported.began - reported.began % MINUTE
        instants = [format_instant(first + minutes * MINUTE) for minutes in (begin_min, end_min)]
        window = dict(zip(("from", "to"), instants, strict=True))
        return len(result_of(api.admin, by, customer_id=reported.customer, **window))

    assert counted(0, 2) > 0
    assert counted(-10, 0) == 0
    assert counted(2, 10) == 0


def test_the_window_is_the_last_hour_unless_another_is_asked_for(api: Api) -> None:
    begin, end = (api.admin.get("/v1.0/stats/providers").json()[name] for name in ("from", "to"))
    now = now_us()
    assert format_instant(now - 3_720 * SECOND) < begin < format_instant(now - 3_590 * SECOND)
    assert format_instant(now - 10 * SECOND) < end < format_instant(now + MINUTE)
    until = api.admin.get("/v1.0/stats/providers", params={"to": "2022-10-23 16:16:00.000000"}).json()
    assert until == {"from": "2022-10-23 15:16:00.000000", "to": "2022-10-23 16:16:00.000000", "result": []} or all(
        one["attempts"] == 0 for one in until["result"]
    )


DAY_S = 86_400
AT = 16 * 3_600 + 16 * 60 + 16


@pytest.mark.parametrize(
    ("asked", "counted"),
    [
        ((AT, AT + DAY_S, None), (AT - 16, AT + DAY_S + 44)),
        ((AT, AT + DAY_S + 1, None), (AT - 16 * 61, AT + DAY_S + 3_600 - 16 * 61)),
        ((AT, AT + 1_200, 600), (AT - 376, AT + 1_424)),
        ((AT, AT + DAY_S, DAY_S), (0, 2 * DAY_S)),
        ((AT - 20 * DAY_S, AT - 20 * DAY_S + 60, None), (AT - 16 * 61 - 20 * DAY_S, AT - 16 * 61 + 3_600 - 20 * DAY_S)),
        ((AT - 200 * DAY_S, AT - 200 * DAY_S + 60, None), (-200 * DAY_S, -199 * DAY_S)),
    ],
)
def test_a_window_is_widened_to_whole_minutes_hours_or_steps_that_are_kept(
    api: Api, asked: tuple[int, int, int | None], counted: tuple[int, int]
) -> None:
    now = now_us()
    midnight = now - now % (DAY_S * SECOND) - 3 * DAY_S * SECOND
    since, until, step = asked
    params = {name: format_instant(midnight + at * SECOND) for name, at in (("from", since), ("to", until))}
    for path in ("providers", "overview"):
        answer = api.admin.get(f"/v1.0/stats/{path}", params=params | ({"step": str(step)} if step else {})).json()
        assert [answer["from"], answer["to"]] == [format_instant(midnight + at * SECOND) for at in counted]
        assert answer.get("step") == step


@pytest.mark.parametrize(
    ("days", "step", "is_kept"), [(7, 60, True), (9, 60, False), (9, 3_600, True), (101, 3_600, False)]
)
def test_steps_are_of_sums_that_are_kept(api: Api, days: int, step: int, is_kept: bool) -> None:
    since = now_us() - days * DAY_S * SECOND
    window = {"from": format_instant(since), "to": format_instant(since + 3_600 * SECOND), "step": str(step)}
    answer = api.admin.get("/v1.0/stats/overview", params=window)
    assert answer.status_code == (200 if is_kept else 400)
    if not is_kept:
        assert answer.json()["error"]["details"][0]["code"] == "not_kept"


def test_the_figures_of_each_step_are_arrays(api: Api, reported: Reported) -> None:
    first = reported.began - reported.began % MINUTE
    window = {"from": format_instant(first - 10 * MINUTE), "to": format_instant(first + 5 * MINUTE), "step": "300"}
    (found,) = result_of(api.admin, "customers", customer_id=reported.customer, **window)
    steps = found["steps"]
    assert {len(values) for values in steps.values()} == {
        (first + 5 * MINUTE - 1) // (5 * MINUTE) - (first - 10 * MINUTE) // (5 * MINUTE) + 1
    }
    assert (sum(steps["calls"]), sum(steps["saved"])) == (found["calls"], found["saved"]) == (1, 1)
    at = steps["calls"].index(1)
    assert (steps["asr"][at], steps["pdd_p95_ms"][at]) == (1.0, found["pdd_p95_ms"])
    assert steps["asr"][at - 1] is None
    assert set(steps) == {
        *("calls", "answered", "asr", "ner", "acd_ms", "pdd_p50_ms", "pdd_p95_ms", "failover_rate", "saved", "refused"),
        "calls_per_min",
    }
    assert steps["calls_per_min"][at] >= 0.2
    for one in result_of(api.admin, "providers", customer_id=reported.customer, **window):
        assert sum(one["steps"]["attempts"]) == one["attempts"] == 1


def test_a_providers_steps_have_the_channels_in_use_until_now(api: Api, reported: Reported) -> None:
    answered = reported.providers[1]
    this = reported.began - reported.began % MINUTE + MINUTE
    window = {"from": format_instant(this - MINUTE), "to": format_instant(this + MINUTE), "step": "60"}
    before = now_us()
    (found,) = result_of(api.admin, "providers", provider_id=answered, **window)
    after = now_us()
    taken, freed = reported.began + 2 * SECOND, reported.began + 35 * SECOND
    held, held_in_this = max(0, min(freed, this) - taken), max(0, freed - max(taken, this))
    last, now = found["steps"]["in_use"]
    assert last == pytest.approx(held / MINUTE, abs=0.01)
    least, most = (held_in_this / min(MINUTE, at - this) for at in (after, before))
    assert least - 0.01 <= now <= most + 0.01
    assert found["steps"]["most_in_use"] == found["steps"]["in_use"]
    ahead = {"from": format_instant(now_us()), "to": format_instant(now_us() + 5 * MINUTE), "step": "60"}
    making = Reported(api, lambda: {"id": answered}, began=now_us() - SECOND)
    making.report(ended=False)
    (found,) = result_of(api.admin, "providers", provider_id=answered, **ahead)
    assert found["steps"]["in_use"][-2:] == [None, None]


def test_an_edges_steps_have_attempts_refused_calls_and_those_that_it_was_too_busy_for(api: Api) -> None:
    began, edge = now_us() - 120 * SECOND, f"edge-{uuid.uuid4()}"

    def told(at: int, shed: int) -> dict[str, Any]:
        event = {"v": 1, "id": str(uuid.uuid4()), "kind": "edge_status", "edge": edge, "at": at, "mono": 1}
        return {**event, "kamailio_started": 1, "calls_shed": shed}

    batch = {"edge": edge, "events": [told(began, 100), told(began + SECOND, 112)]}
    assert api.admin.post("/v1.0/events", batch).json() == {"accepted": 2}
    (found,) = result_of(api.admin, "edges", edge=edge, step="60")
    assert (found["calls"], found["attempts"], found["shed"]) == (0, 0, 12)
    assert (sum(found["steps"]["shed"]), max(found["steps"]["shed_per_min"])) == (12, 12)
    assert set(found["steps"]["attempts_per_min"] + found["steps"]["refused_per_min"]) == {0}
    (whole,) = result_of(api.admin, "edges", edge="edge-1", step="60")
    assert whole["attempts"] == sum(whole["steps"]["attempts"])


def test_the_overview_is_of_all_calls_and_of_all_attempts(api: Api, reported: Reported) -> None:
    answer = api.admin.get("/v1.0/stats/overview", params={"customer_id": reported.customer, "step": "60"}).json()
    calls, attempts = answer["calls"], answer["attempts"]
    assert (calls["calls"], calls["answered"], calls["saved"], calls["refused"], calls["channels"]) == (1, 1, 1, 0, 0)
    assert (attempts["attempts"], attempts["answered"], attempts["asr"]) == (2, 1, 0.5)
    assert sum(calls["steps"]["calls"]) == 1
    assert len(attempts["steps"]["attempts"]) == len(calls["steps"]["calls"]) in (60, 61)


def test_the_overview_shows_as_much_of_the_time_before_as_has_passed_of_the_window(
    api: Api, make_provider: Callable[..., dict[str, Any]]
) -> None:
    minute = now_us() // MINUTE * MINUTE - 2 * MINUTE
    reported = Reported(api, make_provider, began=minute + 10 * SECOND)  # all of it in one minute
    reported.report()
    of_customer = {"customer_id": reported.customer, "step": "60", "show": "before"}
    after = {"from": format_instant(minute + MINUTE), "to": format_instant(now_us() + 30 * MINUTE)}
    answer = api.admin.get("/v1.0/stats/overview", params={**of_customer, **after}).json()
    passed = -(-(now_us() - minute - MINUTE) // MINUTE) * MINUTE
    assert answer["calls"]["calls"] == 0
    then = answer["before"]
    assert then["to"] == answer["from"] == format_instant(minute + MINUTE)
    assert then["from"] in (format_instant(minute + MINUTE - passed), format_instant(minute + 2 * MINUTE - passed))
    assert (then["calls"]["calls"], then["attempts"]["attempts"]) == (1, 2)
    assert "steps" not in then["calls"]
    half_a_day = 43_200 * SECOND
    old = {"from": format_instant(now_us() - 15 * half_a_day), "to": format_instant(now_us() - 12 * half_a_day)}
    assert api.admin.get("/v1.0/stats/overview", params={**of_customer, **old, "step": "300"}).json()["before"] is None
    assert "before" not in api.admin.get("/v1.0/stats/overview").json()


def test_attempts_are_counted_by_their_final_sip_status(api: Api, reported: Reported) -> None:
    found = {one["sip_status"]: one for one in result_of(api.admin, "statuses", customer_id=reported.customer)}
    assert {status: one["attempts"] for status, one in found.items()} == {"200": 1, "503": 1}


@pytest.mark.parametrize("step", ["0", "59", "61", "3000000", "a"])
def test_a_step_that_is_none_is_refused(api: Api, step: str) -> None:
    for path in (*GROUPINGS, "overview"):
        answer = api.admin.get(f"/v1.0/stats/{path}", params={"step": step})
        assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, "step")


def test_steps_are_so_few_that_the_answer_stays_small(api: Api) -> None:
    midnight = now_us() - now_us() % (DAY_S * SECOND)
    day = {"from": format_instant(midnight - DAY_S * SECOND), "to": format_instant(midnight), "step": "60"}
    refused = api.admin.get("/v1.0/stats/providers", params=day).json()["error"]["details"][0]
    assert (refused["field"], refused["code"]) == ("step", "too_small")
    assert api.admin.get("/v1.0/stats/providers", params={**day, "page_size": "20"}).status_code == 200
    assert api.admin.get("/v1.0/stats/overview", params=day).status_code == 200
    years = {**day, "from": format_instant(midnight - 1_000 * DAY_S * SECOND)}
    assert api.admin.get("/v1.0/stats/overview", params={**years, "step": "86400"}).status_code == 200
    assert api.admin.get("/v1.0/stats/overview", params={**years, "step": "43200"}).status_code == 400


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


def test_those_come_first_of_which_most_reached_nobody(api: Api, reported: Reported) -> None:
    own = {"customer_id": reported.customer, "sort": "unreached"}
    refused, answered = reported.routes
    assert [(one["route_id"], one["unreached"]) for one in result_of(api.admin, "routes", **own)] == [
        (refused, 1),
        (answered, 0),
    ]
    assert [one["unreached"] for one in result_of(api.admin, "targets", **own)] == [1]
    assert [one["unreached"] for one in result_of(api.admin, "customers", **own)] == [0]  # its one call was answered
