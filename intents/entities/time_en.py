"""English time words to atoms: which words are read by which reader."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

from . import stretches
from . import time_en_read as read
from . import time_en_spans as spans
from .atoms import Atom, Reader, mark, scan
from .time_en_clocks import CLOCKS, LENGTHS, behind
from .time_en_words import (
    COUNT,
    HOLIDAYS,
    MONTH,
    NTH,
    NUM,
    ORD,
    ORD_WORD,
    UNIT,
    WD,
    YEAR,
)  # fmt: skip

_Y = rf"(?P<y>{YEAR})"
_TAIL = rf"(?:\s?[,-]?\s?(?:of\s|in\s)?(?:the\syear\s)?(?P<y>{YEAR})(?![\d:]|\s?(?:[ap]m|yuan|km)\b))?"
_MN = rf"(?P<mn>{MONTH})"
_HOLIDAYS = "|".join(re.escape(name) for name in sorted(HOLIDAYS, key=len, reverse=True))
_S = r"(?:last|previous|prior|past|this\scoming|this|current|coming|next|following|upcoming|same|present)"
_RM = rf"(?:of\s)?(?:the\s)?(?P<rm>{_S})\smonth"
_TO = r"\s?(?:-|~|to|till?|until|through|thru|and)\s?"
_WHOLE = (
    rf"(?:(?:the\s)?(?:(?P<s>{_S})\s)?(?P<u>week|month|quarter|year)\b|{_MN}{_TAIL}|"
    rf"(?:the\s)?(?:year\s)?(?P<y2>{YEAR})\b)"
)


_YEAR_CUE = behind(
    "in", "of", "since", "by", "during", "before", "after", "until", "till", "from", "for", "than", "cy", "="
)  # fmt: skip

DATES: list[tuple[str, Reader]] = [
    (r"(?<![\d./-])(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)", read.iso_date),
    (r"(?<!\d)(?P<y>(?:19|20)\d\d) (?P<m>1[0-2]|0[1-9]) (?P<d>3[01]|[12]\d|0[1-9])(?!\d)", read.iso_date),
    (r"(?<![\d/.])(?P<m>\d{1,2})(?P<swap>/)(?P<d>\d{1,2})/(?P<y>(?:19|20)?\d\d)(?![\d/])", read.calendar_date),
    (
        r"(?<![\d/.-])(?P<m>\d{1,2})(?P<swap>[.-])(?P<d>\d{1,2})[.-](?P<y>(?:19|20)?\d\d)(?![\d/])",
        read.calendar_date,
    ),
    (
        r"(?<![\d/.])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\d/])(?:,\s?(?P<y>20\d\d))?",
        read.calendar_date,
    ),
    (r"(?<![\d/.-])(?P<d>1[3-9]|2\d|3[01])/(?P<m>1[0-2]|0?[1-9])(?![\d/])", read.calendar_date),
    (
        r"(?:(?<=\bon\s)|(?<=\bby\s)|(?<=day\s))(?P<m>1[0-2]|0?[1-9])[.-](?P<d>3[01]|[12]\d|"
        r"0?[1-9])(?![\d.:]|\s?(?:[ap]m|mill|k\b))",
        read.calendar_date,
    ),
    (
        rf"\b{_MN}[\s/,-]*(?:the\s)?(?P<d>{ORD})\b(?!:\d|\s?[ap]\.?m\b|\s?o'?clock|\.\d|-\d\d?\b){_TAIL}",
        read.calendar_date,
    ),
    (rf"\b(?P<y>(?:19|20)\d\d)[\s/-]{_MN}[\s/-](?P<d>{ORD})\b", read.calendar_date),
    (rf"\b(?:the\s)?(?P<d>{ORD})\s?(?:day\s)?(?:of\s)?[\s/-]*{_MN}{_TAIL}", read.calendar_date),
    (rf"\b(?:the\s)?(?P<d>{ORD})\s(?:day\s)?{_RM}\b", read.calendar_date),
    (
        rf"\b{_MN}\s?(?:between\s|from\s)?(?P<d>{ORD}){_TO}(?:the\s)?(?P<d2>{ORD})\b(?!\s?(?:{MONTH}|"
        rf"[ap]\.?m\b|o'?clock)|:\d){_TAIL}",
        read.month_days,
    ),
    (rf"\b(?:the\s)?(?P<d>{ORD}){_TO}(?:the\s)?(?P<d2>{ORD})\b\s?(?:of\s)?,?\s?{_MN}{_TAIL}", read.month_days),
    (rf"\b(?:the\s)?(?P<d>{ORD}){_TO}(?:the\s)?(?P<d2>{ORD})\b\s{_RM}\b", read.month_days),
    (
        rf"\b(?:the|on)\s(?P<d>(?:[12]?\d|3[01])(?:st|nd|rd|th)|{ORD_WORD})\b(?!\s(?:{UNIT}|{WD}|time|one|"
        r"quarter|half|gear|car|step|floor|century|row|place|party))",
        read.calendar_date,
    ),
    (
        r"(?<![\d.])(?P<d>(?:[12]?\d|3[01])(?:st|nd|rd|th))\b(?!\s+(?:gear|time|car|step|quarter|half|week|"
        r"century|floor|row|place|day))",
        read.calendar_date,
    ),
    (r"\b(?:on\s(?:the\s)?|for\sthe\s)(?P<d>3[01]|[12]?\d)(?=\s*(?:[.,!?]|$|at\s))", read.calendar_date),
    (
        rf"\b(?:(?P<s>this\spast|{_S})\s)?(?:on\s)?(?<!he\s)(?<!who\s)(?<!they\s)(?<!we\s)(?<!\bi\s)(?<!the\s"
        rf")(?P<wd>{WD})(?!\s(?:will|rises|sets|shines|roof|shade|visor|down)\b)",
        read.weekday,
    ),
    (rf"\b(?P<wd>{WD})\s(?P<s>next|last|this)\sweek\b", read.weekday),
    (rf"\b(?:the\s)?(?P<nth>{NTH})\s(?P<wd>{WD})\s(?:of\s|in\s)?(?:{_MN}{_TAIL}|{_RM}\b)", read.nth_weekday),
    (rf"\b(?:the\s)?(?P<nth>first|second|third|fourth|[1-5](?:st|nd|rd|th))\s(?P<wd>{WD})", read.nth_weekday),
    (
        r"\b(?:the\s)?day\s+(?:after\s+(?:tomorrow|tmrw?|tmw)|before\s+yesterday)\b|\btoday\b|\b2day\b|\b(?:of|on)\sthe\sday\b(?!\s(?:after|before|of|we|that))|"
        r"\b(?:tomorr?ow|tommorr?ow|tomorow|tmrw?|tmw|2moro|2morrow)\b|\byesterday\b|\bthe\s(?:next|following|previous)\sday\b|"
        r"\bthe\sday\s(?:after|before)\b(?=[\s?.!,]*$)",
        read.rel_day,
    ),
    (
        rf"\b(?:(?P<s>{_S})\s)?(?P<name>{_HOLIDAYS})(?!\w|'s)(?:\s?,?\s(?:of\s|in\s)?(?P<y>{YEAR})\b)?",
        read.named_holiday,
    ),
    (rf"\b(?P<y2>(?:19|20)\d\d)\s(?P<name>{_HOLIDAYS})(?!\w|'s)", read.named_holiday),
]
STRETCHES: list[tuple[str, Reader]] = [
    (rf"\b(?:(?P<s>{_S}|the)\s)?weekend\b(?P<after>\safter\s(?:the\s)?next)?", spans.weekend),
    (
        rf"\b(?:the\s)?(?P<s>{_S})\s(?:calendar\s)?(?P<u>weekend|week|month|quarter|year|decade)\b(?!\s(?:to|"
        r"beginning))",
        spans.calendar_span,
    ),
    (r"\b(?:the\s)?(?P<u>week|month|quarter|year)\s(?P<after>after\s(?:the\s)?next)\b", spans.calendar_span),
    (
        r"\b(?:(?:of|for|in|during|over|this)\sthe|the\ssame|my)\s(?P<u>week|month|quarter|"
        r"year)\b(?!\s(?:of|after|before|beg|start|com|that|\d|to))",
        spans.calendar_span,
    ),
    (rf"\b(?:(?P<s>{_S})\s)?(?:work(?:ing)?|business)\s?week\b", spans.work_week),
    (
        rf"\b(?:the\s)?(?P<edge>end|start|beginning|close(?=\sof)|middle|early|late|later|earlier|mid)\b(?:\s?-?\s?(?:part\s)?(?:of|in|on)\b)?[\s-]?(?:the\s)?{_WHOLE}",
        spans.edge,
    ),
    (
        r"\b(?:(?P<s>this|last|next)\s)?(?P<u>month|year|week)[- ](?P<edge>end)\b",
        lambda m, now: None if m["u"].lower() == "week" else spans.edge(m, now),
    ),
    (rf"\b(?:the\s)?rest\s(?:of\s)?(?:the\s|my\s)?{_WHOLE}", spans.rest_of),
    (
        rf"\b(?:month\sof\s)?(?:(?P<s>{_S})\s)?{_MN}\b(?:\s?[,-]?\s?(?:of\s|"
        rf"in\s)?(?:the\syear\s)?(?P<y>{YEAR})\b)?(?!\s(?:i|we|he|she)\b)",
        spans.month,
    ),
    (rf"\b{_MN}\s(?:of\s)?(?P<ys>this|next|last)\syear\b", spans.month),
    (rf"\b(?P<y>(?:19|20)\d\d)[ ,-]\s?{_MN}\b(?![\s/-]\d)", spans.month),
    (
        r"(?<![\d/.-])(?P<m>1[0-2]|0?[1-9])\s?[/-]\s?(?P<y>(?:19|20)\d\d)(?![\d/-])",
        lambda m, now: ("S", stretches.month(int(m["y"]), int(m["m"]))),
    ),
    (
        r"(?<![\d/.-])(?P<y>(?:19|20)\d\d)\s?[/-]\s?(?P<m>1[0-2]|0[1-9])(?![\d/-])",
        lambda m, now: ("S", stretches.month(int(m["y"]), int(m["m"]))),
    ),
    (
        rf"\b(?:(?P<y2>(?:19|20)\d\d)[\s-]?)?q(?P<q>[1-4])\b(?:[\s-]?(?:of\s)?{_Y}|\s(?:of\s)?(?P<ys>this|"
        r"next|last)\syear)?",
        spans.quarter,
    ),
    (
        r"\b(?:the\s)?(?P<q>first|second|third|fourth|[1-4](?:st|nd|rd|th))\squarter\b(?:\s(?:of\s|"
        rf"in\s)?(?:{_Y}|(?P<ys>this|next|last)\syear))?",
        spans.quarter,
    ),
    (
        r"\b(?:(?P<y2>(?:19|20)\d\d)[\s-]?)h(?P<q>[12])\b|\bh(?P<q2>[12])\s(?P<y>(?:19|20)\d\d)\b",
        lambda m, now: ("S", stretches.half_year(int(m["y"] or m["y2"]), int(m["q"] or m["q2"]))),
    ),
    (
        rf"\b(?:the\s)?(?P<q>first|second)\shalf\s(?:of\s)?(?:the\s)?(?:{_Y}|(?:(?P<ys>this|next|"
        r"last)\s)?year)\b",
        spans.half_year,
    ),
    (rf"\b(?:the\s)?(?:calendar\s|fiscal\s)?year\s(?:of\s)?(?P<y>{YEAR}|[1-9]\d\d)\b", spans.year),
    (
        rf"(?:{_YEAR_CUE})(?P<y>{YEAR})\b(?!\s?(?:[A-Z]\w|{UNIT}|yuan|rmb|kms?\b|model|or\s(?:so|more)|"
        r"[-/]\s?\d\d?\b))",
        spans.year,
    ),
    (
        rf"\b(?:between\s|from\s)?(?:the\syear\s)?(?P<y>{YEAR}){_TO}(?:the\syear\s)?(?P<y2>{YEAR})\b(?![-/]\d"
        r")",
        spans.years,
    ),
    (rf"\b(?P<y>(?:19|20)\d\d)(?={_TO}(?:the\s)?(?:{MONTH}|end|beginning|middle))", spans.year),
    (
        r"(?<=\sto\s)(?P<y>(?:19|20)\d\d)\b|(?<=\sand\s)(?P<y3>(?:19|20)\d\d)\b",
        lambda m, now: ("S", stretches.year(int(m["y"] or m["y3"]))),
    ),
    (r"\bcy\s?'?(?P<y>\d\d)\b", lambda m, now: ("S", stretches.year(2000 + int(m["y"])))),
    (r"\b(?P<y>(?:19|20)\d\d)(?=\s(?:or|and)\s(?:later|after|earlier|before|onwards?))", spans.year),
    (
        r"\b(?:the\s)?(?P<century>19|20|18|nineteen|twenty|eighteen)?[\s-]?(?P<tens>[1-9]0'?s|twenties|"
        r"thirties|forties|fifties|sixties|seventies|eighties|nineties)\b",
        spans.decade,
    ),
    (r"\b(?:the\s)?(?P<c>\d\d)(?:st|nd|rd|th)\s+century\b", spans.century),
    (rf"\b(?:the\s)?(?P<nth>{NTH})\sweek\s(?:of\s|in\s)?{_WHOLE}", spans.nth_week),
    (rf"\b(?:the\s)?week\s(?P<n>[1-9]|[1-4]\d|5[0-3])\b(?:\s(?:of\s)?{_Y})?", spans.week_number),
    (
        rf"\b(?:the\s)?(?P<which>first|last|final)\s(?P<n>{NUM})\s(?P<nu>{UNIT})\s(?:of|in)\s{_WHOLE}",
        spans.first_of,
    ),
    (r"\b(?:the\s)?(?:(?P<u>year|month)[\s-]to[\s-]date|(?P<u2>y)td)\b", spans.to_date),
    (
        r"\b(?<!will\s)(?<!to\s)(?<!not\s)(?<!n't\s)(?P<side>last|past|previous|next|coming|following|"
        rf"upcoming)\s(?:(?P<n>{COUNT})\s?)(?P<u>{UNIT})",
        read.stretch,
    ),
    (
        rf"\b(?P<n>{NUM}|a\sfew|several)\s(?P<side>past|previous|next|coming|following|"
        rf"upcoming)\s(?P<u>{UNIT})",
        read.stretch,
    ),
    (
        r"\b(?P<side>last|past|previous|next|coming|following|upcoming)\s(?P<u>hour|minute|min|second)\b",
        read.stretch,
    ),
    (
        r"\b(?:the\s)?(?:rest|remainder)\s(?:of\s)?(?:the|this|my)\sday\b|\blater\s(?:in\s)?(?:the\sday|"
        r"today)\b",
        read.later_today,
    ),
]
MARKS: list[tuple[str, Reader]] = [
    (
        r"\bright\snow\b|\bimmediately\b|\bnow\b|\basap\b|\bas\ssoon\sas\spossible\b|\bat\s(?:present|"
        r"the\smoment|the\sminute|this\smoment)\b|\bcurrently\b|(?<=\bto\s)date\b|\bat\sonce\b|"
        r"\bat\s(?:this|the\spresent)\stime\b",
        read.at_now,
    ),
    (r"\b(?:to|through|thru|and)\b|-|~|–", mark("T")),
    (rf"\b(?:from|between)\b|(?<=week\s)on(?=\s{WD})", mark("F")),
    (r"\b(?:starting|beginning|commencing)(?:\s(?:from|on|at|with))?\b|\bstart(?:s|ing)?\sfrom\b", mark("G")),
    (r"\b(?:week\s(?:of|beginning|commencing|starting)|w/c)(?:\son)?\b", mark("K")),
    (r"\b(?:for|lasting)\b", mark("L")),
    (r"\b(?:before|prior\sto|earlier\sthan|ahead\sof)\b|<(?!=)", mark("b")),
    (
        r"\b(?:by|no\slater\sthan|not\slater\sthan|as\slate\sas|until|till?|on\sor\s(?:before|"
        r"earlier\sthan)|ending(?:\s(?:with|on))?|up\sto)\b|<=|<\s=",
        mark("i"),
    ),
    (r"\b(?:after|later\sthan|past)\b|>(?!\s?=)", mark("a")),
    (
        r"\b(?:since|as\searly\sas|no\searlier\sthan|not\sbefore|on\sor\s(?:after|later\sthan))\b|>\s?=",
        mark("s"),
    ),
    (r"\b(?:within|during|throughout)(?:\sthe(?:\snext)?)?\b", mark("w")),
    (r"\b(?:or|and)\s(?:earlier|before|prior)\b(?!\s(?:the\s)?\w+day)|\bat\sthe\slatest\b", mark("I")),
    (r"\b(?:or|and)\s(?:later|after|onwards?|beyond)\b|\bonwards?\b", mark("Z")),
]
RULES = [*DATES, *STRETCHES, *CLOCKS, *LENGTHS, *MARKS]


@cache
def _rules() -> list[tuple[re.Pattern[str], Reader]]:
    return [(re.compile(pattern, re.I | re.A), reader) for pattern, reader in RULES]


def atoms(text: str, now: datetime) -> list[Atom]:
    """Atoms from left to right, the longest at each place."""
    return scan(_rules(), text, now)
