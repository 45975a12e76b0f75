"""A moment or a stretch of time as a plain value, and its JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any


@dataclass(frozen=True, slots=True)
class TimeValue:
    """`kind`: date, datetime, time, daterange, datetimerange, timerange, duration. Naive local values.

    `end` is exclusive; a deadline has an end alone, an open start a start alone. `seconds` is a length.
    """

    kind: str
    start: date | datetime | time | None = None
    end: date | datetime | time | None = None
    seconds: float | None = None

    def as_dict(self, zone: tzinfo | None) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "start": _zoned(self.start, zone),
            "end": _zoned(self.end, zone),
            "seconds": self.seconds,
        }

    def json(self, now: datetime) -> Any:
        """The contract's `when`: an ISO string with the offset of `now`, a bare date, or start and end."""
        value = self.anchored(now)
        if value.kind in ("date", "datetime"):
            return _iso(value.start, now.tzinfo)
        ends = {"start": _iso(value.start, now.tzinfo), "end": _iso(value.end, now.tzinfo)}
        return {name: text for name, text in ends.items() if text is not None}

    def anchored(self, now: datetime) -> TimeValue:
        """A clock time without a day is its next occurrence; a duration runs from `now`."""
        local = now.replace(tzinfo=None)
        if self.kind == "time" and isinstance(self.start, time):
            moment = datetime.combine(local.date(), self.start)
            return TimeValue("datetime", moment if moment > local else moment + timedelta(days=1))
        if self.kind == "timerange":
            return self._next_range(local)
        if self.kind == "duration" and self.seconds is not None:
            return TimeValue("datetimerange", local, local + timedelta(seconds=self.seconds))
        return self

    def _next_range(self, local: datetime) -> TimeValue:
        start = datetime.combine(local.date(), self.start) if isinstance(self.start, time) else None
        end = datetime.combine(local.date(), self.end) if isinstance(self.end, time) else None
        if start and end and end <= start:
            end += timedelta(days=1)
        if (end or start or local) <= local:
            start = start + timedelta(days=1) if start else None
            end = end + timedelta(days=1) if end else None
        return TimeValue("datetimerange", start, end)


def _zoned(value: Any, zone: tzinfo | None) -> Any:
    return value.replace(tzinfo=zone) if isinstance(value, datetime) else value


def _iso(value: Any, zone: tzinfo | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone).isoformat()
    return str(value.isoformat())
