"""Logs as one JSON object a line, with an allow-list of fields: nothing about a person can slip in."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from crm_core.kernel.spelt import without_personal

ALLOWED = frozenset({
    "event", "level", "timestamp", "error", "reference", "path", "where", "channel", "kind", "timer", "outbox", "job",
    "loop", "attempts", "timers", "messages", "arrivals", "dead", "drift", "silence", "role", "seconds", "count",
    "version", "port", "host", "troubles", "concept", "command", "times",
})  # fmt: skip


# A field says what happened, not what somebody wrote.
MAX_VALUE = 300


def configure_logs(stream: TextIO | None = None, *, plain: bool = False) -> None:
    """Send our events, and warnings of libraries, to standard error (or to `stream`).

    `plain` is for reading at a terminal; it shows the same fields.
    """
    stream = stream or sys.stderr
    line = structlog.dev.ConsoleRenderer(colors=False) if plain else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            where_it_broke,
            only_allowed,
            line,
        ],
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Bare())
    threading.excepthook = _thread_died
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _thread_died(args: threading.ExceptHookArgs) -> None:
    """What ends a thread is logged like every other error; Python's own hook would print the values it was about."""
    structlog.get_logger().error("thread_died", error=args.exc_type.__name__, exc_info=args.exc_value)


class Bare(logging.Formatter):
    """A library's warning as one line: who warns, its message before anything is filled in, and where."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {"level": record.levelname.lower(), "channel": record.name}
        event["event"] = str(record.msg)[:200] if record.args else "warning"
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            event |= {"error": type(error).__name__, "exc_info": error}
        return json.dumps(only_allowed(None, "", where_it_broke(None, "", event)), ensure_ascii=False)


def where_it_broke(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Files, lines and functions of an error instead of its message, which may quote what a person said."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        event["where"] = [f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno}:{f.name}" for f in frames]
    return event


def only_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list, and what identifies somebody from those that are."""
    return {key: _harmless(value) for key, value in event.items() if key in ALLOWED}


def _harmless(value: Any) -> Any:
    """A value without numbers and addresses of people; numbers stay numbers, anything else is text."""
    if isinstance(value, (list, tuple)):
        return [_harmless(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return without_personal(str(value))[:MAX_VALUE]
