"""Regular expressions out of word lists, compiled once."""

from __future__ import annotations

import re
from collections.abc import Iterable


def alternation(words: Iterable[str]) -> str:
    """Longest first, so that 昂科威Plus is not read as 昂科威; blanks inside a word are optional.

    Words are grouped by their first letter: the search skips a whole group at a glance.
    """
    groups: dict[str, list[str]] = {}
    for word in sorted(set(words), key=lambda word: (-len(word), word)):
        groups.setdefault(word[:1].casefold(), []).append(word)
    return "|".join(_group(first, group) for first, group in groups.items())


def _group(first: str, words: list[str]) -> str:
    if len(words) == 1 or len(first) != 1:
        return "|".join(_flexible(word) for word in words)
    rests = (_flexible(word).removeprefix(re.escape(word[0])) for word in words)
    return f"{re.escape(first)}(?:{'|'.join(rests)})"


def _flexible(word: str) -> str:
    escaped = re.escape(word).replace(r"\ ", r"[\s-]?")
    return re.sub(r"(?<=[A-Za-z])(\\-)(?=[A-Za-z0-9])", r"[-\\s]?", escaped)


def bounded(word: str, pattern: str) -> str:
    """Latin words end at word borders (ES6 is not in ES65); Chinese ones do not."""
    left = r"(?<![A-Za-z0-9])" if word[:1].isascii() else ""
    right = r"(?![A-Za-z0-9])" if word[-1:].isascii() else ""
    return f"{left}{pattern}{right}"


def matcher(words: Iterable[str], glued: str = "") -> re.Pattern[str]:
    """One pattern for many words, in any case; an empty list never matches.

    `glued` is a pattern of what may follow a Latin word without a border.
    """
    latin: list[str] = []
    han: list[str] = []
    for word in words:
        (latin if word[-1:].isascii() else han).append(word)
    parts = []
    if latin:  # first: 途观L is not 途观
        parts.append(rf"(?<![A-Za-z0-9])(?:{alternation(latin)})(?={glued or '(?:)'}?(?![A-Za-z0-9]))")
    if han:
        parts.append(f"(?:{alternation(han)})")
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)


def key(words: str) -> str:
    """How a name is looked up: no blanks, hyphens or case."""
    return re.sub(r"[\s·-]", "", words).casefold()
