"""The entry points on a KSR made from Kamailio's list: what they must hold whatever happens."""

from pathlib import Path
from typing import Any

import pytest

from dialplane.edge.config import ScriptSettings
from dialplane.edge.ksr import Sip
from dialplane.edge.worker import Worker
from tests.edge.fakeksr import FakeKsr


def worker(folder: Path, ksr: FakeKsr, **settings: Any) -> Worker:
    fields = {
        "edge": "test",
        "replica": str(folder / "replica"),
        "events": str(folder / "events"),
        "sockets": ("127.0.0.1:5060",),
        "cookie_key": "00" * 32,
        "max_message_bytes": 16_384,
        "max_attempts": 10,
        "drops_strangers": False,
        **settings,
    }
    return Worker(Sip(ksr), ScriptSettings(**fields))


def message(**variables: Any) -> Any:
    known = {"$rm": "INVITE", "$ml": 500, "$ci": "1", "$ru": "sip:+82@h", **variables}
    return lambda name: known.get(name)


def test_the_entry_points_that_kamailio_names_exist(tmp_path: Path) -> None:
    made = worker(tmp_path, FakeKsr())
    names = ["ksr_request_route", "ksr_reply_route", "ksr_onsend_route", "ksr_stray_reply", "ksr_dialog_event"]
    names += [f"ksr_{route}_{n}" for route in ("failure", "reply", "branch") for n in range(1, 31)]

    assert all(callable(getattr(made, name)) for name in [*names, "child_init"])
    assert made.child_init(1) == 0
    assert made.ksr_reply_route(None) == made.ksr_onsend_route(None) == 1


def test_an_exception_is_answered_500_and_counted(tmp_path: Path) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("a bug")

    ksr = FakeKsr({"pv.get": message(), "sanity.sanity_check": broken})

    assert worker(tmp_path, ksr).ksr_request_route(None) == 1

    assert ksr.called("tm.t_send_reply") == [[500, "Server Internal Error"]]
    assert ksr.called("htable.sht_inc") == [["counters", "script_errors"]]
    assert "RuntimeError" in ksr.called("warn")[0][0]


@pytest.mark.parametrize("entry", ["ksr_request_route", "ksr_failure_1", "ksr_reply_1", "ksr_branch_1"])
def test_even_when_everything_fails_no_exception_reaches_kamailio(tmp_path: Path, entry: str) -> None:
    def broken(*_: Any) -> Any:
        raise SystemError("everything is broken")

    answers = dict.fromkeys(("pv.get", "pvx.avp_get", "htable.sht_inc", "tm.t_send_reply", "warn"), broken)

    assert getattr(worker(tmp_path, FakeKsr(answers)), entry)(None) == 1


def test_warnings_are_at_most_one_a_second(tmp_path: Path) -> None:
    ksr = FakeKsr({"pv.get": message(), "siputils.has_totag": -1, "hdr.get_idx": None})
    made = worker(tmp_path, ksr)

    for _ in range(20):
        made.ksr_request_route(None)

    assert len(ksr.called("warn")) == 1
    assert ksr.called("tm.t_send_reply") == [[503, "Service Unavailable"]] * 20


@pytest.mark.parametrize(("method", "answers"), [("INVITE", [[513, "Message Too Large"]]), ("ACK", [])])
def test_a_message_that_is_too_large_is_not_even_looked_at(tmp_path: Path, method: str, answers: list[Any]) -> None:
    ksr = FakeKsr({"pv.get": message(**{"$rm": method, "$ml": 16_385})})

    worker(tmp_path, ksr).ksr_request_route(None)

    assert ksr.called("sl.sl_send_reply") == answers
    assert ksr.called("sanity.sanity_check") == []


def test_a_stray_reply_is_dropped(tmp_path: Path) -> None:
    ksr = FakeKsr()

    worker(tmp_path, ksr).ksr_stray_reply(None, "on_sl_reply")

    assert ksr.called("set_drop") == [[]]
