"""One line of JSON per event, with request and journey ids, never a name.

Keys are an allow-list: what is not on it does not reach the log, whoever passes it.
"""

import logging as standard
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic_core import to_json

from services.chassis import tracing
from services.chassis.context import asking

ALLOWED = frozenset(
    [
        "event",
        "level",
        "time",
        "service",
        "request_id",
        "trace_id",
        "journey_id",
        "event_id",
        "workflow_id",
        "route",
        "method",
        "status",
        "duration_ms",
        "error",
        "where",
        "logger",
        "message",
        "kind",
        "rule",
        "rung",
        "channel",
        "outcome",
        "attempt",
        "count",
        "revision",
        "check",
        "address",
    ]
)

LEVELS = {"exception": "error", "warn": "warning"}
"""Ways to call a level by another name."""


def _as_line(_logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    """What is allowed of it, as JSON. One step instead of four: this is done for every request."""
    served = asking()
    if served is not None:
        event["request_id"] = served.request_id
    if tracing.carried and (trace_id := tracing.trace_id()) is not None:
        event["trace_id"] = trace_id
    if not event.keys() <= ALLOWED:
        for key in event.keys() - ALLOWED:
            del event[key]
    event["level"] = LEVELS.get(method, method)
    event["time"] = datetime.now(UTC)
    return to_json(event, fallback=str).decode()


class _StandardError:
    """Writes to whatever standard error is at that moment."""

    def __init__(self, *_names: object) -> None:
        pass

    def write(self, line: str) -> None:
        """One line."""
        sys.stderr.write(line + "\n")

    debug = info = warning = error = critical = write


class _Libraries(standard.Handler):
    """What libraries log: their own fixed words, without the values they would fill in."""

    def emit(self, record: standard.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        fixed = isinstance(record.msg, str) and record.name.startswith(("uvicorn", "alembic"))
        log = get_logger("library")
        log.log(
            record.levelno,
            "library",
            logger=record.name,
            **({"message": record.msg[:200]} if fixed else {}),
            **({"error": error} if error else {}),
        )


def configure(level: str = "info") -> None:
    """Send every line of this process to standard error as JSON. Safe to repeat."""
    number = standard.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[_as_line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_StandardError,
        cache_logger_on_first_use=False,
    )
    root = standard.getLogger()
    root.handlers = [_Libraries()]
    root.setLevel(max(number, standard.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = standard.getLogger(name)
        library.handlers = []
        library.propagate = name != "uvicorn.access"
    standard.getLogger("uvicorn.access").disabled = True


def get_logger(service: str) -> Any:
    """The log of one service; `log.info("migrated", revision="0002")`."""
    return structlog.get_logger().bind(service=service)
