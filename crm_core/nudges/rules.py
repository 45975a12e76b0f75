"""How often a colleague may be nudged about one thing. Pure decisions over plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EVERY = timedelta(minutes=30)


def window(now: datetime) -> int:
    """The number of the half hour an instant lies in: in each there is one nudge about one thing."""
    return int(now.astimezone(UTC).timestamp() // EVERY.total_seconds())


def next_in(now: datetime) -> timedelta:
    """How long until the next nudge about the same thing."""
    return timedelta(seconds=(window(now) + 1) * EVERY.total_seconds() - now.timestamp())
