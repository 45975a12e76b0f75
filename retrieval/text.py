"""Plain text helpers: cleaning, language, search tokens, sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Literal

from retrieval.data import load_yaml

Lang = Literal["zh", "en"]

MAX_QUESTION = 480  # characters: e5 sees 512 tokens at most, and 20,000 characters would cost 21 s

_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[a-z0-9]+")
_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[a-z0-9]+")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]{2,}")
_COMPOUND = re.compile(r"(?<![a-z0-9])[a-z0-9]+(?:[-./][a-z0-9]+)+")
# Groups of letters and digits with one separator between them, as part numbers are written and dictated.
_GROUPS = re.compile(r"(?<![a-z0-9])[a-z]?[0-9][a-z0-9]*(?:[ .\-/][a-z0-9]+){0,7}(?![a-z0-9])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SENTENCE = re.compile(r"[^。!?;\n]*?(?:[。!?;\n]|\.(?=\s|$)|$)")


@cache
def _stopwords() -> frozenset[str]:
    return frozenset(word for words in load_yaml("stopwords.yaml").values() for word in str(words).split())


def clean(text: str, limit: int | None = None) -> str:
    """NFKC text with no NUL, control, direction mark or lone surrogate; at most `limit` characters."""
    if limit is not None:
        text = text[: limit * 2]  # NFKC may lengthen or shorten; bound the work first
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = _UNSEEN.sub(" ", unicodedata.normalize("NFKC", text).replace("\r\n", "\n").replace("\r", "\n"))
    return text.strip()[:limit].strip()


def language(text: str) -> Lang:
    """`zh` when Chinese carries the sentence; a Latin brand or model name does not make it English."""
    cjk = sum(len(run) for run in _CJK.findall(text))
    return "zh" if cjk and cjk >= len(_LATIN_WORD.findall(text)) else "en"


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A light English stem: plural, -ing, -ed, -ly. Tokens with digits stay whole."""
    if len(word) < 4 or not word.isalpha():
        return word
    for suffix, keep in (("ing", 4), ("ied", 3), ("ies", 3), ("ed", 4), ("ly", 4), ("es", 4), ("s", 3)):
        if word.endswith(suffix) and len(word) - len(suffix) >= keep and not word.endswith("ss"):
            word = word[: -len(suffix)] + ("y" if suffix in ("ied", "ies") else "")
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def number_key(words: str) -> str:
    """The canonical key of a part number: letters and digits only, upper case."""
    return re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", words).upper())


def number_spans(low: str) -> list[tuple[str, int, int]]:
    """(key, start, end) of what looks like a part number in NFKC lower-case text, without overlaps.

    A key has 8-14 characters and at least 5 digits; its groups may be apart by one space, dot or dash.
    """
    found = []
    for run in _GROUPS.finditer(low):
        groups = [(g.start() + run.start(), g.end() + run.start()) for g in _WORD.finditer(run.group())]
        first = 0
        while first < len(groups):
            step = 1
            for last in range(len(groups) - 1, first - 1, -1):
                start, end = groups[first][0], groups[last][1]
                if _is_number(low[start:end]):
                    found.append((number_key(low[start:end]), start, end))
                    step = last - first + 1
                    break
            first += step
    return found


def _is_number(words: str) -> bool:
    """Whether the groups are one number. Apart by spaces, only the first may mix letters and digits, and
    letters may only end it (06L 115 562 B): anything else is two things said in a row."""
    key = number_key(words)
    if not 8 <= len(key) <= 14 or sum(char.isdigit() for char in key) < 5:
        return False
    _, *rest = _WORD.findall(words)
    if " " not in words or not rest:
        return True
    *middle, last = rest
    return all(group.isdigit() for group in middle) and (last.isdigit() or (last.isalpha() and len(last) < 3))


def number_keys(text: str) -> list[str]:
    """Keys that look like part numbers in `text`, in order."""
    low = unicodedata.normalize("NFKC", text).lower()
    return list(dict.fromkeys(key for key, _, _ in number_spans(low)))


def tokens(text: str) -> list[str]:
    """Search tokens: CJK uni- and bigrams, stemmed Latin words, whole compounds, part number keys."""
    low = unicodedata.normalize("NFKC", text).lower()
    found = [token for run in _RUN.findall(low) for token in _run_tokens(run)]
    found += [re.sub(r"[-./]", "", compound) for compound in _COMPOUND.findall(low)]
    found += [f"no:{key}" for key in number_keys(low)]
    return [token for token in found if token not in _stopwords()]


def _run_tokens(run: str) -> Iterator[str]:
    if _WORD.fullmatch(run):
        yield run if run in _stopwords() else stem(run)
        return
    yield from run
    yield from (run[i : i + 2] for i in range(len(run) - 1))


def latin_words(low: str) -> list[tuple[str, int, int]]:
    """Stemmed Latin words of already lower-cased text with where they start and end."""
    return [(stem(match.group()), match.start(), match.end()) for match in _WORD.finditer(low)]


def sentences(text: str) -> list[str]:
    """Sentences and lines in order. Decimal points, 5.5 and 1.8T do not end one."""
    wide = text.replace("！", "!").replace("？", "?").replace("；", ";")
    return [part for part in (match.group().strip() for match in _SENTENCE.finditer(wide)) if part]


def windows(text: str, size: int) -> list[str]:
    """Cut at sentence ends into windows of about `size` characters; a longer sentence is cut hard."""
    cut: list[str] = []
    for sentence in sentences(text) or ([text.strip()] if text.strip() else []):
        pieces = [sentence[i : i + size] for i in range(0, len(sentence), size)]
        for piece in pieces:
            if cut and len(cut[-1]) + len(piece) < size:
                cut[-1] += (" " if cut[-1][-1:].isascii() else "") + piece
            else:
                cut.append(piece)
    return cut
