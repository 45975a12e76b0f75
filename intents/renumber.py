"""Whether a message puts somebody's phone number right rather than bringing a new person."""

from __future__ import annotations

import re
from functools import cache

from .data import LANGUAGES, lists
from .normalize import normalise


def number_corrected(text: str) -> bool:
    """Whether the words say that a number was wrong or has changed (`{zh,en}/lists/renumber.yaml`)."""
    said = normalise(text).lower()
    return any(pattern.search(said) for pattern in _patterns())


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(words) for language in LANGUAGES for words in lists(language, "renumber"))
