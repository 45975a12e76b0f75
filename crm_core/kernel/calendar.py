"""Working time: weekly shifts in a zone, with closures, make-up days and public holidays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_HORIZON_DAYS = 400
_SATURDAY = 5


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


def _each_day(value: Any) -> Any:
    """Days, and spans of days such as `{from: 2027-02-05, until: 2027-02-11}`, as single days."""
    if not isinstance(value, list):
        return value
    days: list[Any] = []
    for item in value:
        days += _Span.model_validate(item).days() if isinstance(item, dict) else [item]
    return days


class _Span(BaseModel):
    model_config = ConfigDict(extra="forbid")
    first: date = Field(alias="from")
    last: date = Field(alias="until", description="the last day, included")

    def days(self) -> list[date]:
        """Raises ValueError when it ends before it begins, or lasts more than a year."""
        length = (self.last - self.first).days
        if not 0 <= length <= 366:
            raise ValueError(f"from {self.first} until {self.last} is no span of days within a year")
        return [self.first + timedelta(days=n) for n in range(length + 1)]


Days = Annotated[frozenset[date], BeforeValidator(_each_day)]


class HolidayYear(BaseModel):
    """The public holidays of a year as they were announced, and the weekend days worked in their stead."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    free: Days = frozenset()
    worked: Days = frozenset()


class Hours(BaseModel):
    """`hours.yaml`: when a dealer works and when he is not to be disturbed."""

    model_config = ConfigDict(extra="forbid")
    week: dict[Weekday, Shifts]
    public_holidays: bool = Field(default=False, description="keeps China's public holidays and make-up days")
    make_up_as: Weekday = Field(default="mon", description="whose shifts a make-up day has when it has none")
    holidays: dict[int, HolidayYear] = Field(default={}, description="years told here instead of known by themselves")
    closed: Days = frozenset()
    open_extra: dict[date, Shifts] = Field(default={}, description="days with shifts of their own")
    quiet_from: time = time(21, 30)
    quiet_until: time = time(8, 30)

    def shifts_on(self, day: date) -> list[Shift]:
        """The shifts of a local date, in order; empty when closed."""
        if day in self.open_extra:
            return self.open_extra[day]
        if day in self.closed:
            return []
        usual = self.week.get(WEEKDAYS[day.weekday()], [])
        if not self.public_holidays:
            return usual
        kind = self.kind_of(day)
        if kind == "work":
            return usual or self.week.get(self.make_up_as, [])
        return [] if kind == "off" else usual

    def kind_of(self, day: date) -> Statutory:
        """By the table of its year when there is one, else by what is known of China's calendar."""
        told = self.holidays.get(day.year)
        if told is None:
            return statutory(day)
        return "work" if day in told.worked else "off" if day in told.free else ""

    def knows(self, year: int) -> bool:
        """Whether the holidays of a year are known, and not only those of a fixed date."""
        return not self.public_holidays or year in self.holidays or year <= last_known_year()


Statutory = Literal["off", "work", ""]


@lru_cache(maxsize=2048)
def statutory(day: date) -> Statutory:
    """A public holiday of China, a weekend day worked in exchange for one, or neither.

    Beyond the last year that was announced only the holidays of a fixed date are known, and the week goes on.
    """
    import chinese_calendar

    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return "off" if (day.month, day.day) in {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)} else ""
    if off:
        return "off" if name else ""
    return "work" if day.weekday() >= _SATURDAY else ""


def is_public_holiday(day: date) -> bool:
    """Statutory days off in China; beyond the last announced year only fixed-date ones are known."""
    return statutory(day) == "off"


@lru_cache(maxsize=1)
def last_known_year() -> int:
    """The last year whose holidays are known by themselves."""
    from chinese_calendar.constants import holidays

    return int(max(day.year for day in holidays))


def _spans(hours: Hours, zone: str, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Working spans that end after `start`, as UTC instants, for a bounded number of days."""
    tz = ZoneInfo(zone)
    done = start
    # A night shift of the day before may still run.
    day = start.astimezone(tz).date() - timedelta(days=1)
    for _ in range(_HORIZON_DAYS):
        for shift in hours.shifts_on(day):
            begin = datetime.combine(day, shift.start, tz).astimezone(UTC)
            end_day = day + timedelta(days=1) if shift.end <= shift.start else day
            end = datetime.combine(end_day, shift.end, tz).astimezone(UTC)
            # Summer time may leave nothing of a shift, and a night shift may run into the next day's first.
            begin = max(begin, done)
            if end > begin:
                yield begin, end
                done = end
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


def is_quiet(at: datetime, hours: Hours, zone: str) -> bool:
    """Whether nobody is to be disturbed at this instant."""
    clock = at.astimezone(ZoneInfo(zone)).time()
    if hours.quiet_from <= hours.quiet_until:
        return hours.quiet_from <= clock < hours.quiet_until
    return clock >= hours.quiet_from or clock < hours.quiet_until


def after_quiet(at: datetime, hours: Hours, zone: str) -> datetime:
    """`at`, or the end of the quiet hours it falls into. Quiet hours move, they never drop."""
    if not is_quiet(at, hours, zone):
        return at
    local = at.astimezone(ZoneInfo(zone))
    clock = local.time()
    day = local.date() + (timedelta(days=1) if clock >= hours.quiet_until else timedelta())
    return datetime.combine(day, hours.quiet_until, local.tzinfo).astimezone(UTC)


def local_instant(day: date, at: time, zone: str) -> datetime:
    """A local date and time as an instant."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
