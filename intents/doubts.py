"""Words beside which an order is never carried out at once, however surely it was read: irony, questions, nearly."""

from __future__ import annotations

import re
from functools import cache

from .data import LANGUAGES, lists
from .normalize import normalise


def doubted(intent: str, text: str) -> bool:
    """Whether this order, said in these words, is to be shown first (`{zh,en}/lists/doubts.yaml`)."""
    said = normalise(text).lower()
    return any(pattern.search(said) for pattern in _patterns(intent))


@cache
def _patterns(intent: str) -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(words) for language in LANGUAGES for words in lists(language, "doubts").get(intent, ())
    )
