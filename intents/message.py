"""One message with all that its reading needs: who says it, when, what was spoken about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from .entities.person import find_people
from .extract import extract
from .mask import mask
from .match import Reader
from .normalize import is_chinese, normalise
from .types import Context, Lexicon, Span


@dataclass(frozen=True, slots=True)
class Message:
    text: str
    role: str
    now: datetime
    context: Context
    lexicon: Lexicon | None

    @property
    def language(self) -> str:
        return _language(normalise(self.text), self.lexicon)

    def reader(self, spans: list[Span]) -> Reader:
        """Reads this message with the given spans masked."""
        masked = mask(normalise(self.text), spans, self.language == "zh")
        return Reader(masked, self.text, self.language, self.role, self.now.date().isoformat())

    def readers(self) -> list[Reader]:
        """With bare names taken as people, and, where there are such, as ordinary words."""
        spans = extract(self.text, self.now, self.lexicon)
        firm = [span for span in spans if not span.weak]
        return [self.reader(spans)] + ([self.reader(firm)] if len(firm) < len(spans) else [])


_HAN = re.compile(r"[\u4e00-\u9fff]+")
_ALONE = re.compile(r"(?<![A-Za-z0-9\u4e00-\u9fff])[\u4e00-\u9fff]{2,4}(?![A-Za-z0-9\u4e00-\u9fff])")
_FEWEST = 3  # English words for each Chinese name


@lru_cache(64)
def _language(plain: str, lexicon: Lexicon | None) -> str:
    """Chinese where there is any Han character, unless all of them are names in an English sentence."""
    if not is_chinese(plain):
        return "en"
    runs = [match.span() for match in _HAN.finditer(plain)]
    alone = {match.span() for match in _ALONE.finditer(plain)}
    words = re.findall(r"(?<![A-Za-z])[A-Za-z']+", plain)
    if not alone.issuperset(runs) or len(words) < _FEWEST * len(runs):
        return "zh"
    people = {(span.start, span.end) for span in find_people(plain, lexicon)}
    return "en" if people.issuperset(runs) else "zh"
