"""Every answer that no carrier gave is in the table, and the table is in the documents."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from dialplane.engine.refusals import ANSWERS, Decider, Refusal, Trace, status_of
from dialplane.kamailio import render

DOCUMENT = Path(__file__).parents[2] / "docs" / "what-a-caller-hears.md"
_REPLY = re.compile(r'(?:sl_send_reply\(|t_reply_callid\("\$ci", "\$cs", )"([0-9]{3})"')


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


def test_the_statuses_that_kamailio_answers_itself_are_those_of_its_rows() -> None:
    """A 2xx refuses nothing."""
    script = files("dialplane.kamailio").joinpath("kamailio.cfg").read_text()
    source = Path(render.__file__).read_text()
    answered = {int(status) for status in _REPLY.findall(script + source)}

    native = {answer.status for answer in ANSWERS.values() if answer.decider is Decider.NATIVE} - {None}

    assert {status for status in answered if status >= 300} == native


def test_what_was_recorded_before_keeps_its_code() -> None:
    recorded = {refusal for refusal, answer in ANSWERS.items() if answer.trace in (Trace.CALL, Trace.SCRIPT_ERRORS)}

    assert recorded == {
        "no_route", "invalid_number", "emergency", "customer_frozen", "customer_missing", "trunk_channel_cap_full",
        "trunk_cps_cap_full", "no_routing_table", "invalid_dialog_headers", "no_usable_carrier", "script_error",
    }  # fmt: skip
