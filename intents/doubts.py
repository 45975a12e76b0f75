"""Words beside which an order is never carried out at once, however surely it was read: irony, questions, nearly,
and a message of which every line is somebody else's.
"""

from __future__ import annotations

import re
from functools import cache

from .data import LANGUAGES, lists
from .normalize import normalise

# Quoted line by line, as messengers and mail programs do it, or all of it fenced off.
_QUOTED = re.compile(r"\s*(?:(?:[>》|][^\n]*(?:\n\s*|\Z))+|```.*)\Z", re.S)


def doubted(intent: str, text: str) -> bool:
    """Whether this order, said in these words, is to be shown first (`{zh,en}/lists/doubts.yaml`)."""
    if _QUOTED.match(text):
        return True
    said = normalise(text).lower()
    return any(pattern.search(said) for pattern in _patterns(intent))


@cache
def _patterns(intent: str) -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(words) for language in LANGUAGES for words in lists(language, "doubts").get(intent, ())
    )
