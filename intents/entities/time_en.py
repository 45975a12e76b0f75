"""English time words to atoms: which words are read by which reader."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache

from . import time_en_read as read
from .atoms import Atom, Day, Reader, mark, scan
from .time_en_read import HOLIDAYS, HOURS, MONTH, ORD, PARTS, UNIT, WD, WORD_ORD, N

_YEAR = r"(?P<y>(?:19|20)\d\d)"
_WORDS = "|".join(WORD_ORD)
_PARTS = "|".join(sorted((p for p in PARTS if p != "tonight"), key=len, reverse=True))
_HOLIDAYS = "|".join(sorted(HOLIDAYS, key=len, reverse=True))
_SHIFT = r"(?:last|previous|past|this coming|this|current|coming|next|following|upcoming)"
_HALF = r"(?P<half> and a half)?"

RULES: list[tuple[str, Reader]] = [
    (rf"{_YEAR}-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}})(?!\d)", read.calendar_date),
    (rf"{_YEAR}/(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}})(?!\d)", read.calendar_date),
    (r"(?<![\d/])(?P<m>\d{1,2})[/-](?P<d>\d{1,2})[/-](?P<y>(?:19|20)?\d\d)(?![\d/])", read.calendar_date),
    (r"(?<![\d/.-])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\d/])", read.calendar_date),
    (
        (
            rf"\b(?P<mn>{MONTH})\s*(?:the\s)?(?P<d>{ORD}|{_WORDS})\b(?!:|\s?[ap]m)(?:\s?,"
            rf"?\s?(?:of )?{_YEAR})?"
        ),
        read.calendar_date,
    ),
    (
        (
            rf"\b(?:the\s)?(?P<d>{ORD}|{_WORDS})\s?(?:day\s)?(?:of\s)?-?(?P<mn>{MONTH})"
            rf"\b(?:,?\s?(?:of )?{_YEAR})?"
        ),
        read.calendar_date,
    ),
    (r"\b(?:the|on)\s(?P<d>[12]\d(?:st|nd|rd|th)|3[01](?:st|th)|[1-9](?:st|nd|rd|th))\b", read.calendar_date),
    (
        (
            r"(?<![\d.])(?P<d>(?:[12]?\d|3[01])(?:st|nd|rd|th))\b(?! (?:gear|time|car|"
            r"step|quarter))"
        ),
        read.calendar_date,
    ),
    (rf"\b(?:(?P<s>{_SHIFT})\s)?(?:on\s)?(?P<wd>{WD})\b(?!\s?\d{{4}}(?!\d))", read.weekday),
    (rf"\b(?P<wd>{WD})\s(?P<s>next)\sweek\b", read.weekday),
    (rf"\b(?:(?P<s>{_SHIFT}|the)\s)?weekend\b", read.weekend),
    (
        (
            r"\bday\s+after\s+(?:tomorrow|tmrw?)\b|\bday\s+before\s+yesterday\b|\btoday\b|"
            r"\btomorr?ow\b|\btmrw?\b|\byesterday\b"
        ),
        read.rel_day,
    ),
    (rf"\b(?P<name>{_HOLIDAYS})\b(?:\s(?:of\s)?(?P<y>20\d\d))?", read.named_holiday),
    (rf"\bin\s(?:about\s)?(?P<n>{N})\s?(?P<u>{UNIT}){_HALF}(?:'s? time)?\b", read.distance),
    (
        (
            rf"\b(?P<n>{N})\s?(?P<u>{UNIT}){_HALF}\s(?P<side>ago|earlier|later|from now|"
            rf"hence|from today)\b"
        ),
        read.distance,
    ),
    (rf"\b(?P<side>last|past|previous|next|coming|following)\s(?P<n>{N})\s(?P<u>{UNIT})\b", read.stretch),
    (rf"\b(?P<s>{_SHIFT})\s(?P<u>week|month|quarter|year)\b", read.calendar_span),
    (
        (
            rf"\b(?:the\s)?(?P<edge>end|start|beginning|close)\sof\s(?:the\s)?(?:(?P<s>{_SHIFT})"
            rf"\s)?(?P<u>day|week|month|year|{MONTH})\b"
        ),
        read.edge,
    ),
    (r"\b(?P<s>this|last|next)?\s?(?P<u>month|year)[- ](?P<edge>end)\b", read.edge),
    (
        (
            rf"\b(?:(?P<s>{_SHIFT})\s)?(?P<mn>{MONTH})\b(?:,?\s(?:of )?{_YEAR})?(?!\s(?:i|"
            rf"we|you|he|she|be)\b)"
        ),
        read.month,
    ),
    (r"\bq(?P<q>[1-4])\b(?:\s(?:of )?(?P<y>20\d\d))?", read.quarter),
    (r"\b(?:the\s)?(?P<q>first|second|third|fourth) quarter\b(?:\s(?:of )?(?P<y>20\d\d))?", read.quarter),
    (r"\b(?:in|year|of|since|by|during)\s(?P<y>(?:19|20)\d\d)\b(?!\s[A-Z])", read.year),
    (
        (
            rf"\b(?P<amt>half|quarter|ten|five|twenty|\d+)(?:\s(?:minutes?|mins?))?\s(?P<rel>past)"
            rf"\s(?P<h>\d{{1,2}}|{HOURS})\b(?:\s?(?P<ap>[ap]\.?m\b\.?))?"
        ),
        read.clock,
    ),
    (
        (
            rf"\b(?:a\s)?(?P<amt>quarter|(?:ten|five|twenty|\d+)(?=\s(?:minutes?|mins?)"
            rf"))(?:\s(?:minutes?|mins?))?\s(?P<rel>to)\s(?P<h>\d{{1,2}}|{HOURS})\b(?:\s?(?P<ap>[ap]"
            rf"\.?m\b\.?))?"
        ),
        read.clock,
    ),
    (
        (
            r"(?<![\d:./-])(?P<h>[01]?\d|2[0-4])[:.](?P<mi>[0-5]\d)(?::[0-5]\d)?\s?(?P<ap>[ap]"
            r"\.?m\b\.?)"
        ),
        read.clock,
    ),
    (r"(?<![\d:./-])(?P<h>[01]?\d|2[0-4]):(?P<mi>[0-5]\d)(?::[0-5]\d)?(?![\d:])", read.clock),
    (r"(?<=-)(?P<h>1[0-2]|[1-9])(?::(?P<mi>[0-5]\d))?\s?(?P<ap>[ap]\.?m\b\.?)", read.clock),
    (rf"\bthis(?=\s(?:{_PARTS})\b)", lambda m, now: ("D", Day(fixed=now.date()))),
    (r"(?<![\d/.-])(?P<d>1[3-9]|2\d|3[01])/(?P<m>1[0-2]|0?[1-9])(?![\d/])", read.calendar_date),
    (rf"\b(?P<y>(?:19|20)\d\d)[ -](?P<s>)(?P<mn>{MONTH})\b", read.month),
    (
        (
            rf"\b(?:the\s)?(?P<nth>first|second|third|fourth|last)\sweek\s(?:of|in)\s(?P<mn>{MONTH})"
            rf"\b(?:,?\s(?P<y>20\d\d))?"
        ),
        read.week_of_month,
    ),
    (
        r"\b(?:the\s)?(?P<y>(?:19|20)\d0)\s?'?s\b",
        lambda m, now: ("S", (date(int(m["y"]), 1, 1), date(int(m["y"]) + 10, 1, 1))),
    ),
    (rf"(?<![\d:./-])\b(?P<h>1[0-2]|0?[1-9]|{HOURS})\s?(?P<ap>[ap]\.?m\b\.?)", read.clock),
    (rf"\b(?P<h>[01]?\d|2[0-4]|{HOURS})\s?o'?\s?clock\b(?:\s(?P<ap>[ap]\.?m\b))?", read.clock),
    (
        (
            rf"(?:(?<=\bat\s)|(?<=\bby\s)|(?<=around\s)|(?<=about\s)|(?<=before\s)|(?<=after\s)"
            rf"|(?<=until\s)|(?<=till\s)|(?<=from\s)|(?<=between\s)|(?<=\sto\s)|(?<=\band\s)"
            rf")(?P<h>1\d|2[0-3]|[1-9]|{HOURS})\b(?![\d:.,%/]|\s?(?:{UNIT}|most|least|all|"
            rf"once|yuan|rmb|k\b|%|percent|o'?clock|thousand|hundred|[ap]m\b))"
        ),
        read.clock,
    ),
    (
        (
            r"(?<![\d:./-])\b(?P<h>1[0-2]|[1-9])(?=\s?(?:-|to)\s?(?:1[0-2]|[1-9])(?::[0-5]"
            r"\d)?\s?[ap]\.?m)"
        ),
        read.clock,
    ),
    (rf"\b(?P<d>[12]?\d|3[01])(?=\s?-\s?\d{{1,2}}\s{MONTH})", read.calendar_date),
    (r"\b(?:12\s)?(?:noon|midnight)\b", read.noon),
    (r"\btonight\b|\blast night\b", read.tonight),
    (rf"\b(?:in the\s|the\s|at\s)?(?P<p>{_PARTS})\b", read.part),
    (rf"\b(?P<n>{N})\s?(?P<u>{UNIT}){_HALF}\b", read.length),
    (r"\bright now\b|\bimmediately\b|\bnow\b|\basap\b", lambda m, now: ("N", now)),
    (r"\b(?:to|till|until|through|and)\b|-|~", mark("T")),
    (r"\b(?:from|between)\b", mark("F")),
    (r"\b(?:before|by|no later than|until|till)\b", mark("b")),
    (r"\b(?:after|since|from)\b", mark("a")),
    (r"\b(?:within|during|over|inside)\b", mark("w")),
]


@cache
def _rules() -> list[tuple[re.Pattern[str], Reader]]:
    return [(re.compile(pattern, re.I), reader) for pattern, reader in RULES]


def atoms(text: str, now: datetime) -> list[Atom]:
    """Atoms from left to right, the longest at each place."""
    return scan(_rules(), text, now)
