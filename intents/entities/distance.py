"""What a car's dial shows: 3.2万公里, 三万二千公里, 32,000 km, 20k miles. In kilometres."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..types import Span
from .numbers import HAN, number

_MILE = 1.609344
_DISTANCE = re.compile(
    rf"(?<![\d.])(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?\s?[万wWkK千]?\d?|[{HAN}]{{1,9}})\s?[多来]?(?:个)?"
    r"(?P<unit>公里|千米|[kK][mM][sS]?\b|kilomet(?:er|re)s?\b|miles?\b|英里|迈(?!腾))",
    re.I,
)
# 跑了8万5: after these words a figure in ten thousands needs no unit.
_RUN = re.compile(
    rf"(?<=跑了|跑到|开了|开到|里程)(?P<n>\d+(?:\.\d+)?\s?[万wW]\d?|[{HAN}]+万[{HAN}]?)(?=了?\s*(?:[,，。.!！]|$))"
)
# 每一万公里 and 百公里油耗 speak of an interval or of consumption, not of a reading.
_EACH = re.compile(r"(?:每隔?|百|every\s|per\s)\s?$", re.I)


def find_distances(text: str) -> Iterator[Span]:
    """Distances of more than ten kilometres."""
    for match in _DISTANCE.finditer(text):
        value = number(match["n"])
        if value is None or _EACH.search(text, 0, match.start()) or match["n"] in "百千万":
            continue
        in_miles = match["unit"].lower().startswith(("mile", "英里", "迈"))
        km = round(value * (_MILE if in_miles else 1))
        if km > 10:
            yield Span("km", match.start(), match.end(), km, match[0])
    for match in _RUN.finditer(text):
        value = number(match["n"])
        if value is not None:
            yield Span("km", match.start(), match.end(), round(value), match[0])
