"""SIPp scenarios out of short lists of steps: what a carrier does with an INVITE, and what a caller does."""

from collections.abc import Sequence
from dataclasses import dataclass

SDP = """v=0
o=user 53655765 2353687637 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 20000 RTP/AVP 0 8 9 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:9 G722/8000
a=rtpmap:101 telephone-event/8000
"""
_NO_BODY = "Content-Length: 0\n"
_WITH_SDP = f"Content-Type: application/sdp\nContent-Length: [len]\n\n{SDP}"
_ANSWERS_REQUEST = "[last_Via:]\n[last_Record-Route:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n"
_TAG = ";tag=[pid]uas[call_number]"
_CONTACT = "Contact: <sip:carrier@[local_ip]:[local_port];transport=[transport]>\n"


@dataclass(frozen=True)
class Send:
    """A response. `reason` replaces the usual phrase, `headers` are raw lines. `again`: a 2xx is sent until its ACK."""

    status: int
    reason: str = ""
    headers: str = ""
    with_sdp: bool = False
    again: bool = False


@dataclass(frozen=True)
class TakeCancel:
    """Take a CANCEL, and then answer the INVITE with a final status."""

    status: int = 487


@dataclass(frozen=True)
class TakeOptions:
    """Take an OPTIONS within the call, and answer it."""

    status: int


@dataclass(frozen=True)
class Pause:
    """Do nothing."""

    ms: int


TAKE_ACK = "take_ack"
TAKE_BYE = "take_bye"
HANG_UP = "hang_up"
TAKE_INVITE = "take_invite"
STAY_SILENT = "stay_silent"
Step = Send | Pause | TakeCancel | TakeOptions | str
TAKE_CANCEL = TakeCancel()

BUSY = (Send(486), TAKE_ACK)
RINGS = Pause(100)
"""On a busy machine one worker may relay the 200 before another the 180, which SIPp's callers do not bear."""

ANSWER = (Send(100), Send(180), RINGS, Send(200, with_sdp=True), TAKE_ACK, TAKE_BYE)
SILENT = (STAY_SILENT,)
ONLY_TRYING = (Send(100), TAKE_CANCEL)
RING_UNTIL_CANCELLED = (Send(100), Send(180), TAKE_CANCEL)


def refuse(status: int, *, reason: str = "", headers: str = "") -> Sequence[Step]:
    """Answer an INVITE with a final negative status."""
    return (Send(status, reason=reason, headers=headers), TAKE_ACK)


def carrier(steps: Sequence[Step]) -> str:
    """The scenario of a carrier that gets an INVITE and then does these steps."""
    remembered = ['<Reference variables="caller,callee"/>'] if TAKE_ACK in steps else []
    parts = ['<recv request="INVITE" rrs="true" crlf="true"/>', *map(_carrier_step, steps), *remembered]
    return _scenario(parts)


def _carrier_step(step: Step) -> str:
    match step:
        case Send():
            return _response(step)
        case Pause(ms):
            return f'<pause milliseconds="{ms}"/>'
        case "take_ack":
            return f'<recv request="ACK" crlf="true"><action>{_REMEMBER_PEERS}</action></recv>'
        case "take_bye":
            return '<recv request="BYE"/>' + _send(_ok("BYE"))
        case "take_invite":
            return '<recv request="INVITE" rrs="true"/>'
        case TakeOptions(status):
            return _options(status)
        case TakeCancel(status):
            final = f"SIP/2.0 {status} Because\n" + _ANSWERS_REQUEST.format(tag=_TAG)
            return (
                '<recv request="CANCEL"/>'
                + _send(_ok("CANCEL"))
                + _send(f"{final}CSeq: 1 INVITE\n{_NO_BODY}", retransmit=True)
                + '<recv request="ACK"/>'
            )
        case "hang_up":
            return _send(_CARRIER_BYE, retransmit=True) + '<recv response="200"/>'
        case "stay_silent":
            return '<pause milliseconds="60000"/>'
    raise ValueError(step)


def _options(status: int) -> str:
    answer = f"SIP/2.0 {status} Because\n" + _ANSWERS_REQUEST.format(tag="") + f"[last_CSeq:]\n{_NO_BODY}"
    return '<recv request="OPTIONS"/>' + _send(answer)


def _ok(method: str) -> str:
    return "SIP/2.0 200 OK\n" + _ANSWERS_REQUEST.format(tag="") + f"[last_CSeq:]\n{_NO_BODY}"


def _response(step: Send) -> str:
    reason = step.reason or "Because"
    tag = "" if step.status == 100 else _TAG
    head = f"SIP/2.0 {step.status} {reason}\n" + _ANSWERS_REQUEST.format(tag=tag) + f"[last_CSeq:]\n{_CONTACT}"
    body = _WITH_SDP if step.with_sdp else _NO_BODY
    return _send(head + step.headers + body, retransmit=step.again or step.status >= 300)


_REMEMBER_PEERS = (
    '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>'
    '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="callee"/>'
)
_CARRIER_BYE = (
    "BYE [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n[routes]\n"
    "From: [$callee]\nTo: [$caller]\n[last_Call-ID:]\nCSeq: 1 BYE\nMax-Forwards: 70\nContent-Length: 0\n"
)


