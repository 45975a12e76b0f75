"""Text with its spans replaced by one character a kind, so that grammar never sees wild words."""

from __future__ import annotations

from dataclasses import dataclass

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

    def kind(self, index: int) -> str | None:
        return _KIND.get(self.text[index])

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the message behind masked characters [start, end)."""
        return self.starts[start], self.ends[end - 1]

    def part(self, start: int, end: int) -> Masked:
        spans = {i - start: span for i, span in self.spans.items() if start <= i < end}
        return Masked(self.text[start:end], self.starts[start:end], self.ends[start:end], spans)


def mask(plain: str, spans: list[Span], chinese: bool) -> Masked:
    """Mask normalised text; blanks between Han characters and marks are dropped in Chinese sentences."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    where: dict[int, Span] = {}
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
    return Masked("".join(out), tuple(starts), tuple(ends), where)


def _drop(plain: str, index: int, out: list[str]) -> bool:
    """Blanks carry no meaning next to Han characters or marks; between Latin words they do."""
    following = plain[index + 1 : index + 2]
    return not (out[-1].isascii() and following.isascii() and out[-1].isalnum() and following.isalnum())
