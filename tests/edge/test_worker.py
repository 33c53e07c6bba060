"""The entry points on a KSR made from Kamailio's list: what they must hold whatever happens."""

import re
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from dialplane.edge.call.cookie import Origin, make_cookie
from dialplane.edge.sip import Sip
from dialplane.edge.worker import Worker
from tests.edge.contexts import settings_in
from tests.edge.fakeksr import FakeKsr
from tests.eventlog.test_writer import written

ID = "0e1c9a4e-6d3f-4c52-9d0c-5b2b6f1f2a11"
BEFORE = Origin(ID, time.time_ns() // 1_000_000 - 1_000)


def worker(folder: Path, ksr: FakeKsr, *, levels: list[list[int]] | None = None, **settings: Any) -> Worker:
    """`levels` gets the levels that the process is set to log at."""
    sip = Sip(ksr, set_debug_level=lambda level: [] if levels is None else levels.append([level]))
    return Worker(sip, settings_in(folder, **settings))


def message(**variables: Any) -> Any:
    known = {
        "$rm": "INVITE",
        "$ml": 500,
        "$ci": "1",
        "$ru": "sip:+82@h",
        "$mb": "INVITE sip:+82@h SIP/2.0\r\n\r\n",
        **variables,
    }
    return lambda name: known.get(name)


def test_every_entry_point_that_the_configuration_names_exists(tmp_path: Path) -> None:
    made = worker(tmp_path, FakeKsr())
    folder = files("dialplane.kamailio")
    template = "".join(folder.joinpath(f"{part}.cfg").read_text() for part in ("kamailio", "call", "hide"))
    named = set(re.findall(r'python_exec\("([a-z_]+)"', template))

    assert len(named) == 38
    assert all(callable(getattr(made, name)) for name in named)
    assert made.child_init(1) == 0


@pytest.mark.parametrize(
    ("rank", "is_quiet", "level"), [(1, True, [[-2]]), (0, True, []), (-1, True, []), (1, False, [])]
)
def test_a_quiet_edge_keeps_only_the_processes_quiet_that_strangers_reach(
    tmp_path: Path, rank: int, is_quiet: bool, level: list[list[int]]
) -> None:
    levels: list[list[int]] = []

    worker(tmp_path, FakeKsr(), levels=levels, is_quiet=is_quiet).child_init(rank)

    assert levels == level


def test_an_exception_is_answered_500_and_counted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("a bug")

    ksr = FakeKsr({"pv.get": message(), "hdr.get_idx": broken, "pvx.avp_sets": broken, "seturi": broken})

    assert worker(tmp_path, ksr).call_arrived(None) == -1

    assert ksr.called("tm.t_send_reply") == [[500, "Server Internal Error"]]
    assert ksr.called("htable.sht_inc") == [["counters", "script_errors"]]
    assert "RuntimeError" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("entry", "arguments", "goes_on"),
    [
        ("call_arrived", (), -1),
        ("attempt_failed", (), 1),
        ("attempt_branched", (), -1),
        ("attempt_replied", ("1",), 1),
        ("dialog_ended", (), 1),
        ("dialog_failed", (), 1),
    ],
)
def test_even_when_everything_fails_no_exception_reaches_kamailio(
    tmp_path: Path, entry: str, arguments: tuple[str, ...], goes_on: int
) -> None:
    def broken(*_: Any) -> Any:
        raise SystemError("everything is broken")

    names = ("pv.get", "hdr.get_idx", "pvx.avp_get", "htable.sht_inc", "tm.t_send_reply", "warn", "dialog.var_get")
    made = worker(tmp_path, FakeKsr(dict.fromkeys(names, broken)))

    assert getattr(made, entry)(None, *arguments) == goes_on


def test_a_dialog_that_cannot_be_judged_is_refused(tmp_path: Path) -> None:
    def broken(*_: Any) -> Any:
        raise SystemError("everything is broken")

    assert worker(tmp_path, FakeKsr({"hdr.get": broken})).dialog_unknown(None) == -1


@pytest.mark.parametrize(
    ("method", "is_ours", "goes_on", "replies", "events"),
    [
        ("INFO", True, 1, 0, 0),
        ("ACK", True, 1, 0, 0),
        ("BYE", True, 1, 0, 1),
        ("BYE", False, -1, 1, 0),
        ("INVITE", False, -1, 1, 0),
        ("ACK", False, -1, 0, 0),
    ],
)
def test_a_dialog_from_before_a_restart_goes_on_where_its_cookie_is_ours(
    tmp_path: Path, method: str, is_ours: bool, goes_on: int, replies: int, events: int
) -> None:
    cookie = make_cookie(BEFORE, "1", "+82", key=bytes(32) if is_ours else b"x")
    ksr = FakeKsr({"pv.get": message(**{"$rm": method}), "hdr.get": f"<sip:h;lr=on{cookie}>"})

    assert worker(tmp_path, ksr).dialog_unknown(None) == goes_on

    assert len(ksr.called("sl.sl_send_reply")) == replies
    assert len(written(tmp_path / "events")) == events


@pytest.mark.parametrize("age_s", [-60, 14_400 + 3_600 + 1])
@pytest.mark.parametrize("method", ["BYE", "INVITE"])
def test_a_call_that_would_have_a_dialog_or_be_over_by_now_is_none(tmp_path: Path, method: str, age_s: int) -> None:
    cookie = make_cookie(Origin(ID, time.time_ns() // 1_000_000 - age_s * 1_000), "1", "+82", key=bytes(32))
    ksr = FakeKsr({"pv.get": message(**{"$rm": method}), "hdr.get": f"<sip:h;lr=on{cookie}>"})

    assert worker(tmp_path, ksr).dialog_unknown(None) == -1

    assert ksr.called("sl.sl_send_reply") == [[481, "Call/Transaction Does Not Exist"]]
    assert written(tmp_path / "events") == []


def test_a_bye_goes_on_though_the_channels_of_its_call_cannot_be_given_back(tmp_path: Path) -> None:
    def broken(*_: Any) -> Any:
        raise SystemError("no shared memory")

    cookie = make_cookie(BEFORE, "1", "+82", key=bytes(32))
    answers = {"pv.get": message(**{"$rm": "BYE"}), "hdr.get": f"<sip:h;lr=on{cookie}>", "htable.sht_lock": broken}
    ksr = FakeKsr(answers)

    assert worker(tmp_path, ksr).dialog_unknown(None) == 1

    assert ksr.called("tm.t_send_reply") == []
    assert [event["kind"] for event in written(tmp_path / "events")] == ["call_ended"]
    assert ksr.called("htable.sht_inc") == [["counters", "script_errors"]]


def test_a_bye_sent_again_is_not_recorded_again(tmp_path: Path) -> None:
    cookie = make_cookie(BEFORE, "1", "+82", key=bytes(32))
    ksr = FakeKsr({"pv.get": message(**{"$rm": "BYE"}), "hdr.get": f"<sip:h;lr=on{cookie}>", "tm.t_newtran": 0})

    assert worker(tmp_path, ksr).dialog_unknown(None) == -1
    assert written(tmp_path / "events") == []


def test_warnings_are_at_most_one_a_second(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ksr = FakeKsr({"pv.get": message(), "hdr.get_idx": None})
    made = worker(tmp_path, ksr)

    for _ in range(20):
        made.call_arrived(None)

    assert capfd.readouterr().err.count("WARNING") == 1
    assert ksr.called("tm.t_send_reply") == [[503, "Service Unavailable"]] * 20
