"""English time words to atoms: which words are read by which reader."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

from . import stretches
from . import time_en_read as read
from . import time_en_spans as spans
from .atoms import Atom, Clock, Length, Reader, mark, scan
from .time_en_words import (
    COUNT, HOLIDAYS, HOURS, MINUTES, MONTH, NTH, NUM, ORD, ORD_WORD, PARTS, UNIT, WD, YEAR, part_of,
)  # fmt: skip

_Y = rf"(?P<y>{YEAR})"
_TAIL = rf"(?:\s?[,-]?\s?(?:of\s|in\s)?(?:the\syear\s)?(?P<y>{YEAR})(?![\d:]|\s?(?:[ap]m|yuan|km)\b))?"
_MN = rf"(?P<mn>{MONTH})"
_HOLIDAYS = "|".join(re.escape(name) for name in sorted(HOLIDAYS, key=len, reverse=True))
_S = r"(?:last|previous|prior|past|this\scoming|this|current|coming|next|following|upcoming|same|present)"
_RM = rf"(?:of\s)?(?:the\s)?(?P<rm>{_S})\smonth"
_AP = r"(?P<ap>[ap]\.?\s?m\b\.?)"
_TO = r"\s?(?:-|~|to|till?|until|through|thru|and)\s?"
_WHOLE = rf"(?:(?:the\s)?(?:(?P<s>{_S})\s)?(?P<u>week|month|quarter|year)\b|{_MN}{_TAIL}|(?:the\s)?(?:year\s)?(?P<y2>{YEAR})\b)"
_MORE = rf"(?P<more>(?:\s?,?\s?(?:and\s)?{NUM}[\s-]?{UNIT})*)"
_HALF = r"(?P<half>\sand\s(?:an?\s)?(?:half|quarter))?"
_LENGTH = rf"(?P<n>{COUNT})[\s-]?(?P<u>{UNIT}){_HALF}{_MORE}"
_H = rf"(?P<h>1[0-2]|0?[1-9]|{HOURS})"
_NOT_COUNT = (
    rf"(?![\d:.,%/]\d|[\d:%/-]|\s?(?:{UNIT}|most|least|all\b|once|yuan|rmb|k\b|percent|thousand|hundred|km|people|cars?|sets?|"
    r"pcs|other|of\b|more\b))"
)
_AFTER_WORD = "|".join(
    rf"(?<={word}\s)" for word in
    ("at", "by", "around", "about", "before", "after", "until", "till", "from", "between", "to", "and", "than", "circa")
)  # fmt: skip

DATES: list[tuple[str, Reader]] = [
    (r"(?<![\d./-])(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)", read.iso_date),
    (r"(?<![\d/.-])(?P<m>\d{1,2})(?P<swap>[/.-])(?P<d>\d{1,2})[/.-](?P<y>(?:19|20)?\d\d)(?![\d/])", read.calendar_date),
    (r"(?<![\d/.-])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\d/])", read.calendar_date),
    (r"(?<![\d/.-])(?P<d>1[3-9]|2\d|3[01])/(?P<m>1[0-2]|0?[1-9])(?![\d/])", read.calendar_date),
    (r"(?:(?<=\bon\s)|(?<=\bby\s)|(?<=day\s))(?P<m>1[0-2]|0?[1-9])[.-](?P<d>3[01]|[12]\d|0?[1-9])(?![\d.:]|\s?(?:[ap]m|mill|k\b))", read.calendar_date),
    (rf"\b{_MN}[\s/,-]*(?:the\s)?(?P<d>{ORD})\b(?!:\d|\s?[ap]\.?m\b|\s?o'?clock|\.\d|-\d\d?\b){_TAIL}", read.calendar_date),
    (rf"\b(?P<y>(?:19|20)\d\d)[\s/-]{_MN}[\s/-](?P<d>{ORD})\b", read.calendar_date),
    (rf"\b(?:the\s)?(?P<d>{ORD})\s?(?:day\s)?(?:of\s)?[\s/-]*{_MN}{_TAIL}", read.calendar_date),
    (rf"\b(?:the\s)?(?P<d>{ORD})\s(?:day\s)?{_RM}\b", read.calendar_date),
    (rf"\b{_MN}\s?(?:between\s|from\s)?(?P<d>{ORD}){_TO}(?:the\s)?(?P<d2>{ORD})\b(?!\s?(?:{MONTH}|[ap]\.?m\b|o'?clock)|:\d){_TAIL}", read.month_days),
    (rf"\b(?:the\s)?(?P<d>{ORD}){_TO}(?:the\s)?(?P<d2>{ORD})\b\s?(?:of\s)?,?\s?{_MN}{_TAIL}", read.month_days),
    (rf"\b(?:the\s)?(?P<d>{ORD}){_TO}(?:the\s)?(?P<d2>{ORD})\b\s{_RM}\b", read.month_days),
    (rf"\b(?:the|on)\s(?P<d>(?:[12]?\d|3[01])(?:st|nd|rd|th)|{ORD_WORD})\b(?!\s(?:{UNIT}|{WD}|time|one|quarter|half|gear|car|step|floor|century|row|place|party))", read.calendar_date),
    (r"(?<![\d.])(?P<d>(?:[12]?\d|3[01])(?:st|nd|rd|th))\b(?!\s+(?:gear|time|car|step|quarter|half|week|century|floor|row|place|day))", read.calendar_date),
    (rf"\b(?:(?P<s>this\spast|{_S})\s)?(?:on\s)?(?P<wd>{WD})(?!\s(?:will|rises|sets|shines|roof|shade|visor|down)\b)", read.weekday),
    (rf"\b(?P<wd>{WD})\s(?P<s>next|last|this)\sweek\b", read.weekday),
    (rf"\b(?:the\s)?(?P<nth>{NTH})\s(?P<wd>{WD})\s(?:of\s|in\s)?(?:{_MN}{_TAIL}|{_RM}\b)", read.nth_weekday),
    (rf"\b(?:the\s)?(?P<nth>first|second|third|fourth|[1-5](?:st|nd|rd|th))\s(?P<wd>{WD})", read.nth_weekday),
    (
        r"\b(?:the\s)?day\s+(?:after\s+(?:tomorrow|tmrw?|tmw)|before\s+yesterday)\b|\btoday\b|\b2day\b|\b(?:of|on)\sthe\sday\b(?!\s(?:after|before|of|we|that))|"
        r"\b(?:tomorr?ow|tommorr?ow|tomorow|tmrw?|tmw|2moro|2morrow)\b|\byesterday\b|\bthe\s(?:next|following|previous)\sday\b|"
        r"\bthe\sday\s(?:after|before)\b(?=[\s?.!,]*$)",
        read.rel_day,
    ),
    (rf"\b(?:(?P<s>{_S})\s)?(?P<name>{_HOLIDAYS})(?!\w|'s)(?:\s?,?\s(?:of\s|in\s)?(?P<y>{YEAR})\b)?", read.named_holiday),
    (rf"\b(?P<y2>(?:19|20)\d\d)\s(?P<name>{_HOLIDAYS})(?!\w|'s)", read.named_holiday),
]
STRETCHES: list[tuple[str, Reader]] = [
    (rf"\b(?:(?P<s>{_S}|the)\s)?weekend\b(?P<after>\safter\s(?:the\s)?next)?", spans.weekend),
    (rf"\b(?:the\s)?(?P<s>{_S})\s(?:calendar\s)?(?P<u>weekend|week|month|quarter|year|decade)\b(?!\s(?:to|beginning))", spans.calendar_span),
    (r"\b(?:the\s)?(?P<u>week|month|quarter|year)\s(?P<after>after\s(?:the\s)?next)\b", spans.calendar_span),
    (r"\b(?:(?:of|for|in|during|over|this)\sthe|the\ssame|my)\s(?P<u>week|month|quarter|year)\b(?!\s(?:of|after|before|beg|start|com|that|\d|to))", spans.calendar_span),
    (rf"\b(?:(?P<s>{_S})\s)?(?:work(?:ing)?|business)\s?week\b", spans.work_week),
    (
        rf"\b(?:the\s)?(?P<edge>end|start|beginning|close(?=\sof)|middle|early|late|later|earlier|mid)\b(?:\s?-?\s?(?:part\s)?(?:of|in|on)\b)?[\s-]?(?:the\s)?{_WHOLE}",
        spans.edge,
    ),
    (r"\b(?:(?P<s>this|last|next)\s)?(?P<u>month|year|week)[- ](?P<edge>end)\b", lambda m, now: None if m["u"].lower() == "week" else spans.edge(m, now)),
    (rf"\b(?:the\s)?rest\s(?:of\s)?(?:the\s|my\s)?{_WHOLE}", spans.rest_of),
    (rf"\b(?:month\sof\s)?(?:(?P<s>{_S})\s)?{_MN}\b(?:\s?[,-]?\s?(?:of\s|in\s)?(?:the\syear\s)?(?P<y>{YEAR})\b)?(?!\s(?:i|we|he|she)\b)", spans.month),
    (rf"\b{_MN}\s(?:of\s)?(?P<ys>this|next|last)\syear\b", spans.month),
    (rf"\b(?P<y>(?:19|20)\d\d)[ ,-]\s?{_MN}\b(?![\s/-]\d)", spans.month),
    (r"(?<![\d/.-])(?P<m>1[0-2]|0?[1-9])\s?[/-]\s?(?P<y>(?:19|20)\d\d)(?![\d/-])", lambda m, now: ("S", stretches.month(int(m["y"]), int(m["m"])))),
    (r"(?<![\d/.-])(?P<y>(?:19|20)\d\d)\s?[/-]\s?(?P<m>1[0-2]|0[1-9])(?![\d/-])", lambda m, now: ("S", stretches.month(int(m["y"]), int(m["m"])))),
    (rf"\b(?:(?P<y2>(?:19|20)\d\d)[\s-]?)?q(?P<q>[1-4])\b(?:[\s-]?(?:of\s)?{_Y}|\s(?:of\s)?(?P<ys>this|next|last)\syear)?", spans.quarter),
    (rf"\b(?:the\s)?(?P<q>first|second|third|fourth|[1-4](?:st|nd|rd|th))\squarter\b(?:\s(?:of\s|in\s)?(?:{_Y}|(?P<ys>this|next|last)\syear))?", spans.quarter),
    (rf"\b(?:(?P<y2>(?:19|20)\d\d)[\s-]?)h(?P<q>[12])\b|\bh(?P<q2>[12])\s(?P<y>(?:19|20)\d\d)\b", lambda m, now: ("S", stretches.half_year(int(m["y"] or m["y2"]), int(m["q"] or m["q2"])))),
    (rf"\b(?:the\s)?(?P<q>first|second)\shalf\s(?:of\s)?(?:the\s)?(?:{_Y}|(?:(?P<ys>this|next|last)\s)?year)\b", spans.half_year),
    (rf"\b(?:the\s)?(?:calendar\s|fiscal\s)?year\s(?:of\s)?(?P<y>{YEAR}|[1-9]\d\d)\b", spans.year),
    (rf"(?:{'|'.join(f'(?<={w}{chr(92)}s)' for w in ('in', 'of', 'since', 'by', 'during', 'before', 'after', 'until', 'till', 'from', 'for', 'than', 'cy', '='))})(?P<y>{YEAR})\b(?!\s?(?:[A-Z]\w|{UNIT}|yuan|rmb|kms?\b|model|or\s(?:so|more)|[-/]\s?\d\d?\b))", spans.year),
    (rf"\b(?:between\s|from\s)?(?:the\syear\s)?(?P<y>{YEAR}){_TO}(?:the\syear\s)?(?P<y2>{YEAR})\b(?![-/]\d)", spans.years),
    (rf"\b(?P<y>(?:19|20)\d\d)(?={_TO}(?:the\s)?(?:{MONTH}|end|beginning|middle))", spans.year),
    (rf"(?<=\sto\s)(?P<y>(?:19|20)\d\d)\b|(?<=\sand\s)(?P<y3>(?:19|20)\d\d)\b", lambda m, now: ("S", stretches.year(int(m["y"] or m["y3"])))),
    (r"\bcy\s?'?(?P<y>\d\d)\b", lambda m, now: ("S", stretches.year(2000 + int(m["y"])))),
    (rf"\b(?P<y>(?:19|20)\d\d)(?=\s(?:or|and)\s(?:later|after|earlier|before|onwards?))", spans.year),
    (r"\b(?:the\s)?(?P<century>19|20|18|nineteen|twenty|eighteen)?[\s-]?(?P<tens>[1-9]0'?s|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties)\b", spans.decade),
    (r"\b(?:the\s)?(?P<c>\d\d)(?:st|nd|rd|th)\s+century\b", spans.century),
    (rf"\b(?:the\s)?(?P<nth>{NTH})\sweek\s(?:of\s|in\s)?{_WHOLE}", spans.nth_week),
    (rf"\b(?:the\s)?week\s(?P<n>[1-9]|[1-4]\d|5[0-3])\b(?:\s(?:of\s)?{_Y})?", spans.week_number),
    (rf"\b(?:the\s)?(?P<which>first|last|final)\s(?P<n>{NUM})\s(?P<nu>{UNIT})\s(?:of|in)\s{_WHOLE}", spans.first_of),
    (r"\b(?:the\s)?(?:(?P<u>year|month)[\s-]to[\s-]date|(?P<u2>y)td)\b", spans.to_date),
    (rf"\b(?<!will\s)(?<!to\s)(?<!not\s)(?<!n't\s)(?P<side>last|past|previous|next|coming|following|upcoming)\s(?:(?P<n>{COUNT})\s?)(?P<u>{UNIT})", read.stretch),
    (rf"\b(?P<n>{NUM}|a\sfew|several)\s(?P<side>past|previous|next|coming|following|upcoming)\s(?P<u>{UNIT})", read.stretch),
    (r"\b(?P<side>last|past|previous|next|coming|following|upcoming)\s(?P<u>hour|minute|min|second)\b", read.stretch),
    (r"\b(?:the\s)?(?:rest|remainder)\s(?:of\s)?(?:the|this|my)\sday\b|\blater\s(?:in\s)?(?:the\sday|today)\b", read.later_today),
]
CLOCKS: list[tuple[str, Reader]] = [
    (rf"\b(?P<amt>half|(?:a\s)?quarter|{NUM})(?:\s(?:minutes?|mins?))?\s(?P<rel>past|after)\s(?P<h>\d{{1,2}}|{HOURS})\b(?:\s?{_AP})?", read.clock),
    (rf"\b(?P<amt>(?:a\s)?quarter|{NUM}(?=\s(?:minutes?|mins?))|(?:five|ten|twenty(?:[\s-]five)?)(?=\sto\s(?:{HOURS})\b))(?:\s(?:minutes?|mins?))?\s(?P<rel>to|before|of)\s(?P<h>\d{{1,2}}|{HOURS})\b(?:\s?{_AP})?", read.clock),
    (rf"(?<![\d:./-])(?P<h>[01]?\d|2[0-4])[:.](?P<mi>[0-5]\d)(?:[:.](?P<sec>[0-5]\d))?\s?{_AP}", read.clock),
    (r"(?<![\d:./])(?P<h>[01]?\d|2[0-4]):(?P<mi>[0-5]\d)(?::(?P<sec>[0-5]\d))?(?![\d:])(?:\s?(?P<ap>[ap])\b)?", read.clock),
    (rf"(?:(?<=\bat\s)|(?<=\bfrom\s)|(?<=\btill\s)|(?<=\bby\s))(?P<h>[01]?\d|2[0-3])\.(?P<mi>[0-5]\d)(?!\d|\.\d|\s?(?:%|k\b|mill|km|{UNIT}))", read.clock),
    (rf"(?<![\d:./-])(?P<h>0?[1-9]|1[0-2])(?P<mi>[0-5]\d)\s?{_AP}", read.clock),
    (r"(?:(?<=\bat\s)|(?<=between\s)|(?<=\bfrom\s)|(?<=\bby\s)|(?<=\d\d-)|(?<=\bto\s))(?P<h>[01]\d|2[0-3])(?P<mi>[0-5]\d)(?=\s?(?:h(?:rs|ours)?\b|-\d{4}|\b(?!\s?(?:yuan|rmb|km|-))))", read.clock),
    (rf"(?<![\d:./]){_H}\s?{_AP}", read.clock),
    (r"(?<![\d:./\w-])(?P<h>1[0-2]|[1-9])(?P<ap>[ap])\b(?!-)", read.clock),
    (r"(?<![\d:./\w])(?P<h>[01]?\d|2[0-3])h(?P<mi>[0-5]\d)\b", read.clock),
    (rf"\b(?P<h>[01]?\d|2[0-4]|{HOURS})\s?o'?\s?clock\b(?:\s{_AP})?", read.clock),
    (rf"\b(?P<h>{HOURS}|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)[\s-](?P<mw>{MINUTES})\b(?!\s?(?:{UNIT}|percent|thousand|hundred|yuan|k\b))(?:\s?{_AP})?(?:\sminutes)?", read.clock),
    (rf"(?:{_AFTER_WORD}){_H}\b{_NOT_COUNT}", read.clock),
    (rf"\b{_H}-?ish\b", read.clock),
    (rf"(?<![\d:./-])\b{_H}(?=\s(?:in\sthe|at|this|tomorrow|tonight)\s?(?:{PARTS})?)(?=\s(?:in\sthe\s{PARTS}|at\snight|(?:this|tomorrow)\s{PARTS}|tonight))", read.clock),
    (r"\b(?P<h>1[0-2]|[1-9])(?=,?\stonight\b)", read.clock),
    (
        rf"(?<![\d:./-])\b{_H}(?=\s?(?:-|to|till?|until)\s?(?:1[0-2]|[1-9]|{HOURS})(?::[0-5]\d)?\s?"
        rf"(?:[ap]\.?m\b|o'?clock|in\sthe\s|(?:(?:on|next|this)\s)?{WD}|tomorrow|today|tonight))",
        read.clock,
    ),
    (rf"(?:(?<=\d-)|(?<=\d\s-\s)|(?<=\d\sto\s))(?P<h>1[0-2]|[1-9])(?=\s(?:(?:on|next|this)\s)?(?:{WD}|tomorrow|today|tonight))", read.clock),
    (rf"(?<=day\s)(?P<h>1[0-2]|[1-9])(?=\s?(?:-|to)\s?(?:1[0-2]|[1-9])\b(?![/\d-]))", read.clock),
    (r"(?<=-)(?P<h>1[0-2]|[1-9])(?![\d:/-]|\s?[ap]m|(?:st|nd|rd|th)\b|\s(?:\w+ly|days?|weeks?|months?|years?))\b", read.clock),
    (r"\b(?:12\s)?noon(?:ish|time)?\b", read.fixed_clock(12)),
    (r"\b(?:12\s)?mid-?\s?night\b", read.fixed_clock(0)),
    (r"\bmid[\s-]?morning\b", read.fixed_clock(10)),
    (r"\bmid[\s-]?afternoon\b", read.fixed_clock(14)),
    (rf"\b(?:the\s)?end\sof\s(?:the\s|my\s)?(?:day|business|play)\b|\b(?:eod|cob|eob)\b|\bclose\sof\s(?:business|play)\b|\bend\sof\s(?=today|tomorrow|tmrw?|(?:this\s|next\s)?{WD})", lambda m, now: ("C", Clock(24))),
    (rf"\b(?:this|next|last)(?=\s(?:{PARTS}))", read.this_day),
    (r"\bto(?=nigh?te?\b)", read.this_day),
    (r"(?<=\bto)(?P<p>nigh?te?)\b", lambda m, now: ("P", part_of("night"))),
    (rf"(?<!good\s)\b(?:in\sthe\s|the\s|at\s)?(?P<p>{PARTS})", read.part),
    (r"(?<=day\s)(?P<p>[ap])m\b|(?<=morrow\s)(?P<p2>[ap])m\b|\bin\sthe\s(?P<p3>[ap])\.?m\b", lambda m, now: ("P", part_of("morning" if (m["p"] or m["p2"] or m["p3"]).lower() == "a" else "afternoon"))),
]
LENGTHS: list[tuple[str, Reader]] = [
    (rf"\bin\s(?:about\s|another\s)?{_LENGTH}(?:'s?\stime)?(?!\s(?:ago|before|after|from))", read.distance),
    (rf"\b{_LENGTH}\s(?P<side>ago|earlier|later|from\snow|from\stoday|hence|back|out)\b(?!\sthis)", read.distance),
    (rf"(?<![\d.,$¥])\b{_LENGTH}", read.length),
    (rf"½\s?(?P<u>hour)s?\b", lambda m, now: ("U", Length(seconds=1800))),
    (r"\b(?:all|full|whole|entire)[\s-](?P<u>day|week|month|year)\b(?!s)", read.whole),
    (r"\bfortnight\b", lambda m, now: ("U", Length(days=14))),
]
MARKS: list[tuple[str, Reader]] = [
    (r"\bright\snow\b|\bimmediately\b|\bnow\b|\basap\b|\bas\ssoon\sas\spossible\b|\bat\s(?:present|the\smoment|the\sminute|this\smoment)\b|\bcurrently\b|(?<=\bto\s)date\b|\bat\sonce\b", read.at_now),
    (r"\b(?:to|till?|until|through|thru|and)\b|-|~|–", mark("T")),
    (r"\b(?:from|between)\b", mark("F")),
    (r"\b(?:starting|beginning|commencing)(?:\s(?:from|on|at|with))?\b|\bstart(?:s|ing)?\sfrom\b", mark("G")),
    (r"\b(?:week\s(?:of|beginning|commencing|starting)|w/c)(?:\son)?\b", mark("K")),
    (r"\b(?:for|lasting)\b", mark("L")),
    (r"\b(?:before|prior\sto|earlier\sthan|ahead\sof)\b|<(?!=)", mark("b")),
    (r"\b(?:by|no\slater\sthan|not\slater\sthan|as\slate\sas|until|till?|on\sor\s(?:before|earlier\sthan)|ending(?:\s(?:with|on))?|up\sto)\b|<=|<\s=", mark("i")),
    (r"\b(?:after|later\sthan|past)\b|>(?!\s?=)", mark("a")),
    (r"\b(?:since|as\searly\sas|no\searlier\sthan|not\sbefore|on\sor\s(?:after|later\sthan))\b|>\s?=", mark("s")),
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
