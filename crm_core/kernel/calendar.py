"""Working time: weekly shifts in a zone, with closures, make-up days and public holidays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_HORIZON_DAYS = 400


class Shift(BaseModel):
    """From and until, local time; a lunch break is two shifts."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start: time = Field(alias="from")
    end: time = Field(alias="until", description="at or before `from`: on the next day")


def _in_order(shifts: list[Shift]) -> list[Shift]:
    """Raises ValueError when one begins before the one before it ends; only the last may pass midnight."""
    for earlier, later in pairwise(shifts):
        if earlier.end <= earlier.start or later.start < earlier.end:
            raise ValueError(f"the shift from {later.start:%H:%M} begins before the one before it ends")
    return shifts


Shifts = Annotated[list[Shift], AfterValidator(_in_order)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class Hours(BaseModel):
    """`hours.yaml`: when a dealer works and when he is not to be disturbed."""

    model_config = ConfigDict(extra="forbid")
    week: dict[Weekday, Shifts]
    public_holidays: bool = Field(default=False, description="closed on China's public holidays")
    closed: list[date] = []
    open_extra: dict[date, Shifts] = Field(default={}, description="make-up working days")
    quiet_from: time = time(21, 30)
    quiet_until: time = time(8, 30)

    def shifts_on(self, day: date) -> list[Shift]:
        """The shifts of a local date, in order; empty when closed."""
        if day in self.open_extra:
            return self.open_extra[day]
        if day in self.closed or (self.public_holidays and is_public_holiday(day)):
            return []
        return self.week.get(WEEKDAYS[day.weekday()], [])


@lru_cache(maxsize=2048)
def is_public_holiday(day: date) -> bool:
    """Statutory days off in China; beyond the library's last year only fixed-date ones are known."""
    import chinese_calendar

    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return (day.month, day.day) in {(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)}
    return bool(off and name)


def _spans(hours: Hours, zone: str, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Working spans that end after `start`, as UTC instants, for a bounded number of days."""
    tz = ZoneInfo(zone)
    # A night shift of the day before may still run.
    day = start.astimezone(tz).date() - timedelta(days=1)
    for _ in range(_HORIZON_DAYS):
        for shift in hours.shifts_on(day):
            begin = datetime.combine(day, shift.start, tz).astimezone(UTC)
            end_day = day + timedelta(days=1) if shift.end <= shift.start else day
            end = datetime.combine(end_day, shift.end, tz).astimezone(UTC)
            if end > start:
                yield max(begin, start), end
        day += timedelta(days=1)


def add_working(start: datetime, amount: timedelta, hours: Hours, zone: str) -> datetime:
    """The instant when `amount` of working time has passed since `start`.

    With no working hours at all the amount counts as calendar time, so that nothing is lost.
    """
    left = amount
    for begin, end in _spans(hours, zone, start.astimezone(UTC)):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return start + amount


def is_working(at: datetime, hours: Hours, zone: str) -> bool:
    """Whether somebody is at work at this instant."""
    first = next(_spans(hours, zone, at.astimezone(UTC)), None)
    return first is not None and first[0] <= at < first[1]


def after_quiet(at: datetime, hours: Hours, zone: str) -> datetime:
    """`at`, or the end of the quiet hours it falls into. Quiet hours move, they never drop."""
    local = at.astimezone(ZoneInfo(zone))
    clock = local.time()
    if hours.quiet_from <= hours.quiet_until:
        quiet = hours.quiet_from <= clock < hours.quiet_until
    else:
        quiet = clock >= hours.quiet_from or clock < hours.quiet_until
    if not quiet:
        return at
    day = local.date() + (timedelta(days=1) if clock >= hours.quiet_until else timedelta())
    return datetime.combine(day, hours.quiet_until, local.tzinfo).astimezone(UTC)


def local_instant(day: date, at: time, zone: str) -> datetime:
    """A local date and time as an instant."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
