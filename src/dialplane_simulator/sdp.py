"""A session description to offer and to answer with. No media is sent; the ports are the discard port."""


def session(*, user: str, host: str, codecs: str = "0 8 101") -> bytes:
    """An audio description (RFC 8866) with G.711 in both laws and telephone events."""
    family = "IP6" if ":" in host else "IP4"
    lines = (
        "v=0",
        f"o={user} 1 1 IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio 9 RTP/AVP {codecs}",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=sendrecv",
    )
    return ("\r\n".join(lines) + "\r\n").encode()
