"""Copies of one request that come at the same instant, and are processed by several workers."""

from tests.sip.established import establish
from tests.sip.races import header
from tests.sip.stage import Stage

CALLS = 30
COPIES = 8


def test_copies_of_a_bye_at_one_instant_are_one_bye(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand(workers=4) as (edge, caller, carrier):
        refused = []
        for _ in range(CALLS):
            call = establish(edge, caller, carrier)
            bye = call.from_caller("BYE", cseq=2).replace("\n", "\r\n").encode()
            for _ in range(COPIES):
                caller.send(bye)
            got = carrier.receive_request("BYE")
            carrier.answer(got, 200)
            answers = [caller.receive_final(), *caller.receive_all(for_s=0.05)]
            assert all("BYE" in header(answer.replace("\r\n", "\n"), "CSeq") for answer in answers)
            refused += [answer for answer in answers if not answer.startswith("SIP/2.0 200 ")]

        assert refused == []
