"""English words for clocks, parts of the day and lengths: which of them are read by which reader."""

from __future__ import annotations

from . import time_en_read as read
from .atoms import Clock, Length, Reader
from .time_en_words import COUNT, HOURS, MINUTES, NUM, PARTS, UNIT, WD, part_of

_AP = r"(?P<ap>[ap]\.?\s?m\b\.?)"
_MORE = rf"(?P<more>(?:(?:,\s?|\s)?(?:and\s)?{NUM}[\s-]?{UNIT}){{0,5}})"
_HALF = r"(?P<half>\sand\s(?:an?\s)?(?:half|quarter))?"
_LENGTH = rf"(?P<n>{COUNT})[\s-]?(?P<u>{UNIT}){_HALF}{_MORE}"
_H = rf"(?P<h>1[0-2]|0?[1-9]|{HOURS})"
_H24 = rf"(?P<h>1\d|2[0-3]|0?[1-9]|{HOURS})"
_NOT_COUNT = (
    rf"(?![\d:.,%/]\d|[\d:%/-]|\s?(?:{UNIT}|most|least|all\b|once|yuan|rmb|k\b|percent|thousand|hundred|km|people|cars?|sets?|"
    r"pcs|other|of\b|more\b))"
)


def behind(*words: str) -> str:
    """Only right after one of these words."""
    return "|".join(rf"(?<={word}\s)" for word in words)


_AT = behind("at", "by", "before", "after", "until", "till")
_NEAR = behind("around", "about", "from", "between", "to", "and", "than", "circa")
_NOT_THINGS = r"(?!\s(?!(?:is|was|as|this|does|has|works|thanks)\b)[a-z]{2,}s\b)"  # about 5 customers

