import json
import os
import re
import time
import uuid
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.eventlog.kinds import MAX_REASON, ConsideredRoute
from dialplane.eventlog.writer import EventLog, new_call_id, new_id, printable

CALL = "0e1c9a4e-6d3f-4c52-9d0c-5b2b6f1f2a11"


def written(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_bytes().splitlines()]


def test_ids_are_random_uuids() -> None:
    ids = {new_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all((uuid.UUID(id_).version, uuid.UUID(id_).variant) == (4, uuid.RFC_4122) for id_ in ids)


def test_ids_of_calls_begin_with_the_time_and_are_random_behind_it() -> None:
    before_ms = time.time_ns() // 1_000_000
    ids = [new_call_id() for _ in range(1000)]
    after_ms = time.time_ns() // 1_000_000

    assert len(set(ids)) == 1000
    assert all((uuid.UUID(id_).version, uuid.UUID(id_).variant) == (7, uuid.RFC_4122) for id_ in ids)
    assert all(before_ms <= uuid.UUID(id_).int >> 80 <= after_ms for id_ in ids)
    assert len({id_[-3:] for id_ in ids}) > 500


def test_each_event_is_one_line_with_what_all_have_in_common(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events", edge="local")

    log.call_started(CALL, {"number": "+82"})
    log.attempt_ringing(CALL, 1, status=180)
    log.close()

    started, ringing = written(tmp_path / "events")
    assert {"v", "id", "kind", "edge", "at", "mono", "call"} <= started.keys()
    assert (started["v"], started["kind"], started["edge"], started["call"]) == (1, "call_started", "local", CALL)
    assert started["number"] == "+82"
    assert (ringing["n"], ringing["status"]) == (1, 180)


def test_an_attempt_whose_fields_stand_ready_is_written_like_any_other(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events", edge='a "quoted" \u00e4')
    fields: dict[str, Any] = {"provider_id": CALL, "route_id": CALL, "uri": "sip:1@b", "why": ["own_route"]}

    log.attempt_sent(CALL, 1, **fields)
    log.attempt_sent_as(CALL, 1, json.dumps(fields)[1:-1])
    log.close()

    one, other = written(tmp_path / "events")
    assert one.keys() == other.keys()
    varies = ("id", "at", "mono")
    assert [one[name] for name in one if name not in varies] == [other[name] for name in one if name not in varies]
    assert one["id"] != other["id"]


@pytest.mark.parametrize("source", ["+82", "\udcff"])
def test_a_decision_is_written_whatever_the_caller_is_called(tmp_path: Path, source: str) -> None:
    log = EventLog(tmp_path / "events", edge="local")
    considered = ConsideredRoute(route_id=CALL, provider_id=CALL, outcome="tried", position=1)
    decision = json.loads(msgspec.json.encode([considered]))

    log.call_started(CALL, {"source": source, "decision": [considered]})
    log.close()

    (started,) = written(tmp_path / "events")
    assert (started["source"], started["decision"]) == ("+82" if source == "+82" else "?", decision)


def test_the_file_is_named_after_the_utc_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog(tmp_path, edge="local")

    for at_ns in (1_700_002_799_999_999_999, 1_700_002_800_000_000_000):
        monkeypatch.setattr(time, "time_ns", lambda now=at_ns: now)
        log.attempt_ringing(CALL, 1, status=180)
        log.flush()
    log.close()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["20231114T22.jsonl", "20231114T23.jsonl"]


def test_events_of_forked_processes_have_different_ids(tmp_path: Path) -> None:
    log = EventLog(tmp_path, edge="local")
    log.attempt_ringing(CALL, 1, status=180)
    log.flush()
    log.forget_process()
    log.attempt_ringing(CALL, 1, status=180)
    log.attempt_ringing(CALL, 1, status=180)
    log.close()

    ids = [uuid.UUID(event["id"]) for event in written(tmp_path)]
    assert len(set(ids)) == 3
    assert {id_.version for id_ in ids} == {4}


def test_two_logs_share_a_file(tmp_path: Path) -> None:
    logs = [EventLog(tmp_path, edge="local") for _ in range(2)]

    for n in range(50):
        logs[n % 2].attempt_ringing(CALL, n, status=180)
        logs[n % 2].flush()
    for log in logs:
        log.close()

    assert sorted(event["n"] for event in written(tmp_path)) == list(range(50))


def test_an_event_that_cannot_be_written_is_counted_and_the_next_one_is_tried(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.write_text("in the way")
    log = EventLog(folder, edge="local")

    log.attempt_ringing(CALL, 1, status=180)
    log.flush()
    assert log.lost == 1

    folder.unlink()
    log.attempt_ringing(CALL, 2, status=180)
    log.close()
    assert [event["n"] for event in written(folder)] == [2]


def test_write_raises_where_flush_only_counts(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.write_text("in the way")
    counted: list[int] = []
    log = EventLog(folder, edge="local", on_lost=counted.append)

    for _ in range(2):
        log.provider_health(CALL, hostname="sip.carrier.example", status="healthy", detail="")
    with pytest.raises(OSError, match="exists"):
        log.write()
    assert (log.lost, counted) == (2, [2])

    folder.unlink()
    log.write()
    assert not folder.exists()
    log.provider_health(CALL, hostname="sip.carrier.example", status="unhealthy", detail="no answer")
    log.write()
    assert [(event["status"], event["detail"]) for event in written(folder)] == [("unhealthy", "no answer")]


def test_a_line_that_was_cut_by_a_full_disk_does_not_spoil_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog(tmp_path, edge="local")
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:10]))
    log.attempt_ringing(CALL, 1, status=180)
    log.flush()
    monkeypatch.setattr(os, "write", write)
    log.attempt_ringing(CALL, 2, status=180)
    log.close()

    [path] = tmp_path.iterdir()
    cut, whole = path.read_bytes().splitlines()
    assert log.lost == 1
    assert len(cut) == 10
    assert json.loads(whole)["n"] == 2


def test_of_several_events_only_those_that_were_cut_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog(tmp_path, edge="local")
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[: len(data) // 2]) if len(data) > 1 else 0)
    for n in (1, 2, 3):
        log.attempt_ringing(CALL, n, status=180)
    with pytest.raises(OSError, match="No space"):
        log.write()

    [path] = tmp_path.iterdir()
    assert [json.loads(line)["n"] for line in path.read_bytes().splitlines()[:-1]] == [1]
    assert log.lost == 2


@given(st.text())
def test_what_a_carrier_says_is_kept_printable_and_short(reason: str) -> None:
    cut = printable(reason, longest=MAX_REASON)

    assert len(cut) <= MAX_REASON
    assert cut.isprintable()
    assert re.fullmatch(r"[^\x00-\x1f\x7f]*", cut)
