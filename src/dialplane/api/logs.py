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

_encoder = msgspec.json.Encoder(enc_hook=str)


def _json(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> bytes:
    return _encoder.encode(event)


def _json_text(value: Any, **_: Any) -> str:
    return _encoder.encode(value).decode()


def _stamped(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["timestamp"] = datetime.now(UTC).isoformat()
    return event


def configure(level: str) -> None:
    """Sends all logging of this process to standard output, from `level` (debug, info, warning, error) up."""
    number = logging.getLevelName(level.upper())
    shared: list[Any] = [
        structlog.processors.add_log_level,
        _stamped,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, _json],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    lines = logging.StreamHandler(sys.stdout)
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