CLOCKS: list[tuple[str, Reader]] = [
    (
        rf"\b(?P<amt>half|(?:a\s)?quarter|{NUM})(?:\s(?:minutes?|mins?))?\s(?P<rel>past|"
        rf"after)\s(?P<h>\d{{1,2}}|{HOURS})(?:\s?{_AP}|\b)",
        read.clock,
    ),
    (
        rf"\b(?P<amt>(?:a\s)?quarter|{NUM}(?=\s(?:minutes?|mins?))|(?:five|ten|"
        rf"twenty(?:[\s-]five)?)(?=\sto\s(?:{HOURS})\b))(?:\s(?:minutes?|mins?))?\s(?P<rel>to|before|"
        rf"of)\s(?P<h>\d{{1,2}}|{HOURS})(?:\s?{_AP}|\b)",
        read.clock,
    ),
    (rf"(?<![\d:./-])(?P<h>[01]?\d|2[0-4])[:.](?P<mi>[0-5]\d)(?:[:.](?P<sec>[0-5]\d))?\s?{_AP}", read.clock),
    (
        r"(?<![\d:./])(?P<h>[01]?\d|2[0-4]):(?P<mi>[0-5]\d)(?::(?P<sec>[0-5]\d))?(?![\d:])(?:\s?(?P<ap>[ap])"
        r"\b)?",
        read.clock,
    ),
    (
        r"(?:(?<=\bat\s)|(?<=\bfrom\s)|(?<=\btill\s)|(?<=\bby\s))(?P<h>[01]?\d|"
        rf"2[0-3])\.(?P<mi>[0-5]\d)(?!\d|\.\d|\s?(?:%|k\b|mill|km|{UNIT}))",
        read.clock,
    ),
    (rf"(?<![\d:./-])(?P<h>0?[1-9]|1[0-2])(?P<mi>[0-5]\d)\s?{_AP}", read.clock),
    (
        r"(?:(?<=\bat\s)|(?<=between\s)|(?<=\bfrom\s)|(?<=\bby\s)|(?<=\d{4}-)|(?<=\bto\s))(?P<h>[01]\d|"
        r"2[0-3])(?P<mi>[0-5]\d)(?=\s?(?:h(?:rs|ours)?\b|-\d{4}|\b(?!\s?(?:yuan|rmb|km|-))))",
        read.clock,
    ),
    (rf"(?<![\d:./]){_H}\s?{_AP}", read.clock),
    (r"(?<![\d:./\w-])(?P<h>1[0-2]|[1-9])(?P<ap>[ap])\b(?!-)", read.clock),
    (r"(?<![\d:./\w])(?P<h>[01]?\d|2[0-3])h(?P<mi>[0-5]\d)\b", read.clock),
    (rf"\b(?P<h>[01]?\d|2[0-4]|{HOURS})\s?o'?\s?clock\b(?:\s{_AP})?", read.clock),
    (
        rf"\b(?P<h>{HOURS}|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
        rf"nineteen)[\s-](?P<mw>{MINUTES})\b(?!\s?(?:{UNIT}|percent|thousand|hundred|yuan|"
        rf"k\b))(?:\s?{_AP})?(?:\sminutes)?",
        read.clock,
    ),
    (rf"(?:{_AT}){_H24}\b{_NOT_COUNT}", read.clock),
    (rf"(?:{_NEAR}){_H24}\b{_NOT_COUNT}{_NOT_THINGS}", read.clock),
    (rf"\b{_H}-?ish\b", read.clock),
    (
        rf"(?<![\d:./-])\b{_H}(?=\s(?:in\sthe|at|this|tomorrow|"
        rf"tonight)\s?(?:{PARTS})?)(?=\s(?:in\sthe\s{PARTS}|at\snight|(?:this|tomorrow)\s{PARTS}|tonight))",
        read.clock,
    ),
    (r"\b(?P<h>1[0-2]|[1-9])(?=,?\stonight\b)", read.clock),
    (
        rf"(?<![\d:./-])\b{_H}(?=\s?(?:-|to|till?|until)\s?(?:1[0-2]|[1-9]|{HOURS})(?::[0-5]\d)?\s?"
        rf"(?:[ap]\.?m\b|o'?clock|in\sthe\s|(?:(?:on|next|this)\s)?{WD}|tomorrow|today|tonight))",
        read.clock,
    ),
    (
        rf"(?:(?<=\d-)|(?<=\d\s-\s)|(?<=\d\sto\s))(?P<h>1[0-2]|[1-9])(?=\s(?:(?:on|next|this)\s)?(?:{WD}|"
        r"tomorrow|today|tonight))",
        read.clock,
    ),
    (r"(?<=day\s)(?P<h>1[0-2]|[1-9])(?=\s?(?:-|to)\s?(?:1[0-2]|[1-9])\b(?![/\d-]))", read.clock),
    (
        r"(?:(?<=day\s\d-)|(?<=day\s\d\d-)|(?<=[ap]m-)|(?<=:\d\d-))(?P<h>1[0-2]|[1-9])(?![\d:/-]|\s?[ap]m)\b",
        read.clock,
    ),
    (r"\b(?:12\s)?noon(?:ish|time)?\b", read.fixed_clock(12)),
    (r"\b(?:12\s)?mid-?\s?night\b", read.fixed_clock(0)),
    (r"\bmid[\s-]?morning\b", read.fixed_clock(10)),
    (r"\bmid[\s-]?afternoon\b", read.fixed_clock(14)),
    (
        r"\b(?:the\s)?end\sof\s(?:the\s|my\s)?(?:day|business|play)\b|\b(?:eod|cob|eob)\b|"
        rf"\bclose\sof\s(?:business|play)\b|\bend\sof\s(?=today|tomorrow|tmrw?|(?:this\s|next\s)?{WD})",
        lambda m, now: ("C", Clock(24)),
    ),
    (rf"\b(?:this|next|last)(?=\s(?:{PARTS}))", read.this_day),
    (r"\bto(?=nigh?te?\b)", read.this_day),
    (r"(?<=\bto)(?P<p>nigh?te?)\b", lambda m, now: ("P", part_of("night"))),
    (rf"(?<!good\s)\b(?:in\sthe\s|the\s|at\s)?(?P<p>{PARTS})", read.part),
    (
        r"(?<=day\s)(?P<p>[ap])m\b|(?<=morrow\s)(?P<p2>[ap])m\b|\bin\sthe\s(?P<p3>[ap])\.?m\b",
        lambda m, now: ("P", part_of("morning" if (m["p"] or m["p2"] or m["p3"]).lower() == "a" else "afternoon")),
    ),
]
LENGTHS: list[tuple[str, Reader]] = [
    (rf"\bin\s(?:about\s|another\s)?{_LENGTH}(?:'s?\stime)?(?!\s(?:ago|before|after|from))", read.distance),
    (rf"\b{_LENGTH}\s(?P<side>ago|earlier|later|from\snow|hence|back|out)\b(?!\sthis)", read.distance),
    (rf"(?<![\d.,$¥])\b{_LENGTH}", read.length),
    (r"½\s?(?P<u>hour)s?\b", lambda m, now: ("U", Length(seconds=1800))),
    (r"\b(?:all|full|whole|entire)[\s-](?P<u>day|week|month|year)\b(?!s)", read.whole),
    (r"\bthe\sday(?=\s(?:before|after)\s)", lambda m, now: ("U", Length(days=1))),
    (r"\bfortnight\b", lambda m, now: ("U", Length(days=14))),
]
