"""What English time words mean: one reader for each form of words."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from .atoms import Clock, Day, Length, Part, add_months, month_span, shifted, week_span
from .time_zh_read import holiday

_SMALL = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "forty-five": 45,
    "fifty": 50,
    "sixty": 60,
    "ninety": 90,
    "couple": 2,
    "a couple": 2,
    "a couple of": 2,
    "couple of": 2,
    "a few": 3,
    "few": 3,
    "several": 3,
    "half a": 0.5,
    "half an": 0.5,
    "another": 1,
    "the": 1,
}
N = (
    r"(?:\d+(?:\.\d+)?|half an?|a couple(?: of)?|couple(?: of)?|a few|few|several|"
    r"another|an?|forty-five|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety)"
)
HOURS = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)"
    r"?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
WD = (
    r"(?:mon(?:day)?s?|tues?(?:day)?s?|wed(?:nesday|s)?|thu(?:r|rs)?(?:day)?s?|"
    r"fri(?:day)?s?|sat(?:urday)?s?|sun(?:day)?s?)"
)
ORD = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
WORD_ORD = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "eleventh": 11,
    "twelfth": 12,
    "thirteenth": 13,
    "fifteenth": 15,
    "twentieth": 20,
    "thirtieth": 30,
}
UNIT = (
    r"(?:business days?|working days?|seconds?|secs?|minutes?|mins?|hours?|hrs?|"
    r"days?|nights?|weeks?|wks?|months?|quarters?|years?|yrs?)"
)
PARTS = {
    "early morning": Part(6, 9),
    "late morning": Part(10, 12),
    "mid-morning": Part(9, 11),
    "morning": Part(8, 12),
    "noon": Part(11, 13, True),
    "midday": Part(11, 13, True),
    "lunchtime": Part(11, 13, True),
    "lunch": Part(11, 13, True),
    "early afternoon": Part(12, 14, True),
    "late afternoon": Part(14, 16, True),
    "afternoon": Part(12, 16, True),
    "evening": Part(16, 20, True),
    "night": Part(20, 24, True),
    "tonight": Part(20, 24, True),
}
_SHIFT = {
    "last": -1,
    "previous": -1,
    "past": -1,
    "this": 0,
    "current": 0,
    "coming": 1,
    "next": 1,
    "following": 1,
    "upcoming": 1,
}
HOLIDAYS = {
    "christmas eve": "平安夜",
    "christmas day": "圣诞节",
    "christmas": "圣诞节",
    "xmas": "圣诞节",
    "new year's day": "元旦",
    "new years day": "元旦",
    "valentine's day": "情人节",
    "labour day": "劳动节",
    "may day": "劳动节",
    "national day": "国庆节",
    "chinese new year's eve": "除夕",
    "chinese new year": "春节",
    "lunar new year": "春节",
    "spring festival": "春节",
    "lantern festival": "元宵节",
    "dragon boat festival": "端午节",
    "mid-autumn festival": "中秋节",
    "mid autumn festival": "中秋节",
    "qingming": "清明",
    "halloween": "万圣节",
    "mother's day": "母亲节",
    "father's day": "父亲节",
    "thanksgiving": "感恩节",
    "singles day": "双十一",
    "singles' day": "双十一",
}


def _count(words: str) -> float:
    words = words.lower().strip()
    return _SMALL[words] if words in _SMALL else float(words)


def _length_of(words: str, unit: str, half: bool = False) -> Length | None:
    value, unit = _count(words) + (0.5 if half else 0), unit.lower()
    if unit.startswith(("sec", "min", "hour", "hr")):
        scale = 1 if unit[0] == "s" else 60 if unit[0] == "m" else 3600
        return Length(seconds=value * scale)
    if unit.startswith(("week", "wk")):
        return Length(days=round(value * 7))
    if unit.startswith(("month", "quarter", "year", "yr")):
        months = value * {"m": 1, "q": 3, "y": 12}[unit[0]]
        return Length(months=int(months), days=round((months % 1) * 30))
    return Length(days=int(value), seconds=(value % 1) * 86400)


def _month_of(words: str) -> int:
    return _MONTHS[words.lower()[:3]]


def _day_of(words: str) -> int:
    return WORD_ORD.get(words.lower()) or int(re.sub(r"\D", "", words))


def calendar_date(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    groups = m.groupdict()
    month = _month_of(groups["mn"]) if groups.get("mn") else int(groups["m"]) if groups.get("m") else None
    year = int(groups["y"]) if groups.get("y") else None
    if year is not None and year < 100:
        year += 2000
    day = _day_of(groups["d"])
    if month is not None and month > 12:
        month, day = day, month
    return ("D", Day(year=year, month=month, day=day)) if day <= 31 and (month or 1) <= 12 else None


def weekday(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    wanted = _DAYS[m["wd"].lower()[:3]]
    shift = (m["s"] or "").lower()
    monday = week_span(now.date())[0]
    if shift in ("next", "following"):
        return "D", Day(fixed=monday + timedelta(days=7 + wanted))
    if shift in ("last", "previous", "past"):
        gone = monday + timedelta(days=wanted - 7)
        return "D", Day(fixed=gone)
    if shift == "this":
        return "D", Day(fixed=monday + timedelta(days=wanted))
    return "D", Day(weekday=wanted)


def weekend(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    monday = week_span(now.date(), _SHIFT.get((m["s"] or "this").lower(), 0))[0]
    return "S", (monday + timedelta(days=5), monday + timedelta(days=7))


def clock(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    groups = m.groupdict()
    words = groups["h"].lower()
    hour = int(_SMALL.get(words, 0) or words)
    minute = int(groups.get("mi") or 0)
    if rel := (groups.get("rel") or "").lower():
        amount = {"half": 30, "quarter": 15}.get(groups["amt"].lower()) or int(_count(groups["amt"]))
        hour, minute = (hour, amount) if rel == "past" else (hour - 1, 60 - amount)
    half = (groups.get("ap") or "").lower().replace(".", "")[:1]
    if hour > 24 or minute > 59:
        return None
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    return "C", Clock(hour % 24, minute, open=not half and 1 <= hour <= 12 and not words.startswith("0"))


def length(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    found = _length_of(m["n"], m["u"], bool(m.groupdict().get("half")))
    return ("U", found) if found and found.total > 0 else None


def distance(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    length = _length_of(m["n"], m["u"], bool(m.groupdict().get("half")))
    if not length:
        return None
    back = (m.groupdict().get("side") or "").lower() in ("ago", "earlier", "before")
    return "O", shifted(now, length, -1 if back else 1)


def stretch(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    length = _length_of(m["n"], m["u"])
    if not length:
        return None
    back = m["side"].lower() in ("last", "past", "previous")
    edge = shifted(now, length, -1 if back else 1)
    if isinstance(edge, datetime):
        return "R", (edge, now) if back else (now, edge)
    return "S", (edge, now.date()) if back else (now.date() + timedelta(days=1), edge + timedelta(days=1))


def calendar_span(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    shift, unit, today = _SHIFT[m["s"].lower()], m["u"].lower(), now.date()
    if unit == "week":
        return "S", week_span(today, shift)
    if unit == "month":
        base = add_months(today.replace(day=1), shift)
        return "S", month_span(base.year, base.month)
    if unit == "quarter":
        first = add_months(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), 3 * shift)
        return "S", (first, add_months(first, 3))
    return "S", (date(today.year + shift, 1, 1), date(today.year + shift + 1, 1, 1))


def edge(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    today, unit = now.date(), m["u"].lower()
    start = m["edge"].lower() in ("start", "beginning", "early")
    if m["edge"].lower() in ("mid", "middle"):
        return None
    if unit == "day":
        return "D", Day(fixed=today)
    shift = _SHIFT.get((m["s"] or "this").lower(), 0)
    if unit == "week":
        first, after = week_span(today, shift)
        return "S", (first, first + timedelta(days=2)) if start else (
            first + timedelta(days=3),
            after,
            "edge",
        )
    if unit == "year":
        year = today.year + shift
        return "S", (date(year, 1, 1), date(year, 2, 1)) if start else (
            date(year, 12, 1),
            date(year + 1, 1, 1),
            "edge",
        )
    base = add_months(today.replace(day=1), shift) if unit == "month" else None
    if base is None:
        month = _MONTHS[unit[:3]]
        base = date(today.year + (1 if month < today.month else 0), month, 1)
    first, after = month_span(base.year, base.month)
    return "S", (first, first + timedelta(days=10)) if start else (first + timedelta(days=24), after, "edge")


def month(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    month, shift = _month_of(m["mn"]), (m["s"] or "").lower()
    year = int(m["y"]) if m["y"] else now.year + _SHIFT.get(shift, 0)
    if not m["y"] and not shift and month < now.month:
        year += 1
    return "S", month_span(year, month)


def week_of_month(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    """The nth week of a month is the one with its nth Thursday."""
    month = _month_of(m["mn"])
    first, after = month_span(int(m["y"] or now.year + (1 if month < now.month else 0)), month)
    thursdays = [d for n in range(31) if (d := first + timedelta(days=n)) < after and d.weekday() == 3]
    index = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}[m["nth"].lower()]
    return "S", week_span(thursdays[index])


def year(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    return "S", (date(int(m["y"]), 1, 1), date(int(m["y"]) + 1, 1, 1))


def quarter(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    which = int({"first": 1, "second": 2, "third": 3, "fourth": 4}.get(m["q"].lower(), m["q"]))
    first = date(int(m["y"] or now.year), which * 3 - 2, 1)
    return "S", (first, add_months(first, 3))


def named_holiday(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    name = HOLIDAYS[m["name"].lower().replace("’", "'")]
    days = [d for step in (0, 1) if (d := holiday(name, int(m["y"] or now.year) + step))]
    if not m["y"]:
        days = [d for d in days if d >= now.date()] or days
    return ("D", Day(fixed=days[0])) if days else None


def rel_day(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    words = re.sub(r"\s+", " ", m[0].lower())
    step = {"today": 0, "tomorrow": 1, "tmr": 1, "tmrw": 1, "tomorow": 1, "yesterday": -1}.get(words)
    if step is None:
        step = 2 if "after" in words else -2
    return "D", Day(fixed=now.date() + timedelta(days=step))


def part(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    return "P", PARTS[re.sub(r"\s+", " ", m["p"].lower())]


def tonight(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    return "D", Day(fixed=now.date() - timedelta(days=1 if m[0].lower().startswith("last") else 0))


def noon(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    return "C", Clock(0 if m[0].lower().endswith("midnight") else 12)
