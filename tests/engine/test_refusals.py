"""Every answer that no carrier gave is in the table, and the table is in the documents."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from dialplane.engine.refusals import ANSWERS, Decider, Refusal, Trace, status_of
from dialplane.kamailio import render

DOCUMENT = Path(__file__).parents[2] / "docs" / "what-a-caller-hears.md"
SCRIPTS = ("kamailio.cfg", "call.cfg", "hide.cfg")
_REPLY = re.compile(r'(?:sl_send_reply|t_reply)\("([3-6][0-9]{2})"[^\n#]*(?:# *(\w*))?')


def test_every_refusal_has_an_answer_in_the_order_of_the_checks() -> None:
    assert list(ANSWERS) == list(Refusal)


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_is_a_final_failure_or_silence_and_documented(refusal: Refusal) -> None:
    answer = ANSWERS[refusal]

    assert answer.status is None or 400 <= answer.status < 700
    assert answer.sentence
    assert f"`{refusal}`" in DOCUMENT.read_text()


def test_a_refusal_without_an_answer_has_no_status() -> None:
    with pytest.raises(ValueError, match="banned"):
        status_of(Refusal.BANNED)


def test_only_a_503_says_when_to_try_again() -> None:
    assert {answer.status for answer in ANSWERS.values() if answer.asks_to_retry} == {503}


def test_each_refusal_of_kamailio_itself_names_its_row_which_has_its_status() -> None:
    """The one for scanners is printed into the script (render.py), or left out where strangers hear nothing."""
    folder = files("dialplane.kamailio")
    replies = [reply for name in SCRIPTS for reply in _REPLY.findall(folder.joinpath(name).read_text())]

    assert {code for _, code in replies} <= {*Refusal}
    assert [status for status, code in replies if ANSWERS[Refusal(code)].status != int(status)] == []
    native = {refusal for refusal, answer in ANSWERS.items() if answer.decider is Decider.NATIVE}
    assert {code for _, code in replies} == native - {Refusal.BANNED, Refusal.SCANNER}
    assert f'sl_send_reply("{ANSWERS[Refusal.SCANNER].status}"' in Path(render.__file__).read_text()


def test_what_was_recorded_before_keeps_its_code() -> None:
    recorded = {refusal for refusal, answer in ANSWERS.items() if answer.trace in (Trace.CALL, Trace.SCRIPT_ERRORS)}

    assert recorded == {
        "no_route", "invalid_number", "emergency", "customer_frozen", "customer_missing", "trunk_channel_cap_full",
        "trunk_cps_cap_full", "no_routing_table", "invalid_dialog_headers", "no_usable_carrier", "script_error",
    }  # fmt: skip
