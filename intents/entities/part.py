"""Parts: the standard name behind workshop words (火嘴 is 火花塞), with its place (前刹车片)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ..data import lists
from ..types import Lexicon, Span
from .gazetteer import key, matcher


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for part, words in lists("zh", "parts").items():
        for word in _words(part, words):
            names.setdefault(key(word), part)
    return names


def _plurals(words: list[str]) -> list[str]:
    return [f"{word}s" for word in words if not word.endswith("s")]


def _words(part: str, entry: dict[str, list[str]]) -> list[str]:
    return [part, *entry["zh"], *entry["en"], *_plurals(entry["en"])]


@cache
def _pattern() -> re.Pattern[str]:
    places = lists("zh", "places")
    han = "|".join(places["zh"])
    latin = "|".join(places["en"])
    words = [w for part, entry in lists("zh", "parts").items() for w in _words(part, entry) if len(w) > 1]
    core = matcher(words).pattern
    return re.compile(rf"(?P<place>(?:{han})的?|(?:{latin})\s)?(?P<part>{core})(?:总成)?", re.IGNORECASE)


def find_parts(text: str, lexicon: Lexicon | None = None) -> Iterator[Span]:
    """Value: the standard name in the language of the words, the other language's among the alternatives."""
    for word, name in lexicon.parts if lexicon else ():
        for match in matcher([word]).finditer(text):
            yield Span("part", match.start(), match.end(), name, match[0])
    for match in _pattern().finditer(text):
        standard = _names()[key(match["part"])]
        place = (match["place"] or "").strip().rstrip("的")
        latin = match["part"].isascii()
        value = " ".join(filter(None, (place, match["part"]))).lower() if latin else place + standard
        other = (_place_in_chinese(place) + standard,) if latin else ()
        yield Span("part", match.start(), match.end(), value, match[0], alternatives=other)


def standard_part(words: str) -> str | None:
    """The catalogue's Chinese standard name (with its place) for anybody's words in either language."""
    span = next(find_parts(words), None)
    if span is None:
        return None
    return str(span.alternatives[0] if span.alternatives else span.value)


def _place_in_chinese(place: str) -> str:
    words = place.lower().split()
    return "".join(
        han for en, han in (("left", "左"), ("right", "右"), ("front", "前"), ("rear", "后")) if en in words
    )
