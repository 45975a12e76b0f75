"""Ranges of months and production numbers, both ends inclusive, open where they have no end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crm_core.fitment.normalise import oe_key

TAIL = 6


@dataclass(frozen=True, slots=True)
class Span:
    """A range of comparable texts, both ends inclusive; an empty end is open."""

    low: str = ""
    high: str = ""

    @property
    def known(self) -> bool:
        return bool(self.low or self.high)

    def inside(self, other: Span) -> bool | None:
        """True when all of it lies in the other, False when none of it does, None when part of it may.

        Ends of different lengths (a whole VIN, a production number) do not compare: None.
        """
        if len({len(end) for end in (self.low, self.high, other.low, other.high) if end}) > 1:
            return None
        if (other.high and self.low and self.low > other.high) or (
            other.low and self.high and self.high < other.low
        ):
            return False
        low_ok = not other.low or (bool(self.low) and self.low >= other.low)
        high_ok = not other.high or (bool(self.high) and self.high <= other.high)
        return True if low_ok and high_ok else None

    def __str__(self) -> str:
        return self.low if self.low == self.high else f"{self.low}..{self.high}"


# Neither end is known.
OPEN = Span()


def read_span(text: str) -> Span:
    """`2018-05` is that month, `2018-05..`, `..2018-05` and `2017-01..2018-05` are ranges."""
    if ".." in text:
        low, _, high = text.partition("..")
        return Span(low, high)
    return Span(text, text)


def pieces(spans: Iterable[Span]) -> list[Span]:
    """The ranges between all the ends of some ranges, so that each lies wholly inside or outside each."""
    starts: set[str] = set()
    for span in spans:
        if span.low:
            starts.add(span.low)
        if span.high:
            starts.add(after(span.high))
    cuts = sorted(starts)
    lows, highs = ["", *cuts], [*(before(cut) for cut in cuts), ""]
    return [Span(low, high) for low, high in zip(lows, highs, strict=True)]


def after(end: str) -> str:
    """The next month, or the next production number of the same length."""
    return _step(end, 1)


def before(start: str) -> str:
    """The month or production number just before."""
    return _step(start, -1)


def _step(text: str, by: int) -> str:
    if "-" in text:
        months = int(text[:4]) * 12 + int(text[5:7]) - 1 + by
        return f"{months // 12:04d}-{months % 12 + 1:02d}"
    head = text.rstrip("0123456789")
    digits = text[len(head) :]
    number = int(digits or 0) + by
    if not digits or not 0 <= number < 10 ** len(digits):
        return text
    return f"{head}{number:0{len(digits)}d}"


def vin_tail(text: str) -> str:
    """The production number of a VIN: its last six characters."""
    return oe_key(text)[-TAIL:]
