import errno
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialplane.eventlog.reader import ACKNOWLEDGED, REFUSED, Backlog, LogTail

HOUR = "20261122T04"
HOURS = ("20261122T11.jsonl", "20261122T12.jsonl", "20261122T13.jsonl")
DURING = datetime(2026, 11, 22, 4, 30, tzinfo=UTC).timestamp()
JUST_AFTER = datetime(2026, 11, 22, 5, 1, tzinfo=UTC).timestamp()
LONG_AFTER = datetime(2026, 11, 22, 5, 30, tzinfo=UTC).timestamp()


def line(n: int) -> bytes:
    event = {"v": 1, "id": str(n), "kind": "call_started", "edge": "e", "at": 1, "call": "c"}
    return json.dumps(event, separators=(",", ":")).encode()


def write(folder: Path, content: bytes, *, hour: str = HOUR) -> Path:
    path = folder / f"{hour}.jsonl"
    with path.open("ab") as file:
        file.write(content)
    return path


def drained(log: Backlog) -> list[str]:
    """The ids of all events, batch by batch, acknowledged."""
    ids = []
    while (batch := log.next_batch()) is not None:
        ids += [event.id for event in batch.events]
        log.acknowledge(batch)
    return ids


def at(seconds: float) -> Callable[[], float]:
    return lambda: seconds


def test_lines_are_given_in_order_and_once(tmp_path: Path) -> None:
    log = Backlog(tmp_path, now=at(DURING), batch_events=3)
    write(tmp_path, b"".join(line(n) + b"\n" for n in range(10)))

    assert drained(log) == [str(n) for n in range(10)]
    assert log.next_batch() is None
    write(tmp_path, line(10) + b"\n")
    assert drained(log) == ["10"]


def test_what_is_not_acknowledged_is_given_again_after_a_restart(tmp_path: Path) -> None:
    write(tmp_path, line(1) + b"\n" + line(2) + b"\n")
    log = Backlog(tmp_path, now=at(DURING), batch_events=1)
    first = log.next_batch()
    assert first is not None
    log.acknowledge(first)
    assert log.next_batch() is not None

    assert drained(Backlog(tmp_path, now=at(DURING))) == ["2"]


def test_a_partial_last_line_is_waited_for(tmp_path: Path) -> None:
    log = Backlog(tmp_path, now=at(DURING))
    write(tmp_path, line(1) + b"\n" + line(2)[:10])

    assert drained(log) == ["1"]
    write(tmp_path, line(2)[10:] + b"\n")
    assert drained(log) == ["2"]


def test_a_line_that_never_becomes_whole_is_put_aside_once_its_hour_is_over(tmp_path: Path) -> None:
    write(tmp_path, line(1) + b"\n" + line(2)[:10])

    assert drained(Backlog(tmp_path, now=at(JUST_AFTER))) == ["1"]
    log = Backlog(tmp_path, now=at(LONG_AFTER))
    assert drained(log) == []
    assert (tmp_path / REFUSED).read_bytes() == line(2)[:10] + b"\n"
    assert log.delete_finished() == 1


@pytest.mark.parametrize(
    "bad",
    [
        b"nonsense", b"{", b"[]", b"null", b'{"v":1}', b'{"kind":7}', b'"\xff"', b'{"kind":"\\ud800"}', b"[" * 3000,
        line(3).replace(b"call_started", b"call_imagined"), line(3).replace(b'"at":1', b'"at":-1'),
        line(3).replace(b'"at":1', b'"at":4611686018427387905'), line(3).replace(b',"call":"c"', b""),
    ],
)  # fmt: skip
def test_a_line_that_is_no_event_blocks_nothing_and_is_kept_for_a_person(tmp_path: Path, bad: bytes) -> None:
    log = Backlog(tmp_path, now=at(DURING))
    write(tmp_path, line(1) + b"\n" + bad + b"\n" + line(2) + b"\n")

    assert drained(log) == ["1", "2"]
    assert (tmp_path / REFUSED).read_bytes() == bad + b"\n"


def test_a_whole_line_behind_a_torn_one_is_found(tmp_path: Path) -> None:
    log = Backlog(tmp_path, now=at(DURING))
    write(tmp_path, line(1)[:17] + line(2) + b"\n")

    assert drained(log) == ["2"]


def test_a_line_longer_than_a_batch_is_given_whole(tmp_path: Path) -> None:
    log = Backlog(tmp_path, now=at(DURING), batch_bytes=64)
    long = line(1).replace(b'"id":"1"', b'"id":"long","pad":"' + b"p" * 500 + b'"')
    write(tmp_path, long + b"\n" + line(2) + b"\n")

    assert drained(log) == ["long", "2"]


