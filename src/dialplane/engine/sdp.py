"""An SDP offer cut to a provider's codecs (RFC 4566, RFC 3264)."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

ALWAYS_KEPT = "telephone-event"
"""DTMF is no codec of the carrier's choosing: without it no menu works."""

_STATIC: Mapping[str, str] = {
    **{"0": "PCMU", "3": "GSM", "4": "G723", "5": "DVI4", "6": "DVI4", "7": "LPC", "8": "PCMA", "9": "G722"},
    **{"10": "L16", "11": "L16", "12": "QCELP", "13": "CN", "15": "G728", "16": "DVI4", "17": "DVI4", "18": "G729"},
}
"""Payload types that need no rtpmap (RFC 3551, section 6)."""
_MEDIA = re.compile(r"m=audio (\d+)((?:/\d+)? \S+)((?: \S+)+)\s*$")
_RTPMAP = re.compile(r"a=rtpmap:(\S+) ([^/\s]+)")
_OF_FORMAT = re.compile(r"a=(?:rtpmap|fmtp|rtcp-fb):(\S+) ")


def shares_codec(names: Collection[str], offered: Collection[str]) -> bool:
    """Whether one of the offered codecs is among those of these names, as `restricted` compares them."""
    wanted = {name.strip().lower() for name in names} - {ALWAYS_KEPT}
    return any(name.strip().lower() in wanted for name in offered)


def restricted(body: str, names: Collection[str]) -> str | None:
    """The body with its audio cut to codecs of these names and DTMF; None if they share none with it.

    A line of audio without a codec of these is refused, by port 0 with its formats (RFC 3264, section 6). Other media,
    and audio that is refused already, stay: what offers no audio has nothing to restrict. `body` may be a multipart
    one.
    """
    wanted = {name.strip().lower() for name in names} - {ALWAYS_KEPT}
    offered, shared, cut = 0, 0, []
    for section in _sections(body):
        media = _MEDIA.match(section[0])
        if media is None or media[1] == "0":
            cut += section
            continue
        offered += 1
        kept = _kept(section, media[3].split(), wanted)
        shared += kept is not None
        cut += _cut(section, media, kept)
    return "".join(cut) if shared or not offered else None


def _sections(body: str) -> Iterator[list[str]]:
    """The lines with their ends, in groups that each begin at a media line or at a boundary of a multipart body."""
    section: list[str] = []
    for line in body.splitlines(keepends=True) or [""]:
        if section and line.startswith(("m=", "--")):
            yield section
            section = []
        section.append(line)
    yield section


def _kept(section: Sequence[str], formats: Sequence[str], wanted: Collection[str]) -> list[str] | None:
    """The payload types that stay, None if none of them is speech."""
    names = {**_STATIC, **{match[1]: match[2] for line in section if (match := _RTPMAP.match(line))}}
    named = {number: names.get(number, "").lower() for number in formats}
    if not any(name in wanted for name in named.values()):
        return None
    return [number for number, name in named.items() if name in wanted or name == ALWAYS_KEPT]


def _cut(section: Sequence[str], media: re.Match[str], kept: Sequence[str] | None) -> list[str]:
    end = section[0][len(section[0].rstrip("\r\n")) :]
    if kept is None:
        return [f"m=audio 0{media[2]}{media[3]}{end}", *section[1:]]
    first = f"m=audio {media[1]}{media[2]} {' '.join(kept)}{end}"
    others = [line for line in section[1:] if not (match := _OF_FORMAT.match(line)) or match[1] in kept]
    return [first, *others]
