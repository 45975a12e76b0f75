"""What a technician's words say about fitting: fits, fits if, does not fit, or nothing clear."""

from __future__ import annotations

import re
from functools import cache

from .data import lists
from .normalize import normalise

_CUTS = re.compile(r"[,，;；。.!！\n]")
_TRIM = " ,，;；。.!！:：-"


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    words = [word for language in ("zh", "en") for word in lists(language, "verdicts")[kind]]
    longest = sorted(words, key=len, reverse=True)
    return re.compile("|".join(rf"\b{re.escape(w)}\b" if w.isascii() else re.escape(w) for w in longest), re.I)


def read_verdict(text: str) -> tuple[str, str] | None:
    """(fits | fits_if | does_not_fit, condition in the speaker's words), or None where the words are not clear.

    A "no" beside a "yes", a doubt and a question are not clear; with a condition it is only ever `fits_if`.
    """
    said = normalise(text)
    if _pattern("doubt").search(said):
        return None
    without = _pattern("no").sub(" ", said)
    denied, affirmed = without != said, bool(_pattern("yes").search(without))
    if denied == affirmed:
        return None
    condition = _condition(text)
    if affirmed and condition:
        return "fits_if", condition
    return None if condition else ("does_not_fit" if denied else "fits", "")


def _condition(text: str) -> str:
    """The clauses that restrict it, without the one that only says that it fits."""
    if not _pattern("if").search(normalise(text)):
        return ""
    clauses = [part.strip(_TRIM) for part in _CUTS.split(text)]
    kept = [part for part in clauses if part and not _pattern("yes").fullmatch(normalise(part))]
    return ", ".join(kept)
