"""Texts of cells as values. Every function raises Invalid with a text key and the offending value."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crm_core.fitment.normalise import oe_key
from crm_core.kernel.errors import Invalid
from crm_core.kernel.money import fen

_HERE = Path(__file__).parent
_SPLIT = re.compile(r"[;；,，、/|\n]")
_APART = re.compile(r"[;；,，、|\n]")
_YES = {"yes", "y", "true", "1", "是", "对", "有", "同意", "适配", "适用", "√"}
_NO = {"no", "n", "false", "0", "否", "不", "无", "没有", "不同意", "不适配", "不适用", "×"}
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MONTH = re.compile(r"(\d{4})[-/.年]?(\d{1,2})月?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
_MONEY = re.compile(r"[¥￥$,\s]|元|rmb|cny", re.IGNORECASE)
_NAMED = re.compile(r"(?:([^=:=:]{1,40})[=:=:])?(.+)", re.DOTALL)
_SURE = {"高": 90, "high": 90, "中": 60, "medium": 60, "低": 30, "low": 30}
_DIGITS = "零一二三四五六七八九十"
_MONTHS = ("", *_DIGITS[1:], "十一", "十二")
_LUNAR = re.compile(
    r"(?:农历|阴历)?(?P<month>正|冬|腊|十[一二]?|[一二三四五六七八九])月"
    r"(?P<tens>初|二十|三十|十|廿)(?P<ones>[一二三四五六七八九十]?)日?"
)


def clean(text: str) -> str:
    """A cell without the spaces people leave around it, full width ones included."""
    return text.strip().strip("\u3000\ufeff").strip()


def parse(kind: str, text: str, field: str) -> Any:
    """The value of a non-empty cell of this kind."""
    return _PARSERS[kind](text, field)


def _text(text: str, _field: str) -> str:
    return text


def _number(text: str, field: str) -> float:
    try:
        return float(unicodedata.normalize("NFKC", text).replace(",", ""))
    except ValueError:
        raise Invalid(field, "error.not_a_number", value=text) from None


def _int(text: str, field: str) -> int:
    number = _number(text, field)
    if not number.is_integer() or abs(number) > 10**12:
        raise Invalid(field, "error.not_a_number", value=text)
    return int(number)


def _money(text: str, field: str) -> int:
    """Yuan, also `35万`, as fen."""
    plain = _MONEY.sub("", unicodedata.normalize("NFKC", text))
    factor = 10_000 if plain.endswith(("万", "w", "W")) else 1
    try:
        return fen(plain.rstrip("万wW")) * factor
    except ValueError:
        raise Invalid(field, "error.not_an_amount", value=text) from None


def money_said(text: str) -> int | None:
    """Fen of an amount people wrote freely; None when it is not plainly a number (`二十来万`)."""
    try:
        return _money(text, "")
    except Invalid:
        return None


def _date(text: str, field: str) -> date:
    found = _DATE.match(unicodedata.normalize("NFKC", text))
    try:
        if found is not None:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise Invalid(field, "error.not_a_date", value=text)


def _month(text: str, field: str) -> str:
    found = _MONTH.match(unicodedata.normalize("NFKC", text))
    if found is None or not 1 <= int(found[2]) <= 12:
        raise Invalid(field, "error.bad_month", value=text)
    return f"{found[1]}-{int(found[2]):02d}"


def _instant(text: str, field: str) -> datetime:
    """Local date and time without a zone, or an ISO instant with one; the caller adds the dealer's zone."""
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        clock = _CLOCK.search(plain)
        at = time(int(clock[1]) % 24, int(clock[2]) % 60) if clock else time(0)
        return datetime.combine(_date(plain, field), at)


def _bool(text: str, field: str) -> bool:
    word = unicodedata.normalize("NFKC", text).lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise Invalid(field, "error.not_yes_no", value=text)


