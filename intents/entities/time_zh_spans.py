"""What Chinese words for stretches of days mean: weeks, months, quarters, halves, years, their parts and edges."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from . import stretches
from .atoms import Stretch, shifted
from .numbers import small
from .time_zh_read import length_of, month_of, year_of
from .time_zh_words import SHIFT, WEEKDAYS

Found = tuple[str, Any] | None
_BACK = ("近", "最近", "过去", "之前", "前", "上", "前面")
_EDGES = {"初": "start", "头": "start", "中": "middle", "底": "end", "末": "end", "终": "end", "尾": "end"}


def _said(m: re.Match[str], name: str) -> str:
    return m.groupdict().get(name) or ""


def _stretch(found: Stretch | None) -> Found:
    return ("S", found) if found is not None else None


def weekend(m: re.Match[str], now: datetime) -> Found:
    return "S", stretches.weekend(now.date(), SHIFT.get(_said(m, "s"), 0))


def span_of_days(m: re.Match[str], now: datetime) -> Found:
    """这周, 下下个月, 上季度, 明年."""
    today, unit, shift = now.date(), m["u"], SHIFT[m["s"]]
    if unit in ("周", "星期", "礼拜"):
        return "S", stretches.week(today, shift)
    if unit.startswith("月"):
        return "S", stretches.month_off(today, shift)
    if unit.startswith("季"):
        return "S", stretches.quarter_off(today, shift)
    return _stretch(stretches.year(today.year + (-2 if m["s"] == "前" else shift)))


def month(m: re.Match[str], now: datetime) -> Found:
    number = month_of(m["m"])
    if not 1 <= number <= 12:
        return None
    return "S", stretches.month_named(number, year_of(_said(m, "y") or _said(m, "ry"), now), now.date())


def nth_month(m: re.Match[str], now: datetime) -> Found:
    """今年第三个月."""
    number = small(m["nth"])
    year = year_of(_said(m, "y") or _said(m, "ry"), now) or now.year
    return ("S", stretches.month(year, number)) if number and number <= 12 else None


def year(m: re.Match[str], now: datetime) -> Found:
    found = year_of(m["y"], now)
    return _stretch(stretches.year(found)) if found is not None else None


def years(m: re.Match[str], now: datetime) -> Found:
    """2016-2018, 1995-1997年: the last year within."""
    first, last = year_of(m["y"], now), year_of(m["y2"], now)
    if first is None or last is None or not first < last < 9999:
        return None
    others = ((date(first, 1, 1), date(last, 1, 1)),)
    return "S", Stretch(date(first, 1, 1), date(last + 1, 1, 1), others=others)


def quarter(m: re.Match[str], now: datetime) -> Found:
    number = small(m["q"])
    if number is None or not 1 <= number <= 4:
        return None
    return "S", stretches.quarter_named(number, year_of(_said(m, "y") or _said(m, "ry"), now), now.date())


def half_year(m: re.Match[str], now: datetime) -> Found:
    year = year_of(_said(m, "y") or _said(m, "ry"), now) or now.year
    return "S", stretches.half_year(year, 1 if m["half"] in "上前" else 2)


def half_month(m: re.Match[str], now: datetime) -> Found:
    span = stretches.month_off(now.date(), 0)
    if said := _said(m, "m"):
        span = stretches.month_named(month_of(said), None, now.date())
    middle = span.start + timedelta(days=15)
    return "S", Stretch(span.start, middle) if m["half"] == "上" else Stretch(middle, span.end)


def half_week(m: re.Match[str], now: datetime) -> Found:
    span = stretches.week(now.date(), SHIFT.get(_said(m, "s"), 0))
    middle = span.start + timedelta(days=3)
    return "S", Stretch(span.start, middle) if m["half"] in "上前" else Stretch(middle, span.end)


def edge(m: re.Match[str], now: datetime) -> Found:
    """月底, 下月初, 年底, 3月中旬: a third (or the end) of a month, a month or a third of a year."""
    span, where = _whole(m, now), m["edge"]
    if span is None:
        return None
    if where in ("上旬", "中旬", "下旬"):
        days = {"上旬": (0, 10), "中旬": (10, 20), "下旬": (20, 31)}[where]
        end = min(span.start + timedelta(days=days[1]), span.end)
        return "S", Stretch(span.start + timedelta(days=days[0]), end)
    return "S", stretches.edge(span, _EDGES[where[0]])


def _whole(m: re.Match[str], now: datetime) -> Stretch | None:
    """The month, year or week whose edge is meant."""
    today = now.date()
    year = year_of(_said(m, "y") or _said(m, "ry"), now)
    if m["of"] == "年":
        return stretches.year(year if year is not None else today.year)
    if m["of"] == "周":
        return stretches.week(today, SHIFT.get(_said(m, "s"), 0))
    if said := _said(m, "m"):
        named = stretches.month_named(month_of(said), year, today)
        over = stretches.month_off(today, -1)
        return over if year is None and named.start.month == over.start.month else named
    return stretches.month_off(today, SHIFT.get(_said(m, "s"), 0))


def stretch(m: re.Match[str], now: datetime) -> Found:
    """近三天, 过去一周, 未来两个月: a stretch that ends or begins now."""
    length = length_of(m["n"].replace("几", "3"), m["u"])
    if not length:
        return None
    back = m["side"].rstrip("的") in _BACK
    edge = shifted(now, length, -1 if back else 1)
    if isinstance(edge, datetime):
        return "R", ((edge, now) if back else (now, edge))
    today = now.date()
    day = timedelta(days=1)
    if m["side"] == "这":
        return "S", Stretch(today, edge)
    return "S", Stretch(edge, today) if back else Stretch(today + day, edge + day)


def two_days(m: re.Match[str], now: datetime) -> Found:
    """今明两天, 明后天."""
    first = now.date() + timedelta(days={"今": 0, "明": 1}.get(m[0][0], 2))
    return "S", Stretch(first, first + timedelta(days=2))


def ahead(m: re.Match[str], now: datetime) -> Found:
    """还剩3小时, 之后5分钟: from now on for so long."""
    length = length_of(m["n"], m["u"])
    if not length:
        return None
    edge = shifted(now, length)
    if isinstance(edge, datetime):
        return "R", (now, edge)
    day = timedelta(days=1)
    return "S", Stretch(now.date() + day, edge + day)


def within(m: re.Match[str], now: datetime) -> Found:
    """三天内: today counts, and so does the last day; some leave it out."""
    length = length_of(m["n"], m["u"])
    if not length:
        return None
    edge = shifted(now, length)
    if isinstance(edge, datetime):
        return "R", (now, edge)
    return "S", Stretch(now.date(), edge + timedelta(days=1), others=((now.date(), edge),))


def _of(m: re.Match[str], now: datetime) -> Stretch | None:
    """The month or the year that words such as 第一周 or 前十天 count in."""
    year = year_of(_said(m, "y") or _said(m, "ry"), now)
    if said := _said(m, "m"):
        number = month_of(said)
        return stretches.month_named(number, year, now.date()) if 1 <= number <= 12 else None
    if said := _said(m, "rm"):
        return stretches.month_off(now.date(), SHIFT[said])
    return stretches.year(year or now.year)


def nth_week(m: re.Match[str], now: datetime) -> Found:
    """十月的第一周, 2021年第二周, 下个月最后一周."""
    span = _of(m, now)
    number = -1 if _said(m, "last") else small(m["nth"]) or 0
    return _stretch(stretches.weeks_of(span, number)) if span and number else None


def nth_weekday(m: re.Match[str], now: datetime) -> Found:
    """四月的最后一个星期一, 下个月第二个周六; of a month whose year was left out, the one to come."""
    span = _of(m, now)
    number = -1 if _said(m, "last") else small(m["nth"]) or 0
    if span is None or not number:
        return None
    found = stretches.weekdays_of(span, WEEKDAYS[m["wd"]], number, now.date())
    return ("D", found) if found else None


def first_of(m: re.Match[str], now: datetime) -> Found:
    """2021年的前2周, 今年最后三周, 去年的前10天, 下个月前三天."""
    span, length = _of(m, now), length_of(m["n"], m["u"])
    if span is None or length is None:
        return None
    return _stretch(stretches.first_of(span, length, last=m["which"] != "前"))


def decade(m: re.Match[str], now: datetime) -> Found:
    tens = int(small(m["d"] or m["d2"] or "") or 0)
    if m["c"]:
        start = (int(small(m["c"]) or 20) - 1) * 100 + tens
        return _stretch(stretches.year(start, 10 if m["d"] else 100))
    other = ((date(2000 + tens, 1, 1), date(2010 + tens, 1, 1)),)
    return "S", Stretch(date(1900 + tens, 1, 1), date(1910 + tens, 1, 1), others=other)


def era_year(m: re.Match[str], now: datetime) -> Found:
    """民国114年, 光绪三年."""
    found = year_of(m["y"], now)
    return _stretch(stretches.year(found)) if found else None


