"""What English words for stretches of days mean: weeks, months, quarters, years, their parts and edges."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from . import stretches
from .atoms import Stretch
from .time_en_read import month_of, nth_of, said, shift_of
from .time_en_words import count, unit_length, year_number

Found = tuple[str, Any] | None
_WHERE = {"end": "end", "close": "end", "late": "end", "later": "end", "latter": "end", "start": "start",
          "beginning": "start", "early": "start", "earlier": "start", "mid": "middle", "middle": "middle"}  # fmt: skip
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_MODAL = re.compile(
    r"\b(?:in|of|by|since|until|till|from|to|between|this|next|last|late|early|mid|during|before|after|through|for|on|"
    r"month of|end of|start of)[\s-]+$|[-/(,]\s?$|^\s*$",
    re.I,
)


def _stretch(found: Stretch | None) -> Found:
    return ("S", found) if found is not None else None


def _year(m: re.Match[str], now: datetime) -> int | None:
    if words := said(m, "y") or said(m, "y2"):
        return year_number(words)
    return now.year + shift_of(words) if (words := said(m, "ys")) else None


def weekend(m: re.Match[str], now: datetime) -> Found:
    words = said(m, "s")
    return "S", stretches.weekend(now.date(), 2 if said(m, "after") else shift_of(words) if words else 0)


def calendar_span(m: re.Match[str], now: datetime) -> Found:
    """This week, next month, the year after next, the same quarter."""
    unit, today = said(m, "u"), now.date()
    shift = 2 if said(m, "after") else shift_of(said(m, "s") or "this")
    if unit.startswith("week"):
        return "S", stretches.week(today, shift)
    if unit == "month":
        return "S", stretches.month_off(today, shift)
    if unit == "quarter":
        return "S", stretches.quarter_off(today, shift)
    if unit == "decade":
        return _stretch(stretches.year((today.year // 10 + shift) * 10, 10))
    return _stretch(stretches.year(today.year + shift))


def work_week(m: re.Match[str], now: datetime) -> Found:
    week = stretches.week(now.date(), shift_of(said(m, "s") or "this"))
    return "S", Stretch(week.start, stretches.weekend(week.start).start)


def _whole(m: re.Match[str], now: datetime) -> Stretch | None:
    """The week, month, quarter or year in which something is counted or cut."""
    today, unit = now.date(), said(m, "u")
    shift = shift_of(said(m, "s")) if said(m, "s") else 0
    if said(m, "mn"):
        return stretches.month_named(month_of(said(m, "mn")), _year(m, now), today)
    if unit == "week":
        return stretches.week(today, shift)
    if unit == "month":
        return stretches.month_off(today, shift)
    if unit == "quarter":
        return stretches.quarter_off(today, shift)
    return stretches.year(_year(m, now) or today.year + shift)


def edge(m: re.Match[str], now: datetime) -> Found:
    """End of next month, early next week, mid November, the beginning of 2026, later this year."""
    span = _whole(m, now)
    if span is None:
        return None
    where = said(m, "edge")
    cut = stretches.edge(span, _WHERE[where])
    if where in ("earlier", "later") and span.start <= now.date() < span.end:
        today = now.date()
        extra = (span.start, today) if where == "earlier" else (today, span.end)
        cut = cut._replace(others=(*cut.others, extra) if extra[0] < extra[1] else cut.others)
    return "S", cut


def rest_of(m: re.Match[str], now: datetime) -> Found:
    span = _whole(m, now)
    return _stretch(stretches.rest_of(span, now.date())) if span else None


def month(m: re.Match[str], now: datetime) -> Found:
    """A month; "may" is one only where a month may stand."""
    if m["mn"].lower() == "may" and not (said(m, "y") or said(m, "s")) and not _month_of_may(m):
        return None
    if words := said(m, "s"):
        number = month_of(m["mn"])
        named = stretches.month_named(number, now.year + shift_of(words), now.date())
        return "S", named
    return "S", stretches.month_named(month_of(m["mn"]), _year(m, now), now.date())


def _month_of_may(m: re.Match[str]) -> bool:
    """"It may rain" is no month; "in May" and a capital one that no verb follows are."""
    if _MODAL.search(m.string[: m.start()]):
        return True
    after = m.string[m.end() :]
    return m["mn"][0] == "M" and not re.match(r"\s(?:be|have|not|i|we|you|he|she|also|need|[a-z]+\syou)\b", after, re.I)


def year(m: re.Match[str], now: datetime) -> Found:
    words = said(m, "y")
    return _stretch(stretches.year(int(words) if words.isdigit() and len(words) == 3 else year_number(words)))


def years(m: re.Match[str], now: datetime) -> Found:
    """2014-2018, between 2007 and 2009: the last year within, or up to it."""
    first, last = year_number(m["y"]), year_number(m["y2"])
    if not first < last:
        return None
    return "S", Stretch(date(first, 1, 1), date(last + 1, 1, 1), others=((date(first, 1, 1), date(last, 1, 1)),))


def quarter(m: re.Match[str], now: datetime) -> Found:
    words = said(m, "q")
    number = _QUARTERS.get(words) or int(words)
    return "S", stretches.quarter_named(number, _year(m, now), now.date())


def half_year(m: re.Match[str], now: datetime) -> Found:
    number = _QUARTERS.get(said(m, "q")) or int(said(m, "q"))
    return "S", stretches.half_year(_year(m, now) or now.year, number)


def decade(m: re.Match[str], now: datetime) -> Found:
    """The 1990s, nineties, nineteen seventies."""
    words = said(m, "tens")
    tens = int(words[:1]) * 10 if words[:1].isdigit() else int(count(re.sub(r"ies$", "y", words).removesuffix("s")) or 0)
    century = said(m, "century")
    known = int(century) if century.isdigit() else {"nineteen": 19, "twenty": 20, "eighteen": 18}.get(century, 19)
    others = () if century else ((date(2000 + tens, 1, 1), date(2010 + tens, 1, 1)),)
    start = known * 100 + tens
    return "S", Stretch(date(start, 1, 1), date(start + 10, 1, 1), others=others)


def century(m: re.Match[str], now: datetime) -> Found:
    return _stretch(stretches.year((int(m["c"]) - 1) * 100, 100))


def nth_week(m: re.Match[str], now: datetime) -> Found:
    """The first week of October, the third week of 2027, the last week of next month."""
    span = _whole(m, now)
    return _stretch(stretches.weeks_of(span, nth_of(said(m, "nth")))) if span else None


def week_number(m: re.Match[str], now: datetime) -> Found:
    span = stretches.year(_year(m, now) or now.year)
    return _stretch(stretches.nth_week(span, int(m["n"]))) if span and int(m["n"]) <= 53 else None


def first_of(m: re.Match[str], now: datetime) -> Found:
    """The first two weeks of 2021, the last 10 days of next month."""
    span, times, one = _whole(m, now), count(m["n"]), unit_length(m["nu"])
    if span is None or not times:
        return None
    return _stretch(stretches.first_of(span, one.times(times), last=said(m, "which") in ("last", "final")))


def to_date(m: re.Match[str], now: datetime) -> Found:
    """Year to date: from the first of January until today."""
    span = stretches.month_off(now.date(), 0) if said(m, "u") in ("month", "m") else stretches.year(now.year)
    return "S", Stretch(span.start, now.date()) if span and span.start < now.date() else span
