"""Who is told from others by the end of his number: 尾号4444的孙立新, 李总(尾号8000), Sarah ending in 4444."""

from __future__ import annotations

import re

from ..types import Span

_DIGITS = r"(?P<tail>\d{4})(?!\d)"
_ZH = rf"(?<![车牌架])(?:手机|电话|号码)?(?:号)?(?:尾号|末四位|后四位|最后四位)(?:是|为|:)?\s?{_DIGITS}"
_EN = r"(?:whose (?:number|phone) ends|ending|ends)(?: in| with)?\s(?P<end>\d{4})(?!\d)"
_BEFORE = re.compile(rf"{_ZH}\s?(?:的|那个|那位|这个|这位|,)*\s?$")
_AFTER = re.compile(
    rf"\s?[,(]?\s?(?:{_ZH}|{_EN})\s?\)?(?:的那[个位])?", re.I
)
_ALONE = re.compile(rf"{_ZH}(?:的?那个|的?那位|的)?(?:客户|顾客|车主)?(?=[^\d\s]|$)")


def with_tails(text: str, spans: list[Span]) -> list[Span]:
    """`spans` of normalised `text`, in its order: a name takes in the tail said beside it, a tail alone is a person.

    The value is then the name and the four digits (`孙立新 4444`), or the digits.
    """
    named = [_tailed(text, span) if span.kind == "person" and span.detail != "pronoun" else span for span in spans]
    grown = [span for span, old in zip(named, spans, strict=True) if span is not old]
    for match in _ALONE.finditer(text):
        if not any(span.start < match.end() and match.start() < span.end for span in grown):
            grown.append(Span("person", match.start(), match.end(), match["tail"], match[0], detail="tail"))
    if not grown:
        return spans
    others = [span for span in named if span in grown or not any(span.overlaps(one) for one in grown)]
    return sorted({(s.start, s.end): s for s in [*others, *grown]}.values(), key=lambda span: span.start)


def _tailed(text: str, span: Span) -> Span:
    if found := _BEFORE.search(text, 0, span.start):
        return _with(text, span, found.start(), span.end, found["tail"])
    if found := _AFTER.match(text, span.end):
        return _with(text, span, span.start, found.end(), found["tail"] or found["end"])
    return span


def _with(text: str, span: Span, start: int, end: int, tail: str) -> Span:
    return Span(span.kind, start, end, f"{span.value} {tail}", text[start:end], detail="tail")
