"""Logs: one JSON object per line on standard output, the libraries' own lines included.

Nothing here ever sees a query string: uvicorn's access log, which would print it, is off, and ours has the path only.
"""

import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from dialplane.api.process.lines import Lines

_encoder = msgspec.json.Encoder(enc_hook=str)


def _logger(level: int, out: Lines) -> type[Any]:
    """The class of our loggers. In one step, without structlog's chain of them: every request writes a line."""

    # mypy cannot know the base: it is made for the level, when this runs
    class Logger(structlog.make_filtering_bound_logger(level)):  # type: ignore[misc]
        def _proxy_to_logger(self, name: str, event: str | None = None, **told: Any) -> None:
            line: MutableMapping[str, Any] = {"event": event, **self._context, **told}
            if "exc_info" in line:
                line = structlog.processors.format_exc_info(None, name, line)
            line["level"] = name
            line["timestamp"] = datetime.now(UTC)
            out.write(_encoder.encode(line) + b"\n")

    return Logger


def _json_text(value: Any, **_: Any) -> str:
    return _encoder.encode(value).decode()


def _stamped(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["timestamp"] = datetime.now(UTC)
    return event


class _Text:
    """Where the libraries' own lines go in among ours."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.flush = lines.flush

    def write(self, text: str) -> None:
        self._lines.write(text.encode(errors="backslashreplace"))


def configure(level: str) -> Lines:
    """Sends all logging of this process to standard output, from `level` (debug, info, warning, error) up.

    Whoever ends the process closes what this returns, so that the last lines are written.
    """
    out = Lines(sys.stdout.buffer)
    number = logging.getLevelName(level.upper())
    shared: list[Any] = [
        structlog.processors.add_log_level,
        _stamped,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[],
        wrapper_class=_logger(number, out),
        cache_logger_on_first_use=True,
    )
    lines = logging.StreamHandler(_Text(out))
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_json_text),
            ],
        )
    )
    logging.basicConfig(level=max(number, logging.INFO), handlers=[lines], force=True)
    logging.getLogger("uvicorn.access").disabled = True
    return out