@dataclass(frozen=True)
class Caller:
    """What a caller does: INVITE, await a final status, and then.

    `cancel_after_ms` sends CANCEL that long after the INVITE (after the 18x when `cancel_once_ringing`). `talk_ms` is
    how long an answered call lasts; `headers` are raw lines in the INVITE (`bye_headers` in the BYE);
    `uri` replaces the usual request URI. `options_status` is what it answers to the OPTIONS within
    the call that it waits for, `options` of them.
    `may_be_refused`: 503 with Retry-After is as good as what it expects. `callee_may_die`: its BYE may be answered 408.
    """

    number: str = "+821012345678"
    expects: int = 200
    headers: str = ""
    uri: str = ""
    from_host: str = "[local_ip]"
    talk_ms: int = 100
    cancel_after_ms: int | None = None
    cancel_once_ringing: bool = False
    sdp: str = SDP
    callee_hangs_up: bool = False
    bye_headers: str = ""
    options_status: int | None = None
    options: int = 1
    may_be_refused: bool = False
    callee_may_die: bool = False

    @property
    def scenario(self) -> str:
        """The SIPp scenario."""
        parts = [_send(self._invite(), retransmit=True)]
        if self.cancel_after_ms is not None:
            parts += self._cancelling()
        else:
            parts += [*_OPTIONAL_PROVISIONALS, *self._refusal(), self._final(), *self._after_refusal()]
        return _scenario(parts)

    def _uri(self) -> str:
        return self.uri or f"sip:{self.number}@[remote_ip]:[remote_port]"

    def _head(self, method: str, *, uri: str = "", to_tag: str = "", transaction: int = 1) -> str:
        return (
            f"{method} {uri or self._uri()} SIP/2.0\n"
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-{transaction}\n"
            f"From: <sip:+15550001@{self.from_host}>;tag=[pid]uac[call_number]\n"
            f"To: <sip:{self.number}@[remote_ip]:[remote_port]>{to_tag}\n"
            "Call-ID: [call_id]\n"
            "Max-Forwards: 70\n"
            "Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>\n"
        )

    def _invite(self) -> str:
        return (
            self._head("INVITE")
            + "CSeq: 1 INVITE\n"
            + self.headers
            + f"Content-Type: application/sdp\nContent-Length: [len]\n\n{self.sdp}"
        )

    def _final(self) -> str:
        if self.expects >= 300:
            return f'<recv response="{self.expects}"/>' + _send(self._negative_ack())
        answered = '<recv response="200" rrs="true" crlf="true"/>' + _send(
            self._head("ACK", uri="[next_url]", to_tag="[peer_tag_param]", transaction=2).replace(
                "Max-F", "[routes]\nMax-F"
            )
            + f"CSeq: 1 ACK\n{_NO_BODY}"
        )
        if self.options_status is not None:
            answered += _options(self.options_status) * self.options
        if self.callee_hangs_up:
            late = '<recv response="180" optional="true"/>' if self.may_be_refused else ""  # of a slower worker
            return answered + late + '<recv request="BYE"/>' + _send(_ok("BYE"))
        bye = self._head("BYE", uri="[next_url]", to_tag="[peer_tag_param]", transaction=3).replace(
            "Max-F", "[routes]\nMax-F"
        )
        return (
            answered
            + f'<pause milliseconds="{self.talk_ms}"/>'
            + _send(f"{bye}CSeq: 2 BYE\n{self.bye_headers}{_NO_BODY}", retransmit=True)
            + ('<recv response="408" optional="true" next="gone"/>' if self.callee_may_die else "")
            + '<recv response="200"/>'
            + ('<label id="gone"/><pause milliseconds="1"/>' if self.callee_may_die else "")
        )

    def _refusal(self) -> list[str]:
        if not self.may_be_refused:
            return []
        asked_back = '<ereg regexp="[1-9][0-9]*" search_in="hdr" header="Retry-After:" check_it="true" assign_to="s"/>'
        return [f'<recv response="503" optional="true" next="refused"><action>{asked_back}</action></recv>']

    def _after_refusal(self) -> list[str]:
        if not self.may_be_refused:
            return []
        done = '<label id="done"/><pause milliseconds="1"/><Reference variables="s"/>'
        refused = f'<label id="refused"/>{_send(self._negative_ack())}'
        return ['<nop next="done"/>', refused, done]

    def _within(self, method: str, *, transaction: int) -> str:
        head = self._head(method, uri="[next_url]", to_tag="[peer_tag_param]", transaction=transaction)
        return head.replace("Max-Forwards", "[routes]\nMax-Forwards")

    def _negative_ack(self) -> str:
        return self._head("ACK", to_tag="[peer_tag_param]") + f"CSeq: 1 ACK\n{_NO_BODY}"

    def _cancelling(self) -> list[str]:
        ringing = ['<recv response="180"/>'] if self.cancel_once_ringing else []
        cancel = self._head("CANCEL") + f"CSeq: 1 CANCEL\n{_NO_BODY}"
        return [
            '<recv response="100"/>',
            *ringing,
            f'<pause milliseconds="{self.cancel_after_ms}"/>',
            _send(cancel),
            '<recv response="180" optional="true"/>',
            f'<recv response="{self.expects}" optional="true" next="final_first"/>',
            '<recv response="200"/>',
            f'<recv response="{self.expects}"/>',
            _send(self._negative_ack()).replace("<send", '<send next="done"', 1),
            '<label id="final_first"/>',
            _send(self._negative_ack()),
            '<recv response="200"/>',
            '<label id="done"/>',
            '<pause milliseconds="1"/>',
        ]


_OPTIONAL_PROVISIONALS = [f'<recv response="{status}" optional="true"/>' for status in (100, 180, 183)]


def _send(text: str, *, retransmit: bool = False) -> str:
    head, _, body = text.partition("\n\n")
    lines = "\n".join(line for line in head.split("\n") if line)
    retransmission = ' retrans="500"' if retransmit else ""
    return f"<send{retransmission}><![CDATA[\n{lines}\n\n{body}\n]]></send>"


def _scenario(parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return f'<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="dialplane">\n{body}\n</scenario>\n'
