"""Atoms of time expressions, as lexers of both languages emit them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

# Letters, so that a sequence of atoms reads as a short word: D day, S stretch of days, P part of the day, C clock,
# U length, O point at a distance from now, R stretch of moments, N now. Words that bind: T "to", F "from", L "for",
# G "starting"; before what they bound b "before", i "by", a "after", s "since", w "within"; behind it B, I, A, Z, W.


@dataclass(frozen=True, slots=True)
class Atom:
    code: str
    start: int
    end: int
    value: Any


@dataclass(frozen=True, slots=True)
class Day:
    """A day, possibly with gaps: `fixed`, or a weekday, or parts of a calendar date (lunar if said so)."""

    fixed: date | None = None
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    lunar: bool = False
    past: bool = False
    gone: date | None = None  # the one before a fixed day, which may be meant as well
    falls_on: int | None = None  # the weekday that a day without its month must be
    swapped: bool = False  # month and day may stand the other way round: 3/4/2026

    @property
    def open(self) -> bool:
        """Whether the year was left out, so that there is one to come and one gone."""
        return self.fixed is None and self.year is None and self.weekday is None

    def resolve(self, today: date, near: date | None = None) -> list[date]:
        """The days meant, likeliest first: the coming one, then the last one gone. Empty if impossible."""
        if self.fixed:
            return [self.fixed, self.gone] if self.gone else [self.fixed]
        if self.weekday is not None:
            return self._weekday(near or today, bool(near))
        return self._calendar(today, near)

    def _weekday(self, base: date, after: bool) -> list[date]:
        ahead = (self.weekday or 0) - base.weekday()
        coming = base + timedelta(days=ahead % 7)
        gone = coming - timedelta(days=7)
        return [coming] if after else ([gone, coming] if self.past else [coming, gone])

    def _calendar(self, today: date, near: date | None) -> list[date]:
        if self.day is None or (self.lunar and self.month is None):
            return []
        anchor = near or today
        if self.month is None:
            reach = 1 if self.falls_on is None else 14
            months = [_shift(anchor, step) for step in range(-reach, reach + 1)]
            found = [_make(y, m, self.day) for y, m in months]
            found = [d for d in found if d and self.falls_on in (None, d.weekday())]
        elif self.year is not None:
            other = _make(self.year, self.day, self.month) if self.swapped and self.day <= 12 else None
            return list(dict.fromkeys(d for d in [self._on(self.year), other] if d))
        else:
            found = [self._on(anchor.year + step) for step in self._years()]
        days = [d for d in found if d]
        coming = sorted(d for d in days if d >= anchor)[:1]
        gone = sorted((d for d in days if d < anchor), reverse=True)[:1]
        if near:
            return coming or gone
        return gone + coming if self.past else coming + gone

    def _years(self) -> tuple[int, ...]:
        """How far the year may be; 29 February comes every fourth."""
        return tuple(range(-4, 5)) if (self.month, self.day) == (2, 29) else (0, 1, -1)

    def _on(self, year: int) -> date | None:
        if self.lunar:
            return lunar_day(year, self.month or 1, self.day or 1)
        return _make(year, self.month or 1, self.day or 1)


def _shift(day: date, months: int) -> tuple[int, int]:
    index = day.year * 12 + day.month - 1 + months
    return index // 12, index % 12 + 1


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def lunar_day(year: int, month: int, day: int) -> date | None:
    """The solar date of a lunar one; day 30 of a short month is its 29th (New Year's Eve)."""
    from borax.calendars.lunardate import LunarDate

    for last in (day, day - 1):
        try:
            solar = LunarDate(year, month, last).to_solar_date()
        except (ValueError, OverflowError):
            continue
        return date(solar.year, solar.month, solar.day)
    return None


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day."""
    year, month = _shift(day, months)
    for last in (day.day, 30, 29, 28):
        if found := _make(year, month, last):
            return found
    raise ValueError(f"no such month: {year}-{month}")


class Stretch(NamedTuple):
    """Days from `start` to before `end`. `edge`: the end of something, so "before it" means before it is over.

    `open`: its year was left out. `others` are what the words may mean besides.
    """

    start: date
    end: date
    edge: bool = False
    open: bool = False
    others: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """Hour, minute, second; `open` when a.m. or p.m. was not said and both are possible."""

    hour: int
    minute: int = 0
    second: int = 0
    open: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day in hours (end may pass 24 for the night); `pm` says how an hour in it is read."""

    start: int
    end: int
    pm: bool = False


@dataclass(frozen=True, slots=True)
class Length:
    """A length as said: years and months of the calendar, days and seconds; each may be a fraction."""

    years: float = 0
    months: float = 0
    days: float = 0
    seconds: float = 0

    @property
    def total(self) -> float:
        """Seconds, of years of 365 and months of 30 days."""
        return (self.years * 365 + self.months * 30 + self.days) * 86400 + self.seconds

    def times(self, count: float) -> Length:
        return Length(self.years * count, self.months * count, self.days * count, self.seconds * count)

    def plus(self, other: Length) -> Length:
        return Length(
            self.years + other.years,
            self.months + other.months,
            self.days + other.days,
            self.seconds + other.seconds,
        )


def shifted(start: date | datetime, length: Length, sign: int = 1) -> date | datetime:
    """`start` moved by a length: a day when only days, months and years were said, else an instant."""
    months = length.years * 12 + length.months
    days = length.days + round(months % 1 * 30)
    day = start.date() if isinstance(start, datetime) else start
    day = add_months(day, sign * int(months)) + timedelta(days=sign * int(days))
    rest = length.seconds + days % 1 * 86400
    if not rest:
        return day
    clock = start.time() if isinstance(start, datetime) else time()
    return datetime.combine(day, clock) + timedelta(seconds=sign * rest)


Reader = Callable[[re.Match[str], datetime], "tuple[str, Any] | None"]


def scan(rules: list[tuple[re.Pattern[str], Reader]], text: str, now: datetime) -> list[Atom]:
    """What the rules read in `text`, left to right: the longest at each place, the earlier rule among equals."""
    hits = [
        (match.start(), -match.end(), order, match)
        for order, (pattern, _) in enumerate(rules)
        for match in pattern.finditer(text)
        if match.end() > match.start()
    ]
    found: list[Atom] = []
    for start, _, order, match in sorted(hits, key=lambda hit: hit[:3]):
        if found and start < found[-1].end:
            continue
        if read := rules[order][1](match, now):
            found.append(Atom(read[0], start, match.end(), read[1]))
    return found


def mark(code: str) -> Reader:
    """A reader of words that only bound or link others."""
    return lambda m, now: (code, m[0])
