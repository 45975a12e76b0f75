"""Time expressions in text: `parse_time` for callers, `find_times` for the recogniser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..normalize import is_chinese, readable
from ..types import Span
from . import time_en, time_zh
from .atoms import Atom
from .combine import Reading, combine
from .timevalue import TimeValue

_MAYBE = re.compile(
    r"[\d点天日号周月年时分秒晚早午夜旬季钟]|今|明|昨|星期|礼拜|节|国庆|元旦|元宵|"
    r"清明|立[春夏秋冬]|[春秋]分|[夏冬]至|惊蛰|霜降|下班|端午|中秋|重阳|除夕|圣诞|七夕|五一|六一|十一|初|现在|马上|立刻|立马|"
    r"目前|最近|"
    r"day|night|morning|afternoon|evening|noon|week|month|year|hour|minute|min|"
    r"o'?clock|now|asap|[ap]m|tom|tmr|jan|feb|mar|apr|may|jun|jul|"
    r"aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun|christmas|xmas|festival|quarter|\bq[1-4]|\bat\b|\bby\b|"
    r"\b(?:it|this|that|reminder) to \d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b|"
    r"thanksgiving|halloween|new year|eod|cob|eob|fri|weekend|ties\b|ytd|cny|hrs?\b|asap|soon as|moment|present|tonite|yr",
    re.I,
)
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_DATE_CODE = re.compile(
    rf"(?:19|20)\d\d[-/.]?(?:\d{{1,2}}|{_MONTH})[-/.]?\d{{1,2}}|{_MONTH}-\d{{1,2}}(?:-\d{{2,4}})?|{_MONTH}-\d{{4}}|"
    r"(?:19|20)\d\d-\d\d-\d\dT\d\d", re.I
)
_AGAIN = re.compile(r"每|\b(?:every|each|(?:mon|tues|wednes|thurs|fri|satur|sun)days)\b", re.I)
_TITLE = re.compile(r"《[^》]*》")
_UNTIL = ("till", "til", "until")
_LATIN = re.compile(r"[A-Za-z]{2,}|\d[ap]m", re.I)
_NOW = re.compile(r"现在|目前|眼下|此刻|马上|立刻|立马|(?:right )?now|immediately|asap", re.I)


def parse_time(text: str, now: datetime) -> dict[str, Any] | list[dict[str, Any]] | None:
    """The first time expression in `text`, or None.

    A dict has `kind` (date, datetime, time, daterange, datetimerange, timerange, duration), `start`, `end`
    (exclusive), `seconds` and the `words` read; several readings of one expression come as a list, likeliest
    first. `start` and `end` are date, datetime or time objects; datetimes carry the zone of `now`. What is said to
    happen again and again is its next time, with the rule as `recurrence` (RFC 5545).
    """
    plain = blank_codes(readable(text))
    reading = next(read_times(plain, now), None)
    if (repeated := _repeated(plain, now, reading.start if reading else len(plain))) is not None:
        return repeated
    if reading is None:
        return None
    words = text[reading.start : reading.end]
    found = [{**value.as_dict(now.tzinfo), "words": words} for value in reading.values]
    return found[0] if len(found) == 1 else found


def _repeated(plain: str, now: datetime, before: int) -> dict[str, Any] | None:
    """The repetition that begins before any other time is told."""
    if not _AGAIN.search(plain):
        return None
    from .repeat import next_time

    found = next_time(plain, now.replace(tzinfo=None))
    if found is None or found[0].start > before:
        return None
    span, timed = found
    start = datetime.fromisoformat(str(span.value))
    value = TimeValue("datetime", start) if timed else TimeValue("date", start.date())
    rules = span.detail.removeprefix("repeat:").splitlines()
    rules = rules if timed else [rule.partition(";BYHOUR")[0] for rule in rules]
    return {**value.as_dict(now.tzinfo), "words": span.words, "recurrence": "\n".join(rules)}


def blank_codes(text: str) -> str:
    """The text with phones, codes, vehicles and money blanked out: none of them tells the time."""
    from .codes import find_codes
    from .money import find_money
    from .percent import find_percents
    from .vehicle import find_vehicles

    text = _TITLE.sub(lambda title: "\x00" * len(title[0]), text)
    spans = [s for find in (find_codes, find_vehicles, find_money, find_percents) for s in find(text)]
    for span in spans:
        if span.kind != "oe" or not _looks_like_date(span.words):
            text = text[: span.start] + "\x00" * (span.end - span.start) + text[span.end :]
    return text


def _looks_like_date(words: str) -> bool:
    return _DATE_CODE.fullmatch(words) is not None


def read_times(text: str, now: datetime, *, until: bool = True) -> Iterator[Reading]:
    """Expressions in already normalised text. `until=False`: "until Friday" names a day, as sentences have it."""
    if not _MAYBE.search(text):
        return
    local = now.replace(tzinfo=None)
    atoms = _atoms(text, local)
    if not until:
        atoms = [replace(a, code="T") if a.code == "i" and str(a.value).lower() in _UNTIL else a for a in atoms]
    yield from combine(text, atoms, local)


def _atoms(text: str, now: datetime) -> list[Atom]:
    """Atoms in the language of the text; in a mixed one (Friday下午, call 韩雪 at 3) that of most letters decides."""
    if not is_chinese(text):
        return time_en.atoms(text, now)
    chinese = time_zh.atoms(text, now)
    if not _LATIN.search(text):
        return chinese
    english = [
        atom for atom in time_en.atoms(text, now) if _LATIN.search(text[max(atom.start - 3, 0) : atom.end])
    ]
    letters = sum(char.isascii() and char.isalpha() for char in text)
    if letters > 3 * sum(char >= "\u4e00" for char in text):
        first, second = english, [atom for atom in chinese if is_chinese(text[atom.start : atom.end])]
    else:
        first, second = chinese, english
    free = [atom for atom in second if not any(a.start < atom.end and atom.start < a.end for a in first)]
    return sorted([*first, *free], key=lambda atom: atom.start)


def find_times(text: str, now: datetime) -> Iterator[Span]:
    """Spans of kind `when`; a length alone ("两小时") is a `length`, with the moment it ends from now."""
    for reading in read_times(text, now, until=False):
        if reading.values[0].kind == "duration":
            seconds = reading.values[0].seconds or 0
            until = TimeValue(
                "datetime", now.replace(tzinfo=None, microsecond=0) + timedelta(seconds=seconds)
            )
            yield Span(
                "length", reading.start, reading.end, until.json(now), text[reading.start : reading.end]
            )
            continue
        if _NOW.fullmatch(text[reading.start : reading.end]):
            continue
        bounded = None in (reading.values[0].start, reading.values[0].end) and "range" in reading.values[0].kind
        values = [value.json(now) for value in reading.values[: 1 if bounded else None]]
        yield Span(
            "when",
            reading.start,
            reading.end,
            values[0],
            text[reading.start : reading.end],
            tuple(values[1:3]),
            detail=reading.values[0].kind,
        )
