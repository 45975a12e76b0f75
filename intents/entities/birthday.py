"""Birthdays as people say them: 农历腊月三十, 90年5月8号, 5 May 1990, 29 February."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from ..normalize import readable
from .numbers import small

_NUMBER = r"\d{1,2}|[一二三四五六七八九十廿卅]{1,3}"
_ZH = re.compile(
    rf"(?P<lunar>农历|阴历|旧历)?的?(?P<solar>公历|阳历|新历)?的?"
    rf"(?:(?P<year>(?:19|20)?\d\d|[一二零〇九八七六五四三]{{2,4}})年)?的?(?P<lunar2>农历|阴历)?"
    rf"(?P<leap>闰)?(?P<month>正|冬|腊|{_NUMBER})月(?P<first>初)?(?P<day>{_NUMBER})(?:日|号)?(?:那天)?"
)
_DIGITS = re.compile(
    r"(?P<lunar>农历|阴历|lunar )?(?:(?P<year>(?:19|20)\d\d)[-/.])?(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?"
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?:,? (?:of )?(?P<year>(?:19|20)\d\d))?"
_EN = (
    re.compile(rf"(?:the )?{_DAY}(?: of)? {_MONTH}{_YEAR}"),
    re.compile(rf"{_MONTH} (?:the )?{_DAY}{_YEAR}"),
)
_NAMED = {"正": 1, "冬": 11, "腊": 12}
_LEAP_YEAR = 2000


def read_birthday(words: str) -> dict[str, Any] | None:
    """`{"month", "day", "year" or None, "lunar", "leap"}` when the words are one day of the year and nothing else.

    The twelfth month's 30th is a lunar date; 29 February is one of the calendar.
    """
    said = re.sub(r"\s+", " ", readable(words)).strip(" .,!，。！").lower()
    said = re.sub(r"^(?:是|on )|(?:的|了|哦|啊|生日|出)+$", "", said).strip()
    for pattern in (_ZH, _DIGITS, *_EN):
        found = pattern.fullmatch(said.replace(" ", "") if pattern is _ZH else said)
        if found is not None:
            return _checked(found.groupdict())
    return None


def _checked(parts: dict[str, str | None]) -> dict[str, Any] | None:
    month, day, year = _month(parts["month"] or ""), small(parts["day"] or ""), _year(parts.get("year"))
    named = (parts["month"] or "") in _NAMED or bool(parts.get("first") or parts.get("leap"))
    lunar = bool(parts.get("lunar") or parts.get("lunar2")) or named
    if month is None or day is None or not _exists(year, month, day, lunar):
        return None
    return {"month": month, "day": day, "year": year, "lunar": lunar, "leap": bool(parts.get("leap"))}


def _month(words: str) -> int | None:
    if words in _NAMED:
        return _NAMED[words]
    return _MONTHS.index(words) + 1 if words in _MONTHS else small(words)


def _year(words: str | None) -> int | None:
    """90年 is 1990 and 05年 2005."""
    year = small(words.replace("〇", "零")) if words else None
    if year is None or year >= 100:
        return year
    return year + (1900 if year >= 30 else 2000)


def _exists(year: int | None, month: int, day: int, lunar: bool) -> bool:
    if lunar:
        return 1 <= month <= 12 and 1 <= day <= 30
    try:
        date(year or _LEAP_YEAR, month, day)
    except ValueError:
        return False
    return True
