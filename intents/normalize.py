"""One spelling to read: half width, simplified, without decoration; every index stays where it was."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from .data import lists
from .entities.gazetteer import alternation

MAX_CHARS = 2000
_PLAIN = {
    "，": ",",
    "：": ":",
    "；": ";",
    "！": "!",
    "？": "?",
    "（": "(",
    "）": ")",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "、": "、",
    "—": "-",
    "–": "-",
    "－": "-",
    "～": "~",
    "〜": "~",
    "．": ".",
    "\u3000": " ",
    "\t": " ",
    "\r": " ",
    "…": ".",
    "￥": "¥",
    "〇": "零",
}


@cache
def _simplified() -> dict[str, str]:
    pairs: dict[str, str] = {}
    for line in lists("zh", "traditional"):
        pairs.update({pair[0]: pair[1] for pair in line.split()})
    return pairs


@cache
def _char(char: str) -> str:
    if char in _PLAIN:
        return _PLAIN[char]
    if char.isascii():
        return char if char.isprintable() or char == "\n" else " "
    folded = unicodedata.normalize("NFKC", char)
    folded = folded if len(folded) == 1 else char
    if unicodedata.category(folded) in {"So", "Sk", "Cf", "Mn", "Cs", "Co", "Cn"}:
        return " "
    return _simplified().get(folded, folded)


@cache
def _swaps() -> tuple[dict[str, str], re.Pattern[str]]:
    """Words of the dialects, and words heard or typed wrongly -> the standard word of the same length."""
    rows = [
        pair.split()
        for name in ("misheard", "dialect")
        for line in lists("zh", name)
        for pair in line.split(",")
    ]
    table = {typed: standard for typed, standard in rows if len(typed) == len(standard)}
    return table, re.compile(alternation(table))


# 我我想 is one 我 and a pause.
_STUTTER = re.compile(r"([我你他她那这就要给把])(?=\1(?!\1))(?<!\1\1)")


_PASSES = 4  # a replaced word may make another whole


def normalise(text: str) -> str:
    """Same length as `text` (capped at 2,000 characters), so that a span found here is a span there."""
    plain = "".join(map(_char, text[:MAX_CHARS]))
    table, words = _swaps()
    for _ in range(_PASSES):
        before, plain = plain, _STUTTER.sub("呃", words.sub(lambda match: table[match[0]], plain))
        if plain == before:
            break
    return plain


_ENDLESS = re.compile(r"[\d一二两三四五六七八九十百千万零]{25,}")


def readable(text: str) -> str:
    """Normalised text with endless numbers blanked: nobody says them, and they are slow to search."""
    return _ENDLESS.sub(lambda match: " " * len(match[0]), normalise(text))


def is_chinese(text: str) -> bool:
    """Whether a sentence should be read with the Chinese grammar: any Han character decides."""
    return any("\u4e00" <= char <= "\u9fff" for char in text)
