"""Atoms to time values: day × part of the day × clock × length × range, in either language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from .atoms import Atom, Clock, Day, Length, Part, add_months, shifted
from .timevalue import TimeValue

_GLUE = re.compile(
    (
        r"[\s,的]{0,3}(?:在|于|大概|大约|差不多|at|on|in|of|the|from|around|about|"
        r", ?the)?\s?(?:the|about|around)?\s?(?:the)?\s*"
    ),
    re.I,
)
_POINT = "DSOPCUNR"
DAY = timedelta(days=1)


@dataclass(slots=True)
class _Point:
    """The atoms of one end of an expression."""

    atoms: dict[str, Any] = field(default_factory=dict)
    start: int = 0
    end: int = 0

    def __contains__(self, code: str) -> bool:
        return code in self.atoms

    def accepts(self, atom: Atom) -> bool:
        code, have = atom.code, self.atoms
        if not have:
            return True
        if code in "UNR" or any(c in have for c in "UNR"):
            return False
        if code == "D" and "D" in have:
            return (atom.value.weekday is None) != (have["D"].weekday is None)
        if code in have or (code in "SO" and any(c in have for c in "SO")):
            return False
        if code == "S" and "D" in have:
            return have["D"].weekday is not None and (atom.value[1] - atom.value[0]).days == 7
        if code == "D" and "S" in have:
            return atom.value.weekday is not None and (have["S"][1] - have["S"][0]).days == 7
        return not (code in "PC" and "S" in have and "D" not in have)

    def add(self, atom: Atom) -> None:
        if not self.atoms:
            self.start = atom.start
        if atom.code == "D" and "D" in self.atoms and atom.value.weekday is not None:
            pass
        else:
            self.atoms[atom.code] = atom.value
        self.end = atom.end


@dataclass(frozen=True, slots=True)
class Reading:
    """One expression in the text with its readings, likeliest first."""

    start: int
    end: int
    values: tuple[TimeValue, ...]


def combine(text: str, atoms: list[Atom], now: datetime) -> Iterator[Reading]:
    """Expressions from left to right. `now` is naive local time."""
    index = 0
    while index < len(atoms):
        step, reading = _expression(text, atoms, index, now)
        if reading and reading.values:
            yield reading
        index = max(step, index + 1)


def _expression(text: str, atoms: list[Atom], index: int, now: datetime) -> tuple[int, Reading | None]:
    prefix, start = "", atoms[index].start
    if atoms[index].code in "Fbaw" and not (atoms[index].code in "ab" and _han(atoms[index])):
        prefix, index = atoms[index].code, index + 1
        if index >= len(atoms) or not _adjacent(text, atoms[index - 1].end, atoms[index].start):
            return index, None
    index, first = _collect(text, atoms, index)
    if not first.atoms:
        return index, None
    last, second = first, None
    if index + 1 < len(atoms) and _links(text, atoms, index, prefix):
        after, second = _collect(text, atoms, index + 1)
        if second.atoms:
            index, last = after, second
    values = _range(first, second, now) if second and second.atoms else _values(first, now)
    end = last.end
    suffix = atoms[index] if index < len(atoms) else None
    if (
        suffix
        and (suffix.code in "BAW" or (suffix.code in "ab" and _han(suffix)))
        and not text[end : suffix.start].strip(" 的")
    ):
        prefix, end, index = suffix.code, suffix.end, index + 1
    if prefix and not (second and second.atoms):
        values = _bounded(values, prefix, first, now)
    start = start if prefix in "baw" and prefix else first.start
    return index, Reading(start, end, tuple(values))


def _han(atom: Atom) -> bool:
    """Chinese marks follow what they bound, English ones come first."""
    return isinstance(atom.value, str) and not atom.value.isascii()


def _adjacent(text: str, end: int, start: int) -> bool:
    return _GLUE.fullmatch(text[end:start]) is not None


def _links(text: str, atoms: list[Atom], index: int, prefix: str) -> bool:
    link, after = atoms[index], atoms[index + 1]
    if link.code not in "Tb" or (link.code == "b" and link.value.lower() not in ("till", "until")):
        return False
    if link.value == "and" and prefix != "F":
        return False
    if link.value == "-" and text[link.start - 1 : link.start] == text[link.end : link.end + 1] == "-":
        return False
    return _adjacent(text, atoms[index - 1].end, link.start) and _adjacent(text, link.end, after.start)


def _collect(text: str, atoms: list[Atom], index: int) -> tuple[int, _Point]:
    point = _Point()
    while index < len(atoms) and atoms[index].code in _POINT:
        atom = atoms[index]
        if point.atoms and not (_adjacent(text, point.end, atom.start) and point.accepts(atom)):
            break
        point.add(atom)
        index += 1
    return index, point


def _days(point: _Point, now: datetime, near: date | None = None) -> list[date]:
    if "O" in point and not isinstance(point.atoms["O"], datetime):
        return [point.atoms["O"]]
    if "D" not in point:
        return []
    day: Day = point.atoms["D"]
    if "S" in point and day.weekday is not None:
        return [point.atoms["S"][0] + timedelta(days=day.weekday)]
    return day.resolve(now.date(), near)


def _values(point: _Point, now: datetime, near: date | None = None) -> list[TimeValue]:
    """Readings of one point, likeliest first."""
    days = _days(point, now, near)
    clock, part = point.atoms.get("C"), point.atoms.get("P")
    if "O" in point and isinstance(point.atoms["O"], datetime):
        return [TimeValue("datetime", point.atoms["O"].replace(microsecond=0))]
    if days and clock:
        found = [TimeValue("datetime", moment) for d in days for moment in _moments(d, clock, part, now)]
        return _future_first(found, point, now)
    if days and part:
        return _future_first([TimeValue("datetimerange", *_part_span(d, part)) for d in days], point, now)
    if days:
        return [TimeValue("date", d) for d in days]
    if clock:
        return [TimeValue("time", at) for at in _clock_times(clock, part, now)]
    if part:
        return [TimeValue("timerange", time(part.start % 24), time(part.end % 24))]
    return _plain(point, now)


def _plain(point: _Point, now: datetime) -> list[TimeValue]:
    if "S" in point:
        return [TimeValue("daterange", point.atoms["S"][0], point.atoms["S"][1])]
    if "R" in point:
        start, end = point.atoms["R"]
        return [TimeValue("datetimerange", start, end)]
    if "U" in point:
        return [TimeValue("duration", seconds=point.atoms["U"].total)]
    if "N" in point:
        return [TimeValue("datetime", now.replace(microsecond=0))]
    return []


def _future_first(values: list[TimeValue], point: _Point, now: datetime) -> list[TimeValue]:
    """A weekday or a date without its year is not one that is over, unless only the past is left."""
    day: Day | None = point.atoms.get("D")
    if day is None or day.fixed or day.past:
        return values
    ahead = [v for v in values if isinstance(v.start, datetime) and v.start >= now]
    if day.weekday is not None and not ahead:
        ahead = [_later(v, 7) for v in values[:1]]
    return ahead + [v for v in values if v not in ahead]


def _later(value: TimeValue, days: int) -> TimeValue:
    step = timedelta(days=days)
    start, end = value.start, value.end
    return TimeValue(
        value.kind,
        start + step if isinstance(start, date) else start,
        end + step if isinstance(end, date) else end,
    )


def _part_span(day: date, part: Part) -> tuple[datetime, datetime]:
    midnight = datetime.combine(day, time())
    return midnight + timedelta(hours=part.start), midnight + timedelta(hours=part.end)


def _moments(day: date, clock: Clock, part: Part | None, now: datetime) -> list[datetime]:
    midnight = datetime.combine(day, time())
    found = [
        midnight + timedelta(hours=h, minutes=clock.minute, seconds=clock.second) for h in _hours(clock, part)
    ]
    if len(found) > 1 and found[0] < now <= found[1] and day == now.date():
        found.reverse()
    return found


def _hours(clock: Clock, part: Part | None) -> list[int]:
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
    times = [time(h % 24, clock.minute, clock.second) for h in _hours(clock, part)]
    if len(times) > 1:
        times.sort(key=lambda t: (t.hour < 6, (t.hour * 60 + t.minute - now.hour * 60 - now.minute) % 1440))
    return times


def _range(first: _Point, second: _Point, now: datetime) -> list[TimeValue]:
    """`first` to `second`; what the second leaves out is taken from the first."""
    days = _days(first, now)
    if "U" in first and "U" in second:
        return [TimeValue("duration", seconds=second.atoms["U"].total)]
    if ("C" in first or "P" in first) and not ("D" in second or "O" in second):
        for code in ("D", "O", "S"):
            if code in first:
                second.atoms.setdefault(code, first.atoms[code])
    if "D" in second and "D" not in first and "O" not in first and "C" in first:
        first.atoms["D"] = second.atoms["D"]  # from 3 to 5 pm tomorrow
        days = _days(first, now)
    if "C" in second and "P" in first and "P" not in second and second.atoms["C"].open:
        second.atoms["P"] = first.atoms["P"]
    if "C" in first and "P" in second and "P" not in first and first.atoms["C"].open:
        first.atoms["P"] = second.atoms["P"]
    near = days[0] if days and "D" in second and second.atoms["D"].fixed is None else None
    starts, ends = _values(first, now), _values(second, now, near)
    if not starts or not ends:
        return []
    if first.atoms.get("D") is not None and second.atoms.get("D") is first.atoms.get("D"):
        ends = _values(second, now)
    return _join(starts[0], ends[0])


def _join(a: TimeValue, b: TimeValue) -> list[TimeValue]:
    start, end = a.start, b.end if b.end is not None else b.start
    if start is None or end is None:
        return []
    if isinstance(start, datetime) and isinstance(end, datetime):
        if end <= start:
            end += timedelta(hours=12) if (end + timedelta(hours=12)) > start else DAY
        return [TimeValue("datetimerange", start, end)]
    if isinstance(start, time) and isinstance(end, time):
        if end <= start and end.hour < 12 and end.hour + 12 > start.hour:
            end = end.replace(hour=end.hour + 12)
        return [TimeValue("timerange", start, end)]
    if (
        b.kind == "daterange"
        and a.kind == "daterange"
        and isinstance(start, date)
        and isinstance(end, date)
        and end <= start
    ):
        start = add_months(start, -12)
    if (
        isinstance(start, datetime)
        or isinstance(end, datetime)
        or isinstance(start, time)
        or isinstance(end, time)
    ):
        return []
    return [TimeValue("daterange", start, end + DAY if b.kind == "date" else end)]


def _bounded(values: list[TimeValue], mark: str, point: _Point, now: datetime) -> list[TimeValue]:
    """Before, after, within. A deadline has an end alone; 'by Friday' includes the Friday."""
    found = []
    for value in values[:1]:
        if value.kind == "duration":
            found += _bounded_length(point.atoms["U"], mark, now)
        elif mark in "Bb":
            found.append(TimeValue(_range_kind(value), None, _deadline(value, point, mark)))
        elif mark in "AaF":
            found.append(TimeValue(_range_kind(value), _onset(value, mark), None))
        else:
            found.append(value)
    return found if mark in "BbAaF" or (values and values[0].kind == "duration") else values


def _bounded_length(length: Length, mark: str, now: datetime) -> list[TimeValue]:
    edge = shifted(now, length, -1 if mark in "B" else 1)
    if mark in "wWb":
        if isinstance(edge, datetime):
            return [TimeValue("datetimerange", now, edge)]
        return [TimeValue("daterange", now.date(), edge + DAY)]
    return [TimeValue("datetime" if isinstance(edge, datetime) else "date", edge)]


def _range_kind(value: TimeValue) -> str:
    return value.kind if value.kind.endswith("range") else f"{value.kind}range"


def _deadline(value: TimeValue, point: _Point, mark: str) -> Any:
    edge = "S" in point and len(point.atoms["S"]) > 2
    if edge or (mark == "b" and value.end is not None):
        return value.end
    if mark == "b" and value.kind == "date" and isinstance(value.start, date):
        return value.start + DAY
    return value.start


def _onset(value: TimeValue, mark: str) -> Any:
    return value.end if value.end is not None and mark == "A" else value.start
