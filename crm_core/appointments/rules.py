"""Times of appointments. Pure decisions over plain values."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crm_core.followups.rules import AppointmentTimes, Place
from crm_core.kernel.calendar import after_quiet, local_instant

GRACE = timedelta(minutes=5)


def span_problem(start: datetime, end: datetime, now: datetime, *, vague: bool = False) -> str | None:
    """The text key of what is wrong with a time; a half-day that has begun is still good."""
    if end <= start:
        return "error.end_before_start"
    last = end if vague else start
    return "error.past_time" if last < now - GRACE else None


def reminder_at(start: datetime, zone: str, times: AppointmentTimes, *, vague: bool = False) -> datetime:
    """So long before it begins, or in the morning of the day when that is later.

    What begins before that morning is announced half as long ahead; of a vague time the morning is said.
    """
    day = start.astimezone(ZoneInfo(zone)).date()
    morning = local_instant(day, times.day_at, zone)
    if vague:
        return morning
    wanted = max(start - times.remind_before, morning)
    return wanted if wanted < start else start - times.remind_before / 2


def brief_at(start: datetime, place: Place, times: AppointmentTimes, *, vague: bool = False) -> datetime | None:
    """When the owner gets what is known of the customer, never in quiet hours.

    None where the policy has none, where it could come only once he is there, and for a day without a time: the
    morning's reminder has the button.
    """
    wanted = start - times.brief_before
    if wanted == start or (vague and wanted < reminder_at(start, place.zone, times, vague=True)):
        return None
    at = after_quiet(wanted, place.hours, place.zone)
    return at if at < start else None


def asked_at(
    start: datetime, end: datetime, now: datetime, place: Place, times: AppointmentTimes, *, vague: bool = False
) -> tuple[datetime, datetime]:
    """When the owner is asked how it went, and when others hear that he has not said: never in quiet hours."""
    over = (end if vague else start) + times.check_after
    asked = after_quiet(over, place.hours, place.zone)
    unanswered = after_quiet(max(asked, now) + times.manager_after, place.hours, place.zone)
    return asked, unanswered


def overlap(a: tuple[datetime, datetime], b: tuple[datetime, datetime]) -> bool:
    """Whether two spans share time; touching ends do not."""
    return a[0] < b[1] and b[0] < a[1]


def is_visit_of(start: datetime, at: datetime, zone: str) -> bool:
    """Whether a visit recorded at `at` is the appointment that starts at `start`: that day, or shortly after."""
    tz = ZoneInfo(zone)
    same_day = start.astimezone(tz).date() == at.astimezone(tz).date()
    return same_day or timedelta() <= at - start <= timedelta(hours=24)


def vehicle_key(vehicle: str) -> str:
    """The vehicle as said, comparable: `蔚来 ES6` and `蔚来es6` are the same."""
    return re.sub(r"[\W_]+", "", vehicle).lower()
