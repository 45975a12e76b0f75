"""What a message is about when no sentence fits: words of the trade and typed spans hint at what may be meant.

Small talk has none of them and gets no buttons.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from .data import LANGUAGES, lists
from .mask import MARK, Masked

_HALF_A_NUMBER = re.compile(r"(?<!\d)1[3-9]\d{5,12}(?!\d)")


def hints(masked: Masked) -> Counter[str]:
    """How many words or spans speak for each intent; empty for a message that is not about the trade."""
    found: Counter[str] = Counter()
    if _HALF_A_NUMBER.search(masked.text):
        return found  # a phone number with a digit too few is the first thing to talk about
    for kind, intents in lists("zh", "business")["spans"].items():
        if MARK[kind] in masked.text:
            found.update(intents)
    for language in LANGUAGES:
        pattern, intents_of = _words(language)
        for word in set(pattern.findall(masked.text)):
            found.update(intents_of[word])
    return found


@cache
def _words(language: str) -> tuple[re.Pattern[str], dict[str, list[str]]]:
    intents_of: dict[str, list[str]] = {}
    for intent, words in lists(language, "business")["words"].items():
        for word in words:
            intents_of.setdefault(str(word).lower(), []).append(intent)
    edge = r"\b" if language == "en" else ""
    words = "|".join(map(re.escape, sorted(intents_of, key=len, reverse=True)))
    return re.compile(f"{edge}(?:{words}){edge}"), intents_of