def test_hours_are_shipped_oldest_first_and_deleted_only_when_over_and_acknowledged(tmp_path: Path) -> None:
    older = write(tmp_path, line(1) + b"\n", hour="20261122T03")
    current = write(tmp_path, line(2) + b"\n")
    log = Backlog(tmp_path, now=at(DURING))

    assert log.delete_finished() == 0
    assert drained(log) == ["1", "2"]
    assert log.delete_finished() == 1
    assert not older.exists()
    assert current.exists()
    assert list(json.loads((tmp_path / ACKNOWLEDGED).read_text())) == [current.name]


def test_on_a_full_disk_the_hours_that_fill_it_are_deleted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = write(tmp_path, line(1) + b"\n", hour="20261122T03")
    log = Backlog(tmp_path, now=at(DURING))
    assert drained(log) == ["1"]

    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    assert log.delete_finished() == 1
    assert not older.exists()


def test_a_new_file_under_an_old_name_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = Backlog(tmp_path, now=at(DURING))
    path = write(tmp_path, line(1) + b"\n" + line(2) + b"\n")
    assert drained(log) == ["1", "2"]

    aside = tmp_path / "aside"
    aside.write_bytes(line(3) + b"\n" + line(4) + b"\n")
    aside.replace(path)

    assert drained(log) == ["3", "4"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"20261122T04.jsonl": 7}', b'{"20261122T04.jsonl": {}}'])
def test_a_damaged_acknowledgement_sends_everything_again(tmp_path: Path, damage: bytes) -> None:
    write(tmp_path, line(1) + b"\n")
    assert drained(Backlog(tmp_path, now=at(DURING))) == ["1"]
    (tmp_path / ACKNOWLEDGED).write_bytes(damage)

    assert drained(Backlog(tmp_path, now=at(DURING))) == ["1"]


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    for name in ("notes.jsonl", "20261122T4.jsonl", "20261322T04.jsonl", f"{HOUR}.jsonl.new"):
        (tmp_path / name).write_bytes(line(1) + b"\n")
    log = Backlog(tmp_path, now=at(LONG_AFTER))

    assert drained(log) == []
    assert log.delete_finished() == 0


@settings(deadline=None, max_examples=60)
@given(pieces=st.lists(st.binary(max_size=40), max_size=12), batch=st.integers(1, 5))
def test_no_bytes_in_an_hour_stop_the_log(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], batch: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    wanted = []
    for n, piece in enumerate(pieces):
        write(folder, piece.replace(b"\n", b"") + b"\n" + line(n) + b"\n")
        wanted.append(str(n))
    log = Backlog(folder, now=at(LONG_AFTER), batch_events=batch, batch_bytes=64)

    assert drained(log) == wanted
    assert log.size_bytes() == 0


def test_what_was_read_is_not_read_again_whichever_hour_gets_more(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in HOURS)
    (tmp_path / "refused.jsonl").write_bytes(b"no\n")
    first.write_bytes(b"1\n2\n")
    second.write_bytes(b"3\n4")
    tail = LogTail(tmp_path)
    assert list(tail.lines()) == [b"1\n", b"2\n", b"3\n"]
    assert list(tail.lines()) == []

    first.write_bytes(b"1\n2\n5\n")
    second.write_bytes(b"3\n4\n")
    third.write_bytes(b"6\n")

    resumed = LogTail(tmp_path, tail.positions)
    assert list(resumed.lines()) == [b"5\n", b"4\n", b"6\n"]
    first.unlink()
    assert list(resumed.lines()) == []
    assert resumed.positions == {second.name: 4, third.name: 2}


def test_a_file_that_is_shorter_than_it_was_is_another_one(tmp_path: Path) -> None:
    (tmp_path / HOURS[0]).write_bytes(b"1\n")

    assert list(LogTail(tmp_path, {HOURS[0]: 100}).lines()) == [b"1\n"]


def test_of_a_log_that_is_too_long_the_newest_is_read(tmp_path: Path) -> None:
    for name in HOURS:
        (tmp_path / name).write_bytes(b"12345\n12345\n")
    tail = LogTail(tmp_path)

    assert list(tail.lines(most_bytes=18)) == [b"12345\n"] * 3
    assert list(tail.lines()) == []


def test_without_a_log_there_is_an_error_and_with_an_empty_one_there_are_no_lines(tmp_path: Path) -> None:
    assert list(LogTail(tmp_path).lines()) == []
    with pytest.raises(OSError, match="missing"):
        list(LogTail(tmp_path / "missing").lines())