def _list(text: str, _field: str) -> tuple[str, ...]:
    return tuple(clean(part) for part in _SPLIT.split(text) if clean(part))


def _numbers(text: str, field: str) -> tuple[str, ...]:
    """Part numbers, which may hold a slash: `MANN W 719/45` is one, `04465-02220/04465-02230` are two."""
    found: list[str] = []
    for said in filter(None, map(clean, _APART.split(text))):
        parts = _list(said, field)
        found += parts if all(_is_number(part) for part in parts) else (said,)
    return tuple(found)


def _is_number(text: str) -> bool:
    key = oe_key(text)
    return len(key) >= 5 and sum(c.isdigit() for c in key) >= 3


def split_semicolons(text: str) -> tuple[str, ...]:
    """Several values where commas and slashes belong to a value."""
    return tuple(clean(part) for part in re.split(r"[;；\n]", text) if clean(part))


def _pairs(text: str, _field: str) -> tuple[tuple[str, str], ...]:
    """`驱动=四驱; Note: 312 mm` as (name, value) pairs; what has no name is a note."""
    found = (_NAMED.fullmatch(said) for said in split_semicolons(text))
    return tuple((clean(pair[1] or "note"), clean(pair[2])) for pair in found if pair)


def _percent(text: str, field: str) -> int:
    """`90`, `90%` and `0.9` are 90; 高, 中 and 低 stand for 90, 60 and 30."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if plain in _SURE:
        return _SURE[plain]
    number = _number(plain.rstrip("% "), field)
    number *= 100 if number <= 1 and "%" not in plain else 1
    if not 0 <= number <= 100:
        raise Invalid(field, "error.not_a_percentage", value=text)
    return round(number)


_PARSERS = {"text": _text, "int": _int, "number": _number, "money": _money, "date": _date, "month": _month,
            "instant": _instant, "bool": _bool, "list": _list, "numbers": _numbers, "pairs": _pairs,
            "percent": _percent}  # fmt: skip


@cache
def _words() -> dict[str, dict[str, str]]:
    import yaml

    loaded = yaml.safe_load((_HERE / "words.yaml").read_text(encoding="utf-8"))
    return {
        group: {word.lower(): value for value, words in values.items() for word in words}
        for group, values in loaded.items()
    }


def word(group: str, text: str, default: str | None = None) -> str:
    """Our value for a word in a cell; the word itself when it is none of ours and no default is given."""
    if not text:
        return default or ""
    return _words()[group].get(
        unicodedata.normalize("NFKC", text).lower(), text if default is None else default
    )


def local(at: datetime, zone: str) -> datetime:
    """A wall-clock time of the dealer's zone as an instant; an instant stays."""
    return at.replace(tzinfo=ZoneInfo(zone)) if at.tzinfo is None else at


def ago(now: datetime, days: int, clock: str, zone: str) -> datetime:
    """`clock` o'clock (`14:30`, else noon) so many days before today in the zone; never after now."""
    found = _CLOCK.fullmatch(clock)
    at = time(int(found[1]), int(found[2])) if found else time(12)
    today = now.astimezone(ZoneInfo(zone)).date()
    instant = datetime.combine(today - timedelta(days=days), at, ZoneInfo(zone))
    return min(instant, now) if days >= 0 else instant


def lunar_day(text: str) -> str:
    """`农历八月十五` → `08-15`, `腊月廿三` → `12-23`; empty for what is no lunar day in words."""
    found = _LUNAR.fullmatch(text)
    if found is None:
        return ""
    tens, ones = found["tens"], found["ones"]
    day = {"初": 0, "十": 10, "廿": 20, "二十": 20, "三十": 30}[tens] + (_DIGITS.index(ones) if ones else 0)
    month = {"正": 1, "冬": 11, "腊": 12}.get(found["month"]) or _MONTHS.index(found["month"])
    return f"{month:02d}-{day:02d}" if 1 <= day <= 30 else ""
