"""All typed spans of a message, without overlaps: the first step of understanding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from .entities.codes import find_codes, known_numbers
from .entities.distance import find_distances
from .entities.money import find_money, more_money
from .entities.part import find_parts
from .entities.percent import find_percents
from .entities.person import find_people
from .entities.repeat import find_repeats
from .entities.tails import with_tails
from .entities.timex import find_times
from .entities.vehicle import find_vehicles
from .normalize import readable
from .types import Lexicon, Span

_RANK = {
    "phone": 0,
    "vin": 0,
    "plate": 0,
    "ref": 0,
    "vehicle": 2,
    "oe": 1,
    "percent": 3,
    "when": 4,
    "money": 4,
    "part": 4,
    "km": 2,
    "quantity": 6,
    "person": 3,
    "length": 5,
}
_QUANTITY = re.compile(
    (
        r"(?<![\d.A-Za-z第上下这那每前后])(?P<n>\d{1,3}|[一二两三四五六七八九十]{1,3})\s?(?:个|只|"
        r"条|套|件|台|辆|副|对|桶|瓶|升|根|组|支|片|块|张)(?![月小钟点人家百])|"
        r"\b(?P<q>\d{1,3})\s?(?:x\b|pcs|pieces|sets?|units?|bottles?|pairs?)|\b(?P<w>a|"
        r"one|two|three|four|five|six|eight|ten)\s(?:sets?|pairs?|pieces?|units?)(?: "
        r"of)?\b"
    ),
    re.I,
)
_WORDS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10}


def extract(text: str, now: datetime, lexicon: Lexicon | None = None) -> list[Span]:
    """Spans in the order of the text; bare names carry `weak`. Words are cut from `text` as typed."""
    plain = readable(text)
    numbers = known_numbers(plain, lexicon.numbers if lexicon else frozenset())
    firm = resolve(
        [*numbers, *find_codes(plain), *find_vehicles(plain, lexicon), *find_percents(plain), *find_distances(plain)]
    )
    rest = blank(plain, firm)
    spans = [*firm, *find_money(rest), *find_parts(rest, lexicon), *find_people(rest, lexicon)]
    repeats = list(find_repeats(rest, now))
    spans += repeats
    spans += find_times(
        blank(rest, repeats + [s for s in spans if s.kind == "money" or (s.kind == "person" and _firm_name(s))]), now
    )
    spans += _quantities(rest)
    spans += _counted(rest, [s for s in spans if s.kind == "part"])
    kept = resolve(spans)
    ends = {span.end for span in kept}
    hidden = [s for s in find_people(blank(rest, kept), lexicon) if s.weak and s.start in ends]  # 周六王丽: no 周六王
    kept = resolve([*kept, *hidden])
    kept = with_tails(plain, resolve([*kept, *more_money(plain, kept)]))
    return [_as_typed(span, text) for span in kept]


def _firm_name(span: Span) -> bool:
    """Mr Sun and Sun Lei are people, not Sunday."""
    return span.detail in ("known", "titled") or (span.detail == "latin" and " " in span.words)


def blank(text: str, spans: Iterable[Span]) -> str:
    for span in spans:
        text = text[: span.start] + "\x00" * (span.end - span.start) + text[span.end :]
    return text


def resolve(spans: Iterable[Span]) -> list[Span]:
    """Without overlaps: the firmer kind first, then the longer span."""
    kept: list[Span] = []
    for span in sorted(spans, key=_order):
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _order(span: Span) -> tuple[int, int, int]:
    rank = (
        9
        if span.weak
        else 0
        if span.detail == "known"
        else 8
        if span.detail == "pronoun"
        else _RANK[span.kind]
    )
    return rank, span.start - span.end, span.start


def _quantities(text: str) -> Iterable[Span]:
    from .entities.numbers import small

    for match in _QUANTITY.finditer(text):
        number = match["n"] or match["q"]
        value = small(number) if number else _WORDS[match["w"].lower()]
        if value:
            yield Span("quantity", match.start(), match.end(), value, match[0])


_COUNT = re.compile(r"(?<![\d.A-Za-z款年])(\d{1,2})\s?(?:x\s)?$")


def _counted(text: str, parts: list[Span]) -> Iterable[Span]:
    """A bare number right before a part: 2 front brake pads."""
    for part in parts:
        if match := _COUNT.search(text, 0, part.start):
            yield Span("quantity", match.start(), match.end(1), int(match[1]), match[1])


def _as_typed(span: Span, text: str) -> Span:
    words = text[span.start : span.end].strip()
    value = words if span.kind == "person" and span.detail != "tail" else span.value
    return Span(span.kind, span.start, span.end, value, words, span.alternatives, span.detail, span.weak)
