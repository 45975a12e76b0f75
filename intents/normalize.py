"""One spelling to read: half width, simplified, without decoration; every index stays where it was."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from .data import lists

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
        return char
    folded = unicodedata.normalize("NFKC", char)
    folded = folded if len(folded) == 1 else char
    if unicodedata.category(folded) in {"So", "Sk", "Cf", "Mn", "Cs", "Co", "Cn"}:
        return " "
    return _simplified().get(folded, folded)


@cache
def _dialect() -> tuple[dict[str, str], re.Pattern[str]]:
    pairs = [pair.split() for line in lists("zh", "dialect") for pair in line.split(",")]
    table = {typed: standard for typed, standard in pairs if len(typed) == len(standard)}
    return table, re.compile("|".join(sorted(table, key=len, reverse=True)))


def normalise(text: str) -> str:
    """Same length as `text` (capped at 2,000 characters), so that a span found here is a span there."""
    plain = "".join(map(_char, text[:MAX_CHARS]))
    table, words = _dialect()
    return words.sub(lambda match: table[match[0]], plain)


_ENDLESS = re.compile(r"[\d一二两三四五六七八九十百千万零]{25,}")


def readable(text: str) -> str:
    """Normalised text with endless numbers blanked: nobody says them, and they are slow to search."""
    return _ENDLESS.sub(lambda match: " " * len(match[0]), normalise(text))


def is_chinese(text: str) -> bool:
    """Whether a sentence should be read with the Chinese grammar: any Han character decides."""
    return any("\u4e00" <= char <= "\u9fff" for char in text)
