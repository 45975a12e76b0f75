"""A clock that all processes of a fault test share: it may run fast, stand apart from the wall, and jump."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass
class SharedClock:
    """`start` (ISO) at the wall's `anchor`, then `rate` seconds a second, `offset` seconds ahead.

    Leases, back-offs and the wait for somebody to be told shorten with the rate.
    """

    start: str
    anchor: float
    rate: float = 1.0
    offset: float = 0.0

    @staticmethod
    def at(start: datetime, rate: float = 1.0) -> SharedClock:
        """A clock that shows `start` now."""
        return SharedClock(start.astimezone(UTC).isoformat(), time.time(), rate)

    @staticmethod
    def of(values: dict[str, Any]) -> SharedClock:
        return SharedClock(**values)

    def values(self) -> dict[str, Any]:
        """What another process needs to show the same time."""
        return asdict(self)

    def now(self) -> datetime:
        return self.when(time.time())

    def when(self, wall: float) -> datetime:
        """What the clock showed at an instant of the wall (seconds since 1970)."""
        passed = (wall - self.anchor) * self.rate + self.offset
        return datetime.fromisoformat(self.start) + timedelta(seconds=passed)

    def wait_until(self, at: datetime) -> None:
        """Sleep until the clock shows `at`."""
        while (left := (at - self.now()).total_seconds()) > 0:
            time.sleep(min(left / self.rate, 0.2))
