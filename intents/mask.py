"""Text with its spans replaced by one character a kind, so that grammar never sees wild words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .data import lists
from .types import Span

KINDS = (
    "person",
    "phone",
    "vehicle",
    "vin",
    "plate",
    "oe",
    "part",
    "when",
    "money",
    "percent",
    "quantity",
    "length",
    "pronoun",
    "ref",
    "km",
)
MARK = {kind: chr(0xE000 + index) for index, kind in enumerate(KINDS)}
MARKS = "".join(MARK.values())
_KIND = {mark: kind for kind, mark in MARK.items()}


@dataclass(frozen=True, slots=True)
class Masked:
    """`text` is what the grammar reads; `starts[i]` and `ends[i]` say where its i-th character was."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    spans: dict[int, Span]
    breaks: tuple[
        int, ...
    ] = ()  # where a blank between Chinese words was dropped: people type it for a comma

    def kind(self, index: int) -> str | None:
        return _KIND.get(self.text[index])

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the message behind masked characters [start, end)."""
        return self.starts[start], self.ends[end - 1]

    def part(self, start: int, end: int) -> Masked:
        spans = {i - start: span for i, span in self.spans.items() if start <= i < end}
        breaks = tuple(b - start for b in self.breaks if start < b < end)
        return Masked(self.text[start:end], self.starts[start:end], self.ends[start:end], spans, breaks)


def mask(plain: str, spans: list[Span], chinese: bool) -> Masked:
    """Mask normalised text; blanks between Han characters and marks are dropped in Chinese sentences."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    where: dict[int, Span] = {}
    breaks: list[int] = []
    position = 0
    for span in [*spans, None]:
        stop = span.start if span else len(plain)
        for index in range(position, stop):
            char = " " if plain[index] == "\n" and not chinese else plain[index].lower()
            if (
                char.isspace()
                and char != "\n"
                and (not out or out[-1].isspace() or (chinese and _drop(plain, index, out)))
            ):
                breaks.append(len(out))
                continue
            out.append(char if len(char) == 1 else plain[index])
            starts.append(index)
            ends.append(index + 1)
        if span:
            where[len(out)] = span
            out.append(MARK["pronoun" if span.detail == "pronoun" else span.kind])
            starts.append(span.start)
            ends.append(span.end)
            position = span.end
    found = Masked("".join(out), tuple(starts), tuple(ends), where, tuple(dict.fromkeys(breaks)))
    return found if not chinese else translated(found)


def translated(masked: Masked) -> Masked:
    """Latin words in a Chinese sentence as the Chinese ones they stand for: 给Kevin做个quote is 给Kevin做个报价."""
    table, pattern = _latin_words()
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    places: list[int] = []  # where each old character stands now
    size = last = 0
    for match in [*pattern.finditer(masked.text), None]:
        stop = match.start() if match else len(masked.text)
        pieces.append(masked.text[last:stop])
        starts += masked.starts[last:stop]
        ends += masked.ends[last:stop]
        places += range(size, size + stop - last)
        size += stop - last
        if match:
            word = table[" ".join(match[0].split())]
            first, final = masked.original(match.start(), match.end())
            pieces.append(word)
            starts += [first] * len(word)
            ends += [final] * len(word)
            places += [size] * len(match[0])
            size += len(word)
            last = match.end()
    if len(pieces) == 1:
        return masked
    spans = {places[index]: span for index, span in masked.spans.items()}
    breaks = tuple(places[b] if b < len(places) else size for b in masked.breaks)
    return Masked("".join(pieces), tuple(starts), tuple(ends), spans, breaks)


@cache
def _latin_words() -> tuple[dict[str, str], re.Pattern[str]]:
    table = {str(word): han for han, words in lists("zh", "latin").items() for word in words}
    words = "|".join(re.escape(w).replace(r"\ ", r"\s?") for w in sorted(table, key=len, reverse=True))
    joined = {**table, **{word.replace(" ", ""): han for word, han in table.items()}}
    return joined, re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])")


def _drop(plain: str, index: int, out: list[str]) -> bool:
    """Blanks carry no meaning next to Han characters or marks; between Latin words they do."""
    following = plain[index + 1 : index + 2]
    return not (out[-1].isascii() and following.isascii() and out[-1].isalnum() and following.isalnum())
