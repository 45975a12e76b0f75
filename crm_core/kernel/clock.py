"""Time is a value. Code takes `now`; only a Clock knows how to ask for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

# Clocks of several hosts differ by less. What lies further ahead than it should was written before one was set back.
SKEW = timedelta(seconds=60)


class Clock(Protocol):
    """Gives the present instant, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock plus an offset, which a demo may move."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


class FixedClock:
    """A clock that stands still until it is moved. For tests and `--now`."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs an instant with a zone")
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def move_to(self, at: datetime) -> None:
        """Set the clock to `at` (aware)."""
        self._at = at.astimezone(UTC)

    def advance(self, **delta: float) -> datetime:
        """Move by `timedelta(**delta)` and return the new instant."""
        self._at += timedelta(**delta)
        return self._at
