"""Answers to what Kamailio's parser does not read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplane.edge.call.unparsable import answer_to

TORTURE = Path(__file__).parents[2] / "sip" / "torture"


def heard(name: str) -> str:
    message = (TORTURE / f"{name}.dat").read_bytes().decode(errors="replace").replace("SIP/2.0/TCP", "SIP/2.0/UDP")
    answer = answer_to(message, 40_000)
    return answer.text.partition("\r\n")[0] if answer else ""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("wsinv", "SIP/2.0 400 Bad Request"),
        ("intmeth", "SIP/2.0 501 Not Implemented"),
        ("esc02", "SIP/2.0 501 Not Implemented"),
        ("quotbal", "SIP/2.0 400 Bad Request"),
        ("ncl", "SIP/2.0 400 Bad Request"),
        ("multi01", "SIP/2.0 400 Bad Request"),
        ("insuf", ""),
        ("bigcode", ""),
    ],
)
def test_a_sender_that_can_be_told_is_told(name: str, line: str) -> None:
    assert heard(name) == line


INVITE = (
    "INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1{rport}\r\nf: <sip:a@b>;tag=1\r\n"
    "t: <sip:c@d>\r\ni: 1\r\nCSeq: 7 {method}\r\n folded: x\r\nBad%Name: 1\r\n\r\n"
)


@pytest.mark.parametrize(("rport", "port"), [("", 5070), (";rport", 40_000)])
def test_it_is_told_where_its_via_says(rport: str, port: int) -> None:
    message = INVITE.replace("\r\n folded: x", "").format(rport=rport, method="INVITE")
    answer = answer_to(message, 40_000)

    assert answer is not None
    assert answer.port == port
    assert f"Via: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1{rport}\r\n" in answer.text
    assert "To: <sip:c@d>;tag=" in answer.text
    assert answer.text.endswith("Content-Length: 0\r\n\r\n")


def test_an_ack_and_a_cseq_of_another_method_are_not_answered() -> None:
    plain = INVITE.replace("\r\n folded: x", "")

    assert answer_to(plain.replace("INVITE sip", "ACK sip").format(rport="", method="ACK"), 1) is None
    assert answer_to(plain.format(rport="", method="BYE"), 1) is None


@given(st.text(alphabet='INVITE sip:a@bSIP/2.0\r\n v:;=UDP10Cq-<>"', max_size=400))
def test_nothing_breaks_it(message: str) -> None:
    answer = answer_to(message, 40_000)

    assert answer is None or "\r\n\r\n" in answer.text
