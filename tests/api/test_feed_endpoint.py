"""The feed over a real socket: what changed, when it changed, and nothing when nothing did."""

import json
import threading
import time
from typing import Any

from tests.api.serving import Api


def lines(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    found = [json.loads(line) for line in answer.text.splitlines()]
    head, end = found[0], found[-1]
    assert set(head) == {"epoch", "revision", "full"}
    assert end == {"end": head["revision"], "count": len(found) - 2}
    return found


def test_a_first_load_is_full_and_holds_every_live_object(api: Api) -> None:
    provider = api.admin.made("providers", type="sip", hostname="a.example")
    gone = api.admin.made("providers", type="sip", hostname="b.example")
    api.admin.delete(f"/v1.0/providers/{gone['id']}")
    head, *records, _ = lines(api.admin.get("/v1.0/feed"))
    assert head["full"] is True
    ids = [item["record"]["id"] for item in records]
    assert provider["id"] in ids
    assert gone["id"] not in ids


def test_only_what_changed_since_is_sent_and_deletions_too(api: Api) -> None:
    gone = api.admin.made("providers", type="sip", hostname="b.example")
    head, *_ = lines(api.admin.get("/v1.0/feed"))
    api.admin.delete(f"/v1.0/providers/{gone['id']}")
    made = api.admin.made("customers", name="new")
    known = {"since": str(head["revision"]), "epoch": head["epoch"]}
    changed, *records, _ = lines(api.admin.get("/v1.0/feed", params=known))
    assert changed["full"] is False
    assert [(item["kind"], item["record"]["id"]) for item in records] == [
        ("customer", made["id"]),
        ("provider", gone["id"]),
    ]
    assert records[1]["record"]["tm_delete"] < 253_370_764_800_000_000


def test_a_revision_of_another_epoch_starts_from_nothing(api: Api) -> None:
    head, *_ = lines(api.admin.get("/v1.0/feed"))
    other = {"since": str(head["revision"]), "epoch": "4dbeabd6-f397-4375-95d2-a38411e07ed1"}
    assert lines(api.admin.get("/v1.0/feed", params=other))[0]["full"] is True
    ahead = {"since": str(head["revision"] + 1000), "epoch": head["epoch"], "wait": "5"}
    assert lines(api.admin.get("/v1.0/feed", params=ahead))[0]["full"] is True


def test_a_long_poll_answers_as_soon_as_something_changes(api: Api) -> None:
    head, *_ = lines(api.admin.get("/v1.0/feed"))
    answered: list[tuple[float, Any]] = []

    def poll() -> None:
        known = {"since": str(head["revision"]), "epoch": head["epoch"], "wait": "20", "edge": "edge-1"}
        answer = api.admin.get("/v1.0/feed", params=known)
        answered.append((time.monotonic(), answer))

    thread = threading.Thread(target=poll)
    thread.start()
    time.sleep(0.3)
    assert not answered
    made = api.admin.made("customers", name="new")
    changed_at = time.monotonic()
    thread.join(timeout=10)
    at, answer = answered[0]
    assert at - changed_at < 1
    assert [item["record"]["id"] for item in lines(answer)[1:-1]] == [made["id"]]


def test_a_long_poll_without_news_ends_after_its_wait(api: Api) -> None:
    head, *_ = lines(api.admin.get("/v1.0/feed"))
    known = {"since": str(head["revision"]), "epoch": head["epoch"], "wait": "1"}
    started = time.monotonic()
    assert len(lines(api.admin.get("/v1.0/feed", params=known))) == 2
    assert 0.8 < time.monotonic() - started < 5


def test_the_feed_never_holds_a_trunks_password(api: Api) -> None:
    api.admin.made("trunks", auth_types=["basic"], username="pbx", password="Secret-of-a-trunk")
    answer = api.admin.get("/v1.0/feed")
    assert "Secret-of-a-trunk" not in answer.text
    assert any(item.get("record", {}).get("ha1") for item in lines(answer)[1:-1])


def test_a_batch_of_events_is_stored_once_and_broken_ones_are_counted(api: Api) -> None:
    edge = api.caller_with("edge", api.admin.get("/v1.0/customer").json()["id"])
    call, at = "6a1f6f36-3f4e-4bc5-9d5c-6f0b7e1a2c33", time.time_ns() // 1000
    common = {"v": 1, "edge": "edge-1", "at": at, "mono": 1, "call": call}
    batch = {
        "edge": "edge-1",
        "events": [
            {
                **common, "id": "0c1f7a5e-9f57-4f2f-8f62-1d2c7f6a4d11", "kind": "call_started", "customer_id": None,
                "trunk_id": None, "sip_call_id": "abc@pbx", "source": "alice", "source_address": "127.0.0.1:5070",
                "dialled": "0082101", "number": "+82101", "revision": 1, "decision": [],
            },
            {
                **common, "id": "0c1f7a5e-9f57-4f2f-8f62-1d2c7f6a4d12", "kind": "call_ended", "at": at + 5000,
                "status": 503, "reason": "all failed", "hangup_by": "edge",
            },
            "not an event",
        ],
    }  # fmt: skip
    for _ in range(2):
        answer = edge.post("/v1.0/events", batch)
        assert (answer.status_code, answer.json()) == (200, {"accepted": 2, "refused": 1})
    stored = api.admin.get(f"/v1.0/calls/{call}").json()
    assert (stored["number"], stored["sip_status"], stored["status"]) == ("+82101", 503, "hangup")
    assert stored["tm_progressing"] == "9999-01-01 00:00:00.000000"
    assert [item["id"] for item in api.admin.get("/v1.0/calls").json()["result"]].count(call) == 1
