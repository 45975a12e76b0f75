"""What Chinese words for days, clocks, lengths and holidays mean: one reader for each form of words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from . import stretches
from .atoms import Clock, Day, Length, Stretch, add_months, lunar_day, shifted
from .numbers import number, small
from .time_zh_words import (
    ERAS,
    FLOATING,
    HOLIDAY_LENGTH,
    HOLIDAYS,
    MORE,
    PARTS,
    REL_DAYS,
    SHIFT,
    SOLAR_TERMS,
    WEEKDAYS,
)

Found = tuple[str, Any] | None
_YEARS = {"今": 0, "本": 0, "当": 0, "明": 1, "来": 1, "去": -1, "前": -2, "大前": -3, "后": 2, "大后": 3, "次": 1}
_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def year_of(words: str | None, now: datetime) -> int | None:
    """2026, 26, 二零二六, 两千零四, 今, 民国114 as a year."""
    if not words:
        return None
    if words in _YEARS:
        return now.year + _YEARS[words]
    for era, first in ERAS.items():
        if words.startswith(era):
            count = small(words.removeprefix(era).replace("元", "一"))
            return first - 1 + count if count else None
    value = small(words)
    if value is None or value >= 100 or "千" in words:
        return value
    return 2000 + value if value < 50 else 1900 + value


def month_of(words: str) -> int:
    return 1 if words == "元" else _LUNAR_MONTHS.get(words) or int(small(words) or 0)


def full_date(m: re.Match[str], now: datetime) -> Found:
    groups = m.groupdict()
    year = year_of(groups.get("y") or groups.get("y2") or groups.get("ry"), now)
    day = small((groups.get("d") or "").lstrip("初"))
    lunar = bool(groups.get("lunar")) or "初" in m[0] or (groups.get("m") or "") in _LUNAR_MONTHS
    month: int | None = month_of(groups["m"]) if groups.get("m") else None
    if groups.get("rm"):
        base = add_months(now.date().replace(day=1), SHIFT[groups["rm"]])
        year, month = base.year + (year - now.year if year else 0), base.month
    swapped = bool(groups.get("swap"))
    if month is not None and day is not None and swapped and month > 12:
        month, day, swapped = day, month, False
    if day is None or not 1 <= day <= 31 or (month is not None and not 1 <= month <= 12):
        return None
    return "D", Day(year=year, month=month, day=day, lunar=lunar, swapped=swapped)


def short_date(m: re.Match[str], now: datetime) -> Found:
    """Three small numbers: the year comes first, unless only the last one can be it (3-7-27, 05/05/89)."""
    first, middle, last = int(m["a"]), int(m["b"]), int(m["c"])
    year_last = last > 31 or (len(m["a"]) == 1 and len(m["c"]) == 2) or (first <= 12 and last > 12 and len(m["c"]) == 2)
    year, month, day = (last, middle, first) if year_last else (first, middle, last)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return "D", Day(year=2000 + year if year < 50 else 1900 + year, month=month, day=day)


def weekday(m: re.Match[str], now: datetime) -> Found:
    shift, word = m["s"], m["wd"]
    if shift:
        monday = stretches.week(now.date(), SHIFT[shift]).start
        return "D", Day(fixed=monday + timedelta(days=WEEKDAYS[word]), weekday=WEEKDAYS[word])
    return "D", Day(weekday=WEEKDAYS[word])


def clock(m: re.Match[str], now: datetime) -> Found:
    groups = m.groupdict()
    hour = small(m["h"])
    if hour is None or hour > 24:
        return None
    minute, second = 0, int(small(groups.get("sec") or "") or 0)
    if groups.get("half"):
        minute = {"半": 30, "一": 15, "1": 15, "三": 45, "3": 45}[groups["half"][0]]
    elif groups.get("mi"):
        minute = int(small(groups["mi"].lstrip("过")) or 0)
    if groups.get("minus"):
        back = {"一刻": 15, "1刻": 15}.get(groups["minus"]) or int(small(groups["minus"].rstrip("分钟")) or 0)
        hour, minute = (hour - 1) % 24, 60 - back
    if not 0 <= minute <= 59 or second > 59:
        return None
    half = (groups.get("ap") or "").lower()[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return "C", Clock(hour % 24, minute, second, open=not half and 1 <= hour <= 12 and m["h"][0] != "0")


_NEXT = dict(pairwise("一二三四五六七八九十")) | {"两": "三"}


def about_clock(m: re.Match[str], now: datetime) -> Found:
    """三四点: from three to four."""
    return clock(m, now) if m.string[m.end()] == _NEXT[m["h"]] else None


_ABOUT = re.compile("[一二两三四五六七八九]{2}")  # 两三天, 三五天: at most so many
_UNITS: dict[str, Length] = {
    **dict.fromkeys(("年", "周年", "年头"), Length(years=1)),
    **dict.fromkeys(("月", "月份"), Length(months=1)),
    **dict.fromkeys(("季度", "季"), Length(months=3)),
    **dict.fromkeys(("周", "星期", "礼拜"), Length(days=7)),
    **dict.fromkeys(("天", "日", "工作日", "晚上", "晚", "整天"), Length(days=1)),
    **dict.fromkeys(("小时", "时", "钟头", "点钟", "钟"), Length(seconds=3600)),
    **dict.fromkeys(("分钟", "分"), Length(seconds=60)),
    "刻钟": Length(seconds=900),
    **dict.fromkeys(("秒", "秒钟"), Length(seconds=1)),
}


def length_of(words: str, unit: str, half: bool = False) -> Length | None:
    """三, 天 → three days; 半, 个月 → half a month; 一, 小时 and a half → 90 minutes."""
    if _ABOUT.fullmatch(words):
        words = words[-1]
    value = 0.5 if words == "半" else float(number(words) or 0) + (0.5 if half else 0)
    one = _UNITS.get(unit.strip().removeprefix("个").strip())
    if value <= 0 or one is None:
        return None
    found = one.times(value)
    return replace(found, days=round(found.days)) if one.days == 7 else found


def length(m: re.Match[str], now: datetime) -> Found:
    found = length_of(m["n"], m["u"], bool(m["half"]))
    if not found:
        return None
    for more in MORE.finditer(m["more"]):
        found = found.plus(length_of(more["n"], more["u"]) or Length())
    if m["tail"]:
        found = found.plus(length_of("半", m["u"]) or Length())
    return "U", found


def distance(m: re.Match[str], now: datetime) -> Found:
    """三天后, 半小时前, 一年半以后."""
    groups = m.groupdict()
    length = length_of(m["n"], m["u"], bool(groups.get("half")))
    if not length or (m["u"].strip() == "年" and (length.years > 50 or re.fullmatch(r"\d\d", m["n"]))):
        return None
    if groups.get("tail"):
        length = length.plus(length_of("半", m["u"]) or Length())
    if extra := groups.get("n2"):
        length = length.plus(length_of(extra, m["u2"]) or Length())
    back = m["side"] and m["side"].endswith("前")
    return "O", shifted(now, length, -1 if back else 1)


def named_holiday(m: re.Match[str], now: datetime) -> Found:
    """国庆, 国庆期间, 除夕前一天; without a year the one to come, and the last one besides."""
    name, asked = m["name"], year_of(m["y"] or m["ry"], now)
    years = [asked] if asked else [now.year, now.year + 1, now.year - 1]
    days = sorted(d for y in years if (d := holiday(name, y)))
    rest = HOLIDAY_LENGTH.get(next((n for n in HOLIDAY_LENGTH if name.startswith(n)), ""), 1) if m["rest"] else 1
    coming = [d for d in days if d + timedelta(days=rest) > now.date()] or days[-1:]
    if not coming:
        return None
    if m["rest"]:
        return "S", Stretch(coming[0], coming[0] + timedelta(days=rest))
    if shift := m["n"]:
        length = length_of(shift, m["u"])
        moved = shifted(coming[0], length, -1 if m["side"] == "前" else 1) if length else coming[0]
        return "D", Day(fixed=moved.date() if isinstance(moved, datetime) else moved)
    offset = {"前一天": -1, "前夕": -1, "前夜": -1, "头一天": -1}.get(m["off"] or "", 1 if m["off"] else 0)
    return "D", Day(fixed=coming[0] + timedelta(days=offset))


def holiday(name: str, year: int) -> date | None:
    """The solar date of a holiday in `year` (a lunar year begins in spring; its eve falls in the next)."""
    if name in SOLAR_TERMS:
        month, constant = SOLAR_TERMS[name]
        century = year % 100
        return date(year, month, int(century * 0.2422 + constant) - (century - (month < 3)) // 4)
    if name in FLOATING:
        month, weekday, nth = FLOATING[name]
        return stretches.nth_weekday(stretches.month(year, month), weekday, nth)
    month, day, lunar = HOLIDAYS[name]
    if not lunar:
        return date(year, month, day)
    return lunar_day(year - 1 if (month, day) == (12, 30) else year, month, day)


def new_year(m: re.Match[str], now: datetime) -> Found:
    """年前, 年后: the year begins with the Spring Festival to come."""
    days = [d for y in (now.year, now.year + 1) if (d := holiday("春节", y)) and d >= now.date()]
    return ("D", Day(fixed=days[0])) if days else None


def part(m: re.Match[str], now: datetime) -> Found:
    return "P", PARTS[m[0]]


def rel_day(m: re.Match[str], now: datetime) -> Found:
    return "D", Day(fixed=now.date() + timedelta(days=REL_DAYS[m[0]]))


def at_now(m: re.Match[str], now: datetime) -> Found:
    return "N", now
