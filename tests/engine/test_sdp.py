"""Offers cut to a provider's codecs."""

import pytest

from dialplane.engine.sdp import restricted

HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
FAX = "m=image 40000 udptl t38\r\na=T38FaxVersion:0\r\n"


def audio(formats: str, *attributes: str, port: int = 40_000) -> str:
    return f"m=audio {port} RTP/AVP {formats}\r\n" + "".join(f"a={line}\r\n" for line in attributes)


@pytest.mark.parametrize(
    ("offer", "cut"),
    [
        (audio("0 8 101", "rtpmap:101 telephone-event/8000", "fmtp:101 0-15"), None),
        (audio("99", "rtpmap:99 pcma/8000"), audio("99", "rtpmap:99 pcma/8000")),
        (audio("8 18", "rtpmap:18 G729/8000", "fmtp:18 annexb=no", "sendrecv"), audio("8", "sendrecv")),
        (audio("18") + audio("8 0", port=40_002), audio("18", port=0) + audio("8", port=40_002)),
        (FAX, FAX),
        (audio("0", port=0) + FAX, audio("0", port=0) + FAX),
        (audio("18") + FAX, ""),
        (audio("101", "rtpmap:101 telephone-event/8000"), ""),
        (audio("8", "rtpmap:8 opus/48000"), ""),
    ],
)
def test_an_offer_is_cut_to_pcma(offer: str, cut: str | None) -> None:
    expected = audio("8 101", "rtpmap:101 telephone-event/8000", "fmtp:101 0-15") if cut is None else cut

    assert restricted(HEAD + offer, ["PCMA"]) == (HEAD + expected if expected else None)


def test_only_the_offer_of_a_body_of_several_parts_is_cut() -> None:
    parts = "--x\r\nContent-Type: application/sdp\r\n\r\n{}--x\r\nContent-Type: a/b\r\n\r\na=fmtp:0 kept\r\n--x--\r\n"

    assert restricted(parts.format(HEAD + audio("0 8")), ["PCMA"]) == parts.format(HEAD + audio("8"))


@pytest.mark.parametrize("body", ["", "no SDP", HEAD])
def test_what_offers_no_audio_stays(body: str) -> None:
    assert restricted(body, ["PCMA"]) == body
