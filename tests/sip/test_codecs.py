"""A provider's codecs and the caller's offer: what reaches the carrier's wire, and when nothing does."""

import pytest

from tests.sip.established import establish
from tests.sip.scenarios import ANSWER, SDP, Caller, refuse
from tests.sip.stage import Stage
from tests.sip.wire import peer, peer_at_edge

STATIC_ONLY = "v=0\no=u 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 20000 RTP/AVP 0 8\n"
VIDEO = "m=video 20002 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
WITH_OPUS = SDP.replace(" 9 101", " 9 111 101").replace("a=rtpmap:101", "a=rtpmap:111 opus/48000/2\na=rtpmap:101")


@pytest.mark.parametrize(
    ("offer", "codecs"), [(SDP, "opus,G729"), (STATIC_ONLY, "opus,G729"), (SDP, "opus,telephone-event")]
)
def test_a_carrier_that_takes_none_of_the_offered_codecs_is_passed_over(stage: Stage, offer: str, codecs: str) -> None:
    stage.table.trunk()
    narrow, wide = stage.carrier(ANSWER), stage.carrier(ANSWER)
    provider = stage.table.provider(narrow.hostname, codecs=codecs)
    stage.table.provider(wide.hostname)
    edge = stage.shared_edge()

    stage.call(edge, Caller(sdp=offer))

    [skipped] = edge.await_events("attempt_skipped")
    assert (skipped["n"], skipped["provider_id"], skipped["why"][-1]) == (1, provider.id, "no_shared_codec")
    assert edge.await_events("call_ended")[0]["status"] == 200
    assert not narrow.received("INVITE")
    [invite] = wide.received("INVITE")
    assert invite.text.replace("\r", "").rstrip("\n").endswith(offer.rstrip("\n"))


def test_codecs_are_compared_anew_after_an_attempt_has_failed(stage: Stage) -> None:
    stage.table.trunk()
    carriers = [stage.carrier(refuse(503)), stage.carrier(ANSWER), stage.carrier(ANSWER)]
    for carrier, codecs in zip(carriers, ("PCMU", "opus", "PCMA"), strict=True):
        stage.table.provider(carrier.hostname, codecs=codecs)
    edge = stage.shared_edge()

    stage.call(edge)

    edge.await_events("call_ended")
    assert [event["n"] for event in edge.events("attempt_skipped")] == [2]
    [first], none, [third] = (carrier.received("INVITE") for carrier in carriers)
    assert "m=audio 20000 RTP/AVP 0 101" in first.text
    assert none == []
    assert "m=audio 20000 RTP/AVP 8 101" in third.text


def test_when_no_carrier_takes_the_offer_the_caller_hears_503(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(ANSWER).hostname, codecs="opus")
    edge = stage.shared_edge()

    stage.call(edge, Caller(expects=503))

    assert edge.await_events("call_ended")[0]["hangup_by"] == "edge"
    assert [event["why"][-1] for event in edge.events("attempt_skipped")] == ["no_shared_codec"]


@pytest.mark.parametrize(
    ("offer", "codecs", "line"),
    [
        (STATIC_ONLY, "pcma", "m=audio 20000 RTP/AVP 8\n"),
        (WITH_OPUS, "opus", "m=audio 20000 RTP/AVP 111 101\n"),
        (WITH_OPUS, "G729,PCMU", "m=audio 20000 RTP/AVP 0 101\n"),
    ],
)
def test_one_shared_codec_is_enough(stage: Stage, offer: str, codecs: str, line: str) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER)
    stage.table.provider(carrier.hostname, codecs=codecs)
    edge = stage.shared_edge()

    stage.call(edge, Caller(sdp=offer))

    [invite] = carrier.received("INVITE")
    assert line in invite.text.replace("\r", "")


def test_other_media_than_audio_reach_the_carrier_as_they_were_offered(stage: Stage) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER)
    stage.table.provider(carrier.hostname, codecs="PCMU")
    edge = stage.shared_edge()

    stage.call(edge, Caller(sdp=f"{SDP}{VIDEO}"))

    [invite] = carrier.received("INVITE")
    text = invite.text.replace("\r", "")
    assert "m=audio 20000 RTP/AVP 0 101\n" in text
    assert VIDEO in text


FAX = STATIC_ONLY.partition("m=")[0] + "m=image 20000 udptl t38\na=T38FaxVersion:0\n"
DYNAMIC = STATIC_ONLY.partition("m=")[0] + "m=audio 20000 RTP/AVP 99\na=rtpmap:99 PCMA/8000\n"
TWO_LINES = STATIC_ONLY.replace(" 0 8", " 18") + "m=audio 20002 RTP/AVP 8 0\n"


@pytest.mark.parametrize(
    ("offer", "sent"),
    [
        (FAX, FAX),
        (DYNAMIC, DYNAMIC),
        (TWO_LINES, TWO_LINES.replace("audio 20000", "audio 0").replace(" 8 0\n", " 8\n")),
    ],
)
def test_an_offer_stays_sdp_however_little_of_it_is_left(stage: Stage, offer: str, sent: str) -> None:
    stage.table.trunk()
    carrier = stage.carrier(ANSWER)
    stage.table.provider(carrier.hostname, codecs="PCMA")
    edge = stage.shared_edge()

    stage.call(edge, Caller(sdp=offer))

    [invite] = carrier.received("INVITE")
    assert invite.text.replace("\r", "").partition("\n\n")[2].strip() == sent.strip()


def test_a_call_without_an_offer_goes_to_every_carrier(stage: Stage) -> None:
    stage.table.trunk()
    carrier = stage.carrier(refuse(486))
    stage.table.provider(carrier.hostname, codecs="opus")
    edge = stage.shared_edge()
    with peer(edge.port) as caller:
        assert caller.ask(caller.request("INVITE")).startswith("SIP/2.0 486 ")

    assert len(carrier.received("INVITE")) == 1
    assert edge.events("attempt_skipped") == []


def test_offers_within_the_call_are_cut_to_the_codecs_of_the_carrier_that_answered(stage: Stage) -> None:
    stage.table.trunk()
    stage.table.provider(stage.carrier(refuse(503)).hostname, codecs="G722")
    with peer_at_edge() as carrier:
        stage.table.provider(f"127.0.0.1:{carrier.port}", codecs="PCMA,PCMU")
        edge = stage.edge()
        carrier.reach(edge.port)
        with peer(edge.port) as caller:
            call = establish(edge, caller, carrier)
            for cseq, method in enumerate(("INVITE", "UPDATE"), 2):
                request = call.from_caller(method, cseq=cseq, contact=f"sip:me@127.0.0.1:{caller.port}")
                caller.send(with_offer(request, SDP))

                got = carrier.receive_request(method)
                carrier.answer(got, 200)

                assert "m=audio 20000 RTP/AVP 0 8 101\n" in got
                assert caller.receive_final().startswith("SIP/2.0 200 ")
                if method == "INVITE":
                    caller.send(call.from_caller("ACK", cseq=cseq))


def with_offer(request: str, sdp: str) -> str:
    length = len(sdp.replace("\n", "\r\n"))
    body = f"Content-Type: application/sdp\nContent-Length: {length}\n\n{sdp}"
    return request.replace("Content-Length: 0\n\n", body)
