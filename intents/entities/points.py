"""One point of time from its atoms: a day, a stretch of days, a part of the day, a clock, a length."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from .atoms import Atom, Clock, Day, Length, Part, Stretch
from .timevalue import TimeValue

CODES = "DSOPCUNR"
DAY = timedelta(days=1)
_ALONE = "UNR"  # nothing is added to these


@dataclass(slots=True)
class Point:
    """The atoms of one end of an expression, by their codes."""

    atoms: dict[str, Any] = field(default_factory=dict)
    start: int = 0
    end: int = 0
    first: str = ""

    def __contains__(self, code: str) -> bool:
        return code in self.atoms

    def only(self, codes: str) -> bool:
        return bool(self.atoms) and all(code in codes for code in self.atoms)

    @property
    def day(self) -> Day | None:
        found: Day | None = self.atoms.get("D")
        return found

    def accepts(self, atom: Atom) -> bool:
        """Whether one more atom may say something about the same point."""
        code, have = atom.code, self.atoms
        if not have:
            return True
        if code in _ALONE or any(c in have for c in _ALONE):
            return False
        if code == "D" and "D" in have:
            return _agree(have["D"], atom.value)
        if code in have or (code in "SO" and any(c in have for c in "SO")):
            return False
        if code == "S" and "D" in have:
            return _within(have["D"], atom.value)
        if code == "D" and "S" in have:
            return _within(atom.value, have["S"])
        return not (code in "PC" and "S" in have and "D" not in have)

    def add(self, atom: Atom) -> None:
        if not self.atoms:
            self.start, self.first = atom.start, atom.code
        if atom.code == "D" and "D" in self.atoms:
            self.atoms["D"] = _both(self.atoms["D"], atom.value)
        else:
            self.atoms[atom.code] = atom.value
        self.end = atom.end

    def days(self, now: datetime, near: date | None = None) -> list[date]:
        """The days meant, likeliest first; none when no day is named."""
        if "O" in self and not isinstance(self.atoms["O"], datetime):
            return [self.atoms["O"]]
        if self.day is None:
            return []
        if "S" in self:
            return _days_of(self.day, self.atoms["S"])
        return self.day.resolve(now.date(), near)

    def values(self, now: datetime, near: date | None = None) -> list[TimeValue]:
        """Readings, likeliest first."""
        days = self.days(now, near)
        clock, part = self.atoms.get("C"), self.atoms.get("P")
        if isinstance(self.atoms.get("O"), datetime):
            return [TimeValue("datetime", self.atoms["O"].replace(microsecond=0))]
        if days and clock:
            found = [TimeValue("datetime", moment) for d in days for moment in _moments(d, clock, part, now)]
            return self._future_first(found, now)
        if days and part:
            found = [TimeValue("datetimerange", *_part_span(d, part)) for d in days]
            return self._future_first(found, now)
        if days:
            return [TimeValue("date", d) for d in days]
        if clock and clock.hour == 24:
            return [TimeValue("datetime", datetime.combine(now.date(), time()) + DAY)]
        if clock:
            return [TimeValue("time", at) for at in _clock_times(clock, part, now)]
        if part:
            return [TimeValue("timerange", _hour(part.start), _hour(part.end))]
        return self._plain(now)

    def _plain(self, now: datetime) -> list[TimeValue]:
        if "S" in self:
            stretch: Stretch = self.atoms["S"]
            spans = [(stretch.start, stretch.end), *stretch.others]
            return [TimeValue("daterange", start, end) for start, end in spans]
        if "R" in self:
            start, end = self.atoms["R"]
            return [TimeValue("datetimerange", start, end)]
        if "U" in self:
            length: Length = self.atoms["U"]
            return [TimeValue("duration", seconds=length.total)]
        if "N" in self:
            return [TimeValue("datetime", now.replace(microsecond=0))]
        return []

    def _future_first(self, values: list[TimeValue], now: datetime) -> list[TimeValue]:
        """A weekday or a date without its year is not one that is over, unless only the past is left."""
        day = self.day
        if day is None or day.fixed or day.past:
            return values
        ahead = [v for v in values if isinstance(v.start, datetime) and v.start >= now]
        if day.weekday is not None and not ahead:
            ahead = [_later(v, 7) for v in values[:1]]
        return ahead + [v for v in values if v not in ahead]


def _agree(one: Day, other: Day) -> bool:
    """周五 and 27号 may be one day; two dates, or two weekdays, are two."""
    return (one.weekday is None) != (other.weekday is None) or other == one


def _both(one: Day, other: Day) -> Day:
    """A date counts for more than the weekday said with it; of a month left out the weekday tells which."""
    date_said, weekday = (one, other.weekday) if other.weekday is not None else (other, one.weekday)
    if date_said.month is None and date_said.fixed is None and weekday is not None:
        return replace(date_said, falls_on=weekday)
    return date_said


def _within(day: Day, stretch: Stretch) -> bool:
    """Whether a day is one of a stretch: Friday of next week, the 20th of next month."""
    length = (stretch.end - stretch.start).days
    if day.weekday is not None:
        return length == 7 and day.fixed is None
    return day.day is not None and ((day.month is None and 28 <= length <= 31) or (day.open and length > 360))


def _days_of(day: Day, stretch: Stretch) -> list[date]:
    if day.weekday is not None:
        return [stretch.start + timedelta(days=day.weekday - stretch.start.weekday())]
    try:
        return [date(stretch.start.year, day.month or stretch.start.month, day.day or 1)]
    except ValueError:
        return []


def _later(value: TimeValue, days: int) -> TimeValue:
    step = timedelta(days=days)
    start, end = value.start, value.end
    return TimeValue(
        value.kind,
        start + step if isinstance(start, date) else start,
        end + step if isinstance(end, date) else end,
    )


def _hour(hours: float) -> time:
    return time(int(hours) % 24, round(hours % 1 * 60))


def _part_span(day: date, part: Part) -> tuple[datetime, datetime]:
    midnight = datetime.combine(day, time())
    return midnight + timedelta(hours=part.start), midnight + timedelta(hours=part.end)


def _moments(day: date, clock: Clock, part: Part | None, now: datetime) -> list[datetime]:
    midnight = datetime.combine(day, time())
    found = [
        midnight + timedelta(hours=h, minutes=clock.minute, seconds=clock.second) for h in hours(clock, part)
    ]
    if len(found) > 1 and found[0] < now <= found[1] and day == now.date():
        found.reverse()
    return found


def hours(clock: Clock, part: Part | None) -> list[int]:
    """The hours a clock face may mean: the part of the day decides, else working hours come first."""
    hour = clock.hour
    if part is None:
        if not clock.open:
            return [hour]
        other = (hour + 12) % 24
        return [hour + 12, hour] if hour < 8 else [hour, other if hour != 12 else 0]
    if part.pm:
        if part.start >= 16 and hour in (0, 12) and clock.open:
            return [24]
        if part.start >= 20 and hour < 5:
            return [hour + 24]
        return [hour if hour >= 12 or (part.start == 11 and hour >= 10) else hour + 12]
    return [0 if hour == 12 and part.end <= 6 else hour]


def _clock_times(clock: Clock, part: Part | None, now: datetime) -> list[time]:
    times = [time(h % 24, clock.minute, clock.second) for h in hours(clock, part)]
    if len(times) > 1:
        times.sort(key=lambda t: (not 7 <= t.hour <= 20, (t.hour * 60 + t.minute - now.hour * 60 - now.minute) % 1440))
    return times
