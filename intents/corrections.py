"""Taking back what was just said: 不对,是周日 · 电话写错了,是139… · 不是8000是5000 · no, Sunday · make it 5000."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from .data import lists
from .normalize import is_chinese, normalise

_GAP = r"[\s,.;:!?、~…]*"
_PARTS = ("heads", "wrong", "who", "changed", "be", "change", "not", "but")


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to stand instead: `text[start:end]`. `old` is what it replaces, `slot` what it was called, if said.

    `marked`: the words themselves say that something was wrong; else a value was only given with its name.
    """

    start: int
    end: int
    old: str = ""
    slot: str = ""
    marked: bool = True


def read_correction(text: str) -> Correction | None:
    """The correction a message consists of, or None. Offsets are of `text`."""
    plain = normalise(text)
    if not plain.strip():
        return None
    language = "zh" if is_chinese(plain) else "en"
    for pattern, marked in _patterns(language):
        found = pattern.fullmatch(plain)
        if found is not None and (new := _trimmed(found, language)) is not None:
            groups = found.groupdict()
            slot = _slot(groups.get("label") or groups.get("label2") or "", language)
            return Correction(*new, (groups.get("old") or "").strip(), slot, marked)
    return None


def _trimmed(found: re.Match[str], language: str) -> tuple[int, int] | None:
    """Where the new value stands, without the words people put after it."""
    start, end = found.span("new")
    while True:
        words = found.string[start:end]
        end = start + len(words.rstrip(" ,.;:!?、~"))
        words = found.string[start:end].lower()
        tail = next((t for t in _words(language, "tails") if _ends(words, t, language)), None)
        if tail is None:
            return (start, end) if words.strip() else None
        end -= len(tail)


def _ends(words: str, tail: str, language: str) -> bool:
    edge = "" if language == "zh" else " "
    return words.endswith(edge + tail) and len(words) > len(tail)


@cache
def _words(language: str, name: str) -> tuple[str, ...]:
    return tuple(sorted((str(w).lower() for w in lists(language, "corrections")[name]), key=len, reverse=True))


@cache
def _labels(language: str) -> dict[str, str]:
    table = lists(language, "corrections")["labels"]
    return {str(word): slot for slot, words in table.items() for word in words}


def _slot(label: str, language: str) -> str:
    return _labels(language).get(label.lower(), "")


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], bool], ...]:
    """The ways to correct, the plainest first, and whether each says that something was wrong."""
    chinese = language == "zh"
    part = {name: _any(_words(language, name), language) for name in _PARTS}
    label = _any(sorted(_labels(language), key=len, reverse=True), language)
    of = r"(?:的)?" if chinese else r"(?:(?:the|his|her|my) )?"
    head = rf"{_GAP}(?:{part['heads']}{_GAP})*"
    be = rf"(?:{part['be']}{_GAP})?"
    new, first = r"(?P<new>.{1,200})", r"[^\s,.;:!?]"
    shapes = [
        (rf"{head}{part['not']}\s*(?P<old>{first}.{{0,19}}?){_GAP}{part['but']}{_GAP}{new}", True),
        (rf"{head}{of}(?P<label>{label}){_GAP}{part['wrong']}{_GAP}(?:{part['wrong']}{_GAP})?{be}{new}", True),
        (rf"{head}(?:{part['wrong']}{_GAP})+{of}(?P<label>{label}){_GAP}{be}{new}", True),
        (rf"{head}(?:{part['wrong']}{_GAP})+{be}{new}", True),
        (rf"{head}(?:{part['who']}{_GAP})*{part['changed']}{_GAP}{be}{new}", True),
        (rf"{head}(?:把)?{of}(?P<label>{label}){_GAP}{part['change']}{_GAP}{new}", True),
        (rf"{head}{part['change']}{_GAP}{new}", True),
        (rf"{head}{of}(?P<label>{label})(?:{_GAP}{part['be']})?{_GAP}{new}", False),
    ]
    if not chinese:
        shapes[:0] = [
            (rf"{head}(?:change|make|set) (?:the |his |her )?(?P<label>{label}) to {new}", True),
            (rf"{head}(?P<new>.{{1,40}}?),? (?:not|instead of|rather than) (?P<old>{first}.{{0,19}})", True),
        ]
    return tuple((re.compile(shape, re.I | re.S), marked) for shape, marked in shapes)


def _any(words: Iterable[str], language: str) -> str:
    edge = "" if language == "zh" else r"\b"
    return rf"{edge}(?:{'|'.join(map(re.escape, words))}){edge}"


__all__ = ["Correction", "read_correction"]
