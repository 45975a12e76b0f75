"""Lines in, JSON lines out: what `understand --json` and `--jsonl` print."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from .recognizer import understand
from .schema import roles
from .types import Context


class LineError(ValueError):
    """An input line that is not of the documented form."""


def run(lines: Iterable[str], *, jsonl: bool, role: str, now: datetime) -> Iterator[str]:
    """One JSON object a line. With `jsonl` each line is `{"text", "as", "now", "context"}` (text alone needed).

    A malformed line gives `{"error", "line"}` and the rest goes on. Blank lines are skipped.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _one(line.rstrip("\r\n"), jsonl, role, now)
        except LineError as error:
            yield json.dumps({"error": str(error), "line": number}, ensure_ascii=False)


def _one(line: str, jsonl: bool, role: str, now: datetime) -> str:
    if not jsonl:
        return understand(line, role=role, now=now).dumps()
    row = _object(line)
    text = row.get("text")
    if not isinstance(text, str):
        raise LineError("`text` must be a string")
    speaker = row.get("as") or role
    if speaker not in roles():
        raise LineError(f"`as` must be one of {', '.join(sorted(roles()))}")
    return understand(
        text, role=speaker, now=_now(row.get("now"), now), context=_context(row.get("context"))
    ).dumps()


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise LineError(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise LineError("each line must be a JSON object")
    return row


def _now(value: Any, default: datetime) -> datetime:
    if value is None:
        return default
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise LineError("`now` must be an ISO date and time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=default.tzinfo)


def _context(value: Any) -> Context | None:
    if value is None:
        return None
    known = ("focus_person", "asked_intent", "asked_slot")
    if not isinstance(value, dict) or any(not isinstance(value.get(k), str | None) for k in known):
        raise LineError(f"`context` must be an object of {', '.join(known)}")
    return Context(*(value.get(name) for name in known))
