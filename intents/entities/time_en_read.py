"""What English words for days, clocks, lengths and holidays mean: one reader for each form of words."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from . import stretches
from .atoms import Clock, Day, Length, Stretch, add_months, shifted
from .time_en_words import (
    COUNT,
    DAYS,
    HOLIDAYS,
    MONTHS,
    SHIFT,
    UNIT,
    count,
    day_number,
    part_of,
    unit_length,
    year_number,
)
from .time_zh_read import holiday

Found = tuple[str, Any] | None
_MORE = re.compile(rf"(?P<n>{COUNT})[\s-]?(?P<u>{UNIT})", re.I | re.A)
_BACK = ("last", "past", "previous", "prior")
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}


def said(m: re.Match[str], name: str) -> str:
    return (m.groupdict().get(name) or "").lower().strip()


def month_of(words: str) -> int:
    return MONTHS[words.lower()[:3]]


def nth_of(words: str) -> int:
    return _NTH.get(words) or int(words[0])


def shift_of(words: str) -> int:
    return SHIFT[re.sub(r"\s+", " ", words)]


def calendar_date(m: re.Match[str], now: datetime) -> Found:
    """Parts of a date in any order; of 3/4/2026 the month is first, and the other way is kept in mind."""
    month = month_of(said(m, "mn")) if said(m, "mn") else int(said(m, "m") or 0) or None
    year = _year(said(m, "y") or said(m, "y2"))
    if rm := said(m, "rm"):
        base = add_months(now.date().replace(day=1), shift_of(rm))
        year, month = base.year, base.month
    day, swapped = day_number(said(m, "d")), bool(said(m, "m")) and bool(said(m, "swap"))
    if month is not None and month > 12 >= day and said(m, "m"):
        month, day, swapped = day, month, False
    if not 1 <= day <= 31 or (month or 1) > 12:
        return None
    return "D", Day(year=year, month=month, day=day, swapped=swapped)


def _year(words: str) -> int | None:
    if not words:
        return None
    if words.isdigit() and len(words) == 2:
        return 2000 + int(words) if int(words) < 50 else 1900 + int(words)
    return year_number(words)


def iso_date(m: re.Match[str], now: datetime) -> Found:
    month, day = int(m["m"]), int(m["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return "D", Day(year=int(m["y"]), month=month, day=day)


def month_days(m: re.Match[str], now: datetime) -> Found:
    """Nov 18-19, from 4 to 22 January 1995, between 4 and 22 this month: the last day within."""
    first, last = day_number(m["d"]), day_number(m["d2"])
    year = _year(said(m, "y") or said(m, "y2"))
    if rm := said(m, "rm"):
        base = add_months(now.date().replace(day=1), shift_of(rm))
        month, year = base.month, base.year
    else:
        month = month_of(said(m, "mn"))
    found = [s for y in ([year] if year else [now.year, now.year + 1, now.year - 1]) if (s := _days(y, month, first, last))]
    if not found:
        return None
    coming = [s for s in found if s[1] > now.date()]
    first_choice = min(coming) if coming else found[0]
    return "S", Stretch(*first_choice, open=year is None, others=tuple(s for s in found if s < first_choice)[-1:])


def _days(year: int, month: int, first: int, last: int) -> tuple[date, date] | None:
    try:
        span = date(year, month, first), date(year, month, last) + timedelta(days=1)
    except ValueError:
        return None
    return span if span[0] < span[1] else None


def weekday(m: re.Match[str], now: datetime) -> Found:
    wanted, shift = DAYS[m["wd"].lower()[:3]], re.sub(r"\s+", " ", said(m, "s"))
    monday = stretches.week(now.date()).start
    if shift in ("next", "following"):
        return "D", Day(fixed=monday + timedelta(days=7 + wanted), weekday=wanted)
    if shift in ("last", "previous", "prior"):
        return "D", Day(fixed=monday + timedelta(days=wanted - 7), weekday=wanted)
    if shift in ("past", "this past"):
        back = (now.weekday() - wanted - 1) % 7 + 1
        return "D", Day(fixed=now.date() - timedelta(days=back))
    if shift == "this" and wanted >= now.weekday():
        return "D", Day(fixed=monday + timedelta(days=wanted), weekday=wanted)
    return "D", Day(weekday=wanted)


def nth_weekday(m: re.Match[str], now: datetime) -> Found:
    """The second Monday of next month, the last Friday in June 2026, the third Wednesday."""
    number, wanted = nth_of(said(m, "nth")), DAYS[m["wd"].lower()[:3]]
    if rm := said(m, "rm"):
        found = stretches.nth_weekday(stretches.month_off(now.date(), shift_of(rm)), wanted, number)
    elif said(m, "mn"):
        named = stretches.month_named(month_of(said(m, "mn")), _year(said(m, "y")), now.date())
        day = stretches.weekdays_of(named, wanted, number, now.date())
        return ("D", day) if day else None
    else:
        coming = [stretches.nth_weekday(stretches.month_off(now.date(), n), wanted, number) for n in range(3)]
        found = next((day for day in coming if day and day >= now.date()), None)
    return ("D", Day(fixed=found)) if found else None


def clock(m: re.Match[str], now: datetime) -> Found:
    hours = said(m, "h")
    hour = int(count(hours) or 0) if not hours.isdigit() else int(hours)
    minute, second = int(said(m, "mi") or 0), int(said(m, "sec") or 0)
    if words := said(m, "mw"):
        minute = int(count(re.sub(r"^oh?[ -]", "", words)) or 0)
    if rel := said(m, "rel"):
        amount = {"half": 30, "quarter": 15, "a quarter": 15}.get(said(m, "amt")) or int(count(said(m, "amt")) or 0)
        hour, minute = (hour, amount) if rel in ("past", "after") else ((hour - 1) % 24, 60 - amount)
    half = said(m, "ap")[:1]
    if hour > 24 or minute > 59 or second > 59:
        return None
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return "C", Clock(hour % 24, minute, second, open=not half and 1 <= hour <= 12 and hours[0] != "0")


def length_of(m: re.Match[str]) -> Length | None:
    """Two and a half hours; one week three days; 1 day and 5 hours."""
    value = count(m["n"])
    if not value:
        return None
    if half := said(m, "half"):
        value += 0.25 if "quarter" in half else 0.5
    one = unit_length(m["u"])
    total = one.times(value)
    for more in _MORE.finditer(m.groupdict().get("more") or ""):
        total = total.plus(unit_length(more["u"]).times(count(more["n"]) or 0))
    return total


def length(m: re.Match[str], now: datetime) -> Found:
    found = length_of(m)
    return ("U", found) if found else None


def whole(m: re.Match[str], now: datetime) -> Found:
    """All day, full week, whole month: the length of one."""
    return "U", unit_length(m["u"])


def distance(m: re.Match[str], now: datetime) -> Found:
    found = length_of(m)
    if not found:
        return None
    back = said(m, "side") in ("ago", "earlier", "before", "back", "prior")
    return "O", shifted(now, found, -1 if back else 1)


def stretch(m: re.Match[str], now: datetime) -> Found:
    """The last three days, the next hour, two upcoming months; quarters are those of the calendar."""
    one, times = unit_length(m["u"]), count(said(m, "n")) if said(m, "n") else 1.0
    back, today = said(m, "side") in _BACK, now.date()
    if not times:
        return None
    if m["u"].lower().startswith("quarter"):
        this, steps = stretches.quarter_off(today, 0), int(times)
        far = stretches.quarter_off(today, -steps if back else steps)
        return "S", Stretch(far.start, this.start) if back else Stretch(this.end, far.end)
    moved = shifted(now, one.times(times), -1 if back else 1)
    if isinstance(moved, datetime):
        return "R", (moved, now) if back else (now, moved)
    day = timedelta(days=1)
    return "S", Stretch(moved, today) if back else Stretch(today + day, moved + day)


def named_holiday(m: re.Match[str], now: datetime) -> Found:
    name = re.sub(r"\s+", " ", m["name"].lower().replace("’", "'"))
    asked = _year(said(m, "y") or said(m, "y2"))
    if shift := said(m, "s"):
        asked = now.year + shift_of(shift) if shift in ("this", "last", "previous", "current") else None
    days = [d for y in ([asked] if asked else [now.year, now.year + 1]) if (d := _holiday(name, y))]
    coming = [d for d in days if asked or d >= now.date()]
    return ("D", Day(fixed=coming[0])) if coming else None


def _holiday(name: str, year: int) -> date | None:
    when = HOLIDAYS[name]
    if isinstance(when, str):
        return holiday(when, year)
    if len(when) == 2:
        return date(year, when[0], when[1])
    return stretches.nth_weekday(stretches.month(year, when[0]), when[1], when[2])


_NEAR = {"tomorrow": 1, "today": 0, "yesterday": -1}


def rel_day(m: re.Match[str], now: datetime) -> Found:
    words = re.sub(r"\s+", " ", m[0].lower())
    if re.search(r"tod|2day|(?:of|on) the day", words):
        step = 0
    elif "yest" in words or "before" in words:
        step = -2 if "before yest" in words else -1
    else:
        step = 2 if re.search(r"after\s(?:tom|tmr|2m)", words) else 1
    if re.search(r"previous|last|past", words):
        step = -1
    return "D", Day(fixed=now.date() + timedelta(days=step))


def this_day(m: re.Match[str], now: datetime) -> Found:
    """The day of "this morning", "last night", "next evening"."""
    step = {"this": 0, "last": -1, "next": 1}.get(m[0].lower(), 0)
    return "D", Day(fixed=now.date() + timedelta(days=step))


def part(m: re.Match[str], now: datetime) -> Found:
    return "P", part_of(m["p"])


def later_today(m: re.Match[str], now: datetime) -> Found:
    """The rest of the day, later today: from now until midnight."""
    return "R", (now, datetime.combine(now.date(), time()) + timedelta(days=1))


def fixed_clock(hour: int) -> Any:
    return lambda m, now: ("C", Clock(hour))


def at_now(m: re.Match[str], now: datetime) -> Found:
    return "N", now
