"""Whom a piece of work goes to, and when it is due. Pure decisions over plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Worker:
    """A colleague who could do it: `place` is 0 for the nearest, `load` his open tasks."""

    person_id: str
    load: int
    away: bool
    place: int = 0


def pick(workers: Sequence[Worker]) -> Worker | None:
    """On duty before away, then the least open tasks, then the nearest."""
    return min(workers, key=lambda w: (w.away, w.load, w.place), default=None)


def fires_at(due_at: datetime, now: datetime) -> datetime:
    """When a reminder fires: a due time that passed already is due at once, never lost."""
    return max(due_at, now)


def is_overdue(due_at: datetime | None, state: str, now: datetime) -> bool:
    return state == "open" and due_at is not None and due_at < now
