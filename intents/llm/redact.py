"""Before text leaves for a provider: numbers, names and addresses that identify become placeholders.

What comes back is put in their place again, so that drafts speak of the real ones.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from ..extract import extract
from ..normalize import MAX_CHARS, normalise
from ..types import Lexicon, Span

_KINDS = ("phone", "vin", "plate")
_MARK = re.compile(r"\[\s*([A-Z]+)\s*(\d+)\s*\]", re.I)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_LINK = re.compile(r"https?://\S+")
# Numbers written in figures, characters or both, with whatever is put between them.
_FIGURE = "0-9零一二三四五六七八九幺两"
_LONG = re.compile(rf"(?<![A-Za-z0-9])(?:[{_FIGURE}](?:[ \-._·*]{{0,2}})){{7,}}[{_FIGURE}Xx]?")
_VIN = re.compile(r"(?<![A-Za-z0-9])[A-HJ-NPR-Za-hj-npr-z0-9](?:[ \-]?[A-HJ-NPR-Za-hj-npr-z0-9]){16}(?![A-Za-z0-9])")
_CHAT = re.compile(r"(?:微信号?|wechat|wxid|vx|v信|QQ)\s*[:是]?\s*([A-Za-z][-_A-Za-z0-9]{5,19}|\d{5,11})", re.I)
_MONEY_OR_DATE = re.compile(r"\d{1,3}(?:,\d{3})+|\d{4}[-.]\d{1,2}[-.]\d{1,2}")
_NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class Redaction:
    """What was hidden in one exchange. `hide` may be called for several texts; the same value gets the same mark."""

    def __init__(self, lexicon: Lexicon | None = None, names: bool = True) -> None:
        self._lexicon = lexicon
        self._names = names
        self._marks: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}

    def mark(self, kind: str, value: str) -> str:
        """The placeholder that stands for a value: `[PHONE1]`."""
        key = (kind, value)
        if key not in self._marks:
            number = 1 + sum(k == kind for k, _ in self._marks)
            self._marks[key] = f"[{kind.upper()}{number}]"
            self._values[self._marks[key]] = value
        return self._marks[key]

    def hide(self, text: str) -> str:
        """The text with placeholders. Runs on one spelling of it: full width and invisible characters hide nothing."""
        clean = _visible(text)[:MAX_CHARS]
        out, last = [], 0
        for start, end, kind in self._found(clean):
            out += [clean[last:start], self.mark(kind, clean[start:end])]
            last = end
        return "".join([*out, clean[last:]])

    def show(self, text: str) -> str:
        """The real values in the place of placeholders; a placeholder that stands for nothing stays as it is."""
        return _MARK.sub(lambda m: self._values.get(f"[{m[1].upper()}{m[2]}]", m[0]), text)

    def _found(self, text: str) -> list[tuple[int, int, str]]:
        """Places to hide, without overlaps: the longest first."""
        plain = normalise(text)
        found = [(m.start(), m.end(), kind) for kind, pattern in (("mail", _EMAIL), ("link", _LINK), ("vin", _VIN))
                 for m in pattern.finditer(plain) if kind != "vin" or _is_vin(m[0])]  # fmt: skip
        found += [(m.start(1), m.end(1), "account") for m in _CHAT.finditer(plain)]
        found += [(m.start(), _end(m), "number") for m in _LONG.finditer(plain) if not _MONEY_OR_DATE.fullmatch(m[0])]
        found += [(s.start, s.end, s.kind) for s in extract(text, _NO_DAY, self._lexicon) if self._hides(s)]
        kept: list[tuple[int, int, str]] = []
        for start, end, kind in sorted(found, key=lambda f: (_RANK.get(f[2], 1), f[0] - f[1])):
            if all(end <= s or start >= e for s, e, _ in kept):
                kept.append((start, end, kind))
        return sorted(kept)

    def _hides(self, span: Span) -> bool:
        named = self._names and span.kind == "person" and not span.weak and span.detail != "pronoun"
        return span.kind in _KINDS or named


# Of two that overlap the one that says more about the number is kept; a bare long number comes last but for names.
_RANK = {"link": 0, "mail": 0, "number": 2, "person": 3}


def _visible(text: str) -> str:
    """NFKC, without characters nobody sees."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc") or c == "\n")


def _end(match: re.Match[str]) -> int:
    return match.start() + len(match[0].rstrip(" -._·*"))


def _is_vin(words: str) -> bool:
    """Seventeen figures and letters; in groups only when it is written as a code, not as words."""
    key = re.sub(r"[ \-]", "", words)
    if key != words and words != words.upper():
        return False
    return sum(c.isdigit() for c in key) >= 4 and any(c.isalpha() for c in key)
