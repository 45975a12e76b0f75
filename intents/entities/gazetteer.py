"""Regular expressions out of word lists, compiled once."""

from __future__ import annotations

import re
from collections.abc import Iterable


def alternation(words: Iterable[str]) -> str:
    """Longest first, so that 昂科威Plus is not read as 昂科威; blanks inside a word are optional."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return "|".join(_flexible(word) for word in ordered)


def _flexible(word: str) -> str:
    escaped = re.escape(word).replace(r"\ ", r"[\s-]?")
    return re.sub(r"(?<=[A-Za-z])(\\-)(?=[A-Za-z0-9])", r"[-\\s]?", escaped)


def bounded(word: str, pattern: str) -> str:
    """Latin words end at word borders (ES6 is not in ES65); Chinese ones do not."""
    left = r"(?<![A-Za-z0-9])" if word[:1].isascii() else ""
    right = r"(?![A-Za-z0-9])" if word[-1:].isascii() else ""
    return f"{left}{pattern}{right}"


def matcher(words: Iterable[str], flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """One pattern for many words; an empty list never matches."""
    latin: list[str] = []
    han: list[str] = []
    for word in words:
        (latin if word[-1:].isascii() else han).append(word)
    parts = []
    if latin:  # first: 途观L is not 途观
        parts.append(rf"(?<![A-Za-z0-9])(?:{alternation(latin)})(?![A-Za-z0-9])")
    if han:
        parts.append(f"(?:{alternation(han)})")
    return re.compile("|".join(parts) or r"(?!)", flags)


def key(words: str) -> str:
    """How a name is looked up: no blanks, hyphens or case."""
    return re.sub(r"[\s·-]", "", words).casefold()
