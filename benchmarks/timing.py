"""Timing: items of work in rounds, taken in turn so that a busy machine slows all of them alike."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Work = Callable[[int], object]


@dataclass
class Timed:
    """Items done, wall and CPU seconds of the process, and the milliseconds each item took."""

    items: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    each_ms: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.items / self.seconds if self.seconds else 0.0

    @property
    def cpu_ms(self) -> float:
        return self.cpu * 1000 / self.items if self.items else 0.0

    def quantile(self, share: float) -> float:
        """The milliseconds within which this share of the items was done."""
        ordered = sorted(self.each_ms)
        return ordered[min(math.ceil(share * len(ordered)), len(ordered)) - 1] if ordered else 0.0

    def add(self, other: Timed) -> None:
        self.items += other.items
        self.seconds += other.seconds
        self.cpu += other.cpu
        self.each_ms += other.each_ms


def timed(work: Work, numbers: Sequence[int]) -> Timed:
    """Do one item after the other. Each is given its number."""
    each = []
    cpu, start = time.process_time(), time.perf_counter()
    for number in numbers:
        before = time.perf_counter()
        work(number)
        each.append((time.perf_counter() - before) * 1000)
    return Timed(len(numbers), time.perf_counter() - start, time.process_time() - cpu, each)


@dataclass
class Series:
    """What several kinds of work took, round by round."""

    rounds: list[dict[str, Timed]] = field(default_factory=list)

    def total(self, name: str) -> Timed:
        whole = Timed()
        for one in self.rounds:
            whole.add(one[name])
        return whole

    def ratio(self, name: str, floor: str) -> float:
        """The median over the rounds of how fast `name` was, as a share of `floor`."""
        found = [r[name].per_second / r[floor].per_second for r in self.rounds if r[floor].per_second]
        return statistics.median(found) if found else 0.0


def in_turn(works: Mapping[str, Work], items: int, rounds: int) -> Series:
    """Every kind of work in every round, `items` in all of each, numbered 0, 1, 2 ..."""
    series = Series()
    size = max(items // rounds, 1)
    for number in range(rounds):
        span = range(number * size, (number + 1) * size)
        series.rounds.append({name: timed(work, span) for name, work in works.items()})
    return series
