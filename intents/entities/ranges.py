"""From one point of time to another, and what the words before, by, after, since and within make of a point."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from .atoms import Length, Stretch, add_months, shifted
from .points import DAY, Point
from .stretches import week
from .timevalue import TimeValue

_LONG = 14  # hours; of two readings of two clocks, one that takes longer is not meant


def between(first: Point, second: Point, now: datetime) -> list[TimeValue]:
    """`first` to `second`; what one leaves out is taken from the other."""
    if "U" in first and "U" in second:
        return [TimeValue("duration", seconds=second.atoms["U"].total)]
    _share_days(first, second)
    _share_parts(first, second)
    starts = first.values(now)
    own_day = any(code in second and second.atoms[code] is not first.atoms.get(code) for code in "DO")
    apart = second.day is not None and second.day is not first.day and second.day.fixed is None
    ends = second.values(now, _day_of(starts[0]) if apart and starts else None)
    if first.day and second.day and first.day.swapped and second.day.swapped and len(starts) == len(ends):
        pairs = zip(starts, ends, strict=True)
        return [value for start, end in pairs for value in _join(start, end, first, second, now)]
    joined: list[TimeValue] = []
    for index, start in enumerate(starts):
        near = second.values(now, _day_of(start)) if apart else ends
        if "C" in second and own_day and near:  # 2点到明天4点: the hour is the likeliest, not the first to come
            joined += _join(start, near[index % len(near)], first, second, now)
        joined += _nearest([_join(start, end, first, second, now) for end in near])
    if not own_day and joined and joined[0].kind != "daterange":
        joined = [value for value in joined if _hours_of(value) <= _LONG] or joined
    return list(dict.fromkeys(joined))[:6]


def _day_of(value: TimeValue) -> date | None:
    start = value.start
    return start.date() if isinstance(start, datetime) else start if isinstance(start, date) else None


def _share_days(first: Point, second: Point) -> None:
    """明天3点到5点, from 3 to 5 pm tomorrow, 9 to 12 June 2026, from January to April 2027."""
    has_day = any(code in second for code in "DOS")
    if ("C" in first or "P" in first) and not has_day:
        for code in "DOS":
            if code in first:
                second.atoms[code] = first.atoms[code]
    clock_first = "C" in second and second.first == "C"
    if clock_first and "C" in first and has_day and not any(code in first for code in "DOS"):
        for code in "DOS":
            if code in second:
                first.atoms[code] = second.atoms[code]
    one, two = first.day, second.day
    if one and two and one is not two and one.open and two.fixed is None and two.weekday is None:
        if one.month is None and two.month is not None:
            first.atoms["D"] = one = replace(one, month=two.month, lunar=two.lunar)
        if two.year is not None and one.month is not None and two.month is not None:
            year = two.year - ((one.month, one.day or 0) > (two.month, two.day or 0))
            first.atoms["D"] = replace(one, year=year)


def _share_parts(first: Point, second: Point) -> None:
    """下午3点到5点: the second hour is in the afternoon too, when it was left open."""
    if "C" not in first and "C" not in second:
        return
    if "C" in second and "P" in first and "P" not in second and second.atoms["C"].open:
        second.atoms["P"] = first.atoms["P"]
    if "C" in first and "P" in second and "P" not in first and first.atoms["C"].open:
        later = second.atoms.get("C")
        if later is None or first.atoms["C"].hour % 12 <= later.hour % 12:  # 9点到下午5点 begins in the morning
            first.atoms["P"] = second.atoms["P"]


def _nearest(choices: list[list[TimeValue]]) -> list[TimeValue]:
    """Of the ends that a beginning may have, the first one to come."""
    return min((c for c in choices if c), key=lambda values: _hours_of(values[0]), default=[])


def _hours_of(value: TimeValue) -> float:
    start, end = value.start, value.end
    if isinstance(start, time) and isinstance(end, time):
        return ((end.hour - start.hour) * 60 + end.minute - start.minute) % 1440 / 60
    if isinstance(start, date) and isinstance(end, date) and type(start) is type(end):
        return (end - start) / timedelta(hours=1)
    return 0.0


def _join(a: TimeValue, b: TimeValue, first: Point, second: Point, now: datetime) -> list[TimeValue]:
    start, end = a.start, b.end if b.end is not None else b.start
    if "N" in first and isinstance(start, datetime):
        return _from_now(start, end, b)
    if isinstance(start, datetime) and isinstance(end, datetime):
        if start - end >= DAY:
            return []
        if end <= start:
            end += timedelta(hours=12) if (end + timedelta(hours=12)) > start else DAY
        return [TimeValue("datetimerange", start, end)]
    if isinstance(start, time) and isinstance(end, time):
        if end <= start and end.hour < 12 and end.hour + 12 > start.hour:
            end = end.replace(hour=end.hour + 12)
        return [TimeValue("timerange", start, end)]
    if "N" in second and isinstance(start, date) and isinstance(end, datetime):
        end = end if isinstance(start, datetime) else end.date()
        return [TimeValue("datetimerange" if isinstance(end, datetime) else "daterange", start, _past_end(end))]
    if isinstance(start, time) and isinstance(end, datetime):
        return [TimeValue("datetimerange", datetime.combine(now.date(), start), end)]
    if not (isinstance(start, date) and isinstance(end, date)) or type(start) is not type(end):
        return []
    return _days_between(start, end, b, first, second, now)


def _past_end(end: date) -> date:
    return end if isinstance(end, datetime) else end + DAY


def _from_now(start: datetime, end: Any, b: TimeValue) -> list[TimeValue]:
    if isinstance(end, time):
        at = datetime.combine(start.date(), end)
        at += timedelta(0) if at > start else timedelta(hours=12) if at + timedelta(hours=12) > start else DAY
        return [TimeValue("datetimerange", start, at)]
    if isinstance(end, datetime):
        return [TimeValue("datetimerange", start, end)]
    return [TimeValue("daterange", start.date(), end + DAY if b.kind == "date" else end)] if end else []


def _days_between(
    start: date, end: date, b: TimeValue, first: Point, second: Point, now: datetime
) -> list[TimeValue]:
    """Whole days, the last one within. A year left out is the one that makes the range run forward."""
    last = end + DAY if b.kind == "date" else end
    if last <= start:
        if _open(first) and not _open(second):
            years = last.year - start.year
            start = _moved(start, years - (_moved(start, years) >= last))
        elif _open(second) or _open(first):
            last = _moved(last, 1)
    elif _open(first) and _open(second) and _moved(start, -1) <= now.date() < _moved(last, -1):
        start, last = _moved(start, -1), _moved(last, -1)
    elif _open(first) and not _open(second):
        start = _moved(start, last.year - start.year - (_moved(start, last.year - start.year) >= last))
    if last <= start:
        return []
    found = [TimeValue("daterange", start, last)]
    if b.kind == "daterange" and isinstance(b.start, date) and start < b.start < last:
        found.append(TimeValue("daterange", start, _moved(b.start, last.year - end.year)))
    return found


def _open(point: Point) -> bool:
    stretch = point.atoms.get("S")
    return bool(point.day.open if point.day else isinstance(stretch, Stretch) and stretch.open)


def _moved(day: date, years: int) -> date:
    return add_months(day, 12 * years)


def bounded(values: list[TimeValue], mark: str, point: Point, now: datetime) -> list[TimeValue]:
    """Before, by, after, since, within: a deadline has an end alone. Whether the day named is within differs
    from speaker to speaker, so the other way is the second reading."""
    if not values:
        return []
    if values[0].kind == "duration":
        return _bounded_length(point.atoms["U"], mark, now)
    if mark in "wW":
        return values
    found = []
    for value in values[:2]:
        edges = _deadlines(value, point, mark) if mark in "bBiI" else _onsets(value, mark)
        kind = value.kind if value.kind.endswith("range") else f"{value.kind}range"
        for edge in edges:
            found.append(TimeValue(kind, None, edge) if mark in "bBiI" else TimeValue(kind, edge, None))
        if value.kind not in ("time", "datetime"):
            break
    return list(dict.fromkeys(found))


def _bounded_length(length: Length, mark: str, now: datetime) -> list[TimeValue]:
    edge = shifted(now, length, -1 if mark in "B" else 1)
    if mark in "wWib":
        if isinstance(edge, datetime):
            return [TimeValue("datetimerange", now, edge)]
        within = [TimeValue("daterange", now.date(), edge + DAY), TimeValue("daterange", now.date(), edge)]
        return within
    return [TimeValue("datetime" if isinstance(edge, datetime) else "date", edge)]


def _deadlines(value: TimeValue, point: Point, mark: str) -> list[Any]:
    """The ends a deadline may have, likeliest first."""
    stretch = point.atoms.get("S")
    if value.kind == "date" and isinstance(value.start, date):
        with_it = value.start + DAY
        return [with_it, value.start] if mark in "iI" else [value.start, with_it]
    if value.end is None:
        return [value.start]
    if mark in "iI" or (isinstance(stretch, Stretch) and stretch.edge):
        return [value.end, value.start]
    return [value.start, value.end]


def _onsets(value: TimeValue, mark: str) -> list[Any]:
    """The starts: after 2018 is from 2019 on, since 2018 from its first day."""
    if value.end is not None:
        return [value.end, value.start] if mark in "aA" else [value.start, value.end]
    if value.kind == "date" and isinstance(value.start, date) and mark in "aA":
        return [value.start, value.start + DAY]
    return [value.start]


def weeks_of(values: list[TimeValue]) -> list[TimeValue]:
    """The weeks of some days: the week of the 18th."""
    found = [week(value.start) for value in values if value.kind == "date" and isinstance(value.start, date)]
    return [TimeValue("daterange", span.start, span.end) for span in found]


def lasting(point: Point, length: Length, now: datetime) -> list[TimeValue]:
    """A stretch that begins at a point: from 10 am for 3 hours, 3 days starting next Monday."""
    found = []
    for value in point.values(now):
        start = value.start
        if isinstance(start, time):
            end: Any = (datetime.combine(now.date(), start) + timedelta(seconds=length.total)).time()
            found.append(TimeValue("timerange", start, end))
        elif isinstance(start, datetime):
            moved = shifted(start, length)
            end = moved if isinstance(moved, datetime) else datetime.combine(moved, start.time())
            found.append(TimeValue("datetimerange", start, end))
        elif isinstance(start, date):
            moved = shifted(start, length)
            if isinstance(moved, datetime):
                return []
            found.append(TimeValue("daterange", start, moved))
    return found


def away(point: Point, length: Length, sign: int, now: datetime) -> list[TimeValue]:
    """A point at a distance from another: two weeks from Friday, 5 days before New Year."""
    found = []
    for value in point.values(now):
        start = value.end if value.end is not None and value.kind == "daterange" and sign > 0 else value.start
        if isinstance(start, time):
            at = datetime.combine(now.date(), start) + timedelta(seconds=sign * length.total)
            found.append(TimeValue("time", at.time()))
        elif isinstance(start, date):
            moved = shifted(start, length, sign)
            if isinstance(start, datetime) and not isinstance(moved, datetime):
                moved = datetime.combine(moved, start.time())
            found.append(TimeValue("datetime" if isinstance(moved, datetime) else "date", moved))
    return found


