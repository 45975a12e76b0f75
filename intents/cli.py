"""Lines in, JSON lines out: what `understand --json` and `--jsonl` print."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .llm.trouble import ModelTrouble
from .llm.words import Message
from .recognizer import understand
from .schema import load_schema, roles
from .types import Context, Understanding

if TYPE_CHECKING:
    from .llm import LanguageModel


class LineError(ValueError):
    """An input line that is not of the documented form."""


def run(
    lines: Iterable[str], *, jsonl: bool, role: str, now: datetime, model: LanguageModel | None = None
) -> Iterator[str]:
    """One JSON object a line. With `jsonl` each line is `{"text", "as", "now", "context"}` (text alone needed).

    With `model` it is asked about what the sentences do not read for sure.

    A malformed line gives `{"error", "line"}` and the rest goes on. Blank lines are skipped.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            understood = _one(line.rstrip("\r\n"), jsonl, role, now, model)
            yield understood.dumps()
        except LineError as error:
            yield json.dumps({"error": str(error), "line": number}, ensure_ascii=False)


def _one(line: str, jsonl: bool, role: str, now: datetime, model: LanguageModel | None) -> Understanding:
    if not jsonl:
        return _understood(line, role, now, None, model)
    row = _object(line)
    text = row.get("text")
    if not isinstance(text, str):
        raise LineError("`text` must be a string")
    speaker = row.get("as") or role
    if speaker not in roles():
        raise LineError(f"`as` must be one of {', '.join(sorted(roles()))}")
    return _understood(text, speaker, _now(row.get("now"), now), _context(row.get("context")), model)


def _understood(
    text: str, role: str, now: datetime, context: Context | None, model: LanguageModel | None
) -> Understanding:
    """By the sentences; else by the model, where it is of help."""
    started = time.perf_counter()
    found = understand(text, role=role, now=now, context=context)
    if model is None or found.outcome == "recognised" or not text.strip():
        return found
    offered = frozenset(name for name, spec in load_schema().items() if role in spec.who)
    outside = role in ("customer", "visitor")
    message = Message(text, role, now, offered, context or Context(), trusted=not outside)
    try:
        read = model.read(message).understanding
    except ModelTrouble:
        return found
    ms = (time.perf_counter() - started) * 1000
    return replace(read, ms=ms) if read.outcome == "recognised" else replace(found, ms=ms)


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
