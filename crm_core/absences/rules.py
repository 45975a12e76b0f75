"""When an absence begins and ends, and when people hear of it. Pure decisions over plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm_core.kernel.calendar import Hours, after_quiet


@dataclass(frozen=True)
class Times:
    """When the work is passed on, and when it comes back: the first moment in which people may be told."""

    pass_on: datetime
    give_back: datetime


def span_problem(start: datetime, end: datetime, now: datetime) -> str | None:
    """The text key of what is wrong with a span."""
    if end <= start:
        return "error.end_before_start"
    return "error.past_time" if end <= now else None


def times(start: datetime, end: datetime, hours: Hours, zone: str) -> Times:
    """Nobody is told at midnight that his colleague's day off has begun; never later than the leave itself."""
    passed = after_quiet(start, hours, zone)
    return Times(min(passed, end), after_quiet(end, hours, zone))
