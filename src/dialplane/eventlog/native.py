"""Events that Kamailio's own script writes, into the same files as the Python writer.

In a process that writes them, stderr (file descriptor 2) is the hour's file; a line of `xlog` is one write(2) to it
(`edge/nativelog.py`, `keep_lines_whole`). What Kamailio puts in front, and clocks that no pseudo-variable has, make the
line another one than Python's:

 3(4711) ALERT: <mark>490123 1764131662123456789 {"kind":"attempt_ringing",...}

Behind the mark stand the hour (hours since 1970 UTC) and the wall clock less the monotonic one in ns: the event has no
`mono` of its own. The mark is a secret of the folder: whatever text of a stranger Kamailio may log there, it is no
event. Text from the wire is written as hexadecimal digits, which need no escaping.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import fields, replace

from dialplane.eventlog.kinds import MAX_REASON, AnyEvent, AttemptAnswered, AttemptEnded, Event
from dialplane.eventlog.writer import MAX_TEXT, printable

MARK = "mark"
"""The file with the mark, in the folder of the log."""

_MARK_BYTES = 12
_HEXADECIMAL: Mapping[type[Event], tuple[str, int]] = {
    AttemptEnded: ("reason", MAX_REASON),
    AttemptAnswered: ("tag", MAX_TEXT),
}
"""Fields with text from the wire, and the most characters of each."""

_decode: Callable[[bytes | memoryview], AnyEvent] = msgspec.json.Decoder(AnyEvent).decode


def read_mark(folder: Path) -> str:
    """The mark of a log, "" if Kamailio never wrote into it. Raises OSError."""
    try:
        return (folder / MARK).read_text()
    except FileNotFoundError:
        return ""


def ensure_mark(folder: Path) -> str:
    """The same; made if there is none yet. Raises OSError."""
    mark = read_mark(folder)
    if not mark:
        mark = f"<{secrets.token_hex(_MARK_BYTES)}>"
        aside = folder / f"{MARK}.new"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "w") as file:
            file.write(mark)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(folder / MARK)
    return mark


def clocks(wall_ns: int, monotonic_ns: int) -> str:
    """The two figures behind the mark, of this moment."""
    return f"{wall_ns // 3_600_000_000_000} {wall_ns - monotonic_ns}"


def xlog_text(kind: type[Event], edge: str, values: Mapping[str, str]) -> str:
    """The JSON of an event with pseudo-variables for its values, as it stands in a quoted string of Kamailio's script.

    `values` has an expression for each field but `v`, `mono` and `edge`; the expression for several fields, named
    `a,b`, yields their names as well. Raises ValueError if a field is missing, or of another kind.
    """
    types = {field.name: field.type for field in fields(kind) if field.name not in ("v", "mono", "edge")}
    if set(",".join(values).split(",")) != set(types):
        raise ValueError(f"{kind.__name__} has the fields {', '.join(types)}")
    parts = [f'"kind":{json.dumps(kind.__struct_config__.tag)}', f'"edge":{_literal(edge)}']
    parts += [
        f'"{name}":{_value(kind, name, value, types[name])}' if name in types else value
        for name, value in values.items()
    ]
    return ("{" + ",".join(parts) + "}").replace('"', '\\"')


def native_event(text: bytes) -> AnyEvent | None:
    """The event in what follows the mark, None if that is none."""
    try:
        _, skew_ns, body = text.split(b" ", 2)
        event = _decode(body)
        event = replace(event, mono=event.at * 1000 - int(skew_ns))
        name, longest = _HEXADECIMAL.get(type(event), ("", 0))
        return replace(event, **{name: _text(getattr(event, name), longest)}) if name else event
    except (ValueError, RecursionError):
        return None


def _literal(text: str) -> str:
    """Text that is no variable's: JSON, safe within a string of the script."""
    return json.dumps(text).replace("\\", "\\\\").replace("$", "$$")


def _value(kind: type[Event], name: str, expression: str, wanted: Any) -> str:
    """Quoted if it is text."""
    if _HEXADECIMAL.get(kind, ("", 0))[0] == name:
        return f'"$({expression.removeprefix("$")}{{s.encode.hexa}})"'
    return f'"{expression}"' if str in (wanted, getattr(wanted, "__origin__", None)) else expression


def _text(digits: str, longest: int) -> str:
    """The text of hexadecimal digits, as the Python writer would have noted it. Raises ValueError."""
    try:
        return printable(bytes.fromhex(digits).decode(), longest=longest)
    except UnicodeDecodeError:
        return "\ufffd"
