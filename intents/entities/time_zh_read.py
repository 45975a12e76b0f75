"""What Chinese time words mean: one reader for each form of words."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from .atoms import (
    Clock,
    Day,
    Length,
    add_months,
    lunar_day,
    month_span,
    shifted,
    week_span,
)
from .numbers import DIGITS, number, small
from .time_zh_words import (
    FLOATING,
    HOLIDAY_LENGTH,
    HOLIDAYS,
    MORE,
    PARTS,
    REL_DAYS,
    SHIFT,
    WEEKDAYS,
)


def _year_of(words: str | None, now: datetime) -> int | None:
    if not words:
        return None
    if words in ("今", "本", "明", "去", "后", "前", "大前", "大后"):
        return now.year + {"前": -2}.get(words, SHIFT[words])
    value = int("".join(str(DIGITS.get(c, c)) for c in words))
    if value >= 100:
        return value
    return 2000 + value if value < 50 else 1900 + value


def _month_of(words: str) -> int:
    return {"正": 1, "冬": 11, "腊": 12}.get(words) or int(small(words) or 0)


def full_date(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    groups = m.groupdict()
    year = _year_of(groups.get("y") or groups.get("y2") or groups.get("ry"), now)
    day = small((groups.get("d") or "").lstrip("初"))
    lunar = bool(groups.get("lunar")) or "初" in m[0] or (groups.get("m") or "") in ("正", "腊", "冬")
    month: int | None = None
    if groups.get("m"):
        month = _month_of(groups["m"])
    elif groups.get("rm"):
        base = add_months(now.date().replace(day=1), SHIFT[groups["rm"]])
        year, month = base.year, base.month
    if groups.get("wd"):
        return None
    if day is None or not 1 <= day <= 31 or (month is not None and not 1 <= month <= 12):
        return None
    return "D", Day(year=year, month=month, day=day, lunar=lunar)


def weekday(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    shift, word = m["s"], m["wd"]
    if word == "末":
        monday = week_span(now.date(), SHIFT[shift] if shift else 0)[0]
        return "S", (monday + timedelta(days=5), monday + timedelta(days=7))
    if shift:
        return "D", Day(fixed=week_span(now.date(), SHIFT[shift])[0] + timedelta(days=WEEKDAYS[word]))
    return "D", Day(weekday=WEEKDAYS[word])


def clock(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    hour = small(m["h"])
    if hour is None or hour > 24:
        return None
    groups = m.groupdict()
    minute, second = 0, int(small(groups.get("sec") or "") or 0)
    if groups.get("half"):
        minute = {"半": 30, "一刻": 15, "1刻": 15, "三刻": 45, "3刻": 45}[groups["half"]]
    elif groups.get("mi"):
        minute = int(small(groups["mi"].lstrip("过")) or 0)
    if groups.get("minus"):
        back = {"一刻": 15}.get(groups["minus"]) or int(small(groups["minus"].rstrip("分钟")) or 0)
        hour, minute = hour - 1, 60 - back
    if minute > 59 or hour < 0:
        return None
    return "C", Clock(hour % 24, minute, second, open=1 <= hour <= 12 and not (m["h"].startswith("0")))


def _length_of(words: str, unit: str, half: bool = False) -> Length | None:
    value = 0.5 if words == "半" else (float(number(words) or 0) + (0.5 if half else 0))
    if value <= 0:
        return None
    unit = unit.strip().lstrip("个")
    if unit in ("年", "周年"):
        return Length(months=round(value * 12))
    if unit in ("月", "月份"):
        return Length(months=int(value), days=round((value % 1) * 30))
    if unit in ("周", "星期", "礼拜"):
        return Length(days=round(value * 7))
    if unit in ("天", "日", "工作日", "晚上", "晚"):
        return Length(days=int(value), seconds=(value % 1) * 86400)
    if unit in ("季度", "季"):
        return Length(months=round(value * 3))
    scale = {
        "小时": 3600,
        "时": 3600,
        "钟头": 3600,
        "点钟": 3600,
        "分钟": 60,
        "分": 60,
        "刻钟": 900,
        "秒": 1,
        "秒钟": 1,
    }[unit]
    return Length(seconds=value * scale)


def ahead(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    """还剩3小时, 之后5分钟: from now on for so long."""
    length = _length_of(m["n"], m["u"])
    if not length:
        return None
    edge = shifted(now, length, 1)
    if isinstance(edge, datetime):
        return "R", (now, edge)
    return "S", (now.date() + timedelta(days=1), edge + timedelta(days=1))


def week_of_month(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    """The nth week of a month is the one with its nth Thursday."""
    month, year = _month_of(m["m"]), _year_of(m["y"] or m["ry"], now)
    if not 1 <= month <= 12:
        return None
    year = year if year is not None else now.year + (1 if month < now.month else 0)
    first, after = month_span(year, month)
    thursday = first + timedelta(days=(3 - first.weekday()) % 7)
    if m["last"]:
        thursday = max(
            thursday + timedelta(weeks=n) for n in range(5) if thursday + timedelta(weeks=n) < after
        )
    else:
        thursday += timedelta(weeks=int(small(m["nth"]) or 1) - 1)
    return "S", week_span(thursday)


def week_of_year(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    year = _year_of(m["y"] or m["ry"], now) or now.year
    first = date(year, 1, 4)
    week = date(year, 12, 28).isocalendar().week if m["last"] else int(small(m["nth"]) or 1)
    return "S", week_span(first, week - 1)


def decade(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    decade = int(small(m["d"] or m["d2"] or "") or 0)
    if m["c"]:
        start = (int(small(m["c"]) or 20) - 1) * 100 + decade
        return "S", (date(start, 1, 1), date(start + (10 if decade else 100), 1, 1))
    return "S", (date(1900 + decade, 1, 1), date(1910 + decade, 1, 1))


def half_month(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    first, after = month_span(now.year, now.month)
    middle = first + timedelta(days=15)
    return "S", (first, middle) if m["half"] == "上" else (middle, after)


def length(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    found = _length_of(m["n"], m["u"], bool(m["half"]))
    if not found:
        return None
    for more in MORE.finditer(m["more"]):
        found = found.plus(_length_of(more["n"], more["u"]) or Length())
    if m["tail"]:
        found = found.plus(_length_of("半", m["u"]) or Length())
    return "U", found


def distance(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    length = _length_of(m["n"], m["u"], bool(m.groupdict().get("half")))
    if not length or (m["u"].strip() == "年" and (length.months > 600 or re.fullmatch(r"\d\d", m["n"]))):
        return None
    if extra := m.groupdict().get("n2"):
        length = length.plus(_length_of(extra, m["u2"]) or Length())
    back = m["side"] and m["side"].endswith("前")
    return "O", shifted(now, length, -1 if back else 1)


def span_of_days(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    today, unit, shift = now.date(), m["u"], SHIFT[m["s"]]
    if unit in ("周", "星期", "礼拜"):
        return "S", week_span(today, shift)
    if unit.startswith("月"):
        base = add_months(today.replace(day=1), shift)
        return "S", month_span(base.year, base.month)
    if unit in ("季度", "季"):
        first = add_months(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), shift * 3)
        return "S", (first, add_months(first, 3))
    year = today.year + (shift if m["s"] not in ("前",) else -2)
    return "S", (date(year, 1, 1), date(year + 1, 1, 1))


def edge(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    """月底, 下月初, 年底, 3月中旬: a third (or the end) of a month or a year."""
    today, where = now.date(), m["edge"]
    groups = m.groupdict()
    if groups.get("year") or where.startswith("年"):
        year = (_year_of(groups.get("year"), now) if groups.get("year") else today.year) or today.year
        if "底" in where or "末" in where or "终" in where:
            return "S", (date(year, 12, 1), date(year + 1, 1, 1), "edge")
        if "中" in where:
            return "S", (date(year, 6, 1), date(year, 7, 1))
        return "S", (date(year, 1, 1), date(year, 2, 1))
    if groups.get("m"):
        month = _month_of(groups["m"])
        base = date(today.year + (1 if month < today.month - 1 else 0), month, 1)
    else:
        base = add_months(today.replace(day=1), SHIFT[groups["s"]] if groups.get("s") else 0)
    first, after = month_span(base.year, base.month)
    if "初" in where or "上旬" in where or "头" in where:
        return "S", (first, first + timedelta(days=10))
    if "中" in where:
        return "S", (first + timedelta(days=10), first + timedelta(days=20))
    if "下旬" in where:
        return "S", (first + timedelta(days=20), after)
    return "S", (first + timedelta(days=24), after, "edge")


def month(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    month = _month_of(m["m"])
    year = _year_of(m["y"] or m["ry"], now)
    if not 1 <= month <= 12:
        return None
    if year is None:
        year = now.year + (1 if month < now.month else 0)
    return "S", month_span(year, month)


def year(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    year = _year_of(m["y"], now)
    half = m.groupdict().get("half")
    if year is None:
        return None
    if half:
        return "S", (date(year, 1, 1), date(year, 7, 1)) if half == "上" else (
            date(year, 7, 1),
            date(year + 1, 1, 1),
        )
    return "S", (date(year, 1, 1), date(year + 1, 1, 1))


def quarter(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    which = small(m["q"])
    if which is None or not 1 <= which <= 4:
        return None
    first = date(_year_of(m["y"] or m["ry"], now) or now.year, which * 3 - 2, 1)
    return "S", (first, add_months(first, 3))


def half_year(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    year = _year_of(m["y"] or m["ry"], now) or now.year
    return "S", (date(year, 1, 1), date(year, 7, 1)) if m["half"] in "上前" else (
        date(year, 7, 1),
        date(year + 1, 1, 1),
    )


def stretch(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    """近三天, 过去一周, 未来两个月, 三天内: a stretch that ends or begins now."""
    length = _length_of(m["n"].replace("几", "3"), m["u"])
    if not length:
        return None
    back = m["side"] in ("近", "最近", "过去", "之前", "前", "过去的", "上", "前面")
    edge = shifted(now, length, -1 if back else 1)
    if isinstance(edge, datetime):
        return "R", ((edge, now) if back else (now, edge))
    today = now.date()
    return "S", (edge, today) if back else (today + timedelta(days=1), edge + timedelta(days=1))


def within(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    length = _length_of(m["n"], m["u"])
    if not length:
        return None
    edge = shifted(now, length, 1)
    return ("R", (now, edge)) if isinstance(edge, datetime) else ("S", (now.date(), edge + timedelta(days=1)))


def named_holiday(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    name = m["name"]
    asked = _year_of(m["y"] or m["ry"], now)
    days = [
        d for y in ([asked] if asked else [now.year, now.year + 1, now.year - 1]) if (d := holiday(name, y))
    ]
    if asked is None:
        days = sorted(d for d in days if d >= now.date())[:1] or days
    if not days:
        return None
    if m["rest"]:
        base = next((n for n in HOLIDAY_LENGTH if name.startswith(n)), None)
        return "S", (days[0], days[0] + timedelta(days=HOLIDAY_LENGTH.get(base or "", 1)))
    offset = {"前一天": -1, "前夕": -1, "后一天": 1, "第二天": 1}.get(m["off"] or "", 0)
    return "D", Day(fixed=days[0] + timedelta(days=offset))


def holiday(name: str, year: int) -> date | None:
    """The solar date of a holiday in `year` (a lunar year begins in spring; its eve falls in the next)."""
    if name.startswith("清明"):
        return date(year, 4, 4 if year % 4 in (0, 1) else 5)
    if name in FLOATING:
        month, weekday, nth = FLOATING[name]
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    month, day, lunar = HOLIDAYS[name]
    if not lunar:
        return date(year, month, day)
    return lunar_day(year - 1 if (month, day) == (12, 30) else year, month, day)


def now(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    return "N", now


def part(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    return "P", PARTS[m[0]]


def rel_day(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    return "D", Day(fixed=now.date() + timedelta(days=REL_DAYS[m[0]]))


def _lunar_only(m: re.Match[str], now: datetime) -> tuple[str, Any] | None:
    day = small(m["d"].lstrip("初"))
    return ("D", Day(month=1, day=day, lunar=True)) if day else None
