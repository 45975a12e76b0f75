"""Atoms to expressions: day × part of the day × clock × length × range, in either language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from . import ranges
from .atoms import Atom, Length
from .points import CODES, Point
from .timevalue import TimeValue

_GLUE = re.compile(
    (
        r"[\s,的]{0,3}(?:在|于|就在|大概|大约|差不多|是|at|on|in|of|the|from|around|about|approximately|circa|for|"
        r", ?the)?\s?(?:the|about|around|of|at)?\s?(?:the)?[\s,]*|T|\s?\(|\)?\s?-\s?"
    ),
    re.I,
)
_BEFORE = "biaswFLGK"  # codes of marks that stand before what they bound
_BEHIND = "BIAZW"


@dataclass(frozen=True, slots=True)
class Reading:
    """One expression in the text with its readings, likeliest first."""

    start: int
    end: int
    values: tuple[TimeValue, ...]


def combine(text: str, atoms: list[Atom], now: datetime) -> Iterator[Reading]:
    """Expressions from left to right. `now` is naive local time."""
    index = 0
    while index < len(atoms):
        walk = _Walk(text, atoms, now, index)
        values = walk.read()
        if values:
            yield Reading(walk.start, walk.end, tuple(values))
        index = max(walk.index, index + 1)


@dataclass(slots=True)
class _Walk:
    """One expression being read: where it begins, and the atom that comes next."""

    text: str
    atoms: list[Atom]
    now: datetime
    index: int
    start: int = 0
    end: int = 0
    marks: list[str] = field(default_factory=list)
    length: Length | None = None

    def read(self) -> list[TimeValue]:
        self.start = self.atoms[self.index].start
        if not self._prefix():
            return []
        first = self._point()
        if not first.atoms:
            return []
        if "F" in self.marks or "L" in self.marks or "G" in self.marks:
            self.start = first.start
        if (distant := self._from_anchor(first)) is not None:
            return distant
        if not any(mark in "biasw" for mark in self.marks):
            self._more_of(first)
        second = self._second(first)
        if second is not None:
            return self._close(ranges.between(first, second, self.now))
        return self._single(first)

    def _prefix(self) -> bool:
        """Marks before the first point: from, by, within. False when nothing follows them closely."""
        while self._peek() in _BEFORE:
            mark = self.atoms[self.index]
            self.marks.append(mark.code)
            self.end, self.index = mark.end, self.index + 1
            if not self._peek() or not self._adjacent():
                return False
        return True

    def _peek(self, ahead: int = 0) -> str:
        place = self.index + ahead
        return self.atoms[place].code if place < len(self.atoms) else ""

    def _adjacent(self) -> bool:
        """Whether nothing but small words stands between what was read and the next atom."""
        return _GLUE.fullmatch(self.text[self.end : self.atoms[self.index].start]) is not None

    def _point(self) -> Point:
        point = Point()
        while (code := self._peek()) and code in CODES:
            atom = self.atoms[self.index]
            if point.atoms and not (self._adjacent() and point.accepts(atom)):
                break
            point.add(atom)
            self.end, self.index = atom.end, self.index + 1
        return point

    def _try(self, codes: str, allowed: str) -> tuple[str, Point] | None:
        """A mark of `codes` and a point of `allowed` atoms right behind it; nothing is taken otherwise."""
        mark, kept = self._peek(), (self.index, self.end)
        if not mark or mark not in codes or not self._adjacent():
            return None
        said = self.atoms[self.index].value
        self.end, self.index = self.atoms[self.index].end, self.index + 1
        while self._peek() and self._peek() in "FG" and self._adjacent():  # two weeks starting from Monday
            self.end, self.index = self.atoms[self.index].end, self.index + 1
        if self._peek() and self._adjacent():
            point = self._point()
            if point.only(allowed):
                return (mark if mark != "T" or said != "and" else "&"), point
        self.index, self.end = kept
        return None

    def _from_anchor(self, first: Point) -> list[TimeValue] | None:
        """Two weeks from Friday, 5 days before New Year, 3 days starting Monday, 3 hours from 10 am."""
        if not first.only("U") or "i" in self.marks:
            return None
        if (found := self._try("FGasb", "DSOPCN")) is None:
            return None
        length: Length = first.atoms["U"]
        mark, point = found
        onward = mark == "G" or "L" in self.marks or "w" in self.marks or (mark == "F" and "C" in point)
        if onward:
            return ranges.lasting(point, length, self.now)
        return ranges.away(point, length, -1 if mark == "b" else 1, self.now)

    def _more_of(self, first: Point) -> None:
        """What follows a day: for how long, or by which hour (today before 4 pm)."""
        if (found := self._try("L", "U")) is not None:
            self.length = found[1].atoms["U"]
        for code in "bias":
            if first.only("DOSP") and (found := self._try(code, "CP")) is not None:
                self.marks.append(code)
                self._merge(first, found[1])
                return
        if first.only("DOSP") and self._peek() == "F" and self._peek(1) in ("C", "P", "D"):
            kept = (self.index, self.end)
            found = self._try("F", "CP" if "D" in first else "DCP")
            if found is None or not self._compatible(first, found[1]):
                self.index, self.end = kept
                return
            self._merge(first, found[1])
            if self.length is None and (lasting := self._try("L", "U")) is not None:
                self.length = lasting[1].atoms["U"]
            elif self.length is None:
                self.marks.append("F")

    def _compatible(self, first: Point, inner: Point) -> bool:
        return self.length is not None or (self._peek() in ("T", "L", "i") and bool(inner.atoms))

    def _merge(self, first: Point, inner: Point) -> None:
        """Monday morning from 10: the hour takes the place of the morning, which says a.m."""
        clock = inner.atoms.get("C")
        if clock is not None and not clock.open:
            first.atoms.pop("P", None)
        first.atoms.update(inner.atoms)

    def _second(self, first: Point) -> Point | None:
        if self.length is not None or not self._links(first):
            return None
        kept = (self.index, self.end)
        if self._peek() != "C":
            self.end, self.index = self.atoms[self.index].end, self.index + 1
        if self._peek() and self._adjacent():
            point = self._point()
            if first.only("DS") and "C" in point and self._peek() == "T":
                point = self._days_alone(kept[0] + 1)
            if point.atoms:
                return point
        self.index, self.end = kept
        return None

    def _days_alone(self, index: int) -> Point:
        """周一到周五9点到18点: the hours are those of each day, so the range of days ends before them."""
        point = Point()
        while self.atoms[index].code in "DS":
            point.add(self.atoms[index])
            self.end, index = self.atoms[index].end, index + 1
        self.index = index
        return point

    def _links(self, first: Point) -> bool:
        """Whether the next atom means "to". "And" does so behind "between" alone, and 三四点 is from 3 to 4."""
        if self._peek() == "C" and "C" in first and self._next() == self.end:
            return True
        if self._peek() not in ("T", "i") or not self._peek(1) or not self._adjacent():
            return False
        link = self.atoms[self.index]
        said = str(link.value).lower()
        if link.code == "i":
            return said in ("till", "until", "til") and "i" not in self.marks
        if said in ("and", "&"):
            return "F" in self.marks
        around = self.text[link.start - 1 : link.start] + self.text[link.end : link.end + 1]
        return not (said == "-" and around == "--")

    def _single(self, first: Point) -> list[TimeValue]:
        if "K" in self.marks:
            return ranges.weeks_of(first.values(self.now))
        if self.length is not None:
            return ranges.lasting(first, self.length, self.now)
        values = first.values(self.now)
        mark = next((m for m in reversed(self.marks) if m in "bias"), "")
        mark = mark or ("w" if "w" in self.marks else "")
        if self._peek() and self._peek() in _BEHIND and not self.text[self.end : self._next()].strip(" ,的"):
            mark = mark or self._peek()
            self.end, self.index = self.atoms[self.index].end, self.index + 1
        if mark:
            return self._close(ranges.bounded(values, mark, first, self.now))
        if self.marks and self.marks[-1] in "FG" and values and values[0].kind != "duration":
            return [*ranges.bounded(values, "s", first, self.now), *values][:4]
        return self._close(values)

    def _next(self) -> int:
        return self.atoms[self.index].start

    def _close(self, values: list[TimeValue]) -> list[TimeValue]:
        """下周一到周三期间: a word that closes what is a stretch already says nothing more."""
        if self._peek() == "W" and not self.text[self.end : self._next()].strip(" 的"):
            self.end, self.index = self.atoms[self.index].end, self.index + 1
        return values
