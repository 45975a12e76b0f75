"""One message with all that its reading needs: who says it, when, what was spoken about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
        return "zh" if is_chinese(normalise(self.text)) else "en"

    def reader(self, spans: list[Span]) -> Reader:
        """Reads this message with the given spans masked."""
        masked = mask(normalise(self.text), spans, self.language == "zh")
        return Reader(masked, self.text, self.language, self.role, self.now.date().isoformat())
