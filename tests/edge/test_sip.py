import ast
import inspect

import pytest

from dialplane.edge import sip as ksr_file
from dialplane.edge.sip import QUIET_LEVEL, UNDECODABLE, KsrError, Sip
from tests.edge.fakeksr import FakeKsr, function_names


def functions_used() -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(ksr_file))):
        text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        for prefix in ("self._ksr.", "ksr."):
            if text.startswith(prefix):
                found.add(text.removeprefix(prefix))
    for name, module in (("tm", "tm"), ("dialog", "dialog")):
        found |= {f"{module}.{used}" for used in _attributes_of(name)}
    return {name for name in found if name not in ("tm", "dialog", "rr", "hdr", "pv", "pvx", "sl", "htable", "uac")}


def _attributes_of(variable: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(ksr_file)))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == variable
    }


def test_every_function_that_the_adapter_calls_is_kamailios() -> None:
    used = {name for name in functions_used() if "." in name or name in function_names()}

    assert len(used) > 30
    assert used <= function_names()


@pytest.mark.parametrize(("answer", "expected"), [(1, True), (2, True), (-1, False), (0, False)])
def test_ones_and_minus_ones_become_bools(answer: int, expected: bool) -> None:
    sip = Sip(FakeKsr({"route": answer, "tm.t_is_canceled": answer}))

    assert sip.relay() is expected
    assert sip.is_cancelled() is expected


def test_a_quiet_process_still_writes_its_own_lines(capfd: pytest.CaptureFixture[str]) -> None:
    levels: list[int] = []
    sip = Sip(FakeKsr(), set_debug_level=levels.append)

    sip.keep_quiet()
    sip.log_warning("a ban")

    assert levels == [QUIET_LEVEL]
    assert capfd.readouterr().err.endswith(" WARNING: a ban\n")


def test_a_null_is_an_empty_text() -> None:
    sip = Sip(FakeKsr({"pv.get": None, "hdr.get": None, "pvx.avp_get": None}))

    assert (sip.text("$ua"), sip.number("$rs"), sip.header("Route"), sip.kept_text("plan")) == ("", 0, "", "")


def test_text_that_is_not_utf_8_is_marked() -> None:
    def undecodable(name: str) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    sip = Sip(FakeKsr({"pv.get": undecodable, "hdr.get": undecodable}))

    assert (sip.text("$fU"), sip.header("Route")) == (UNDECODABLE, UNDECODABLE)


@pytest.mark.parametrize("answer", [-1, False, None])
def test_what_kamailio_refuses_raises(answer: object) -> None:
    sip = Sip(FakeKsr({"seturi": answer, "tm.t_newtran": -1}))

    with pytest.raises(KsrError, match="seturi"):
        sip.set_target("sip:1@h", "")
    with pytest.raises(KsrError, match="t_newtran"):
        sip.begin_transaction()


def test_a_retransmission_is_no_new_transaction() -> None:
    assert Sip(FakeKsr({"tm.t_newtran": 0})).begin_transaction() is False


def test_timers_are_given_in_milliseconds_final_first() -> None:
    fake = FakeKsr()

    Sip(fake).set_timers(silent_s=3, provisional_s=8)

    assert fake.called("tm.t_set_fr") == [[8000, 3000]]
